"""Memorisation in the report: a dancer that plays its training back is caught, and one that does not is not."""

from dataclasses import replace

import numpy as np
import pytest
from fakes.swinging import swinging, swinging_take

from groovecast.motion.rotation import quat_from_axis_angle, quat_multiply
from realtime.evaluation.copying import Learned
from realtime.evaluation.danced import Danced, danced_from_motion


@pytest.fixture(scope="module")
def learned() -> Learned:
    """From one swing, another one held out."""
    takes = [swinging_take("a", "street", False, 0.5, 0.6), swinging_take("b", "street", True, 0.8, 0.9)]
    return Learned.of(takes, {"street": 1.0})


def _dance(swing: float, beat_s: float = 0.5) -> Danced:
    return danced_from_motion("a", swinging(12.0, beat_s, swing=swing), np.zeros(0))


def test_a_dance_that_plays_training_back_is_copied_from_end_to_end(learned: Learned) -> None:
    found = learned.copied([_dance(0.6), _dance(0.6).from_s(1.3)])
    assert found.copied_share == 1.0
    assert found.median_m < 0.005 < found.held_out_5th_percentile_m
    assert found.seconds == 12 + 10
    assert found.intervals["copied_share"] == (1.0, 1.0)


def test_a_dance_of_one_s_own_is_not(learned: Learned) -> None:
    leaning = _dance(0.6)
    tilt = quat_from_axis_angle(np.array([0.7, 0.0, 0.0]))
    quat = leaning.local_quat_wxyz.astype(np.float64)
    quat[:, 3] = quat_multiply(quat[:, 3], tilt)  # the spine
    found = learned.copied([replace(leaning, local_quat_wxyz=quat.astype(np.float32))])
    assert found.copied_share == 0.0
    assert found.median_m > found.held_out_median_m


def test_one_held_out_second_in_twenty_is_called_copied_by_definition(learned: Learned) -> None:
    people = learned.people()
    assert people.median_m == pytest.approx(learned.copied([_dance(0.6)]).held_out_median_m)
    assert people.copied_share <= 0.05


def test_nothing_held_out_of_what_was_danced_is_an_error_with_its_mend() -> None:
    with pytest.raises(ValueError, match="no held-out second: hold out a longer take"):
        Learned.of([swinging_take("a", "street", False)], {"street": 1.0})
