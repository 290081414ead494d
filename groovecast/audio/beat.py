"""Where in the beat and the bar the music is, now and in the near future, and how sure that is.

Three parts, one after the other: `BarPointer` weighs every tempo and place in the beat against what the trained ear
answers for each hop; `BeatTracker` follows its best answer with a filter of constant tempo, so that beats are known
to the millisecond and ahead of time; `BeatClock` is what is shown of it, a map between time and beats that only ever
runs forward. All of it hears the past only.
"""

from dataclasses import replace

import numpy as np

from groovecast.audio.bar_finder import BarFinder
from groovecast.audio.bar_pointer import LEAST_TEMPO_BPM, MOST_TEMPO_BPM, BarPointer, Belief
from groovecast.audio.beat_clock import CONFIDENT, START_TEMPO_BPM, BeatClock, ShownBeats
from groovecast.audio.ear import ANSWER_LAG_S, Answer
from groovecast.audio.features import HOP_S

BEATS_PER_BAR = 4  # of most music, and of the dancer's phrases

_LEAST_OCTAVE, _MOST_OCTAVE = 0.25, 4.0
_PERIODS_S = 60 / MOST_TEMPO_BPM, 60 / LEAST_TEMPO_BPM
# An answer is about the middle of a hop, so long before the hop's end.
_HEARD_LATE_S = ANSWER_LAG_S + HOP_S / 2


class BeatTracker:
    """The whole way from the ear's answers to a beat clock, in stream time: seconds of sound since the first sample."""

    _LOOK_AT_PHASE = 0.25  # once a beat is this far over, its answer has been weighed
    _LOOK_EVERY_HOPS = 4
    _LEAST_MEMORY_BEATS, _MEMORY_BEATS = 4.0, 12.0  # over which tempo and phase are averaged
    # a lasting error, or one so large, that shows that the tempo moves, so that the memory must shorten
    _DRIFT_BEATS, _MOVED_BEATS = 0.02, 0.05
    _AGREE_BEATS, _AGREE_TEMPO = 0.12, 0.06  # a phase or tempo further off than this is another beat
    # how long the bar pointer must disagree before it is followed: in phase or octave, and in tempo
    _PATIENCE_BEATS, _TEMPO_PATIENCE_S, _AGREE_OCTAVES = 2.0, 0.08, 0.08
    # a beat that has been agreed with for this long is not left for its off-beat or another level of the metre, until
    # it has been contradicted for as many beats more: syncopation passes, and dancers hate to be turned round
    _SETTLED_BEATS, _MOST_PATIENCE_BEATS = 12, 16
    _LEVELS_OCTAVES = (float(np.log2(1.5)), 1.0, float(np.log2(3)), 2.0)
    _OFF_BEAT = 0.35
    # a new beat further off than this is taken up at once, and for so long it is not trusted
    _FAR_BEATS, _FAR_TEMPO, _DISTRUST_S = 0.2, 0.3, 0.1
    _LEAST_BELIEF = 0.35  # a belief less concentrated than this is no beat
    _LEAST_CHANCE = 0.1  # a beat with less in it says nothing: a rest
    _REST_S, _FADE_S = 0.4, 0.1  # silence longer than a rest between slow beats takes the confidence away
    _NEAR_S, _NEAR_BEATS = 0.06, 0.12  # answers as near as this to a beat are its own
    _PULSE_S = 0.3  # the ear's doubts whether there is a pulse are averaged over this
    # how sure the ear must be of a pulse: with less there is no beat; with this no doubt. Measured: with 0.5 and
    # 0.9 recorded speech is locked to for 7 % of its time, with these for none, and music as soon
    _LEAST_PULSE, _SURE_PULSE = 0.6, 0.95
    _RECENT_HOPS = 160  # more than the longest beat
    # the first state of a beat meets the first of the three hops that the ear marks
    _LAG_S = _HEARD_LATE_S - HOP_S

    def __init__(self, before: "BeatTracker | None" = None) -> None:
        """Begin with nothing heard; what a performer asked of the one `before` stays asked."""
        self._pointer, self._bars = BarPointer(), BarFinder()
        self._shown = ShownBeats()
        self._hops = self._answered = 0
        self._period_s = 60 / START_TEMPO_BPM
        self._beat_s, self._beat = 0.0, 0  # beat number _beat is at _beat_s
        self._averaged = 0.0  # beats that period and phase rest on; 0: no tempo yet
        self._drift = 0.0
        self._doubt_s = 0.0
        self._settled = 0  # beats in agreement since this beat was taken up
        self._distrusted_s = -self._DISTRUST_S  # when a far one was
        self._agreement, self._belief_share, self._presence, self._pulse = 0.0, 0.0, 0.0, 0.0
        self._beat_chance, self._downbeat_chance = np.zeros(self._RECENT_HOPS), np.zeros(self._RECENT_HOPS)
        self._silent_s = 0.0
        self._downbeat = self._first_bar = (
            0  # the last beat that began a bar, and one that bars are counted from
        )
        # what is shown of beat n: number n * octave + offset
        self._octave, self._offset = 1.0, 0.0
        if before is not None:
            self._octave = before._octave
            self._pointer.guide(before._pointer.guided_bpm)

    @property
    def tempo_bpm(self) -> float:
        """How fast the shown beat is."""
        return self._shown.clock.tempo_bpm

    @property
    def heard_s(self) -> float:
        """How much sound has been heard."""
        return self._hops * HOP_S

    @property
    def clock(self) -> BeatClock:
        """The beat as shown now."""
        heard = self._bars.bar.beats  # to the bar
        shown = heard if self._octave >= 1 else heard * self._octave
        bars = 1
        while bars * shown < 2 or bars * shown % 1:  # a waltz at half count: three beats to two bars
            bars *= 2
        if (self._downbeat - self._first_bar) % heard:  # bars were found to begin elsewhere
            self._first_bar = self._downbeat
        beats_per_bar = int(bars * shown)
        return replace(
            self._shown.clock,
            confidence=self.confidence,
            downbeat=round(self._first_bar * self._octave + self._offset) % beats_per_bar,
            beats_per_bar=beats_per_bar,
        )

    @property
    def confidence(self) -> float:
        """How sure the beat is, 0 to 1: there is a pulse, belief is concentrated, and beats come where predicted."""
        pulse = (self._pulse - self._LEAST_PULSE) / (self._SURE_PULSE - self._LEAST_PULSE)
        pulse = min(1.0, max(0.0, pulse))
        since = min(1.0, (self.heard_s - self._distrusted_s) / self._DISTRUST_S)
        return float(self._presence * pulse * self._belief_share * self._agreement * since)

    def prefer_octave(self, factor: float) -> None:
        """Count twice as fast (2), or half (0.5); at most four times either way."""
        if _LEAST_OCTAVE <= self._octave * factor <= _MOST_OCTAVE:
            self._count(self._octave * factor, self._downbeat)

    def prefer(self, tempo_bpm: float | None, beat_s: float | None) -> None:
        """The beat is meant to have this tempo, and one falls there, in stream time; None: as it is heard.

        Double, half and quarter of the tempo heard are only counted otherwise; another tempo is believed in until
        the next is told. Tempi that no beat has are ignored.
        """
        self._pointer.guide(None)
        if tempo_bpm is None:
            self._count(1.0, self._downbeat)
            return
        octave = 2.0 ** round(float(np.log2(tempo_bpm * self._period_s / 60)))
        near = abs(tempo_bpm * self._period_s / 60 / octave - 1) < self._AGREE_TEMPO
        if near and _LEAST_OCTAVE <= octave <= _MOST_OCTAVE:
            late = 0.0 if beat_s is None else (beat_s - self._beat_s) / self._period_s
            self._count(octave, self._beat + round(late))
            off = late * octave - round(late * octave)
            if abs(off) > self._AGREE_BEATS:  # the beat is meant to fall elsewhere
                self._beat_s += off / octave * self._period_s
                place = (self.heard_s - self._LAG_S - self._beat_s) / self._period_s
                self._pointer.believe(self._period_s, place % 1.0)
                self._shown_follows(may_jump=self.confidence < CONFIDENT)
        elif LEAST_TEMPO_BPM <= tempo_bpm <= MOST_TEMPO_BPM:
            self._octave, self._offset, self._period_s = 1.0, float(round(self._offset)), 60 / tempo_bpm
            anchor_s = self._beat_s if beat_s is None else beat_s
            self._pointer.guide(tempo_bpm)
            self._pointer.believe(
                self._period_s, (self.heard_s - self._LAG_S - anchor_s) / self._period_s % 1.0
            )
            self._begin_again(self._pointer.best(), unsure=self.confidence < CONFIDENT)

    def _count(self, octave: float, beat: int) -> None:
        """Show so many beats for each that is heard, one of them on this one."""
        self._octave, self._first_bar = octave, self._downbeat
        self._offset = round(self._offset) - beat * octave % 1.0
        self._shown_follows(may_jump=self.confidence < CONFIDENT)

    def hear(self, answer: Answer, silent: bool) -> None:
        """The ear's answer for the next hops, and whether there is any sound."""
        self._answered += 1
        share = max(
            len(answer.beat) * HOP_S / self._PULSE_S, 1 / (self._answered + 1)
        )  # few answers count as they are
        self._pulse += (answer.pulse - self._pulse) * share
        self._pointer.favour(answer.tempo)
        for beat, downbeat in zip(answer.beat, answer.downbeat, strict=True):
            self._hear_hop(float(beat), float(downbeat), silent)

    def _hear_hop(self, beat: float, downbeat: float, silent: bool) -> None:
        self._pointer.hear(beat)
        place = self._hops % self._RECENT_HOPS
        self._beat_chance[place], self._downbeat_chance[place] = beat, downbeat
        self._silent_s = self._silent_s + HOP_S if silent else 0.0
        present = self._silent_s < self._REST_S
        self._presence += (present - self._presence) * (HOP_S / self._FADE_S)
        self._hops += 1
        if self.heard_s >= self._beat_s + self._LOOK_AT_PHASE * self._period_s + _HEARD_LATE_S:
            self._pass_beat()
        if self._hops % self._LOOK_EVERY_HOPS == 0:
            self._look_around()

    def _look_around(self) -> None:
        """Is there another beat than the one followed? An unsure one is left at once, a sure one after a while."""
        belief = self._pointer.best()
        share = belief.mass * belief.sharpness
        heard = min(self._pulse, self._presence) >= self._LEAST_PULSE
        if not heard:
            self._settled = 0
        if not heard or share < self._LEAST_BELIEF:
            self._doubt_s = 0.0
            return
        unsure = self.confidence < CONFIDENT
        if unsure:
            self._belief_share = max(self._belief_share, share)
        if self._agrees(belief):
            self._doubt_s = 0.0
            return
        self._doubt_s += self._LOOK_EVERY_HOPS * HOP_S
        patience_s, settled = self._patience(belief)
        if (unsure and not settled) or self._doubt_s > patience_s:
            self._begin_again(belief, unsure)

    def _patience(self, belief: Belief) -> tuple[float, bool]:
        """How long to be contradicted by this belief, and whether that holds even when the beat followed is unsure."""
        octaves = abs(float(np.log2(belief.period_s / self._period_s)))
        same = octaves < self._AGREE_OCTAVES
        level = min(abs(octaves - level) for level in self._LEVELS_OCTAVES) < self._AGREE_OCTAVES
        if not same and not level:
            return self._TEMPO_PATIENCE_S, False
        metrical = level or abs(self._off(belief)[0]) > self._OFF_BEAT
        more = min(self._MOST_PATIENCE_BEATS, max(0, self._settled - self._SETTLED_BEATS)) if metrical else 0
        return (self._PATIENCE_BEATS + more) * self._period_s, more > 0

    def _place_of(self, belief: Belief) -> float:
        """When the beat was that the bar pointer believes in."""
        return self.heard_s - self._LAG_S - belief.phase * belief.period_s

    def _off(self, belief: Belief) -> tuple[float, float]:
        error = (self._place_of(belief) - self._beat_s) / self._period_s
        return (error + 0.5) % 1.0 - 0.5, belief.period_s / self._period_s - 1

    def _agrees(self, belief: Belief) -> bool:
        late, slower = self._off(belief)
        return self._averaged > 0 and abs(late) < self._AGREE_BEATS and abs(slower) < self._AGREE_TEMPO

    def _pass_beat(self) -> None:
        """Weigh the beat just passed, mend tempo and phase by it, and go on to the next."""
        belief = self._pointer.best()
        self._judge(belief)
        if self._agrees(belief):
            self._settled += 1
            self._mend(self._late_s(belief))
        self._beat += 1
        self._beat_s += self._period_s

    def _late_s(self, belief: Belief) -> float:
        """How much later the beat was than thought: by the ear's own answers there, or else by belief."""
        reach_s = min(self._NEAR_S, self._NEAR_BEATS * self._period_s)
        times_s, chance = self._answers(self._beat_s - reach_s, self._beat_s + reach_s)
        total = float(chance.sum())
        if total < self._LEAST_CHANCE:
            return self._off(belief)[0] * self._period_s * 0.5
        return float(np.dot(times_s, chance)) / total - self._beat_s

    def _answers(self, from_s: float, to_s: float, downbeats: bool = False) -> tuple[np.ndarray, np.ndarray]:
        """The chances of beats between two times of the last second and a half, and their times."""
        first = max(int(np.ceil((from_s + _HEARD_LATE_S) / HOP_S)) - 1, self._hops - self._RECENT_HOPS, 0)
        last = min(int(np.floor((to_s + _HEARD_LATE_S) / HOP_S)) - 1, self._hops - 1)
        hops = np.arange(first, last + 1)
        kept = self._downbeat_chance if downbeats else self._beat_chance
        return (hops + 1) * HOP_S - _HEARD_LATE_S, kept[hops % self._RECENT_HOPS]

    def _mend(self, late_s: float) -> None:
        """The beat was this much later than thought: average it in."""
        self._drift += (late_s / self._period_s - self._drift) / 3
        n = min(self._averaged + 1, self._MEMORY_BEATS)
        if abs(self._drift) > self._DRIFT_BEATS:
            n = max(self._LEAST_MEMORY_BEATS, 0.6 * n)
        if abs(late_s) > self._MOVED_BEATS * self._period_s:
            n = min(self._LEAST_MEMORY_BEATS, n)
        self._averaged = n
        # The least-squares line through n beats, one by one (Brookner 1998: the expanding-memory g-h filter).
        self._beat_s += late_s * 2 * (2 * n - 1) / (n * (n + 1))
        self._period_s = float(np.clip(self._period_s + late_s * 6 / (n * (n + 1)), *_PERIODS_S))
        self._shown_follows(may_jump=False)

    def _begin_again(self, belief: Belief, unsure: bool) -> None:
        """Follow another tempo or another place of the beat."""
        late, slower = self._off(belief)
        far = abs(late) > self._FAR_BEATS or abs(slower) > self._FAR_TEMPO
        if far and not unsure:
            self._distrusted_s = self.heard_s
        self._settled = 0
        self._period_s = belief.period_s
        self._beat_s = self._place_of(belief)
        self._averaged, self._doubt_s, self._drift = 3.0, 0.0, 0.0
        self._agreement = max(self._agreement, 0.5)
        self._bars.slip()
        self._shown_follows(may_jump=unsure or far)

    def _shown_follows(self, may_jump: bool) -> None:
        heard = self._beat + (self.heard_s - self._beat_s) / self._period_s
        counted = heard * self._octave + self._offset
        self._offset += self._shown.revise(self.heard_s, counted, self._period_s / self._octave, may_jump)

    def _judge(self, belief: Belief) -> None:
        """Were the ear's answers where the beat was predicted, and not elsewhere? And did a bar begin?"""
        reach_s = min(self._NEAR_S, self._NEAR_BEATS * self._period_s)
        _, near = self._answers(self._beat_s - reach_s, self._beat_s + reach_s)
        _, around = self._answers(self._beat_s - 0.5 * self._period_s, self._beat_s + 0.5 * self._period_s)
        found, usual = float(near.sum()), float(around.sum())
        agreement = (found + self._LEAST_CHANCE) / (usual + 2 * self._LEAST_CHANCE)
        self._agreement += (agreement - self._agreement) / 4
        self._belief_share += (belief.mass * belief.sharpness - self._belief_share) / 2
        _, downbeats = self._answers(self._beat_s - reach_s, self._beat_s + reach_s, downbeats=True)
        bar = self._bars.hear(float(downbeats.sum()), found)
        self._downbeat = self._beat - bar.place
