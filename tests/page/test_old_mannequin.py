"""The mannequin as a VRM 0: what the new one is, for programs that read no other, and on the page it looks the same."""

import io
import json
import struct
from dataclasses import replace
from pathlib import Path

import numpy as np
from fake_server import FakeServer, dancing_pose
from PIL import Image
from watched import OpenPage

from groovecast.motion.skeleton import groovecast_skeleton

HIDE_ALL_BUT_THE_STAGE = """document.querySelectorAll("body *").forEach((element) => {
    if (!element.matches("canvas, :has(canvas)")) element.style.visibility = "hidden";
})"""
DIST = Path(__file__).resolve().parents[2] / "clients" / "web" / "dist"


def parts(name: str) -> tuple[dict[str, object], bytes]:
    """A file's description and its bytes."""
    data = (DIST / name).read_bytes()
    assert struct.unpack_from("<4sII", data) == (b"glTF", 2, len(data))
    size = struct.unpack_from("<I", data, 12)[0]
    return json.loads(data[20 : 20 + size]), data[28 + size :]


def test_it_says_what_a_vrm_0_has_to_say() -> None:
    document, _ = parts("mannequin0.vrm")
    skeleton = groovecast_skeleton()
    assert document["extensionsUsed"] == ["VRM"]
    vrm = document["extensions"]["VRM"]
    assert vrm["specVersion"] == "0.0" and vrm["meta"]["licenseName"] == "CC0"
    bones = {bone["bone"]: document["nodes"][bone["node"]] for bone in vrm["humanoid"]["humanBones"]}
    unity = {name[0].lower() + name[1:]: joint for joint, name in enumerate(skeleton.unity_names)}
    assert set(bones) == set(unity)
    for name, joint in unity.items():
        assert "rotation" not in bones[name]
        x, y, z = skeleton.rest_offset_m[joint]
        np.testing.assert_allclose(bones[name]["translation"], (-x, y, -z), atol=1e-6)
    assert document["nodes"][vrm["firstPerson"]["firstPersonBone"]]["name"] == "head"
    assert [one["name"] for one in vrm["materialProperties"]] == [m["name"] for m in document["materials"]]


def test_its_skin_is_the_new_one_s_turned_round() -> None:
    (old, old_bytes), (new, new_bytes) = parts("mannequin0.vrm"), parts("mannequin.vrm")
    assert old["accessors"][3:] == new["accessors"][3:] and old["meshes"] == new["meshes"]

    def rows(document: dict[str, object], content: bytes, accessor: int, columns: int) -> np.ndarray:
        about = document["accessors"][accessor]
        start = document["bufferViews"][about["bufferView"]]["byteOffset"]
        return np.frombuffer(content, "<f4", about["count"] * columns, start).reshape(-1, columns)

    attributes = new["meshes"][0]["primitives"][0]["attributes"]
    for name in ("POSITION", "NORMAL"):
        turned = rows(new, new_bytes, attributes[name], 3) * (-1, 1, -1)
        np.testing.assert_array_equal(rows(old, old_bytes, attributes[name], 3), turned)
    about = old["accessors"][attributes["POSITION"]]
    points = rows(old, old_bytes, attributes["POSITION"], 3)
    np.testing.assert_array_equal([about["min"], about["max"]], [points.min(axis=0), points.max(axis=0)])
    binds = [
        rows(document, content, document["skins"][0]["inverseBindMatrices"], 16)
        for document, content in ((old, old_bytes), (new, new_bytes))
    ]
    np.testing.assert_allclose(binds[0][:, 12:15], binds[1][:, 12:15] * (-1, 1, -1), atol=1e-6)


def test_on_the_page_both_look_the_same_in_the_same_pose(
    server: FakeServer, open_page: OpenPage, shots: Path
) -> None:
    still = dancing_pose(1.3)
    server.pose_at = lambda time_s: replace(still, time_s=time_s)
    watched = open_page(server.address, (400, 400))
    watched.page.evaluate(HIDE_ALL_BUT_THE_STAGE)
    pictures = []
    for version, name in (("1", "mannequin.vrm"), ("0", "mannequin0.vrm")):
        content = (DIST / name).read_bytes()
        watched.page.set_input_files("#avatar-file", {"name": name, "mimeType": "", "buffer": content})
        watched.wait_for(f"groovecast.avatar?.metaVersion === '{version}'")
        watched.page.evaluate("groovecast.view(0, 0.1, 4.2)")
        watched.wait_for_poses(10)
        pictures.append(Image.open(io.BytesIO(watched.page.screenshot())).convert("RGB"))
    both = Image.new("RGB", (800, 400))
    for place, picture in enumerate(pictures):
        both.paste(picture, (400 * place, 0))
    both.save(shots / "both_mannequins.png")
    # in large pixels: the camera still drifts a little
    new, old = (np.asarray(picture.reduce(8), float) for picture in pictures)
    mirrored = new[:, ::-1]
    # lights breathe with the beat: few pixels differ, a figure that looks elsewhere differs in many
    differs, differs_mirrored = ((np.abs(one - old).max(axis=-1) > 80).mean() for one in (new, mirrored))
    assert differs < 0.004 and differs_mirrored > 0.02
