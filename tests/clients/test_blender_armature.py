"""Blender's add-on puts the joints of takes and of a live show where ours are; what needs Blender skips without it."""

import itertools
import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from clients.blender_add_on import ADD_ON, part
from clients.light_show import LightShow, dance, joints_of
from fakes.bouncer import apart_rad, bouncing

from groovecast.motion.pose import Pose
from groovecast.motion.skeleton import groovecast_skeleton
from groovecast.takes.take_writer import ENDINGS, take_writer

ROOT = Path(__file__).resolve().parents[2]
SKELETON = groovecast_skeleton()
takes, bone_names = part("takes"), part("bone_names")


@pytest.fixture
def page_dir(tmp_path: Path) -> Path:
    (tmp_path / "web").mkdir()
    (tmp_path / "web" / "index.html").write_text("<title>dance</title>")
    return tmp_path / "web"


# -- takes --------------------------------------------------------------------------------------------------

DANCED = bouncing(3.0, fingers=True)


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The same dance in every format."""
    folder = tmp_path_factory.mktemp("takes")
    paths = {ending: folder / f"take{ending}" for ending in ENDINGS}
    for path in paths.values():
        writer = take_writer(path, DANCED.fps)
        for number in range(DANCED.frames):
            quat = DANCED.local_quat_wxyz[number].astype(np.float32)
            root = DANCED.root_m[number].astype(np.float32)
            writer.write(Pose(number / DANCED.fps, root, quat, np.zeros(4, bool)), None)
        writer.close()
    return paths


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_take_is_read_as_it_was_danced(recorded: dict[str, Path], ending: str) -> None:
    take = takes.read_take(recorded[ending])
    assert (take.fps, take.frames) == (30, DANCED.frames)
    np.testing.assert_allclose(take.root_m, DANCED.root_m, atol=1e-5)
    assert apart_rad(take.local_quat_wxyz, DANCED.local_quat_wxyz) < 1e-5
    assert ((take.local_quat_wxyz[1:] * take.local_quat_wxyz[:-1]).sum(axis=-1) > 0).all()


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_damaged_take_is_one_line(recorded: dict[str, Path], tmp_path: Path, ending: str) -> None:
    whole, random, told = recorded[ending].read_bytes(), np.random.default_rng(2), 0
    path = tmp_path / f"odd{ending}"
    for cut in random.integers(0, len(whole), 12):
        damaged = bytearray(whole[: int(cut)])
        for at in random.integers(0, max(len(damaged), 1), 3):
            damaged[at : at + 1] = bytes([int(random.integers(256))])
        path.write_bytes(damaged)
        try:
            takes.read_take(path)
        except ValueError as why:
            told += 1
            assert len(str(why).splitlines()) == 1 and path.name in str(why)
    assert told >= 8
    with pytest.raises(ValueError, match="give one that ends in"):
        takes.read_take(tmp_path / "take.fbx")


# -- bones --------------------------------------------------------------------------------------------------


def test_bones_are_known_by_the_names_of_many_programs() -> None:
    mixamo = "Hips Spine Spine1 Spine2 Neck Head LeftArm RightArm LeftUpLeg RightUpLeg LeftHandPinky2"
    known = bone_names.joints_of([f"mixamorig:{name}" for name in mixamo.split()])
    assert known["leftUpperArm"] == "mixamorig:LeftArm" and known["upperChest"] == "mixamorig:Spine2"
    assert known["leftLittleIntermediate"] == "mixamorig:LeftHandPinky2"
    vroid = "C_Hips C_Spine C_Chest L_UpperArm R_UpperArm L_UpperLeg R_UpperLeg L_Thumb1"
    known = bone_names.joints_of([f"J_Bip_{name}" for name in vroid.split()])
    assert known["rightUpperLeg"] == "J_Bip_R_UpperLeg" and known["leftThumbMetacarpal"] == "J_Bip_L_Thumb1"
    for names in (SKELETON.names, SKELETON.unity_names, SKELETON.unreal_names):
        assert bone_names.joints_of(names) == dict(zip(SKELETON.names, names, strict=True))
    own = {joint: f"bone {number}" for number, joint in enumerate(bone_names.LEAST)}
    assert bone_names.joints_of(own.values(), own) == own
    with pytest.raises(ValueError, match=r"found no bone for hips: name the bones as VRM does"):
        bone_names.joints_of(["Bone", "Bone.001"])


# -- Blender ------------------------------------------------------------------------------------------------

BLENDER = shutil.which("blender")
needs_blender = pytest.mark.skipif(BLENDER is None, reason="Blender is not installed")
IN_BLENDER = Path(__file__).with_name("in_blender.py")


def blender_runs(script: Path, *words: str) -> str:
    """What a script prints in Blender's background. Blender finds its own Python, and not the one of these tests."""
    assert BLENDER is not None
    ours = ("PATH", "PYTHON", "VIRTUAL_ENV")
    surroundings = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    done = subprocess.run(
        [BLENDER, "--background", "--factory-startup", "--python-exit-code", "3",
         "--python", str(script), "--", *words],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=60,
        env=surroundings | {"PATH": os.defpath},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout


def in_blender(*words: str) -> list[str]:
    """Run our script in Blender's background; what it says that is meant for us."""
    said = blender_runs(IN_BLENDER, str(ADD_ON.parent), *words).splitlines()
    return [line.removeprefix("told ") for line in said if line.startswith("told ")]


FRAMES = (0, 17, 45, 88)


@pytest.fixture(scope="module")
def seen(recorded: dict[str, Path]) -> list[dict[str, Any]]:
    """What Blender made of the takes, and of an armature that is not ours."""
    return [
        json.loads(line)
        for line in in_blender("takes", ",".join(map(str, FRAMES)), *map(str, recorded.values()))
    ]


@needs_blender
def test_blender_puts_the_joints_of_a_take_where_ours_are(seen: list[dict[str, Any]]) -> None:
    truth = joints_of(DANCED.root_m, DANCED.local_quat_wxyz)[list(FRAMES)]
    found = [entry for entry in seen if "file" in entry]
    readers = {(entry["by"], Path(entry["file"]).suffix) for entry in found}
    # the add-on reads every format, and Blender's own importers the two that they know
    assert readers == {("ours", ending) for ending in ENDINGS} | {("Blender", ".bvh"), ("Blender", ".glb")}
    for entry in found:
        apart = np.linalg.norm(np.array(entry["joints_m"]) - truth, axis=-1)
        assert apart.max() < 0.001, f"{entry['by']} {entry['file']}: {1000 * apart.max():.3f} mm"
        assert entry["fps"] == 30


@needs_blender
def test_an_armature_with_other_axes_fewer_bones_and_another_size_dances_alike(
    seen: list[dict[str, Any]],
) -> None:
    (found,) = (entry for entry in seen if "theirs_m" in entry)
    np.testing.assert_allclose(found["theirs_m"], 2 * np.array(found["ours_m"]), atol=1e-4)


@needs_blender
def test_blender_follows_a_live_show(page_dir: Path) -> None:
    with LightShow(page_dir, token="swordfish") as show:
        said = [
            json.loads(line) for line in in_blender("live", f"http://127.0.0.1:{show.port}/?token=swordfish")
        ]
    assert len(said) > 60
    times, truth, places = (
        [entry["server_s"] for entry in said],
        [dance(entry["server_s"]) for entry in said],
        np.array([entry["joints_m"] for entry in said]),
    )
    wanted = joints_of(np.stack([p.root_m for p in truth]), np.stack([p.local_quat_wxyz for p in truth]))
    assert np.median(np.linalg.norm(places - wanted, axis=-1).max(axis=-1)) < 0.005
    assert all(after > before for before, after in itertools.pairwise(times))


@needs_blender
def test_the_sample_makes_a_blender_file_of_a_take(recorded: dict[str, Path], tmp_path: Path) -> None:
    sample, out = ROOT / "clients" / "blender" / "sample.py", tmp_path / "take.blend"
    blender_runs(sample, str(recorded[".glb"]), str(out))
    assert out.stat().st_size > 100_000
