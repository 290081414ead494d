"""FineDance's rows come back as they went, with 315 numbers and with 319, fingers and all."""

from pathlib import Path

import numpy as np
import pytest
from fakes.bouncer import apart_rad, bouncing
from hypothesis import given
from hypothesis import strategies as st

from groovecast.motion.pose import Motion
from groovecast.motion.rotation import quat_from_axis_angle
from groovecast.motion.skeleton import groovecast_skeleton
from groovecast.takes.finedance import (
    contacts_from_finedance,
    finedance_from_motion,
    motion_from_finedance,
    read_finedance,
)


@pytest.mark.parametrize(("with_contacts", "width"), [(True, 319), (False, 315)])
def test_a_motion_with_fingers_comes_back_from_a_file(
    tmp_path: Path, with_contacts: bool, width: int
) -> None:
    danced = bouncing(2.0, fingers=True)
    np.save(
        tmp_path / "001.npy", finedance_from_motion(danced, with_contacts=with_contacts).astype(np.float32)
    )
    rows = read_finedance(tmp_path / "001.npy")
    assert rows.shape == (60, width)
    again = motion_from_finedance(rows)
    np.testing.assert_allclose(again.root_m, danced.root_m, atol=1e-5)
    assert apart_rad(again.local_quat_wxyz, danced.local_quat_wxyz) < 1e-5


@given(st.integers(0, 2**32 - 1))
def test_any_rows_come_back_from_a_motion(seed: int) -> None:
    random = np.random.default_rng(seed)
    turned = Motion(30.0, random.normal(0, 1, (4, 3)), quat_from_axis_angle(random.normal(0, 2, (4, 52, 3))))
    contacts = random.random((4, 4)) < 0.5
    rows = finedance_from_motion(turned, contacts)
    again = motion_from_finedance(rows)
    np.testing.assert_array_equal(contacts_from_finedance(rows), contacts)
    np.testing.assert_allclose(finedance_from_motion(again, contacts), rows, atol=1e-9)


def test_six_numbers_are_the_first_two_rows_of_the_matrix() -> None:
    body = bouncing(0.1)
    quat = np.zeros((body.frames, 22, 4))
    quat[..., 0] = 1
    quat[:, 4] = quat_from_axis_angle(np.array([0, 0, np.pi / 2]))
    rows = finedance_from_motion(Motion(30.0, body.root_m, quat), with_contacts=False)
    six = rows[0, 3:].reshape(52, 6)
    np.testing.assert_allclose(six[4], [0, -1, 0, 1, 0, 0], atol=1e-12)
    np.testing.assert_allclose(six[21], [1, 0, 0, 0, 1, 0], atol=1e-12)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("leftFoot", 7), ("rightHand", 21), ("leftIndexProximal", 22), ("leftMiddleDistal", 27),
        ("leftLittleProximal", 28), ("leftRingProximal", 31), ("leftThumbMetacarpal", 34), ("rightIndexProximal", 37),
        ("rightThumbDistal", 51),
    ],
)  # fmt: skip
def test_each_joint_stands_where_their_order_has_it(ours: str, theirs: int) -> None:
    quat = np.zeros((2, 52, 4))
    quat[..., 0] = 1
    quat[:, groovecast_skeleton().index(ours)] = [0, 1, 0, 0]
    rows = finedance_from_motion(Motion(30.0, np.zeros((2, 3)), quat), with_contacts=False)
    moved = np.abs(rows[0, 3:].reshape(52, 6) - [1, 0, 0, 0, 1, 0]).sum(axis=-1) > 0.1
    assert np.flatnonzero(moved).tolist() == [theirs]


def test_planted_feet_are_contacts_and_a_lifted_one_is_none() -> None:
    danced = bouncing(2.0)
    assert contacts_from_finedance(finedance_from_motion(danced)).all()
    lifted = danced.local_quat_wxyz.copy()
    kick = 0.8 * np.sin(np.arange(danced.frames) / 2)
    lifted[:, 1] = quat_from_axis_angle(np.stack((kick, 0 * kick, 0 * kick), axis=-1))
    found = contacts_from_finedance(finedance_from_motion(Motion(30.0, danced.root_m, lifted)))
    assert found[:, 1].all() and found[:-1, 0].mean() < 0.3


@pytest.mark.parametrize("shape", [(5, 168), (0, 315), (315,)])
def test_other_rows_are_told_in_one_line(tmp_path: Path, shape: tuple[int, ...]) -> None:
    np.save(tmp_path / "odd.npy", np.zeros(shape))
    with pytest.raises(ValueError, match=r"315 or 319 numbers, found .*odd|odd.*315 or 319 numbers, found"):
        read_finedance(tmp_path / "odd.npy")


def test_an_array_of_objects_is_not_unpickled(tmp_path: Path) -> None:
    np.save(tmp_path / "odd.npy", np.array([{}], object), allow_pickle=True)
    with pytest.raises(ValueError, match="no plain array"):
        read_finedance(tmp_path / "odd.npy")
