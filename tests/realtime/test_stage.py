"""The stage: a dance that wanders off is brought home, one that stays is left alone."""

import numpy as np

from groovecast.motion.representation import NUMBERS, Stance, motion_from_numbers
from realtime.stage import kept_on_stage


def _walked(yaw_rad: float, seconds: float, bend: bool) -> Stance:
    """A plan that walks straight ahead at 0.2 m/s, over and over."""
    numbers = np.zeros((50, NUMBERS), np.float32)
    numbers[:, 1], numbers[:, 3], numbers[:, 5], numbers[:, 9] = 1, 0.2, 1, 1
    numbers[:, 11::6], numbers[:, 15::6] = 1, 1
    stance = Stance(np.zeros(2), yaw_rad)
    for _ in range(int(seconds * 30 / 8)):
        plan = kept_on_stage(numbers, stance) if bend else numbers
        _, stance = motion_from_numbers(plan[:8], 30.0, stance)
    return stance


def test_a_dancer_who_walks_away_for_ten_minutes_is_still_on_stage() -> None:
    assert np.hypot(*_walked(0.0, 600, bend=False).place_xz_m) > 100
    assert np.hypot(*_walked(0.0, 600, bend=True).place_xz_m) < 2.0


def test_a_dancer_who_turned_away_comes_round_to_the_audience() -> None:
    assert abs(_walked(2.5, 40, bend=True).yaw_rad) < 0.2


def test_near_the_middle_facing_the_audience_nothing_is_bent() -> None:
    numbers = np.random.default_rng(0).normal(0, 0.1, (50, NUMBERS)).astype(np.float32)
    numbers[:, 0], numbers[:, 1] = 0, 1
    np.testing.assert_allclose(kept_on_stage(numbers, Stance(np.array([0.1, 0.2]), 0.0)), numbers, atol=1e-6)
