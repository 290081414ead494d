"""The ground: a body goes where its planted feet make it go, and flies as it was thrown."""

import numpy as np

from groovecast.motion.grounding import grounded
from groovecast.motion.idle import standing
from groovecast.motion.kinematics import world_from_local
from groovecast.motion.pose import Motion
from groovecast.motion.skeleton import groovecast_skeleton
from groovecast.motion.soles import soles_of

_SKELETON = groovecast_skeleton()


def _gliding(frames: int = 30) -> tuple[Motion, Motion]:
    """Standing still, but carried over the floor; and the frame before."""
    home = np.zeros((22, 4))
    home[:, 0] = 1
    root, quat = standing(np.zeros(3), home, 0.0)
    roots = np.repeat(root[None], frames + 1, axis=0)
    roots[:, 0] = 0.02 * np.arange(frames + 1)
    whole = np.repeat(quat[None], frames + 1, axis=0).astype(np.float32)
    roots = roots.astype(np.float32)
    return Motion(30.0, roots[1:], whole[1:]), Motion(30.0, roots[:1], whole[:1])


def _balls(motion: Motion) -> np.ndarray:
    place, world = world_from_local(
        motion.root_m.astype(np.float64),
        motion.local_quat_wxyz.astype(np.float64),
        _SKELETON.rest_offset_m.astype(np.float64),
        _SKELETON.parents,
    )
    return soles_of(place, world, _SKELETON).place_m[:, [1, 3]]


def test_planted_feet_carry_the_body_nowhere() -> None:
    motion, before = _gliding()
    still = grounded(motion, np.ones((motion.frames, 4)), before, _SKELETON)
    assert np.ptp(_balls(still)[..., 0], axis=0).max() < 1e-3
    assert abs(still.root_m[-1, 0] - before.root_m[0, 0]) < 1e-3


def test_one_planted_foot_is_enough() -> None:
    motion, before = _gliding()
    contact = np.zeros((motion.frames, 4))
    contact[:, 0] = 1
    assert np.ptp(grounded(motion, contact, before, _SKELETON).root_m[:, 0]) < 1e-3


def test_in_the_air_the_body_goes_on_as_planned() -> None:
    motion, before = _gliding()
    flown = grounded(motion, np.zeros((motion.frames, 4)), before, _SKELETON)
    np.testing.assert_allclose(flown.root_m, motion.root_m, atol=1e-6)


def test_height_and_turns_are_never_touched() -> None:
    motion, before = _gliding()
    still = grounded(motion, np.ones((motion.frames, 4)), before, _SKELETON)
    np.testing.assert_array_equal(still.local_quat_wxyz, motion.local_quat_wxyz)
    np.testing.assert_allclose(still.root_m[:, 1], motion.root_m[:, 1], atol=1e-6)


def test_a_contact_that_comes_and_goes_does_not_jolt_the_body() -> None:
    motion, before = _gliding()
    contact = np.repeat(np.arange(motion.frames)[:, None] // 3 % 2, 4, axis=1).astype(np.float64)
    moved = grounded(motion, contact, before, _SKELETON)
    # the glide is 0.6 m/s: stopped and sent off again every third frame it would be 18 m/s^2
    assert np.abs(np.diff(moved.root_m[:, 0].astype(np.float64), n=2) * 30**2).max() < 3
