"""Joints in the world: bones keep their length, and a leg reaches where it is told."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from groovecast.motion.kinematics import local_from_world, reach, world_from_local
from groovecast.motion.rotation import quat_from_axis_angle, quat_inverse, quat_multiply, quat_rotate, unit
from groovecast.motion.skeleton import groovecast_skeleton

_SKELETON = groovecast_skeleton()
_OFFSET = _SKELETON.rest_offset_m.astype(np.float64)


def _random_pose(seed: int, frames: int = 4) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.standard_normal((frames, 3)), unit(rng.standard_normal((frames, _SKELETON.joints, 4)))


@given(st.integers(0, 10_000))
def test_bones_keep_their_length_in_any_pose(seed: int) -> None:
    place, _ = world_from_local(*_random_pose(seed), _OFFSET, _SKELETON.parents)
    parents = list(_SKELETON.parents[1:])
    lengths = np.linalg.norm(place[:, 1:] - place[:, parents], axis=-1)
    np.testing.assert_allclose(
        lengths, np.broadcast_to(np.linalg.norm(_OFFSET[1:], axis=-1), lengths.shape), atol=1e-9
    )


@given(st.integers(0, 10_000))
def test_local_rotations_come_back_from_the_world(seed: int) -> None:
    root, local = _random_pose(seed)
    _, world = world_from_local(root, local, _OFFSET, _SKELETON.parents)
    back = local_from_world(world, _SKELETON.parents)
    np.testing.assert_allclose(np.abs(np.sum(back * local, axis=-1)), 1, atol=1e-9)


def test_the_rest_pose_stands_on_the_floor_facing_forward() -> None:
    rest = np.zeros((_SKELETON.joints, 4))
    rest[:, 0] = 1
    place, _ = world_from_local(_OFFSET[0], rest, _OFFSET, _SKELETON.parents)
    at = {name: place[joint] for joint, name in enumerate(_SKELETON.names)}
    assert at["leftHand"][0] > 0.5 > -0.5 > at["rightHand"][0]
    assert at["leftToes"][2] > at["leftFoot"][2] and 0 < at["leftToes"][1] < 0.05
    assert 1.5 < at["head"][1] < 1.7


@given(st.integers(0, 10_000), st.floats(0.25, 0.8))
def test_an_ankle_reaches_its_target_and_the_knee_bends_forward(seed: int, distance_m: float) -> None:
    rng = np.random.default_rng(seed)
    hip, bone_m = rng.standard_normal(3), 0.41
    thigh = quat_from_axis_angle(rng.uniform(-0.5, 0.5, 3))
    shin = thigh
    line = unit(quat_rotate(thigh, np.array([0, -1.0, 0])) + rng.uniform(-0.4, 0.4, 3))
    target = hip + line * distance_m
    new_thigh, new_shin = reach(hip, target, thigh, shin, bone_m, bone_m)
    down = np.array([0, -bone_m, 0])
    knee = hip + quat_rotate(new_thigh, down)
    np.testing.assert_allclose(knee + quat_rotate(new_shin, down), target, atol=1e-6)
    forward = quat_rotate(thigh, np.array([0, 0, 1.0]))
    assert np.dot(knee - (hip + target) / 2, forward) >= -1e-6


def test_a_target_out_of_reach_is_approached_as_far_as_the_leg_goes() -> None:
    upright = np.array([1.0, 0, 0, 0])
    thigh, shin = reach(np.zeros(3), np.array([0, -5.0, 0]), upright, upright, 0.4, 0.4)
    ankle = quat_rotate(thigh, np.array([0, -0.4, 0])) + quat_rotate(shin, np.array([0, -0.4, 0]))
    assert 0.799 < -ankle[1] <= 0.8
    assert np.abs(quat_multiply(thigh, quat_inverse(upright))[1:]).max() < 0.05


@given(st.floats(0.08, 0.3))
def test_a_leg_folded_right_up_keeps_its_knee_in_front(distance_m: float) -> None:
    # thigh level and ahead; with a shin longer than the thigh its front points up and back, away from the knee
    thigh = quat_from_axis_angle(np.array([-1.9, 0, 0]))
    new_thigh, _ = reach(np.zeros(3), np.array([0, -distance_m, 0.0]), thigh, thigh, 0.38, 0.42)
    assert quat_rotate(new_thigh, np.array([0, -0.38, 0]))[2] > 0.1
