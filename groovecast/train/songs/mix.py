"""The mixing desk: two stems through the same tone, compressor, room and loudspeaker."""

import numpy as np
from jaxtyping import Float32

from groovecast.audio.features import SAMPLE_RATE_HZ
from groovecast.train.songs.kit import banded, between, fast_size, hiss

Mono = Float32[np.ndarray, " samples"]
Random = np.random.Generator
_BLOCK = 48  # samples: 2 ms, the compressor's step


def add(bus: Mono, sound: Mono, at: int, level: float) -> None:
    """Mix a sound in from sample `at` on; what overhangs is lost."""
    end = min(at + len(sound), len(bus))
    if 0 <= at < end:
        bus[at:end] += np.float32(level) * sound[: end - at]


def mastered(drums: Mono, rest: Mono, random: Random) -> tuple[Mono, Mono]:
    """Both stems balanced, coloured and brought to a random loudness together."""
    drums, rest = _levelled(drums), _levelled(rest)
    drums = drums * np.float32(between(0.4, 2.2, random))
    stems = [drums, rest]
    if random.random() < 0.6:
        stems = [_roomy(stem, between(0.1, 3.0, random), random.uniform(0.02, 0.5), random) for stem in stems]
    if random.random() < 0.6:
        gain = _compressed(stems[0] + stems[1], random)
        stems = [stem * gain for stem in stems]
    response = _tone(len(drums), random)
    stems = [_filtered(stem, response) for stem in stems]
    loud = float(np.sqrt(np.mean((stems[0] + stems[1]) ** 2))) + 1e-9
    if random.random() < 0.6:  # tape, amplifiers, the room
        floor = banded(hiss(len(drums), random), between(20, 300, random), between(1500, 11000, random))
        stems[1] = stems[1] + floor * np.float32(loud * 10 ** (random.uniform(-65, -28) / 20))
    gain_to = 10 ** (random.uniform(-34, -10) / 20) / loud
    stems = [stem * np.float32(gain_to) for stem in stems]
    if random.random() < 0.3:
        drive = between(1, 6, random)
        peak = float(np.abs(stems[0] + stems[1]).max()) + 1e-9
        stems = [np.tanh(stem * (drive / peak)) * np.float32(peak / drive) for stem in stems]
    return stems[0].astype(np.float32), stems[1].astype(np.float32)


def echoed(stem: Mono, delay_s: float, random: Random) -> Mono:
    """With repeats, each softer and darker."""
    out, wet, delay = stem.copy(), stem, int(delay_s * SAMPLE_RATE_HZ)
    feedback, top_hz = np.float32(random.uniform(0.2, 0.6)), between(1500, 8000, random)
    for repeat in range(1, 5):
        wet = feedback * wet
        if repeat * delay < len(out):
            out[repeat * delay :] += wet[: len(out) - repeat * delay]
    return banded(out, 20, top_hz) * np.float32(0.5) + stem * np.float32(0.5)


def faded(drums: Mono, rest: Mono, random: Random) -> tuple[Mono, Mono]:
    """For some seconds the desk's filter takes the low or the high away, as DJs do before a drop."""
    begin, end = np.sort(random.uniform(0, len(drums), 2))
    ramp = np.clip((np.arange(len(drums)) - begin) / max(1.0, end - begin), 0, 1).astype(np.float32)
    ramp *= np.arange(len(drums)) < end
    low_hz, high_hz = (
        (between(200, 900, random), 11000) if random.random() < 0.5 else (20, between(200, 900, random))
    )
    return (
        drums + ramp * (banded(drums, low_hz, high_hz) - drums), rest + ramp * (banded(rest, low_hz, high_hz) - rest)
    )  # fmt: skip


def _levelled(stem: Mono) -> Mono:
    """As loud in its loud parts as any other; silence stays silent."""
    windows = stem[: len(stem) // 2400 * 2400].reshape(-1, 2400)
    loud = float(np.percentile(np.sqrt(np.mean(windows**2, axis=1)), 80)) if len(windows) else 0.0
    return stem * np.float32(0.1 / loud) if loud > 1e-5 else stem


def _roomy(stem: Mono, length_s: float, wet: float, random: Random) -> Mono:
    if not stem.any():
        return stem
    samples = int(length_s * SAMPLE_RATE_HZ)
    fall = np.exp(-6.9 * np.arange(samples, dtype=np.float32) / samples)
    answer = banded(hiss(samples, random) * fall, between(80, 500, random), between(1500, 9000, random))
    answer /= np.sqrt(np.sum(answer**2))
    size = fast_size(len(stem) + samples)
    wetted = np.fft.irfft(np.fft.rfft(stem, size) * np.fft.rfft(answer, size), size)[: len(stem)]
    return (stem * np.float32(1 - wet * 0.5) + np.float32(wet) * wetted).astype(np.float32)


def _compressed(both: Mono, random: Random) -> Mono:
    """The gain of a compressor, held for each 2 ms and drawn in lines."""
    blocks = len(both) // _BLOCK
    level = np.sqrt(np.mean(both[: blocks * _BLOCK].reshape(blocks, _BLOCK) ** 2, axis=1)) + 1e-6
    keep = np.exp(-_BLOCK / SAMPLE_RATE_HZ / between(0.03, 0.4, random))
    threshold, ratio = float(np.percentile(level, 60)), between(1.5, 8, random)
    held, now = np.empty(blocks), 0.0
    for block, value in enumerate(level.tolist()):
        now = max(value, now * keep)
        held[block] = now
    gain = np.minimum(1, (threshold / held)) ** (1 - 1 / ratio)
    return np.interp(np.arange(len(both)), np.arange(blocks) * _BLOCK, gain).astype(np.float32)


def _tone(samples: int, random: Random) -> Float32[np.ndarray, " bins"]:
    """A tilt, a bump, and sometimes a small loudspeaker."""
    hz = np.fft.rfftfreq(fast_size(samples + 4096), 1 / SAMPLE_RATE_HZ).astype(np.float32) + 1
    octaves = np.log2(hz / 800)
    gain_db = random.normal(0, 1.6) * octaves
    gain_db += random.normal(0, 4) * np.exp(-((octaves - random.uniform(-3, 3)) ** 2))
    response = 10 ** (np.clip(gain_db, -30, 30) / 20)
    if random.random() < 0.25:
        response /= np.sqrt(1 + (hz / between(2500, 9000, random)) ** 8)
    if random.random() < 0.25:
        response /= np.sqrt(1 + (between(40, 350, random) / hz) ** 6)
    return np.asarray(response, np.float32)


def _filtered(stem: Mono, response: Float32[np.ndarray, " bins"]) -> Mono:
    if not stem.any():
        return stem
    size = fast_size(len(stem) + 4096)
    return np.fft.irfft(np.fft.rfft(stem, size) * response, size)[: len(stem)].astype(np.float32)
