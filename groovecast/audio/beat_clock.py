"""The map between time and beats, past and future, and the shown beats that only ever run forward."""

from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

CONFIDENT = 0.3  # below this nobody should dance to the beat
START_TEMPO_BPM = 120.0

Times = TypeVar("Times", float, NDArray[np.float64])


@dataclass(frozen=True)
class BeatClock:
    """A snapshot of the beat: beats for times and times for beats, past and future. Beat 0 is arbitrary."""

    knots_s: Float[np.ndarray, " knots"]
    knots_beat: Float[np.ndarray, " knots"]
    tempo_bpm: float  # also the rate after the last knot
    confidence: float
    downbeat: int  # beats whose number leaves this when divided by `beats_per_bar` begin a bar
    beats_per_bar: int = 4

    def beat_at(self, time_s: Times) -> Times:
        """How many beats have passed at a time, with fraction; rises strictly with time."""
        return _along(time_s, self.knots_s, self.knots_beat, self.tempo_bpm / 60)

    def time_at(self, beat: Times) -> Times:
        """When a beat is: the inverse of `beat_at`."""
        return _along(beat, self.knots_beat, self.knots_s, 60 / self.tempo_bpm)

    def phase_at(self, time_s: Times) -> Times:
        """How far into the beat a time is: 0 on the beat, towards 1 before the next."""
        return self.beat_at(time_s) % 1.0

    def bar_phase_at(self, time_s: Times) -> Times:
        """How far into the bar a time is: 0 on the downbeat, towards 1 before the next."""
        return (self.beat_at(time_s) - self.downbeat) % self.beats_per_bar / self.beats_per_bar

    def shifted(self, by_s: float) -> "BeatClock":
        """The same beats, each later by so much."""
        return replace(self, knots_s=self.knots_s + by_s)


def _along(x: Times, from_x: NDArray[np.float64], to_y: NDArray[np.float64], slope_outside: float) -> Times:
    if isinstance(x, float) and x >= from_x[-1]:  # asked most often, about now and the future
        return float(to_y[-1]) + (x - float(from_x[-1])) * slope_outside
    inside: Times = np.interp(x, from_x, to_y)
    beyond: Times = np.minimum(x - from_x[0], 0) + np.maximum(x - from_x[-1], 0)
    return inside + beyond * slope_outside


class ShownBeats:
    """The beats as they are shown: corrected by running a little faster or slower, never by going back."""

    _KEPT_S = 12.0  # of the past
    _MEND_S = 0.4  # an error is mended in this time, or slower where the limits below demand it
    _LEAST_RATE, _MOST_RATE = 0.6, 1.6  # of the tempo, while mending
    _JUMP_S = 1e-3  # how long a jump lasts, so that the map keeps an inverse

    def __init__(self) -> None:
        self._knots: list[tuple[float, float]] = [(0.0, 0.0)]
        self.clock = BeatClock(np.zeros(1), np.zeros(1), START_TEMPO_BPM, 0.0, 0)

    @classmethod
    def continuing(cls, clock: BeatClock) -> "ShownBeats":
        """From what another one shows, on."""
        shown = cls()
        shown._knots = list(zip(clock.knots_s.tolist(), clock.knots_beat.tolist(), strict=True))
        shown.clock = clock
        return shown

    def revise(self, now_s: float, beat_now: float, period_s: float, may_jump: bool) -> int:
        """Run towards `beat_now` and on at one beat each `period_s`; returns the beat numbers' whole offset.

        Only the fraction of `beat_now` is binding: beats are renumbered so that the least has to be mended.
        """
        shown = float(self.clock.beat_at(now_s))
        error = (beat_now - shown + 0.5) % 1.0 - 0.5
        kept = [knot for knot in self._knots if now_s - self._KEPT_S < knot[0] < now_s]
        kept.append((now_s, shown))
        if may_jump:
            error %= 1.0
            kept.append((now_s + self._JUMP_S, shown + error + self._JUMP_S / period_s))
        elif abs(error) > 1e-6:
            rate = np.clip(1 + error * period_s / self._MEND_S, self._LEAST_RATE, self._MOST_RATE)
            mend_s = error * period_s / (rate - 1)
            kept.append((now_s + mend_s, shown + rate * mend_s / period_s))
        self._knots = kept
        times, beats = np.array(kept).T
        self.clock = replace(self.clock, knots_s=times, knots_beat=beats, tempo_bpm=60 / period_s)
        return round(shown + error - beat_now)
