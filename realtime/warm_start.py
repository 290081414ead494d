"""The plan before, from which a warm generator begins the next one instead of from noise alone."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from jaxtyping import Float32

from groovecast.model.imagined import Imagined


class WarmGenerator(Protocol):
    """A generator whose config is warm: it is also told what the plan before said of the same frames."""

    def plan(
        self,
        history: Float32[np.ndarray, "history 141"],
        music: Float32[np.ndarray, "window 10"],
        style: Float32[np.ndarray, " styles"],
        noise: Float32[np.ndarray, "plan 141"],
        before: Float32[np.ndarray, "plan 141"],
    ) -> Imagined:
        """The frames that follow a history."""
        ...


@dataclass(frozen=True)
class PlanBefore:
    """The numbers of the last plan, as they were imagined, and which frame of the dance is their first."""

    first_frame: int
    numbers: Float32[np.ndarray, "plan 141"]


def begun_from(
    before: PlanBefore | None, history: Float32[np.ndarray, "history 141"], first: int, frames: int
) -> Float32[np.ndarray, "plan 141"]:
    """What the plan before said of the frames from `first`, its last held; where it says nothing, the last danced."""
    if before is None or first - before.first_frame >= len(before.numbers):
        return np.repeat(history[-1:], frames, axis=0)
    rows = first - before.first_frame + np.arange(frames)
    said: np.ndarray = before.numbers[np.minimum(rows, len(before.numbers) - 1)]
    return said
