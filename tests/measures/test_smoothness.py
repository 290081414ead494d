"""Smoothness: jerk of a cubic path, a frozen stretch found, a falling height and a growing tilt seen."""

import numpy as np
import pytest
from made_clips import standing

from groovecast.measures.smoothness import drift, jerk_p95, longest_stillness_s, tilt_degrees
from groovecast.motion.rotation import quat_from_axis_angle


def test_a_cubic_path_has_constant_jerk() -> None:
    place = standing(90)
    place[..., 0] += 0.5 * (np.arange(90)[:, None] / 30) ** 3
    assert jerk_p95(place, 30.0) == pytest.approx(6 * 0.5)


def test_a_frozen_stretch_is_as_long_as_it_was_made() -> None:
    place = standing(300)
    place[:, 20, 1] += np.concatenate((np.arange(100), np.full(90, 100), np.arange(100, 210))) * 0.02
    assert longest_stillness_s(place, 30.0) == pytest.approx(90 / 30)
    assert longest_stillness_s(standing(61), 30.0) == pytest.approx(2.0)


def test_creeping_is_still() -> None:
    place = standing(61)
    place[..., 0] += 0.1 * np.arange(61)[:, None] / 30
    assert longest_stillness_s(place, 30.0) == pytest.approx(2.0)


def test_a_falling_height_and_a_growing_tilt_are_drift() -> None:
    minutes = np.arange(30 * 240) / 30 / 60
    turn = np.zeros((len(minutes), 3))
    turn[:, 0] = np.radians(2.0) * minutes
    found = drift(0.9 - 0.01 * minutes, tilt_degrees(quat_from_axis_angle(turn)), 30.0)
    assert found.height_m_per_min == pytest.approx(-0.01)
    assert found.tilt_degrees_per_min == pytest.approx(2.0, abs=0.01)
    assert found.height_m == pytest.approx((0.895, 0.865), abs=1e-4)
    assert found.tilt_degrees == pytest.approx((1.0, 7.0), abs=0.01)
