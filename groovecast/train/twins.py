"""The same motion under two names: archives overlap, and a take that is learned from must not be tested on."""

from collections.abc import Sequence

import numpy as np

from groovecast.measures.seconds import SECOND_FRAMES, Library, body_places, seconds_at
from groovecast.motion.pose import Motion
from groovecast.motion.stretch import mirrored
from groovecast.train.checks import still

# Two retargetings of one capture differ by less than this; two performances of one move by more.
SAME_M = 0.05
# So much of the moving seconds of the shorter take must be in the longer one, in one order and at one pace.
_SAME_SHARE = 0.5
_HOP_FRAMES, _PACE_FRAMES = 15, 3


def twins_of(motions: Sequence[Motion]) -> list[tuple[int, int]]:
    """Pairs of motions of which one is the other, or its mirror, or a part of it; the later of a pair comes first."""
    long = [number for number, motion in enumerate(motions) if motion.frames >= 2 * SECOND_FRAMES]
    if len(long) < 2:
        return []
    library = Library(
        (shown for number in long for shown in (motions[number], mirrored(motions[number]))), 2, 1
    )
    found = set()
    for place, number in enumerate(long):
        starts = _moving(motions[number])
        near = library.nearest(seconds_at(*body_places(motions[number]), starts), (2 * place, 2 * place + 1))
        same = near.distance_m < SAME_M
        for shown in np.unique(near.motion[same]):
            other = long[int(shown) // 2]
            rows = same & (near.motion == shown)
            shift = near.frame[rows] - starts[rows]
            in_order = int((np.abs(shift - np.median(shift)) <= _PACE_FRAMES).sum())
            if in_order >= max(_SAME_SHARE * min(len(starts), len(_moving(motions[other]))), 2):
                found.add((max(number, other), min(number, other)))
    return sorted(found)


def _moving(motion: Motion) -> np.ndarray:
    """Where seconds begin, one every half second, in which somebody moves."""
    quiet = still(motion)
    starts = np.arange(0, motion.frames - SECOND_FRAMES + 1, _HOP_FRAMES)
    return starts[[not quiet[start : start + SECOND_FRAMES].all() for start in starts]]
