"""Rotations: every form leads back to where it came from."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from groovecast.motion.rotation import (
    axis_angle_from_quat,
    matrix_from_quat,
    quat_between,
    quat_continuous,
    quat_from_axis_angle,
    quat_from_matrix,
    quat_from_six,
    quat_from_yaw,
    quat_inverse,
    quat_multiply,
    quat_rotate,
    six_from_quat,
    slerp,
    unit,
    yaw_from_quat,
)

_numbers = st.floats(-1, 1, width=64)
_directions = hnp.arrays(np.float64, (5, 3), elements=_numbers).filter(
    lambda v: (np.linalg.norm(v, axis=-1) > 0.05).all()
)
_quats = (
    hnp.arrays(np.float64, (5, 4), elements=_numbers)
    .filter(lambda q: (np.linalg.norm(q, axis=-1) > 0.05).all())
    .map(unit)
)


def _apart_rad(a: np.ndarray, b: np.ndarray) -> float:
    between = quat_multiply(a, quat_inverse(b))
    return float(2 * np.arctan2(np.linalg.norm(between[..., 1:], axis=-1), np.abs(between[..., 0])).max())


@given(_quats)
def test_six_numbers_lead_back_to_the_rotation(quat: np.ndarray) -> None:
    assert _apart_rad(quat_from_six(six_from_quat(quat)), quat) < 1e-7


@given(_quats)
def test_six_numbers_are_the_first_two_columns(quat: np.ndarray) -> None:
    matrix = matrix_from_quat(quat)
    columns = np.concatenate((matrix[..., 0], matrix[..., 1]), axis=-1)
    np.testing.assert_allclose(six_from_quat(quat), columns, atol=1e-12)


@given(_quats)
def test_a_matrix_leads_back_to_the_rotation(quat: np.ndarray) -> None:
    assert _apart_rad(quat_from_matrix(matrix_from_quat(quat)), quat) < 1e-7


@given(_quats)
def test_a_rotation_vector_leads_back_to_the_rotation(quat: np.ndarray) -> None:
    assert _apart_rad(quat_from_axis_angle(axis_angle_from_quat(quat)), quat) < 1e-6


@given(_quats, _quats, _directions)
def test_a_product_turns_as_its_factors_one_after_the_other(
    a: np.ndarray, b: np.ndarray, vector: np.ndarray
) -> None:
    np.testing.assert_allclose(
        quat_rotate(quat_multiply(a, b), vector), quat_rotate(a, quat_rotate(b, vector)), atol=1e-12
    )


@given(_directions, _directions)
def test_the_shortest_turn_arrives(start: np.ndarray, end: np.ndarray) -> None:
    np.testing.assert_allclose(quat_rotate(quat_between(start, end), unit(start)), unit(end), atol=1e-6)


def test_opposite_directions_are_half_a_turn_apart() -> None:
    for axis in np.eye(3):
        np.testing.assert_allclose(quat_rotate(quat_between(axis, -axis), axis), -axis, atol=1e-9)


@given(_quats, st.floats(-3, 3))
def test_a_turn_about_the_vertical_adds_to_the_heading(quat: np.ndarray, yaw_rad: float) -> None:
    turned = quat_multiply(np.broadcast_to(quat_from_yaw(np.asarray(yaw_rad)), quat.shape), quat)
    before, after = yaw_from_quat(quat), yaw_from_quat(turned)
    sure = np.hypot(quat[:, 0], quat[:, 2]) > 1e-3
    gap = np.angle(np.exp(1j * (after - before - yaw_rad)))
    assert np.abs(gap[sure]).max(initial=0) < 1e-6


def test_a_positive_yaw_turns_forward_towards_the_left() -> None:
    ahead = quat_rotate(quat_from_yaw(np.asarray(np.pi / 2)), np.array([0, 0, 1.0]))
    np.testing.assert_allclose(ahead, [1, 0, 0], atol=1e-12)


@given(_quats, _quats)
def test_slerp_begins_and_ends_where_it_should(a: np.ndarray, b: np.ndarray) -> None:
    assert _apart_rad(slerp(a, b, 0.0), a) < 1e-6
    assert _apart_rad(slerp(a, b, 1.0), b) < 1e-6
    assert abs(_apart_rad(slerp(a[:1], b[:1], 0.5), a[:1]) - _apart_rad(a[:1], b[:1]) / 2) < 1e-6


@given(
    hnp.arrays(np.float64, (12, 3, 4), elements=_numbers).filter(
        lambda q: (np.linalg.norm(q, axis=-1) > 0.05).all()
    )
)
def test_continuous_signs_change_no_rotation_and_leave_no_leap(quat: np.ndarray) -> None:
    quat = unit(quat)
    smooth = quat_continuous(quat)
    assert _apart_rad(smooth, quat) < 1e-7
    assert (np.sum(smooth[1:] * smooth[:-1], axis=-1) >= -1e-12).all()
