"""The mannequin's file: a valid skinned VRM 1.0 that has every bone and is what its script makes."""

import importlib.util
import json
import struct
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from groovecast.motion.skeleton import groovecast_skeleton

WEB = Path(__file__).resolve().parents[2] / "clients" / "web"
FILE = (WEB / "dist" / "mannequin.vrm").read_bytes()
TEXT_BYTES = struct.unpack_from("<I", FILE, 12)[0]
DOCUMENT = json.loads(FILE[20 : 20 + TEXT_BYTES])
BINARY = FILE[28 + TEXT_BYTES :]
DTYPES = {5126: "<f4", 5121: "u1", 5123: "<u2", 5125: "<u4"}
WIDTHS = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4, "MAT4": 16}


def rows(accessor: int) -> np.ndarray:
    """An accessor's numbers, a row an element."""
    about = DOCUMENT["accessors"][accessor]
    width = WIDTHS[about["type"]]
    start = DOCUMENT["bufferViews"][about["bufferView"]]["byteOffset"]
    flat = np.frombuffer(BINARY, DTYPES[about["componentType"]], about["count"] * width, start)
    return flat.reshape(-1, width)


PRIMITIVE = DOCUMENT["meshes"][0]["primitives"][0]
POINTS = rows(PRIMITIVE["attributes"]["POSITION"])


@pytest.fixture(scope="module")
def shape() -> ModuleType:
    """The script's formula."""
    spec = importlib.util.spec_from_file_location("mannequin_shape", WEB / "mannequin_shape.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_it_is_a_small_vrm_1_that_allows_everything() -> None:
    assert FILE[:4] == b"glTF" and struct.unpack_from("<II", FILE, 4) == (2, len(FILE))
    assert len(FILE) < 1_500_000
    vrm = DOCUMENT["extensions"]["VRMC_vrm"]
    assert vrm["specVersion"] == "1.0"
    assert vrm["meta"]["licenseUrl"] == "https://vrm.dev/licenses/1.0/"
    assert vrm["meta"]["commercialUsage"] == "corporation"
    assert vrm["meta"]["modification"] == "allowModificationRedistribution"


def test_it_has_every_bone_where_the_skeleton_has_it() -> None:
    skeleton = groovecast_skeleton()
    bones = DOCUMENT["extensions"]["VRMC_vrm"]["humanoid"]["humanBones"]
    assert set(bones) == set(skeleton.names)
    for joint, name in enumerate(skeleton.names):
        node = DOCUMENT["nodes"][bones[name]["node"]]
        assert "rotation" not in node
        assert np.allclose(node["translation"], skeleton.rest_offset_m[joint], atol=1e-6)
        parent = skeleton.parents[joint]
        if parent >= 0:
            assert bones[name]["node"] in DOCUMENT["nodes"][bones[skeleton.names[parent]]["node"]]["children"]


def test_every_vertex_follows_bones_with_whole_weights_and_every_bone_moves_some() -> None:
    weights = rows(PRIMITIVE["attributes"]["WEIGHTS_0"]).astype(int)
    joints = rows(PRIMITIVE["attributes"]["JOINTS_0"])
    assert (weights.sum(axis=1) == 255).all()
    moved = set(joints[weights > 76].tolist())
    missing = [name for joint, name in enumerate(groovecast_skeleton().names) if joint not in moved]
    assert missing == []


def test_the_figure_stands_on_the_floor_and_is_a_closed_outward_skin() -> None:
    assert -0.003 < POINTS[:, 1].min() < 0.004
    assert 1.70 < POINTS[:, 1].max() < 1.80
    normals = rows(PRIMITIVE["attributes"]["NORMAL"])
    assert np.allclose(np.linalg.norm(normals, axis=1), 1, atol=1e-3)
    triangles = rows(PRIMITIVE["indices"]).reshape(-1, 3)
    a, b, c = (POINTS[triangles[:, k]].astype(float) for k in range(3))
    faces = np.cross(b - a, c - a)
    agree = (faces * normals[triangles[:, 0]]).sum(axis=1) > 0
    assert agree.mean() > 0.995
    volume_m3 = float((a * np.cross(b, c)).sum() / 6)
    assert 0.04 < volume_m3 < 0.09


def test_left_mirrors_right() -> None:
    left, right = POINTS[POINTS[:, 0] > 0.02], POINTS[POINTS[:, 0] < -0.02]
    assert len(left) == len(right)
    assert np.allclose(left.mean(axis=0), right.mean(axis=0) * [-1, 1, 1], atol=1e-4)


def test_the_committed_file_lies_on_the_skin_that_the_script_describes(shape: ModuleType) -> None:
    distance_m = shape.skin_distance(POINTS.astype(float), shape.Bones())
    assert np.quantile(np.abs(distance_m), 0.999) < 2e-4
