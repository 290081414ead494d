"""Another body dances as ours does: its bones point where ours point, and its soles are on the floor where ours are."""

import numpy as np
import pytest
from fakes.avatars import OPTIONAL, rest_places
from fakes.whirling import whirling
from hypothesis import given
from hypothesis import strategies as st

from groovecast.motion.body import REQUIRED, Body, Tailor, body_of, our_body
from groovecast.motion.kinematics import world_from_local
from groovecast.motion.pose import Pose
from groovecast.motion.rotation import quat_from_axis_angle, quat_rotate, unit
from groovecast.motion.skeleton import groovecast_skeleton

SKELETON = groovecast_skeleton()
lacking_some = st.lists(st.sampled_from([n for n in SKELETON.names if n not in REQUIRED]), unique=True)


def turns_in_the_world(pose: Pose) -> np.ndarray:
    quat = unit(pose.local_quat_wxyz)
    return world_from_local(pose.root_m, quat, SKELETON.rest_offset_m, SKELETON.parents)[1]


def soles_m(body: Body, hips_m: np.ndarray, turns: np.ndarray) -> np.ndarray:
    """The heights of both heels and balls, by forward kinematics."""
    heights = []
    for side in ("left", "right"):
        place, rest_m, above = hips_m, body.hips_height_m, 0
        for bone in ("UpperLeg", "LowerLeg", "Foot", "Toes"):
            joint = SKELETON.index(side + bone)
            place = place + quat_rotate(turns[above], body.rest_offset_m[joint])
            rest_m, above = rest_m + body.rest_offset_m[joint, 1], joint
            if bone in ("Foot", "Toes"):
                heights.append((place + quat_rotate(turns[joint], np.array((0, -rest_m, 0))))[1])
    return np.array(heights)


def test_our_own_body_is_left_as_it_is() -> None:
    tailor = Tailor(our_body())
    for pose in whirling(20):
        quat = unit(pose.local_quat_wxyz)
        root_m, fitted = tailor.fitted(pose.root_m, quat)
        np.testing.assert_allclose(root_m, pose.root_m, atol=1e-6)
        np.testing.assert_array_equal(fitted, quat)


@given(lacking_some, st.integers(0, 99))
def test_bones_point_where_ours_point_whatever_is_lacking_between_them(
    lacking: list[str], frame: int
) -> None:
    pose, body = whirling(100)[frame], body_of("thin", rest_places(0.8, tuple(lacking)))
    _, fitted = Tailor(body).fitted(pose.root_m, unit(pose.local_quat_wxyz))
    wanted = turns_in_the_world(pose)
    turns: dict[int, np.ndarray] = {}
    for joint in np.flatnonzero(body.has).tolist():
        above = body.above[joint]
        own = fitted[joint : joint + 1]
        if above < 0:
            turns[joint] = own[0]
        else:
            chain = np.stack((turns[above], own[0]))
            turns[joint] = world_from_local(np.zeros(3), chain, np.zeros((2, 3)), (-1, 0))[1][1]
        assert abs(abs(turns[joint] @ wanted[joint]) - 1) < 1e-5, SKELETON.names[joint]


@given(st.floats(0.3, 3), st.floats(0.7, 1.5), st.floats(-1.4, 1.4), st.floats(0, 1.2), st.floats(0, 0.4))
def test_soles_on_the_floor_stay_on_it_on_any_legs(
    size: float, legs: float, thigh: float, knee: float, hop_m: float
) -> None:
    body = body_of("tall", rest_places(size, legs=legs))
    turns = np.zeros((SKELETON.joints, 3))
    for side, share in (("left", 1.0), ("right", 0.4)):
        turns[SKELETON.index(f"{side}UpperLeg"), 0] = -thigh * share
        turns[SKELETON.index(f"{side}LowerLeg"), 0] = knee * share
        turns[SKELETON.index(f"{side}Foot"), 0] = 0.3 * thigh
    quat = quat_from_axis_angle(turns).astype(np.float32)
    world = world_from_local(np.zeros(3), quat, SKELETON.rest_offset_m, SKELETON.parents)[1]
    down_m = soles_m(our_body(), np.zeros(3), world).min()
    root_m = np.array((0.3, -down_m, -0.2), np.float32)
    fitted_m, _ = Tailor(body).fitted(root_m, quat)
    np.testing.assert_allclose(soles_m(body, fitted_m, world).min(), 0, atol=1e-5 * size)
    scale = body.hips_height_m / SKELETON.hips_height_m
    np.testing.assert_allclose(fitted_m[[0, 2]], root_m[[0, 2]] * scale, rtol=1e-5)


def test_high_in_the_air_the_way_of_the_hips_is_only_made_larger() -> None:
    body = body_of("tall", rest_places(1.5, legs=1.2))
    turns = np.zeros((SKELETON.joints, 3))
    for side in ("left", "right"):
        turns[SKELETON.index(f"{side}UpperLeg"), 0], turns[SKELETON.index(f"{side}LowerLeg"), 0] = -1.2, 1.9
    quat = quat_from_axis_angle(turns).astype(np.float32)
    scale = body.hips_height_m / SKELETON.hips_height_m
    fitted_m, _ = Tailor(body).fitted(np.array((0, 1.6, 0), np.float32), quat)
    np.testing.assert_allclose(fitted_m[1], 1.6 * scale, rtol=1e-5)
    lower_m, _ = Tailor(body).fitted(np.array((0, 0.7, 0), np.float32), quat)
    assert abs(lower_m[1] - 0.7 * scale) > 0.01, "legs of other proportions fold to another height"


def test_a_foot_without_toes_stands_on_the_floor_too() -> None:
    body = body_of("toeless", rest_places(0.7, lacking=OPTIONAL))
    quat = quat_from_axis_angle(np.zeros((SKELETON.joints, 3))).astype(np.float32)
    fitted_m, _ = Tailor(body).fitted(SKELETON.rest_offset_m[0], quat)
    np.testing.assert_allclose(fitted_m, (0, body.hips_height_m, 0), atol=1e-6)


def test_a_steady_dance_stays_steady() -> None:
    """The foot on which the height depends changes; the hips' height does not jump then."""
    tailor = Tailor(body_of("tall", rest_places(1.4, legs=1.25)))
    poses = whirling(600)
    heights_m = np.array([tailor.fitted(p.root_m, unit(p.local_quat_wxyz))[0][1] for p in poses])
    ours_m = np.array([p.root_m[1] for p in poses])
    assert np.abs(np.diff(heights_m)).max() < 4 * np.abs(np.diff(ours_m)).max() * 1.4


@pytest.mark.parametrize("name", REQUIRED)
def test_a_body_without_a_bone_that_every_humanoid_has_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=f"the body of x, it has no {name}: export"):
        body_of("x", rest_places(lacking=(name,)))


@pytest.mark.parametrize("hips", [(0, 0, 0), (0, -1, 0), (0, 1e9, 0), (np.nan, 1, 0), (0, np.inf, 0)])
def test_hips_that_are_nowhere_are_refused_in_one_line(hips: tuple[float, float, float]) -> None:
    with pytest.raises(ValueError, match="standing on the floor") as why:
        body_of("x", rest_places() | {"hips": hips})
    assert "\n" not in str(why.value)
