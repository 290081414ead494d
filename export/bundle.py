"""A model folder, made: one graph a precision, the tensors they share, a manifest with hashes and parity, a card."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
import numpy as np
import onnx
import torch

from export.card import card_of
from export.int8 import CALIBRATION_WINDOWS, in_int8
from export.parity import MEAN_DEGREES_MAX, compared
from export.rollout import Planner, apart_mm, rolled_out
from export.to_onnx import exported, halved, save_graph, torch_plan
from export.weights_file import save_weights
from groovecast.model.config import ModelConfig
from groovecast.model.denoiser import LOG_SNR_HIGH, LOG_SNR_LOW, Denoiser
from groovecast.model.graph import PRECISIONS
from groovecast.model.imagined import Imagined, imagined
from groovecast.model.manifest import (
    MANIFEST,
    ONNX_FILE,
    WEIGHTS_FILE,
    Artefact,
    FileEntry,
    Manifest,
    Rollout,
    entry_of,
)
from groovecast.model.onnx_runtime import onnx_runtime
from groovecast.model.rtx_builder import RTX_FILE
from groovecast.model.sampling import MOST_UNROLLED, sampled
from groovecast.train.takes import Take, load_takes
from groovecast.train.teacher import load_dancer
from groovecast.train.windows import WindowStore

CREDIT = (
    "The data used in this project was obtained from mocap.cs.cmu.edu. "
    "The database was created with funding from NSF EIA-0196217."
)
PARITY_WINDOWS = 256
ROLLOUT_S = 60.0
CARD = "README.md"
FILES = {"fp32": ONNX_FILE, "fp16": "dancer.fp16.onnx", "int8": "dancer.int8.onnx"}

Inputs = dict[str, np.ndarray]


@dataclass(frozen=True)
class Sampling:
    """How a model is to be sampled where that differs from how it was trained; None: as it was trained."""

    inflate: float | None = None  # how much of the noise the sampler carries on
    steps: int | None = None  # how many evaluations a plan takes
    guidance: float | None = None  # how strongly music and style are followed
    warm: bool = False  # whether a plan begins from the one before, in one evaluation
    editable: bool = False  # whether it can be told what a plan must hold


@dataclass(frozen=True)
class Packing:
    """How weights are stored and checked, and what is said of them that they do not know."""

    half_weights: bool = True  # in half precision; parity is against the weights as they were trained
    precisions: tuple[str, ...] | None = (
        None  # which graphs; None: all, or fp32 alone of a sampler of very many steps
    )
    windows: int = PARITY_WINDOWS  # on which parity is measured
    rollout_s: float = ROLLOUT_S  # how long each dances alone; 0 leaves that out
    hardware: str | None = None  # on which they were trained


def bundle(
    weights: Path,
    takes: Path,
    folder: Path,
    sampling: Sampling = Sampling(),
    packing: Packing = Packing(),
) -> Manifest:
    """Make the model folder of trained weights; the takes give the windows on which parity is measured.

    Raises ValueError when an artefact is further from its weights than is shipped.
    """
    model, said = load_dancer(weights)
    model.config = sampled_otherwise(model.config, sampling)
    precisions = _precisions(model.config, packing.precisions)
    danced = load_takes(takes)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=folder.parent) as made_in:
        made = Path(made_in)
        artefacts = _artefacts(model, made, precisions, packing, danced)
        files: dict[str, FileEntry] = {}
        for artefact in artefacts:
            files |= {name: entry_of(made / name) for name in (artefact.file, *artefact.needs)}
        manifest = Manifest(
            name=folder.name,
            config=model.config,
            parameters=sum(parameter.numel() for parameter in model.parameters()),
            trained_steps=int(said["step"]),
            trained_minutes=float(said["minutes"]),
            trained_on=_sources(danced),
            licence="Apache-2.0",
            credit=CREDIT,
            artefacts=artefacts,
            half_weights=packing.half_weights,
            teacher_minutes=float(said["teacher_minutes"]) if "teacher_minutes" in said else None,
            teacher_steps=int(said["teacher_step"]) if "teacher_step" in said else None,
            hardware=packing.hardware,
            files=files,
        )
        (made / MANIFEST).write_bytes(msgspec.json.format(msgspec.json.encode(manifest), indent=2) + b"\n")
        (made / CARD).write_text(card_of(manifest, danced), encoding="utf-8")
        # all of it is there and found good: only now it replaces what was, and what no manifest names any more goes
        folder.mkdir(exist_ok=True)
        for name in (*files, CARD, MANIFEST):
            (made / name).replace(folder / name)
    for name in {WEIGHTS_FILE, RTX_FILE, *FILES.values()} - set(files):
        (folder / name).unlink(missing_ok=True)
    return manifest


def _artefacts(
    model: Denoiser, folder: Path, precisions: tuple[str, ...], packing: Packing, takes: list[Take]
) -> tuple[Artefact, ...]:
    save_weights(model, folder / WEIGHTS_FILE, packing.half_weights)
    inspection = Inspection(model, takes, packing)
    found = []
    for precision, graph in _graphs(model, precisions, takes):
        save_graph(graph, folder / FILES[precision], packing.half_weights, folder / WEIGHTS_FILE)
        found.append(inspection.inspected(folder, precision))
    return tuple(found)


def _precisions(config: ModelConfig, asked: tuple[str, ...] | None) -> tuple[str, ...]:
    precisions = asked if asked is not None else PRECISIONS if config.steps <= MOST_UNROLLED else ("fp32",)
    if not precisions or (unknown := set(precisions) - set(PRECISIONS)):
        told = ", ".join(sorted(unknown)) if precisions else "no precision"
        raise ValueError(f"asked for {told}, there are {', '.join(PRECISIONS)}: name some of these")
    if config.steps > MOST_UNROLLED and precisions != ("fp32",):
        raise ValueError(
            f"asked for {', '.join(precisions)} of a sampler of {config.steps} steps, which judges others: "
            "--precisions fp32"
        )
    return precisions


def _graphs(
    model: Denoiser, precisions: tuple[str, ...], takes: list[Take]
) -> Iterator[tuple[str, onnx.ModelProto]]:
    """The graph of each precision, in the order asked for; the one of single precision is exported once."""
    single = exported(model) if {"fp32", "int8"} & set(precisions) else None
    for precision in precisions:
        if precision == "fp16":
            yield precision, exported(halved(model))
            continue
        assert single is not None, "both are made of it"
        graph = onnx.ModelProto()
        graph.CopyFrom(single)  # what is saved is changed for it
        if precision == "int8":
            train = [take for take in takes if take.casting.split == "train"]
            graph = in_int8(graph, windows_of(model.config, train, CALIBRATION_WINDOWS, seed=5))
        yield precision, graph


def windows_of(config: ModelConfig, takes: list[Take], count: int, seed: int) -> list[Inputs]:
    """What a graph is asked for real windows of takes, one at a time."""
    batch = WindowStore(takes, config, (1.0,)).draw(np.random.default_rng(seed), count)
    noise = np.random.default_rng(seed + 1).standard_normal(
        (count, config.plan_frames, config.numbers), np.float32
    )
    styles, known = np.eye(len(config.styles) + 1, dtype=np.float32), config.history_frames
    nothing = np.zeros((1, config.plan_frames, config.numbers), np.float32)
    return [
        {
            "history": batch.motion[one][:, :known],
            "music": batch.music[one],
            "style": styles[batch.style[one]],
            "noise": noise[one],
        }
        | ({"before": batch.motion[one][:, known:]} if config.warm else {})
        | ({"known": nothing, "mask": nothing} if config.editable else {})
        for one in (slice(index, index + 1) for index in range(count))
    ]


class Inspection:
    """The weights' own answers, and how far from them an artefact is."""

    def __init__(self, model: Denoiser, takes: list[Take], packing: Packing) -> None:
        held_out = [take for take in takes if take.casting.split == "test"]
        self._model, self._packing = model, packing
        self._asked = windows_of(model.config, held_out, packing.windows, seed=0)
        self._answers = [self._of_weights(asked) for asked in self._asked]
        self._begun = self._asked[0]["history"][0]
        self._danced = (
            [] if packing.rollout_s <= 0 else [self._rolled_out(self._plan, seed) for seed in (0, 1)]
        )

    def inspected(self, folder: Path, precision: str) -> Artefact:
        """An artefact of a folder, measured. Raises ValueError when it is further than is shipped."""
        path = folder / FILES[precision]
        runtime = onnx_runtime()
        options = runtime.SessionOptions()
        options.log_severity_level = 3
        session = runtime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        names = [output.name for output in session.get_outputs()]

        def run(asked: Mapping[str, np.ndarray]) -> Mapping[str, np.ndarray]:
            return dict(zip(names, session.run(names, dict(asked)), strict=True))

        steps = self._model.config.steps

        def pair(index: int) -> tuple[Imagined, Imagined]:
            answer = sampled(run, self._asked[index], steps)
            ours = Imagined(*(answer[name][0] for name in ("plan", "root_m", "local_quat_wxyz")))
            return ours, self._answers[index]

        parity = compared(len(self._asked), pair)
        if parity.mean_degrees > MEAN_DEGREES_MAX[precision]:
            mend = (
                "try --no-half-weights"
                if precision == "fp32" and self._packing.half_weights
                else "leave it out"
            )
            raise ValueError(
                f"asked for {precision} within {MEAN_DEGREES_MAX[precision]} degrees of the weights, "
                f"found {parity.mean_degrees}: {mend}"
            )
        needs = (WEIGHTS_FILE,) if WEIGHTS_FILE.encode() in path.read_bytes() else ()
        rollout = self._rollout(lambda asked: sampled(run, asked, steps)["plan"])
        if rollout is not None and rollout.mean_mm > rollout.seeds_mm:
            raise ValueError(
                f"asked for {precision} that dances as the weights do, found {rollout.mean_mm} mm after "
                f"{rollout.seconds:g} s, another seed is {rollout.seeds_mm} mm away: leave it out"
            )
        return Artefact(path.name, precision, parity, needs, rollout)

    def _rollout(self, planner: Planner) -> Rollout | None:
        if not self._danced:
            return None
        fps, (same, other) = self._model.config.fps, self._danced
        ours = self._rolled_out(planner, 0)
        return Rollout(
            self._packing.rollout_s, round(apart_mm(ours, same, fps), 3), round(apart_mm(other, same, fps), 3)
        )

    def _rolled_out(self, planner: Planner, seed: int) -> np.ndarray:
        return rolled_out(planner, self._model.config, self._begun, self._packing.rollout_s, seed)

    def _of_weights(self, asked: Inputs) -> Imagined:
        return imagined(self._plan(asked)[0], self._model.config.fps)

    def _plan(self, asked: Mapping[str, np.ndarray]) -> np.ndarray:
        return torch_plan(self._model, {name: torch.from_numpy(value) for name, value in asked.items()})


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
    changed = {
        "inflate": sampling.inflate,
        "guidance": sampling.guidance,
        "warm": sampling.warm or None,
        "editable": sampling.editable or None,
    }
    return msgspec.structs.replace(
        config, **{name: value for name, value in changed.items() if value is not None}
    )


def _sources(takes: list[Take]) -> str:
    minutes = sum(take.motion.duration_s for take in takes if take.casting.split == "train") / 60
    names = sorted({take.id.split("/")[0].split("_")[0] for take in takes if take.casting.split == "train"})
    return f"{minutes:.0f} minutes of motion capture ({', '.join(names)})"
