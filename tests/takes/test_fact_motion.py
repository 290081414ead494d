"""FACT's rows come back as they went, padded or not, and mean what AIST++'s own file means."""

import numpy as np
import pytest
from fakes.bouncer import apart_rad, bouncing
from hypothesis import given
from hypothesis import strategies as st

from groovecast.motion.pose import Motion
from groovecast.motion.rotation import matrix_from_quat, quat_from_axis_angle
from groovecast.takes.fact_motion import fact_from_motion, motion_from_fact
from groovecast.takes.smpl import SmplTake, motion_from_smpl


@pytest.mark.parametrize(("padded", "width"), [(False, 219), (True, 225)])
def test_a_motion_comes_back(padded: bool, width: int) -> None:
    danced = bouncing(2.0, fps=60.0)
    rows = fact_from_motion(danced, padded)
    assert rows.shape == (120, width) and not rows[:, : width - 219].any()
    again = motion_from_fact(rows)
    np.testing.assert_allclose(again.root_m, danced.root_m, atol=1e-9)
    assert apart_rad(again.local_quat_wxyz, danced.local_quat_wxyz) < 1e-6


@given(st.integers(0, 2**32 - 1))
def test_any_rows_come_back_from_a_motion(seed: int) -> None:
    random = np.random.default_rng(seed)
    turned = Motion(60.0, random.normal(0, 1, (4, 3)), quat_from_axis_angle(random.normal(0, 2, (4, 22, 3))))
    rows = fact_from_motion(turned)
    np.testing.assert_allclose(fact_from_motion(motion_from_fact(rows)), rows, atol=1e-9)


def test_rows_made_as_fact_makes_them_mean_the_same_as_the_pickle() -> None:
    random = np.random.default_rng(1)
    take = SmplTake(random.normal(0, 0.5, (6, 72)), random.normal(0, 100, (6, 3)), 94.0)
    matrices = matrix_from_quat(quat_from_axis_angle(take.pose_rad.reshape(6, 24, 3)))
    rows = np.concatenate((take.translation / take.scaling, matrices.reshape(6, 216)), axis=1)
    straight, round_about = motion_from_smpl(take), motion_from_fact(rows)
    np.testing.assert_allclose(round_about.root_m, straight.root_m, atol=1e-9)
    assert apart_rad(round_about.local_quat_wxyz, straight.local_quat_wxyz) < 1e-6


def test_a_networks_matrices_become_the_nearest_rotations() -> None:
    danced = bouncing(0.5, fps=60.0)
    rows = fact_from_motion(danced)
    noisy = rows + np.random.default_rng(0).normal(0, 0.01, rows.shape)
    noisy[:, 3:] *= 1.2
    again = motion_from_fact(noisy)
    np.testing.assert_allclose(np.linalg.norm(again.local_quat_wxyz, axis=-1), 1, atol=1e-9)
    assert apart_rad(again.local_quat_wxyz, danced.local_quat_wxyz) < 0.1


def test_other_rows_are_told_in_one_line() -> None:
    with pytest.raises(ValueError, match="219 or 225 numbers, found 4 x 151"):
        motion_from_fact(np.zeros((4, 151)))
