"""The engine: a model's artefact, loaded, checked and ready to be asked for one plan after another."""

from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float32

from groovecast.model.config import ModelConfig
from groovecast.model.manifest import ONNX_FILE, checked_file, read_manifest
from groovecast.model.sampling import plan_from


def cpu_session(content: bytes, asked: str) -> Any:
    """A graph ready to run on one CPU thread; ImportError naming what was `asked` when the runtime is missing."""
    try:
        import onnxruntime
    except ImportError:
        raise ImportError(
            f'asked for {asked}, ONNX Runtime is missing: pip install "groovecast[cpu]"'
        ) from None
    options = onnxruntime.SessionOptions()
    # One thread that does not spin: the page and the sound need the other core.
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])


class CpuEngine:
    """ONNX Runtime on one CPU thread: the sampler's steps are one graph, one call a plan; of very many, a call each."""

    name = "cpu"

    def __init__(self, folder: Path) -> None:
        manifest = read_manifest(folder)
        self._session = cpu_session(checked_file(folder, manifest.files, ONNX_FILE), "the cpu engine")
        self.manifest = manifest

    @property
    def config(self) -> ModelConfig:
        """The size of the model."""
        return self.manifest.config

    def plan(
        self,
        history: Float32[np.ndarray, "history 141"],
        music: Float32[np.ndarray, "window 10"],
        style: Float32[np.ndarray, " styles"],
        noise: Float32[np.ndarray, "plan 141"],
        before: Float32[np.ndarray, "plan 141"] | None = None,
    ) -> Float32[np.ndarray, "plan 141"]:
        """Dance thread. The frames that follow a history, in natural units; `style` are weights that sum to 1.

        `before` is what the plan before said of these frames: a warm model must have it, any other takes none.
        """
        inputs = {"history": history[None], "music": music[None], "style": style[None], "noise": noise[None]}
        if before is not None:
            inputs["before"] = before[None]
        plan: np.ndarray = plan_from(self._session, inputs, self.config.steps)[0]
        return plan
