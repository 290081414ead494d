"""Known rotations are gone to one way round, and what is not known stays."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from groovecast.model.config import ModelConfig
from groovecast.model.editing import Edit, held, no_edit
from groovecast.motion.pose import Motion
from groovecast.motion.representation import JOINTS, NUMBERS, TILT, numbers_from_motion
from groovecast.motion.rotation import axis_angle_from_quat, quat_from_axis_angle, quat_inverse, quat_multiply

_FRAMES = 50
_ARM = 16  # any joint


def dancing(seed: int = 0) -> Motion:
    """Joints that turn slowly, each its own way."""
    rng = np.random.default_rng(seed)
    time_s = np.arange(_FRAMES)[:, None, None] / 30
    turns = rng.normal(0, 0.5, (1, 22, 3)) * np.sin(time_s * rng.uniform(1, 4, (1, 22, 1)))
    return Motion(30.0, np.tile([0.3, 0.9, 0.1], (_FRAMES, 1)), quat_from_axis_angle(turns))


def towards(pose: Motion, weight: np.ndarray) -> Edit:
    """An edit whose rotations are known that well in each frame."""
    mask = np.zeros((_FRAMES, NUMBERS), np.float32)
    mask[:, TILT] = mask[:, JOINTS] = weight[:, None]
    return Edit(numbers_from_motion(pose, np.zeros((pose.frames, 4))), mask)


def apart_rad(a: Motion, b: Motion) -> np.ndarray:
    """How far the joints of two motions are turned from each other."""
    turn = quat_multiply(a.local_quat_wxyz.astype(float), quat_inverse(b.local_quat_wxyz.astype(float)))
    return np.linalg.norm(axis_angle_from_quat(turn), axis=-1)


def test_what_nobody_knows_stays_as_it_is() -> None:
    motion = dancing()
    assert held(motion, no_edit(ModelConfig())) is motion


@given(st.integers(0, 50), st.integers(1, 49))
def test_where_a_pose_is_wholly_known_it_is_there_and_where_it_is_not_nothing_changes(
    seed: int, at: int
) -> None:
    motion, other = dancing(seed), dancing(seed + 100)
    weight = np.clip(1 - np.abs(np.arange(_FRAMES) - at) / 10, 0, 1)
    there = held(motion, towards(other, weight))
    joints = slice(1, None)  # the hips keep their heading
    assert apart_rad(there, other)[at, joints].max() < 1e-2
    assert apart_rad(there, motion)[weight == 0].max(initial=0) < 1e-3
    np.testing.assert_array_equal(there.root_m, motion.root_m)


def test_an_arm_that_is_half_a_turn_away_never_jumps_to_the_other_side() -> None:
    # it swings across the point opposite to where it must be, where the short way round changes its side
    swing = np.zeros((_FRAMES, 22, 3))
    swing[:, _ARM, 2] = np.pi + 0.4 * np.sin(np.arange(_FRAMES) / 6)
    motion = Motion(30.0, np.zeros((_FRAMES, 3)), quat_from_axis_angle(swing))
    still = Motion(30.0, motion.root_m, quat_from_axis_angle(np.zeros((_FRAMES, 22, 3))))
    share = np.linspace(0, 1, _FRAMES)
    there = held(motion, towards(still, share**2 * (3 - 2 * share)))
    steps = np.abs(np.sum(there.local_quat_wxyz[1:, _ARM] * there.local_quat_wxyz[:-1, _ARM], axis=-1))
    assert np.degrees(2 * np.arccos(steps.clip(0, 1))).max() < 12, "of 180 degrees in 49 steps"
