"""The stage: a dance that wanders off is brought home, one that stays is left alone."""

import numpy as np

from groovecast.motion.pose import Motion
from groovecast.motion.representation import NUMBERS, Stance, motion_from_numbers, stance_before
from realtime.stage import drawn_home, staged, towards_the_audience

_QUAT = np.zeros((50, 22, 4), np.float32)
_QUAT[..., 0] = 1


def _walked(seconds: float, drawn: bool) -> float:
    """How far from the middle a dancer ends who walks off at 0.15 m/s, planned eight frames at a time."""
    place = np.zeros(3)
    for _ in range(int(seconds * 30 / 8)):
        root = place + np.outer(np.arange(1, 51) / 30, [0.15, 0, 0])
        motion = Motion(30.0, root.astype(np.float32), _QUAT)
        place = (drawn_home(motion, 0.6) if drawn else motion).root_m[7].astype(np.float64)
    return float(np.hypot(place[0], place[2]))


def test_a_dancer_who_walks_away_for_ten_minutes_is_still_on_stage() -> None:
    assert _walked(600, drawn=False) > 80
    assert _walked(600, drawn=True) < 1.5


def _stood() -> Motion:
    return Motion(30.0, np.zeros((50, 3), np.float32), _QUAT)


def test_a_dancer_who_turned_away_comes_round_to_the_audience() -> None:
    stance = Stance(np.zeros(2), 2.5)
    for _ in range(int(40 * 30 / 8)):
        faced = staged(_stood(), stance, towards_the_audience(stance.yaw_rad, 30.0))
        stance = stance_before(Motion(30.0, faced.root_m[7:8], faced.local_quat_wxyz[7:8]))
    assert abs(stance.yaw_rad) < 0.2


def test_a_plan_begun_from_a_stance_is_what_its_numbers_mean_there() -> None:
    numbers = np.random.default_rng(1).normal(0, 0.3, (50, NUMBERS)).astype(np.float32)
    stance, bend = Stance(np.array([1.5, -0.7]), 2.1), -0.01
    home, _ = motion_from_numbers(numbers, 30.0)
    yaw = np.arctan2(numbers[:, 0], numbers[:, 1]) + bend
    numbers[:, 0], numbers[:, 1] = np.sin(yaw), np.cos(yaw)
    meant, _ = motion_from_numbers(numbers, 30.0, stance)
    begun = staged(home, stance, bend)
    np.testing.assert_allclose(begun.root_m, meant.root_m, atol=1e-4)
    alike = np.abs(np.sum(begun.local_quat_wxyz * meant.local_quat_wxyz, axis=-1))
    assert alike.min() > 1 - 1e-6


def test_near_the_middle_facing_the_audience_nothing_is_bent() -> None:
    assert towards_the_audience(0.0, 30.0) == 0
    motion = Motion(30.0, np.full((50, 3), 0.2, np.float32), _QUAT)
    assert drawn_home(motion, 0.6) is motion
