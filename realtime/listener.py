"""The ears of the dance thread: samples in as they come, beat and energy out, the next beats included."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Float32
from numpy.typing import NDArray

from groovecast.audio.beat import BeatTracker
from groovecast.audio.beat_clock import CONFIDENT, BeatClock
from groovecast.audio.decode import Audio, mono
from groovecast.audio.ear import HOPS_PER_STEP
from groovecast.audio.energy import EnergyMeter
from groovecast.audio.features import HOP_S, HOP_SAMPLES, Features, FeatureState, steps
from groovecast.audio.gain import Leveller
from groovecast.audio.onset import OnsetMeter
from groovecast.audio.resample import Resampler
from groovecast.audio.scene import Pulse, SceneWatch, Section
from groovecast.audio.tonality import ToneMeter
from realtime.ear import TrainedEar

MEMORY_S = 8.0
AHEAD_S = 0.2  # how long before a beat a prediction must be made to count

_MEMORY_HOPS = round(MEMORY_S / HOP_S)
_GAP_S = 0.08  # capture times that jump by more than this: sound was lost
_LONGEST_GAP_S = 2.0  # a longer gap, or one backwards, begins a new stream
_STEADY_S = 1e-6  # capture times nearer than this to the expected are rounding
_TRUST_S = 5.0  # jitter of capture times is averaged over this
_ONSET_DIVISOR = 0.8  # an onset this strong shows as 1
_NEWEST_HOPS = 8  # as many as are heard at once, with room


class HeardHop(NamedTuple):
    """A hundredth of a second, for who shows what is heard: its levelled spectrum, and how new and how energetic."""

    at_s: float
    log_mel_db: Float32[np.ndarray, " mels"]
    onset: float
    energy: float


class Listener:
    """Hears one stream of mono samples; the same samples give the same answers, however cut into blocks."""

    def __init__(self, sample_rate_hz: int) -> None:
        self._resampler = Resampler(sample_rate_hz)
        self._ear, self._tracker = TrainedEar(), BeatTracker()
        self.newest: tuple[HeardHop, ...] = ()  # any thread: the last that were heard, replaced as a whole
        self._begin(0.0)

    def _begin(self, start_s: float) -> None:
        self._start_s = start_s  # the clock's time of the stream's first sample
        self._samples = 0  # heard so far, at the source's rate
        self._resampler.reset()
        self._ear.reset()
        self._leveller = Leveller(self._resampler.from_hz)
        self._waiting: list[Float32[np.ndarray, " samples"]] = []  # blocks that no part has heard yet
        self._waiting_samples = 0
        self._rest = np.zeros(0, np.float32)  # resampled, not yet a whole hop
        self._state = FeatureState.start()
        self._tracker, self._meter, self._tones = BeatTracker(self._tracker), EnergyMeter(), ToneMeter()
        self._onset_meter, self._scenes = OnsetMeter(), SceneWatch()
        self._unheard: list[
            Float32[np.ndarray, "hops mels"]
        ] = []  # spectra that wait for the ear's next step
        self._hops = 0  # that every part has heard
        self._complete_hops = 0  # and with what waits
        self._onsets, self._energies = np.zeros(_MEMORY_HOPS), np.zeros(_MEMORY_HOPS)

    def listen(self, samples: Float32[np.ndarray, " samples"], first_sample_time_s: float) -> None:
        """Dance thread. Hear a block whose first sample was captured then; blocks come in order."""
        rate_hz = self._resampler.from_hz
        late_s = first_sample_time_s - (self._start_s + self._samples / rate_hz)
        if self._samples == 0 or late_s < -_GAP_S or late_s > _LONGEST_GAP_S:
            self._begin(first_sample_time_s)
        elif late_s > _GAP_S:
            self._hear(np.zeros(round(late_s * rate_hz), np.float32))
        elif abs(late_s) > _STEADY_S:
            self._start_s += late_s * min(1.0, len(samples) / rate_hz / _TRUST_S)
        self._hear(samples)

    @property
    def heard_until_s(self) -> float:
        """The time up to which sound has been heard."""
        return self._start_s + self._complete_hops * HOP_S

    @property
    def nothing_waits(self) -> bool:
        """Dance thread. Whether all whole hops have been heard, so that asking costs nothing."""
        return self._complete_hops == self._hops

    @property
    def clock(self) -> BeatClock:
        """The beat as known now; a snapshot that does not change."""
        return self._tracker.clock.shifted(self._start_s)

    def prefer_octave(self, factor: float) -> None:
        """Dance thread. Count twice as fast (2), or half (0.5)."""
        self._tracker.prefer_octave(factor)

    def prefer(self, tempo_bpm: float | None, beat_s: float | None) -> None:
        """Dance thread. The beat is meant to have this tempo, and one falls there; None: as it is heard."""
        self._tracker.prefer(tempo_bpm, None if beat_s is None else beat_s - self._start_s)

    @property
    def silent(self) -> bool:
        """Whether there has been no sound for a while (a fifth of a second)."""
        self._catch_up()
        return self._meter.silent

    @property
    def section(self) -> Section:
        """What part of the music this is: scene, energy over 2 and 16 s, and what the tempo does."""
        self._catch_up()
        watch, meter = self._scenes, self._meter
        return Section(watch.scene, meter.section_2s, meter.section_16s, watch.tempo_changed, watch.blended)

    @property
    def musical(self) -> float:
        """Whether this is music (1) or speech, noise and the like (0), by whether its tones last."""
        self._catch_up()
        return self._tones.musical

    @property
    def energy_slow(self) -> float:
        """How energetic this part of the music is, 0 to 1, over about 2 s: a breakdown tells within a bar."""
        self._catch_up()
        return self._meter.section_2s

    def onset_at(self, times_s: Float[np.ndarray, "*times"]) -> Float[np.ndarray, "*times"]:
        """How strong an onset was at each time, 0 to 1; 0 where nothing was heard or it is forgotten.

        An onset stands some 25 ms after its sound, when it is heard.
        """
        return self._recall(self._onsets, times_s)

    def energy_at(self, times_s: Float[np.ndarray, "*times"]) -> Float[np.ndarray, "*times"]:
        """How energetic it was at each time, 0 to 1; 0 where nothing was heard or it is forgotten."""
        return self._recall(self._energies, times_s)

    def _recall(
        self, memory: NDArray[np.float64], times_s: Float[np.ndarray, "*times"]
    ) -> Float[np.ndarray, "*times"]:
        self._catch_up()
        hops = np.floor((np.asarray(times_s) - self._start_s) / HOP_S).astype(np.int64)
        known = (hops >= max(0, self._hops - _MEMORY_HOPS)) & (hops < self._hops)
        return np.where(known, memory[hops % _MEMORY_HOPS], 0.0)

    def _hear(self, samples: Float32[np.ndarray, " samples"]) -> None:
        """Keep a block until the ear has a step's worth, or somebody asks: together, hops cost half as much."""
        self._samples += len(samples)
        self._waiting.append(samples.copy())  # the block is the caller's, who may use it again
        self._waiting_samples += len(samples)
        resampled = len(self._rest) + self._resampler.ready(self._waiting_samples)
        self._complete_hops = self._hops + resampled // HOP_SAMPLES
        if self._complete_hops // HOPS_PER_STEP > self._hops // HOPS_PER_STEP:
            self._catch_up()

    def _catch_up(self) -> None:
        """Hear what waits. Every part gives the same for some hops at once as for each alone."""
        if self.nothing_waits:
            return
        levelled = self._leveller.push(np.concatenate(self._waiting))
        self._waiting.clear()
        self._waiting_samples = 0
        ready = np.concatenate((self._rest, self._resampler.push(levelled)))
        until = self._complete_hops - self._hops
        self._rest = ready[until * HOP_SAMPLES :]
        hops = ready[: until * HOP_SAMPLES].reshape(until, HOP_SAMPLES)
        features, self._state = steps(hops, self._state)
        for number, alike in enumerate(self._tones.alike(features.power)):
            self._hear_hop(features.hop(number), alike)

    def _hear_hop(self, features: Features, alike: float) -> None:
        place = self._hops % _MEMORY_HOPS
        self._hops += 1
        self._meter.hear(features)
        self._tones.hear(alike, self._meter.silent)
        self._unheard.append(features.log_mel_db)
        if len(self._unheard) == HOPS_PER_STEP:
            self._tracker.hear(self._ear.hear(np.stack(self._unheard)), self._meter.silent)
            self._unheard.clear()
        pulse = Pulse(self._tracker.tempo_bpm, self._tracker.confidence)
        self._scenes.hear(features, self._meter, self._tones.musical, pulse)
        self._onsets[place] = min(1.0, self._onset_meter.hear(features.flux) / _ONSET_DIVISOR)
        self._energies[place] = self._meter.fast
        hop = HeardHop(
            self._start_s + self._hops * HOP_S,
            features.log_mel_db,
            float(self._onsets[place]),
            float(self._energies[place]),
        )
        self.newest = (*self.newest[1 - _NEWEST_HOPS :], hop)


@dataclass(frozen=True)
class BeatReport:
    """The beats of a song as they were announced while it was heard."""

    tempo_bpm: float
    beats: list[float]  # seconds
    downbeats: list[float]
    predicted: list[tuple[float, float]]  # announced at, beat at: 0.2 s or more ahead
    locked_after_s: float | None  # when the beat was first sure; None: never


def beats_of(audio: Audio) -> BeatReport:
    """Hear a song hop by hop, as if live, and note each beat as it is announced."""
    listener = Listener(audio.sample_rate_hz)
    samples = mono(audio.samples)
    beats: list[float] = []
    downbeats: list[float] = []
    predicted: list[tuple[float, float]] = []
    tempos: list[float] = []
    locked_after_s: float | None = None
    told, foretold = -1, -1  # the beats announced last
    block = max(1, audio.sample_rate_hz // 100)
    for first in range(0, len(samples), block):
        listener.listen(samples[first : first + block], first / audio.sample_rate_hz)
        clock, now_s = listener.clock, listener.heard_until_s
        beat = int(np.floor(clock.beat_at(now_s)))
        coming = int(np.floor(clock.beat_at(now_s + AHEAD_S))) + 1
        due = float(clock.time_at(float(coming))) < now_s + AHEAD_S + 1.5 * block / audio.sample_rate_hz
        if clock.confidence >= CONFIDENT:
            locked_after_s = round(now_s, 4) if locked_after_s is None else locked_after_s
            tempos.append(clock.tempo_bpm)
            if beat > told:
                beats.append(round(float(clock.time_at(float(beat))), 4))
                if (beat - clock.downbeat) % clock.beats_per_bar == 0:
                    downbeats.append(beats[-1])
            if coming > foretold and due:  # as late as may be: later is surer
                predicted.append((round(now_s, 4), round(float(clock.time_at(float(coming))), 4)))
                foretold = coming
        told = max(told, beat)
    tempo_bpm = round(float(np.median(tempos)), 2) if tempos else 0.0
    return BeatReport(tempo_bpm, beats, downbeats, predicted, locked_after_s)
