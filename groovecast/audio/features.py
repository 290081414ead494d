"""What a short stretch of sound is like: its spectrum, what in it is new, how loud, how bright, which notes.

Strictly causal: the window of a hop ends at the hop's last sample, as if 784 zeros stood before the sound, so
hop n equals frame n of librosa with `center=False` on that padded sound. Where librosa looks ahead, this is
instead: `onset_strength` is librosa's without its shift of two centre frames; dB values are not clipped at
80 dB below the maximum of the whole song, `flux` is, at 45 dB below a running maximum; chroma is raw, not
smoothed (CENS).
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
from jaxtyping import Float, Float32

SAMPLE_RATE_HZ = 24000
HOP_SAMPLES = 240
HOP_S = HOP_SAMPLES / SAMPLE_RATE_HZ
WINDOW_SAMPLES = 1024
MEL_BANDS = 80
MFCCS = 20
LOW_BELOW_HZ = 160.0  # kick and bass
HIGH_ABOVE_HZ = 3000.0  # hats, the noise of a snare

_KEPT = WINDOW_SAMPLES - HOP_SAMPLES
_LEAST_POWER = 1e-10  # librosa's amin: -100 dB
_FLUX_LAG = 2  # hops: 20 ms back, where a 43 ms window has mostly not yet heard the onset
_FLUX_RANGE_DB = 45.0  # what lies further below the running maximum is not heard as new
_LEAST_REFERENCE_DB = 5.0  # so that faint noise is not raised to music
_REFERENCE_FALL_DB = 2.0 * HOP_S  # the running maximum falls by 2 dB a second


@dataclass(frozen=True)
class Features:
    """What was heard in one hop, or in many along a first axis."""

    power: Float32[np.ndarray, "*hops bins"]
    log_mel_db: Float32[np.ndarray, "*hops mels"]
    onset_strength: Float32[np.ndarray, "*hops"]
    flux: Float32[np.ndarray, "*hops 4"]  # newness in dB: low, middle, high band, and all
    rms: Float32[np.ndarray, "*hops"]
    centroid_hz: Float32[np.ndarray, "*hops"]


@dataclass(frozen=True)
class FeatureState:
    """What the next hop needs from those before: begin with `FeatureState.start()`."""

    samples: Float32[np.ndarray, " kept"]
    earlier_log_mel_db: tuple[Float32[np.ndarray, " mels"], ...]
    reference_db: float

    @staticmethod
    def start() -> "FeatureState":
        """The state before any sound."""
        quiet_db = np.full(MEL_BANDS, 10 * np.log10(_LEAST_POWER), np.float32)
        return FeatureState(np.zeros(_KEPT, np.float32), (quiet_db,) * _FLUX_LAG, _LEAST_REFERENCE_DB)


def step(hop: Float32[np.ndarray, " samples"], state: FeatureState) -> tuple[Features, FeatureState]:
    """The features of one more hop of 240 samples, and the state for the next."""
    if hop.shape != (HOP_SAMPLES,):
        raise ValueError(f"asked for the features of {hop.shape} samples: a hop has {HOP_SAMPLES}")
    window = np.concatenate((state.samples, hop))
    log_mel_db, power = _spectrum(window)
    reference_db = max(state.reference_db - _REFERENCE_FALL_DB, float(log_mel_db.max()))
    earlier = state.earlier_log_mel_db
    features = Features(
        power=power,
        log_mel_db=log_mel_db,
        onset_strength=_rise_db(log_mel_db, earlier[-1]).mean(axis=-1),
        flux=_flux(log_mel_db, earlier[0], np.float32(max(reference_db, _LEAST_REFERENCE_DB))),
        rms=np.sqrt(np.dot(window, window) / np.float32(WINDOW_SAMPLES)),
        centroid_hz=_centroid_hz(power),
    )
    return features, FeatureState(window[HOP_SAMPLES:], (*earlier[1:], log_mel_db), reference_db)


def whole(samples: Float32[np.ndarray, " samples"]) -> Features:
    """The features of every complete hop of a signal: what `step` gives hop by hop, at once."""
    hops = len(samples) // HOP_SAMPLES
    padded = np.concatenate((np.zeros(_KEPT, np.float32), samples[: hops * HOP_SAMPLES].astype(np.float32)))
    if hops == 0:
        padded = np.zeros(WINDOW_SAMPLES, np.float32)
    windows = np.lib.stride_tricks.sliding_window_view(padded, WINDOW_SAMPLES)[::HOP_SAMPLES][:hops]
    log_mel_db, power = _spectrum(windows)
    start = FeatureState.start()
    earlier = np.concatenate((np.stack(start.earlier_log_mel_db), log_mel_db))
    fall_db = _REFERENCE_FALL_DB * np.arange(1, hops + 1)
    loudest_db = np.maximum.accumulate(log_mel_db.max(axis=-1, initial=-np.inf) + fall_db) - fall_db
    reference_db = np.maximum(loudest_db, _LEAST_REFERENCE_DB).astype(np.float32)
    return Features(
        power=power,
        log_mel_db=log_mel_db,
        onset_strength=_rise_db(log_mel_db, earlier[_FLUX_LAG - 1 :][:hops]).mean(axis=-1),
        flux=_flux(log_mel_db, earlier[:hops], reference_db),
        rms=np.sqrt(np.mean(windows * windows, axis=-1)),
        centroid_hz=_centroid_hz(power),
    )


def mfcc(log_mel_db: Float32[np.ndarray, "*hops mels"]) -> Float32[np.ndarray, "*hops 20"]:
    """The first 20 cosine coefficients (DCT-II, orthonormal) of mel spectra in dB: the timbre."""
    coefficients: Float32[np.ndarray, "*hops 20"] = log_mel_db @ _cosines()
    return coefficients


def chroma(power: Float32[np.ndarray, "*hops bins"]) -> Float32[np.ndarray, "*hops 12"]:
    """How strong each of the 12 notes is, C first, the strongest at one; all zero in silence."""
    notes: Float32[np.ndarray, "*hops 12"] = power @ _note_weights()
    loudest = notes.max(axis=-1, keepdims=True)
    notes /= np.where(loudest > np.finfo(np.float32).tiny, loudest, np.float32(1))
    return notes


def _spectrum(
    window: Float32[np.ndarray, "*hops samples"],
) -> tuple[Float32[np.ndarray, "*hops mels"], Float32[np.ndarray, "*hops bins"]]:
    spectrum = np.fft.rfft(window * _hann())
    power = np.square(spectrum.real) + np.square(spectrum.imag)
    return 10 * np.log10(np.maximum(power @ mel_weights(), np.float32(_LEAST_POWER))), power


def _rise_db(
    now_db: Float32[np.ndarray, "*hops mels"], before_db: Float32[np.ndarray, "*hops mels"]
) -> Float32[np.ndarray, "*hops mels"]:
    rise_db: Float32[np.ndarray, "*hops mels"] = np.maximum(now_db - before_db, np.float32(0))
    return rise_db


def _flux(
    now_db: Float32[np.ndarray, "*hops mels"],
    before_db: Float32[np.ndarray, "*hops mels"],
    reference_db: Float32[np.ndarray, "*hops"] | np.float32,
) -> Float32[np.ndarray, "*hops 4"]:
    floor_db = np.asarray(reference_db - np.float32(_FLUX_RANGE_DB))[..., None]
    rise_db = _rise_db(np.maximum(now_db, floor_db), np.maximum(before_db, floor_db))
    flux_db: Float32[np.ndarray, "*hops 4"] = rise_db @ _band_means()
    return flux_db


def _centroid_hz(power: Float32[np.ndarray, "*hops bins"]) -> Float32[np.ndarray, "*hops"]:
    magnitude = np.sqrt(power)
    total = magnitude.sum(axis=-1)
    weighted_hz: Float32[np.ndarray, "*hops"] = magnitude @ bin_hz()
    return weighted_hz / np.where(total > np.finfo(np.float32).tiny, total, np.float32(1))


@cache
def bin_hz() -> Float32[np.ndarray, " bins"]:
    """The frequency of each bin of `power`."""
    return np.fft.rfftfreq(WINDOW_SAMPLES, 1 / SAMPLE_RATE_HZ).astype(np.float32)


@cache
def _hann() -> Float32[np.ndarray, " samples"]:
    return (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(WINDOW_SAMPLES) / WINDOW_SAMPLES)).astype(np.float32)


def _hz_from_mel(mel: Float[np.ndarray, "*n"]) -> Float[np.ndarray, "*n"]:
    # Slaney's mel: straight to 1 kHz (15 mel), then 27 steps for each factor of 6.4 (Auditory Toolbox, 1998)
    return np.where(mel < 15, mel * (200 / 3), 1000 * 6.4 ** ((mel - 15) / 27))


@cache
def mel_edges_hz() -> Float[np.ndarray, " edges"]:
    """Where the mel bands begin, peak and end: band b is the triangle over edges b, b + 1, b + 2."""
    top = 15 + 27 * np.log(SAMPLE_RATE_HZ / 2 / 1000) / np.log(6.4)
    return _hz_from_mel(np.linspace(0, top, MEL_BANDS + 2))


@cache
def mel_weights() -> Float32[np.ndarray, "bins mels"]:
    """From the power spectrum to mel bands: triangles of equal area."""
    edges, frequency = mel_edges_hz(), np.fft.rfftfreq(WINDOW_SAMPLES, 1 / SAMPLE_RATE_HZ)[:, None]
    rise = (frequency - edges[:-2]) / (edges[1:-1] - edges[:-2])
    fall = (edges[2:] - frequency) / (edges[2:] - edges[1:-1])
    weights = np.maximum(0, np.minimum(rise, fall)) * 2 / (edges[2:] - edges[:-2])
    return np.asarray(weights, np.float32)


@cache
def _band_means() -> Float32[np.ndarray, "mels 4"]:
    peak_hz = mel_edges_hz()[1:-1]
    low, high = peak_hz < LOW_BELOW_HZ, peak_hz > HIGH_ABOVE_HZ
    chosen = np.stack((low, ~low & ~high, high, np.ones(MEL_BANDS, bool)), axis=-1)
    return np.asarray(chosen / chosen.sum(axis=0), np.float32)


@cache
def _cosines() -> Float32[np.ndarray, "mels 20"]:
    angle = np.pi / MEL_BANDS * (np.arange(MEL_BANDS)[:, None] + 0.5) * np.arange(MFCCS)
    cosines = np.sqrt(2 / MEL_BANDS) * np.cos(angle)
    cosines[:, 0] /= np.sqrt(2)
    return np.asarray(cosines, np.float32)


@cache
def _note_weights() -> Float32[np.ndarray, "bins 12"]:
    """A Gaussian a semitone wide round each note, bins of equal weight, middle octaves first (Ellis 2007)."""
    frequency = np.arange(1, WINDOW_SAMPLES) * SAMPLE_RATE_HZ / WINDOW_SAMPLES
    semitone = 12 * np.log2(frequency / 27.5)  # above the lowest A
    semitone = np.concatenate(([semitone[0] - 18], semitone))  # the bin of 0 Hz: an octave and a half lower
    width = np.concatenate((np.maximum(np.diff(semitone), 1), [1]))[:, None]
    away = np.remainder(semitone[:, None] - np.arange(12) + 6, 12) - 6
    weights = np.exp(-0.5 * (2 * away / width) ** 2)
    weights /= np.linalg.norm(weights, axis=1, keepdims=True)
    weights *= np.exp(-0.5 * ((semitone / 12 - 5) / 2) ** 2)[:, None]
    return np.roll(weights, -3, axis=1)[: WINDOW_SAMPLES // 2 + 1].astype(np.float32)
