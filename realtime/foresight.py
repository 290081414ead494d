"""What the stream is handed at each tick: poses ahead of their time, and those that were planned anew meanwhile."""

import math
from collections.abc import Collection

from groovecast.motion.buffer import Plan
from groovecast.wire.moment import Moment
from realtime.dance import Dancer
from realtime.ensemble import Ensemble

# A tick's place on the grid is found through sums of floats.
_ROUNDING_FRAMES = 1e-6
# Of what a plan or a turned control changes so many poses are made anew at a tick, the soonest first: many dancers, or
# a wild controller, cost no more, and what is left follows at the next ticks, before it is shown.
_ANEW_A_TICK = 24
_LEAST_MOMENTS = 2  # one a tick would only just keep up


class Foresight:
    """The moments of an ensemble on a grid of `fps` a second, made when somebody first waits for them.

    The grid lies so that a moment is due exactly `look_ahead_s` after a tick: who looks ahead so far waits for nothing.
    All methods belong to the frame loop.
    """

    def __init__(self, ensemble: Ensemble, fps: float, look_ahead_s: float) -> None:
        self._ensemble, self._fps, self._look_ahead_s = ensemble, fps, look_ahead_s
        self._origin_s: float | None = None  # when moment 0 is shown
        self._plans = ensemble.dancer.plans
        self._made: dict[int, tuple[Moment, ...]] = {}  # by number; what is over by now is left out
        self._next = 0
        self._turns = ensemble.turns
        self._anew: list[int] = []  # the numbers of moments that are others by now

    def tick(self, due_s: float, look_aheads_s: Collection[float], offset_s: float = 0.0) -> list[Moment]:
        """What is to be handed on now to those who wait so far ahead: new moments, and those that are others by now.

        All are shown `offset_s` later than the music. A moment that was made for who looks farthest is told once more
        when others get it: the pose is the same, but the beat may be known better.
        """
        if self._origin_s is None:
            self._origin_s = due_s + self._look_ahead_s
            self._next = self._number(due_s) + 1
        over = self._number(due_s)
        told: dict[int, tuple[Moment, ...]] = {}
        plans, dancer = self._ensemble.dancer.plans, self._ensemble.dancer
        if not _same(plans, self._plans):
            firm_s = _changed_from_s(dancer, self._plans, plans) + offset_s
            changed = {number for number, made in self._made.items() if made[0].pose.time_s > firm_s}
            self._anew = sorted(changed.union(self._anew))
            self._plans = plans
        self._tell_anew(told, due_s, offset_s)
        newest = self._number(due_s + max(look_aheads_s))
        for number in range(max(self._next, over + 1), newest + 1):
            told[number] = self._ensemble.moments(self._origin_s + number / self._fps, offset_s)
        self._next = max(self._next, newest + 1)
        for look_ahead_s in look_aheads_s:
            number = self._number(due_s + look_ahead_s)
            if number in self._made and number not in told:
                made = self._made[number]
                told[number] = tuple(self._ensemble.with_music(moment, offset_s) for moment in made)
        self._made |= told
        for number in [number for number in self._made if number < over]:
            del self._made[number]
        return [moment for number in sorted(told) for moment in told[number]]

    def _tell_anew(self, told: dict[int, tuple[Moment, ...]], due_s: float, offset_s: float) -> None:
        """Add moments that a plan or a control has changed; what leaves by now anyway is not changed any more."""
        if self._ensemble.turns != self._turns:
            self._turns = self._ensemble.turns
            self._anew = sorted(self._made)
        first = self._number(due_s + self._look_ahead_s)
        left = _ANEW_A_TICK
        self._anew = [number for number in self._anew if number >= first and number not in told]
        while self._anew and left > 0:
            number = self._anew.pop(0)
            told[number] = self._ensemble.moments(self._made[number][0].pose.time_s, offset_s)
            left -= min(len(told[number]), _ANEW_A_TICK // _LEAST_MOMENTS)

    def _number(self, time_s: float) -> int:
        """The newest moment that is shown by then."""
        assert self._origin_s is not None
        return math.floor((time_s - self._origin_s) * self._fps + _ROUNDING_FRAMES)


def _changed_from_s(dancer: Dancer, before: tuple[Plan, ...], now: tuple[Plan, ...]) -> float:
    """From then on somebody is seen otherwise; who came or went meanwhile, by the plan that there was."""
    pairs = zip(before, now, strict=False)
    changed_s = [dancer.changed_from_s(old, new) for old, new in pairs if old is not new]
    return min(changed_s + [dancer.firm_until_s(old) for old in before])


def _same(some: tuple[Plan, ...], others: tuple[Plan, ...]) -> bool:
    return len(some) == len(others) and all(a is b for a, b in zip(some, others, strict=True))
