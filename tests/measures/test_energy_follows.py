"""Energy: ranks that agree, ranks that tie, and the answer to a breakdown and a drop."""

import numpy as np
import pytest

from groovecast.measures.energy import answer_to_change, loudness_db, mean_over, rank_correlation


def test_rising_together_is_one_and_against_each_other_minus_one() -> None:
    values = np.array([1.0, 2.0, 3.0, 5.0])
    assert rank_correlation(values, values**3) == pytest.approx(1.0)
    assert rank_correlation(values, -values) == pytest.approx(-1.0)


def test_ties_share_their_rank() -> None:
    found = rank_correlation(np.array([1.0, 2.0, 2.0, 3.0]), np.array([1.0, 2.0, 3.0, 4.0]))
    assert found == pytest.approx(0.9486833)


def test_what_never_changes_has_no_correlation() -> None:
    assert np.isnan(rank_correlation(np.ones(4), np.arange(4.0)))
    assert np.isnan(rank_correlation(np.arange(2.0), np.arange(2.0)))


def test_loudness_is_counted_in_decibels_of_each_span() -> None:
    samples = np.concatenate((np.ones(100), np.full(100, 0.1), np.zeros(100)))
    spans = [(0.0, 1.0), (1.0, 2.0), (2.0, 3.0)]
    assert loudness_db(samples, 100, spans) == pytest.approx([0, -20, -100])
    assert np.isnan(mean_over(samples, 100, [(9.0, 10.0)])).all()


def test_a_drop_lifts_and_a_breakdown_calms_from_one_bar_after_it() -> None:
    fps, bar_s = 30.0, 2.0
    # calm for 10 s, lively from half a bar after the drop on
    curve = np.where(np.arange(600) / fps < 11.0, 1.0, 3.0)
    assert answer_to_change(curve, fps, 10.0, bar_s) == pytest.approx(3.0)
    assert answer_to_change(curve[::-1], fps, 9.0, bar_s) == pytest.approx(1 / 3)


def test_a_change_too_near_the_end_has_no_answer() -> None:
    assert np.isnan(answer_to_change(np.ones(300), 30.0, 9.0, 2.0))
    assert np.isnan(answer_to_change(np.ones(300), 30.0, 1.0, 2.0))
