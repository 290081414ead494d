"""What is shown at one moment, as it is handed to every outlet: a pose, and what is known of the music then."""

import math
from dataclasses import dataclass

import numpy as np

from groovecast.motion.pose import Pose
from groovecast.wire.blocks import NextBeat


@dataclass(frozen=True)
class Moment:
    """One dancer at `pose.time_s`, and the music that is heard then."""

    pose: Pose
    beat: float | None  # continuous count, multiples of `beats_per_bar` are downbeats; None: unknown
    tempo_bpm: float  # 0: unknown
    energy: float
    t_capture_s: float  # when the newest sound that shaped the pose was heard
    beats_per_bar: int = 4
    confidence: float = 0.0  # in the beat, 0 to 1
    dancer: int = 0
    cut: bool = False  # do not interpolate from the pose before
    scene: str = ""  # what part of the music this is, a `Scene`'s name; empty: unknown

    @property
    def finite(self) -> bool:
        """No number of it is NaN or infinite: such a moment must not leave, receivers do not survive it."""
        pose = self.pose
        numbers = pose.time_s, self.t_capture_s, self.beat or 0.0, self.tempo_bpm, self.energy
        arrays = pose.local_quat_wxyz, pose.root_m
        return all(map(math.isfinite, numbers)) and all(np.isfinite(array).all() for array in arrays)

    @property
    def next_beat(self) -> NextBeat | None:
        """The first beat after this moment; None when no beat is known."""
        if self.beat is None or self.tempo_bpm <= 0:
            return None
        period_s, coming = 60 / self.tempo_bpm, math.floor(self.beat) + 1
        return NextBeat(
            next_beat_s=self.pose.time_s + (coming - self.beat) * period_s,
            period_s=period_s,
            beats_per_bar=self.beats_per_bar,
            confidence=self.confidence,
            bar_position=coming % self.beats_per_bar,
        )
