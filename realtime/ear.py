"""The trained ear, ready to listen: mel spectra in as they come, how likely each hop is a beat out."""

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float32

from groovecast.audio.ear import (
    EAR_FILE,
    Answer,
    EarConfig,
    EarInputState,
    answer_of,
    ear_input,
)
from groovecast.model.manifest import checked_file, read_ear_manifest
from groovecast.share import shared_path
from realtime.engines.onnx_runtime import cpu_session

BUNDLED_EAR = "groovecast-ears"


class TrainedEar:
    """One stream heard through the network; the weights are shared by all."""

    def __init__(self, folder: Path | None = None) -> None:
        self._session, config = _loaded(folder or shared_path("models", BUNDLED_EAR))
        self._blank = np.zeros((config.memory_steps, config.width), np.float32)
        self.reset()

    def reset(self) -> None:
        """Forget all that was heard."""
        self._input = EarInputState.start()
        self._memory = self._blank

    def hear(self, log_mel_db: Float32[np.ndarray, "hops mels"]) -> Answer:
        """The hops of the next step."""
        inputs, self._input = ear_input(log_mel_db, self._input)
        logits, self._memory = self._session.run(None, {"inputs": inputs, "memory": self._memory})
        return answer_of(logits[0])


@cache
def _loaded(folder: Path) -> tuple[Any, EarConfig]:
    manifest = read_ear_manifest(folder)
    return cpu_session(checked_file(folder, manifest.files, EAR_FILE), "the trained ear"), manifest.config
