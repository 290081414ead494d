"""OSC address patterns: `?`, `*`, `[a-c]`, `[!ab]` and `{one,other}` within one part of an address (OSC 1.0).

All places in an address at once, as the bits of a number, so that no pattern, however mean, takes more steps than it
has letters: as a regular expression a row of stars would be tried in every way there is.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

SPECIAL = frozenset("?*[]{}")
MOST_LETTERS = 96


@dataclass(frozen=True)
class _Step:
    """From places in a part of an address, bit n for the one before letter n, to those that it leads to."""

    onward: Callable[[str, int], int]


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
    places = 1
    for step in steps:
        places = step.onward(part, places)
        if not places:
            return False
    return bool(places >> len(part) & 1)


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
                # the first place and all after it
                steps.append(_Step(lambda part, places: (2 << len(part)) - (places & -places)))
        elif letter == "?":
            steps.append(_Step(lambda part, places: places << 1 & (2 << len(part)) - 1))
        else:
            end = at + 1
            while end < len(pattern) and pattern[end] not in SPECIAL:
                end += 1
            steps.append(_word(pattern[at:end]))
            at = end - 1
        at += 1
    return steps


def _word(word: str) -> _Step:
    return _Step(lambda part, places: (places & _begins(part, word)) << len(word))


def _one_of_words(inside: str) -> _Step:
    words = tuple(dict.fromkeys(inside.split(",")))

    def onward(part: str, places: int) -> int:
        found = 0
        for word in words:
            found |= (places & _begins(part, word)) << len(word)
        return found

    return _Step(onward)


def _begins(part: str, word: str) -> int:
    """The places at which the word begins; one without letters does everywhere."""
    found, at = 0, part.find(word)
    while at >= 0:
        found |= 1 << at
        at = part.find(word, at + 1)
    return found


@lru_cache(maxsize=1024)
def _letters_of(part: str) -> tuple[tuple[str, int], ...]:
    """Each letter of a part, and the places before it."""
    return tuple((letter, _begins(part, letter)) for letter in dict.fromkeys(part))


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

    def onward(part: str, places: int) -> int:
        found = 0
        for letter, before in _letters_of(part):
            if any(first <= letter <= last for first, last in ranges) != unwanted:
                found |= before
        return (places & found) << 1

    return _Step(onward)
