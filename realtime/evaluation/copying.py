"""How near dances come to what was learned from, and beside it how near other people's dancing comes to it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec
import numpy as np

from groovecast.measures.bootstrap import bootstrapped
from groovecast.measures.memorised import HeldOut, Memorised, learned_from, nearest_m
from groovecast.measures.seconds import SECOND_FRAMES, Library
from groovecast.motion.pose import Motion
from groovecast.takes.take_cache import CachedTake
from realtime.evaluation.danced import PLANNED_FPS, Danced
from realtime.evaluation.reference import drawn_clips

# The referee is in a hurry: every third frame of what was learned begins a second that is searched, and what is
# danced is asked for a second at a time, none overlapping the next.
_LEARNED_HOP_FRAMES = 3
_HELD_OUT_CLIPS = 100


class Copied(msgspec.Struct, frozen=True):
    """How near dances are to training, median over their seconds, beside people who were not learned from."""

    median_m: float
    copied_share: float  # of the seconds: nearer than all but 5 % of the held-out ones
    held_out_median_m: float
    held_out_5th_percentile_m: float
    seconds: int
    intervals: dict[str, tuple[float, float]]


@dataclass(frozen=True)
class Learned:
    """All training takes, in every stretch and mirrored, and the held-out clips' distances to them."""

    library: Library
    held_out: HeldOut

    @staticmethod
    def of(takes: Sequence[CachedTake], shares: Mapping[str, float]) -> "Learned":
        """What a cache teaches; held-out clips are drawn so that each style has the share that was danced."""
        library = learned_from(
            [take.motion for take in takes if not take.held_out], hop_frames=_LEARNED_HOP_FRAMES
        )
        clips = drawn_clips([take for take in takes if take.held_out], shares, _HELD_OUT_CLIPS)
        near = nearest_m([_motion(clip.danced) for clip in clips], library, SECOND_FRAMES)
        return Learned(library, HeldOut(np.concatenate(near) if near else np.zeros(0, np.float32)))

    def copied(self, dances: Sequence[Danced]) -> Copied:
        """The figures of some dances, their intervals over the dances."""
        near = nearest_m([_motion(one) for one in dances], self.library, SECOND_FRAMES)
        beside, known = self.held_out, [one for one in near if len(one)]

        def over(drawn: np.ndarray) -> Memorised:
            return beside.beside(np.concatenate([known[one] for one in drawn]))

        median = bootstrapped(len(known), lambda drawn: over(drawn).median_m)
        share = bootstrapped(len(known), lambda drawn: over(drawn).copied_share)
        return Copied(
            median_m=round(median.value, 4),
            copied_share=round(share.value, 4),
            held_out_median_m=round(float(np.median(beside.distance_m)), 4),
            held_out_5th_percentile_m=round(beside.near_m, 4),
            seconds=sum(map(len, known)),
            intervals={
                "median_m": (round(median.low, 4), round(median.high, 4)),
                "copied_share": (round(share.low, 4), round(share.high, 4)),
            },
        )

    def people(self) -> Memorised:
        """The held-out clips as if somebody had danced them: by definition one second in twenty is called near."""
        found = self.held_out.beside(self.held_out.distance_m)
        return Memorised(round(found.median_m, 4), round(found.copied_share, 4))


def _motion(danced: Danced) -> Motion:
    """What was shown, at the rate that was learned from."""
    return Motion(PLANNED_FPS, danced.planned_place_m[:, 0], danced.local_quat_wxyz[::2])
