"""The seam spring: no jump where a new plan takes over, and nothing of the old left after a while."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from groovecast.motion.pose import Motion
from groovecast.motion.rotation import quat_from_axis_angle, quat_inverse, quat_multiply
from groovecast.motion.seam import HALFLIFE_S, seamless


def _swing(phase: float, size: float, frames: int = 50) -> Motion:
    time_s = np.arange(frames) / 30
    turn = np.zeros((frames, 22, 3))
    turn[..., 0] = size * np.sin(2 * np.pi * time_s + phase)[:, None]
    root = np.stack((size * np.sin(time_s + phase), np.ones(frames), time_s * 0), axis=-1)
    return Motion(30.0, root.astype(np.float32), quat_from_axis_angle(turn).astype(np.float32))


def _apart(a: np.ndarray, b: np.ndarray) -> float:
    turn = quat_multiply(a.astype(np.float64), quat_inverse(b.astype(np.float64)))
    return float(2 * np.arctan2(np.linalg.norm(turn[..., 1:], axis=-1), np.abs(turn[..., 0])).max())


@given(st.floats(0, 6), st.floats(0, 6), st.floats(0.1, 0.6))
def test_the_new_plan_begins_exactly_where_the_old_one_stood(
    old_phase: float, new_phase: float, size: float
) -> None:
    old, new = _swing(old_phase, size), _swing(new_phase, size)
    joined = seamless(old, new)
    assert _apart(joined.local_quat_wxyz[0], old.local_quat_wxyz[0]) < 1e-3
    np.testing.assert_allclose(joined.root_m[0], old.root_m[0], atol=1e-5)


@given(st.floats(0, 6), st.floats(0, 6))
def test_after_ten_halflives_nothing_of_the_old_plan_is_left(old_phase: float, new_phase: float) -> None:
    new = _swing(new_phase, 0.4)
    joined = seamless(_swing(old_phase, 0.4), new)
    later = int(10 * HALFLIFE_S * 30) + 1
    assert _apart(joined.local_quat_wxyz[later:], new.local_quat_wxyz[later:]) < 0.03


def test_equal_plans_are_left_as_they_are() -> None:
    plan = _swing(1.0, 0.5)
    assert _apart(seamless(plan, plan).local_quat_wxyz, plan.local_quat_wxyz) < 1e-3


@given(st.floats(0, 6), st.floats(0, 6))
def test_the_body_does_not_jolt_where_the_new_plan_takes_over(old_phase: float, new_phase: float) -> None:
    size = 0.1
    old, new = _swing(old_phase, size), _swing(new_phase, size)
    shown_before = size * np.sin(np.array((-2, -1)) / 30 + old_phase)
    way = np.concatenate((shown_before, seamless(old, new).root_m[:, 0].astype(np.float64)))
    push_m_s2 = np.diff(way, n=2) * 30**2
    # a spring that takes up 20 cm in its half-life of 0.07 s begins with a jolt of 78
    assert np.abs(np.diff(push_m_s2)).max() < 8
