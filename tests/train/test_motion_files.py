"""Whatever file a person brings, the dancer lands on our floor, faces +Z, and its left is left."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from fakes.bouncer import bouncing, places_of
from mixamo import NAMES, write_mixamo

from groovecast.motion.pose import Motion, Pose
from groovecast.motion.rotation import quat_from_yaw, quat_multiply, quat_rotate, yaw_from_quat
from groovecast.motion.skeleton import groovecast_skeleton
from groovecast.takes.bvh_writer import BvhWriter
from groovecast.takes.edge_motion import edge_from_motion
from groovecast.takes.fact_motion import fact_from_motion
from groovecast.takes.finedance import finedance_from_motion
from groovecast.takes.smpl import smpl_from_motion, write_smpl
from groovecast.takes.vrma import write_vrma
from groovecast.train.checks import examined
from groovecast.train.joint_names import landmarks_in
from groovecast.train.motion_files import motion_of_file

SKELETON = groovecast_skeleton()


def _written(folder: Path, kind: str) -> Path:
    """The bouncer turned away and lifted off the floor, in a file of that kind."""
    fps = 60.0 if kind in ("smpl", "fact") else 120.0 if kind == "mixamo" else 30.0
    home = bouncing(4.0, fps=fps)
    away = quat_from_yaw(np.array(1.2))
    quat = home.local_quat_wxyz.copy()
    quat[:, 0] = quat_multiply(np.broadcast_to(away, quat[:, 0].shape), quat[:, 0])
    danced = Motion(fps, quat_rotate(away, home.root_m) + np.array([3.0, 0.4, -1.0]), quat)
    path = folder / {"smpl": "a.pkl", "mixamo": "a.bvh", "ours": "a.bvh", "vrma": "a.vrma"}.get(kind, "a.npy")
    if kind == "smpl":
        write_smpl(path, smpl_from_motion(danced, 94.0))
    elif kind == "mixamo":
        write_mixamo(path, danced, t_pose_first=True)
    elif kind == "vrma":
        write_vrma(path, danced)
    elif kind == "ours":
        writer = BvhWriter(path, fps)
        rest = np.tile([1.0, 0, 0, 0], (SKELETON.joints, 1))
        for root, turns in zip(danced.root_m, quat, strict=True):
            rest[: SKELETON.body_joints] = turns
            writer.write(Pose(0.0, root.astype(np.float32), rest.astype(np.float32), np.zeros(4, bool)))
        writer.close()
    else:
        rows = {"fact": fact_from_motion, "edge": edge_from_motion, "finedance": finedance_from_motion}[kind]
        np.save(path, rows(danced))
    return path


@pytest.mark.parametrize("kind", ["smpl", "fact", "edge", "finedance", "vrma", "ours", "mixamo"])
def test_a_dance_is_the_same_dance_in_every_kind_of_file(tmp_path: Path, kind: str) -> None:
    found, home = motion_of_file(_written(tmp_path, kind)), bouncing(4.0)
    assert (found.fps, found.frames) == (30, 120)
    assert abs(float(yaw_from_quat(found.local_quat_wxyz[0, 0]))) < 1e-6
    np.testing.assert_allclose(found.root_m[0, [0, 2]], 0, atol=1e-9)
    there, here = places_of(found), places_of(home) - home.root_m[:1, None] * [1, 0, 1]
    # the low-pass rounds the swing a little; SMPL's thighs spread, so the same turns stand a little wider
    apart = np.abs(there - here)[4:-4]
    legs = [
        SKELETON.index(side + name) for side in ("left", "right") for name in ("LowerLeg", "Foot", "Toes")
    ]
    assert apart[:, legs].max() < (0.07 if kind in ("smpl", "fact", "edge", "finedance") else 0.03), kind
    assert np.delete(apart, legs, axis=1).max() < 0.03, kind
    assert examined(found, "street").reason is None


@pytest.mark.parametrize("unit_per_m", [1.0, 100.0, 39.37])
def test_a_bvh_of_any_unit_is_as_tall_as_we_are(tmp_path: Path, unit_per_m: float) -> None:
    found = motion_of_file(write_mixamo(tmp_path / "a.bvh", bouncing(2.0, fps=120.0), unit_per_m, seed=4))
    assert 1.4 < places_of(found)[:, 15, 1].mean() < 1.7


_FINGERS = ("LeftHandIndex1", "RightHandIndex1")
_RIGIFY = (
    "DEF-hips", "DEF-thigh.L", "DEF-thigh.R", "DEF-spine.001", "DEF-shin.L", "DEF-shin.R", "DEF-spine.002",
    "DEF-foot.L", "DEF-foot.R", "DEF-spine.003", "DEF-toe.L", "DEF-toe.R", "DEF-neck", "DEF-shoulder.L",
    "DEF-shoulder.R", "DEF-head", "DEF-upper_arm.L", "DEF-upper_arm.R", "DEF-forearm.L", "DEF-forearm.R",
    "DEF-hand.L", "DEF-hand.R",
)  # fmt: skip
_SPINE = {"Spine2": "Spine1", "Spine1": "Spine", "Spine": "LowerBack"}


@pytest.mark.parametrize(
    "names",
    [
        NAMES,
        tuple(f"mixamorig:{name}" for name in NAMES),
        tuple(f"Character1_{name}" for name in NAMES),
        tuple(_SPINE.get(name, name) for name in NAMES),
        SKELETON.names[:22],
        SKELETON.smpl_names[:22],
        SKELETON.unreal_names[:22],
        tuple(
            f"J_Bip_{name[0] if name[:4] in ('Left', 'Righ') else 'C'}_{name.replace('Left', '').replace('Right', '')}"
            for name in SKELETON.unity_names[:22]
        ),
        tuple(name.replace("Left", "L_").replace("Right", "R_") for name in NAMES),
        _RIGIFY,
    ],
)
def test_joints_are_found_by_anybodys_names(names: tuple[str, ...]) -> None:
    found = landmarks_in((*names, *_FINGERS), (*SKELETON.parents[:22], 20, 21), "take")
    ours = {
        "hips": "hips", "chest": "upperChest", "neck": "neck", "head": "head", "left shoulder": "leftUpperArm",
        "right collar": "rightShoulder", "left elbow": "leftLowerArm", "right wrist": "rightHand",
        "left hip": "leftUpperLeg", "right knee": "rightLowerLeg", "left ankle": "leftFoot", "right toe": "rightToes",
    }  # fmt: skip
    for mark, name in ours.items():
        assert found[mark] == SKELETON.index(name), mark


def test_collars_that_hang_on_the_neck_leave_the_chest_below_it() -> None:
    parents = list(SKELETON.parents[:22])
    parents[13] = parents[14] = 12
    assert landmarks_in(NAMES, tuple(parents), "take")["chest"] == 9


@pytest.mark.parametrize("lost", ["LeftForeArm", "RightUpLeg", "Head"])
def test_an_unknown_skeleton_is_told_in_one_line(tmp_path: Path, lost: str) -> None:
    names = tuple(f"bone{k}" if name == lost else name for k, name in enumerate(NAMES))
    path = write_mixamo(tmp_path / "odd.bvh", bouncing(1.0), names=names)
    with pytest.raises(ValueError, match=r"odd\.bvh, found no (left elbow|right hip|head) among") as told:
        motion_of_file(path)
    assert len(str(told.value).splitlines()) == 1


@pytest.mark.parametrize(
    ("name", "content", "found"),
    [
        ("a.fbx", b"Kaydara", "known are .pkl, .npy, .bvh, .vrma"),
        ("a.npy", b"nothing", "no plain array"),
        ("a.bvh", b"HIERARCHY", "breaks off"),
        ("a.vrma", b"glTF", "4 bytes"),
        ("a.pkl", b"cos\nsystem\n(S'true'\ntR.", "os.system"),
    ],
)
def test_files_that_hold_no_motion_are_told_in_one_line(
    tmp_path: Path, name: str, content: bytes, found: str
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ValueError, match=found) as told:
        motion_of_file(tmp_path / name)
    assert name in str(told.value) and len(str(told.value).splitlines()) == 1


def test_rows_of_no_known_width_are_told_in_one_line(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.zeros((9, 263)))
    with pytest.raises(ValueError, match=r"found 9 x 263, known are rows of 151, 219, 225, 315, 319"):
        motion_of_file(tmp_path / "a.npy")


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "frames"), [("gBR_sBM_cAll_d04_mBR0_ch01.pkl", 360), ("cmu_indian_08.bvh", 688)]
)
def test_takes_found_in_the_wild_stand_on_the_floor_and_face_ahead(
    beside: Callable[[str], Path], name: str, frames: int
) -> None:
    motion = motion_of_file(beside(f"data/formats/{name}"))
    assert motion.frames == frames
    place = places_of(motion)
    assert place[:, [10, 11], 1].min(axis=-1).max() < 0.2 and place[..., 1].min() > -0.03
    assert place[0, 1, 0] > place[0, 2, 0], "left is +X when facing +Z"
    ankle_to_toe = place[0, [10, 11]] - place[0, [7, 8]]
    assert ankle_to_toe[:, 2].sum() > 0, "toes point to +Z"
    seen = examined(motion, "modern")
    assert seen.reason is None and seen.figures["foot slide"] < 0.15
