"""The foot lock: planted feet stay, lifted feet are left alone, and no sole goes below the floor."""

import numpy as np
import pytest

from groovecast.measures.smoothness import jerk_p95
from groovecast.motion.foot_lock import LockState, locked
from groovecast.motion.idle import standing
from groovecast.motion.kinematics import local_from_world, reach, world_from_local
from groovecast.motion.pose import Motion
from groovecast.motion.skeleton import groovecast_skeleton
from groovecast.motion.soles import SIDES, contacts_of, soles_of

_SKELETON = groovecast_skeleton()


def _drifting(speed_m_s: float, frames: int = 40, sink_m: float = 0.0) -> Motion:
    home = np.zeros((22, 4))
    home[:, 0] = 1
    poses = [standing(np.zeros(3), home, 0.0) for _ in range(frames)]
    root = np.stack([place for place, _ in poses])
    root[:, 0] += speed_m_s * np.arange(frames) / 30
    root[:, 1] -= sink_m
    return Motion(30.0, root.astype(np.float32), np.stack([quat for _, quat in poses]).astype(np.float32))


def _placed(motion: Motion) -> tuple[np.ndarray, np.ndarray]:
    return world_from_local(
        motion.root_m.astype(np.float64), motion.local_quat_wxyz.astype(np.float64),
        _SKELETON.rest_offset_m.astype(np.float64), _SKELETON.parents,
    )  # fmt: skip


def _soles(motion: Motion) -> np.ndarray:
    return soles_of(*_placed(motion), _SKELETON).place_m


def _stepping(frames: int = 120) -> Motion:
    """Steps on the spot, the weight shifting from foot to foot: feet that rest do not slide."""
    stand = _drifting(0.0, frames)
    time_s, root = np.arange(frames) / 30, stand.root_m.astype(np.float64)
    root[:, 0] += 0.03 * np.sin(2 * np.pi * time_s)
    root[:, 1] -= 0.05
    rest, _ = _placed(stand)
    place, world = _placed(Motion(30.0, root.astype(np.float32), stand.local_quat_wxyz))
    for sign, side in zip((-1, 1), SIDES, strict=True):
        thigh, shin, foot = (_SKELETON.index(f"{side}{bone}") for bone in ("UpperLeg", "LowerLeg", "Foot"))
        target = rest[:, foot].copy()
        target[:, 1] += 0.12 * np.clip(sign * np.sin(2 * np.pi * time_s), 0, None) ** 2
        world[:, thigh], world[:, shin] = reach(
            place[:, thigh], target, world[:, thigh], world[:, shin],
            float(-_SKELETON.rest_offset_m[shin, 1]), float(-_SKELETON.rest_offset_m[foot, 1]),
        )  # fmt: skip
        world[:, foot] = _placed(stand)[1][:, foot]
    quat = local_from_world(world, _SKELETON.parents)
    return Motion(30.0, root.astype(np.float32), quat.astype(np.float32))


def _glide(speed_m_s: float) -> Motion:
    """A body that stands, slides half a second along the floor on both feet, and stands."""
    moving = np.zeros(45)
    moving[15:30] = speed_m_s / 30
    stand = _drifting(0.0, len(moving))
    root = stand.root_m.copy()
    root[:, 0] += np.cumsum(moving).astype(np.float32)
    return Motion(30.0, root, stand.local_quat_wxyz)


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


def test_a_foot_on_its_way_clears_the_floor_and_a_planted_or_slow_one_stays_down() -> None:
    step = _glide(0.8)  # 0.4 m in half a second, along the floor
    free = np.zeros((step.frames, 4), bool)
    swung = _soles(locked(step, free, LockState(), _SKELETON)[0])[:, 1]
    went = _soles(step)[:, 1]
    assert went[:, 1].max() < 0.005
    assert swung[20:25, 1].min() > 0.02 and swung[:, 1].max() < 0.05
    assert np.abs(swung[[0, -1], 1]).max() < 0.01  # down before and after
    planted = _soles(locked(step, ~free, LockState(), _SKELETON)[0])[:, 1]
    assert planted[:, 1].max() < 0.012
    slow = _glide(0.15)
    assert _soles(locked(slow, free, LockState(), _SKELETON)[0])[:, 1, 1].max() < 0.005


def test_a_foot_on_its_way_is_lifted_the_same_by_plans_made_on_the_way() -> None:
    step, free = _glide(0.5), np.zeros((45, 4), bool)
    whole, _ = locked(step, free, LockState(), _SKELETON)
    rows, state = [], LockState()
    for first in range(0, step.frames, 8):
        rest = Motion(30.0, step.root_m[first:], step.local_quat_wxyz[first:])
        shown, states = locked(rest, free[first:], state, _SKELETON)
        rows.append(_soles(shown)[:8])
        state = states[min(7, len(states) - 1)]
    assert np.abs(np.concatenate(rows) - _soles(whole)).max() < 0.0015


def test_a_foot_that_the_body_leaves_behind_is_let_go() -> None:
    motion = _drifting(1.0)
    shown, _ = locked(motion, np.ones((motion.frames, 4), bool), LockState(), _SKELETON)
    behind = _soles(shown)[:, [1, 3]] - _soles(motion)[:, [1, 3]]
    assert np.abs(behind[10:, :, [0, 2]]).max() < 0.02


@pytest.mark.parametrize("planted", [False, True])
def test_no_sole_is_shown_below_the_floor(planted: bool) -> None:
    motion = _drifting(0.0, sink_m=0.06)
    assert _soles(motion)[..., 1].min() < -0.05
    shown, _ = locked(motion, np.full((motion.frames, 4), planted), LockState(), _SKELETON)
    assert _soles(shown)[..., 1].min() > -0.003


# where a foot is let go the whole is looked at twice, and a part knows less of it: some thousandths of a degree
@pytest.mark.parametrize(("speed_m_s", "apart"), [(0.03, 1e-6), (0.1, 5e-5)])
def test_locking_in_two_parts_is_locking_the_whole(speed_m_s: float, apart: float) -> None:
    motion, contacts = _drifting(speed_m_s), np.ones((40, 4), bool)
    whole, states = locked(motion, contacts, LockState(), _SKELETON)
    cut = 17
    second = Motion(30.0, motion.root_m[cut:], motion.local_quat_wxyz[cut:])
    rest, _ = locked(second, contacts[cut:], states[cut - 1], _SKELETON)
    np.testing.assert_allclose(rest.local_quat_wxyz, whole.local_quat_wxyz[cut:], atol=apart)


def test_a_foot_that_slides_ten_centimetres_is_taken_and_let_go_without_a_jump() -> None:
    motion, contacts = _drifting(0.3, frames=45), np.zeros((45, 4), bool)
    contacts[15:25] = True
    shown, _ = locked(motion, contacts, LockState(), _SKELETON)
    balls = _soles(shown)[:, [1, 3]][..., [0, 2]]
    push_m_s2 = np.linalg.norm(np.diff(balls, n=2, axis=0), axis=-1) * 30**2
    # stopped in one frame it would be 9, and let go as it used to be 30
    assert push_m_s2.max() < 5
    speed_m_s = np.linalg.norm(np.diff(balls, axis=0), axis=-1) * 30
    assert speed_m_s[17:23].max() < 0.15 and speed_m_s.max() < 0.7


def test_a_planted_foot_stays_within_five_millimetres_however_the_plan_trembles() -> None:
    motion = _drifting(0.03)
    root = motion.root_m.copy()
    root[:, [0, 2]] += np.random.default_rng(1).normal(0, 0.003, (motion.frames, 2)).astype(np.float32)
    contacts = np.zeros((motion.frames, 4), bool)
    contacts[8:32] = True
    shown, _ = locked(Motion(30.0, root, motion.local_quat_wxyz), contacts, LockState(), _SKELETON)
    assert np.ptp(_soles(shown)[11:29, [1, 3]][..., [0, 2]], axis=0).max() < 0.005


def test_a_clean_take_is_left_alone() -> None:
    motion = _stepping()
    contacts = contacts_of(soles_of(*_placed(motion), _SKELETON), motion.fps)
    assert 0.3 < contacts[:, 1].mean() < 0.9
    shown, _ = locked(motion, contacts, LockState(), _SKELETON)
    before, after = _placed(motion)[0], _placed(shown)[0]
    assert np.linalg.norm(after - before, axis=-1).max() < 0.01
    assert jerk_p95(after, motion.fps) < 1.05 * jerk_p95(before, motion.fps)


def test_every_joint_is_still_a_rotation() -> None:
    shown, _ = locked(_drifting(0.5, sink_m=0.05), np.ones((40, 4), bool), LockState(), _SKELETON)
    np.testing.assert_allclose(np.linalg.norm(shown.local_quat_wxyz, axis=-1), 1, atol=1e-5)
    assert np.isfinite(shown.local_quat_wxyz).all()


def test_a_foot_is_shown_as_smoothly_where_a_new_plan_takes_over() -> None:
    contacts = np.ones((50, 4), bool)
    _, states = locked(_drifting(0.25, 50), contacts, LockState(), _SKELETON)
    old, _ = locked(_drifting(0.25, 50), contacts, LockState(), _SKELETON)
    cut, later = 20, _drifting(0.25, 50)
    rest = Motion(30.0, later.root_m[cut:], later.local_quat_wxyz[cut:])
    new, _ = locked(rest, np.zeros((30, 4), bool), states[cut - 1], _SKELETON)
    balls = np.concatenate((_soles(old)[:cut], _soles(new)))[:, [1, 3]][..., [0, 2]]
    push_m_s2 = np.linalg.norm(np.diff(balls, n=2, axis=0), axis=-1) * 30**2
    assert push_m_s2[5:].max() < 8, "the new plan lifts what the old one held"
