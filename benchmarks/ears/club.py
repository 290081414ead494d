"""The club microphone: a phone at the back of the room, among people, with its gain too high."""

import numpy as np
from jaxtyping import Float, Float32
from scipy.signal import butter, fftconvolve, sosfilt  # type: ignore[import-untyped]

Sound = Float32[np.ndarray, " samples"]


def through_club(samples: Sound, rate_hz: int, rng: np.random.Generator) -> Sound:
    """The music as such a microphone hears it; the direct sound is not delayed."""
    room = room_response(rate_hz, rng)
    wet = fftconvolve(samples, room)[: len(samples)]
    wet /= np.sqrt(np.mean(wet**2)) + 1e-9
    crowd = crowd_sound(len(samples), rate_hz, rng)
    heard = wet + crowd * 10 ** (-rng.uniform(6, 16) / 20)
    low_hz, high_hz = rng.uniform(60, 180), rng.uniform(4500, 11000)
    heard = sosfilt(butter(2, (low_hz, high_hz), "bandpass", fs=rate_hz, output="sos"), heard)
    # so loud that the loudest two per cent are cut off, or a good deal less
    limit = np.quantile(np.abs(heard), rng.uniform(0.98, 0.9995))
    clipped: Sound = (np.clip(heard / limit, -1, 1) * rng.uniform(0.3, 0.95)).astype(np.float32)
    return clipped


def room_response(rate_hz: int, rng: np.random.Generator) -> Float[np.ndarray, " taps"]:
    """Direct sound, a few early reflections, and a diffuse tail that is darker and 60 dB down after its time."""
    fades_s = rng.uniform(0.5, 1.5)
    time_s = np.arange(round(fades_s * rate_hz)) / rate_hz
    tail = rng.standard_normal(len(time_s)) * 10 ** (-3 * time_s / fades_s)
    tail = sosfilt(butter(1, rng.uniform(1500, 5000), fs=rate_hz, output="sos"), tail)
    tail[: round(0.012 * rate_hz)] = 0
    tail *= 10 ** (-rng.uniform(0, 9) / 20) / np.sqrt(np.sum(tail**2))  # direct to diffuse: 0 to 9 dB
    response: Float[np.ndarray, " taps"] = tail
    response[0] = 1.0
    for _ in range(6):
        late = round(rng.uniform(0.004, 0.05) * rate_hz)
        response[late] += rng.choice((-1, 1)) * rng.uniform(0.1, 0.45)
    return response


def crowd_sound(count: int, rate_hz: int, rng: np.random.Generator) -> Float[np.ndarray, " samples"]:
    """Many voices at once, each in syllables of its own pace, and now and then a shout; of power 1."""
    out = np.zeros(count)
    time_s = np.arange(count) / rate_hz
    for _ in range(12):
        out += _voice(time_s, rate_hz, rng)
    for _ in range(rng.poisson(count / rate_hz / 6)):
        first, length = int(rng.integers(0, max(1, count - rate_hz))), round(rng.uniform(0.3, 1.0) * rate_hz)
        length = min(length, count - first)
        t = np.arange(length) / rate_hz
        hz = rng.uniform(350, 900) * (1 + 0.2 * np.sin(np.pi * t / t[-1]))
        shout = np.sin(2 * np.pi * np.cumsum(hz) / rate_hz + 2 * np.sin(2 * np.pi * 6 * t))
        out[first : first + length] += rng.uniform(1, 4) * shout * np.sin(np.pi * t / t[-1])
    scaled: Float[np.ndarray, " samples"] = out / (np.sqrt(np.mean(out**2)) + 1e-9)
    return scaled


def applause(count: int, rate_hz: int, rng: np.random.Generator) -> Sound:
    """Some forty people clapping, each at a pace of their own that wanders, swelling and ebbing."""
    out = np.zeros(count)
    length = round(0.03 * rate_hz)
    fading = np.exp(-np.arange(length) / (0.004 * rate_hz))
    for _ in range(40):
        hand = sosfilt(
            butter(2, (rng.uniform(500, 900), rng.uniform(2000, 5000)), "bandpass", fs=rate_hz, output="sos"),
            rng.standard_normal(length) * fading,
        )
        at_s, pace_s = rng.uniform(0, 0.5), rng.uniform(0.18, 0.4)
        while (first := round(at_s * rate_hz)) < count - length:
            out[first : first + length] += hand * rng.uniform(0.3, 1)
            at_s += max(0.1, pace_s * (1 + 0.12 * rng.standard_normal()))
            pace_s = float(np.clip(pace_s * (1 + 0.03 * rng.standard_normal()), 0.15, 0.45))
    swell = 0.6 + 0.4 * np.sin(2 * np.pi * np.arange(count) / count * rng.uniform(1, 3))
    clapped: Sound = (0.3 * swell * out / (np.abs(out).max() + 1e-9)).astype(np.float32)
    return clapped


def _voice(
    time_s: Float[np.ndarray, " samples"], rate_hz: int, rng: np.random.Generator
) -> Float[np.ndarray, " samples"]:
    edges = np.cumsum(rng.gamma(4, 0.05, size=round(time_s[-1] / 0.2) * 2 + 8))
    levels = rng.uniform(0, 1, len(edges)) * (rng.random(len(edges)) < 0.75)
    loud = np.interp(time_s, edges, levels)
    hz = rng.uniform(95, 240) * (1 + 0.08 * np.interp(time_s, edges, rng.standard_normal(len(edges))))
    throat = np.cumsum(hz) / rate_hz % 1 - 0.5 + 0.15 * rng.standard_normal(len(time_s))
    centre_hz = rng.uniform(500, 1600)
    band = butter(1, (0.6 * centre_hz, 1.8 * centre_hz), "bandpass", fs=rate_hz, output="sos")
    voiced: Float[np.ndarray, " samples"] = sosfilt(band, throat * loud)
    return voiced
