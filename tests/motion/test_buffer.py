"""The motion buffer: smooth between frames, exact on them, and never at a loss past the end."""

import numpy as np

from groovecast.motion.buffer import SETTLE_S, MotionBuffer, Plan, frames_of, pose_at
from groovecast.motion.pose import Motion
from groovecast.motion.rotation import quat_from_axis_angle

_FIRST = 3000


def _plan(frames: int = 60) -> Plan:
    time_s = np.arange(frames) / 30
    turns = np.zeros((frames, 22, 3))
    turns[:, 16, 2] = np.sin(2 * np.pi * time_s)
    root = np.stack((np.sin(time_s), 0.95 + 0.05 * np.cos(4 * time_s), time_s), axis=-1)
    motion = Motion(30.0, root.astype(np.float32), quat_from_axis_angle(turns).astype(np.float32))
    return Plan(_FIRST, _FIRST + 8, motion, motion, np.zeros((frames, 4), bool))


def test_on_a_frame_the_pose_is_that_frame() -> None:
    plan = _plan()
    for frame in (0, 7, 58):
        pose = pose_at(plan, (_FIRST + frame) / 30)
        np.testing.assert_allclose(pose.root_m, plan.shown.root_m[frame], atol=1e-5)
        np.testing.assert_allclose(pose.local_quat_wxyz[:22], plan.shown.local_quat_wxyz[frame], atol=1e-5)


def test_between_frames_motion_is_smooth_and_never_repeats() -> None:
    plan = _plan()
    times = _FIRST / 30 + np.arange(12, 200) / 120
    places = np.stack([pose_at(plan, time_s).root_m for time_s in times if time_s < (_FIRST + 58) / 30])
    speed = np.linalg.norm(np.diff(places, axis=0), axis=-1) * 120
    assert speed.min() > 0.5, "no frame is shown twice"
    assert np.abs(np.diff(speed)).max() < 0.12, "speed does not step"


def test_past_the_end_the_figure_settles_and_goes_on_breathing() -> None:
    plan = _plan()
    times = plan.end_frame / 30 + np.arange(0, 6, 1 / 60)
    poses = [pose_at(plan, time_s) for time_s in times]
    arms = np.stack([pose.local_quat_wxyz[16] for pose in poses])
    assert np.abs(np.diff(arms, axis=0)).max() < 0.1
    later = arms[int(SETTLE_S * 60) + 10 :]
    assert 0 < np.abs(np.diff(later, axis=0)).max() < 0.01
    assert np.abs(poses[-1].root_m[[0, 2]] - plan.shown.root_m[-1, [0, 2]]).max() < 1e-5


def test_before_the_beginning_the_first_pose_stands() -> None:
    plan = _plan()
    np.testing.assert_allclose(frames_of(plan, _FIRST - 5, 2).root_m, plan.danced.root_m[[0, 0]])


def test_a_new_plan_is_shown_from_the_moment_it_is_put() -> None:
    buffer, other = MotionBuffer(_plan()), _plan()
    moved = Motion(30.0, other.shown.root_m + 1, other.shown.local_quat_wxyz)
    buffer.put(Plan(_FIRST, _FIRST + 8, moved, moved, other.contacts))
    np.testing.assert_allclose(buffer.pose((_FIRST + 3) / 30).root_m, moved.root_m[3], atol=1e-5)
