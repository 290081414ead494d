"""A hand on a spot: reached wherever an arm can be, by an elbow that bends one way, without a jump."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from groovecast.motion.arm_reach import hand_on
from groovecast.motion.kinematics import world_from_local
from groovecast.motion.pose import Motion
from groovecast.motion.rotation import axis_angle_from_quat, quat_from_axis_angle, quat_rotate
from groovecast.motion.skeleton import groovecast_skeleton

_SKELETON = groovecast_skeleton()
_SIDES = {"left": 1.0, "right": -1.0}


def posed(frames: int, seed: int = 0) -> Motion:
    """Bodies bent in any way."""
    turns = np.random.default_rng(seed).normal(0, 0.3, (frames, 22, 3))
    return Motion(30.0, np.tile([0.2, 0.95, -0.1], (frames, 1)), quat_from_axis_angle(turns))


def places(motion: Motion) -> tuple[np.ndarray, np.ndarray]:
    """Where all joints are, and how they are turned."""
    root, quat = motion.root_m.astype(float), motion.local_quat_wxyz.astype(float)
    return world_from_local(root, quat, _SKELETON.rest_offset_m.astype(float), _SKELETON.parents)


@pytest.mark.parametrize("side", _SIDES)
@given(
    seed=st.integers(0, 1000), aside=st.floats(-0.1, 0.3), up=st.floats(-0.3, 0.3), ahead=st.floats(0.2, 0.3)
)
def test_the_hand_is_on_a_spot_before_the_body_and_the_elbow_bends_as_elbows_do(
    side: str, seed: int, aside: float, up: float, ahead: float
) -> None:
    motion = posed(3, seed)
    place, world = places(motion)
    shoulder, chest = _SKELETON.index(f"{side}UpperArm"), _SKELETON.index("upperChest")
    spot = np.array([_SIDES[side] * aside, up, ahead])
    target = place[:, shoulder] + quat_rotate(world[:, chest], np.tile(spot, (3, 1)))
    there = hand_on(motion, side, target, np.ones(3), _SKELETON)
    hand = places(there)[0][:, _SKELETON.index(f"{side}Hand")]
    assert np.linalg.norm(hand - target, axis=-1).max() < 2e-3
    bend = axis_angle_from_quat(there.local_quat_wxyz[:, _SKELETON.index(f"{side}LowerArm")].astype(float))
    assert (bend[:, 1] * _SIDES[side] < 0).all() and np.abs(bend[:, [0, 2]]).max() < 1e-3


def test_a_spot_out_of_reach_is_pointed_at() -> None:
    motion = posed(1)
    place, _ = places(motion)
    shoulder, hand = _SKELETON.index("leftUpperArm"), _SKELETON.index("leftHand")
    target = place[:, shoulder] + np.array([[0.5, 0.4, 2.0]])
    there = places(hand_on(motion, "left", target, np.ones(1), _SKELETON))[0]
    arm = there[:, hand] - there[:, shoulder]
    cosine = (
        np.sum(arm * (target - place[:, shoulder])) / np.linalg.norm(arm) / np.linalg.norm([0.5, 0.4, 2.0])
    )
    assert cosine > 0.9999


def test_without_weight_nothing_moves_and_only_that_arm_ever_does() -> None:
    motion = posed(4)
    target = np.tile([0.4, 1.3, 0.3], (4, 1))
    there = hand_on(motion, "right", target, np.array([0.0, 0.5, 1.0, 0.0]), _SKELETON)
    moved = np.abs(there.local_quat_wxyz - motion.local_quat_wxyz).max(axis=-1) > 1e-5
    assert not moved[[0, 3]].any() and moved[2, _SKELETON.index("rightUpperArm")]
    assert set(np.flatnonzero(moved.any(axis=0))) <= {
        _SKELETON.index(name) for name in ("rightUpperArm", "rightLowerArm")
    }


def test_a_spot_that_goes_all_round_the_body_never_throws_the_arm_about() -> None:
    frames = 720
    angle = np.linspace(0, 2 * np.pi, frames)
    quat = np.zeros((frames, 22, 4))
    quat[..., 0] = 1
    motion = Motion(30.0, np.tile([0.0, 0.95, 0.0], (frames, 1)), quat)
    target = np.stack((0.45 * np.sin(angle), np.full(frames, 1.2), 0.45 * np.cos(angle)), axis=-1)
    there = places(hand_on(motion, "left", target, np.ones(frames), _SKELETON))[0]
    for joint in ("leftHand", "leftLowerArm"):
        path = there[:, _SKELETON.index(joint)]
        step_m = np.linalg.norm(np.diff(path, axis=0), axis=-1)
        assert step_m.max() < 0.012, "half a degree of a metre's circle is 4 mm"
    behind = there[frames // 2]
    assert behind[_SKELETON.index("leftHand"), 2] > 0.2, "it waits in front for what is behind the back"
