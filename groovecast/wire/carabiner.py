"""What Carabiner, which joins an Ableton Link session for other programs, says and is told: lines of text over TCP."""

import math
import re
from dataclasses import dataclass

LEAST_TEMPO_BPM, MOST_TEMPO_BPM = 20.0, 999.0  # Link's own

_MOST_LINE_BYTES = 4096  # what is longer is no Carabiner
_FIELD = re.compile(r":([a-z-]+)\s+([^\s{}]+)")


@dataclass(frozen=True)
class LinkStatus:
    """The session as it stood at one moment: at beat `beat`, counted from `start_us` on Link's own clock."""

    peers: int
    tempo_bpm: float
    start_us: float
    beat: float

    @property
    def link_us(self) -> float:
        """When it stood so, on Link's clock: Carabiner does not say, but it follows."""
        return self.start_us + self.beat * 60e6 / self.tempo_bpm


@dataclass(frozen=True)
class LinkPhase:
    """Where in a bar of `quantum` beats the session is at a moment of Link's clock."""

    link_us: int
    quantum: float
    phase: float


@dataclass(frozen=True)
class LinkRefusal:
    """Carabiner did not understand; which word it did not."""

    word: str


LinkSaid = LinkStatus | LinkPhase | LinkRefusal

ASK_STATUS = b"status\n"


def ask_phase(link_us: int, quantum: int) -> bytes:
    """Asks where in a bar a moment is; the answer repeats the moment, so it is known what it answers."""
    return f"phase-at-time {link_us} {quantum}\n".encode()


class CarabinerParser:
    """Reads bytes as they come, in pieces of any size; never raises. What is no line of Carabiner's is counted."""

    def __init__(self) -> None:
        self._begun = b""
        self.strange = 0  # lines that could not be read

    def feed(self, received: bytes) -> list[LinkSaid]:
        """What is complete with these bytes."""
        *lines, self._begun = (self._begun + received).split(b"\n")
        if len(self._begun) > _MOST_LINE_BYTES:
            self._begun = b""
            self.strange += 1
        said: list[LinkSaid] = []
        for line in lines:
            found = _said(line.decode("ascii", "replace").strip())
            if found is not None:
                said.append(found)
            elif line.strip():
                self.strange += 1
        return said


def _said(line: str) -> LinkSaid | None:
    word, _, rest = line.partition(" ")
    if word == "unsupported" or word.startswith("bad-"):
        return LinkRefusal(rest.strip() if word == "unsupported" else word.removeprefix("bad-"))
    if word not in ("status", "phase-at-time"):
        return None
    fields = dict(_FIELD.findall(rest))
    try:
        if word == "status":
            status = LinkStatus(
                int(fields["peers"]), float(fields["bpm"]), float(int(fields["start"])), float(fields["beat"])
            )
            sane = status.peers >= 0 and LEAST_TEMPO_BPM <= status.tempo_bpm <= MOST_TEMPO_BPM
            return status if sane and math.isfinite(status.link_us) else None
        phase = LinkPhase(int(fields["when"]), float(fields["quantum"]), float(fields["phase"]))
        return phase if 0 <= phase.phase < phase.quantum < math.inf else None
    except (KeyError, ValueError, OverflowError):
        return None
