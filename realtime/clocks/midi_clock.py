"""The beat from a sequencer's ticks, 24 a beat, each of which comes a little late, in bunches, or not at all."""

from collections import deque

import numpy as np

from groovecast.audio.beat_clock import CONFIDENT, BeatClock
from groovecast.wire.midi import TICKS_PER_BEAT, TICKS_PER_SIXTEENTH, MidiEvent, MidiTime, SongPosition
from realtime.clocks.line import Line, jitter_s, line_through

GONE_AFTER_S = 2.0  # without a tick
_LATE_S = 0.15  # a bunch of ticks may come so late: no doubt before

_WINDOWS = (48, 24, 12)  # ticks a line is drawn through, the longest that still fits its newest
_NEWEST = 6
_FIT_SIGMAS, _FIT_S = 2.5, 4e-3  # the newest ticks may be off by so many deviations, and by so much
# Who delivers in steps of some milliseconds seems exact for a while and then is a whole step off: that is neither a
# stray nor another tempo.
_STEP_SHARE, _MOST_STEP_S = 0.6, 0.012
_LEAST_TICKS = 6
_LOST_AFTER_PERIODS = 3.5  # a longer gap may have swallowed ticks, or only delayed them
_LOST_TEMPO, _LOST_TICKS_OFF = 0.03, 0.25
_BEATS_PER_BAR = 4


class MidiClock:
    """What the ticks say; the time of each event is given. Beat 0 is the song's beginning and begins a bar."""

    def __init__(self) -> None:
        self._ticks: deque[tuple[int, float]] = deque(maxlen=_WINDOWS[0])
        self._count = 0  # ticks so far, those known to be lost included
        self._zero: int | None = None  # the tick that began the song; None: not known
        self._next: int | None = None  # the song's tick that the next one is
        self._stopped_at = 0  # the song's tick that a continue begins with
        self._running = False
        self._period_s: float | None = None  # between ticks, as known before the present ones
        self._gap: tuple[int, Line] | None = None  # the count before a gap, and the line until then
        self._drawn: Line | None = None
        self.heard_until_s = -np.inf

    def hear(self, event: MidiEvent, time_s: float) -> None:
        """Something came at that time; times never go back."""
        match event:
            case MidiTime.TICK:
                self._hear_tick(time_s)
            case MidiTime.START:
                self._go(0)
            case MidiTime.CONTINUE:
                self._go(self._stopped_at)
            case MidiTime.STOP:
                if self._running and self._zero is not None:
                    self._stopped_at = self._count - self._zero + 1
                self._running, self._next = False, None
            case SongPosition(sixteenths=sixteenths):
                self._stopped_at = sixteenths * TICKS_PER_SIXTEENTH
                if self._running:  # a jump to another place, the ticks go on
                    self._next = self._stopped_at

    def tempo_bpm(self, now_s: float) -> float | None:
        """The tempo, known without a start too."""
        line = self._line() if now_s - self.heard_until_s < GONE_AFTER_S else None
        return None if line is None else 60 / (line.period_s * TICKS_PER_BEAT)

    def clock(self, now_s: float) -> BeatClock | None:
        """The beat; None before a start, after a stop, and when ticks have been missing for too long."""
        line, unheard_s = self._line(), now_s - self.heard_until_s
        if line is None or self._zero is None or not self._running or unheard_s >= GONE_AFTER_S:
            return None
        known = 1.0 if self._period_s is not None else len(self._ticks) / TICKS_PER_BEAT
        fading = min(max(unheard_s - _LATE_S, 0) / (GONE_AFTER_S - _LATE_S), 1)
        return BeatClock(
            knots_s=np.array([line.time_at(self._count)]),
            knots_beat=np.array([(self._count - self._zero) / TICKS_PER_BEAT]),
            tempo_bpm=60 / (line.period_s * TICKS_PER_BEAT),
            confidence=min(1.0, known) * (1 - (1 - CONFIDENT) * fading),
            downbeat=0,
            beats_per_bar=_BEATS_PER_BAR,
        )

    def _go(self, song_tick: int) -> None:
        """The next tick is this one of the song, on a grid of its own."""
        self._keep_period()
        self._next, self._running, self._gap = song_tick, True, None

    def _keep_period(self) -> None:
        line = self._line()
        if line is not None and len(self._ticks) >= _WINDOWS[-1]:
            self._period_s = line.period_s

    def _hear_tick(self, time_s: float) -> None:
        line, unheard_s = self._line(), time_s - self.heard_until_s
        if unheard_s >= GONE_AFTER_S:  # who knows what happened meanwhile
            self._ticks.clear()
            self._period_s, self._gap = None, None
            if self._next is None:
                self._zero = None
        elif line is None or len(self._ticks) < _WINDOWS[-1]:
            pass  # too new to tell a gap
        elif unheard_s > _LOST_AFTER_PERIODS * line.period_s:
            self._gap = self._count, line
        self._count += 1
        if self._next is not None:
            # after a start ticks fall on another grid; after a jump in the song they go on as before
            jumped = self._zero is not None and self._gap is None and self._on_grid(time_s)
            if not jumped:
                self._ticks.clear()
            self._zero, self._next = self._count - self._next, None
        self._ticks.append((self._count, time_s))
        self._drawn, self.heard_until_s = None, time_s
        if self._gap is not None and self._count >= self._gap[0] + _WINDOWS[-1]:
            self._make_up_for(*self._gap)
            self._gap = None

    def _on_grid(self, time_s: float) -> bool:
        line = self._line()
        return line is not None and abs(line.count_at(time_s) - self._count) < _LOST_TICKS_OFF

    def _make_up_for(self, before: int, line: Line) -> None:
        """Ticks since a gap that lie whole ticks behind the line from before it: so many were lost."""
        since = [(count, time_s) for count, time_s in self._ticks if count > before]
        counts, times_s = np.array(since, np.float64).T
        behind = float(np.median((times_s - line.count_s) / line.period_s + line.count - counts))
        lost = round(behind)
        tempo_off = abs(line_through(counts, times_s).period_s / line.period_s - 1)
        if lost < 1 or abs(behind - lost) > _LOST_TICKS_OFF or tempo_off > _LOST_TEMPO:
            return
        self._count += lost
        moved = [(count + lost * (count > before), time_s) for count, time_s in self._ticks]
        self._ticks = deque(moved, maxlen=_WINDOWS[0])
        self._drawn = None

    def _line(self) -> Line | None:
        """The line through the newest ticks, of their number as a whole if they keep the tempo; None: too few."""
        if self._drawn is None and self._ticks:
            self._drawn = self._draw()
        return self._drawn

    def _draw(self) -> Line | None:
        counts, times_s = np.array(self._ticks, np.float64).T
        if len(counts) < _WINDOWS[-1] and self._period_s is not None:
            late_s = float(np.median(times_s - counts * self._period_s))
            last = float(counts[-1])
            return Line(last, late_s + last * self._period_s, self._period_s, 0.0)
        if len(counts) < _LEAST_TICKS:
            return None
        step_s = min(_STEP_SHARE * float(np.abs(np.diff(times_s, 2)).max()), _MOST_STEP_S)
        most_off_s = max(_FIT_SIGMAS * jitter_s(times_s) + _FIT_S, step_s)
        for window in _WINDOWS:
            line = line_through(counts[-window:], times_s[-window:], max(_FIT_S, step_s))
            newest = slice(-_NEWEST, None)
            away_s = times_s[newest] - line.count_s - (counts[newest] - line.count) * line.period_s
            if abs(float(np.median(away_s))) <= most_off_s:
                break
        return line if line.period_s > 0 else None
