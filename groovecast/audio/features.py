"""What a short stretch of sound is like: its spectrum, what in it is new, how loud, how bright, which notes.

Strictly causal: the window of a hop ends at the hop's last sample, as if 784 zeros stood before the sound, so
hop n equals frame n of librosa with `center=False` on that padded sound. Where librosa looks ahead, this is
instead: `onset_strength` is librosa's without its shift of two centre frames; dB values are not clipped at
80 dB below the maximum of the whole song, `flux` is, at 45 dB below a running maximum; chroma is raw, not
smoothed (CENS).
"""

from dataclasses import dataclass
from functools import cache
from itertools import accumulate

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
    band_power: Float32[np.ndarray, "*hops 3"]  # mean square of the sound: low, middle, high band
    log_mel_db: Float32[np.ndarray, "*hops mels"]
    onset_strength: Float32[np.ndarray, "*hops"]
    flux: Float32[np.ndarray, "*hops 4"]  # newness in dB: low, middle, high band, and all
    rms: Float32[np.ndarray, "*hops"]

    @property
    def centroid_hz(self) -> Float32[np.ndarray, "*hops"]:
        """Where the middle of the spectrum is: how bright the sound is."""
        return _centroid_hz(self.power)

    def hop(self, number: int) -> "Features":
        """One of many."""
        return Features(
            self.power[number],
            self.band_power[number],
            self.log_mel_db[number],
            self.onset_strength[number],
            self.flux[number],
            self.rms[number],
        )


@dataclass(frozen=True)
class FeatureState:
    """What the next hop needs from those before: begin with `FeatureState.start()`."""

    samples: Float32[np.ndarray, " kept"]
    earlier_log_mel_db: Float32[np.ndarray, "lag mels"]
    reference_db: float

    @staticmethod
    def start() -> "FeatureState":
        """The state before any sound."""
        quiet_db = np.full((_FLUX_LAG, MEL_BANDS), 10 * np.log10(_LEAST_POWER), np.float32)
        return FeatureState(np.zeros(_KEPT, np.float32), quiet_db, _LEAST_REFERENCE_DB)


def step(hop: Float32[np.ndarray, " samples"], state: FeatureState) -> tuple[Features, FeatureState]:
    """The features of one more hop of 240 samples, and the state for the next."""
    features, state = steps(hop[None], state)
    return features.hop(0), state


def steps(hops: Float32[np.ndarray, "hops samples"], state: FeatureState) -> tuple[Features, FeatureState]:
    """The features of the next hops, to the bit what `step` gives one by one, and the state after them."""
    count = len(hops)
    if hops.shape != (count, HOP_SAMPLES):
        raise ValueError(f"asked for the features of {hops.shape[1:]} samples: a hop has {HOP_SAMPLES}")
    samples = np.concatenate((state.samples, hops.ravel()))
    step_bytes = samples.itemsize
    windows: Float32[np.ndarray, "hops window"] = np.lib.stride_tricks.as_strided(
        samples, (count, WINDOW_SAMPLES), (HOP_SAMPLES * step_bytes, step_bytes), writeable=False
    )
    spectrum = np.fft.rfft(windows * _hann())
    power = np.square(spectrum.real) + np.square(spectrum.imag)
    log_mel_db = 10 * np.log10(np.maximum(_row_by_row(power, mel_weights()), np.float32(_LEAST_POWER)))
    references_db = list(
        accumulate(log_mel_db.max(axis=1).tolist(), _reference_db, initial=state.reference_db)
    )
    known_db = np.concatenate((state.earlier_log_mel_db, log_mel_db))
    features = Features(
        power=power,
        band_power=_row_by_row(power, _band_sums()),
        log_mel_db=log_mel_db,
        onset_strength=_rise_db(log_mel_db, known_db[_FLUX_LAG - 1 : -1]).sum(axis=1) / np.float32(MEL_BANDS),
        flux=_flux(log_mel_db, known_db[:count], np.array(references_db[1:], np.float32)),
        rms=np.sqrt(np.einsum("hs,hs->h", windows, windows) / np.float32(WINDOW_SAMPLES)),
    )
    return features, FeatureState(samples[count * HOP_SAMPLES :], known_db[count:], references_db[-1])


def whole(samples: Float32[np.ndarray, " samples"]) -> Features:
    """The features of every complete hop of a signal: what `step` gives hop by hop, at once."""
    hops = len(samples) // HOP_SAMPLES
    complete = samples[: hops * HOP_SAMPLES].astype(np.float32)
    return steps(complete.reshape(hops, HOP_SAMPLES), FeatureState.start())[0]


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


def _row_by_row(
    rows: Float32[np.ndarray, "hops n"], weights: Float32[np.ndarray, "n m"]
) -> Float32[np.ndarray, "hops m"]:
    """The product with a matrix, each row by itself: as one product, its rounding would depend on their number."""
    product: Float32[np.ndarray, "hops m"] = (rows[:, None, :] @ weights)[:, 0]
    return product


def _reference_db(before_db: float, loudest_db: float) -> float:
    return max(before_db - _REFERENCE_FALL_DB, loudest_db, _LEAST_REFERENCE_DB)


def _rise_db(
    now_db: Float32[np.ndarray, "hops mels"], before_db: Float32[np.ndarray, "hops mels"]
) -> Float32[np.ndarray, "hops mels"]:
    rise_db: Float32[np.ndarray, "hops mels"] = np.maximum(now_db - before_db, np.float32(0))
    return rise_db


def _flux(
    now_db: Float32[np.ndarray, "hops mels"],
    before_db: Float32[np.ndarray, "hops mels"],
    reference_db: Float32[np.ndarray, " hops"],
) -> Float32[np.ndarray, "hops 4"]:
    floor_db = (reference_db - np.float32(_FLUX_RANGE_DB))[:, None]
    rise_db = _rise_db(np.maximum(now_db, floor_db), np.maximum(before_db, floor_db))
    return _row_by_row(rise_db, _band_means())


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
def _band_sums() -> Float32[np.ndarray, "bins 3"]:
    """From the power spectrum to the mean square of the sound in three bands."""
    low, high = bin_hz() < LOW_BELOW_HZ, bin_hz() > HIGH_ABOVE_HZ
    bands = np.stack((low, ~low & ~high, high), axis=-1)
    # Parseval, one side of the spectrum; the squares of a Hann window sum to 3/8 of its length
    return (bands * 2 / (WINDOW_SAMPLES * WINDOW_SAMPLES * 3 / 8)).astype(np.float32)


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
