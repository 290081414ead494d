"""The beat as a person taps it, a little early and late, with taps left out and taps too many."""

import numpy as np

from groovecast.audio.beat_clock import CONFIDENT, BeatClock
from realtime.clocks.line import Line, line_through
from realtime.clocks.mailbox import Mailbox
from realtime.clocks.source import TAP

HOLD_S = 30.0  # without a tap, until the beat is given up
LEAST_TAPS = 3

_MOST_TAPS = 12
_HUMAN_S = 0.025  # how far a person's taps are from the beat
_BOUNCE_S = 0.15  # a tap sooner than this after another is the same finger
_PAUSE_S, _PAUSE_BEATS = 2.5, 4.0  # a pause longer than both begins anew
_ON_BEAT = 0.28  # a tap further from every beat than this is a stray
_STRAYS = 3  # in a row, evenly spaced: the beat is where they are
_EVEN = 0.2  # intervals that differ by less are the same
_OTHER_TEMPO = 0.3  # what a person's jitter does not make of three intervals
_FIRST_TRUST, _FULL_TRUST, _FULL_AT_TAPS = 0.5, 0.9, 8
_FRESH_BEATS = 4.0  # so long after the last tap nothing is doubted
_BEATS_PER_BAR = 4


class TapTempo:
    """A run of taps and the line through it. The first tap of a run is beat 0 and begins a bar."""

    name = TAP
    connected = True

    def __init__(self, hold_s: float = HOLD_S) -> None:
        self._hold_s = hold_s
        self._said: Mailbox[None] = Mailbox(letters=64)
        self._counts: list[float] = []
        self._times_s: list[float] = []
        self._strays_s: list[float] = []
        self._all_s: list[float] = []  # the last few, strays too
        self._line: Line | None = None
        self.heard_until_s = -np.inf

    def post(self, time_s: float) -> None:
        """Frame loop. Somebody tapped at that time on the machine's clock."""
        self._said.post(time_s, None)

    def listen(self, until_s: float, origin_s: float) -> None:
        """Dance thread. Take in the taps until then."""
        for time_s, _ in self._said.until(until_s + origin_s):
            self.tap(time_s - origin_s)

    def tap(self, time_s: float) -> None:
        """One tap. Taps that are no part of the run are set aside until they make one of their own."""
        since_s = time_s - self.heard_until_s
        if since_s < _BOUNCE_S:
            return
        self.heard_until_s = time_s
        beat_s = self._line.period_s if self._line else 0.0
        if since_s > max(_PAUSE_S, _PAUSE_BEATS * beat_s):
            self._begin([time_s])
            return
        self._all_s = [*self._all_s[-_STRAYS:], time_s]
        if self._another_tempo():
            self._begin(self._all_s)
        elif (count := self._count_of(time_s)) is not None:
            self._strays_s = []
            self._take(count, time_s)
        else:
            self._strays_s = [*self._strays_s, time_s][-_STRAYS:]
            if len(self._strays_s) == _STRAYS and _even(np.diff(self._strays_s)):
                self._begin(self._strays_s)

    def clock(self, now_s: float) -> BeatClock | None:
        """The beat; None before three taps and when the last was too long ago."""
        line, taps = self._line, len(self._times_s)
        if line is None or taps < LEAST_TAPS:
            return None
        free_s = now_s - self.heard_until_s - _FRESH_BEATS * line.period_s
        if free_s >= self._hold_s:
            return None
        known = min((taps - LEAST_TAPS) / (_FULL_AT_TAPS - LEAST_TAPS), 1)
        trust = _FIRST_TRUST + (_FULL_TRUST - _FIRST_TRUST) * known
        fading = max(free_s, 0) / self._hold_s if self._hold_s > 0 else 0.0
        last = self._counts[-1]
        return BeatClock(
            knots_s=np.array([line.time_at(last)]),
            knots_beat=np.array([last]),
            tempo_bpm=60 / line.period_s,
            confidence=trust - (trust - CONFIDENT) * fading,
            downbeat=0,
            beats_per_bar=_BEATS_PER_BAR,
        )

    def tempo_bpm(self, now_s: float) -> float | None:
        """Never without the beat."""
        return None

    def _begin(self, times_s: list[float]) -> None:
        self._counts, self._times_s, self._line = [], [], None
        self._strays_s, self._all_s = [], list(times_s)
        for count, time_s in enumerate(times_s):
            self._take(float(count), time_s)

    def _take(self, count: float, time_s: float) -> None:
        self._counts = [*self._counts, count][-_MOST_TAPS:]
        self._times_s = [*self._times_s, time_s][-_MOST_TAPS:]
        if len(self._times_s) >= 2:
            self._line = line_through(np.array(self._counts), np.array(self._times_s), _HUMAN_S)

    def _another_tempo(self) -> bool:
        """The last intervals are alike, and are not the run's: it is counted faster or slower now."""
        if self._line is None or len(self._all_s) <= _STRAYS or len(self._times_s) < LEAST_TAPS:
            return False
        intervals_s = np.diff(self._all_s)
        ratio = float(np.median(intervals_s)) / self._line.period_s
        return _even(intervals_s) and abs(np.log(ratio)) > np.log1p(_OTHER_TEMPO)

    def _count_of(self, time_s: float) -> float | None:
        """Which beat of the run this tap is, some may have been left out; None: it is a stray."""
        if self._line is None:
            return float(len(self._times_s))
        beats = (time_s - self._line.time_at(self._counts[-1])) / self._line.period_s
        if len(self._times_s) == 2:  # one interval says little: the next may be half as long again
            beats = (time_s - self._times_s[-1]) / self._line.period_s
            return self._counts[-1] + max(1.0, round(beats)) if abs(beats - round(beats)) <= 0.4 else None
        whole = round(beats)
        return self._counts[-1] + whole if whole >= 1 and abs(beats - whole) <= _ON_BEAT else None


def _even(intervals_s: np.ndarray) -> bool:
    return bool(np.ptp(intervals_s) < _EVEN * np.median(intervals_s))
