"""Seconds of motion: copies are found whatever their place, heading and side, and noise is far from everything."""

import numpy as np
import pytest
from fakes.stepper import stepping, takes

from groovecast.motion.pose import Motion
from groovecast.motion.rotation import quat_from_axis_angle, quat_from_yaw, quat_multiply
from groovecast.train.memorised import learned_from, nearest_seconds
from groovecast.train.seconds import Library, seconds_of
from groovecast.train.stretch import mirrored, stretched
from groovecast.train.twins import twins_of


def _part(motion: Motion, first: int, last: int) -> Motion:
    return Motion(motion.fps, motion.root_m[first:last], motion.local_quat_wxyz[first:last])


def _elsewhere(motion: Motion) -> Motion:
    """The same, danced somewhere else and facing another way."""
    turn = quat_from_yaw(np.array(2.0))
    quat = motion.local_quat_wxyz.copy()
    quat[:, 0] = quat_multiply(np.broadcast_to(turn, quat[:, 0].shape), quat[:, 0])
    return Motion(motion.fps, motion.root_m + np.array([3.0, 0, -1.0]), quat)


def _noise(frames: int, seed: int = 0) -> Motion:
    rng = np.random.default_rng(seed)
    turns = quat_from_axis_angle(0.8 * rng.standard_normal((frames, 22, 3)))
    return Motion(30.0, np.tile([0.0, 0.9, 0.0], (frames, 1)), turns)


@pytest.fixture(scope="module")
def library() -> Library:
    """What is learned from one take."""
    return learned_from(takes(2)[:1], (1.0, 1.25))


def test_a_copied_second_is_no_distance_away_wherever_it_is_danced(library: Library) -> None:
    copied = _elsewhere(_part(takes(2)[0].motion, 60, 90))
    near = library.nearest(seconds_of(copied))
    assert near.distance_m[0] < 1e-4 and near.frame[0] == 60


def test_a_copied_and_mirrored_or_slowed_second_is_no_distance_away_either(library: Library) -> None:
    motion = takes(2)[0].motion
    assert library.nearest(seconds_of(_part(mirrored(motion), 60, 90))).distance_m[0] < 1e-4
    assert library.nearest(seconds_of(_part(stretched(motion, 1.25), 60, 90))).distance_m[0] < 1e-4


def test_between_two_known_seconds_is_near_and_noise_is_far(library: Library) -> None:
    slow = stretched(takes(2)[0].motion, 2.0)
    shifted = Motion(30.0, slow.root_m[121:181:2], slow.local_quat_wxyz[121:181:2])  # half a frame late
    near = library.nearest(seconds_of(shifted)).distance_m[0]
    far = library.nearest(seconds_of(_noise(30))).distance_m[0]
    assert 1e-5 < near < 0.02 < 0.15 < far


def test_the_search_finds_what_a_search_of_everything_finds() -> None:
    known, asked = _noise(200, 1), _noise(90, 2)
    everything = seconds_of(known, 1)
    for second, distance in zip(
        seconds_of(asked), Library([known]).nearest(seconds_of(asked)).distance_m, strict=True
    ):
        assert distance == pytest.approx(np.linalg.norm(everything - second, axis=1).min(), rel=0.02)


def test_a_dancer_that_copies_is_told_from_one_that_does_not() -> None:
    learned, held_out = takes(2)[:1], takes(3)[2:]
    copied, distances = nearest_seconds([learned[0].motion], learned, held_out)
    assert copied.copied_share == 1.0 and copied.generated_median_m < 1e-4 < copied.held_out_median_m
    assert len(distances) == copied.generated_seconds
    own, _ = nearest_seconds([_noise(240)], learned, held_out)
    assert own.copied_share == 0.0 and own.generated_median_m > own.held_out_median_m


def test_nothing_to_judge_is_an_error_that_says_so() -> None:
    with pytest.raises(ValueError, match="0 generated"):
        nearest_seconds([], takes(1), takes(1))


def test_one_take_under_two_names_is_found_also_cut_and_in_a_mirror() -> None:
    one, other = _noise_free(100.0), _noise_free(131.0)
    assert twins_of([one, other]) == []
    assert twins_of([one, other, _elsewhere(one)]) == [(2, 0)]
    assert twins_of([one, other, mirrored(_part(other, 60, 240))]) == [(2, 1)]


def _noise_free(bpm: float) -> Motion:
    """A dance that never repeats itself."""
    motion = stepping(10, bpm)
    rng = np.random.default_rng(int(bpm))
    knots = rng.standard_normal((12, 22, 3)) * 0.4
    at = np.linspace(0, 11, motion.frames)
    low = np.minimum(at.astype(int), 10)
    turns = knots[low] + (knots[low + 1] - knots[low]) * (at - low)[:, None, None]
    return Motion(30.0, motion.root_m, quat_multiply(motion.local_quat_wxyz, quat_from_axis_angle(turns)))
