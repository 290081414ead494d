"""The same motion under two names is found, mirrored, cut or danced elsewhere; two dances are not one."""

import numpy as np
from fakes.stepper import stepping

from groovecast.motion.pose import Motion
from groovecast.motion.rotation import quat_from_axis_angle, quat_from_yaw, quat_multiply
from groovecast.motion.stretch import mirrored
from groovecast.train.twins import twins_of


def _part(motion: Motion, first: int, last: int) -> Motion:
    return Motion(motion.fps, motion.root_m[first:last], motion.local_quat_wxyz[first:last])


def _elsewhere(motion: Motion) -> Motion:
    """The same, danced somewhere else and facing another way."""
    turn = quat_from_yaw(np.array(2.0))
    quat = motion.local_quat_wxyz.copy()
    quat[:, 0] = quat_multiply(np.broadcast_to(turn, quat[:, 0].shape), quat[:, 0])
    return Motion(motion.fps, motion.root_m + np.array([3.0, 0, -1.0]), quat)


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
