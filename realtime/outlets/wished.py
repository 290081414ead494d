"""What a person types for a receiver: `HOST:PORT`, then a name, then options; read and checked here."""

import re
from collections.abc import Collection
from dataclasses import dataclass

from realtime.desk.controls import MOST_DANCERS
from realtime.outlets.udp import target_from_text

OFFSET = "offset_ms"
DANCER = "dancer"
_MOST_FPS = 240.0
_MOST_OFFSET_MS = 1000.0
# a moment may come this much before its turn: frames are not shown to the microsecond
_EARLY_S = 0.002


@dataclass(frozen=True)
class Wished:
    """One receiver that was asked for."""

    host: str
    port: int
    name: str | None  # the word after the port: a profile, a preset, a subject
    options: dict[str, str]

    def number(self, option: str) -> float | None:
        """An option's number; None when it was not given. Raises ValueError with the mend."""
        text = self.options.get(option)
        if text is None:
            return None
        try:
            return float(text)
        except ValueError:
            raise ValueError(f"asked for {option}={text}: give a number") from None

    @property
    def offset_s(self) -> float:
        """How much later than the others this one is shown; negative is earlier. Raises ValueError with the mend."""
        offset_ms = self.number(OFFSET) or 0.0
        if not abs(offset_ms) <= _MOST_OFFSET_MS:
            most = f"-{_MOST_OFFSET_MS:g} to {_MOST_OFFSET_MS:g}"
            raise ValueError(f"asked for {OFFSET}={offset_ms:g}: give {most}, negative is earlier")
        return offset_ms / 1000

    @property
    def dancer(self) -> int | None:
        """Which dancer alone goes there, counted from 0; None: all. Raises ValueError with the mend."""
        number = self.number(DANCER)
        if number is None:
            return None
        if not (number.is_integer() and 1 <= number <= MOST_DANCERS):
            raise ValueError(f"asked for {DANCER}={self.options[DANCER]}: give 1 to {MOST_DANCERS}")
        return int(number) - 1


def wished_from_text(text: str, default_port: int, options: Collection[str] = ()) -> Wished:
    """Read `HOST[:PORT[:NAME]][,option=value...]`. Raises ValueError, with the mend."""
    target, *extras = text.split(",")
    # a word that begins with a digit, right after the host, was to be a port and is no name
    named = re.fullmatch(r"((?:\[[^\]]*\]|[^:]*)(?::\d+(?=:)|(?!:\d)))(?::([^:]+))", target)
    host, port = target_from_text(named[1] if named else target, default_port)
    given: dict[str, str] = {}
    for extra in extras:
        option, equals, value = extra.partition("=")
        if option not in options or not equals or not value:
            known = ", ".join(f"{name}=..." for name in options)
            raise ValueError(
                f"asked for {extra!r} in {text!r}, there are {known or 'no options'}: give one of them"
            )
        if option in given:
            raise ValueError(f"asked for {option} twice in {text!r}: give it once")
        given[option] = value
    return Wished(host, port, named[2] if named else None, given)


class Pace:
    """Lets through so many moments a second, evenly, of those that are shown."""

    def __init__(self, fps: float | None) -> None:
        if fps is not None and not 1 <= fps <= _MOST_FPS:
            raise ValueError(
                f"asked for fps={fps:g}: give 1 to {_MOST_FPS:g}, or leave it away for every frame"
            )
        self._period_s = None if fps is None else 1 / fps
        self._next_s: float | None = None

    def due(self, time_s: float) -> bool:
        """Whether the moment of this time is to be sent."""
        if self._period_s is None:
            return True
        # a clock that was set back, or a show that slept, begins anew
        if self._next_s is None or not abs(time_s - self._next_s) <= 2 * self._period_s:
            self._next_s = time_s
        if time_s < self._next_s - _EARLY_S:
            return False
        self._next_s += self._period_s
        return True
