"""Has a dancer learned or copied? How far each second that it dances lies from the nearest second it learned from.

Beside it stands the same for held-out takes: a dancer that stays as far from its training as other people's dancing
does has learned; the share of its seconds nearer than all but 5 % of theirs tells how much it copied.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32

from groovecast.motion.pose import Motion
from groovecast.train.seconds import Library, all_seconds
from groovecast.train.stretch import STRETCHES, mirrored, stretched
from groovecast.train.takes import Take

_NEAR_QUANTILE = 0.05


def learned_from(takes: Sequence[Take], stretches: tuple[float, ...] = STRETCHES) -> Library:
    """The seconds of takes as a training sees them: straight and mirrored, in every stretch."""
    return Library(
        stretched(mirrored(take.motion) if mirror else take.motion, factor)
        for take in takes
        for factor in stretches
        for mirror in (False, True)
    )


@dataclass(frozen=True)
class Memorised:
    """How near generated seconds are to what was learned, and held-out ones beside them, in metres."""

    generated_median_m: float
    held_out_median_m: float
    held_out_5th_percentile_m: float
    copied_share: float  # of generated seconds, nearer than 95 % of the held-out ones
    generated_seconds: int
    held_out_seconds: int


def nearest_seconds(
    generated: Sequence[Motion], training: Sequence[Take], held_out: Sequence[Take]
) -> tuple[Memorised, Float32[np.ndarray, " seconds"]]:
    """How much of `generated` was copied from `training`, and the distance of each of its seconds.

    Raises ValueError when there is no second to judge on any side.
    """
    library = learned_from(training)
    ours = all_seconds(generated)
    theirs = all_seconds([take.motion for take in held_out])
    if not len(ours) or not len(theirs):
        raise ValueError(
            f"asked how much was copied, there are {len(ours)} generated and {len(theirs)} held-out seconds: give both"
        )
    near, beside = library.nearest(ours).distance_m, library.nearest(theirs).distance_m
    low = float(np.quantile(beside, _NEAR_QUANTILE))
    return Memorised(
        generated_median_m=float(np.median(near)),
        held_out_median_m=float(np.median(beside)),
        held_out_5th_percentile_m=low,
        copied_share=float((near < low).mean()),
        generated_seconds=len(near),
        held_out_seconds=len(beside),
    ), near
