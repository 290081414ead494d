"""Who beats time: of all who may know the beat the most trusted one, and from one to the next without a jump."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from groovecast.audio.beat_clock import CONFIDENT, BeatClock, ShownBeats
from realtime.clocks.mailbox import Mailbox
from realtime.clocks.source import TAP, TRACKER, TRUST, BeatSource, Guidable

AUTO = "auto"

_TAKE_OVER = 0.4  # of confidence that another than the leader needs
_AGREE_TEMPO, _AGREE_BEATS = 0.06, 0.12  # as near as this the tracker hears what was tapped, and is steadier
_LASTS_S = 2.0  # so long it must hear alike to take over
_SURE_S = (
    4.0  # so long after the last tap it has heard so by itself, and does not only repeat what it was told
)
_SAME_TEMPO, _SAME_BEATS = 1e-4, 1e-3  # what is nearer needs no mending
_JUMP_BEATS = 0.1  # less than this is mended, even where a jump would be allowed
_NEWS_TEMPO = 0.005  # a tempo that moved by this much is told to the tracker again
_LEAST_OCTAVE, _MOST_OCTAVE = 0.25, 4.0
_ANEW_BEATS = 0.5  # whose bars move by more has begun anew
_MOST_NUDGE_S = 1.0  # the slowest beat there is: further is another beat


class Hearing(Protocol):
    """What listens: it always has a clock, however unsure."""

    @property
    def clock(self) -> BeatClock:
        """The beat as known now."""
        ...


@dataclass(frozen=True)
class _Told:
    """What the tracker was told last, by whom."""

    by: str
    tempo_bpm: float
    said_s: float


class Conductor:
    """Asks everybody at `follow`, on the dance thread; what comes out is one clock that only runs forward.

    As long as nobody but the tracker ever led, its clock is passed on as it is.
    """

    def __init__(self, tracker: Hearing, others: Sequence[BeatSource] = ()) -> None:
        names = [source.name for source in others]
        if len(set(names)) < len(names) or not set(names) <= set(TRUST[:-1]):
            raise ValueError(f"asked for beats from {', '.join(names)}: give each of {', '.join(TRUST)} once")
        self._tracker = tracker
        self._others = sorted(others, key=lambda source: TRUST.index(source.name))
        self._shown: ShownBeats | None = None  # None: the tracker's own
        self._octave = 1.0  # how often a beat of those outside is counted
        self._octaves: Mailbox[float] = Mailbox(letters=64)
        self._nudges: Mailbox[float] = Mailbox(letters=64)
        self._ones: Mailbox[None] = Mailbox(letters=64)
        self._nudge_s = 0.0  # how much later than the leader's the beat is shown
        self._one: int | None = None  # the shown beat that a person called one
        self._led: tuple[str, BeatClock] | None = None  # who led before, with what
        self._followed_s = -np.inf
        self._told: _Told | None = None
        self._alike_from_s = np.inf
        self._understood_s = -np.inf  # the last tap that the tracker understood
        self.leader = TRACKER
        self.wanted = AUTO

    @property
    def clock(self) -> BeatClock:
        """Dance thread. The beat as it was when last followed, or as the tracker knows it now."""
        return self._tracker.clock if self._shown is None else self._shown.clock

    @property
    def names(self) -> tuple[str, ...]:
        """Any thread. Whom one can wish for."""
        return (AUTO, TRACKER, *(source.name for source in self._others))

    def wish(self, name: str) -> None:
        """Frame loop. Follow this one whenever it knows the beat; "auto": the most trusted."""
        if name not in self.names:
            raise ValueError(f"asked for the beat of {name!r}: there are {', '.join(self.names)}")
        self.wanted = name

    def count(self, factor: float, time_s: float) -> None:
        """Frame loop. From that time on the machine's clock on count twice as fast (2), or half (0.5)."""
        if factor not in (2, 0.5):
            raise ValueError(f"asked to count {factor} times as fast: give 2 or 0.5")
        self._octaves.post(time_s, float(factor))

    def nudge(self, later_s: float, time_s: float) -> None:
        """Frame loop. From that time on every beat comes so much later than before, whoever leads."""
        if not abs(later_s) <= _MOST_NUDGE_S:
            most = f"{_MOST_NUDGE_S:g}"
            raise ValueError(f"asked to nudge the beat by {later_s} s: give -{most} to {most}")
        self._nudges.post(time_s, later_s)

    def resync(self, time_s: float) -> None:
        """Frame loop. The beat nearest to that time is one; bars are counted from it until the leader begins anew."""
        self._ones.post(time_s, None)

    def follow(self, now_s: float, origin_s: float = 0.0) -> None:
        """Dance thread. Take in what was said until now; the dancer's time 0 is `origin_s` on the machine's clock.

        A time before the last one, as when plans are made further ahead than before, is taken for the last one.
        """
        now_s = self._followed_s = max(now_s, self._followed_s)
        for source in self._others:
            source.listen(now_s, origin_s)
        clock = self._lead(now_s)
        one_s = self._last_one_s(now_s)
        counts = [factor for _, factor in self._octaves.until(now_s + origin_s)]
        for factor in counts:
            self._count(factor)
        nudges = [later_s for _, later_s in self._nudges.until(now_s + origin_s)]
        self._nudge_s = float(np.clip(self._nudge_s + sum(nudges), -_MOST_NUDGE_S, _MOST_NUDGE_S))
        ones_s = [at_s - origin_s for at_s, _ in self._ones.until(now_s + origin_s)]
        self._guide(now_s)
        if self._shown is None:
            if self.leader == TRACKER and not nudges and not ones_s:
                return
            self._shown = ShownBeats.continuing(self._tracker.clock)
        anew = self._begins_anew(now_s, clock)
        # the tracker's own has been counted otherwise and guided meanwhile
        shown = self._tracker.clock if self.leader == TRACKER else _scaled(clock, self._octave)
        before = self._shown.clock
        anew |= self._show(now_s, shown.shifted(self._nudge_s)) and not counts
        if ones_s:
            self._one = self._beat_near(ones_s[-1], now_s)
        elif anew or one_s is None:
            self._one = None
        elif counts:  # counted otherwise, one stays where it was
            self._one = self._beat_near(one_s, now_s)
        self._begin_bars(before)

    def _lead(self, now_s: float) -> BeatClock:
        """Choose who leads; the clock of that one."""
        for source in self._others:
            if self.wanted not in (AUTO, source.name):
                continue
            clock = source.clock(now_s)
            least = CONFIDENT if source.name == self.leader else _TAKE_OVER
            if clock is None or clock.confidence < least:
                continue
            if source.name == TAP and self.wanted == AUTO and self._understood(source, clock, now_s):
                continue
            self.leader = source.name
            return clock
        self.leader = TRACKER
        return self._tracker.clock

    def _understood(self, taps: BeatSource, clock: BeatClock, now_s: float) -> bool:
        """The tracker hears what was tapped, or did so since: then it goes on with the music, which taps do not."""
        heard = self._tracker.clock
        away = _fraction(float(heard.beat_at(now_s)) - float(clock.beat_at(now_s)))
        alike = abs(heard.tempo_bpm / clock.tempo_bpm - 1) <= _AGREE_TEMPO and abs(away) <= _AGREE_BEATS
        alike = alike and heard.confidence >= CONFIDENT
        if alike and now_s >= taps.heard_until_s + _SURE_S:
            self._understood_s = taps.heard_until_s
        self._alike_from_s = min(self._alike_from_s, now_s) if alike else np.inf
        lasts = now_s - self._alike_from_s >= _LASTS_S or (alike and self.leader == TRACKER)
        return lasts or taps.heard_until_s <= self._understood_s

    def _count(self, factor: float) -> None:
        if self.leader == TRACKER:
            if isinstance(self._tracker, Guidable):
                self._tracker.prefer_octave(factor)
        else:
            self._octave = min(max(self._octave * factor, _LEAST_OCTAVE), _MOST_OCTAVE)

    def _guide(self, now_s: float) -> None:
        """Tell the tracker what is meant, once for each news."""
        if not isinstance(self._tracker, Guidable):
            return
        for source in self._others:
            if self.wanted not in (AUTO, source.name):
                continue
            clock = source.clock(now_s)
            tempo_bpm = clock.tempo_bpm if clock is not None else source.tempo_bpm(now_s)
            if tempo_bpm is None:
                continue
            news = _Told(source.name, tempo_bpm, source.heard_until_s if source.name == TAP else 0.0)
            if self._told is None or _differ(self._told, news):
                beat_s = None if clock is None else float(clock.time_at(np.floor(clock.beat_at(now_s))))
                self._tracker.prefer(tempo_bpm, beat_s)
                self._told = news
            return
        # what a person tapped stays meant; a sequencer that is gone means nothing any more
        if self._told is not None and self._told.by != TAP:
            self._tracker.prefer(None, None)
            self._told = None

    def _begins_anew(self, now_s: float, clock: BeatClock) -> bool:
        """Whether another one leads than before, or the same one counts its bars from elsewhere; not the tracker."""
        before, self._led = self._led, (self.leader, clock)
        if before is None:
            return False
        if before[0] != self.leader:
            return True
        if self.leader == TRACKER:  # what it thinks of bars counts less than what a person said
            return False
        moved = _in_bar(clock, now_s) - _in_bar(before[1], now_s)
        bar = clock.beats_per_bar
        return abs((moved + bar / 2) % bar - bar / 2) > _ANEW_BEATS

    def _last_one_s(self, now_s: float) -> float | None:
        """When a bar began last, by what a person said; None: nobody did."""
        if self._one is None:
            return None
        bar = self.clock.beats_per_bar
        gone = (float(self.clock.beat_at(now_s)) - self._one) // bar
        return float(self.clock.time_at(self._one + gone * bar))

    def _beat_near(self, time_s: float, now_s: float) -> int:
        """The shown beat that is nearest to a time, as it will be when all is mended."""
        assert self._shown is not None
        clock = self._shown.clock
        return round(_settled(clock, now_s) + (time_s - now_s) * clock.tempo_bpm / 60)

    def _begin_bars(self, before: BeatClock) -> None:
        """Bars begin on the beat that a person called one; the count from the first downbeat on never goes back."""
        assert self._shown is not None
        clock = self._shown.clock
        one = clock.downbeat if self._one is None else self._one
        back = (before.downbeat - one) % clock.beats_per_bar
        self._shown.clock = replace(clock, downbeat=before.downbeat - back)

    def _show(self, now_s: float, clock: BeatClock) -> bool:
        """Run towards this clock; whether it is another beat than before, in another place or of another tempo."""
        assert self._shown is not None
        shown, period_s, another = self._shown, 60 / clock.tempo_bpm, False
        beat_now = _settled(clock, now_s)
        error = _fraction(beat_now - _settled(shown.clock, now_s))
        if abs(error) > _SAME_BEATS or abs(shown.clock.tempo_bpm / clock.tempo_bpm - 1) > _SAME_TEMPO:
            doubtful = shown.clock.confidence < CONFIDENT
            may_jump = doubtful and abs(error) > _JUMP_BEATS
            another = may_jump or abs(shown.clock.tempo_bpm / clock.tempo_bpm - 1) > _AGREE_TEMPO
            shown.revise(now_s, beat_now, period_s, may_jump)
        offset = round(_settled(shown.clock, now_s) - beat_now)
        shown.clock = replace(
            shown.clock,
            confidence=clock.confidence,
            downbeat=(clock.downbeat + offset) % clock.beats_per_bar,
            beats_per_bar=clock.beats_per_bar,
        )
        return another


def _in_bar(clock: BeatClock, now_s: float) -> float:
    return float(clock.beat_at(now_s)) - clock.downbeat


def _settled(clock: BeatClock, now_s: float) -> float:
    """The beat now as it would be, were all mending done."""
    return float(clock.knots_beat[-1] + (now_s - clock.knots_s[-1]) * clock.tempo_bpm / 60)


def _fraction(beats: float) -> float:
    """Without whole beats, -0.5 to 0.5."""
    return (beats + 0.5) % 1.0 - 0.5


def _scaled(clock: BeatClock, factor: float) -> BeatClock:
    """Counted so much faster; a bar begins where one began."""
    if factor == 1:
        return clock
    beats = (clock.knots_beat - clock.downbeat) * factor
    return replace(clock, knots_beat=beats, tempo_bpm=clock.tempo_bpm * factor, downbeat=0)


def _differ(before: _Told, now: _Told) -> bool:
    moved = abs(now.tempo_bpm / before.tempo_bpm - 1) > _NEWS_TEMPO
    return moved or now.by != before.by or now.said_s != before.said_s
