"""Smoothness: nought changes nothing, slow movement stays, quick movement goes, and none of it comes later."""

import numpy as np
import pytest
from fakes.swaying import swaying
from hypothesis import given
from hypothesis import strategies as st

from groovecast.motion.kinematics import world_from_local
from groovecast.motion.pose import Motion
from groovecast.motion.rotation import quat_from_axis_angle, quat_multiply
from groovecast.motion.skeleton import groovecast_skeleton
from groovecast.motion.smoothing import SLOWEST_HZ, reach_frames, smoothed

SKELETON = groovecast_skeleton()
HAND = SKELETON.index("leftHand")


def places(motion: Motion) -> np.ndarray:
    place, _ = world_from_local(
        motion.root_m.astype(np.float64), motion.local_quat_wxyz.astype(np.float64),
        SKELETON.rest_offset_m.astype(np.float64), SKELETON.parents,
    )  # fmt: skip
    return place


def waving(hz: float, seconds: float = 6.0, size: float = 0.3) -> Motion:
    """A figure in T-pose whose left arm swings so many times a second."""
    time_s = np.arange(int(seconds * 30)) / 30
    turns = np.zeros((len(time_s), SKELETON.body_joints, 3))
    turns[:, SKELETON.index("leftUpperArm"), 2] = size * np.sin(2 * np.pi * hz * time_s)
    root = np.tile([0.0, SKELETON.hips_height_m, 0.0], (len(time_s), 1))
    return Motion(30.0, root.astype(np.float32), quat_from_axis_angle(turns).astype(np.float32))


def swing(motion: Motion) -> np.ndarray:
    """How high the left hand is, away from the ends."""
    return np.asarray(places(motion)[30:-30, HAND, 1])


def test_nought_gives_the_very_same_motion() -> None:
    motion = swaying(3)
    assert smoothed(motion, 0.0, SKELETON) is motion


@pytest.mark.parametrize("smoothness", [0.5, 0.75, 1.0])
def test_what_moves_as_often_as_promised_is_left_half_as_strong_and_what_is_slow_stays(
    smoothness: float,
) -> None:
    for hz, least, most in ((SLOWEST_HZ / smoothness, 0.63, 0.78), (0.15 / smoothness, 0.97, 1.01)):
        wave = waving(hz, 14.0)
        left = np.ptp(swing(smoothed(wave, smoothness, SKELETON))) / np.ptp(swing(wave))
        assert least < left < most
    quick = waving(3 * SLOWEST_HZ / smoothness)
    assert np.ptp(swing(smoothed(quick, smoothness, SKELETON))) < 0.06 * np.ptp(swing(quick))


@given(st.floats(0.1, 1.0), st.floats(0.3, 2.5))
def test_nothing_comes_later_or_sooner(smoothness: float, hz: float) -> None:
    wave = waving(hz)
    was, now = swing(wave), swing(smoothed(wave, smoothness, SKELETON))
    turning = np.exp(-2j * np.pi * hz * np.arange(len(was)) / 30)
    # over whole swings, so that the ends tell nothing
    whole = int(int(len(was) / 30 * hz) * 30 / hz)
    before, after = (np.angle(np.sum(((x - x.mean()) * turning)[:whole])) for x in (was, now))
    late_s = ((after - before + np.pi) % (2 * np.pi) - np.pi) / (2 * np.pi * hz)
    assert abs(late_s) < 0.02


def test_feet_that_stand_go_on_standing() -> None:
    toes = [SKELETON.index(f"{side}Foot") for side in ("left", "right")]
    was, now = (places(motion)[15:-15, toes] for motion in (swaying(4), smoothed(swaying(4), 1.0, SKELETON)))
    assert np.ptp(was, axis=0).max() < 1e-3
    assert np.ptp(now, axis=0).max() < 3e-3


@given(st.floats(0.05, 1.0), st.integers(20, 60))
def test_a_frame_depends_on_no_more_frames_than_is_said(smoothness: float, changed: int) -> None:
    motion = waving(1.0, 3.0)
    quat = motion.local_quat_wxyz.copy()
    quat[changed:, 5] = quat_multiply(quat[changed:, 5], quat_from_axis_angle(np.array([0.0, 0.4, 0])))
    other = smoothed(Motion(30.0, motion.root_m, quat.astype(np.float32)), smoothness, SKELETON)
    same = changed - reach_frames(smoothness, 30.0)
    was = smoothed(motion, smoothness, SKELETON)
    np.testing.assert_allclose(other.local_quat_wxyz[:same], was.local_quat_wxyz[:same], atol=1e-6)
    assert np.abs(other.local_quat_wxyz[changed] - was.local_quat_wxyz[changed]).max() > 1e-3


@given(st.floats(0.05, 1.0), st.integers(0, 2**31))
def test_rotations_stay_rotations_whatever_is_smoothed(smoothness: float, seed: int) -> None:
    draw = np.random.default_rng(seed)
    quat = draw.normal(size=(40, SKELETON.body_joints, 4))
    quat /= np.linalg.norm(quat, axis=-1, keepdims=True)
    motion = Motion(30.0, draw.normal(size=(40, 3)).astype(np.float32), quat.astype(np.float32))
    smooth = smoothed(motion, smoothness, SKELETON)
    np.testing.assert_allclose(np.linalg.norm(smooth.local_quat_wxyz, axis=-1), 1, atol=1e-5)
    assert np.isfinite(smooth.root_m).all()
