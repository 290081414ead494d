"""The model's 141 numbers lead back to the motion, exactly enough to dance by."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from groovecast.motion.kinematics import world_from_local
from groovecast.motion.pose import Motion
from groovecast.motion.representation import (
    HOME,
    NUMBERS,
    motion_from_numbers,
    numbers_from_motion,
    stance_before,
)
from groovecast.motion.rotation import quat_inverse, quat_multiply, slerp, unit
from groovecast.motion.skeleton import groovecast_skeleton


def _random_motion(seed: int, frames: int = 40) -> Motion:
    rng = np.random.default_rng(seed)
    start, end = (unit(rng.standard_normal((22, 4))) for _ in range(2))
    share = np.linspace(0, 1, frames)
    quat = np.stack([slerp(start, end, np.full(22, value)) for value in share])
    return Motion(30.0, np.cumsum(rng.normal(0, 0.03, (frames, 3)), axis=0), quat)


def _errors(back: Motion, motion: Motion) -> tuple[float, float]:
    turn = quat_multiply(back.local_quat_wxyz.astype(np.float64), quat_inverse(motion.local_quat_wxyz))
    angle = 2 * np.arctan2(np.linalg.norm(turn[..., 1:], axis=-1), np.abs(turn[..., 0]))
    skeleton = groovecast_skeleton()
    offset = skeleton.rest_offset_m.astype(np.float64)
    here, _ = world_from_local(
        back.root_m.astype(np.float64), back.local_quat_wxyz.astype(np.float64), offset, skeleton.parents
    )
    there, _ = world_from_local(motion.root_m, motion.local_quat_wxyz, offset, skeleton.parents)
    return float(angle.max()), float(np.linalg.norm(here - there, axis=-1).max())


@given(st.integers(0, 10_000))
def test_any_motion_comes_back_from_its_numbers(seed: int) -> None:
    motion = _random_motion(seed)
    numbers = numbers_from_motion(motion, np.zeros((motion.frames, 4)))
    back, _ = motion_from_numbers(numbers, motion.fps, stance_before(motion))
    angle_rad, place_m = _errors(back, motion)
    assert angle_rad < 1e-4 and place_m < 1e-3


@given(st.integers(0, 10_000), st.integers(1, 39))
def test_numbers_decoded_in_two_parts_are_the_numbers_decoded_whole(seed: int, cut: int) -> None:
    motion = _random_motion(seed)
    numbers = numbers_from_motion(motion, np.zeros((motion.frames, 4)))
    whole, _ = motion_from_numbers(numbers, 30.0, HOME)
    first, stance = motion_from_numbers(numbers[:cut], 30.0, HOME)
    second, _ = motion_from_numbers(numbers[cut:], 30.0, stance)
    np.testing.assert_allclose(np.concatenate((first.root_m, second.root_m)), whole.root_m, atol=1e-5)


@given(st.integers(0, 10_000))
def test_any_numbers_at_all_are_a_body_with_unit_rotations(seed: int) -> None:
    numbers = np.random.default_rng(seed).normal(0, 2, (10, NUMBERS)).astype(np.float32)
    motion, _ = motion_from_numbers(numbers, 30.0)
    np.testing.assert_allclose(np.linalg.norm(motion.local_quat_wxyz, axis=-1), 1, atol=1e-5)
    assert np.isfinite(motion.root_m).all()


def test_the_numbers_do_not_know_where_on_stage_the_dancer_is() -> None:
    motion = _random_motion(3)
    moved = Motion(motion.fps, motion.root_m + np.array([5.0, 0, -2.0]), motion.local_quat_wxyz)
    contacts = np.zeros((motion.frames, 4))
    np.testing.assert_allclose(
        numbers_from_motion(moved, contacts), numbers_from_motion(motion, contacts), atol=1e-6
    )


@pytest.mark.shared
def test_real_takes_come_back_within_a_tenth_of_a_milliradian_and_a_millimetre(capture_folder: Path) -> None:
    from groovecast.train.capture import read_archive
    from groovecast.train.takes import retargeted

    names = ("cmu_breakdance_karate", "cmu_street_modern_martial", "cmu_jump_turns")
    for name in names:
        motion = retargeted(list(read_archive(capture_folder / f"{name}.npz"))[3])
        numbers = numbers_from_motion(motion, np.zeros((motion.frames, 4)))
        back, _ = motion_from_numbers(numbers, motion.fps, stance_before(motion))
        angle_rad, place_m = _errors(back, motion)
        assert angle_rad < 1e-4 and place_m < 1e-3, name
