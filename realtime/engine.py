"""The engine at work: a model in a device, asked for one plan after another."""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from jaxtyping import Float32

from groovecast.model.config import ModelConfig
from groovecast.model.editing import no_edit
from groovecast.model.imagined import Imagined
from groovecast.model.manifest import Manifest, read_manifest
from groovecast.model.sampling import sampled
from realtime.ask import Ask
from realtime.engines.cache import EngineCache, engine_folder
from realtime.engines.choice import choose
from realtime.engines.engine import Engine
from realtime.engines.kind import Opening
from realtime.engines.warm_up import called, example_inputs

_ONE_BY_ONE = ("cpu", "torch")  # engines that run on this machine's processor


class EngineWishes(Protocol):
    """What a person may ask of an engine."""

    @property
    def engine(self) -> str:
        """Its name, or auto."""
        ...

    @property
    def precision(self) -> str:
        """What it reckons with, or auto."""
        ...


def _tell(line: str) -> None:
    print(line, file=sys.stderr)


class ModelGenerator:
    """A model that continues a dance, on an engine that was chosen before the first pose and never changes."""

    def __init__(self, manifest: Manifest, engine: Engine, announcement: str = "") -> None:
        self.manifest = manifest
        self.engine = engine
        self.announcement = announcement  # which engine it is, and why
        self._free = no_edit(manifest.config)

    @property
    def config(self) -> ModelConfig:
        """The size of the model."""
        return self.manifest.config

    @property
    def name(self) -> str:
        """The engine's."""
        return self.engine.name

    @property
    def device(self) -> str:
        """What the engine runs on."""
        return self.engine.device

    @property
    def precision(self) -> str:
        """What the engine reckons with."""
        return self.engine.graph.artefact.precision

    @property
    def batch(self) -> int:
        """For how many dancers one call plans."""
        return self.engine.batch

    def warm(self) -> None:
        """Dance thread. One plan for nobody. Raises EngineError when it fails.

        It was warm when it was opened, but ONNX Runtime keeps CUDA graphs by thread, and another thread opened it.
        """
        called(self.engine, example_inputs(self.engine.graph, self.engine.batch))

    def plan(
        self,
        history: Float32[np.ndarray, "history 141"],
        music: Float32[np.ndarray, "window 10"],
        style: Float32[np.ndarray, " styles"],
        noise: Float32[np.ndarray, "plan 141"],
        before: Float32[np.ndarray, "plan 141"] | None = None,
    ) -> Imagined:
        """Dance thread. The frames that follow a history, in natural units; `style` are weights that sum to 1.

        `before` is what the plan before said of these frames: a warm model must have it, any other takes none.
        """
        return self.plan_all([Ask(history, music, style, noise, before)])[0]

    def plan_all(self, asks: Sequence[Ask]) -> list[Imagined]:
        """Dance thread. A plan for each of as many dancers as the engine was opened for, or fewer, in one call.

        Raises ValueError when there are more, and when an edit is asked of a model that takes none.
        """
        batch = self.engine.batch
        if not 1 <= len(asks) <= batch:
            raise ValueError(
                f"asked for {len(asks)} plans at once, the engine makes 1 to {batch}: open it for more"
            )
        if not self.config.editable and any(ask.edit is not None for ask in asks):
            raise ValueError(
                f"asked model {self.manifest.name!r} to hold a pose, it was exported without that: "
                "export it again (groovecast export onnx), or choose another model"
            )
        rows = [
            *asks,
            *[asks[0]] * (batch - len(asks)),
        ]  # what nobody reads is still reckoned: something sound
        inputs = {
            "history": np.stack([ask.history for ask in rows]),
            "music": np.stack([ask.music for ask in rows]),
            "style": np.stack([ask.style for ask in rows]),
            "noise": np.stack([ask.noise for ask in rows]),
        }
        before = [ask.before for ask in rows if ask.before is not None]
        if before:
            inputs["before"] = np.stack(before)
        if self.config.editable:
            edits = [ask.edit or self._free for ask in rows]
            inputs["known"] = np.stack([edit.known for edit in edits])
            inputs["mask"] = np.stack([edit.mask for edit in edits])
        answer = sampled(self.engine.run, inputs, self.config.steps)
        # copied: the engine's own buffers hold the next plan soon
        return [
            Imagined(*(answer[name][row].copy() for name in ("plan", "root_m", "local_quat_wxyz")))
            for row in range(len(asks))
        ]

    def close(self) -> None:
        """Give the device back."""
        self.engine.close()


def opened(
    folder: Path, wishes: EngineWishes, batch: int = 1, say: Callable[[str], None] = _tell
) -> ModelGenerator:
    """The model of a folder on the engine that was asked for, warm; `say` hears of what takes long.

    Raises FileNotFoundError, ValueError or EngineError, each with the mend in one line.
    """
    manifest = read_manifest(folder)
    opening = Opening(folder, manifest, wishes.precision, batch, EngineCache(engine_folder(), say), say)
    chosen = choose(wishes.engine, opening)
    return ModelGenerator(manifest, chosen.engine, chosen.announcement)


def opened_for_crew(
    folder: Path, wishes: EngineWishes, dancers: int, say: Callable[[str], None] = _tell
) -> ModelGenerator:
    """The same for so many dancers: on a card in one batch, on a processor one after the other.

    A processor is hardly faster with a batch, and a batch is reckoned whole, however few dance.
    """
    generator = opened(folder, wishes, 1, say)
    if dancers == 1 or generator.name in _ONE_BY_ONE:
        return generator
    generator.close()
    return opened(folder, _Named(generator.name, generator.precision), dancers, say)


@dataclass(frozen=True)
class _Named:
    engine: str
    precision: str
