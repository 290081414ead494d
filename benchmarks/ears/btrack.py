"""A baseline without learning: the tracker of Stark, Davies and Plumbley (2009), written anew from the paper."""

from resource import RUSAGE_SELF, getrusage

import numpy as np
from jaxtyping import Float

from benchmarks.ears.track import Track
from benchmarks.ears.tracker import Tracked, extrapolated

HOP_SAMPLES, WINDOW = 512, 1024
_HISTORY = 512  # onset strengths that tempo and score look back on: 6 s
_LEAST_LAG, _MOST_LAG = 28, 128  # in hops at 44.1 kHz: 185 and 40 bpm
_USUAL_LAG = 43  # of the Rayleigh weight: 120 bpm
_TIGHT = 5.0  # of the Gaussian around one period back
_KEPT = 0.9  # of the score is the past's, 0.1 the onset's
_TEMPI_BPM = np.arange(80, 160, 2.0)


def onset_strength(samples: Float[np.ndarray, " samples"]) -> Float[np.ndarray, " hops"]:
    """Complex spectral difference, counted where energy rises (Bello et al. 2004), one number a hop, causal."""
    padded = np.concatenate((np.zeros(WINDOW - HOP_SAMPLES), samples))
    frames = np.lib.stride_tricks.sliding_window_view(padded, WINDOW)[::HOP_SAMPLES]
    spectrum = np.fft.rfft(frames * np.hanning(WINDOW))
    magnitude, phase = np.abs(spectrum), np.angle(spectrum)
    before = np.vstack((np.zeros((1, magnitude.shape[1])), magnitude[:-1]))
    phase_1, phase_2 = (np.vstack((np.zeros((n, phase.shape[1])), phase[:-n])) for n in (1, 2))
    turn = phase - 2 * phase_1 + phase_2
    distance = np.sqrt(np.maximum(0, magnitude**2 + before**2 - 2 * magnitude * before * np.cos(turn)))
    strength: Float[np.ndarray, " hops"] = (distance * (magnitude > before)).sum(axis=1)
    return strength


class BTrack:
    """Onsets, a score that each beat hands on to the next, a tempo by autocorrelation and comb, decided once a beat."""

    name = "btrack"

    def track(self, track: Track) -> Tracked:
        """Beats as they are decided; each is foretold half a beat after the last."""
        before_s = _busy_s()
        samples = track.samples.astype(np.float64)
        hop_s = HOP_SAMPLES / track.rate_hz
        found = _follow(onset_strength(samples), hop_s, 44100 * hop_s / HOP_SAMPLES)
        beats_s = np.array([beat_s for _, beat_s, _ in found])
        announced_s = extrapolated(found, track.seconds, hop_s)
        return Tracked(beats_s, None, announced_s, None, 100 * (_busy_s() - before_s) / track.seconds)


def _follow(
    strength: Float[np.ndarray, " hops"], hop_s: float, usual: float
) -> list[tuple[float, float, float]]:
    """Said at, beat at, period: in seconds."""
    history, score = np.zeros(_HISTORY), np.zeros(_HISTORY)
    period = _USUAL_LAG / usual
    tempo_belief = np.ones(len(_TEMPI_BPM))
    to_beat, to_decision = -1, 10
    found: list[tuple[float, float, float]] = []
    for hop, onset in enumerate(strength):
        history = np.append(history[1:], onset)
        score = np.append(score[1:], _next_score(score, onset, period))
        to_beat, to_decision = to_beat - 1, to_decision - 1
        if to_decision == 0:
            period, tempo_belief = _tempo(history, tempo_belief, hop_s)
            to_beat = _hops_to_beat(score, period)
        if to_beat == 0:
            to_decision = max(1, round(period / 2))  # half a beat on, the next is decided
            at_s = (hop + 0.5) * hop_s
            found.append((at_s, at_s, period * hop_s))
    return found


def _next_score(score: Float[np.ndarray, " past"], onset: float, period: float) -> float:
    """The onset, and the best of what a beat about a period ago had (their equation 2)."""
    back = np.arange(round(period / 2), round(2 * period) + 1)
    weight = np.exp(-0.5 * (_TIGHT * np.log(back / period)) ** 2)
    return float((1 - _KEPT) * onset + _KEPT * np.max(weight * score[len(score) - back]))


def _hops_to_beat(score: Float[np.ndarray, " past"], period: float) -> int:
    """Run the score on without new onsets, one period, and take its highest place, weighted to half a beat ahead."""
    ahead = max(2, round(period))
    future = list(score)
    back = np.arange(round(period / 2), round(2 * period) + 1)
    weight = np.exp(-0.5 * (_TIGHT * np.log(back / period)) ** 2)
    for _ in range(ahead):
        past = np.array(future[-len(score) :])
        future.append(float(np.max(weight * past[len(past) - back])))
    place = np.arange(1, ahead + 1)
    near = np.exp(-0.5 * ((place - period / 2) / (period / 2)) ** 2)
    return int(np.argmax(near * np.array(future[-ahead:])) + 1)


def _tempo(
    history: Float[np.ndarray, " past"], belief: Float[np.ndarray, " tempi"], hop_s: float
) -> tuple[float, Float[np.ndarray, " tempi"]]:
    """The period in hops: autocorrelation, comb of four teeth, and a tempo that likes to stay (Viterbi, forward)."""
    sharp = _over_its_surroundings(history)
    spectrum = np.fft.rfft(sharp, 2 * _HISTORY)
    likeness = np.fft.irfft(np.abs(spectrum) ** 2)[:_HISTORY] / (_HISTORY - np.arange(_HISTORY))
    lags = np.arange(1, _MOST_LAG + 1)
    comb = np.zeros(len(lags))
    for tooth in range(1, 5):
        for off in range(1 - tooth, tooth):
            place = np.clip(tooth * lags + off, 0, _HISTORY - 1)
            comb += likeness[place] / (2 * tooth - 1)
    comb *= lags / _USUAL_LAG**2 * np.exp(-(lags**2) / (2 * _USUAL_LAG**2))
    comb = _over_its_surroundings(np.where(lags >= _LEAST_LAG // 2, comb, 0))
    seen = np.zeros(len(_TEMPI_BPM))
    for factor in (1.0, 2.0):  # half the tempo is a witness for the tempo
        lag = np.clip(factor * 60 / _TEMPI_BPM / hop_s, 1, _MOST_LAG)
        seen += np.interp(lag, lags, comb)
    stays = np.exp(-0.5 * ((_TEMPI_BPM[:, None] - _TEMPI_BPM[None]) / 10) ** 2)
    belief = np.max(stays * belief[None], axis=1) * (seen + 1e-9 + 1e-3 * seen.max())
    belief = belief / belief.sum()
    return float(60 / _TEMPI_BPM[int(np.argmax(belief))] / hop_s), belief


def _over_its_surroundings(values: Float[np.ndarray, " n"]) -> Float[np.ndarray, " n"]:
    """What stands over the mean of 15 neighbours."""
    summed = np.concatenate(([0.0], np.cumsum(np.pad(values, (8, 7), mode="edge"))))
    mean = (summed[16:] - summed[:-16])[: len(values)] / 16
    over: Float[np.ndarray, " n"] = np.maximum(0.0, values - mean)
    return over


def _busy_s() -> float:
    used = getrusage(RUSAGE_SELF)
    return used.ru_utime + used.ru_stime
