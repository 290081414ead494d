"""What a generator imagines in one go: a plan's numbers, and the motion they mean from where history ended."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32

from groovecast.motion.representation import motion_from_numbers


@dataclass(frozen=True)
class Imagined:
    """A plan. Its motion begins at the origin facing +Z: the place and heading of the last frame of history."""

    numbers: Float32[np.ndarray, "plan 141"]
    root_m: Float32[np.ndarray, "plan 3"]
    local_quat_wxyz: Float32[np.ndarray, "plan 22 4"]


def imagined(numbers: Float32[np.ndarray, "plan 141"], fps: float) -> Imagined:
    """The same of numbers alone, for a generator that answers nothing else."""
    motion, _ = motion_from_numbers(numbers, fps)
    return Imagined(numbers, motion.root_m, motion.local_quat_wxyz)
