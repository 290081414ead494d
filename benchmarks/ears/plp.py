"""A baseline without learning: the predominant local pulse, live (Grosche, Mueller 2011; Meier et al. 2024)."""

from resource import RUSAGE_SELF, getrusage

import numpy as np
from jaxtyping import Complex, Float

from benchmarks.ears.track import Track
from benchmarks.ears.tracker import AHEAD_S, Tracked

HOP_S = 0.01
_WINDOW_S = 6.0  # of the kernel; its older half has been heard, its newer half is the prediction
_TEMPI_BPM = np.arange(60.0, 181.0, 1.0)


def flux(samples: Float[np.ndarray, " samples"], rate_hz: int) -> Float[np.ndarray, " hops"]:
    """Logarithmic spectral flux over its local mean, one number each 10 ms, causal."""
    hop, window = round(HOP_S * rate_hz), 2048
    padded = np.concatenate((np.zeros(window - hop), samples))
    frames = np.lib.stride_tricks.sliding_window_view(padded, window)[::hop]
    level = np.log1p(100 * np.abs(np.fft.rfft(frames * np.hanning(window))) / window)
    rise = np.maximum(0.0, np.diff(level, axis=0, prepend=level[:1])).sum(axis=1)
    kept, mean = np.zeros(len(rise)), 0.0
    for n, value in enumerate(rise):
        mean += 0.02 * (value - mean)
        kept[n] = max(0.0, value - mean)
    return kept


class Plp:
    """The sinusoid that fits the last three seconds best goes on into the future; the sum of all is the pulse."""

    name = "plp"

    def track(self, track: Track) -> Tracked:
        """A beat is a peak of the pulse at the hop that is heard; it is foretold where a peak stands 0.2 s ahead."""
        before_s = _busy_s()
        novelty = flux(track.samples.astype(np.float64), track.rate_hz)
        half = round(_WINDOW_S / 2 / HOP_S)
        ahead = round(AHEAD_S / HOP_S)
        window = np.hanning(2 * half + 1)
        past, future = window[: half + 1], window[half:]
        turns = _TEMPI_BPM[:, None] / 60 * HOP_S * np.arange(-half, 1)[None]
        kernels: Complex[np.ndarray, "tempi past"] = past * np.exp(-2j * np.pi * turns)
        heard = np.zeros(half + 1)
        pulse = np.zeros(len(novelty) + half + 2)
        beats: list[float] = []
        announced: list[tuple[float, float]] = []
        for hop, value in enumerate(novelty):
            heard = np.append(heard[1:], value)
            fits = kernels @ heard
            best = int(np.argmax(np.abs(fits)))
            phase = np.angle(fits[best])
            steps = np.arange(half + 1)
            wave = np.cos(2 * np.pi * _TEMPI_BPM[best] / 60 * HOP_S * steps + phase)
            pulse[hop : hop + half + 1] += future * wave
            period_s = 60 / _TEMPI_BPM[best]
            now_s = (hop + 1) * HOP_S
            for after, said in ((0, None), (ahead + 1, announced)):
                place = hop + after
                if place < 1 or not pulse[place - 1] < pulse[place] >= pulse[place + 1] or pulse[place] <= 0:
                    continue
                at_s = now_s + after * HOP_S
                last_s = (
                    (announced[-1][1] if announced else -1.0) if said is not None else (beats or [-1.0])[-1]
                )
                if at_s - last_s < 0.4 * period_s:
                    continue
                if said is not None:
                    announced.append((now_s, at_s))
                else:
                    beats.append(at_s)
        cpu_percent = 100 * (_busy_s() - before_s) / track.seconds
        return Tracked(np.array(beats), None, np.array(announced).reshape(-1, 2), None, cpu_percent)


def _busy_s() -> float:
    used = getrusage(RUSAGE_SELF)
    return used.ru_utime + used.ru_stime
