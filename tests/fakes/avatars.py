"""Made-up avatars as .vrm files: of any size, with the bones that are wanted, at rest in any axes."""

import json
import struct

import numpy as np

from groovecast.motion.rotation import matrix_from_quat, quat_from_matrix, unit
from groovecast.motion.skeleton import groovecast_skeleton

Places = dict[str, tuple[float, float, float]]
# what many avatars lack, each for a reason of its own
OPTIONAL = ("upperChest", "leftShoulder", "leftToes", "rightToes", "rightLittleDistal", "leftThumbMetacarpal")


def rest_places(size: float = 1.0, lacking: tuple[str, ...] = (), legs: float = 1.0) -> Places:
    """Where the joints of our figure are at rest, `size` as large, its thighs and shins `legs` as long besides."""
    skeleton = groovecast_skeleton()
    offsets = size * skeleton.rest_offset_m.astype(float)
    for name in ("leftLowerLeg", "rightLowerLeg", "leftFoot", "rightFoot"):
        joint = skeleton.index(name)
        offsets[0, 1] += (1 - legs) * offsets[joint, 1] / 2
        offsets[joint] *= legs
    places = np.zeros_like(offsets)
    for joint, parent in enumerate(skeleton.parents):
        places[joint] = offsets[joint] + (places[parent] if parent >= 0 else 0)
    return {
        name: (float(x), float(y), float(z))
        for name, (x, y, z) in zip(skeleton.names, places, strict=True)
        if name not in lacking
    }


def vrm_file(version: int, places_m: Places, seed: int = 0) -> bytes:
    """A .vrm whose bones rest there. In version 1 every one of them has axes and a scale of its own."""
    skeleton = groovecast_skeleton()
    rng = np.random.default_rng(seed)
    face = np.array((1.0, 1.0, 1.0) if version == 1 else (-1.0, 1.0, -1.0))
    # node 0 is the model's root: as wide as modelling programs like it, and moved
    worlds = {-1: (_turn(rng) if version == 1 else np.eye(3)) * 0.01}
    moved = {-1: np.array((0.0, 0.25, 0.0))}
    nodes: list[dict[str, object]] = [{"name": "root", "children": [], **_placed(np.eye(3), moved[-1])}]
    nodes[0]["matrix"] = _column_major(worlds[-1], moved[-1])
    del nodes[0]["translation"], nodes[0]["rotation"], nodes[0]["scale"]
    number = {-1: 0}
    for joint, name in enumerate(skeleton.names):
        if name not in places_m:
            continue
        parent = skeleton.parents[joint]
        while parent >= 0 and skeleton.names[parent] not in places_m:
            parent = skeleton.parents[parent]
        local = _turn(rng) * rng.uniform(0.5, 2) if version == 1 else np.eye(3)
        place = np.array(places_m[name]) * face
        here = np.linalg.solve(worlds[parent], place - moved[parent])
        worlds[joint], moved[joint] = worlds[parent] @ local, place
        number[joint] = len(nodes)
        siblings = nodes[number[parent]].setdefault("children", [])
        assert isinstance(siblings, list)
        siblings.append(len(nodes))
        nodes.append({"name": f"bone of {name}", **_placed(local, here)})
    there = {joint: node for joint, node in number.items() if joint >= 0}
    if version == 1:
        bones = {skeleton.names[joint]: {"node": node} for joint, node in there.items()}
        meta = {"name": "made up", "authors": ["nobody"], "licenseUrl": "https://vrm.dev/licenses/1.0/"}
        extensions = {"VRMC_vrm": {"specVersion": "1.0", "meta": meta, "humanoid": {"humanBones": bones}}}
    else:
        unity = {joint: skeleton.unity_names[joint] for joint in there}
        old = [{"bone": unity[j][0].lower() + unity[j][1:], "node": n} for j, n in there.items()]
        old.append({"bone": "jaw", "node": -1})
        extensions = {"VRM": {"meta": {"title": "made up"}, "humanoid": {"humanBones": old}}}
    return vrm_of(
        {
            "asset": {"version": "2.0"},
            "scene": 0,
            "scenes": [{"nodes": [0]}],
            "nodes": nodes,
            "extensionsUsed": list(extensions),
            "extensions": extensions,
        }
    )


def vrm_of(document: object) -> bytes:
    """A binary glTF of that description alone."""
    text = json.dumps(document).encode()
    text += b" " * (-len(text) % 4)
    return struct.pack("<4sIII4s", b"glTF", 2, 20 + len(text), len(text), b"JSON") + text


def _turn(rng: np.random.Generator) -> np.ndarray:
    return matrix_from_quat(unit(rng.normal(size=4)))


def _column_major(turn: np.ndarray, moved: np.ndarray) -> list[float]:
    whole = np.eye(4)
    whole[:3, :3], whole[:3, 3] = turn, moved
    return [float(value) for value in whole.T.ravel()]


def _placed(local: np.ndarray, here: np.ndarray) -> dict[str, list[float]]:
    scale = float(np.linalg.norm(local[:, 0]))
    w, x, y, z = quat_from_matrix(local / scale).tolist()
    return {"translation": here.tolist(), "rotation": [x, y, z, w], "scale": [scale] * 3}
