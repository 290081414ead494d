"""The graph's end says what the product's own arithmetic says of the same numbers."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from export.pose_head import PoseHead
from groovecast.motion.kinematics import world_from_local
from groovecast.motion.representation import HEIGHT, NUMBERS, motion_from_numbers
from groovecast.motion.skeleton import groovecast_skeleton


def _apart(a: np.ndarray, b: np.ndarray) -> float:
    """The largest angle between rotations, in degrees; a quaternion and its negative are one rotation."""
    return float(np.degrees(2 * np.arcsin(np.minimum(1, np.linalg.norm(a - b, axis=-1) / 2))).max())


def _same_sign(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.where(np.sum(a * b, axis=-1, keepdims=True) < 0, -a, a)


@given(seed=st.integers(0, 2**32 - 1), spread=st.sampled_from([0.3, 1.0, 4.0]))
def test_any_numbers_become_the_motion_that_they_mean(seed: int, spread: float) -> None:
    numbers = np.random.default_rng(seed).normal(0, spread, (20, NUMBERS)).astype(np.float32)
    root, quat = PoseHead(20, 30.0)(torch.from_numpy(numbers[None]))
    motion, _ = motion_from_numbers(numbers, 30.0)
    np.testing.assert_allclose(root[0], motion.root_m, atol=2e-3)
    assert _apart(_same_sign(quat[0].numpy(), motion.local_quat_wxyz), motion.local_quat_wxyz) < 0.5
    np.testing.assert_allclose(np.linalg.norm(quat.numpy(), axis=-1), 1, atol=1e-5)


def test_of_a_body_that_stands_and_turns_every_joint_is_within_a_hundredth_of_a_millimetre() -> None:
    turn = np.radians(np.linspace(-170, 170, 30))
    numbers = np.zeros((30, NUMBERS), np.float32)
    numbers[:, 0], numbers[:, 1], numbers[:, HEIGHT] = np.sin(turn), np.cos(turn), 0.9
    numbers[:, 2:4] = 1.5
    six = np.random.default_rng(3).normal(0, 0.4, (30, 22, 6)) + np.array([1, 0, 0, 0, 1, 0])
    numbers[:, 5:137] = six.reshape(30, 132)
    root, quat = PoseHead(30, 30.0)(torch.from_numpy(numbers[None]))
    motion, _ = motion_from_numbers(numbers, 30.0)
    skeleton = groovecast_skeleton()
    offset = skeleton.rest_offset_m.astype(np.float64)
    ours, _ = world_from_local(
        root[0].numpy().astype(np.float64), quat[0].numpy().astype(np.float64), offset, skeleton.parents
    )
    theirs, _ = world_from_local(
        motion.root_m.astype(np.float64), motion.local_quat_wxyz.astype(np.float64), offset, skeleton.parents
    )
    assert np.abs(ours - theirs).max() < 1e-5


@pytest.mark.parametrize("six", [np.zeros(6), np.array([1, 0, 0, 2, 0, 0]), np.full(6, np.float32(1e-30))])
def test_numbers_that_are_no_rotation_still_give_finite_ones(six: np.ndarray) -> None:
    numbers = np.zeros((2, NUMBERS), np.float32)
    numbers[:, 5:137] = np.tile(six, 22)
    root, quat = PoseHead(2, 30.0)(torch.from_numpy(numbers[None]))
    assert torch.isfinite(root).all() and torch.isfinite(quat).all()


def test_a_turn_of_exactly_half_a_circle_in_one_frame_is_taken_for_none() -> None:
    numbers = np.zeros((3, NUMBERS), np.float32)
    numbers[:, 1], numbers[:, 5], numbers[:, 9] = (1, -1, 1), 1, 1
    _, quat = PoseHead(3, 30.0)(torch.from_numpy(numbers[None]))
    np.testing.assert_allclose(quat[0, :, 0], [[1, 0, 0, 0]] * 3, atol=1e-6)
