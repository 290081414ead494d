"""Live Link JSON: the pose of the golden vectors in Unreal's space, in one ASCII datagram that reads as JSON."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from groovecast.motion.pose import Pose
from groovecast.motion.rotation import matrix_from_quat
from groovecast.motion.skeleton import groovecast_skeleton
from groovecast.wire.frame import decode_frame
from groovecast.wire.live_link import LiveLinkEncoder

GOLDEN = Path(__file__).resolve().parents[2] / "protocol" / "golden"
SKELETON = groovecast_skeleton()
VECTORS = sorted(path.name.removesuffix(".unreal.json") for path in GOLDEN.glob("*.unreal.json"))


def a_pose(quat: np.ndarray | None = None) -> Pose:
    rest = np.tile(np.array([1, 0, 0, 0], np.float32), (52, 1))
    return Pose(
        0.0, np.array([0.5, 0.9, -0.25], np.float32), rest if quat is None else quat, np.zeros(4, bool)
    )


def bones(datagram: bytes, subject: str = "Groovecast") -> list[dict[str, list[float]]]:
    [(name, found)] = json.loads(datagram.decode("ascii")).items()
    assert name == subject
    return found


def joints_cm(found: list[dict[str, list[float]]]) -> np.ndarray:
    """Where an Unreal that uses everything puts the bones; the matrix of a quaternion is the same in any handedness."""
    place: list[np.ndarray] = []
    turn: list[np.ndarray] = []
    for bone in found:
        x, y, z, w = bone["Rotation"]
        own, offset, parent = (
            matrix_from_quat(np.array([w, x, y, z])),
            np.array(bone["Location"]),
            bone["Parent"],
        )
        place.append(offset if parent < 0 else place[parent] + turn[parent] @ offset)
        turn.append(own if parent < 0 else turn[parent] @ own)
    return np.array(place)


def test_there_are_golden_poses_in_unreal_s_space() -> None:
    assert len(VECTORS) > 60


@pytest.mark.parametrize("name", VECTORS)
def test_the_figure_stands_as_the_golden_vectors_say(name: str) -> None:
    meant = json.loads((GOLDEN / f"{name}.unreal.json").read_text())
    pose = decode_frame((GOLDEN / f"{name}.bin").read_bytes()).pose
    found = bones(LiveLinkEncoder("Groovecast").encode(pose))
    sent = len(meant["local_quat_xyzw"])
    np.testing.assert_allclose(found[0]["Location"], meant["root_cm"], atol=1e-3)
    np.testing.assert_allclose(joints_cm(found)[:sent], meant["joints_cm"], atol=0.01)
    for bone, quat in zip(found, meant["local_quat_xyzw"], strict=False):
        length = np.linalg.norm(quat)
        unit = np.array(quat) / length if length > 1e-6 else np.array([0, 0, 0, 1])
        assert abs(np.dot(bone["Rotation"], unit)) > 1 - 1e-6


def test_every_frame_is_whole_and_names_the_mannequin_s_bones_parents_first() -> None:
    found = bones(LiveLinkEncoder("Groovecast").encode(a_pose()))
    assert [bone["Name"] for bone in found] == list(SKELETON.unreal_names)
    assert [bone["Parent"] for bone in found] == list(SKELETON.parents)
    assert all(bone["Parent"] < index for index, bone in enumerate(found))
    assert all(bone["Scale"] == [1, 1, 1] for bone in found)
    assert found[0]["Location"] == [50.0, -25.0, 90.0]


@given(hnp.arrays(np.float32, (3, 52, 4), elements=st.floats(-4, 4, width=32), fill=st.just(0.25)))
def test_any_pose_is_one_small_ascii_datagram_of_unit_rotations_that_keep_their_sign(
    quats: np.ndarray,
) -> None:
    encoder, before = LiveLinkEncoder("Groovecast"), None
    for quat in quats:
        datagram = encoder.encode(a_pose(quat))
        assert len(datagram) < 8192 and max(datagram) < 128
        now = np.array([bone["Rotation"] for bone in bones(datagram)])
        np.testing.assert_allclose(np.linalg.norm(now, axis=1), 1, atol=1e-5)
        if before is not None:
            assert (np.sum(now * before, axis=1) >= -1e-5).all()
        before = now


def test_a_subject_may_hold_what_the_template_is_made_with() -> None:
    assert bones(LiveLinkEncoder("100% %s").encode(a_pose()), "100% %s")


@pytest.mark.parametrize("subject", ["", "Tänzer", 'a"b', "a\\b", "a\n", "x" * 65])
def test_a_subject_that_the_plugin_would_not_read_is_refused(subject: str) -> None:
    with pytest.raises(ValueError, match="plain letters"):
        LiveLinkEncoder(subject)


def test_a_pose_that_is_not_finite_never_leaves() -> None:
    encoder, poisoned = LiveLinkEncoder("Groovecast"), a_pose()
    poisoned.root_m[1] = np.inf
    with pytest.raises(ValueError, match="not finite"):
        encoder.encode(poisoned)
    assert b"nan" not in encoder.encode(a_pose()).lower()
