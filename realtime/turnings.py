"""When a control was turned: the board forgets what is over, but who blends two dances must know where it began."""

import math
from dataclasses import dataclass
from typing import NamedTuple

from groovecast.wire.desk_messages import Value
from realtime.desk.board import Board, Glide

_MOST_KEPT = 24


class Turning(NamedTuple):
    """From `start_s` on a control goes to `after`, and is there at `end_s`."""

    start_s: float
    end_s: float
    after: Value


@dataclass(frozen=True)
class Stretch:
    """A time between two turnings; `until_s` is None while the second is not known."""

    since_s: float
    until_s: float | None = None


class Turnings:
    """Frame loop. The latest turnings of one control in order of time, those to come included."""

    def __init__(self, name: str, home: Value) -> None:
        self._name, self._home = name, home  # where it stood before all that is known
        self._known: tuple[Turning, ...] = ()
        self._turns = -1

    def follow(self, board: Board, at_s: float) -> None:
        """Take over what the board knows; what changed there unseen changes at `at_s`."""
        if board.turns == self._turns:
            return
        self._turns = board.turns
        coming: list[Turning] = []
        stands: object = board.glides.get(self._name)
        while isinstance(stands, Glide):
            coming.insert(0, Turning(stands.start_s, stands.end_s, stands.after))
            stands = stands.before
        known = self._known
        if coming:
            known = tuple(one for one in known if one.start_s < coming[0].start_s)
        else:
            value = board.values[self._name]
            while known and known[-1].start_s > at_s:  # it was called off
                known = known[:-1]
            if value != (known[-1].after if known else self._home):
                coming = [Turning(at_s, at_s, value)]
        self._known = (*known, *coming)[-_MOST_KEPT:]

    def under_way_since_s(self, at_s: float) -> float:
        """Since when it has been on its way without a pause; `at_s` when it is on none."""
        since_s, end_s = at_s, -math.inf
        for turning in self._known:
            if turning.start_s > at_s:
                break
            if turning.start_s >= end_s:
                since_s = turning.start_s
            end_s = turning.end_s
        return since_s if end_s > at_s else at_s

    def turned_within(self, at_s: float, within_s: float) -> bool:
        """Whether it was turned so short a time before."""
        return any(at_s - within_s < turning.start_s <= at_s for turning in self._known)

    def times_away(self) -> list[Stretch]:
        """The times when it was not at home; who leaves again on the way back has not been there."""
        found: list[Stretch] = []
        for turning in self._known:
            last = found[-1] if found else None
            at_home = last is None or (last.until_s is not None and turning.start_s >= last.until_s)
            if turning.after != self._home and at_home:
                found.append(Stretch(turning.start_s))
            elif last is not None and not at_home:
                home_s = turning.end_s if turning.after == self._home else None
                found[-1] = Stretch(last.since_s, home_s)
        return found

    def times_on(self) -> list[Stretch]:
        """The times when a switch was on."""
        found: list[Stretch] = []
        for turning in self._known:
            on = bool(found) and found[-1].until_s is None
            if turning.after and not on:
                found.append(Stretch(turning.start_s))
            elif not turning.after and on:
                found[-1] = Stretch(found[-1].since_s, turning.start_s)
        return found

    def starts_s(self) -> set[float]:
        """When the turnings began that are still known."""
        return {turning.start_s for turning in self._known}
