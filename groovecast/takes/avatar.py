"""A person's own avatar (.vrm, version 0 or 1): where the bones of its humanoid rest, as the file describes itself.

Space: VRM 1 is ours already. A VRM 0 figure looks the other way: x and z change their signs. Both rest in a T-pose.
Only places are read, in the world: in which axes its bones rest is nobody's business, for turns count from the T-pose.
"""

import math
import struct
from pathlib import Path
from typing import Annotated

import msgspec
import numpy as np
from jaxtyping import Float64

from groovecast.motion.body import Body, body_of
from groovecast.motion.rotation import matrix_from_quat
from groovecast.motion.skeleton import groovecast_skeleton
from groovecast.takes.gltf import Node

_MOST_JSON_BYTES = 1 << 25  # faces of many shapes describe themselves in some millions
_MOST_NODES = 1 << 16
_DEEPEST = 512  # no rig comes near; every bone is followed all the way up
_HEAD = struct.Struct("<4sIII4s")
_LEAST_QUAT = 1e-6
_NAME_SHOWN = 40


class _Bone(msgspec.Struct, frozen=True):
    node: int


class _OldBone(msgspec.Struct, frozen=True):
    bone: str
    node: int


class _Humanoid(msgspec.Struct, frozen=True, rename="camel"):
    human_bones: dict[str, _Bone]


class _OldHumanoid(msgspec.Struct, frozen=True, rename="camel"):
    human_bones: list[_OldBone]


class _Vrm1(msgspec.Struct, frozen=True):
    humanoid: _Humanoid


class _Vrm0(msgspec.Struct, frozen=True):
    humanoid: _OldHumanoid


class _Extensions(msgspec.Struct, frozen=True):
    new: _Vrm1 | None = msgspec.field(name="VRMC_vrm", default=None)
    old: _Vrm0 | None = msgspec.field(name="VRM", default=None)


class _Description(msgspec.Struct, frozen=True):
    nodes: Annotated[tuple[Node, ...], msgspec.Meta(max_length=_MOST_NODES)] = ()
    extensions: _Extensions = _Extensions()


def read_avatar(path: Path | str) -> Body:
    """The body in a .vrm file. Raises ValueError or OSError in one line."""
    path = Path(path)
    try:
        with path.open("rb") as file:
            data = file.read(_HEAD.size + _MOST_JSON_BYTES)
    except OSError as why:
        raise OSError(
            f"asked for the avatar {path}, it cannot be read ({why.strerror}): check the path"
        ) from None
    return parse_avatar(data, path.name)


def parse_avatar(data: bytes, title: str = "VRM") -> Body:
    """The body in such bytes, whose beginning is enough; `title` names it. Raises ValueError in one line."""
    asked = f"asked for the avatar {title}"
    try:
        described = msgspec.json.decode(_description(data, asked), type=_Description)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as why:
        raise ValueError(f"{asked}, its description is damaged ({why}): export it again") from None
    bones = _bones(described.extensions, asked)
    turned = np.array((1.0, 1.0, 1.0) if described.extensions.new is not None else (-1.0, 1.0, -1.0))
    parents = _parents(described.nodes, asked)
    places: dict[str, tuple[float, float, float]] = {}
    for name, node in bones.items():
        if not 0 <= node < len(described.nodes):
            raise ValueError(f"{asked}, its {name} is node {node} of {len(described.nodes)}: export it again")
        x, y, z = (_place(node, described.nodes, parents, asked) * turned).tolist()
        places[name] = x, y, z
    return body_of(title, places)


def _bones(extensions: _Extensions, asked: str) -> dict[str, int]:
    """Which node each bone is, by our names; bones that we have not are left out."""
    if extensions.new is not None:
        named = [(name, bone.node) for name, bone in extensions.new.humanoid.human_bones.items()]
    elif extensions.old is not None:
        # VRM 0 names them as Unity does, which differs for thumbs; some exporters list what is not there as -1
        ours = dict(zip(groovecast_skeleton().unity_names, groovecast_skeleton().names, strict=True))
        listed = [bone for bone in extensions.old.humanoid.human_bones if bone.node >= 0]
        named = [(ours.get(bone.bone[:1].upper() + bone.bone[1:], ""), bone.node) for bone in listed]
    else:
        raise ValueError(f"{asked}, it is glTF without a VRM humanoid: export it as VRM 0 or 1")
    bones: dict[str, int] = {}
    for name, node in named:
        if name in groovecast_skeleton().names and bones.setdefault(name, node) != node:
            raise ValueError(f"{asked}, its {name} is node {bones[name]} and node {node}: export it again")
    taken: dict[int, str] = {}
    for name, node in bones.items():
        if (other := taken.setdefault(node, name)) != name:
            raise ValueError(f"{asked}, node {node} is its {other} and its {name}: export it again")
    return bones


def _description(data: bytes, asked: str) -> bytes:
    """The JSON at the beginning of a binary glTF."""
    if len(data) < _HEAD.size:
        raise ValueError(f"{asked}, found {len(data)} bytes: export it again")
    magic, version, _, size, kind = _HEAD.unpack_from(data)
    if magic != b"glTF" or version != 2 or kind != b"JSON":
        raise ValueError(f"{asked}, its bytes are no VRM (a binary glTF 2.0): export it as one")
    if size > _MOST_JSON_BYTES:
        most = f"{_MOST_JSON_BYTES >> 20} MB are read"
        raise ValueError(f"{asked}, its description has {size / (1 << 20):.0f} MB, {most}: export it anew")
    if len(data) < _HEAD.size + size:
        raise ValueError(f"{asked}, it breaks off at byte {len(data)}: copy or download it again")
    return data[_HEAD.size : _HEAD.size + size]


def _parents(nodes: tuple[Node, ...], asked: str) -> dict[int, int]:
    parents: dict[int, int] = {}
    for parent, node in enumerate(nodes):
        for child in node.children:
            if child in parents or not 0 <= child < len(nodes):
                raise ValueError(f"{asked}, the children of its nodes are no tree: export it again")
            parents[child] = parent
    return parents


def _place(
    number: int, nodes: tuple[Node, ...], parents: dict[int, int], asked: str
) -> Float64[np.ndarray, " 3"]:
    """Where a node is in the world."""
    place, passed = np.zeros(3), 0
    upward: int | None = number
    while upward is not None:
        passed += 1
        if passed > _DEEPEST:
            found = f"node {number} lies in a ring of children, or deeper than {_DEEPEST} of them"
            raise ValueError(f"{asked}, {found}: export it again")
        stretch, moved = _local(nodes[upward], asked)
        with np.errstate(over="ignore", invalid="ignore"):  # told by `body_of`
            place = stretch @ place + moved
        upward = parents.get(upward)
    return place


def _local(node: Node, asked: str) -> tuple[Float64[np.ndarray, "3 3"], Float64[np.ndarray, " 3"]]:
    """How a node turns and stretches what is below it, and where it puts it."""
    if node.matrix is not None:
        matrix = np.array(node.matrix).reshape(4, 4).T
        return matrix[:3, :3], matrix[:3, 3]
    length = math.hypot(*node.rotation)
    if not _LEAST_QUAT < length < math.inf:
        name = node.name[:_NAME_SHOWN]
        raise ValueError(f"{asked}, the rotation of {name!r} is {node.rotation}: export it again")
    x, y, z, w = node.rotation
    turn = matrix_from_quat(np.array((w, x, y, z)) / length)
    with np.errstate(over="ignore", invalid="ignore"):
        return turn * np.array(node.scale), np.array(node.translation)
