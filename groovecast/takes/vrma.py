"""VRM animations (.vrma), read and written: glTF whose nodes are named bones of a humanoid.

Space is ours already: Y up, the figure faces +Z, metres. A file rests in a T-pose too, but its bones may lie in any
axes there, and it may lack bones or have nodes of its own between them. So every bone's turn in the world is compared
with its turn in the file's rest pose: that is its turn from the T-pose, and what our parent bone has not turned of it
is the joint's. The hips' place is scaled by the height at which they rest. (VRMC_vrm_animation 1.0, its README.ja.md
and how_to_transform_human_pose.md, https://github.com/vrm-c/vrm-specification.)
"""

import io
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import msgspec
import numpy as np
from jaxtyping import Float, Float64

from groovecast.motion.kinematics import local_from_world
from groovecast.motion.pose import Motion
from groovecast.motion.rotation import (
    matrix_from_quat,
    quat_continuous,
    quat_from_matrix,
    quat_inverse,
    quat_multiply,
    slerp,
    unit,
)
from groovecast.motion.skeleton import groovecast_skeleton
from groovecast.takes.dance_keys import DanceKeys, KeyBlock
from groovecast.takes.gltf import Asset, Buffer, Document, Glb, Node, Scene, array_of, glb_head, parse_glb

EXTENSION = "VRMC_vrm_animation"
_SPEC_VERSIONS = ("1.0", "1.0-draft")
_LEAST_HIPS_M = 1e-3
_LONGEST_S = 6 * 3600.0
_MOST_TURNS = (
    16_000_000  # of all nodes in all frames that are held at once: about 2 GB, half an hour at 60 fps
)
_COLUMNS = {"translation": 3, "rotation": 4}
_KEY_REACHED = 1 - 1e-5  # of the way to it: key times are 32-bit floats

Values = Float64[np.ndarray, "frames n"]


class _Bone(msgspec.Struct, frozen=True):
    node: int


class _Humanoid(msgspec.Struct, frozen=True, rename="camel"):
    human_bones: dict[str, _Bone]


class _Vrma(msgspec.Struct, frozen=True, rename="camel"):
    spec_version: str
    humanoid: _Humanoid


def read_vrma(path: Path | str, fps: float = 30.0) -> Motion:
    """The take in a .vrma file, on our skeleton, sampled at `fps`. Raises ValueError in one line."""
    path = Path(path)
    return parse_vrma(path.read_bytes(), fps, path.name)


def parse_vrma(data: bytes, fps: float = 30.0, title: str = "VRMA") -> Motion:
    """The take in such bytes; `title` names it in errors. Bones that the file lacks stay as their parents are."""
    glb = parse_glb(data, title)
    bones = _bones(glb, title)
    skeleton = groovecast_skeleton()
    tree = _Tree.of(glb.document.nodes, [bones[name] for name in skeleton.names if name in bones], title)
    clip = _Clip.of(glb, fps, tree, title)
    rest = _World.of(tree, bones["hips"], {}, 1, title)
    moved = _World.of(tree, bones["hips"], clip.moves, clip.frames, title)
    turned: list[np.ndarray] = []
    for joint, name in enumerate(skeleton.names):
        if name in bones:
            back = quat_inverse(rest.turn[bones[name]])
            turned.append(quat_multiply(moved.turn[bones[name]], np.broadcast_to(back, (clip.frames, 4))))
        else:
            turned.append(turned[skeleton.parents[joint]])
    hips_m = float(rest.hips_m[0, 1])
    if hips_m < _LEAST_HIPS_M:
        what = f"its hips rest {hips_m:g} m above the floor"
        raise ValueError(f"asked for a VRM animation in {title}, {what}: export it standing on the floor")
    root = moved.hips_m * (skeleton.hips_height_m / hips_m)
    quat = local_from_world(np.stack(turned, axis=1), skeleton.parents)
    return Motion(fps, root, quat_continuous(unit(quat)))


def write_vrma(path: Path | str, motion: Motion) -> None:
    """The motion as a .vrma file that any VRM viewer plays: a key for each frame, straight lines between."""
    Path(path).write_bytes(vrma_bytes(motion))


def vrma_bytes(motion: Motion) -> bytes:
    """The content of such a file."""
    file = io.BytesIO()
    keys = DanceKeys(motion.frames, motion.local_quat_wxyz.shape[1], motion.fps)
    stream_vrma(file, keys, [(motion.root_m, motion.local_quat_wxyz)])
    return file.getvalue()


def stream_vrma(file: BinaryIO, keys: DanceKeys, blocks: Iterable[KeyBlock]) -> None:
    """Write such a file block by block. Raises ValueError when it would be longer than a glTF can be."""
    skeleton, joints = groovecast_skeleton(), keys.joints
    nodes = tuple(
        Node(
            name=skeleton.names[joint],
            children=tuple(child for child in range(joints) if skeleton.parents[child] == joint),
            translation=(x, y, z),
        )
        for joint, (x, y, z) in enumerate(skeleton.rest_offset_m[:joints].tolist())
    )
    humanoid = _Humanoid({skeleton.names[joint]: _Bone(joint) for joint in range(joints)})
    document = Document(
        asset=Asset("2.0", "groovecast"),
        nodes=nodes,
        animations=(keys.animation(tuple(range(joints))),),
        accessors=keys.accessors(),
        buffer_views=keys.views(),
        buffers=(Buffer(keys.size),),
        scenes=(Scene((0,)),),
        scene=0,
        extensions_used=(EXTENSION,),
        extensions={EXTENSION: msgspec.Raw(msgspec.json.encode(_Vrma("1.0", humanoid)))},
    )
    head = glb_head(msgspec.json.encode(document), keys.size)
    file.write(head)
    keys.write(file, len(head), blocks)


def _bones(glb: Glb, title: str) -> dict[str, int]:
    asked = f"asked for a VRM animation in {title}"
    if EXTENSION not in glb.document.extensions:
        raise ValueError(f"{asked}, found glTF without {EXTENSION}: export it as .vrma")
    try:
        vrma = msgspec.json.decode(glb.document.extensions[EXTENSION], type=_Vrma)
    except (msgspec.MsgspecError, RecursionError) as why:
        raise ValueError(f"{asked}, its {EXTENSION} is damaged ({why}): export it again") from None
    if vrma.spec_version not in _SPEC_VERSIONS:
        raise ValueError(f"{asked}, found version {vrma.spec_version!r}: export it as {_SPEC_VERSIONS[0]}")
    bones = {name: bone.node for name, bone in vrma.humanoid.human_bones.items()}
    count = len(glb.document.nodes)
    wrong = [name for name, node in bones.items() if not 0 <= node < count]
    if "hips" not in bones or wrong:
        what = f"bone {wrong[0]!r} at node {bones[wrong[0]]} of {count}" if wrong else "no bone 'hips'"
        raise ValueError(f"{asked}, found {what}: export it again")
    return bones


@dataclass(frozen=True)
class _Clip:
    """The first animation, sampled: what moves which node, frame by frame."""

    frames: int
    moves: dict[tuple[int, str], Values]

    @staticmethod
    def of(glb: Glb, fps: float, tree: "_Tree", title: str) -> "_Clip":
        asked = f"asked for a VRM animation in {title}"
        if not glb.document.animations:
            raise ValueError(f"{asked}, found no animation: export it with one")
        animation = glb.document.animations[0]
        wanted = [
            (channel.target.node, channel.target.path, channel.sampler)
            for channel in animation.channels
            if channel.target.path in _COLUMNS and channel.target.node is not None
        ]
        if not wanted:
            raise ValueError(f"{asked}, its animation moves nothing: export it again")
        keys, last_s = {}, -np.inf
        for node, path, number in wanted:
            if not 0 <= number < len(animation.samplers):
                what = f"{path} of node {node} by sampler {number} of {len(animation.samplers)}"
                raise ValueError(f"{asked}, found {what}: export it again")
            sampler = animation.samplers[number]
            times, values = array_of(glb, sampler.input), array_of(glb, sampler.output)
            if (times.shape[1], values.shape[1]) != (1, _COLUMNS[path]):
                what = f"{path} of node {node} in {values.shape[1]} numbers at times of {times.shape[1]}"
                raise ValueError(f"{asked}, found {what}, not {_COLUMNS[path]} at 1: export it again")
            rows = len(times) * (3 if sampler.interpolation == "CUBICSPLINE" else 1)
            if not len(times) or len(values) != rows or (np.diff(times[:, 0]) < 0).any():
                raise ValueError(f"{asked}, {path} of node {node} has disordered keys: export it again")
            if not (np.isfinite(times).all() and np.isfinite(values).all()):
                raise ValueError(f"{asked}, {path} of node {node} is not finite: export it again")
            last_s = max(last_s, float(times[-1, 0]))
            if node in tree.above:
                keys[node, path] = (times[:, 0], values, sampler.interpolation)
        turns = len(tree.above) + len(groovecast_skeleton().names)
        longest_s = min(_LONGEST_S, _MOST_TURNS / turns / fps)
        if not 0 <= last_s < longest_s:
            raise ValueError(
                f"{asked}, its last key is at {last_s:g} s: cut it to less than {longest_s:.0f} s"
            )
        frames = int(np.floor(last_s * fps + 1e-4)) + 1
        at_s = np.arange(frames) / fps
        moves = {key: _sampled(*key_values, at_s, key[1] == "rotation") for key, key_values in keys.items()}
        return _Clip(frames, moves)


def _sampled(
    times: Float64[np.ndarray, " keys"], values: Values, interpolation: str, at_s: np.ndarray, rotation: bool
) -> Values:
    """The keys' values at those times, held before the first and after the last; rotations come out w x y z."""
    cubic = interpolation == "CUBICSPLINE"
    at_keys = values[1::3] if cubic else values
    if rotation:
        values, at_keys = values[:, [3, 0, 1, 2]], unit(at_keys[:, [3, 0, 1, 2]])
    low = np.clip(np.searchsorted(times, at_s, side="right") - 1, 0, max(len(times) - 2, 0))
    high = np.minimum(low + 1, len(times) - 1)
    step_s = np.where(times[high] > times[low], times[high] - times[low], 1.0)
    share = np.clip((at_s - times[low]) / step_s, 0, 1)
    if interpolation == "STEP":
        return np.where((share < _KEY_REACHED)[:, None], at_keys[low], at_keys[high])
    if cubic:
        t, gap = share[:, None], step_s[:, None]
        out = (2 * t**3 - 3 * t**2 + 1) * values[1::3][low] + (t**3 - 2 * t**2 + t) * gap * values[2::3][low]
        out += (3 * t**2 - 2 * t**3) * values[1::3][high] + (t**3 - t**2) * gap * values[::3][high]
        return unit(out) if rotation else np.asarray(out)
    if rotation:
        return slerp(at_keys[low], at_keys[high], share)
    between: Values = at_keys[low] + (at_keys[high] - at_keys[low]) * share[:, None]
    return between


@dataclass(frozen=True)
class _Tree:
    """The nodes that move a bone, from the top down, each with its parent; a file may have any number of others."""

    nodes: tuple[Node, ...]
    above: dict[int, int | None]

    @staticmethod
    def of(nodes: tuple[Node, ...], bones: list[int], title: str) -> "_Tree":
        children = [child for node in nodes for child in node.children]
        if len(set(children)) < len(children) or not set(children) <= set(range(len(nodes))):
            raise ValueError(f"asked for the nodes of {title}, their children are no tree: export it again")
        parents = {child: parent for parent, node in enumerate(nodes) for child in node.children}
        downward = [number for number in range(len(nodes)) if number not in parents]
        for number in downward:
            downward.extend(nodes[number].children)
        if len(downward) < len(nodes):
            raise ValueError(f"asked for the nodes of {title}, found a ring of children: export it again")
        moving = set[int]()
        for bone in bones:
            upward: int | None = bone
            while upward is not None and upward not in moving:
                moving.add(upward)
                upward = parents.get(upward)
        return _Tree(nodes, {number: parents.get(number) for number in downward if number in moving})


@dataclass(frozen=True)
class _World:
    """The turn in the world of every node that moves a bone, and the place of the hips, frame by frame."""

    turn: dict[int, Float64[np.ndarray, "frames 4"]]
    hips_m: Float64[np.ndarray, "frames 3"]

    @staticmethod
    def of(tree: _Tree, hips: int, moves: dict[tuple[int, str], Values], frames: int, title: str) -> "_World":
        turn: dict[int, np.ndarray] = {}
        local: dict[
            int, np.ndarray
        ] = {}  # their turns against their parents: what the place of the hips needs
        for number, parent in tree.above.items():
            _, quat, _ = _local(tree.nodes[number], title)
            local[number] = moves.get((number, "rotation"), np.broadcast_to(quat, (frames, 4)))
            turn[number] = local[number] if parent is None else quat_multiply(turn[parent], local[number])
        hips_m, node = np.zeros((frames, 3)), hips
        upward: int | None = hips
        while upward is not None:
            node = upward
            place, _, scale = _local(tree.nodes[node], title)
            stretched = np.einsum("fij,fj->fi", matrix_from_quat(local[node]) * scale, hips_m)
            hips_m = moves.get((node, "translation"), place) + stretched
            upward = tree.above[node]
        return _World(turn, hips_m)


def _local(node: Node, title: str) -> tuple[np.ndarray, np.ndarray, Float[np.ndarray, " 3"]]:
    """A node's place, turn (w x y z) and scale at rest."""
    if node.matrix is None:
        x, y, z, w = node.rotation
        return np.array(node.translation), unit(np.array([w, x, y, z])), np.array(node.scale)
    matrix = np.array(node.matrix).reshape(4, 4).T
    scale = np.linalg.norm(matrix[:3, :3], axis=0)
    if not scale.all():
        raise ValueError(
            f"asked for the nodes of {title}, the matrix of {node.name!r} is flat: export it again"
        )
    return matrix[:3, 3], quat_from_matrix(matrix[:3, :3] / scale), scale
