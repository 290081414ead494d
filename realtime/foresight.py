"""What the stream is handed at each tick: poses ahead of their time, and those that were planned anew meanwhile."""

import math
from collections.abc import Collection
from dataclasses import replace

from groovecast.motion.pose import Pose
from groovecast.wire.moment import Moment
from realtime.dance import Dancer

# A tick's place on the grid is found through sums of floats.
_ROUNDING_FRAMES = 1e-6


class Foresight:
    """The moments of one dancer on a grid of `fps` a second, made when somebody first waits for them.

    The grid lies so that a moment is due exactly `look_ahead_s` after a tick: who looks ahead so far waits for nothing.
    All methods belong to the frame loop.
    """

    def __init__(self, dancer: Dancer, fps: float, look_ahead_s: float, offset_s: float = 0.0) -> None:
        self._dancer, self._fps, self._offset_s = dancer, fps, offset_s
        self._look_ahead_s = look_ahead_s
        self._origin_s: float | None = None  # when moment 0 is shown
        self._plan = dancer.buffer.plan
        self._made: dict[int, Moment] = {}  # by number; what is over by now is left out
        self._next = 0

    def tick(self, due_s: float, look_aheads_s: Collection[float]) -> list[Moment]:
        """What is to be handed on now to those who wait so far ahead: new moments, and those that are others by now.

        A moment that was made for who looks farthest is told once more when others get it: the pose is the same, but
        the beat may be known better.
        """
        if self._origin_s is None:
            self._origin_s = due_s + self._look_ahead_s
            self._next = self._number(due_s) + 1
        over = self._number(due_s)
        told: dict[int, Moment] = {}
        plan = self._dancer.buffer.plan
        if plan is not self._plan:
            firm_s = self._dancer.firm_until_s(self._plan) + self._offset_s
            for number, moment in self._made.items():
                if moment.pose.time_s > firm_s:
                    told[number] = moment_of(self._dancer, moment.pose.time_s, self._offset_s)
            self._plan = plan
        newest = self._number(due_s + max(look_aheads_s))
        for number in range(max(self._next, over + 1), newest + 1):
            shown_s = self._origin_s + number / self._fps
            told[number] = moment_of(self._dancer, shown_s, self._offset_s)
        self._next = max(self._next, newest + 1)
        for look_ahead_s in look_aheads_s:
            number = self._number(due_s + look_ahead_s)
            if number in self._made and number not in told:
                made = self._made[number]
                told[number] = _with_music(self._dancer, made.pose, self._offset_s, made.t_capture_s)
        self._made |= told
        for number in [number for number in self._made if number < over]:
            del self._made[number]
        return [told[number] for number in sorted(told)]

    def _number(self, time_s: float) -> int:
        """The newest moment that is shown by then."""
        assert self._origin_s is not None
        return math.floor((time_s - self._origin_s) * self._fps + _ROUNDING_FRAMES)


def moment_of(dancer: Dancer, shown_s: float, offset_s: float = 0.0) -> Moment:
    """What is to be seen then of a dance that is shown so much later than the music, as far as is known now."""
    pose = replace(dancer.show(shown_s - offset_s), time_s=shown_s)
    return _with_music(dancer, pose, offset_s, dancer.shaped_until_s)


def _with_music(dancer: Dancer, pose: Pose, offset_s: float, t_capture_s: float) -> Moment:
    heard = dancer.heard
    beats, known = heard.clock, heard.mood.trust > 0
    return Moment(
        pose=pose,
        beat=float(beats.beat_at(pose.time_s - offset_s)) - beats.downbeat if known else None,
        tempo_bpm=beats.tempo_bpm if known else 0.0,
        energy=heard.mood.energy,
        t_capture_s=t_capture_s,
        beats_per_bar=beats.beats_per_bar,
        confidence=beats.confidence,
        scene=heard.section.scene,
    )
