"""VRChat's trackers: the golden figure in Unity's space, its angles undone as Unity does, and its height as asked."""

import json
from pathlib import Path

import numpy as np
import pytest
from pythonosc.osc_bundle import OscBundle

from groovecast.motion.kinematics import world_from_local
from groovecast.motion.pose import Pose
from groovecast.motion.rotation import matrix_from_quat, quat_from_axis_angle
from groovecast.motion.skeleton import groovecast_skeleton
from groovecast.wire.frame import decode_frame
from groovecast.wire.vrchat import TRACKERS, VrChatEncoder, figure_height_m

GOLDEN = Path(__file__).resolve().parents[2] / "protocol" / "golden"
SKELETON = groovecast_skeleton()
VECTORS = sorted(path.name.removesuffix(".unity.json") for path in GOLDEN.glob("*.unity.json"))


def told(datagrams: list[bytes]) -> dict[str, list[float]]:
    return {message.address: message.params for datagram in datagrams for message in OscBundle(datagram)}


def turned_by_unity(angles_deg: list[float], vector: np.ndarray) -> np.ndarray:
    """Unity's Quaternion.Euler: about z first, then x, then y, each by the left hand's rule in its own space."""
    x, y, z = np.radians(angles_deg)
    about = {
        "z": np.array([[np.cos(z), -np.sin(z), 0], [np.sin(z), np.cos(z), 0], [0, 0, 1]]),
        "x": np.array([[1, 0, 0], [0, np.cos(x), -np.sin(x)], [0, np.sin(x), np.cos(x)]]),
        "y": np.array([[np.cos(y), 0, np.sin(y)], [0, 1, 0], [-np.sin(y), 0, np.cos(y)]]),
    }
    for axis in "zxy":
        vector = about[axis] @ vector
    return vector


def a_pose(turn_hips: tuple[float, float, float] = (0, 0, 0)) -> Pose:
    quat = np.tile(np.array([1, 0, 0, 0], np.float32), (52, 1))
    quat[0] = quat_from_axis_angle(np.array(turn_hips, np.float32))
    return Pose(0.0, SKELETON.rest_offset_m[0].copy(), quat, np.zeros(4, bool))


@pytest.mark.parametrize("name", VECTORS)
def test_trackers_are_where_the_golden_vectors_put_the_joints_in_unity(name: str) -> None:
    meant = json.loads((GOLDEN / f"{name}.unity.json").read_text())
    pose = decode_frame((GOLDEN / f"{name}.bin").read_bytes()).pose
    found = told(VrChatEncoder().encode(pose))
    if len(meant["joints_m"]) < 22:
        pytest.skip("a frame without a body")
    turns: list[np.ndarray] = []
    for joint, (x, y, z, w) in enumerate(meant["local_quat_xyzw"]):
        length = np.linalg.norm((x, y, z, w))
        own = matrix_from_quat(np.array([w, x, y, z]) / length) if length > 1e-6 else np.eye(3)
        turns.append(own if joint == 0 else turns[SKELETON.parents[joint]] @ own)
    for tracker, (placed, strapped) in TRACKERS.items():
        place_m = meant["joints_m"][SKELETON.index(placed)]
        np.testing.assert_allclose(found[f"/tracking/trackers/{tracker}/position"], place_m, atol=1e-4)
        for axis in np.eye(3):
            turned = turned_by_unity(found[f"/tracking/trackers/{tracker}/rotation"], axis)
            np.testing.assert_allclose(turned, turns[SKELETON.index(strapped)] @ axis, atol=1e-4)


def test_there_are_golden_poses_in_unity_s_space() -> None:
    assert len(VECTORS) > 60


def test_the_addresses_are_those_that_vrchat_documents_with_three_floats_each() -> None:
    [datagram] = VrChatEncoder().encode(a_pose())
    found = told([datagram])
    names = [*map(str, range(1, 9)), "head"]
    assert set(found) == {
        f"/tracking/trackers/{name}/{what}" for name in names for what in ("position", "rotation")
    }
    assert all([type(value) for value in values] == [float] * 3 for values in found.values())
    assert len(datagram) <= 1200


def test_a_figure_that_turns_to_its_left_turns_by_negative_y_and_stands_left_at_negative_x() -> None:
    found = told(VrChatEncoder().encode(a_pose()))
    assert found["/tracking/trackers/2/position"][0] < 0 < found["/tracking/trackers/3/position"][0]
    turned = told(VrChatEncoder().encode(a_pose((0, np.pi / 2, 0))))
    assert turned["/tracking/trackers/1/rotation"] == pytest.approx([0, -90, 0], abs=1e-3)


def test_someone_taller_gets_a_figure_of_that_height_with_its_feet_as_near_the_floor() -> None:
    tall_m = 1.92
    own, tall = (told(VrChatEncoder(height).encode(a_pose())) for height in (None, tall_m))
    for address in own:
        share = tall_m / figure_height_m() if address.endswith("position") else 1
        np.testing.assert_allclose(tall[address], np.array(own[address]) * share, atol=1e-4)


def test_our_figure_is_as_tall_as_its_highest_point_at_rest() -> None:
    pose = a_pose()
    places, _ = world_from_local(pose.root_m, pose.local_quat_wxyz, SKELETON.rest_offset_m, SKELETON.parents)
    assert places[:, 1].max() < figure_height_m() < places[:, 1].max() + 0.3


@pytest.mark.parametrize("height_m", [0.0, 0.4, 3.5, float("nan")])
def test_a_height_that_nobody_has_is_refused(height_m: float) -> None:
    with pytest.raises(ValueError, match=r"give 0\.5 to 3"):
        VrChatEncoder(height_m)


def test_a_pose_that_is_not_finite_never_leaves_and_spoils_no_later_one() -> None:
    encoder, poisoned = VrChatEncoder(), a_pose()
    poisoned.local_quat_wxyz[0, 0] = np.nan
    with pytest.raises(ValueError, match="not finite"):
        encoder.encode(poisoned)
    assert np.isfinite(list(told(encoder.encode(a_pose())).values())).all()
