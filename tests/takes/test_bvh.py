"""A take survives BVH, in both directions and in every dialect; damage is told by its line."""

import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from groovecast.motion.kinematics import world_from_local
from groovecast.motion.pose import Pose
from groovecast.motion.rotation import matrix_from_quat, quat_from_axis_angle, quat_inverse, quat_multiply
from groovecast.motion.skeleton import groovecast_skeleton
from groovecast.takes.bvh import Bvh, motion_from_bvh, parse_bvh, read_bvh
from groovecast.takes.bvh_writer import BvhWriter, euler_zxy_degrees

with warnings.catch_warnings():
    warnings.simplefilter("ignore", PendingDeprecationWarning)  # its own way of importing PyGLM
    import bvhio

SKELETON = groovecast_skeleton()

SMALL = """HIERARCHY
ROOT hip
{
  OFFSET 0 0 0
  CHANNELS 6 Xposition Yposition Zposition Zrotation Xrotation Yrotation
  JOINT chest
  {
    OFFSET 0 10 1
    CHANNELS 3 Yrotation Xrotation Zrotation
    End Site
    {
      OFFSET 0 5 0
    }
  }
}
MOTION
Frames: 2
Frame Time: 0.0333333
1 90 3 0 0 0 0 0 0
1 91 3 90 0 0 0 45 0
"""


def angle_rad(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """How far two rotations are apart."""
    apart = quat_multiply(quat_inverse(a.astype(np.float64)), b.astype(np.float64))
    return 2 * np.arctan2(np.linalg.norm(apart[..., 1:], axis=-1), np.abs(apart[..., 0]))


def poses(count: int, seed: int = 0) -> list[Pose]:
    """A figure that turns wildly, through every gimbal lock on its way."""
    random = np.random.default_rng(seed)
    quat = quat_from_axis_angle(random.normal(0, 1.5, (count, 52, 3)))
    pitch = np.array([np.pi / 2, 0, 0])
    quat[::2, :20] = quat_from_axis_angle(np.array([0, 0, 0.7])[None]) * np.ones((1, 20, 1))
    quat[::2, :20] = quat_multiply(quat[::2, :20], quat_from_axis_angle(pitch)[None, None])
    root = random.normal(0, 2, (count, 3)).astype(np.float32)
    floor = np.zeros(4, bool)
    return [Pose(k / 30, root[k], quat[k].astype(np.float32), floor) for k in range(count)]


def write(path: Path, frames: list[Pose], fps: float = 30) -> Path:
    writer = BvhWriter(path, fps)
    for pose in frames:
        writer.write(pose)
    writer.close()
    return path


def test_what_is_written_is_read_back_to_a_tenth_of_a_milliradian_and_a_millimetre(tmp_path: Path) -> None:
    danced = poses(75)
    take = read_bvh(write(tmp_path / "take.bvh", danced))
    motion = motion_from_bvh(take)
    assert motion.fps == 30
    assert motion.frames == 75
    quat = np.stack([pose.local_quat_wxyz for pose in danced])
    assert angle_rad(motion.local_quat_wxyz, quat).max() < 1e-4
    assert np.abs(motion.root_m - np.stack([pose.root_m for pose in danced])).max() < 1e-3
    order = [take.names.index(name) for name in SKELETON.names]
    assert np.allclose(take.offset[order[1:]] / 100, SKELETON.rest_offset_m[1:], atol=1e-6)
    assert len(take.end_offset) == len(SKELETON.end_names)


@settings(deadline=None)
@given(
    st.tuples(*[st.floats(-180, 180)] * 3),
    st.sampled_from([0.0, 1e-9, 1e-7, 1e-6, 1e-5, 1e-3, 1.0]),
    st.sampled_from([-90.0, 0.0, 90.0]),
)
def test_any_rotation_is_its_three_angles_even_in_gimbal_lock(
    angles: tuple[float, float, float], off: float, middle: float
) -> None:
    for x in (angles[1], middle + off, middle - off):
        z, _, y = np.radians(angles)
        turns = [[0, 0, z], [np.radians(x), 0, 0], [0, y, 0]]
        rz, rx, ry = (quat_from_axis_angle(np.array(turn)) for turn in turns)
        quat = quat_multiply(rz, quat_multiply(rx, ry))
        told = np.radians(euler_zxy_degrees(quat))
        back = [[0, 0, told[0]], [told[1], 0, 0], [0, told[2], 0]]
        qz, qx, qy = (quat_from_axis_angle(np.array(turn)) for turn in back)
        assert angle_rad(quat, quat_multiply(qz, quat_multiply(qx, qy))) < 3e-6


def test_angles_never_jump_while_the_figure_spins(tmp_path: Path) -> None:
    turns = np.linspace(0, 6 * np.pi, 200)
    rest = np.zeros((52, 4), np.float32)
    rest[:, 0] = 1
    spin = []
    for k, turn in enumerate(turns):
        quat = rest.copy()
        quat[0] = quat_from_axis_angle(np.array([0, turn, 0]))
        quat[5] = quat_from_axis_angle(np.array([turn, 0, 0]))  # through both locks
        spin.append(Pose(k / 30, np.zeros(3, np.float32), quat, np.zeros(4, bool)))
    text = write(tmp_path / "spin.bvh", spin).read_text()
    rows = np.array([line.split() for line in text.splitlines()[-200:]], float)
    assert np.abs(np.diff(rows, axis=0)).max() < 10


def oracle(path: Path) -> tuple[list[str], np.ndarray, np.ndarray]:
    """Names, positions and rotations (w x y z) as bvhio reads them."""
    joints = [joint for joint, _, _ in bvhio.readAsBvh(str(path)).Root.layout()]
    position = np.array([[key.Position.to_list() for key in joint.Keyframes] for joint in joints])
    quat = np.array([[[(r := key.Rotation).w, r.x, r.y, r.z] for key in joint.Keyframes] for joint in joints])
    return [joint.Name for joint in joints], position.swapaxes(0, 1), quat.swapaxes(0, 1)


def same(take: Bvh, told: tuple[list[str], np.ndarray, np.ndarray]) -> None:
    names, position, quat = told
    assert list(take.names) == names
    assert np.abs(take.position - position).max() < 1e-3
    assert angle_rad(take.local_quat_wxyz, quat).max() < 1e-4


def test_bvhio_reads_what_we_write_as_we_do(tmp_path: Path) -> None:
    path = write(tmp_path / "take.bvh", poses(6))
    same(read_bvh(path), oracle(path))


def test_we_read_what_bvhio_writes_as_it_does(tmp_path: Path) -> None:
    (tmp_path / "small.bvh").write_text(SMALL)
    container = bvhio.readAsBvh(str(tmp_path / "small.bvh"))
    bvhio.writeBvh(str(tmp_path / "again.bvh"), container)
    same(read_bvh(tmp_path / "again.bvh"), oracle(tmp_path / "small.bvh"))


@pytest.mark.shared
def test_a_captured_take_is_read_as_bvhio_reads_it(beside: Callable[[str], Path], tmp_path: Path) -> None:
    wild = beside("data/formats/cmu_indian_08.bvh")
    lines = wild.read_text().splitlines(keepends=True)
    at = next(k for k, line in enumerate(lines) if line.startswith("Frames:"))
    whole = read_bvh(wild)
    assert whole.fps == 120
    few = tmp_path / "few.bvh"
    few.write_text("".join([*lines[:at], "Frames: 40\n", lines[at + 1], *lines[at + 2 : at + 42]]))
    take = read_bvh(few)
    same(take, oracle(few))
    place, _ = world_from_local(take.position[:, 0], take.local_quat_wxyz, take.offset, take.parents)
    assert np.isfinite(place).all()


def test_dialects_mean_the_same(tmp_path: Path) -> None:
    plain = parse_bvh(SMALL)
    wild = (
        SMALL.replace("  ", "\t")
        .replace("\n", "\r\n")
        .replace("End Site", "End")
        .replace("Frames:", "FRAMES:")
    )
    wild = (
        wild.replace("ROOT hip\r\n{", "Root hip {")
        .replace("90 3", "9.0e+1 3E0")
        .replace("Zrotation", "ZROTATION")
    )
    (tmp_path / "wild.bvh").write_bytes(b"\xef\xbb\xbf\r\n" + wild.encode() + b"\r\n\r\n")
    told = read_bvh(tmp_path / "wild.bvh")
    assert told.names == plain.names == ("hip", "chest")
    assert plain.parents == (-1, 0)
    assert plain.fps == 30
    assert np.array_equal(told.position, plain.position)
    assert np.array_equal(told.local_quat_wxyz, plain.local_quat_wxyz)


def test_each_joints_own_order_of_rotation_counts() -> None:
    take = parse_bvh(SMALL.replace("1 91 3 90 0 0 0 45 0", "1 91 3 10 20 30 40 50 60"))
    x, y, z = np.eye(3)

    def turned(*steps: tuple[np.ndarray, float]) -> np.ndarray:
        whole = np.eye(3)
        for axis, degrees in steps:
            whole = whole @ matrix_from_quat(quat_from_axis_angle(axis * np.radians(degrees)))
        return whole

    root, chest = matrix_from_quat(take.local_quat_wxyz[1])
    assert np.allclose(root, turned((z, 10), (x, 20), (y, 30)))
    assert np.allclose(chest, turned((y, 40), (x, 50), (z, 60)))


def test_position_channels_of_a_joint_replace_or_add_to_its_offset_as_the_take_itself_tells() -> None:
    moving = SMALL.replace("CHANNELS 3 Yrotation", "CHANNELS 6 Yposition Zposition Xposition Yrotation")
    replaced = moving.replace("0 0 0 0 0 0\n", "0 0 0 10 1 0.5 0 0 0\n").replace(
        "0 0 0 45", "0 0 10 1 0.5 0 45"
    )
    added = moving.replace("0 0 0 0 0 0\n", "0 0 0 0 0 0.5 0 0 0\n").replace("0 0 0 45", "0 0 0 0 0.5 0 45")
    for text in (replaced, added):
        assert np.allclose(parse_bvh(text).position[:, 1], [0.5, 10, 1])


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("HIERARCHY", "RIFF", "line 1: asked for HIERARCHY, found 'RIFF'"),
        ("OFFSET 0 10 1", "OFFSET 0 ten 1", "line 8: asked for a number, found 'ten'"),
        ("OFFSET 0 10 1", "OFFSET 0 10", "line 9: asked for a number, found 'CHANNELS'"),
        ("CHANNELS 3 Yrot", "CHANNELS 7 Yrot", "line 9: asked for 0 to 6 channels, found 7"),
        ("CHANNELS 3 Yrotation", "CHANNELS 3 Wrotation", "line 9: asked for a channel, found 'Wrotation'"),
        ("3 Yrotation Xr", "3 Xrotation Xr", "line 9: found a channel twice"),
        ("MOTION", "ROOT other\n{\n}\nMOTION", "line 16: found a second ROOT"),
        ("  }\n}\n", "  }\n", "brackets? open; the file breaks off"),
        ("MOTION\n", "", "line 16: asked for a joint's description, found 'Frames:'"),
        ("Frames: 2", "Frames: 3", "line 17: asked for 3 frames, found 2; .* write Frames: 2"),
        ("Frames: 2", "Frames: two", "line 17: asked for Frames: and a whole number, found 'Frames: two'"),
        ("Time: 0.0333333", "Time: 0", "line 18: asked for a frame time above 0 s"),
        ("90 0 0 0 45 0\n", "90 0 0 0 45\n", "line 20: asked for 9 numbers, found 8"),
        ("90 0 0 0 45 0\n", "90 0 0 0 4,5 0\n", "line 20: asked for numbers, could not convert .*'4,5'"),
        ("90 0 0 0 45 0\n", "90 0 0 0 nan 0\n", "line 20: asked for finite numbers, found nan"),
    ],
)
def test_damage_is_told_by_its_line_and_the_mend(old: str, new: str, says: str) -> None:
    assert old in SMALL
    with pytest.raises(ValueError, match=says) as caught:
        parse_bvh(SMALL.replace(old, new, 1), "small.bvh")
    assert "\n" not in str(caught.value)


@settings(deadline=None)
@given(st.integers(0, len(SMALL) - 2))
def test_a_file_cut_anywhere_is_read_or_refused_in_one_line(length: int) -> None:
    try:
        assert parse_bvh(SMALL[:length]).names == ("hip", "chest")
    except ValueError as error:
        assert str(error).startswith("BVH line ")


def test_another_skeletons_take_is_not_taken_for_ours() -> None:
    with pytest.raises(ValueError, match="found 2 joints without 'hips'; retarget it first"):
        motion_from_bvh(parse_bvh(SMALL))


def test_no_offset_meets_the_coincidence_at_which_an_importer_snaps_a_joint(tmp_path: Path) -> None:
    # Blender glues a joint to its parent's tail if its OFFSET is the parent's plus the mean of the siblings'.
    take = read_bvh(write(tmp_path / "take.bvh", poses(1)))
    for joint, parent in enumerate(take.parents):
        if parent > 0:
            siblings = [take.offset[k] for k, above in enumerate(take.parents) if above == parent]
            assert np.abs(take.offset[parent] + np.mean(siblings, axis=0) - take.offset[joint]).max() > 1e-3
    assert sum(parent == 0 for parent in take.parents) > 1


def test_a_take_that_was_cut_off_is_a_whole_file_beside_its_name(tmp_path: Path) -> None:
    path = tmp_path / "take.bvh"
    writer = BvhWriter(path, 30)
    for pose in poses(100):
        writer.write(pose)
    assert not path.exists()
    cut_off = tmp_path / "take.part.bvh"
    assert read_bvh(cut_off).position.shape == (90, 52, 3)
    again = BvhWriter(path, 30)  # the next show does not write over it
    again.write(poses(1)[0])
    again.close()
    assert read_bvh(path).position.shape == (1, 52, 3)
    assert read_bvh(cut_off).position.shape == (90, 52, 3)
    with pytest.raises(OSError, match=r"there by now; all 100 frames are safe in take.part.bvh"):
        writer.close()  # nor does this one over the take of the next
    assert read_bvh(path).position.shape == (1, 52, 3)
    assert read_bvh(cut_off).position.shape == (100, 52, 3)


def test_a_show_that_never_began_leaves_no_file(tmp_path: Path) -> None:
    BvhWriter(tmp_path / "take.bvh", 30).close()
    assert list(tmp_path.iterdir()) == []
