"""`groovecast export` and `groovecast distil`: artefacts from trained weights, students from teachers."""

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
    steps: int | None = None,
    guidance: float | None = None,
    warm: Annotated[bool, Parameter(negative=())] = False,
    half_weights: bool = True,
    trained_on: str | None = None,
    json: Annotated[bool, Parameter(negative=())] = False,
) -> None:
    """One model folder: ONNX file, manifest with hashes and parity, card.

    Parameters
    ----------
    weights
        The .safetensors file that `groovecast train teacher` wrote.
    takes
        The take cache; its held-out takes give the windows on which parity is measured.
    out
        The folder to make; its name is the model's.
    windows
        How many windows parity is measured on.
    inflate
        How much of the noise the sampler carries on: more is livelier and less smooth; as trained without it.
    steps
        How many evaluations a plan takes: 50 to judge a teacher by; as trained without it.
    guidance
        How strongly music and style are followed, 1: as learned; other values of a teacher double a plan's cost.
    warm
        One evaluation a plan, begun from the plan before; for a student, whose lessons have it.
    half_weights
        Store the weights in half precision: half the size, the same speed; parity says what it costs.
    trained_on
        The machine, for the card: "one core of a two-core CPU, no GPU"; nothing is said of it without.
    json
        Print the manifest as JSON.
    """
    from export.bundle import Packing, Sampling, bundle

    sampling = Sampling(inflate, steps, guidance, warm)
    manifest = bundle(weights, takes, out, sampling, Packing(half_weights, windows, trained_on))
    if json:
        print(msgspec.json.encode(manifest).decode())
        return
    parity = manifest.parity
    print(f"{out}: mean {parity.mean_degrees} degrees, {parity.mean_mm} mm from the weights")


def distil(
    *,
    teacher: Path,
    takes: Path,
    run: Path,
    minutes: float = 60.0,
    batch: int = 32,
    device: str = "cpu",
    seed: int = 11,
) -> None:
    """Make a student of two steps from a teacher; run again with more minutes to go on from where it stopped.

    Parameters
    ----------
    teacher
        The .safetensors file that `groovecast train teacher` wrote.
    takes
        The take cache that it learned from.
    run
        The folder of this distillation: checkpoints, weights and a log line every 50 steps.
    minutes
        The budget of wall-clock time, earlier runs in the same folder counted in.
    batch
        How many windows a step.
    device
        Where to distil: cpu or cuda.
    seed
        Another seed, another student.
    """
    from export.distil import Distiller, StudentSettings
    from groovecast.train.cli import now_s, trained

    settings = StudentSettings(minutes=minutes, batch=batch, device=device, seed=seed)
    distiller = Distiller(teacher, takes, run, settings, now_s)
    trained(distiller, "distilling", "apart {consistency:.3f}, held out {test_simple:.3f}")
