"""What every control stands at, as functions of time: what glides and what a cue will bring at its beat included.

The frame loop puts a new board in place of the old by one assignment; every thread reads whichever stands.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from groovecast.wire.desk_messages import Value


@dataclass(frozen=True)
class Glide:
    """A change on its way: `before` until `start_s`, `after` from `end_s` on, on the machine's clock."""

    start_s: float
    end_s: float
    before: Value | dict[str, float]  # a choice that was still fading is shares of words
    after: Value

    def share(self, at_s: float) -> float:
        """How much of the way is gone then, 0 to 1, without a jolt at either end."""
        if at_s < self.start_s:
            return 0.0
        if at_s >= self.end_s:
            return 1.0
        gone = (at_s - self.start_s) / (self.end_s - self.start_s)
        return gone * gone * (3 - 2 * gone)


@dataclass(frozen=True)
class Board:
    """Any thread. The values that stand, and the glides under way and to come, by the control's name."""

    values: Mapping[str, Value]
    glides: Mapping[str, Glide] = field(default_factory=dict)

    def number(self, name: str, at_s: float) -> float:
        """What a number is at a time; a switch is 0 or 1, and between while it glides."""
        glide = self.glides.get(name)
        if glide is None:
            return _number(self.values[name])
        share = glide.share(at_s)
        before = 0.0 if isinstance(glide.before, dict) else _number(glide.before)
        return before + share * (_number(glide.after) - before)

    def switch(self, name: str, at_s: float) -> bool:
        """Whether a switch is on at a time, or about to be: it is on as soon as it begins to glide there."""
        return bool(self._stands(name, at_s))

    def choice(self, name: str, at_s: float) -> str:
        """What a choice is at a time, or is on its way to."""
        return str(self._stands(name, at_s))

    def shares(self, name: str, at_s: float) -> dict[str, float]:
        """How much of each word a choice is at a time: one of it, but more while it fades. They sum to 1."""
        glide = self.glides.get(name)
        if glide is None:
            return {str(self.values[name]): 1.0}
        share = glide.share(at_s)
        before = glide.before if isinstance(glide.before, dict) else {str(glide.before): 1.0}
        shares = {word: part * (1 - share) for word, part in before.items() if share < 1}
        if share > 0:
            after = str(glide.after)
            shares[after] = shares.get(after, 0.0) + share
        return shares

    def _stands(self, name: str, at_s: float) -> Value:
        glide = self.glides.get(name)
        if glide is None:
            return self.values[name]
        if at_s >= glide.start_s:
            return glide.after
        before = glide.before
        return max(before, key=lambda word: before[word]) if isinstance(before, dict) else before


def _number(value: Value) -> float:
    return 0.0 if isinstance(value, str) else float(value)
