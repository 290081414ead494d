"""OSC address patterns: `?`, `*`, `[a-c]`, `[!ab]` and `{one,other}` within one part of an address (OSC 1.0).

Read letter by letter with all places at once, so that no pattern, however mean, takes longer than its length times
the address's: as a regular expression a row of stars would be tried in every way there is.
"""

from collections.abc import Callable
from dataclasses import dataclass

SPECIAL = frozenset("?*[]{}")
MOST_LETTERS = 96


@dataclass(frozen=True)
class _Step:
    """From every place in an address to those that it leads to."""

    onward: Callable[[str, int], list[int]]


class OscPattern:
    """A pattern that is asked about many addresses. One that is wrong matches none."""

    def __init__(self, pattern: str) -> None:
        self._parts = [_steps(part) for part in pattern.split("/")] if len(pattern) <= MOST_LETTERS else None

    def matches(self, address: str) -> bool:
        """Whether this address is meant."""
        parts = address.split("/")
        if self._parts is None or len(parts) != len(self._parts):
            return False
        return all(_leads(steps, part) for steps, part in zip(self._parts, parts, strict=True))


def _leads(steps: list[_Step] | None, part: str) -> bool:
    if steps is None:
        return False
    places = {0}
    for step in steps:
        places = {onward for place in places for onward in step.onward(part, place)}
        if not places:
            return False
    return len(part) in places


def _steps(pattern: str) -> list[_Step] | None:
    """The steps of one part; None where a bracket is not closed, or closed and not opened."""
    steps: list[_Step] = []
    at = 0
    while at < len(pattern):
        letter = pattern[at]
        closing = {"[": "]", "{": "}"}.get(letter)
        if closing is not None:
            end = pattern.find(closing, at)
            if end < 0:
                return None
            inside = pattern[at + 1 : end]
            steps.append(_one_of_letters(inside) if letter == "[" else _one_of_words(inside))
            at = end
        elif letter in "]}":
            return None
        elif letter == "*":
            if not (at and pattern[at - 1] == "*"):
                steps.append(_Step(lambda part, place: list(range(place, len(part) + 1))))
        elif letter == "?":
            steps.append(_Step(lambda part, place: [place + 1] if place < len(part) else []))
        else:
            end = at + 1
            while end < len(pattern) and pattern[end] not in SPECIAL:
                end += 1
            steps.append(_word(pattern[at:end]))
            at = end - 1
        at += 1
    return steps


def _word(word: str) -> _Step:
    return _Step(lambda part, place: [place + len(word)] if part.startswith(word, place) else [])


def _one_of_words(inside: str) -> _Step:
    words = inside.split(",")

    def onward(part: str, place: int) -> list[int]:
        return [place + len(word) for word in words if part.startswith(word, place)]

    return _Step(onward)


def _one_of_letters(inside: str) -> _Step:
    unwanted = inside.startswith("!")
    inside = inside[1:] if unwanted else inside
    ranges: list[tuple[str, str]] = []
    at = 0
    while at < len(inside):
        if inside[at + 1 : at + 2] == "-" and at + 2 < len(inside):
            ranges.append((inside[at], inside[at + 2]))
            at += 3
        else:
            ranges.append((inside[at], inside[at]))
            at += 1

    def onward(part: str, place: int) -> list[int]:
        if place >= len(part):
            return []
        found = any(first <= part[place] <= last for first, last in ranges)
        return [place + 1] if found != unwanted else []

    return _Step(onward)
