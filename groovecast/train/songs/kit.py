"""Drum sounds made of sines and noise, another kit for every song."""

from collections.abc import Callable
from functools import lru_cache

import numpy as np
from jaxtyping import Float32

from groovecast.audio.features import SAMPLE_RATE_HZ

Mono = Float32[np.ndarray, " samples"]
Random = np.random.Generator


def drum_kit(pitches: set[int], random: Random) -> dict[int, Mono]:
    """A sound for each General MIDI drum that is asked for, the loudest near 1."""
    family = random.choice(["machine", "machine", "skins", "toy"])
    return {pitch: _peaked(_made(pitch, str(family), random)) for pitch in sorted(pitches)}


def _made(pitch: int, family: str, random: Random) -> Mono:
    makers: dict[int, Callable[[str, Random], Mono]] = {
        35: _kick, 36: _kick, 38: _snare, 40: _snare, 37: _rim, 39: _clap, 42: _closed, 44: _closed, 46: _open,
        51: _ride, 53: _ride, 49: _crash, 57: _crash, 54: _tambourine, 56: _cowbell, 82: _shaker, 70: _shaker,
        69: _shaker, 75: _block, 76: _block, 77: _block, 73: _scrape, 74: _scrape, 67: _cowbell, 68: _cowbell,
        81: _ride,
    }  # fmt: skip
    maker = makers.get(pitch)
    return maker(family, random) if maker else _tom(pitch, random)


def _time(length_s: float) -> Mono:
    return np.arange(int(length_s * SAMPLE_RATE_HZ), dtype=np.float32) / np.float32(SAMPLE_RATE_HZ)


def _peaked(sound: Mono) -> Mono:
    fade = min(len(sound), 120)
    sound[len(sound) - fade :] *= np.linspace(1, 0, fade, dtype=np.float32)
    return np.asarray(sound / max(1e-6, float(np.abs(sound).max())), np.float32)


def between(low: float, high: float, random: Random) -> float:
    """A number between two, even in ratio."""
    return float(np.exp(random.uniform(np.log(low), np.log(high))))


def banded(sound: Mono, low_hz: float, high_hz: float, order: int = 2) -> Mono:
    """What of a sound lies between two frequencies."""
    size = fast_size(len(sound))
    hz = _hz(size)
    response = np.sqrt((1 + (low_hz / hz) ** (2 * order)) * (1 + (hz / high_hz) ** (2 * order)))
    return np.fft.irfft(np.fft.rfft(sound, size) / response, size)[: len(sound)].astype(np.float32)


def fast_size(samples: int) -> int:
    """A length at least as great that a fast Fourier transform likes."""
    step = 240 if samples < 24000 else 4800
    return -(-max(samples, 1) // step) * step


@lru_cache(64)
def _hz(size: int) -> Float32[np.ndarray, " bins"]:
    return np.asarray(np.maximum(np.fft.rfftfreq(size, 1 / SAMPLE_RATE_HZ), 1), np.float32)


def hiss(samples: int, random: Random) -> Mono:
    """White noise."""
    return random.standard_normal(samples, np.float32)


def _falling(t: Mono, end_hz: float, sweep_hz: float, sweep_s: float) -> Mono:
    phase = end_hz * t + sweep_hz * sweep_s * (1 - np.exp(-t / sweep_s))
    return np.sin(2 * np.pi * phase).astype(np.float32)


def _kick(family: str, random: Random) -> Mono:
    length_s = between(0.12, 0.9, random) if family == "machine" else between(0.1, 0.35, random)
    t = _time(length_s)
    body = _falling(t, between(38, 75, random), between(50, 400, random), between(0.01, 0.08, random))
    shape = np.exp(-((t / (length_s * random.uniform(0.25, 0.6))) ** random.uniform(0.8, 2)))
    click = hiss(len(t), random) * np.exp(-t / between(0.001, 0.01, random)) * between(0.02, 0.7, random)
    click = banded(click, between(300, 3000, random), 9000)
    drive = between(1, 5, random)
    return np.asarray(np.tanh(drive * body * shape) / np.tanh(drive) + click, np.float32)


def _snare(family: str, random: Random) -> Mono:
    t = _time(between(0.1, 0.5, random))
    hz = between(130, 280, random)
    drum = sum(
        np.sin(2 * np.pi * hz * ratio * t + random.uniform(0, 6)) / (1 + n)
        for n, ratio in enumerate((1, 1.6, 2.3))
    )
    drum = drum * np.exp(-t / between(0.02, 0.12, random)) * random.uniform(0.05, 1)
    wires = banded(hiss(len(t), random), between(500, 2500, random), between(4000, 12000, random))
    wires = wires * np.exp(-t / between(0.03, 0.2, random))
    return np.asarray(drum + wires * random.uniform(0.4, 1.2), np.float32)


def _rim(family: str, random: Random) -> Mono:
    t = _time(0.08)
    hz = between(350, 1900, random)
    tone = np.sin(2 * np.pi * hz * t) + 0.6 * np.sin(2 * np.pi * hz * random.uniform(1.4, 2.6) * t)
    return np.asarray(
        (tone + 0.3 * hiss(len(t), random)) * np.exp(-t / between(0.004, 0.025, random)), np.float32
    )


def _clap(family: str, random: Random) -> Mono:
    t = _time(between(0.15, 0.5, random))
    gap_s, hands = random.uniform(0.006, 0.016), int(random.integers(2, 5))
    bursts = sum(
        np.where(t >= n * gap_s, np.exp(-np.maximum(t - n * gap_s, 0) / 0.004), 0) for n in range(hands)
    )
    after = t - hands * gap_s
    tail = np.where(after >= 0, np.exp(-np.maximum(after, 0) / between(0.02, 0.15, random)), 0)
    noise = banded(hiss(len(t), random), between(500, 1200, random), between(2500, 8000, random))
    return np.asarray(noise * (bursts + tail * random.uniform(0.3, 1)), np.float32)


def _metal(t: Mono, low_hz: float, random: Random) -> Mono:
    """Square waves whose ratios are not simple, or plain noise."""
    if random.random() < 0.4:
        return banded(hiss(len(t), random), low_hz, 11500)
    tones = sum(np.sign(np.sin(2 * np.pi * hz * t)) for hz in random.uniform(300, 5500, 7))
    return banded(np.asarray(tones, np.float32) + hiss(len(t), random), low_hz, 11500, 3)


def _closed(family: str, random: Random) -> Mono:
    t = _time(between(0.03, 0.15, random))
    return np.asarray(
        _metal(t, between(3000, 8500, random), random) * np.exp(-t / between(0.008, 0.05, random))
    )


def _open(family: str, random: Random) -> Mono:
    t = _time(between(0.2, 0.7, random))
    return np.asarray(
        _metal(t, between(2500, 7500, random), random) * np.exp(-t / between(0.08, 0.3, random))
    )


def _ride(family: str, random: Random) -> Mono:
    t = _time(between(0.4, 1.2, random))
    stick = np.exp(-t / 0.02) + random.uniform(0.1, 0.6) * np.exp(-t / between(0.15, 0.6, random))
    ping = np.sin(2 * np.pi * between(1800, 5000, random) * t) * np.exp(-t / between(0.05, 0.4, random))
    return np.asarray(
        _metal(t, between(1800, 5000, random), random) * stick + random.uniform(0, 0.5) * ping, np.float32
    )


def _crash(family: str, random: Random) -> Mono:
    t = _time(between(0.8, 2.5, random))
    return np.asarray(_metal(t, between(800, 3500, random), random) * np.exp(-t / between(0.25, 0.9, random)))


def _tambourine(family: str, random: Random) -> Mono:
    t = _time(0.2)
    return np.asarray(
        _metal(t, between(4000, 8000, random), random) * np.exp(-t / between(0.02, 0.08, random))
    )


def _shaker(family: str, random: Random) -> Mono:
    t = _time(between(0.05, 0.15, random))
    rise_s = between(0.004, 0.03, random)
    shape = np.minimum(t / rise_s, 1) * np.exp(-np.maximum(t - rise_s, 0) / between(0.01, 0.04, random))
    return banded(hiss(len(t), random) * shape, between(2500, 7000, random), 11500)


def _cowbell(family: str, random: Random) -> Mono:
    t = _time(between(0.1, 0.4, random))
    hz = between(420, 1400, random)
    tones = np.sign(np.sin(2 * np.pi * hz * t)) + np.sign(
        np.sin(2 * np.pi * hz * random.uniform(1.4, 1.6) * t)
    )
    return banded(np.asarray(tones * np.exp(-t / between(0.03, 0.12, random)), np.float32), hz * 0.7, hz * 4)


def _block(family: str, random: Random) -> Mono:
    t = _time(0.12)
    tone = np.sin(2 * np.pi * between(600, 2800, random) * t)
    return np.asarray(tone * np.exp(-t / between(0.006, 0.03, random)), np.float32)


def _scrape(family: str, random: Random) -> Mono:
    t = _time(between(0.1, 0.3, random))
    teeth = np.clip(np.sin(2 * np.pi * between(40, 110, random) * t), 0, 1) ** 2
    return banded(np.asarray(hiss(len(t), random) * teeth, np.float32), 1500, 8000)


def _tom(pitch: int, random: Random) -> Mono:
    t = _time(between(0.12, 0.5, random))
    hz = {45: 95.0, 47: 130.0, 50: 175.0, 64: 180.0, 63: 240.0, 62: 300.0, 61: 320.0, 60: 430.0}.get(
        pitch, 260.0
    )
    hz *= between(0.8, 1.3, random)
    tone = _falling(t, hz, hz * random.uniform(0.05, 0.8), between(0.01, 0.06, random))
    skin = banded(hiss(len(t), random) * np.exp(-t / 0.008), 300, 6000) * random.uniform(0.1, 0.7)
    return np.asarray(tone * np.exp(-t / between(0.04, 0.2, random)) + skin, np.float32)
