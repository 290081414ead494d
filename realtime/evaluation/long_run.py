"""A dance of many minutes: what is lost and what drifts while the music goes round and round."""

from collections.abc import Sequence
from functools import partial

import msgspec
import numpy as np

from groovecast.measures.frechet import frechet_distance, normalised
from groovecast.measures.kinetic import kinetic_features, kinetic_features_corrected
from groovecast.measures.smoothness import drift, longest_stillness_s, tilt_degrees
from groovecast.takes.take_cache import CachedTake
from realtime.evaluation.danced import PLANNED_FPS, SHOWN_FPS, Danced
from realtime.evaluation.figures import WARM_S, cut_clips
from realtime.evaluation.reference import REFERENCE_CLIPS, drawn_clips, shares_danced
from realtime.evaluation.songs import JudgedSong
from realtime.evaluation.troupe import Part, danced_together


class LongRun(msgspec.Struct, frozen=True):
    """A dance of many minutes: what its last minute lost against its first, and what drifted."""

    minutes: float
    fidk_by_turn: list[float]  # of the song, about a minute each
    fidk_ratio: float | None  # the last turn's over the first one's
    fidk_corrected_by_turn: list[float]
    fidk_corrected_ratio: float | None
    longest_stillness_s: float
    height_m: tuple[float, float]  # first and last minute
    height_change_mm: float  # from the first minute to the last
    height_mm_per_min: float
    tilt_degrees: tuple[float, float]
    tilt_change_degrees: float
    tilt_degrees_per_min: float
    farthest_m: float
    rejected: int
    misses: int


def long_run(
    loop: JudgedSong,
    part: Part,
    minutes: float,
    takes: Sequence[CachedTake] | None,
    warm_s: float = WARM_S,
) -> LongRun:
    """A song round and round: each time, the first and the last, it is the same music that is heard."""
    turns = max(2, round(minutes * 60 / loop.audio.duration_s))
    song = loop.round_and_round(turns * loop.audio.duration_s - 0.01)
    danced = danced_together(song, [part])[0]
    begun, (distances, corrected) = danced.from_s(warm_s), _distances(danced, turns, takes, warm_s)
    place = begun.place_m.astype(np.float64)
    found = drift(place[:, 0, 1], tilt_degrees(begun.local_quat_wxyz[:, 0]), SHOWN_FPS)
    return LongRun(
        minutes=round(danced.duration_s / 60, 2),
        fidk_by_turn=[round(one, 3) for one in distances],
        fidk_ratio=round(distances[-1] / distances[0], 3) if distances else None,
        fidk_corrected_by_turn=[round(one, 3) for one in corrected],
        fidk_corrected_ratio=round(corrected[-1] / corrected[0], 3) if corrected else None,
        longest_stillness_s=round(longest_stillness_s(place[::2], PLANNED_FPS), 2),
        height_m=(round(found.height_m[0], 4), round(found.height_m[1], 4)),
        height_change_mm=round(1000 * (found.height_m[1] - found.height_m[0]), 1),
        height_mm_per_min=round(1000 * found.height_m_per_min, 3),
        tilt_degrees=(round(found.tilt_degrees[0], 2), round(found.tilt_degrees[1], 2)),
        tilt_change_degrees=round(found.tilt_degrees[1] - found.tilt_degrees[0], 2),
        tilt_degrees_per_min=round(found.tilt_degrees_per_min, 4),
        farthest_m=round(float(np.hypot(place[:, 0, 0], place[:, 0, 2]).max()), 2),
        rejected=danced.rejected,
        misses=danced.misses,
    )


def _distances(
    danced: Danced, turns: int, takes: Sequence[CachedTake] | None, warm_s: float
) -> tuple[list[float], list[float]]:
    """FIDk of each turn against training takes, as published and corrected.

    What few clips add to it they add to every turn alike.
    """
    learned = [take for take in takes or () if not take.held_out]
    drawn = drawn_clips(learned, shares_danced([danced]), REFERENCE_CLIPS)
    if len(drawn) < 2:
        return [], []
    turn_s = danced.duration_s / turns
    lots = [[clip.danced for clip in drawn]]
    lots += [
        cut_clips([danced.from_s(turn * turn_s + warm_s, (turn + 1) * turn_s)])[0] for turn in range(turns)
    ]
    found = []
    for features in (kinetic_features, partial(kinetic_features_corrected, fps=SHOWN_FPS)):
        known, *others = normalised(
            *(np.stack([features(clip.place_m.astype(np.float64)) for clip in lot]) for lot in lots)
        )
        found.append([frechet_distance(lot, known) for lot in others])
    return found[0], found[1]
