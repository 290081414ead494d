"""The smoothest correction: nothing for nothing, what was asked where it is dear, and the same however it is cut."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from groovecast.motion.least_jerk import REMEMBERED, least_jerk


def _asked(seed: int, frames: int = 50) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    slide, towards = random.normal(0, 0.01, (2, frames, 2))
    return slide, 1e4 * (random.random(frames) < 0.5), towards, random.uniform(0.5, 2, frames)


@given(st.integers(0, 999), st.integers(1, 49))
def test_cut_anywhere_the_rest_is_the_same(seed: int, cut: int) -> None:
    slide, hold, towards, near = _asked(seed)
    before = np.random.default_rng(seed + 1).normal(0, 0.01, (REMEMBERED, 2))
    whole = least_jerk(slide, hold, towards, near, 1000.0, before)
    seen = np.concatenate((before, whole))[cut : cut + REMEMBERED]
    rest = least_jerk(slide[cut:], hold[cut:], towards[cut:], near[cut:], 1000.0, seen)
    np.testing.assert_allclose(rest, whole[cut:], atol=1e-9)


def test_where_nothing_slides_nothing_is_corrected() -> None:
    still = np.zeros((50, 2))
    found = least_jerk(still, np.full(50, 1e4), still, np.ones(50), 1000.0, still[:REMEMBERED])
    np.testing.assert_array_equal(found, still)


def test_what_is_dear_is_held_and_an_offset_dies_away_in_a_third_of_a_second() -> None:
    slide = np.full((50, 1), 0.005)
    hold = np.where(np.arange(50) < 20, 1e6, 0.0)
    found = least_jerk(slide, hold, np.zeros((50, 1)), np.ones(50), 1000.0, np.zeros((REMEMBERED, 1)))
    np.testing.assert_allclose(np.diff(found[2:20, 0]), -0.005, atol=2e-4)
    # it goes on a little, brakes, comes back: the smoothest there is
    assert np.abs(found[32:]).max() < 0.3 * np.abs(found[19])


@pytest.mark.parametrize("jerk", [10.0, 1000.0])
def test_the_dearer_the_jerk_the_smoother(jerk: float) -> None:
    slide, hold, towards, near = _asked(3)
    smooth, smoother = (
        np.abs(
            np.diff(least_jerk(slide, hold, towards, near, price, towards[:REMEMBERED]), n=3, axis=0)
        ).sum()
        for price in (jerk, 10 * jerk)
    )
    assert smoother < smooth
