"""What every control stands at, as functions of time: what glides and what a cue will bring at its beat included.

The frame loop puts a new board in place of the old by one assignment; every thread reads whichever stands.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from groovecast.wire.desk_messages import Value

_A_MOMENT_S = 1e-3


@dataclass(frozen=True)
class Glide:
    """A change on its way: `before` until `start_s`, `after` from `end_s` on, on the machine's clock.

    What is before is a value, shares of the words of a choice that was still fading, or a change of its own.
    """

    start_s: float
    end_s: float
    before: "Value | dict[str, float] | Glide"
    after: Value
    speed: float = (
        0.0  # of a number when it begins, a second: who is turned on and on does not stop at each turn
    )
    least: float = -math.inf
    most: float = math.inf

    def share(self, at_s: float) -> float:
        """How much of the way is gone then, 0 to 1, without a jolt at either end."""
        if at_s < self.start_s:
            return 0.0
        if at_s >= self.end_s:
            return 1.0
        gone = (at_s - self.start_s) / (self.end_s - self.start_s)
        return gone * gone * (3 - 2 * gone)

    def carried(self, at_s: float) -> float:
        """How far the speed that it began with carries it beside that way."""
        if not self.speed or not self.start_s < at_s < self.end_s:
            return 0.0
        length_s = self.end_s - self.start_s
        gone = (at_s - self.start_s) / length_s
        return self.speed * length_s * gone * (1 - gone) ** 2


@dataclass(frozen=True)
class Board:
    """Any thread. The values that stand, and the glides under way and to come, by the control's name."""

    values: Mapping[str, Value]
    glides: Mapping[str, Glide] = field(default_factory=dict)
    turns: int = 0  # with each that was turned since another number: else it is the same of all times to come

    def speed(self, name: str, at_s: float) -> float:
        """How fast a number changes just before a time, a second."""
        return (self.number(name, at_s) - self.number(name, at_s - _A_MOMENT_S)) / _A_MOMENT_S

    def number(self, name: str, at_s: float) -> float:
        """What a number is at a time; a switch is 0 or 1, and between while it glides."""
        return _number_at(self.glides.get(name, self.values[name]), at_s)

    def wanted(self, name: str, at_s: float) -> float:
        """What a number is at a time, or is on its way to."""
        return _number(self._stands(name, at_s))

    def switch(self, name: str, at_s: float) -> bool:
        """Whether a switch is on at a time, or about to be: it is on as soon as it begins to glide there."""
        return bool(self._stands(name, at_s))

    def choice(self, name: str, at_s: float) -> str:
        """What a choice is at a time, or is on its way to."""
        return str(self._stands(name, at_s))

    def shares(self, name: str, at_s: float) -> dict[str, float]:
        """How much of each word a choice is at a time: one of it, but more while it fades. They sum to 1."""
        return _shares_at(self.glides.get(name, self.values[name]), at_s)

    def _stands(self, name: str, at_s: float) -> Value:
        on_its_way: Value | dict[str, float] | Glide = self.glides.get(name, self.values[name])
        while isinstance(on_its_way, Glide):
            on_its_way = on_its_way.after if at_s >= on_its_way.start_s else on_its_way.before
        if isinstance(on_its_way, dict):
            return max(on_its_way, key=on_its_way.__getitem__)
        return on_its_way


def _number_at(on_its_way: Value | dict[str, float] | Glide, at_s: float) -> float:
    if isinstance(on_its_way, Glide):
        share = on_its_way.share(at_s)
        before = _number_at(on_its_way.before, min(at_s, on_its_way.start_s)) if share < 1 else 0.0
        number = before + share * (_number(on_its_way.after) - before) + on_its_way.carried(at_s)
        return min(max(number, on_its_way.least), on_its_way.most)
    return 0.0 if isinstance(on_its_way, dict) else _number(on_its_way)


def _shares_at(on_its_way: Value | dict[str, float] | Glide, at_s: float) -> dict[str, float]:
    if isinstance(on_its_way, dict):
        return on_its_way
    if not isinstance(on_its_way, Glide):
        return {str(on_its_way): 1.0}
    share = on_its_way.share(at_s)
    before = _shares_at(on_its_way.before, min(at_s, on_its_way.start_s))
    shares = {word: part * (1 - share) for word, part in before.items() if share < 1}
    if share > 0:
        after = str(on_its_way.after)
        shares[after] = shares.get(after, 0.0) + share
    return shares


def _number(value: Value) -> float:
    return 0.0 if isinstance(value, str) else float(value)
