"""A drum machine for the ears' tests."""

from collections.abc import Callable

import numpy as np
import pytest

RATE_HZ = 24000


def _drums(beats_s: np.ndarray, seconds: float) -> np.ndarray:
    """Kicks on the beats, hats half way between, and a soft chord that changes with every bar of four."""
    out, rng = np.zeros(int(seconds * RATE_HZ), np.float32), np.random.default_rng(0)
    t = np.arange(4800) / RATE_HZ
    kick = np.sin(2 * np.pi * (50 * t + 3 * (1 - np.exp(-40 * t)))) * np.exp(-14 * t)
    hat = 0.25 * np.diff(rng.standard_normal(4801)) * np.exp(-60 * t)
    halves_s = (beats_s[:-1] + beats_s[1:]) / 2
    for times_s, sound in ((beats_s, kick), (halves_s, hat)):
        for first in np.round(times_s * RATE_HZ).astype(int):
            length = max(0, min(len(sound), len(out) - first))
            out[first : first + length] += sound[:length].astype(np.float32)
    seconds_in = np.arange(len(out)) / RATE_HZ
    bar = np.searchsorted(beats_s, seconds_in, side="right") // 4
    for note in (0, 4, 7):
        hz = 220 * 2 ** ((note + np.array([0, 5, 7, 3])[bar % 4]) / 12)
        out += (0.04 * np.sin(2 * np.pi * np.cumsum(hz) / RATE_HZ)).astype(np.float32)
    return 0.6 * out


@pytest.fixture(scope="session")
def drums() -> Callable[[np.ndarray, float], np.ndarray]:
    """A function from beat times and a length in seconds to 24 kHz samples."""
    return _drums
