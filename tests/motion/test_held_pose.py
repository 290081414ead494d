"""Feet on the way to a known pose: they step, they land where the pose has them, and never under the floor."""

import numpy as np

from groovecast.motion.held_pose import stepping, unlocked
from groovecast.motion.kinematics import world_from_local
from groovecast.motion.pose import Motion
from groovecast.motion.rotation import quat_from_axis_angle
from groovecast.motion.skeleton import groovecast_skeleton
from groovecast.motion.soles import soles_of

_SKELETON = groovecast_skeleton()
_FRAMES = 30


def legs(left_rad: np.ndarray, height_m: float = _SKELETON.hips_height_m) -> Motion:
    """A T-pose whose left leg is swung forward by that much in each frame."""
    turns = np.zeros((_FRAMES, 22, 3))
    turns[:, _SKELETON.index("leftUpperLeg"), 0] = -left_rad
    root = np.tile([0.0, height_m, 0.0], (_FRAMES, 1))
    return Motion(30.0, root, quat_from_axis_angle(turns))


def lowest_m(motion: Motion) -> np.ndarray:
    """The height of the lowest sole in each frame."""
    root, quat = motion.root_m.astype(float), motion.local_quat_wxyz.astype(float)
    place, world = world_from_local(root, quat, _SKELETON.rest_offset_m.astype(float), _SKELETON.parents)
    return soles_of(place, world, _SKELETON).height_m.min(axis=-1)


def test_a_foot_that_travels_to_its_place_in_a_pose_does_not_stand_and_the_other_does() -> None:
    motion, contacts = legs(np.linspace(0, 0.8, _FRAMES)), np.ones((_FRAMES, 4), bool)
    on_the_way = stepping(motion, contacts, np.full((_FRAMES, 22), 0.5), _SKELETON)
    assert not on_the_way[:, :2].any() and on_the_way[:, 2:].all()


def test_contacts_are_the_plans_own_before_a_pose_is_approached_and_once_it_is_reached() -> None:
    motion, contacts = legs(np.linspace(0, 0.8, _FRAMES)), np.ones((_FRAMES, 4), bool)
    for weight in (0.0, 1.0):
        assert stepping(motion, contacts, np.full((_FRAMES, 22), weight), _SKELETON).all()


def test_feet_that_were_held_elsewhere_are_where_the_pose_has_them_once_it_is_reached() -> None:
    held, free = legs(np.full(_FRAMES, 0.2)), legs(np.full(_FRAMES, 0.5))
    shown = unlocked(held, free, np.linspace(0, 1, _FRAMES)[:, None].repeat(22, axis=1), _SKELETON)
    np.testing.assert_allclose(shown.local_quat_wxyz[0], held.local_quat_wxyz[0], atol=1e-6)
    np.testing.assert_allclose(shown.local_quat_wxyz[-1], free.local_quat_wxyz[-1], atol=1e-5)
    nothing = np.zeros((_FRAMES, 22))
    assert unlocked(held, free, nothing, _SKELETON) is held


def test_no_sole_goes_under_the_floor_on_the_way() -> None:
    low = legs(np.zeros(_FRAMES), _SKELETON.hips_height_m - 0.06)
    assert lowest_m(low).max() < -0.05
    shown = unlocked(low, low, np.full((_FRAMES, 22), 0.5), _SKELETON)
    assert lowest_m(shown).min() > -0.005
