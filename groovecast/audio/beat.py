"""Where in the beat and the bar the music is, now and in the near future, and how sure that is.

Three parts, one after the other: `BarPointer` weighs every tempo and place in the beat against each hop's
onsets (the exact forward filter of Krebs, Böck and Widmer 2015); `BeatTracker` follows its best answer with a
filter of constant tempo, so that beats are known to the millisecond and ahead of time; `BeatClock` is what is
shown of it, a map between time and beats that only ever runs forward. All of it hears the past only.
"""

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float, Float32

from groovecast.audio.beat_clock import CONFIDENT, START_TEMPO_BPM, BeatClock, ShownBeats
from groovecast.audio.features import HOP_S

BEATS_PER_BAR = 4
LEAST_TEMPO_BPM, MOST_TEMPO_BPM = 55, 215

_PERIODS_S = 60 / MOST_TEMPO_BPM, 60 / LEAST_TEMPO_BPM
# How much later than the audible onset it is found, about: measured on exact kicks and hats at nine tempi. The
# bar pointer settles so that it falls in the middle of the beat's share of states, half of it after the first.
_DETECTION_LAG_S = 0.0265

_BEAT_SHARE = 1 / 16  # of the beat interval in which an onset is the beat's (Böck, Krebs and Widmer 2014)
# An onset lasts for several hops, so each counts for less than a whole witness. Found by benchmarks/ears.py.
_SHARPNESS = 0.6
_HALF_BEAT = (
    0.8  # how welcome an onset is half way between beats, where hats and off-beats fall; likewise found
)
_TEMPO_STIFFNESS = 100.0  # how strongly tempo stays from beat to beat (the same, lambda)
_PRIOR_BPM, _PRIOR_OCTAVES = 126.0, 0.5  # favourite tempo and how far from it is still welcome
_PRIOR_PER_BEAT = 1.0  # how much of the favour is given again at each beat
_FORGET_PER_HOP = 2e-6  # share of belief spread anew over all states, so that a tempo jump can be found
# How well onsets agree with predicted beats, from -1 to 1: measured, nine tenths of speech, noise and random
# claps stay below 0.21 and nine tenths of club music above 0.3.
_CHANCE_AGREEMENT, _SURE_AGREEMENT = 0.12, 0.5


@dataclass(frozen=True)
class Belief:
    """The bar pointer's best answer at one hop."""

    period_s: float
    phase: float  # 0 to 1
    mass: float  # share of all belief that lies near this tempo
    sharpness: float  # 0: any phase, 1: one phase


class BarPointer:
    """Belief over every beat interval from 28 to 109 hops and every place in it, one hop after the other."""

    def __init__(self) -> None:
        least, most = int(60 / MOST_TEMPO_BPM / HOP_S) + 1, int(60 / LEAST_TEMPO_BPM / HOP_S)
        self._intervals = np.arange(least, most + 1)
        ends = np.cumsum(self._intervals)
        self._firsts, self._lasts = ends - self._intervals, ends - 1
        phase = np.concatenate([np.arange(interval) / interval for interval in self._intervals])
        self._phasor = np.exp(2j * np.pi * phase)
        self._on_beat = np.flatnonzero(phase < _BEAT_SHARE)
        self._on_half = np.flatnonzero((phase >= 0.5) & (phase < 0.5 + _BEAT_SHARE))
        octaves = np.log2(60 / (self._intervals * HOP_S) / _PRIOR_BPM) / _PRIOR_OCTAVES
        prior = np.exp(-0.5 * octaves**2)
        ratio = self._intervals[None, :] / self._intervals[:, None]
        change = np.exp(-_TEMPO_STIFFNESS * np.abs(ratio - 1))
        change /= change.sum(axis=1, keepdims=True)
        self._change = change * prior**_PRIOR_PER_BEAT
        self._start = np.repeat(prior / self._intervals, self._intervals)
        self._start /= self._start.sum()
        self._forget = self._start * _FORGET_PER_HOP
        self._belief, self._spare = self._start.copy(), np.empty_like(self._start)

    def hear(self, onset: float) -> None:
        """One hop passes, in which an onset was heard with this probability."""
        onset = min(max(onset, 0.02), 0.98)
        # Off the beat an onset is as likely as none on it, spread over the rest of the beat.
        odds = (onset / (1 - onset) * (1 / _BEAT_SHARE - 1)) ** _SHARPNESS
        belief, before = self._spare, self._belief
        belief[1:] = before[:-1]
        belief[self._firsts] = before[self._lasts] @ self._change
        belief[self._on_beat] *= odds
        belief[self._on_half] *= max(1.0, odds) ** _HALF_BEAT
        belief *= 1 / belief.sum()
        belief += self._forget
        self._belief, self._spare = belief, before

    def best(self) -> Belief:
        """The most believed tempo, the mean phase there, and how concentrated belief is."""
        mass = np.add.reduceat(self._belief, self._firsts)
        centre = self._intervals[np.argmax(np.convolve(mass, np.ones(5), "same"))]
        near = np.flatnonzero(np.abs(self._intervals / centre - 1) < 0.06)
        states = slice(self._firsts[near[0]], self._lasts[near[-1]] + 1)
        total = float(mass[near].sum())
        mean = complex(np.dot(self._belief[states], self._phasor[states])) / total
        period_s = float(np.dot(mass[near], self._intervals[near])) / total * HOP_S
        return Belief(period_s, float(np.angle(mean)) / (2 * np.pi) % 1.0, total, abs(mean))


class OnsetMeter:
    """From the newness of each band to how likely this hop is an onset, at any loudness and density."""

    _SHARE = np.array([0.45, 0.3, 0.25])  # of low, middle and high band
    _MEAN_KEPT = 1 - HOP_S / 1.5  # the usual newness is a mean over 1.5 s
    _PEAK_KEPT = 1 - HOP_S / 6.0  # the usual peak fades over 6 s
    _LEAST_PEAK_DB = np.array([4.0, 3.0, 3.0])  # above the usual: what steady noise does not reach

    def __init__(self) -> None:
        self._mean_db = np.zeros(3)
        self._peak_db = self._LEAST_PEAK_DB.copy()

    def hear(self, flux_db: Float32[np.ndarray, " 4"]) -> float:
        """How likely this hop is an onset, 0 to 1."""
        above_db = flux_db[:3] - self._mean_db
        self._mean_db += above_db * (1 - self._MEAN_KEPT)
        self._peak_db = np.maximum(np.maximum(self._peak_db * self._PEAK_KEPT, above_db), self._LEAST_PEAK_DB)
        return float(np.maximum(above_db / self._peak_db, 0) @ self._SHARE)


class BarFinder:
    """Which beat of four begins the bar: the one where chords change.

    Where kicks and snares fall was tried beside it and misled it more often than it helped.
    """

    _KEPT = 0.97  # of the evidence from beat to beat: it fades over eight bars
    _BETTER_BY = 0.15  # how much better another beat must be, as a share of the spread, once one is chosen

    def __init__(self) -> None:
        self._change = np.zeros(BEATS_PER_BAR)
        self._weight = np.full(BEATS_PER_BAR, 1e-3)
        self._notes_before = np.zeros(12)
        self.downbeat = 0

    def hear(self, beat: int, notes: Float[np.ndarray, " 12"]) -> None:
        """The beat of this number is over; these were its notes."""
        length = float(np.linalg.norm(notes) * np.linalg.norm(self._notes_before))
        change = 1 - float(np.dot(notes, self._notes_before)) / length if length > 0 else 0.0
        self._notes_before = notes
        self._change *= self._KEPT
        self._weight *= self._KEPT
        self._change[beat % BEATS_PER_BAR] += change
        self._weight[beat % BEATS_PER_BAR] += 1
        score = self._change / self._weight
        best = int(np.argmax(score))
        if score[best] > score[self.downbeat] + self._BETTER_BY * np.ptp(score):
            self.downbeat = best


class BeatTracker:
    """The whole way from onsets to a beat clock, in stream time: seconds of sound since the first sample."""

    _LOOK_AT_PHASE = 0.25  # once a beat is this far over, its onset has been weighed
    _LEAST_MEMORY_BEATS, _MEMORY_BEATS = 4.0, 12.0  # over which tempo and phase are averaged
    _DRIFT_BEATS = 0.02  # a lasting error that shows that the tempo moves, so that the memory must shorten
    _AGREE_BEATS, _AGREE_TEMPO = 0.12, 0.06  # a phase or tempo further off than this is another beat
    _PATIENCE_BEATS = 3  # how often the bar pointer must disagree before it is followed
    _LEAST_ONSET = 0.1  # a beat with less in it says nothing: a rest
    _REST_S, _FADE_S = 0.4, 0.1  # silence longer than a rest between slow beats takes the confidence away
    # An onset is heard once it has risen to this share of its peak, so long after it began: measured on exact
    # kicks, hats and mixes. The beat is moved there from the middle of the rise, averaged over some beats.
    _EDGE_SHARE, _EDGE_LAG_S, _MOST_EDGE_S, _EDGE_BEATS = 0.3, 0.0095, 0.025, 8
    _NEAR_HOPS = 4  # an onset as near as this to a beat is its own
    _RECENT_HOPS = 160  # more than the longest beat

    def __init__(self) -> None:
        self._pointer, self._meter, self._bars = BarPointer(), OnsetMeter(), BarFinder()
        self._shown = ShownBeats()
        self._hops = 0
        self._period_s, self._beat_s, self._beat = (
            60 / START_TEMPO_BPM,
            0.0,
            0,
        )  # beat number _beat is at _beat_s
        self._averaged = 0.0  # beats that period and phase rest on; 0: no tempo yet
        self._drift = 0.0
        self._doubts = 0
        self._agreement, self._belief_share, self._presence = 0.0, 0.0, 0.0
        self._onsets = np.zeros(self._RECENT_HOPS)
        self._silent_s = 0.0
        self._edge_s = 0.0  # how much later the onset begins than the bar pointer says
        self._notes_sum = np.zeros(12)
        self.onset = 0.0

    @property
    def heard_s(self) -> float:
        """How much sound has been heard."""
        return self._hops * HOP_S

    @property
    def _lag_s(self) -> float:
        return _DETECTION_LAG_S - _BEAT_SHARE / 2 * self._period_s

    @property
    def clock(self) -> BeatClock:
        """The beat as shown now."""
        return replace(self._shown.clock, confidence=self.confidence, downbeat=self._bars.downbeat)

    @property
    def confidence(self) -> float:
        """How sure the beat is, 0 to 1: belief is concentrated, and onsets come where predicted."""
        agreed = (self._agreement - _CHANCE_AGREEMENT) / (_SURE_AGREEMENT - _CHANCE_AGREEMENT)
        return float(self._presence * min(1.0, max(0.0, agreed)) * self._belief_share)

    def hear(
        self, flux_db: Float32[np.ndarray, " 4"], notes: Float32[np.ndarray, " 12"], silent: bool
    ) -> None:
        """One more hop: its newness, its chroma, and whether there is any sound."""
        self.onset = self._meter.hear(flux_db)
        self._pointer.hear(self.onset)
        self._onsets[self._hops % self._RECENT_HOPS] = self.onset
        self._notes_sum += notes
        self._silent_s = self._silent_s + HOP_S if silent else 0.0
        present = self._silent_s < self._REST_S
        self._presence += (present - self._presence) * (HOP_S / self._FADE_S)
        self._hops += 1
        if self.heard_s >= self._beat_s + self._LOOK_AT_PHASE * self._period_s:
            self._pass_beat()

    def _pass_beat(self) -> None:
        """Weigh the beat just passed, mend tempo and phase by it, and go on to the next."""
        belief = self._pointer.best()
        if self._judge(belief):
            phase = (self.heard_s - self._lag_s - self._beat_s) / self._period_s
            error = (belief.phase - phase + 0.5) % 1.0 - 0.5
            tempo_off = belief.period_s / self._period_s - 1
            unsure = self.confidence < CONFIDENT
            if self._averaged and abs(error) < self._AGREE_BEATS and abs(tempo_off) < self._AGREE_TEMPO:
                self._mend(error)
            elif unsure or self._doubts + 1 >= self._PATIENCE_BEATS:
                self._begin_again(belief, unsure)
            else:
                self._doubts += 1
        self._beat += 1
        self._beat_s += self._period_s

    def _mend(self, error: float) -> None:
        """The beat was this much further on than thought, in beats: average it in."""
        self._doubts = 0
        self._drift += (error - self._drift) / 3
        n = min(self._averaged + 1, self._MEMORY_BEATS)
        if abs(self._drift) > self._DRIFT_BEATS:
            n = max(self._LEAST_MEMORY_BEATS, 0.6 * n)
        self._averaged = n
        # The least-squares line through n beats, one by one (Brookner 1998: the expanding-memory g-h filter).
        late_s = -error * self._period_s
        self._beat_s += late_s * 2 * (2 * n - 1) / (n * (n + 1))
        self._period_s = float(np.clip(self._period_s + late_s * 6 / (n * (n + 1)), *_PERIODS_S))
        self._shown_follows(may_jump=False)

    def _begin_again(self, belief: Belief, unsure: bool) -> None:
        """Follow another tempo or another place of the beat."""
        self._period_s = belief.period_s
        self._beat_s = self.heard_s - self._lag_s - belief.phase * belief.period_s
        self._averaged, self._doubts, self._drift = 3.0, 0, 0.0
        self._agreement = 0.0 if unsure else 0.5 * self._agreement
        self._shown_follows(may_jump=unsure)

    def _shown_follows(self, may_jump: bool) -> None:
        beat_now = self._beat + (self.heard_s - self._beat_s - self._edge_s) / self._period_s
        self._beat += self._shown.revise(self.heard_s, beat_now, self._period_s, may_jump)

    def _judge(self, belief: Belief) -> bool:
        """Did the onset come where predicted, and not elsewhere? False: there was none to judge by."""
        hops = min(round(self._period_s / HOP_S), self._RECENT_HOPS)
        past = (self._hops - hops + np.arange(hops)) % self._RECENT_HOPS
        onsets = self._onsets[past]
        found = hops - round((self.heard_s - self._beat_s - _DETECTION_LAG_S) / HOP_S)
        near = slice(max(0, found - self._NEAR_HOPS), max(0, found + self._NEAR_HOPS))
        on_beat = float(onsets[near].max(initial=0.0))
        usual = 2 * float(onsets.mean())
        agreement = (on_beat - usual) / (on_beat + usual + self._LEAST_ONSET)
        self._agreement += (agreement - self._agreement) / 6
        self._belief_share += (belief.mass * belief.sharpness - self._belief_share) / 4
        if on_beat > self._LEAST_ONSET:
            peak = near.start + int(np.argmax(onsets[near]))
            self._find_edge(onsets[: peak + 1], self.heard_s - (hops - 1 - peak) * HOP_S)
        self._bars.hear(self._beat - 1, self._notes_sum)
        self._notes_sum = np.zeros(12)
        return bool(onsets.max() > self._LEAST_ONSET)

    def _find_edge(self, onsets: Float[np.ndarray, " hops"], peak_s: float) -> None:
        """Learn where in the onset's slow rise the beat begins; the last value is its peak, heard at `peak_s`."""
        least = self._EDGE_SHARE * float(onsets[-1])
        lower = np.flatnonzero(onsets < least)
        below = int(lower[-1]) if len(lower) else 0
        risen = (least - onsets[below]) / max(onsets[min(below + 1, len(onsets) - 1)] - onsets[below], 1e-9)
        edge_s = peak_s - (len(onsets) - 1 - below - risen) * HOP_S - self._EDGE_LAG_S
        away_s = float(np.clip(edge_s - self._beat_s, -self._MOST_EDGE_S, self._MOST_EDGE_S))
        self._edge_s += (away_s - self._edge_s) / self._EDGE_BEATS
