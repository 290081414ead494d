"""Music against the rest: held notes are music, noise and syllables are not, and nobody looks ahead."""

import numpy as np

from groovecast.audio.features import HOP_SAMPLES, SAMPLE_RATE_HZ, whole
from groovecast.audio.tonality import ToneMeter


def _heard(samples: np.ndarray) -> list[float]:
    meter, musical = ToneMeter(), []
    for alike in meter.alike(whole(samples.astype(np.float32)).power):
        meter.hear(alike, silent=False)
        musical.append(meter.musical)
    return musical


def _chords(seconds: float) -> np.ndarray:
    time_s = np.arange(int(seconds * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ
    root = 220 * 2 ** (np.array([0, 3, -4, 5])[(time_s // 1).astype(int) % 4] / 12)
    phase = 2 * np.pi * np.cumsum(root) / SAMPLE_RATE_HZ
    return 0.1 * sum(np.sin(ratio * phase) for ratio in (1, 1.26, 1.5, 2, 3))


def _syllables(seconds: float) -> np.ndarray:
    """Noise bursts of another colour five times a second, each with a gliding hum: a voice's outline."""
    rng, count = np.random.default_rng(1), int(seconds * SAMPLE_RATE_HZ)
    time_s = np.arange(count) / SAMPLE_RATE_HZ
    turns = np.arange(0, seconds + 1, 0.12)
    pitch = 110 + 60 * np.interp(time_s, turns, rng.random(len(turns)))
    phase = 2 * np.pi * np.cumsum(pitch) / SAMPLE_RATE_HZ
    voice = sum(np.sin(harmonic * phase) / harmonic for harmonic in range(1, 20))
    return 0.1 * voice * np.abs(np.sin(np.pi * 4.3 * time_s)) + 0.02 * rng.standard_normal(count)


def test_chords_are_music() -> None:
    assert _heard(_chords(8))[-1] > 0.9


def test_noise_and_gliding_syllables_are_not() -> None:
    assert max(_heard(0.1 * np.random.default_rng(0).standard_normal(8 * SAMPLE_RATE_HZ))) < 0.1
    assert max(_heard(_syllables(8))) < 0.5


def test_later_sound_changes_nothing_before_it() -> None:
    sound = _chords(4)
    other = sound.copy()
    other[2 * SAMPLE_RATE_HZ :] = 0
    before = 2 * SAMPLE_RATE_HZ // HOP_SAMPLES - 1
    assert _heard(sound)[:before] == _heard(other)[:before]


def test_some_hops_at_once_are_to_the_bit_what_they_are_one_by_one() -> None:
    power = whole(_chords(1).astype(np.float32)).power
    meter = ToneMeter()
    parts = [alike for part in np.split(power, [1, 3, 4, 30, 75]) for alike in meter.alike(part)]
    assert parts == ToneMeter().alike(power)
