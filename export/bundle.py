"""A model folder, made: the ONNX file, its manifest with hashes and parity, and its card."""

from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np
import onnxruntime
import torch

from export.card import card_of
from export.parity import MEAN_DEGREES_MAX, compared
from export.to_onnx import torch_plan, write_onnx
from groovecast.model.config import ModelConfig
from groovecast.model.denoiser import LOG_SNR_HIGH, LOG_SNR_LOW, Denoiser
from groovecast.model.manifest import MANIFEST, ONNX_FILE, Manifest, Parity, entry_of
from groovecast.model.sampling import plan_from
from groovecast.train.takes import Take, load_takes
from groovecast.train.teacher import load_dancer
from groovecast.train.windows import WindowStore

CREDIT = (
    "The data used in this project was obtained from mocap.cs.cmu.edu. "
    "The database was created with funding from NSF EIA-0196217."
)
PARITY_WINDOWS = 256


@dataclass(frozen=True)
class Sampling:
    """How a model is to be sampled where that differs from how it was trained; None: as it was trained."""

    inflate: float | None = None  # how much of the noise the sampler carries on
    steps: int | None = None  # how many evaluations a plan takes
    guidance: float | None = None  # how strongly music and style are followed
    warm: bool = False  # whether a plan begins from the one before, in one evaluation


@dataclass(frozen=True)
class Packing:
    """How weights are stored and checked, and what is said of them that they do not know."""

    half_weights: bool = True  # in half precision; parity is against the weights as they were trained
    windows: int = PARITY_WINDOWS  # on which parity is measured
    hardware: str | None = None  # on which they were trained


def bundle(
    weights: Path,
    takes: Path,
    folder: Path,
    sampling: Sampling = Sampling(),
    packing: Packing = Packing(),
) -> Manifest:
    """Make the model folder of trained weights; the takes give the windows on which parity is measured.

    Raises ValueError when the artefact is further from its weights than is shipped.
    """
    model, said = load_dancer(weights)
    model.config = sampled_otherwise(model.config, sampling)
    danced = load_takes(takes)
    folder.mkdir(parents=True, exist_ok=True)
    artefact = folder / ONNX_FILE
    write_onnx(model, artefact, packing.half_weights)
    parity = _parity(model, artefact, danced, packing.windows)
    if parity.mean_degrees > MEAN_DEGREES_MAX:
        artefact.unlink()
        mend = "try --no-half-weights" if packing.half_weights else "check the exporter"
        raise ValueError(
            f"asked for parity within {MEAN_DEGREES_MAX} degrees, found {parity.mean_degrees}: {mend}"
        )
    manifest = Manifest(
        name=folder.name,
        config=model.config,
        parameters=sum(parameter.numel() for parameter in model.parameters()),
        trained_steps=int(said["step"]),
        trained_minutes=float(said["minutes"]),
        trained_on=_sources(danced),
        licence="Apache-2.0",
        credit=CREDIT,
        parity=parity,
        half_weights=packing.half_weights,
        teacher_minutes=float(said["teacher_minutes"]) if "teacher_minutes" in said else None,
        teacher_steps=int(said["teacher_step"]) if "teacher_step" in said else None,
        hardware=packing.hardware,
        files={ONNX_FILE: entry_of(artefact)},
    )
    (folder / MANIFEST).write_bytes(msgspec.json.format(msgspec.json.encode(manifest), indent=2) + b"\n")
    (folder / "README.md").write_text(card_of(manifest, danced), encoding="utf-8")
    return manifest


def sampled_otherwise(config: ModelConfig, sampling: Sampling) -> ModelConfig:
    """The config with another sampler: evaluations at even distances in the logarithm of signal to noise."""
    if (steps := sampling.steps) is not None:
        if steps < 1:
            raise ValueError(f"asked for {steps} steps a plan, at least one is needed")
        between = (
            np.linspace(LOG_SNR_LOW, LOG_SNR_HIGH, steps)[1:] if steps > 2 else np.array([-2.5])[: steps - 1]
        )
        config = msgspec.structs.replace(config, log_snrs=tuple(float(one) for one in between), inflate=1.0)
    if sampling.warm and not config.log_snrs:
        raise ValueError(
            "asked for a warm start of a sampler of one step, its plans begin from noise alone: ask for two"
        )
    changed = {"inflate": sampling.inflate, "guidance": sampling.guidance, "warm": sampling.warm or None}
    return msgspec.structs.replace(
        config, **{name: value for name, value in changed.items() if value is not None}
    )


def _sources(takes: list[Take]) -> str:
    minutes = sum(take.motion.duration_s for take in takes if take.casting.split == "train") / 60
    names = sorted({take.id.split("/")[0].split("_")[0] for take in takes if take.casting.split == "train"})
    return f"{minutes:.0f} minutes of motion capture ({', '.join(names)})"


def _parity(model: Denoiser, artefact: Path, takes: list[Take], windows: int) -> Parity:
    store = WindowStore([take for take in takes if take.casting.split == "test"], model.config, (1.0,))
    batch = store.draw(np.random.default_rng(0), windows)
    session = onnxruntime.InferenceSession(str(artefact), providers=["CPUExecutionProvider"])
    noise = np.random.default_rng(1).standard_normal(
        (windows, model.config.plan_frames, model.config.numbers), np.float32
    )
    styles = np.eye(len(model.config.styles) + 1, dtype=np.float32)

    def pair(index: int) -> tuple[np.ndarray, np.ndarray]:
        motion, known = batch.motion[index : index + 1], model.config.history_frames
        inputs = {
            "history": motion[:, :known],
            "music": batch.music[index : index + 1],
            "style": styles[batch.style[index : index + 1]],
            "noise": noise[index : index + 1],
        }
        if model.config.warm:
            inputs["before"] = motion[:, known:]
        ours = plan_from(session, inputs, model.config.steps)[0]
        return ours, torch_plan(model, {name: torch.from_numpy(value) for name, value in inputs.items()})[0]

    return compared(windows, pair, model.config.fps)
