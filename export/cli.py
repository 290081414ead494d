"""`groovecast export` and `groovecast distil`: artefacts from trained weights, students from teachers."""

from pathlib import Path
from typing import Annotated, Literal

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
    precisions: str | None = None,
    windows: int = 256,
    rollout_seconds: float = 60.0,
    inflate: float | None = None,
    steps: int | None = None,
    guidance: float | None = None,
    warm: Annotated[bool, Parameter(negative=())] = False,
    half_weights: bool = True,
    trained_on: str | None = None,
    json: Annotated[bool, Parameter(negative=())] = False,
) -> None:
    """One model folder: a graph a precision, the tensors they share, manifest with hashes and parity, card.

    Parameters
    ----------
    weights
        The .safetensors file that `groovecast train teacher` or `groovecast distil` wrote.
    takes
        The take cache; its held-out takes give the windows on which parity is measured.
    out
        The folder to make; its name is the model's.
    precisions
        Which graphs: fp32 and int8 for processors, fp16 for cards; with commas between, all of them without it. One
        that is left out is removed from the folder. A sampler of more than 8 steps has fp32 alone.
    windows
        How many windows parity is measured on.
    rollout_seconds
        How long each graph dances alone, beside the weights; 0 leaves that out.
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

    sampling = Sampling(inflate, steps, guidance, warm, editable=True)
    asked = None if precisions is None else tuple(one.strip() for one in precisions.split(",") if one.strip())
    manifest = bundle(
        weights, takes, out, sampling, Packing(half_weights, asked, windows, rollout_seconds, trained_on)
    )
    if json:
        print(msgspec.json.encode(manifest).decode())
        return
    for artefact in manifest.artefacts:
        parity, size = artefact.parity, manifest.files[artefact.file].bytes / 1e6
        print(
            f"{out / artefact.file}: {size:.1f} MB, "
            f"mean {parity.mean_degrees} degrees, {parity.mean_mm} mm from the weights"
        )


@app.command
def tensorrt(
    *,
    model: Path,
    engine: Literal["rtx", "tensorrt"] = "rtx",
    out: Path | None = None,
    json: Annotated[bool, Parameter(negative=())] = False,
) -> None:
    """The model's engine for NVIDIA cards, built ahead of the first show.

    Parameters
    ----------
    model
        The model folder, with a graph of half precision.
    engine
        rtx: for every RTX card from the 30 series on, built here without one, shipped with the model; needs the rtx
        extra. tensorrt: for the card in this machine alone, kept in its cache.
    out
        A new folder for the model with its engine; into the model's own folder without.
    json
        Print what was built as JSON.
    """
    from groovecast.train.cli import now_s

    begin_s = now_s()
    if engine == "tensorrt":
        if out is not None:
            raise ValueError(
                "asked for --engine tensorrt with --out, it is kept in the cache: leave --out away"
            )
        from export.to_tensorrt import kept_for_this_card

        kept, seconds = kept_for_this_card(model), round(now_s() - begin_s, 1)
        print(
            msgspec.json.encode({"kept": kept, "seconds": seconds}).decode()
            if json
            else f"{kept} ({seconds} s)"
        )
        return
    from export.to_rtx import with_rtx

    built = with_rtx(model, out)
    path, seconds = (out or model) / built.file, now_s() - begin_s
    if json:
        told = msgspec.to_builtins(built) | {"bytes": path.stat().st_size, "seconds": round(seconds, 1)}
        print(msgspec.json.encode(told).decode())
        return
    megabytes = path.stat().st_size / 1e6
    print(f"{path}: {megabytes:.1f} MB in {seconds:.1f} s, {built.library}, its header is sound")


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
