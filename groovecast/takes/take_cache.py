"""The takes that a dancer learns from and is judged by, read from the cache that `groovecast train takes` writes."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float

from groovecast.model.config import ModelConfig
from groovecast.motion.pose import Motion
from groovecast.motion.rotation import unit
from groovecast.takes.array_file import arrays_of_file

FPS = 30.0
_KEYS = ("ids", "style", "test", "starts", "quat_i16", "root_m", "beat_starts", "beat_frames")


@dataclass(frozen=True)
class CachedTake:
    """One take; `beat_frames` is empty where no steady pulse was found, and every fourth beat is a one."""

    id: str
    style: str
    held_out: bool
    motion: Motion
    beat_frames: Float[np.ndarray, " beats"]

    @property
    def beats_s(self) -> Float[np.ndarray, " beats"]:
        """When its beats are, seconds after its first frame."""
        return np.asarray(self.beat_frames / self.motion.fps)


def read_take_cache(path: Path) -> list[CachedTake]:
    """All takes of a cache. Raises ValueError for a file of another kind."""
    try:
        arrays = arrays_of_file(path, _KEYS)
    except ValueError:
        raise ValueError(
            f"asked for takes in {path.name}, it is no take cache: make one with `groovecast train takes`"
        ) from None
    styles = ModelConfig().styles
    takes = []
    for index, identity in enumerate(arrays["ids"]):
        frames = slice(*arrays["starts"][index : index + 2])
        beats = slice(*arrays["beat_starts"][index : index + 2])
        quat = unit(arrays["quat_i16"][frames].astype(np.float64))
        takes.append(
            CachedTake(
                str(identity),
                styles[arrays["style"][index]],
                bool(arrays["test"][index]),
                Motion(FPS, arrays["root_m"][frames].astype(np.float32), quat.astype(np.float32)),
                arrays["beat_frames"][beats].astype(np.float64),
            )
        )
    return takes
