"""Takes that Groovecast recorded, read: BVH, GLB, VRMA and NPZ as one motion. Needs NumPy, which Blender brings."""

import io
import json
import struct
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from .skeleton import skeleton

ENDINGS = (".bvh", ".glb", ".vrma", ".npz")
_AXES = "XYZ"
_WIDTHS = {"SCALAR": 1, "VEC3": 3, "VEC4": 4}
_FLOAT = 5126
_MEND = "give a take that Groovecast recorded"


@dataclass(frozen=True)
class Take:
    """A motion of our skeleton, in our space: metres, Y up, facing +Z, quaternions w x y z, local to the parent."""

    fps: float
    root_m: np.ndarray  # frames 3
    local_quat_wxyz: np.ndarray  # frames 52 4

    @property
    def frames(self) -> int:
        """How many frames there are."""
        return len(self.root_m)


def read_take(path: str | Path) -> Take:
    """The take in a file, by its ending. Raises ValueError or OSError in one line."""
    path = Path(path)
    readers = {".bvh": _bvh, ".glb": _gltf, ".vrma": _gltf, ".npz": _arrays}
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise ValueError(f"asked for the take in {path.name}: give one that ends in {', '.join(ENDINGS)}")
    data = path.read_bytes()
    try:
        take = reader(data)
    except (ValueError, KeyError, IndexError, TypeError, AttributeError, struct.error, OverflowError, EOFError,
            MemoryError, RecursionError, NotImplementedError, zipfile.BadZipFile) as why:  # fmt: skip
        said = " ".join(str(why).split())
        raise ValueError(f"asked for the take in {path.name}, it cannot be read ({said}): {_MEND}") from None
    shape = take.frames, len(skeleton().names), 4
    if take.root_m.shape != (take.frames, 3) or take.local_quat_wxyz.shape != shape or not take.frames:
        raise ValueError(f"asked for the take in {path.name}, it holds no dance: {_MEND}")
    finite = np.isfinite(take.root_m).all() and np.isfinite(take.local_quat_wxyz).all()
    if not (finite and np.isfinite(take.fps) and take.fps > 0):
        raise ValueError(f"asked for the take in {path.name}, a number in it is not finite: {_MEND}")
    return Take(take.fps, take.root_m, _continuous(take.local_quat_wxyz))


def _continuous(quat: np.ndarray) -> np.ndarray:
    """Unit length, and signs so that neighbouring frames are near each other number by number."""
    length = np.linalg.norm(quat, axis=-1, keepdims=True)
    quat = np.where(length > 0, quat / np.where(length > 0, length, 1), [1.0, 0, 0, 0])
    flips = (quat[1:] * quat[:-1]).sum(axis=-1) < 0
    quat[1:] *= np.where(np.cumsum(flips, axis=0) % 2 == 1, -1, 1)[..., None]
    return quat


def multiplied(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """The rotations that first do `b`, then `a`; quaternions w x y z."""
    aw, ax, ay, az = np.moveaxis(a, -1, 0)
    bw, bx, by, bz = np.moveaxis(b, -1, 0)
    return np.stack(
        (
            aw * bw - ax * bx - ay * by - az * bz,
            aw * bx + ax * bw + ay * bz - az * by,
            aw * by - ax * bz + ay * bw + az * bx,
            aw * bz + ax * by - ay * bx + az * bw,
        ),
        axis=-1,
    )


def _bvh(data: bytes) -> Take:
    """Our own BVH: centimetres, positions of the root only, any order of rotations."""
    head, _, motion = data.decode("utf-8", errors="replace").partition("MOTION")
    names: list[str] = []
    channels: list[tuple[str, str]] = []  # joint, channel
    words = head.split()
    for at, word in enumerate(words):
        if word in ("ROOT", "JOINT"):
            names.append(words[at + 1])
        elif word == "CHANNELS":
            count = int(words[at + 1])
            channels += [(names[-1], channel) for channel in words[at + 2 : at + 2 + count]]
    lines = motion.strip().splitlines()
    frames, frame_s = int(lines[0].split(":")[1]), float(lines[1].split(":")[1])
    rows = np.array([line.split() for line in lines[2 : 2 + frames]], np.float64)
    if len(rows) < frames:
        raise ValueError(f"{len(rows)} of {frames} frames are there")
    turns: dict[str, np.ndarray] = {}
    root = np.zeros((frames, 3))
    for (joint, channel), values in zip(channels, rows.T, strict=True):
        axis = _AXES.index(channel[0])
        if channel.endswith("position"):
            if joint == names[0]:
                root[:, axis] = values / 100
            continue
        half, turn = np.radians(values) / 2, np.zeros((frames, 4))
        turn[:, 0], turn[:, 1 + axis] = np.cos(half), np.sin(half)
        turns[joint] = multiplied(turns[joint], turn) if joint in turns else turn
    return Take(_fps(1 / frame_s), root, np.stack([turns[name] for name in skeleton().names], axis=1))


def _fps(about: float) -> float:
    """A frame time has few digits: 0.0333333 means 30 frames a second."""
    return float(round(about)) if abs(about - round(about)) < 1e-4 * about else about


def _gltf(data: bytes) -> Take:
    """The first animation of a glTF whose nodes have our joints' names and rest unturned."""
    magic, version, _, length, kind = struct.unpack_from("<4sIII4s", data)
    if magic != b"glTF" or version != 2 or kind != b"JSON":
        raise ValueError("it is no glTF 2.0 binary")
    document = json.loads(data[20 : 20 + length])
    content = data[28 + length :]
    nodes, animation = document["nodes"], document["animations"][0]
    moved: dict[tuple[str, str], np.ndarray] = {}
    times = np.zeros(1)
    for channel in animation["channels"]:
        sampler, node = animation["samplers"][channel["sampler"]], nodes[channel["target"]["node"]]
        if sampler.get("interpolation", "LINEAR") != "LINEAR" or node.get("rotation", [0, 0, 0, 1]) != [
            0,
            0,
            0,
            1,
        ]:
            raise ValueError("it was made by another program")
        moved[node["name"], channel["target"]["path"]] = _numbers(document, content, sampler["output"])
        times = _numbers(document, content, sampler["input"])[:, 0]
    turns = [moved[name, "rotation"][:, [3, 0, 1, 2]] for name in skeleton().names]
    if not all(len(turn) == len(times) for turn in turns):
        raise ValueError("its joints have different keys")
    step_s = float(times[-1] - times[0]) / max(len(times) - 1, 1)
    return Take(
        _fps(1 / step_s) if step_s > 0 else 30.0, moved["hips", "translation"], np.stack(turns, axis=1)
    )


def _numbers(document: dict[str, Any], content: bytes, index: int) -> np.ndarray:
    accessor = document["accessors"][index]
    view = document["bufferViews"][accessor["bufferView"]]
    if accessor["componentType"] != _FLOAT or index < 0:
        raise ValueError("its keys are no floats")
    count, width = int(accessor["count"]), _WIDTHS[accessor["type"]]
    start = view.get("byteOffset", 0) + accessor.get("byteOffset", 0)
    return np.frombuffer(content, "<f4", count * width, start).reshape(count, width).astype(np.float64)


def _arrays(data: bytes) -> Take:
    with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
        order = [arrays["names"].tolist().index(name) for name in skeleton().names]
        quat = arrays["local_quat_wxyz"].astype(np.float64)[:, order]
        return Take(float(arrays["fps"]), arrays["root_m"].astype(np.float64), quat)
