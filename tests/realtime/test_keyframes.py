"""Poses at their times and parts that are held: which numbers of a plan they make known, and when."""

import zipfile
from math import inf
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from groovecast.motion.idle import standing
from groovecast.motion.kinematics import world_from_local
from groovecast.motion.pose import Motion
from groovecast.motion.representation import CONTACTS, HEIGHT, JOINTS, TILT, VELOCITY, YAW
from groovecast.motion.rotation import quat_from_yaw, quat_multiply, quat_rotate, yaw_from_quat
from groovecast.motion.skeleton import groovecast_skeleton
from groovecast.takes.vrma import write_vrma
from realtime.keyframes import (
    ARRIVE_S,
    LEAVE_S,
    PARTS,
    PIN_FADE_S,
    SOONEST_S,
    Keyframe,
    KnownPose,
    Pin,
    Wanted,
    edit_for,
    known_pose,
    reached,
)
from realtime.pose_files import pose_of_file

_SKELETON = groovecast_skeleton()
_TIMES_S = 10 + np.arange(50) / 30
_FLOOR = np.ones(4, bool)


def rest() -> np.ndarray:
    """A T-pose."""
    quat = np.zeros((22, 4))
    quat[:, 0] = 1
    return quat


def t_pose(height_m: float = _SKELETON.hips_height_m) -> KnownPose:
    """A T-pose as it is known."""
    return known_pose(np.array([0, height_m, 0]), rest(), _FLOOR)


def expected() -> Motion:
    """What would be danced: standing at ease."""
    poses = [standing(np.array([0.4, 0, -0.2]), rest(), time_s) for time_s in _TIMES_S]
    return Motion(30.0, np.stack([root for root, _ in poses]), np.stack([quat for _, quat in poses]))


def mask_of(wanted: Wanted) -> np.ndarray:
    """Which numbers are known."""
    edit = edit_for(wanted, _TIMES_S, expected())
    assert edit is not None
    return edit.mask


# -- times ----------------------------------------------------------------------------------------------------


@given(
    at_s=st.floats(0, 30),
    hold_s=st.floats(0, 3),
    ahead_s=st.one_of(st.just(inf), st.floats(-1, 3)),
)
def test_a_keyframe_is_arrived_in_softly_held_and_left_softly_however_late_it_is_asked_for(
    at_s: float, hold_s: float, ahead_s: float
) -> None:
    keyframe = Keyframe(t_pose(), at_s, hold_s, at_s - ahead_s)
    times_s = np.arange(-5, 45, 1 / 120)
    weight = keyframe.weight(times_s)
    soonest_s = max(at_s, keyframe.from_s + SOONEST_S)
    held = (times_s >= soonest_s) & (times_s <= max(at_s + hold_s, soonest_s))
    assert (weight[held] == 1).all(), "while it is held"
    assert not weight[times_s < max(keyframe.from_s, at_s - ARRIVE_S - 0.03)].any(), "what is committed"
    assert not weight[times_s > max(keyframe.over_s, soonest_s + LEAVE_S + 0.03)].any(), "once it is over"
    assert np.abs(np.diff(weight)).max() <= 2 / 120 / SOONEST_S, "nowhere does it jump"


def test_a_pin_fades_in_and_out() -> None:
    pin = Pin("legs", t_pose(), from_s=2.0, until_s=5.0)
    np.testing.assert_allclose(
        pin.weight(np.array([1.9, 2.0, 2 + PIN_FADE_S / 2, 2 + PIN_FADE_S, 5.0, 5 + PIN_FADE_S, 9.0])),
        [0, 0, 0.5, 1, 1, 0, 0],
        atol=1e-9,
    )
    assert Pin("legs", t_pose(), 2.0).weight(np.array([1e6])) == 1 and pin.over_s == 5 + PIN_FADE_S


def test_what_is_wanted_moves_to_another_clock_as_a_whole() -> None:
    wanted = Wanted((Keyframe(t_pose(), 5.0, 1.0, 4.0),), (Pin("arms", t_pose(), 3.0),)).later(-2.0)
    (keyframe,), (pin,) = wanted.keyframes, wanted.pins
    assert (keyframe.at_s, keyframe.hold_s, keyframe.from_s) == (3.0, 1.0, 2.0)
    assert (pin.from_s, pin.until_s) == (1.0, inf)


# -- which numbers --------------------------------------------------------------------------------------------


def test_nothing_wanted_is_no_edit() -> None:
    assert edit_for(Wanted(), _TIMES_S, expected()) is None
    over = Wanted((Keyframe(t_pose(), 5.0),), (Pin("legs", t_pose(), 0.0, 5.0), Pin("arms", t_pose(), 20.0)))
    assert edit_for(over, _TIMES_S, expected()) is None


def test_a_keyframe_knows_the_whole_pose_but_not_where_it_stands_and_turns() -> None:
    mask = mask_of(Wanted((Keyframe(t_pose(), 11.0),)))[30]
    for numbers in (TILT, JOINTS, CONTACTS, slice(HEIGHT, HEIGHT + 1)):
        assert (mask[numbers] == 1).all()
    assert not mask[YAW].any() and not mask[VELOCITY].any()


@pytest.mark.parametrize("part", PARTS)
def test_a_pin_knows_its_own_joints_and_legs_stay_where_they_stand(part: str) -> None:
    mask = mask_of(Wanted(pins=(Pin(part, t_pose(), 0.0),)))
    assert (mask == mask[0]).all()
    joints = {_SKELETON.names[1 + row] for row in np.flatnonzero(mask[0, JOINTS].reshape(21, 6).all(axis=1))}
    assert joints == set(PARTS[part])
    assert mask[0, HEIGHT] == mask[0, YAW].min() == mask[0, VELOCITY].min() == (part == "legs")


def test_an_arm_on_its_way_to_a_spot_has_its_shoulder_and_its_wrist_free() -> None:
    pin = Pin("left hand", t_pose(), 0.0, target_m=(0.3, 1.3, 0.3))
    mask = mask_of(Wanted(pins=(pin,)))[0, JOINTS].reshape(21, 6).all(axis=1)
    assert {_SKELETON.names[1 + row] for row in np.flatnonzero(mask)} == {"leftUpperArm", "leftLowerArm"}


def test_a_part_that_nobody_knows_is_refused_in_words() -> None:
    with pytest.raises(ValueError, match=r"asked to pin 'tail', there are legs, arms, .*: choose one"):
        edit_for(Wanted(pins=(Pin("tail", t_pose(), 0.0),)), _TIMES_S, expected())


def test_of_two_keyframes_each_is_met_at_its_time_and_a_pin_wins_over_both() -> None:
    low, high = Keyframe(t_pose(0.7), 10.5), Keyframe(t_pose(0.9), 11.0)
    for keyframes in ((low, high), (high, low)):
        edit = edit_for(Wanted(keyframes), _TIMES_S, expected())
        assert edit is not None
        np.testing.assert_allclose(edit.known[[15, 30], HEIGHT], [0.7, 0.9], atol=0.02)
    pinned = edit_for(Wanted((low,), (Pin("legs", t_pose(0.8), 0.0),)), _TIMES_S, expected())
    assert pinned is not None
    np.testing.assert_allclose(pinned.known[:, HEIGHT], 0.8, atol=1e-6)


def test_a_pinned_hand_is_on_its_spot_seen_from_where_the_figure_stands() -> None:
    pins = (Pin("left hand", t_pose(), 0.0, target_m=(0.3, 1.3, 0.3)), Pin("legs", t_pose(), 0.0))
    motion = expected()
    aside = quat_multiply(quat_from_yaw(np.array(1.0)), motion.local_quat_wxyz[:, 0].astype(float))
    motion.local_quat_wxyz[:, 0] = aside
    there = reached(motion, pins, _TIMES_S)
    root, quat = there.root_m.astype(float), there.local_quat_wxyz.astype(float)
    place, _ = world_from_local(root, quat, _SKELETON.rest_offset_m.astype(float), _SKELETON.parents)
    heading = quat_from_yaw(yaw_from_quat(quat[:, 0]))
    spot = np.array([0.4, 0.0, -0.2]) + quat_rotate(heading, np.array([0.3, 1.3, 0.3]))
    assert np.linalg.norm(place[:, _SKELETON.index("leftHand")] - spot, axis=-1).max() < 0.02
    assert reached(motion, pins[1:], _TIMES_S) is motion


def test_a_spot_that_is_moved_is_glided_to_from_the_first_frame_that_is_not_committed() -> None:
    pin = Pin("left hand", t_pose(), 0.0, target_m=(0.3, 1.3, 0.3)).moved((0.0, 1.0, 0.4), 11.0)
    spot = pin.spot_m(_TIMES_S)
    np.testing.assert_allclose(spot[:30], [[0.3, 1.3, 0.3]] * 30, atol=1e-6)
    np.testing.assert_allclose(spot[-1], [0.0, 1.0, 0.4], atol=1e-6)
    assert np.linalg.norm(np.diff(spot, axis=0), axis=-1).max() < 0.12, "of 0.44 m in nine frames"
    again, now_s = pin.moved((0.3, 1.3, 0.3), 11.1), np.array([11.1])
    np.testing.assert_allclose(again.spot_m(now_s), pin.spot_m(now_s), atol=1e-9)
    later = Wanted(pins=(again,)).later(-5.0).pins[0]
    np.testing.assert_allclose(later.spot_m(_TIMES_S - 5), again.spot_m(_TIMES_S), atol=1e-9)


# -- poses ----------------------------------------------------------------------------------------------------


def test_a_pose_is_known_wherever_it_stands_and_whichever_way_it_faces() -> None:
    root, quat = standing(np.array([1.0, 0, 2.0]), rest(), 0.3)
    turned = quat.copy()
    turned[0] = quat_multiply(quat_from_yaw(np.array(2.0)), quat[0])
    one, other = known_pose(root, quat, _FLOOR), known_pose(root * (7, 1, -3), turned, _FLOOR)
    np.testing.assert_allclose(one.numbers(), other.numbers(), atol=1e-6)


def test_a_low_sole_stands_once_a_pose_is_held_though_it_moved_when_it_was_danced() -> None:
    assert known_pose(np.array([0, _SKELETON.hips_height_m, 0]), rest(), np.zeros(4, bool)).contacts.all()
    leaping = known_pose(np.array([0, _SKELETON.hips_height_m + 0.2, 0]), rest(), np.zeros(4, bool))
    assert not leaping.contacts.any()


def test_a_pose_is_read_from_takes_of_several_kinds_and_stands_on_the_floor(tmp_path: Path) -> None:
    root, quat = standing(np.zeros(3), rest(), 0.0)
    many = np.concatenate((quat, np.tile([1.0, 0, 0, 0], (30, 1))))
    motion = Motion(30.0, (root - (0, 0.1, 0))[None].repeat(3, 0), many[None].repeat(3, 0))
    np.savez(tmp_path / "pose.npz", root_m=motion.root_m, local_quat_wxyz=motion.local_quat_wxyz)
    write_vrma(tmp_path / "pose.vrma", motion)
    wanted = known_pose(root, quat, _FLOOR).numbers()
    for name in ("pose.npz", "pose.vrma"):
        np.testing.assert_allclose(pose_of_file(tmp_path / name).numbers(), wanted, atol=0.01)


def test_a_file_that_holds_no_pose_is_refused_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "pose.txt").write_text("arms up")
    (tmp_path / "broken.npz").write_bytes(b"PK\x03\x04nothing")
    (tmp_path / "broken.bvh").write_text("HIERARCHY")
    (tmp_path / "broken.vrma").write_bytes(b"glTF")
    np.savez(tmp_path / "other.npz", root_m=np.zeros((2, 3)), local_quat_wxyz=np.zeros((2, 5, 4)))
    np.savez(tmp_path / "empty.npz", root_m=np.zeros((0, 3)), local_quat_wxyz=np.zeros((0, 22, 4)))
    np.savez(tmp_path / "nan.npz", root_m=np.full((1, 3), np.nan), local_quat_wxyz=np.zeros((1, 22, 4)))
    with zipfile.ZipFile(tmp_path / "pickled.npz", "w") as archive:
        archive.writestr("root_m.npy", b"\x80\x04.")
    for name in ("pose.txt", "none.npz", *(path.name for path in tmp_path.iterdir())):
        with pytest.raises(ValueError, match=f"asked for .*{name}|{name}") as why:
            pose_of_file(tmp_path / name)
        assert "\n" not in str(why.value)
