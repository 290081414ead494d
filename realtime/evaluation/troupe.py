"""A troupe: several dancers to one song, on a fake clock, hearing it with the same ears.

Each dances as it would alone, to the last bit; but the song is heard once.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from groovecast.motion.kinematics import world_from_local
from groovecast.motion.pose import Pose
from groovecast.motion.skeleton import groovecast_skeleton
from realtime.clock import FakeClock
from realtime.dance import Dancer
from realtime.dance_settings import DanceSettings
from realtime.evaluation.danced import SHOWN_FPS, Danced
from realtime.evaluation.songs import JudgedSong
from realtime.generator import Generator
from realtime.listener import Listener
from realtime.sources import FileSource


class Overheard(Listener):
    """The ears of the troupe's first dancer: it knows what they know, and adds nothing."""

    def __init__(self, ears: Listener) -> None:
        self.__dict__ = ears.__dict__  # one memory for all, however the first one changes it

    def listen(self, samples: np.ndarray, first_sample_time_s: float) -> None:
        """Dance thread. The first dancer has heard it."""


@dataclass(frozen=True)
class Part:
    """Who dances, how, and until when."""

    generator: Generator
    settings: DanceSettings
    until_s: float = np.inf


class _Recorded:
    """A dancer and every pose that it showed."""

    def __init__(self, part: Part, sample_rate_hz: int, ears: Listener) -> None:
        self.part = part
        self.dancer = Dancer(part.generator, sample_rate_hz, 0.0, part.settings, ears=ears)
        self.poses: list[Pose] = []
        self.seams_s: list[float] = []
        self._style = np.zeros(len(part.generator.config.styles) + 1)

    def imagine(self, now_s: float) -> bool:
        planned = self.dancer.imagine(now_s)
        if planned:
            self.seams_s.append(self.dancer.planned_from_s)
            self._style += self.dancer.mood.style
        return planned

    def danced(self, song: JudgedSong) -> Danced:
        skeleton = groovecast_skeleton()
        root = np.stack([pose.root_m for pose in self.poses]).astype(np.float64)
        quat = np.stack([pose.local_quat_wxyz[: skeleton.body_joints] for pose in self.poses])
        offset = skeleton.rest_offset_m.astype(np.float64)
        place, _ = world_from_local(root, quat.astype(np.float64), offset, skeleton.parents)
        share = self._style / max(self._style.sum(), 1e-9)
        duration_s = len(self.poses) / SHOWN_FPS
        return Danced(
            name=song.name,
            place_m=place.astype(np.float32),
            local_quat_wxyz=quat,
            contacts=np.stack([pose.contacts for pose in self.poses]),
            beats_s=song.beats_s[song.beats_s < duration_s],
            song=song.cut(0.0, duration_s) if duration_s < song.audio.duration_s else song,
            seams_s=np.array(self.seams_s),
            styles=tuple(zip(self.part.generator.config.styles, share.tolist(), strict=False)),
            rejected=self.dancer.counts.rejected,
            misses=self.dancer.counts.misses,
        )


def danced_together(
    song: JudgedSong, parts: Sequence[Part], told: Callable[[float], None] = lambda _: None
) -> list[Danced]:
    """Every part's dance to a song; `told` hears each second how much of it is danced."""
    clock = FakeClock(0.0)
    source = FileSource(song.audio, clock)
    source.cue(0.0)
    ears = Listener(song.audio.sample_rate_hz)
    troupe = [
        _Recorded(part, song.audio.sample_rate_hz, ears if number == 0 else Overheard(ears))
        for number, part in enumerate(parts)
    ]
    assert troupe[0].part.until_s >= song.audio.duration_s, "the first of a troupe hears for all"
    for number in range(round(song.audio.duration_s * SHOWN_FPS)):
        now_s = number / SHOWN_FPS
        clock.sleep_until_s(now_s)
        on_stage = [one for one in troupe if now_s < one.part.until_s]
        for block, first_s in source.blocks_until(now_s):
            for one in on_stage:
                one.dancer.hear(block, first_s)
        # one turn each: nobody plans with more than the first had heard when it planned
        while any([one.imagine(now_s) for one in on_stage]):
            pass
        for one in on_stage:
            one.poses.append(one.dancer.show(now_s))
        if number % round(SHOWN_FPS) == 0:
            told(now_s / song.audio.duration_s)
    return [one.danced(song) for one in troupe]
