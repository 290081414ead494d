"""A skinned figure as bytes: binary glTF 2.0 with the humanoid of VRM 1.0, or of VRM 0 for older programs."""

import copy
import json
import struct
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import numpy.typing as npt
from mannequin_shape import Bones

FLOAT, U8, U16, U32 = 5126, 5121, 5123, 5125
LICENCE = "https://vrm.dev/licenses/1.0/"
CC0 = "https://creativecommons.org/publicdomain/zero/1.0/"


@dataclass(frozen=True)
class Mesh:
    """One skinned mesh, ready to be written, a row a vertex; whole numbers stand for 0..1 but for joints."""

    points_m: npt.NDArray[np.float32]
    normals: npt.NDArray[np.float32]
    paint_uv: npt.NDArray[np.uint16]
    colours: npt.NDArray[np.uint8]
    joints: npt.NDArray[np.uint8]
    weights: npt.NDArray[np.uint8]
    triangles: npt.NDArray[np.int64]


class _Binary:
    """The binary chunk as it grows, with its views and accessors."""

    def __init__(self) -> None:
        self.content = b""
        self.views: list[dict[str, object]] = []
        self.accessors: list[dict[str, object]] = []

    def view(self, content: bytes, target: int | None = None) -> int:
        self.views.append({"buffer": 0, "byteOffset": len(self.content), "byteLength": len(content)})
        if target is not None:
            self.views[-1]["target"] = target
        self.content += content + b"\0" * (-len(content) % 4)
        return len(self.views) - 1

    def accessor(
        self,
        rows: npt.NDArray[np.generic],
        component: int,
        kind: str,
        target: int | None,
        normalized: bool = False,
    ) -> int:
        entry: dict[str, object] = {
            "bufferView": self.view(rows.tobytes(), target),
            "componentType": component,
            "count": len(rows),
            "type": kind,
        }
        if normalized:
            entry["normalized"] = True
        self.accessors.append(entry)
        return len(self.accessors) - 1


def _vrm_extension(bones: Bones) -> dict[str, object]:
    return {
        "specVersion": "1.0",
        "meta": {
            "name": "Groovecast mannequin",
            "version": "1",
            "authors": ["The Groovecast authors"],
            "copyrightInformation": "No rights reserved (CC0 1.0)",
            "licenseUrl": LICENCE,
            "otherLicenseUrl": CC0,
            "avatarPermission": "everyone",
            "allowExcessivelyViolentUsage": True,
            "allowExcessivelySexualUsage": True,
            "commercialUsage": "corporation",
            "allowPoliticalOrReligiousUsage": True,
            "allowAntisocialOrHateUsage": True,
            "creditNotation": "unnecessary",
            "allowRedistribution": True,
            "modification": "allowModificationRedistribution",
        },
        "humanoid": {"humanBones": {name: {"node": index} for index, name in enumerate(bones.names)}},
    }


def _old_extension(bones: Bones) -> dict[str, object]:
    """What a VRM 0 says of itself (vrm.schema.json, version 0.0); its bones have Unity's names."""
    humanoid = {
        "humanBones": [
            {"bone": name[0].lower() + name[1:], "node": index, "useDefaultValues": True}
            for index, name in enumerate(bones.unity_names)
        ],
        "armStretch": 0.05,
        "legStretch": 0.05,
        "upperArmTwist": 0.5,
        "lowerArmTwist": 0.5,
        "upperLegTwist": 0.5,
        "lowerLegTwist": 0.5,
        "feetSpacing": 0,
        "hasTranslationDoF": False,
    }
    material = {"name": "mannequin", "shader": "VRM_USE_GLTFSHADER", "renderQueue": 2000}
    empty = ("floatProperties", "vectorProperties", "textureProperties", "keywordMap", "tagMap")
    return {
        "exporterVersion": "groovecast make_mannequin.py",
        "specVersion": "0.0",
        "meta": {
            "title": "Groovecast mannequin",
            "version": "1",
            "author": "The Groovecast authors",
            "allowedUserName": "Everyone",
            "violentUssageName": "Allow",  # so spelt by the schema
            "sexualUssageName": "Allow",
            "commercialUssageName": "Allow",
            "licenseName": "CC0",
            "otherLicenseUrl": CC0,
        },
        "humanoid": humanoid,
        "firstPerson": {
            "firstPersonBone": bones.names.index("head"),
            "firstPersonBoneOffset": {"x": 0, "y": 0.06, "z": 0},
            "meshAnnotations": [],
            "lookAtTypeName": "Bone",
        },
        "blendShapeMaster": {"blendShapeGroups": []},
        "secondaryAnimation": {"boneGroups": [], "colliderGroups": []},
        "materialProperties": [material | {name: {} for name in empty}],
    }


def _turned_round(bones: Bones, mesh: Mesh) -> tuple[Bones, Mesh]:
    """The figure as it faces -Z."""
    half_turn = np.array([-1, 1, -1])
    turned = copy.copy(bones)
    # adding nothing makes a plain zero of a negative one
    turned.offsets_m, turned.places_m = bones.offsets_m * half_turn + 0, bones.places_m * half_turn + 0
    points, normals = ((rows * half_turn + 0).astype("<f4") for rows in (mesh.points_m, mesh.normals))
    return turned, replace(mesh, points_m=points, normals=normals)


def vrm(bones: Bones, mesh: Mesh, textures: list[bytes], version: Literal[0, 1] = 1) -> bytes:
    """The file. Nodes 0..51 are the bones in the skeleton's order, rest rotations identity; a VRM 0 faces -Z."""
    extension = {"VRMC_vrm": _vrm_extension(bones)} if version == 1 else {"VRM": _old_extension(bones)}
    if version == 0:
        bones, mesh = _turned_round(bones, mesh)
    joints = len(bones.names)
    binary = _Binary()
    small = len(mesh.points_m) < 65536
    attributes = {
        "POSITION": binary.accessor(mesh.points_m, FLOAT, "VEC3", 34962),
        "NORMAL": binary.accessor(mesh.normals, FLOAT, "VEC3", 34962),
        "TEXCOORD_0": binary.accessor(mesh.paint_uv, U16, "VEC2", 34962, normalized=True),
        "COLOR_0": binary.accessor(mesh.colours, U8, "VEC4", 34962, normalized=True),
        "JOINTS_0": binary.accessor(mesh.joints, U8, "VEC4", 34962),
        "WEIGHTS_0": binary.accessor(mesh.weights, U8, "VEC4", 34962, normalized=True),
    }
    binary.accessors[attributes["POSITION"]] |= {
        "min": [float(v) for v in mesh.points_m.min(axis=0)],
        "max": [float(v) for v in mesh.points_m.max(axis=0)],
    }
    index = mesh.triangles.reshape(-1, 1).astype("<u2" if small else "<u4")
    indices = binary.accessor(index, U16 if small else U32, "SCALAR", 34963)
    inverse = np.tile(np.eye(4, dtype="<f4"), (joints, 1, 1))
    inverse[:, 3, :3] = -bones.places_m  # rows here are glTF's columns
    inverse_bind = binary.accessor(inverse.reshape(joints, 16), FLOAT, "MAT4", None)
    images = [{"bufferView": binary.view(image), "mimeType": "image/png"} for image in textures]
    nodes: list[dict[str, object]] = []
    for joint, name in enumerate(bones.names):
        children = [child for child, parent in enumerate(bones.parents) if parent == joint]
        node: dict[str, object] = {
            "name": name,
            "translation": [round(float(v), 6) for v in bones.offsets_m[joint]],
        }
        nodes.append(node | ({"children": children} if children else {}))
    nodes.append({"name": "skin", "mesh": 0, "skin": 0})
    nodes.append({"name": "mannequin", "children": [0, joints]})
    document = {
        "asset": {"version": "2.0", "generator": "groovecast make_mannequin.py"},
        "extensionsUsed": list(extension),
        "extensions": extension,
        "scene": 0,
        "scenes": [{"nodes": [joints + 1]}],
        "nodes": nodes,
        "meshes": [
            {
                "name": "mannequin",
                "primitives": [{"attributes": attributes, "indices": indices, "material": 0}],
            }
        ],
        "skins": [{"joints": list(range(joints)), "inverseBindMatrices": inverse_bind, "skeleton": 0}],
        "materials": [
            {
                "name": "mannequin",
                "pbrMetallicRoughness": {
                    "baseColorTexture": {"index": 0},
                    "metallicRoughnessTexture": {"index": 1},
                },
                "emissiveTexture": {"index": 2},
                "emissiveFactor": [1, 1, 1],
            }
        ],
        "textures": [{"source": image, "sampler": 0} for image in range(len(images))],
        "images": images,
        "samplers": [{"magFilter": 9729, "minFilter": 9987, "wrapS": 33071, "wrapT": 33071}],
        "accessors": binary.accessors,
        "bufferViews": binary.views,
        "buffers": [{"byteLength": len(binary.content)}],
    }
    text = json.dumps(document, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 4)
    total = 12 + 8 + len(text) + 8 + len(binary.content)
    head = struct.pack("<4sII", b"glTF", 2, total)
    return b"".join(
        [
            head,
            struct.pack("<I4s", len(text), b"JSON"),
            text,
            struct.pack("<I4s", len(binary.content), b"BIN\0"),
            binary.content,
        ]
    )
