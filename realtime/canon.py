"""How late so many beats are: a count of beats that was seen to run, so that who dances later keeps to the tempo."""

from typing import Protocol

import numpy as np

# The count is noted so often, and for so long; within two notes it runs evenly.
_STEP_S = 0.05
LONGEST_S = 16.0
_KEPT_S = LONGEST_S + 4.0
# Between these the count runs, whatever the clock does: where that leaps, it was wrong, and nobody danced to the leap.
_SLOWEST_BPM, _FASTEST_BPM = 30.0, 300.0


class Beats(Protocol):
    """What knows the beat at a time."""

    @property
    def tempo_bpm(self) -> float:
        """The tempo now."""
        ...

    def beat_at(self, time_s: float) -> float:
        """How many beats have passed at a time."""
        ...


class CanonClock:
    """Frame loop. Notes the beats as they are counted; what was noted never changes, so a delay never leaps."""

    def __init__(self) -> None:
        self._times_s: list[float] = []
        self._counts: list[float] = []
        self._arrays: tuple[np.ndarray, np.ndarray] | None = None

    def follow(self, clock: Beats, until_s: float) -> None:
        """Note the beats up to a time, as this clock counts them."""
        if not self._times_s or until_s - self._times_s[-1] > LONGEST_S:
            self._begin(clock, until_s)
        while self._times_s[-1] < until_s:
            last_s = self._times_s[-1]
            next_s = last_s + _STEP_S
            beats = float(clock.beat_at(next_s)) - float(clock.beat_at(last_s))
            least, most = _SLOWEST_BPM / 60 * _STEP_S, _FASTEST_BPM / 60 * _STEP_S
            self._times_s.append(next_s)
            self._counts.append(self._counts[-1] + min(max(beats, least), most))
            self._arrays = None
        over = len(self._times_s) - round(_KEPT_S / _STEP_S)
        if over > 64:  # not one by one
            del self._times_s[:over], self._counts[:over]
            self._arrays = None

    def delay_s(self, beats: float, time_s: float) -> float:
        """How long before that time the count was so much lower; at most `LONGEST_S`."""
        if beats <= 0 or not self._times_s:
            return 0.0
        if self._arrays is None:
            self._arrays = np.array(self._times_s), np.array(self._counts)
        times_s, counts = self._arrays
        then = float(np.interp(time_s, times_s, counts)) - beats
        if then >= counts[0]:
            delay_s = time_s - float(np.interp(then, counts, times_s))
        else:
            first_bps = float(counts[1] - counts[0]) / _STEP_S
            delay_s = time_s - float(times_s[0]) + (float(counts[0]) - then) / first_bps
        return min(delay_s, LONGEST_S)

    def _begin(self, clock: Beats, until_s: float) -> None:
        """Nothing was noted of late: as if it had run at this tempo all along."""
        bpm = min(max(clock.tempo_bpm, _SLOWEST_BPM), _FASTEST_BPM)
        self._times_s = [until_s - 2 * _STEP_S, until_s - _STEP_S]
        self._counts = [0.0, bpm / 60 * _STEP_S]
        self._arrays = None
