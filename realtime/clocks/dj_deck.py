"""One DJ player as its beats tell of it: where it is between two beats, and when the next one comes."""

from collections import deque
from dataclasses import dataclass

import numpy as np

from groovecast.audio.beat_clock import CONFIDENT, BeatClock
from groovecast.wire.pro_dj_link import DjBeat

GONE_AFTER_S = 1.0  # so long after a beat that did not come

_LATE_S = 0.1  # a network may be so late: no doubt before
_ECHO_S = 0.03  # the same beat again, by another way through the network
_JUMPED_S = 0.06  # no network is so late: the record is somewhere else,
_HELD_UP_S = 0.3  # or this machine was busy, once
_SAME_TEMPO = 1e-3  # a pitch fader that stands still
_STEP_S = 1.5e-3  # the way to the next beat is told in whole milliseconds
_BEATS_KEPT = 8
_USUAL = 0.25  # of them: on a network beats come late and never early
_MOST_LOST = 4  # beats in a row that may get lost
_FIRST_TRUST = 0.7  # after one beat
_BEATS_PER_BAR = 4


@dataclass(frozen=True)
class _Passed:
    count: int
    time_s: float  # when it was heard of
    ahead_s: float  # from it to the next


class DjDeck:
    """The beats of one player. They are heard of a little late, at random; together they tell when they were."""

    def __init__(self) -> None:
        self._passed: deque[_Passed] = deque(maxlen=_BEATS_KEPT)
        self._tempo_bpm = 0.0
        self._bar_begins: int | None = None  # the count of a beat that begins a bar
        self._waiting: _Passed | None = None  # came so late that it was held up, or the record was moved
        self.name = ""

    @property
    def beats(self) -> int:
        """How many beats in a row agree, up to 8."""
        return len(self._passed)

    def hear(self, beat: DjBeat, time_s: float) -> None:
        """A beat, heard of at that time; times never go back."""
        heard = self._placed(beat, time_s)
        if heard is None:
            return
        self._passed.append(heard)
        self._tempo_bpm, self.name = beat.tempo_bpm, beat.name
        if beat.beat_in_bar:
            self._bar_begins = heard.count - (beat.beat_in_bar - 1)

    def _placed(self, beat: DjBeat, time_s: float) -> _Passed | None:
        """Which beat it is; None: the same again, or one so late that the next must tell what it was."""
        even_s = 60 / beat.tempo_bpm
        uneven = beat.next_beat_s is not None and abs(beat.next_beat_s - even_s) > _STEP_S
        ahead_s = beat.next_beat_s if uneven and beat.next_beat_s else even_s
        if not self._passed:
            return _Passed(0, time_s, ahead_s)
        last, since_s = self._passed[-1], time_s - self._passed[-1].time_s
        if since_s < _ECHO_S:
            return None
        gone = max(1, round(since_s / last.ahead_s))
        off_s = since_s - gone * last.ahead_s
        if abs(off_s) > _JUMPED_S and beat.beat_in_bar and self._bar_begins is not None:
            gone = self._beats_in(
                since_s / last.ahead_s, self._bar_begins + beat.beat_in_bar - 1 - last.count
            )
            off_s = since_s - gone * last.ahead_s
        heard, waiting = _Passed(last.count + gone, time_s, ahead_s), self._waiting
        self._waiting = None
        if gone <= _MOST_LOST and abs(off_s) <= _JUMPED_S:
            if abs(beat.tempo_bpm / self._tempo_bpm - 1) > _SAME_TEMPO:
                self._passed.clear()  # what was heard before was counted at another pace
        elif _JUMPED_S < off_s < _HELD_UP_S and gone <= _MOST_LOST and waiting is None:
            self._waiting = heard
            return None
        else:
            self._passed.clear()
        return heard

    @staticmethod
    def _beats_in(about: float, in_bar: int) -> int:
        """How many beats have gone since the last, at least one: the bar knows it but for whole bars."""
        rest = in_bar % _BEATS_PER_BAR or _BEATS_PER_BAR
        return rest + _BEATS_PER_BAR * max(0, round((about - rest) / _BEATS_PER_BAR))

    def plays(self, now_s: float) -> bool:
        """Whether its next beat is still to come, or not yet much too late."""
        return (
            bool(self._passed) and now_s - self._passed[-1].time_s < self._passed[-1].ahead_s + GONE_AFTER_S
        )

    def jitter_s(self) -> float:
        """How far its beats are heard of off their time."""
        late_s = self._late_s()
        return float(np.median(np.abs(late_s - np.median(late_s)))) if len(late_s) else np.inf

    def clock(self, now_s: float) -> BeatClock | None:
        """The beat, as the player itself foretells the next one; None when it does not play."""
        if not self.plays(now_s):
            return None
        last = self._passed[-1]
        late_s = self._late_s()
        beat_s = last.time_s + float(np.quantile(late_s, _USUAL) - late_s[-1])
        missing_s = now_s - last.time_s - last.ahead_s
        fading = min(max(missing_s - _LATE_S, 0) / (GONE_AFTER_S - _LATE_S), 1)
        trust = 1.0 if len(self._passed) > 1 else _FIRST_TRUST
        return BeatClock(
            knots_s=np.array([beat_s, beat_s + last.ahead_s]),
            knots_beat=np.array([last.count, last.count + 1.0]),
            tempo_bpm=60 / last.ahead_s,
            confidence=trust - (trust - CONFIDENT) * fading,
            downbeat=(self._bar_begins or 0) % _BEATS_PER_BAR,
            beats_per_bar=_BEATS_PER_BAR,
        )

    def _late_s(self) -> np.ndarray:
        """How late each beat was heard of, counted from where the ones before said that it would be."""
        late_s, grid_s = [], 0.0
        for before, passed in zip([None, *self._passed], self._passed, strict=False):
            if before is not None:
                grid_s += before.ahead_s * (passed.count - before.count)
            late_s.append(passed.time_s - grid_s)
        return np.array(late_s)
