"""The Frechet distance and the diversity: the closed forms of two Gaussians, and pairs counted by hand."""

import numpy as np
import pytest

from groovecast.measures.diversity import diversity, pair_distance
from groovecast.measures.frechet import frechet_distance, gaussian_distance, normalised


def _covariance(seed: int, numbers: int) -> np.ndarray:
    root = np.random.default_rng(seed).normal(size=(numbers, numbers))
    return np.asarray(root @ root.T + 0.1 * np.eye(numbers))


def test_diagonal_gaussians_are_as_far_apart_as_the_closed_form_says() -> None:
    gap, one, other = np.array([1.0, -2.0, 0.5]), np.array([4.0, 1.0, 0.25]), np.array([1.0, 9.0, 0.25])
    wanted = np.sum(gap**2) + np.sum((np.sqrt(one) - np.sqrt(other)) ** 2)
    assert gaussian_distance(gap, np.diag(one), np.diag(other)) == pytest.approx(wanted)


def test_two_full_covariances_in_the_plane_follow_their_closed_form() -> None:
    for seed in range(8):
        one, other = _covariance(seed, 2), _covariance(seed + 100, 2)
        product = one @ other
        root_trace = np.sqrt(np.trace(product) + 2 * np.sqrt(np.linalg.det(product)))
        wanted = np.trace(one) + np.trace(other) - 2 * root_trace
        assert gaussian_distance(np.zeros(2), one, other) == pytest.approx(wanted)


def test_full_covariances_that_share_their_axes_follow_their_closed_form() -> None:
    axes = np.linalg.qr(np.random.default_rng(1).normal(size=(66, 66)))[0]
    one, other = (np.random.default_rng(seed).uniform(0.1, 4, 66) for seed in (2, 3))
    found = gaussian_distance(np.zeros(66), axes * one @ axes.T, axes * other @ axes.T)
    assert found == pytest.approx(np.sum((np.sqrt(one) - np.sqrt(other)) ** 2))


def test_samples_of_two_gaussians_are_as_far_apart_as_the_gaussians() -> None:
    rng = np.random.default_rng(4)
    one = rng.normal(0, 1, (40000, 3))
    other = rng.normal(0, 1, (40000, 3)) * np.array([1, 2, 3]) + np.array([0, 0, 1])
    assert frechet_distance(one, other) == pytest.approx(1 + 0 + 1 + 4, rel=0.02)


def test_a_lot_is_at_no_distance_from_itself_and_as_far_there_as_back() -> None:
    rng = np.random.default_rng(5)
    one, other = rng.normal(size=(30, 66)), rng.normal(1, 2, (50, 66))
    assert frechet_distance(one, one) == pytest.approx(0, abs=1e-4)
    assert frechet_distance(one, other) == pytest.approx(frechet_distance(other, one))


def test_fewer_clips_than_numbers_give_a_finite_distance() -> None:
    rng = np.random.default_rng(6)
    one = rng.normal(size=(5, 66))
    assert frechet_distance(one, one + 1) == pytest.approx(66, rel=1e-6)


def test_normalising_is_by_the_ground_truth_and_leaves_out_what_it_never_shows() -> None:
    truth = np.array([[0.0, 5.0, 1.0], [2.0, 5.0, 3.0]])
    other = np.array([[4.0, 9.0, 2.0]])
    ours, theirs = normalised(truth, other)
    assert ours == pytest.approx(np.array([[-1, -1], [1, 1]]))
    assert theirs == pytest.approx(np.array([[3, 0]]))
    floored, _ = normalised(truth, other, least_spread=2.0)
    assert floored == pytest.approx(np.array([[-0.5, -0.5], [0.5, 0.5]]))


def test_diversity_is_the_mean_over_pairs() -> None:
    points = np.array([[0.0, 0.0], [3.0, 4.0], [0.0, 4.0]])
    assert diversity(points) == pytest.approx((5 + 4 + 3) / 3)
    assert diversity(np.ones((4, 2))) == 0


def test_two_dances_to_one_song_are_as_far_apart_as_their_clips() -> None:
    assert pair_distance(np.zeros((2, 2)), np.array([[3.0, 4.0], [0.0, 1.0]])) == pytest.approx(3.0)


@pytest.mark.parametrize("measure", [diversity, lambda lot: frechet_distance(lot, lot)])
def test_one_clip_alone_is_refused_with_the_mend(measure: object) -> None:
    assert callable(measure)
    with pytest.raises(ValueError, match="give 2 or more"):
        measure(np.zeros((1, 4)))
