"""`groovecast export`: artefacts from trained weights."""

from pathlib import Path
from typing import Annotated

import msgspec
from cyclopts import App, Parameter

app = App(name="export", help="Make a model's artefacts. Needs the train extra.")


@app.command
def ears(*, weights: Path, out: Path) -> None:
    """The model folder of a trained ear: ONNX file, manifest with hashes and parity, card.

    Parameters
    ----------
    weights
        The .safetensors file that `groovecast train ears` wrote.
    out
        The folder to make; its name is the ear's.
    """
    from export.ear_to_onnx import bundle_ear

    manifest = bundle_ear(weights, out)
    print(f"{out}: {manifest.parameters} parameters, logits within {manifest.logit_error:.1e} of the weights")


@app.command
def onnx(
    *,
    weights: Path,
    takes: Path,
    out: Path,
    windows: int = 256,
    inflate: float | None = None,
    json: Annotated[bool, Parameter(negative=())] = False,
) -> None:
    """One model folder: ONNX file, manifest with hashes and parity, card.

    Parameters
    ----------
    weights
        The .safetensors file that `groovecast train dancer` wrote.
    takes
        The take cache; its held-out takes give the windows on which parity is measured.
    out
        The folder to make; its name is the model's.
    windows
        How many windows parity is measured on.
    inflate
        How much of the noise the sampler carries on: more is livelier and less smooth; as trained without it.
    json
        Print the manifest as JSON.
    """
    from export.bundle import bundle

    manifest = bundle(weights, takes, out, windows=windows, inflate=inflate)
    if json:
        print(msgspec.json.encode(manifest).decode())
        return
    parity = manifest.parity
    print(f"{out}: mean {parity.mean_degrees} degrees, {parity.mean_mm} mm from the weights")
