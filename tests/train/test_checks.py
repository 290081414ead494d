"""Checks of takes: each fault is found, the mendable ones are mended, and a clean take passes as it was."""

from dataclasses import replace

import numpy as np
import pytest
from fakes.swaying import swaying

from groovecast.motion.pose import Motion
from groovecast.motion.rotation import quat_from_axis_angle, quat_from_yaw, quat_multiply
from groovecast.motion.skeleton import groovecast_skeleton
from groovecast.train.capture import Capture
from groovecast.train.checks import (
    Seen,
    examined,
    figures_of,
    floor_by_window,
    reason_against,
    reason_against_bones,
)
from groovecast.train.spikes import RAW, SMOOTHED, bridged, spikes_of
from groovecast.train.takes import in_motion, unbroken

_INDEX = groovecast_skeleton().index


def _turned(motion: Motion, joint: str, axis_angle: tuple[float, float, float], frames: slice) -> Motion:
    quat = motion.local_quat_wxyz.copy()
    turn = quat_from_axis_angle(np.array(axis_angle))
    quat[frames, _INDEX(joint)] = quat_multiply(
        quat[frames, _INDEX(joint)], np.broadcast_to(turn, quat[frames, 0].shape)
    )
    return Motion(motion.fps, motion.root_m, quat)


def _moved(motion: Motion, by_m: np.ndarray) -> Motion:
    return Motion(motion.fps, motion.root_m + by_m, motion.local_quat_wxyz)


def test_a_clean_take_passes_untouched() -> None:
    motion = swaying(10)
    seen = examined(motion, "street")
    assert seen.reason is None and seen.mends == ()
    assert seen.motion is motion


def test_a_hand_that_leaps_for_a_frame_is_found_and_bridged() -> None:
    clean = swaying(10)
    leapt = _turned(clean, "leftUpperArm", (0, 0, 2.5), slice(100, 101))
    assert reason_against(figures_of(leapt), "street") is not None
    bad = spikes_of(leapt, SMOOTHED)
    assert bad[100, _INDEX("leftHand")] and not bad[:, _INDEX("rightHand")].any()
    mended = examined(leapt, "street")
    assert mended.mends == ("spikes",) and mended.reason is None
    apart = np.linalg.norm(Seen(mended.motion).joint("leftHand") - Seen(clean).joint("leftHand"), axis=-1)
    assert apart.max() < 0.05, "the hand is back where it was"


def test_hips_that_leap_condemn_the_whole_body() -> None:
    place = np.zeros((300, 3))
    place[150] = 0.5
    assert spikes_of(_moved(swaying(10), place), RAW)[150].all()


def test_the_bridge_between_good_frames_is_even() -> None:
    motion, bad = swaying(4), np.zeros((120, 22), bool)
    bad[50:53, :] = True
    between = bridged(motion, bad).root_m[49:54]
    np.testing.assert_allclose(np.diff(between, 2, axis=0), 0, atol=1e-12)


def test_a_floor_that_rises_is_laid_flat() -> None:
    rising = np.zeros((450, 3))
    rising[:, 1] = np.linspace(0, 0.15, 450)
    uneven = _moved(swaying(15), rising)
    assert "floor drift" in str(reason_against(figures_of(uneven), "street"))
    mended = examined(uneven, "street")
    assert "floor" in mended.mends and mended.reason is None
    assert np.abs(floor_by_window(Seen(mended.motion))).max() < 0.02


def test_a_figure_that_glides_over_the_floor_is_left_out() -> None:
    gliding = np.zeros((300, 3))
    gliding[:, 0] = np.arange(300) * 0.02
    assert "foot slide" in str(examined(_moved(swaying(10), gliding), "street").reason)


def test_feet_that_face_backwards_are_left_out() -> None:
    wrong = swaying(10)
    for side in ("left", "right"):
        wrong = _turned(wrong, f"{side}Foot", (0, np.pi, 0), slice(None))
    assert "feet against hips" in str(examined(wrong, "street").reason)


def test_legs_that_changed_sides_are_left_out() -> None:
    motion = swaying(10)
    quat = motion.local_quat_wxyz.copy()
    # the legs are swung across each other, both of them
    for side, sign in (("left", -1), ("right", 1)):
        joint = _INDEX(f"{side}UpperLeg")
        quat[:, joint] = quat_multiply(
            np.tile(quat_from_axis_angle(np.array([0, 0, 0.3 * sign])), (300, 1)), quat[:, joint]
        )
    assert figures_of(Motion(30.0, motion.root_m, quat))["feet crossed"] > 0.8


def test_knees_that_bend_backwards_are_left_out() -> None:
    wrong = swaying(10)
    for side in ("left", "right"):
        wrong = _turned(wrong, f"{side}UpperLeg", (0.9, 0, 0), slice(None))
        wrong = _turned(wrong, f"{side}LowerLeg", (-1.8, 0, 0), slice(None))
        wrong = _turned(wrong, f"{side}Foot", (0.9, 0, 0), slice(None))
    assert "knees backwards" in str(reason_against(figures_of(wrong), "street"))


def test_who_walks_backwards_for_long_is_no_walker() -> None:
    walk = np.zeros((300, 3))
    walk[:, 2] = np.arange(300) / 30 * -1.2
    figures = figures_of(_moved(swaying(10), walk))
    assert figures["backwards"] > 0.9
    assert "backwards" in str(reason_against(figures, "move"))
    assert "fast travel" not in str(reason_against(figures, "salsa")), "partners of a salsa walk backwards"


@pytest.mark.parametrize("style", ["street", "martial"])
def test_only_a_dance_must_not_stand_for_long(style: str) -> None:
    motion = swaying(12)
    frozen = np.arange(360)
    frozen[100:220] = 100
    held = Motion(30.0, motion.root_m[frozen], motion.local_quat_wxyz[frozen])
    assert ("stillness" in str(reason_against(figures_of(held), style))) is (style == "street")


def test_standing_is_cut_from_both_ends_and_out_of_the_middle() -> None:
    motion = swaying(12)
    at = np.concatenate(
        (np.zeros(60), np.arange(150), np.full(120, 150), np.arange(150, 300), np.full(45, 300))
    ).astype(int)
    held = Motion(30.0, motion.root_m[at], motion.local_quat_wxyz[at])
    first, second = in_motion(held, slice(0, held.frames))
    assert 30 <= first.start <= 60 and 195 <= first.stop <= 240
    assert 300 <= second.start <= 345 and 465 <= second.stop <= 510


def test_a_dance_without_standing_is_one_run_from_end_to_end() -> None:
    motion = swaying(12)
    assert unbroken(motion) == [slice(0, 360)] == in_motion(motion, slice(0, 360))


def test_a_turn_of_the_whole_take_changes_no_figure() -> None:
    motion, turn = swaying(6), quat_from_yaw(np.array(1.3))
    quat = motion.local_quat_wxyz.copy()
    quat[:, 0] = quat_multiply(np.broadcast_to(turn, quat[:, 0].shape), quat[:, 0])
    root = np.stack(
        (
            np.cos(1.3) * motion.root_m[:, 0] + np.sin(1.3) * motion.root_m[:, 2],
            motion.root_m[:, 1],
            np.cos(1.3) * motion.root_m[:, 2] - np.sin(1.3) * motion.root_m[:, 0],
        ),
        axis=-1,
    )
    before, after = figures_of(motion), figures_of(Motion(30.0, root, quat))
    assert before == pytest.approx(after, abs=1e-6)


def _capture() -> Capture:
    names = ("hip", "chest", "neck", "head", *(
        side + part for side in "lr" for part in ("Collar", "Shldr", "ForeArm", "Hand", "Thigh", "Shin", "Foot")
    ))  # fmt: skip
    parents = (-1, 0, 1, 2, 1, 4, 5, 6, 0, 8, 9, 1, 11, 12, 13, 0, 15, 16)
    offsets = np.full((18, 3), 20.0)
    still = np.zeros((5, 18, 4))
    still[..., 0] = 1
    return Capture("made", "up", "", 30.0, names, parents, offsets, False, np.zeros((5, 3)), still)


def test_a_body_with_one_long_arm_is_no_body() -> None:
    fine = _capture()
    assert reason_against_bones(fine) is None
    longer = fine.offset_cm.copy()
    longer[fine.names.index("lHand")] *= 1.5
    assert "on the left" in str(reason_against_bones(replace(fine, offset_cm=longer)))
