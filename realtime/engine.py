"""The engine at work: a model in a device, asked for one plan after another."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import numpy as np
from jaxtyping import Float32

from groovecast.model.config import ModelConfig
from groovecast.model.imagined import Imagined
from groovecast.model.manifest import Manifest, read_manifest
from groovecast.model.sampling import sampled
from realtime.engines.cache import EngineCache, engine_folder
from realtime.engines.choice import choose
from realtime.engines.engine import Engine
from realtime.engines.kind import Opening
from realtime.engines.warm_up import called, example_inputs


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
        inputs = {"history": history[None], "music": music[None], "style": style[None], "noise": noise[None]}
        if before is not None:
            inputs["before"] = before[None]
        answer = sampled(self.engine.run, inputs, self.config.steps)
        # copied: the engine's own buffers hold the next plan soon
        return Imagined(*(answer[name][0].copy() for name in ("plan", "root_m", "local_quat_wxyz")))

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
