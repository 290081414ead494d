"""When the next beat, bar or four bars begin: where cues and keyframes wait for."""

import math
from dataclasses import dataclass

from groovecast.audio.beat_clock import CONFIDENT, BeatClock
from realtime.desk.controls import BAR, BEAT, FOUR_BARS, NOW

_BARS = {BAR: 1, FOUR_BARS: 4}
# A line this near, in beats, is the one that is meant: floats of a clock are not whole numbers.
_ROUNDING_BEATS = 1e-6
# Who presses on the beat is this much late now and then, and means the beat that is just gone, not the next bar.
LATE_S = 0.08
_LATE_SHARE = 0.25  # of the way to the next line, at the most
# So near to its line nothing is counted anew: the dance is planned already.
_FIRM_S = 0.25


def beats_of(when: str, beats_per_bar: int) -> int:
    """How many beats lie between two such lines; 0: there is nothing to wait for."""
    return 0 if when == NOW else 1 if when == BEAT else _BARS[when] * beats_per_bar


def next_line_s(clock: BeatClock, after_s: float, when: str) -> float | None:
    """When the first such line at or after a time comes, on the clock's own time; None: nobody knows the beat.

    "now" is that time itself. Four bars are counted from where bars are counted from.
    """
    if when == NOW:
        return after_s
    if clock.confidence < CONFIDENT:
        return None
    beats = beats_of(when, clock.beats_per_bar)
    gone = (float(clock.beat_at(after_s)) - clock.downbeat) / beats
    return max(float(clock.time_at(math.ceil(gone - _ROUNDING_BEATS) * beats + clock.downbeat)), after_s)


@dataclass(frozen=True)
class Line:
    """A beat that something waits for, by its number on the clock, wherever in time that comes to be."""

    when: str
    beat: float

    def time_s(self, clock: BeatClock) -> float:
        """When it is, as far as the clock knows now."""
        return float(clock.time_at(self.beat))

    def followed(self, clock: BeatClock, now_s: float, origin: int | None = None) -> "Line":
        """The same line, or where that is no line any more, because bars begin elsewhere, the next."""
        beats, begin = beats_of(self.when, clock.beats_per_bar), _begin(clock, self.when, origin)
        left_s = self.time_s(clock) - now_s
        if -_FIRM_S < left_s < _FIRM_S or clock.confidence < CONFIDENT:
            return self
        lines, now = (self.beat - begin) / beats, (float(clock.beat_at(now_s)) - begin) / beats
        if 0 <= lines - now <= 1 and abs(lines - round(lines)) < _ROUNDING_BEATS:
            return self
        return Line(self.when, math.ceil(now - _ROUNDING_BEATS) * beats + begin)


def line_meant(clock: BeatClock, now_s: float, when: str, origin: int | None = None) -> Line | None:
    """The line that somebody means who presses now: the next, or the one that is just gone.

    None: at once, because that was asked for or nobody knows the beat. `origin` is a beat from which four bars are
    counted, when somebody said so.
    """
    if when == NOW or clock.confidence < CONFIDENT:
        return None
    beats, begin = beats_of(when, clock.beats_per_bar), _begin(clock, when, origin)
    late = min(LATE_S * clock.tempo_bpm / 60, _LATE_SHARE * beats)
    gone = (float(clock.beat_at(now_s)) - late - begin) / beats
    return Line(when, math.ceil(gone - _ROUNDING_BEATS) * beats + begin)


def _begin(clock: BeatClock, when: str, origin: int | None) -> int:
    """A beat that lines are counted from."""
    if when != FOUR_BARS or origin is None:
        return clock.downbeat
    bar = clock.beats_per_bar
    return clock.downbeat + bar * round((origin - clock.downbeat) / bar)
