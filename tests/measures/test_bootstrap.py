"""Bootstrapped intervals: as wide as theory says, on the figure even where repeats lift it."""

import numpy as np
import pytest

from groovecast.measures.bootstrap import bootstrapped, mean_interval
from groovecast.measures.frechet import frechet_distance


def test_the_interval_of_a_mean_is_as_wide_as_theory_says() -> None:
    values = np.random.default_rng(1).normal(3, 2, 400)
    found = mean_interval(values)
    assert found.value == pytest.approx(values.mean())
    assert found.high - found.low == pytest.approx(2 * 1.96 * 2 / 20, rel=0.15)
    assert found.low < found.value < found.high


def test_equal_values_leave_no_doubt() -> None:
    found = mean_interval(np.full(5, 2.5))
    assert (found.low, found.value, found.high) == (2.5, 2.5, 2.5)


def test_the_interval_of_a_distance_lies_about_it_though_repeats_lift_it() -> None:
    rng = np.random.default_rng(2)
    truth, other = rng.normal(size=(60, 20)), rng.normal(0.5, 1, (40, 20))
    found = bootstrapped(40, lambda drawn: frechet_distance(other[drawn], truth), draws=60)
    assert found.low < found.value < found.high


def test_the_same_songs_give_the_same_interval() -> None:
    values = np.arange(9.0)
    assert mean_interval(values) == mean_interval(values)


def test_a_figure_that_cannot_be_told_for_some_draws_is_told_from_the_others() -> None:
    values = np.array([1.0, np.nan, 3.0])
    found = bootstrapped(3, lambda drawn: float(np.mean(values[drawn])))
    assert np.isnan(found.value)
    with pytest.raises(ValueError, match="0 songs"):
        mean_interval(np.zeros(0))
