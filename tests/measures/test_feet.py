"""Feet: a planted one does not skate, a sliding one does, and contact is worth what the equation says."""

import numpy as np
import pytest
from made_clips import sliding, standing

from groovecast.measures.feet import (
    first_ground_m,
    foot_skate_ratio,
    foot_skate_ratio_corrected,
    physical_foot_contact,
)

_LEFT, _RIGHT = (7, 10), (8, 11)
_GROUND_M = 0.02


def test_planted_feet_neither_skate_nor_cost() -> None:
    place = standing(60)
    place[:, 0] += 0.1 * np.sin(np.arange(60))[:, None]
    assert foot_skate_ratio(place, _GROUND_M) == 0
    assert physical_foot_contact(place) == 0


def test_one_skating_foot_of_two_is_a_half() -> None:
    place = sliding(100, (0.03, 0.0), _LEFT)
    # the last frame has no way of its own, as published
    assert foot_skate_ratio(place, _GROUND_M) == pytest.approx(0.99 / 2)
    assert foot_skate_ratio_corrected(place, _GROUND_M) == pytest.approx(0.99 / 2)


def test_the_published_ratio_lets_a_foot_skate_along_one_diagonal() -> None:
    place = sliding(100, (0.03, -0.03), (*_LEFT, *_RIGHT))
    assert foot_skate_ratio(place, _GROUND_M) == 0
    assert foot_skate_ratio_corrected(place, _GROUND_M) == pytest.approx(0.99)


def test_the_published_limit_is_a_centimetre_of_the_mean_of_x_and_z() -> None:
    for step_m, skates in (((0.019, 0.0), 0.0), ((0.021, 0.0), 0.99), ((0.011, 0.011), 0.99)):
        assert foot_skate_ratio(sliding(100, step_m, (*_LEFT, *_RIGHT)), _GROUND_M) == pytest.approx(skates)


def test_a_lifted_foot_may_move_as_it_likes() -> None:
    place = sliding(100, (0.03, 0.0), _LEFT)
    place[:, list(_LEFT), 1] += 0.1
    assert foot_skate_ratio(place, _GROUND_M) == 0


def test_a_figure_in_the_air_has_no_ratio() -> None:
    assert np.isnan(foot_skate_ratio(standing(10) + np.array([0, 1.0, 0]), _GROUND_M))


def test_lodge_puts_the_ground_at_the_toes_of_the_first_frame() -> None:
    place = standing(3)
    assert first_ground_m(place) == pytest.approx(0.02)
    place[0, _LEFT[1], 1] += 0.3
    assert first_ground_m(place) == pytest.approx(0.02)


def test_contact_costs_what_the_equation_says() -> None:
    place = sliding(60, (0.02, 0.0), _LEFT)
    place += sliding(60, (0.0, 0.03), _RIGHT) - standing(60)
    place[:, 0, 0] += 0.001 * np.arange(60) ** 2  # the root accelerates evenly
    assert physical_foot_contact(place) == pytest.approx(1e4 * 0.02 * 0.03)


def test_falling_costs_nothing_and_rising_does() -> None:
    place = sliding(60, (0.02, 0.0), (*_LEFT, *_RIGHT))
    fall = place.copy()
    fall[:, 0, 1] -= 0.001 * np.arange(60) ** 2
    assert physical_foot_contact(fall) == 0
    place[:, 0, 1] += 0.001 * np.arange(60) ** 2
    assert physical_foot_contact(place) == pytest.approx(1e4 * 0.02**2)
