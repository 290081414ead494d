"""EDGE's rows come back as they went, stand on the XY plane as EDGE's do, and mean what AIST++'s own file means."""

import numpy as np
import pytest
from fakes.bouncer import apart_rad, bouncing
from hypothesis import given
from hypothesis import strategies as st

from groovecast.motion.pose import Motion
from groovecast.motion.rotation import quat_from_axis_angle
from groovecast.takes.edge_motion import contacts_from_edge, edge_from_motion, motion_from_edge


def test_a_motion_comes_back() -> None:
    danced = bouncing(2.0)
    rows = edge_from_motion(danced)
    assert rows.shape == (60, 151)
    again = motion_from_edge(rows)
    np.testing.assert_allclose(again.root_m, danced.root_m, atol=1e-9)
    assert apart_rad(again.local_quat_wxyz, danced.local_quat_wxyz) < 1e-6


@given(st.integers(0, 2**32 - 1))
def test_any_rows_come_back_from_a_motion(seed: int) -> None:
    random = np.random.default_rng(seed)
    turned = Motion(30.0, random.normal(0, 1, (4, 3)), quat_from_axis_angle(random.normal(0, 2, (4, 22, 3))))
    contacts = random.random((4, 4)) < 0.5
    rows = edge_from_motion(turned, contacts)
    np.testing.assert_array_equal(contacts_from_edge(rows), contacts)
    np.testing.assert_allclose(edge_from_motion(motion_from_edge(rows), contacts), rows, atol=1e-9)


def test_up_is_z_and_ahead_is_minus_y() -> None:
    still = np.zeros((2, 22, 4))
    still[..., 0] = 1
    low, high, ahead = (
        edge_from_motion(Motion(30.0, np.tile(place, (2, 1)), still))[0]
        for place in ([0.0, 0, 0], [0, 1.0, 0], [0, 0, 1.0])
    )
    up, on = (high - low)[4:7], (ahead - low)[4:7]
    assert up[2] > 0.9 and abs(up[:2]).max() < 1e-9
    assert on[1] < -0.9 and abs(on[[0, 2]]).max() < 1e-9
    # the root turned by 90 degrees about X: rows (1 0 0) and (0 0 -1) of that matrix; the others not at all
    np.testing.assert_allclose(low[7:13], [1, 0, 0, 0, 0, -1], atol=1e-12)
    np.testing.assert_allclose(low[13:19], [1, 0, 0, 0, 1, 0], atol=1e-12)


def test_planted_feet_are_contacts() -> None:
    assert contacts_from_edge(edge_from_motion(bouncing(1.0))).all()


def test_other_rows_are_told_in_one_line() -> None:
    with pytest.raises(ValueError, match="151 numbers, found 4 x 150"):
        motion_from_edge(np.zeros((4, 150)))
