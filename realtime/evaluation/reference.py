"""What a dance is held against: clips of real takes, drawn so that each style has the share that was danced."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from groovecast.takes.take_cache import CachedTake
from realtime.evaluation.danced import PLANNED_FPS, Danced, danced_from_motion

CLIP_S = 5.0
REFERENCE_CLIPS = 300  # of training takes


@dataclass(frozen=True)
class DrawnClip:
    """A clip of a take, and which take it is of."""

    danced: Danced
    take: int


def shares_danced(dances: Sequence[Danced]) -> dict[str, float]:
    """How much of the time each style was danced; standing at ease is none."""
    total: dict[str, float] = {}
    for danced in dances:
        for style, share in danced.styles:
            if style != "idle":
                total[style] = total.get(style, 0.0) + share * danced.duration_s
    whole = sum(total.values())
    return {style: seconds / whole for style, seconds in total.items() if seconds > 0.01 * whole}


def drawn_clips(takes: Sequence[CachedTake], shares: Mapping[str, float], count: int) -> list[DrawnClip]:
    """About `count` clips of 5 s, evenly over the takes of each style; a style without any gives its share away.

    Where a style has little, its clips overlap: the figures of all rows are of as many clips, of the same styles.
    """
    frames = round(CLIP_S * PLANNED_FPS)
    shown = {
        index: danced_from_motion(take.id, take.motion, take.beats_s)
        for index, take in enumerate(takes)
        if take.style in shares and take.motion.frames > frames
    }
    of_style = {style: [index for index in shown if takes[index].style == style] for style in shares}
    whole = sum(share for style, share in shares.items() if of_style[style])
    clips = []
    for style, share in shares.items():
        starts = [
            (index, start)
            for index in of_style[style]
            for start in range(takes[index].motion.frames - frames)
        ]
        if not starts:
            continue
        wanted = max(2, round(count * share / whole))
        for at in np.linspace(0, len(starts) - 1, wanted).round().astype(int):
            index, start = starts[at]
            begin_s = start / PLANNED_FPS
            clips.append(DrawnClip(shown[index].from_s(begin_s, begin_s + CLIP_S), index))
    return clips
