"""AIST++ takes come back as they went, stand as tall as we do, and no pickle can do harm."""

import io
import os
import pickle
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from fakes.bouncer import apart_rad, bouncing, places_of
from hypothesis import given
from hypothesis import strategies as st

from groovecast.motion.rotation import quat_from_axis_angle
from groovecast.takes.smpl import (
    SmplTake,
    motion_from_smpl,
    parse_smpl,
    read_smpl,
    smpl_from_motion,
    write_smpl,
)
from groovecast.takes.smpl_body import SMPL, SMPL_X, ankles_of


def test_a_motion_comes_back_from_a_pickle(tmp_path: Path) -> None:
    danced = bouncing(2.0, fps=60.0)
    write_smpl(tmp_path / "take.pkl", smpl_from_motion(danced))
    again = motion_from_smpl(read_smpl(tmp_path / "take.pkl"))
    assert again.fps == 60
    np.testing.assert_allclose(again.root_m, danced.root_m, atol=1e-5)
    assert apart_rad(again.local_quat_wxyz, danced.local_quat_wxyz) < 1e-5


@given(st.integers(0, 2**32 - 1), st.floats(0.5, 200))
def test_any_take_comes_back_from_a_motion(seed: int, scaling: float) -> None:
    random = np.random.default_rng(seed)
    turns = random.normal(0, 1, (5, 24, 3))
    turns *= np.minimum(1, 3 / np.linalg.norm(turns, axis=-1, keepdims=True))  # less than half a turn
    turns[:, 22:] = 0  # the hands that we lack
    take = SmplTake(turns.reshape(5, 72), random.normal(0, scaling, (5, 3)), scaling)
    again = smpl_from_motion(motion_from_smpl(take), scaling)
    np.testing.assert_allclose(again.pose_rad, take.pose_rad, atol=1e-7)
    np.testing.assert_allclose(again.translation, take.translation, atol=1e-7 * scaling)


def test_smpl_standing_upright_is_our_rest_pose_on_ones_own_feet() -> None:
    still = motion_from_smpl(SmplTake(np.zeros((3, 72)), np.zeros((3, 3)), 1.0))
    place = places_of(still)[0]
    ankles = place[[7, 8]]
    # SMPL's ankles lie 1.13 m below the origin of its mesh, its soles a little more
    np.testing.assert_allclose(ankles[:, 1], -1.13, atol=0.02)
    assert place[7, 0] > 0 > place[8, 0], "left is +X"
    assert place[10, 2] > ankles[0, 2], "toes point to +Z"


def test_the_ankles_of_smpl_are_known_in_our_scale() -> None:
    still = motion_from_smpl(SmplTake(np.zeros((3, 72)), np.zeros((3, 3)), 1.0))
    for body in (SMPL, SMPL_X):
        ankles = ankles_of(still, body)
        leg_m = np.linalg.norm(body.leg_m[2:], axis=-1).sum() / 2 * body.scale
        assert abs(leg_m - 0.82) < 1e-6, "as long as ours"
        assert 0.1 < (ankles["left"] - ankles["right"])[0, 0] < 0.2
    np.testing.assert_allclose(ankles_of(still, SMPL)["left"][0], places_of(still)[0, 7], atol=0.04)


class _Harm:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, ("echo harmed",)


@pytest.mark.parametrize(
    "content",
    [
        _Harm(),
        {"smpl_poses": _Harm()},
        np.array([_Harm()], object),
        {"smpl_poses": eval},
        Path("x"),
    ],
)
def test_a_pickle_that_asks_for_more_than_arrays_is_refused_in_one_line(
    content: object, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(ValueError, match="asked for an AIST") as refused:
        parse_smpl(pickle.dumps(content), "bad.pkl")
    assert len(str(refused.value).splitlines()) == 1
    assert "harmed" not in capfd.readouterr().out


_PLAIN_STATE = (3, "|", None, None, None, -1, -1, 0)


class _Call:
    """What a pickle calls, and what it fills the answer with."""

    def __init__(self, name: str, args: tuple[object, ...], state: object = None) -> None:
        self.name, self.args, self.state = name, args, state


class _ByHand(pickle._Pickler):
    """Pickles such calls by the names that a file would have."""

    def save(self, obj: object, *rest: object) -> None:
        """One call or value."""
        if not isinstance(obj, _Call):
            return super().save(obj, *rest)
        module, _, name = obj.name.rpartition(".")
        self.write(pickle.GLOBAL + f"{module}\n{name}\n".encode())
        if obj.args:
            super().save(obj.args)
            self.write(pickle.REDUCE)
        if obj.state is not None:
            super().save(obj.state)
            self.write(pickle.BUILD)
        return None


def _by_hand(content: object) -> bytes:
    out = io.BytesIO()
    _ByHand(out, protocol=3).dump(content)
    return out.getvalue()


def _numbers(name: str, state: object = None) -> _Call:
    return _Call("numpy.dtype", (name, False, True), state)


_WITH_OBJECT = _numbers("V8", (3, "|", None, ("a",), {"a": (_numbers("O8", _PLAIN_STATE), 0)}, 8, 1, 0))
_SCALAR, _ARRAY = "numpy._core.multiarray.scalar", "numpy._core.multiarray._reconstruct"


@pytest.mark.parametrize(
    "content",
    [
        {"k": _Call(_SCALAR, (_WITH_OBJECT, b"A" * 8))},  # held a pointer from the file, and let go of it
        {"k": _Call(_SCALAR, (_numbers("f8", (3, "<", None, ("a",), {}, 8, 1, 0)), b"A" * 8))},
        {"k": _Call(_SCALAR, (_numbers("O8"), b"A" * 8))},
        {"k": _Call(_SCALAR, (_numbers("f8"), b"A"))},
        {"k": _Call("numpy.ndarray", ((2**40,),))},
        {"k": _Call(_ARRAY, (_Call("numpy.dtype", ()), (0,), b"b"))},
        {"k": _Call(_ARRAY, (_Call("numpy.ndarray", ()), (0,), b"b"), (1, (-1, -1), _numbers("i1"), False, b"A"))},
        {"k": _Call(_ARRAY, (_Call("numpy.ndarray", ()), (0,), b"b"), (1, (1,), _numbers("i1"), False, ["A"]))},
        {"k": _Call("numpy.dtype", (), ({}, {"__defaults__": ("O8", False, True)}))},
    ],
)  # fmt: skip
def test_a_pickle_that_fills_arrays_with_what_is_no_number_is_refused(content: object) -> None:
    # in a process of its own: what it must not do is end it
    read = "import sys; from groovecast.takes.smpl import parse_smpl; parse_smpl(sys.stdin.buffer.read())"
    ended = subprocess.run([sys.executable, "-c", read], input=_by_hand(content), capture_output=True)
    last = ended.stderr.decode().splitlines()[-1]
    assert (
        ended.returncode == 1
        and last.startswith("ValueError: asked for an AIST++ take")
        and "more than" in last
    )


def test_what_is_made_by_hand_is_read_where_it_is_plain() -> None:
    filled = (1, (2,), _numbers("f8", (3, "<", None, None, None, -1, -1, 0)), False, bytes(16))
    made = _by_hand({"smpl_poses": _Call(_ARRAY, (_Call("numpy.ndarray", ()), (0,), b"b"), filled)})
    with pytest.raises(ValueError, match="found no arrays"):
        parse_smpl(made)


def _pickled(**changed: object) -> bytes:
    good = {"smpl_poses": np.zeros((4, 72)), "smpl_trans": np.zeros((4, 3)), "smpl_scaling": np.ones(1)}
    return pickle.dumps({**good, **changed})


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (b"", "damaged"),
        (b"no pickle at all", "damaged"),
        (_pickled()[:-40], "damaged"),
        (pickle.dumps([1, 2]), "no arrays"),
        (_pickled(smpl_trans=None), "no arrays"),
        (_pickled(smpl_poses=np.zeros((4, 69))), "4 x 69"),
        (_pickled(smpl_trans=np.zeros((3, 3))), "4 poses, 3 places"),
        (_pickled(smpl_scaling=np.zeros(1)), "scaling of 0"),
        (_pickled(smpl_trans=np.full((4, 3), np.nan)), "not finite"),
        (_pickled(smpl_poses=np.zeros((4, 72), object)), "kind 'O8'"),
    ],
)
def test_what_is_no_take_is_told_in_one_line(data: bytes, found: str) -> None:
    with pytest.raises(ValueError, match=found) as refused:
        parse_smpl(data, "odd.pkl")
    assert "odd.pkl" in str(refused.value) and len(str(refused.value).splitlines()) == 1


def test_takes_of_another_frame_rate_are_not_written() -> None:
    with pytest.raises(ValueError, match="found 30"):
        smpl_from_motion(bouncing(1.0))


@pytest.mark.shared
def test_a_real_take_of_aist_is_read_and_comes_back(beside: Callable[[str], Path], tmp_path: Path) -> None:
    take = read_smpl(beside("data/formats/gBR_sBM_cAll_d04_mBR0_ch01.pkl"))
    motion = motion_from_smpl(take)
    assert motion.local_quat_wxyz.shape == (720, 22, 4)
    write_smpl(tmp_path / "again.pkl", smpl_from_motion(motion, take.scaling))
    again = read_smpl(tmp_path / "again.pkl")
    np.testing.assert_allclose(again.translation, take.translation, atol=1e-3)
    before, after = (quat_from_axis_angle(each.pose_rad.reshape(-1, 24, 3)[:, :22]) for each in (take, again))
    assert apart_rad(before, after) < 1e-5
