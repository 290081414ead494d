"""The level of an input: what is measured between two looks, and nothing else."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime.meter import QUIETEST_DB, Meter


def test_a_sine_of_full_scale_has_minus_3_db() -> None:
    meter = Meter()
    sine = np.sin(2 * np.pi * 1000 * np.arange(4800) / 48000).astype(np.float32)
    for block in np.split(sine, 10):
        meter.hear(block)
    level = meter.read()
    assert (level.rms_db, level.peak_db) == (pytest.approx(-3.01, abs=0.01), pytest.approx(0, abs=0.01))


@given(st.lists(st.floats(0.001, 1), min_size=2, max_size=20), st.integers(1, 50))
def test_each_look_tells_of_the_time_since_the_last(levels: list[float], samples: int) -> None:
    meter = Meter()
    for level in levels:
        meter.hear(np.full(samples, -level, np.float32))
        seen = meter.read()
        assert seen.peak_db == pytest.approx(20 * np.log10(level), abs=1e-3)
        assert seen.rms_db == pytest.approx(20 * np.log10(level), abs=0.2)


def test_silence_and_nothing_are_the_quietest() -> None:
    meter = Meter()
    assert meter.read().rms_db == QUIETEST_DB
    meter.hear(np.zeros(100, np.float32))
    meter.hear(np.zeros(0, np.float32))
    assert meter.read().peak_db == meter.read().rms_db == QUIETEST_DB


def test_a_broken_sample_is_forgotten_at_the_next_look() -> None:
    meter = Meter()
    meter.hear(np.array([np.nan, 0.5], np.float32))
    meter.read()
    meter.hear(np.full(100, 0.1, np.float32))
    assert meter.read().rms_db == pytest.approx(-20, abs=0.1)
