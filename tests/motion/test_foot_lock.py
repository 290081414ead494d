"""The foot lock: planted feet stay, lifted feet are left alone, and no sole goes below the floor."""

import numpy as np
import pytest

from groovecast.motion.foot_lock import LockState, locked
from groovecast.motion.idle import standing
from groovecast.motion.kinematics import world_from_local
from groovecast.motion.pose import Motion
from groovecast.motion.skeleton import groovecast_skeleton
from groovecast.motion.soles import soles_of

_SKELETON = groovecast_skeleton()


def _drifting(speed_m_s: float, frames: int = 40, sink_m: float = 0.0) -> Motion:
    home = np.zeros((22, 4))
    home[:, 0] = 1
    poses = [standing(np.zeros(3), home, 0.0) for _ in range(frames)]
    root = np.stack([place for place, _ in poses])
    root[:, 0] += speed_m_s * np.arange(frames) / 30
    root[:, 1] -= sink_m
    return Motion(30.0, root.astype(np.float32), np.stack([quat for _, quat in poses]).astype(np.float32))


def _soles(motion: Motion) -> np.ndarray:
    place, world = world_from_local(
        motion.root_m.astype(np.float64), motion.local_quat_wxyz.astype(np.float64),
        _SKELETON.rest_offset_m.astype(np.float64), _SKELETON.parents,
    )  # fmt: skip
    return soles_of(place, world, _SKELETON).place_m


def test_planted_balls_stay_where_they_landed_while_the_body_drifts() -> None:
    motion = _drifting(0.06)
    shown, _ = locked(motion, np.ones((motion.frames, 4), bool), LockState(), _SKELETON)
    before, after = _soles(motion)[:, [1, 3]], _soles(shown)[:, [1, 3]]
    assert np.ptp(before[..., 0], axis=0).min() > 0.07
    assert np.ptp(after[..., 0], axis=0).max() < 0.004


def test_lifted_feet_are_left_alone() -> None:
    motion = _drifting(0.3)
    shown, _ = locked(motion, np.zeros((motion.frames, 4), bool), LockState(), _SKELETON)
    np.testing.assert_allclose(_soles(shown)[..., [0, 2]], _soles(motion)[..., [0, 2]], atol=2e-3)


def test_a_foot_that_the_body_leaves_behind_is_let_go() -> None:
    motion = _drifting(1.0)
    _, states = locked(motion, np.ones((motion.frames, 4), bool), LockState(), _SKELETON)
    assert any(state.left.held_xz_m is None for state in states)


@pytest.mark.parametrize("planted", [False, True])
def test_no_sole_is_shown_below_the_floor(planted: bool) -> None:
    motion = _drifting(0.0, sink_m=0.06)
    assert _soles(motion)[..., 1].min() < -0.05
    shown, _ = locked(motion, np.full((motion.frames, 4), planted), LockState(), _SKELETON)
    assert _soles(shown)[..., 1].min() > -0.003


def test_locking_in_two_parts_is_locking_the_whole() -> None:
    motion, contacts = _drifting(0.1), np.ones((40, 4), bool)
    whole, states = locked(motion, contacts, LockState(), _SKELETON)
    cut = 17
    second = Motion(30.0, motion.root_m[cut:], motion.local_quat_wxyz[cut:])
    rest, _ = locked(second, contacts[cut:], states[cut - 1], _SKELETON)
    np.testing.assert_allclose(rest.local_quat_wxyz, whole.local_quat_wxyz[cut:], atol=1e-6)
