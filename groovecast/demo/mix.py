"""The mixing desk of the bundled track: filters that move, echo, room, pumping and the limiter."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float64

from groovecast.demo.synth import RATE_HZ, Mono, Stereo, banded

_WINDOW, _HOP = 1024, 256
_CHUNK = 2048  # windows filtered at once: bounds the memory


def add(bus: Stereo, sound: Mono | Stereo, at: int, level: float = 1.0, pan: float = 0.0) -> None:
    """Mix a sound into a bus from sample `at` on; what overhangs is lost. `pan`: -1 left, 1 right."""
    start, end = max(at, 0), min(at + len(sound), len(bus))
    if start >= end:
        return
    part = sound[start - at : end - at]
    sides = part if part.ndim == 2 else np.repeat(part[:, None], 2, axis=1)
    bus[start:end] += level * sides * [min(1.0, 1 - pan), min(1.0, 1 + pan)]


def curve(samples: int, points: Sequence[tuple[float, float]], *, geometric: bool = False) -> Mono:
    """A line through (sample, value) points; `geometric` moves by equal ratios, as ears hear frequency."""
    at, value = np.array(points, np.float64).T
    line = np.interp(np.arange(samples), at, np.log(value) if geometric else value)
    return np.asarray(np.exp(line) if geometric else line)


def swept(bus: Stereo, cutoff_hz: Mono, *, high: bool = False, peak: float = 0.0) -> Stereo:
    """A low-pass (or `high`-pass) whose cutoff moves, 24 dB an octave, with a peak at the cutoff.

    Windowed spectra are scaled and added up again, so it has no phase of its own.
    """
    samples = len(bus)
    window = np.hanning(_WINDOW + 1)[:-1].astype(np.float32)
    windows = samples // _HOP + _WINDOW // _HOP + 1
    padded = np.zeros(((windows - 1) * _HOP + _WINDOW, 2), np.float32)
    lead = _WINDOW - _HOP
    padded[lead : lead + samples] = bus
    out = np.zeros_like(padded)
    hz = np.fft.rfftfreq(_WINDOW, 1 / RATE_HZ)[1:].astype(np.float32)
    middle = np.clip(np.arange(windows) * _HOP - lead + _WINDOW // 2, 0, samples - 1)
    cutoffs = cutoff_hz[middle].astype(np.float32)
    for first in range(0, windows, _CHUNK):
        rows = np.arange(first, min(first + _CHUNK, windows))
        octaves = np.log2(hz / cutoffs[rows][:, None])
        gain = 1 / np.sqrt(1 + 2.0 ** (np.clip(-octaves if high else octaves, -12, 12) * 8))
        gain *= 1 + peak * np.exp(-((octaves / 0.25) ** 2))
        gain = np.concatenate((np.full((len(rows), 1), 0 if high else 1, np.float32), gain), axis=1)
        index = rows[:, None] * _HOP + np.arange(_WINDOW)
        for side in (0, 1):
            spectra = np.fft.rfft(padded[index, side] * window, axis=1) * gain
            pieces = np.fft.irfft(spectra, _WINDOW, axis=1)
            start = int(rows[0]) * _HOP
            for quarter in range(_WINDOW // _HOP):  # a quarter of each window at a time: these do not overlap
                piece = pieces[:, quarter * _HOP : (quarter + 1) * _HOP].ravel()
                begin = start + quarter * _HOP
                out[begin : begin + len(piece), side] += piece
    return out[lead : lead + samples].astype(np.float64) / (_WINDOW / _HOP / 2)


def echo(bus: Stereo, delay_samples: int, feedback: float, repeats: int = 6) -> Stereo:
    """Repeats that jump from side to side, each darker and softer; without the sound itself."""
    out = np.zeros_like(bus)
    wet = bus
    for repeat in range(1, repeats + 1):
        wet = np.stack([banded(wet[:, side], 250, 6500) for side in (1, 0)], axis=1) * feedback
        at = repeat * delay_samples
        if at >= len(out):
            break
        out[at:] += wet[: len(out) - at]
    return out


def room(bus: Stereo, length_s: float, random: np.random.Generator, low_hz: float = 220) -> Stereo:
    """Reverberation that falls by 60 dB in `length_s`; without the sound itself."""
    samples = int(length_s * RATE_HZ)
    fall = 10 ** (-3 * np.arange(samples) / samples) * np.minimum(np.arange(samples) / 900, 1)
    size = 1 << (len(bus) + samples - 1).bit_length()
    out = np.empty_like(bus)
    for side in (0, 1):
        answer = banded(random.normal(0, 1, samples), low_hz, 6000) * fall
        answer /= np.sqrt(np.sum(answer**2))
        wet = np.fft.irfft(np.fft.rfft(bus[:, side], size) * np.fft.rfft(answer, size), size)
        out[:, side] = wet[: len(bus)]
    return out


def pumped(
    samples: int, kicks: Sequence[int], depth: float, release_s: float
) -> Float64[np.ndarray, "samples 1"]:
    """The gain that makes way for each kick and comes back."""
    gain = np.ones(samples)
    release = int(release_s * RATE_HZ)
    back = np.sin(np.linspace(0, np.pi / 2, release)) ** 2
    for at in kicks:
        end = min(at + release, samples)
        gain[at:end] = 1 - depth * (1 - back[: end - at])
    return gain[:, None]


_BLOCK = 64
_AHEAD = 6  # blocks: 9 ms


def limited(bus: Stereo, ceiling: float, release_s: float = 0.12) -> Stereo:
    """The same, softly held below the ceiling by a gain that looks ahead."""
    blocks = -(-len(bus) // _BLOCK)
    peaks = np.zeros(blocks * _BLOCK)
    peaks[: len(bus)] = np.abs(bus).max(axis=1)
    wanted = np.minimum(1, ceiling / np.maximum(peaks.reshape(blocks, _BLOCK).max(axis=1), 1e-9))
    padded = np.pad(wanted, _AHEAD, mode="edge")
    lowest = np.lib.stride_tricks.sliding_window_view(padded, 2 * _AHEAD + 1).min(axis=1)
    keep = np.exp(-_BLOCK / RATE_HZ / release_s)
    held, now = np.empty(blocks), 1.0
    for block, low in enumerate(lowest.tolist()):
        now = min(low, 1 - (1 - now) * keep)
        held[block] = now
    smooth = np.convolve(
        np.pad(held, _AHEAD // 2, mode="edge"), np.full(_AHEAD + 1, 1 / (_AHEAD + 1)), "valid"
    )
    centres = (np.arange(blocks) + 0.5) * _BLOCK
    gain = np.interp(np.arange(len(bus)), centres, smooth)
    return np.clip(bus * gain[:, None], -ceiling, ceiling)
