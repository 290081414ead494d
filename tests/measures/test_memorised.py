"""Seconds of motion: copies are found whatever their place, heading, side and pace; noise is far from all."""

import numpy as np
import pytest
from fakes.stepper import stepping

from groovecast.measures.memorised import HeldOut, learned_from, nearest_m
from groovecast.measures.seconds import SECOND_FRAMES, Library, seconds_of
from groovecast.motion.pose import Motion
from groovecast.motion.rotation import quat_from_axis_angle, quat_from_yaw, quat_multiply
from groovecast.motion.stretch import mirrored, stretched


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
def learned() -> Motion:
    """What is learned."""
    return stepping(8.0, 110.0)


@pytest.fixture(scope="module")
def library(learned: Motion) -> Library:
    """It, as a training sees it."""
    return learned_from([learned], (1.0, 1.25))


def test_a_copied_second_is_no_distance_away_wherever_it_is_danced(learned: Motion, library: Library) -> None:
    copied = _elsewhere(_part(learned, 60, 90))
    near = library.nearest(seconds_of(copied))
    assert near.distance_m[0] < 1e-4 and near.frame[0] == 60


def test_a_copied_and_mirrored_or_slowed_second_is_no_distance_away_either(
    learned: Motion, library: Library
) -> None:
    assert library.nearest(seconds_of(_part(mirrored(learned), 60, 90))).distance_m[0] < 1e-4
    assert library.nearest(seconds_of(_part(stretched(learned, 1.25), 60, 90))).distance_m[0] < 1e-4


@pytest.mark.parametrize("first", [60, 61, 62, 210])
def test_a_sparser_library_finds_a_copy_whichever_frame_it_begins_at(learned: Motion, first: int) -> None:
    near = learned_from([learned], (1.0,), hop_frames=3).nearest(
        seconds_of(_part(learned, first, first + 30))
    )
    assert near.distance_m[0] < 1e-4 and near.frame[0] == first


def test_between_two_known_seconds_is_near_and_noise_is_far(learned: Motion, library: Library) -> None:
    slow = stretched(learned, 2.0)
    shifted = Motion(30.0, slow.root_m[121:181:2], slow.local_quat_wxyz[121:181:2])  # half a frame late
    near = library.nearest(seconds_of(shifted)).distance_m[0]
    far = library.nearest(seconds_of(_noise(30))).distance_m[0]
    assert 1e-5 < near < 0.02 < 0.15 < far


def test_the_search_finds_what_a_search_of_everything_finds() -> None:
    known, asked = _noise(200, 1), _noise(90, 2)
    everything, seconds = seconds_of(known, 1), seconds_of(asked)
    for second, distance in zip(seconds, Library([known]).nearest(seconds).distance_m, strict=True):
        assert distance == pytest.approx(np.linalg.norm(everything - second, axis=1).min(), rel=0.02)


def test_a_dancer_that_copies_is_told_from_one_that_does_not(learned: Motion, library: Library) -> None:
    beside = HeldOut(nearest_m([stepping(8.0, 131.0)], library, SECOND_FRAMES)[0])
    copied = beside.beside(nearest_m([learned], library, SECOND_FRAMES)[0])
    assert copied.copied_share == 1.0 and copied.median_m < 1e-4 < beside.near_m
    own = beside.beside(nearest_m([_noise(240)], library, SECOND_FRAMES)[0])
    assert own.copied_share == 0.0 and own.median_m > float(np.median(beside.distance_m))


def test_one_held_out_second_in_twenty_is_called_near() -> None:
    beside = HeldOut(np.linspace(0.1, 0.2, 101, dtype=np.float32))
    assert beside.near_m == pytest.approx(0.105)
    assert beside.beside(beside.distance_m).copied_share == pytest.approx(0.05, abs=0.01)


def test_nothing_to_judge_is_an_error_that_says_so() -> None:
    none = np.zeros(0, np.float32)
    with pytest.raises(ValueError, match="no held-out second"):
        HeldOut(none)
    with pytest.raises(ValueError, match="no danced second"):
        HeldOut(np.ones(3, np.float32)).beside(none)
