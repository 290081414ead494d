"""What the referee asks of a tracker: the beats that it announced, and what it said of the future when."""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float

from benchmarks.ears.track import Track

AHEAD_S = 0.2  # a beat is foretold when it is announced this long before


@dataclass(frozen=True)
class Shown:
    """What a dancer would have seen, every 10 ms."""

    time_s: Float[np.ndarray, " moments"]
    beat: Float[np.ndarray, " moments"]  # with fraction, as believed at that moment
    tempo_bpm: Float[np.ndarray, " moments"]
    confidence: Float[np.ndarray, " moments"]


@dataclass(frozen=True)
class Tracked:
    """All that a tracker said of a track, in seconds."""

    beats_s: Float[np.ndarray, " beats"]
    downbeats_s: Float[np.ndarray, " downbeats"] | None  # None: it does not say
    announced_s: Float[np.ndarray, "announcements 2"]  # said at, beat at
    shown: Shown | None = None
    cpu_percent: float = float("nan")  # of one core, were the track live


@runtime_checkable
class Tracker(Protocol):
    """Anything that follows the beat without knowing the future."""

    @property
    def name(self) -> str:
        """In the table."""
        ...

    def track(self, track: Track) -> Tracked:
        """Hear a whole track as if it were live; the truth about it must not be looked at."""
        ...


def extrapolated(
    found: list[tuple[float, float, float]], until_s: float, hop_s: float
) -> Float[np.ndarray, "announcements 2"]:
    """Announcements of a tracker that only says beats: each beat plus whole periods, said 0.2 s before.

    `found` holds when it was said, the beat, and the period then; a beat is announced once, by what was known then.
    """
    said: list[tuple[float, float]] = []
    for number, (said_s, beat_s, period_s) in enumerate(found):
        next_said_s = found[number + 1][0] if number + 1 < len(found) else until_s
        for ahead in range(1, 9):
            coming_s = beat_s + ahead * period_s
            tell_s = max(said_s, coming_s - AHEAD_S - hop_s)
            if tell_s >= next_said_s:
                break  # by then it knows better
            if coming_s - tell_s < AHEAD_S or (said and coming_s - said[-1][1] < 0.5 * period_s):
                continue
            said.append((tell_s, coming_s))
    return np.array(said).reshape(-1, 2)


def periods_of(beats_s: Float[np.ndarray, " beats"]) -> Float[np.ndarray, " beats"]:
    """The period at each beat: the median of the last four intervals (half a second before there are any)."""
    gaps = np.diff(beats_s)
    return np.array(
        [np.median(gaps[max(0, n - 4) : n]) if n else 0.5 for n in range(len(beats_s))], dtype=np.float64
    )
