"""The 35 numbers a frame that FACT hears of music, from the stream of hops and nothing later.

Their order is that of FACT's extraction (Li et al. 2021): envelope, 20 MFCC, 12 chroma, whether an onset peaks,
whether a beat falls. There librosa computes them over the whole song; what looks ahead in it is replaced:

- Frames of 2048 samples round their moment at 30.72 kHz: here the ears' hops, 1024 samples at 24 kHz with 80 mel
  bands, whose windows end at their moment. An onset is therefore heard some 10 ms after it.
- `onset_strength` is not moved by two frames for its centring.
- dB are clipped at 80 below the loudest so far, not below the loudest of the song. Once the loudest has been heard,
  envelope and MFCC are librosa's.
- `chroma_cens`: notes of C1 to B7 from a spectrum of the past 0.34 s, not of constant-Q; made even and quantised alike,
  but smoothed over the past 0.2 s alone. It goes along with librosa's by a correlation of 0.73 to 0.81 at the moment,
  0.80 to 0.89 0.2 s later (medians, three songs); that of the ears' short windows by 0.5 and less.
- `onset_detect`: the envelope is measured against its own running peak, not the song's, and a peak must stand out of
  the 0.1 s before it, not of those after as well. Its other numbers are librosa's.
- `beat_track`: the beats of whoever beats time (tracker or a clock from outside), as they are foretold.

FACT wants 60 frames a second of the hops' 100: `FrameSampler` takes the hop nearest to each frame, and lets no onset
and no beat of the hops between get lost.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
from jaxtyping import Float, Float32

from groovecast.audio import features
from groovecast.audio.features import HOP_S, HOP_SAMPLES, MEL_BANDS, SAMPLE_RATE_HZ, Features, mfcc

FACT_NUMBERS = 35
FACT_FPS = 60
ENVELOPE, MFCC, CHROMA, PEAK, BEAT = 0, slice(1, 21), slice(21, 33), 33, 34

_RANGE_DB = 80.0  # librosa's top_db
_QUIET_DB = -100.0
_CENS_STEPS = (0.4, 0.2, 0.1, 0.05)  # librosa's; each passed counts a quarter
_CENS_HOPS = 20
_NOTES_SAMPLES = 8192  # enough to tell the notes of a bass apart: a semitone is 3 bins at 150 Hz
_LOWEST_NOTE, _OCTAVES = 24, 7  # C1, of `chroma_cqt`
_BLOCK_HOPS = 256  # of a whole song at once
_PEAK_MAX_HOPS, _PEAK_MEAN_HOPS, _PEAK_WAIT_HOPS = 3, 10, 3  # librosa's 0.03, 0.10 and 0.03 s
_PEAK_DELTA = 0.07  # librosa's
_LEAST_PEAK_DB = 1.0
_PEAK_KEPT = 1 - HOP_S / 30.0  # the running peak fades over half a minute


@dataclass(frozen=True)
class FactState:
    """What the next hop needs from those before: begin with `FactState.start()`."""

    loudest_db: float
    log_mel_db: Float32[np.ndarray, " mels"]
    samples: Float32[np.ndarray, " kept"]
    quantised: Float32[np.ndarray, "hops 12"]
    envelopes: Float32[np.ndarray, " hops"]  # measured against the running peak, the newest last
    peak_db: float
    hops_since_peak: int
    beat: float | None

    @staticmethod
    def start() -> "FactState":
        """The state before any sound."""
        return FactState(
            loudest_db=_QUIET_DB,
            log_mel_db=np.full(MEL_BANDS, _QUIET_DB, np.float32),
            samples=np.zeros(_NOTES_SAMPLES - HOP_SAMPLES, np.float32),
            quantised=np.zeros((_CENS_HOPS - 1, 12), np.float32),
            envelopes=np.zeros(0, np.float32),
            peak_db=_LEAST_PEAK_DB,
            hops_since_peak=_PEAK_WAIT_HOPS + 1,
            beat=None,
        )


def step(
    samples: Float32[np.ndarray, " 240"], hop: Features, beat: float | None, state: FactState
) -> tuple[Float32[np.ndarray, " 35"], FactState]:
    """The numbers of one more hop; `beat` is the count of beats at its end, None where it is not known."""
    loudest_db = max(state.loudest_db, float(hop.log_mel_db.max()))
    floor_db = np.float32(loudest_db - _RANGE_DB)
    now_db = np.maximum(hop.log_mel_db, floor_db)
    envelope_db = float(np.maximum(now_db - np.maximum(state.log_mel_db, floor_db), 0).mean())
    peak_db = max(envelope_db, state.peak_db * _PEAK_KEPT, _LEAST_PEAK_DB)
    envelopes = np.append(state.envelopes[-_PEAK_MEAN_HOPS:], np.float32(envelope_db / peak_db))
    peaks = _stands_out(envelopes) and state.hops_since_peak > _PEAK_WAIT_HOPS
    window = np.concatenate((state.samples, samples))
    quantised = np.concatenate((state.quantised, _quantised(_notes(window))[None]))
    numbers = np.zeros(FACT_NUMBERS, np.float32)
    numbers[ENVELOPE] = envelope_db
    numbers[MFCC] = mfcc(now_db)
    numbers[CHROMA] = _even(_cens_window() @ quantised, 2)
    numbers[PEAK] = peaks
    numbers[BEAT] = beat is not None and state.beat is not None and np.floor(beat) > np.floor(state.beat)
    since_peak = 1 if peaks else state.hops_since_peak + 1
    return numbers, FactState(
        loudest_db, hop.log_mel_db, window[HOP_SAMPLES:], quantised[1:], envelopes, peak_db, since_peak, beat
    )


def whole(
    samples: Float32[np.ndarray, " samples"], beats: Float[np.ndarray, " hops"]
) -> Float32[np.ndarray, "hops 35"]:
    """The numbers of every hop of a song, NaN in `beats` where they are not known: what `step` gives, at once."""
    hops = features.whole(samples)
    count = len(hops.rms)
    numbers = np.zeros((count, FACT_NUMBERS), np.float32)
    if not count:
        return numbers
    loudest_db = np.maximum(np.maximum.accumulate(hops.log_mel_db.max(axis=1)), np.float32(_QUIET_DB))
    floor_db = (loudest_db - np.float32(_RANGE_DB))[:, None]
    now_db = np.maximum(hops.log_mel_db, floor_db)
    before_db = np.concatenate((np.full((1, MEL_BANDS), _QUIET_DB, np.float32), hops.log_mel_db[:-1]))
    envelope_db = np.maximum(now_db - np.maximum(before_db, floor_db), 0).mean(axis=1)
    numbers[:, ENVELOPE] = envelope_db
    numbers[:, MFCC] = mfcc(now_db)
    padded = np.concatenate((np.zeros(_NOTES_SAMPLES - HOP_SAMPLES, np.float32), samples.astype(np.float32)))
    heard = np.lib.stride_tricks.sliding_window_view(padded, _NOTES_SAMPLES)[::HOP_SAMPLES][:count]
    notes = [_notes(heard[first : first + _BLOCK_HOPS]) for first in range(0, count, _BLOCK_HOPS)]
    quantised = np.concatenate(
        (np.zeros((_CENS_HOPS - 1, 12), np.float32), _quantised(np.concatenate(notes)))
    )
    windows = np.lib.stride_tricks.sliding_window_view(quantised, _CENS_HOPS, axis=0)
    numbers[:, CHROMA] = _even(windows @ _cens_window(), 2)
    numbers[:, PEAK] = _peaks(envelope_db)
    with np.errstate(invalid="ignore"):  # NaN is greater than nothing
        numbers[1:, BEAT] = np.floor(beats[1:]) > np.floor(beats[:-1])
    return numbers


class FrameSampler:
    """From 100 hops a second to 60 frames: the nearest hop, with the onsets and beats of those left out before it."""

    def __init__(self) -> None:
        self._hops = 0
        self._frames = 0
        self._events = np.zeros(2, np.float32)

    def push(self, numbers: Float32[np.ndarray, " 35"]) -> Float32[np.ndarray, " 35"] | None:
        """One more hop; a frame if this is the hop nearest to it. Frame k belongs to k / 60 s after the first hop."""
        self._events = np.maximum(self._events, numbers[PEAK:])
        wanted = round(self._frames / FACT_FPS / HOP_S)
        self._hops += 1
        if self._hops <= wanted:
            return None
        frame = np.concatenate((numbers[:PEAK], self._events))
        self._frames += 1
        self._events = np.zeros(2, np.float32)
        return frame


def frames_of(hops: Float32[np.ndarray, "hops 35"]) -> Float32[np.ndarray, "frames 35"]:
    """The frames of a whole song's hops."""
    sampler = FrameSampler()
    frames = [frame for numbers in hops if (frame := sampler.push(numbers)) is not None]
    return np.array(frames, np.float32).reshape(-1, FACT_NUMBERS)


def _notes(window: Float32[np.ndarray, "*hops samples"]) -> Float32[np.ndarray, "*hops 12"]:
    """How strong each of the 12 notes is, C first, in all octaves together."""
    weights, hann = _note_weights()
    spectrum = np.fft.rfft(window * hann)[..., : len(weights)]
    strong = np.sqrt((np.square(spectrum.real) + np.square(spectrum.imag)) @ weights)
    notes: Float32[np.ndarray, "*hops 12"] = strong.reshape(*strong.shape[:-1], _OCTAVES, 12).sum(axis=-2)
    return notes


@cache
def _note_weights() -> tuple[Float32[np.ndarray, "bins notes"], Float32[np.ndarray, " samples"]]:
    """From the power spectrum to the power of each note, a semitone to either side; and the window before it."""
    hertz = np.arange(1, _NOTES_SAMPLES // 2) * SAMPLE_RATE_HZ / _NOTES_SAMPLES
    note_of_bin = 69 + 12 * np.log2(hertz / 440)
    notes = _LOWEST_NOTE + np.arange(12 * _OCTAVES)
    away = np.abs(note_of_bin[:, None] - notes)
    weights = np.maximum(1 - away, 0)
    empty = weights.sum(axis=0) == 0  # the lowest lie between bins
    weights[away.argmin(axis=0)[empty], np.flatnonzero(empty)] = 1
    weights /= 2 ** ((notes - 69) / 12)  # a constant-Q window is the shorter the higher the note
    used = int(np.flatnonzero(weights.any(axis=1))[-1]) + 1
    with_0_hz = np.concatenate((np.zeros((1, len(notes))), weights[:used]))
    hann = np.hanning(_NOTES_SAMPLES + 1)[:-1]
    return with_0_hz.astype(np.float32), hann.astype(np.float32)


def _quantised(notes: Float32[np.ndarray, "*hops 12"]) -> Float32[np.ndarray, "*hops 12"]:
    share = _even(notes, 1)
    steps = np.stack([share > level for level in _CENS_STEPS])
    passed: Float32[np.ndarray, "*hops 12"] = steps.mean(axis=0, dtype=np.float32)
    return passed


def _even(notes: Float32[np.ndarray, "*hops 12"], order: int) -> Float32[np.ndarray, "*hops 12"]:
    """Of length 1 by this norm; nothing stays nothing."""
    length = np.linalg.norm(notes, ord=order, axis=-1, keepdims=True)
    even: Float32[np.ndarray, "*hops 12"] = notes / np.where(length > 0, length, np.float32(1))
    return even


@cache
def _cens_window() -> Float32[np.ndarray, " hops"]:
    """The first half of a Hann window, which rises until now."""
    rise = np.sin(0.5 * np.pi * np.arange(1, _CENS_HOPS + 1) / _CENS_HOPS) ** 2
    return np.asarray(rise / rise.sum(), np.float32)


def _stands_out(envelopes: Float32[np.ndarray, " hops"]) -> bool:
    """The last is the largest of the last few, and well above their mean."""
    newest = float(envelopes[-1])
    highest = newest >= float(envelopes[-_PEAK_MAX_HOPS - 1 :].max())
    return highest and newest >= float(envelopes.mean()) + _PEAK_DELTA


def _peaks(envelope_db: Float32[np.ndarray, " hops"]) -> Float32[np.ndarray, " hops"]:
    """Where the envelope of a whole song stands out, at most once in a few hops."""
    faded = np.log(_PEAK_KEPT) * np.arange(len(envelope_db))
    with np.errstate(divide="ignore"):  # nothing is minus infinity
        running_db = np.exp(np.maximum.accumulate(np.log(envelope_db.astype(np.float64)) - faded) + faded)
    measured = (envelope_db / np.maximum(running_db, _LEAST_PEAK_DB)).astype(np.float32)
    peaks = np.zeros(len(envelope_db), np.float32)
    free_from = 0
    for hop in range(len(measured)):
        if hop >= free_from and _stands_out(measured[max(0, hop - _PEAK_MEAN_HOPS) : hop + 1]):
            peaks[hop] = 1
            free_from = hop + _PEAK_WAIT_HOPS + 1
    return peaks
