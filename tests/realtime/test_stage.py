"""The stage: a dance that wanders off is brought home, one that stays is left alone."""

import numpy as np

from groovecast.motion.pose import Motion
from groovecast.motion.representation import NUMBERS, Stance, motion_from_numbers
from realtime.stage import drawn_home, facing_the_audience

_QUAT = np.zeros((50, 22, 4), np.float32)
_QUAT[..., 0] = 1


def _walked(seconds: float, drawn: bool) -> float:
    """How far from the middle a dancer ends who walks off at 0.15 m/s, planned eight frames at a time."""
    place = np.zeros(3)
    for _ in range(int(seconds * 30 / 8)):
        root = place + np.outer(np.arange(1, 51) / 30, [0.15, 0, 0])
        motion = Motion(30.0, root.astype(np.float32), _QUAT)
        place = (drawn_home(motion) if drawn else motion).root_m[7].astype(np.float64)
    return float(np.hypot(place[0], place[2]))


def test_a_dancer_who_walks_away_for_ten_minutes_is_still_on_stage() -> None:
    assert _walked(600, drawn=False) > 80
    assert _walked(600, drawn=True) < 1.5


def test_a_dancer_who_turned_away_comes_round_to_the_audience() -> None:
    numbers = np.zeros((50, NUMBERS), np.float32)
    numbers[:, 1], numbers[:, 5], numbers[:, 9], numbers[:, 11::6], numbers[:, 15::6] = 1, 1, 1, 1, 1
    stance = Stance(np.zeros(2), 2.5)
    for _ in range(int(40 * 30 / 8)):
        _, stance = motion_from_numbers(facing_the_audience(numbers, stance.yaw_rad, 30.0)[:8], 30.0, stance)
    assert abs(stance.yaw_rad) < 0.2


def test_near_the_middle_facing_the_audience_nothing_is_bent() -> None:
    numbers = np.random.default_rng(0).normal(0, 0.1, (50, NUMBERS)).astype(np.float32)
    numbers[:, 0], numbers[:, 1] = 0, 1
    np.testing.assert_allclose(facing_the_audience(numbers, 0.0, 30.0), numbers, atol=1e-6)
    motion = Motion(30.0, np.full((50, 3), 0.2, np.float32), _QUAT)
    assert drawn_home(motion) is motion
