"""One figure at one time, and the space it stands in.

Space, said once: right-handed, Y up, the figure faces +Z and its left is +X; metres, seconds; quaternions
w x y z, unit length, local to the parent joint. Whatever speaks otherwise converts at its own edge.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float32


@dataclass(frozen=True)
class Pose:
    """A pose of the 52 joints, at `time_s` on the machine's monotonic clock."""

    time_s: float
    root_m: Float32[np.ndarray, " 3"]
    local_quat_wxyz: Float32[np.ndarray, "joints 4"]
    contacts: Bool[np.ndarray, " 4"]  # left heel, left toes, right heel, right toes on the floor


@dataclass(frozen=True)
class Motion:
    """A run of poses at a constant frame rate."""

    fps: float
    root_m: Float32[np.ndarray, "frames 3"]
    local_quat_wxyz: Float32[np.ndarray, "frames joints 4"]

    @property
    def frames(self) -> int:
        """How many frames there are."""
        return len(self.root_m)

    @property
    def duration_s(self) -> float:
        """How long it lasts."""
        return self.frames / self.fps
