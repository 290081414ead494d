"""Has a dancer learned or copied? How far each second that it dances lies from the nearest second it learned from.

Beside it stands the same for held-out takes: a dancer that stays as far from its training as other people's dancing
does has learned; the share of its seconds nearer than all but 5 % of theirs tells how much it copied.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32

from groovecast.measures.seconds import Library, seconds_of
from groovecast.motion.pose import Motion
from groovecast.motion.stretch import STRETCHES, mirrored, stretched

_NEAR_QUANTILE = 0.05
_CANDIDATES = 24

Distances = Float32[np.ndarray, " seconds"]


def learned_from(
    motions: Sequence[Motion], stretches: tuple[float, ...] = STRETCHES, hop_frames: int = 1
) -> Library:
    """The seconds of motions as a training sees them: straight and mirrored, in every stretch."""
    return Library(
        (
            stretched(mirrored(motion) if mirror else motion, factor)
            for motion in motions
            for factor in stretches
            for mirror in (False, True)
        ),
        hop_frames,
        max(1, _CANDIDATES // hop_frames),
    )


def nearest_m(motions: Sequence[Motion], learned: Library, hop_frames: int) -> list[Distances]:
    """For each motion, how far each of its seconds is from the nearest learned one; one begins every `hop_frames`."""
    return [learned.nearest(seconds_of(motion, hop_frames)).distance_m for motion in motions]


@dataclass(frozen=True)
class Memorised:
    """How near danced seconds are to what was learned, beside held-out ones."""

    median_m: float
    copied_share: float  # of the danced seconds, nearer than all but 5 % of the held-out ones


@dataclass(frozen=True)
class HeldOut:
    """How near people's own dancing, never learned from, is to what was learned."""

    distance_m: Distances

    def __post_init__(self) -> None:
        if not len(self.distance_m):
            raise ValueError("asked how much was copied, there is no held-out second: hold out a longer take")

    @property
    def near_m(self) -> float:
        """What all but 5 % are further away than."""
        return float(np.quantile(self.distance_m, _NEAR_QUANTILE))

    def beside(self, distance_m: Distances) -> Memorised:
        """Danced seconds held against these. Raises ValueError where none was danced."""
        if not len(distance_m):
            raise ValueError("asked how much was copied, there is no danced second: dance for longer")
        return Memorised(float(np.median(distance_m)), float((distance_m < self.near_m).mean()))
