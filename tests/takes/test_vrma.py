"""VRM animations come back as they went, and one whose bones rest in other axes moves our joints as it means."""

import tracemalloc
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import numpy as np
import pytest
from fakes.bouncer import apart_rad, bouncing, places_of
from hypothesis import given
from hypothesis import strategies as st

from groovecast.motion.pose import Motion
from groovecast.motion.rotation import (
    matrix_from_quat,
    quat_from_axis_angle,
    quat_inverse,
    quat_multiply,
    quat_rotate,
)
from groovecast.motion.skeleton import groovecast_skeleton
from groovecast.takes.gltf import (
    Accessor,
    Animation,
    Asset,
    BufferView,
    Channel,
    Document,
    Glb,
    Node,
    Sampler,
    Target,
    glb_bytes,
    parse_glb,
)
from groovecast.takes.vrma import parse_vrma, read_vrma, vrma_bytes, write_vrma

SKELETON = groovecast_skeleton()
BODY = SKELETON.body_joints


@dataclass
class Maker:
    """A foreign .vrma under the hands of its program."""

    nodes: list[Node] = field(default_factory=list)
    bones: dict[str, dict[str, int]] = field(default_factory=dict)
    channels: list[Channel] = field(default_factory=list)
    samplers: list[Sampler] = field(default_factory=list)
    accessors: list[Accessor] = field(default_factory=list)
    views: list[BufferView] = field(default_factory=list)
    content: bytes = b""

    def array(self, values: np.ndarray) -> int:
        """Add an array."""
        packed = values.astype("<f4")
        kind = {1: "SCALAR", 3: "VEC3", 4: "VEC4"}[packed.shape[1]]
        self.accessors.append(Accessor(5126, len(packed), kind, len(self.views)))
        self.views.append(BufferView(0, packed.nbytes, len(self.content)))
        self.content += packed.tobytes()
        return len(self.accessors) - 1

    def move(self, node: int, path: str, times: np.ndarray, values: np.ndarray, how: str = "LINEAR") -> None:
        """Add keys of one node."""
        if path == "rotation":
            values = values[:, [1, 2, 3, 0]]
        self.samplers.append(Sampler(self.array(times[:, None]), self.array(values), how))  # type: ignore[arg-type]
        self.channels.append(Channel(len(self.samplers) - 1, Target(path, node)))

    def bytes(self, version: str = "1.0") -> bytes:
        """The file."""
        said = {"specVersion": version, "humanoid": {"humanBones": self.bones}}
        document = Document(
            Asset("2.0"),
            tuple(self.nodes),
            (Animation(tuple(self.channels), tuple(self.samplers)),) if self.channels else (),
            tuple(self.accessors),
            tuple(self.views),
            extensions={"VRMC_vrm_animation": msgspec.Raw(msgspec.json.encode(said))},
        )
        return glb_bytes(Glb(document, self.content))


def foreign(motion: Motion, seed: int = 0, without: tuple[str, ...] = (), size: float = 100.0) -> Maker:
    """The motion on bones that rest in wild axes, under a turned and scaled armature, a twist node in each forearm."""
    random = np.random.default_rng(seed)
    wild = quat_from_axis_angle(random.normal(0, 1, (BODY, 3)))  # each bone's axes in the world at rest
    armature = quat_from_axis_angle(np.array([-np.pi / 2, 0, 0]))
    maker = Maker([Node("Armature", (1,), rotation=_xyzw(armature), scale=(1 / size,) * 3)])
    times = np.arange(motion.frames) / motion.fps
    index, above = {}, {}
    for joint, name in enumerate(SKELETON.names[:BODY]):
        if name in without:
            continue
        parent = SKELETON.parents[joint]
        while parent >= 0 and parent not in index:
            parent = SKELETON.parents[parent]
        axes = wild[parent] if parent >= 0 else armature
        offset = _rest(joint) - (_rest(parent) if parent >= 0 else 0)
        place = quat_rotate(quat_inverse(axes), offset) * size
        rest = quat_multiply(quat_inverse(axes), wild[joint])
        node, index[joint], above[joint] = len(maker.nodes), len(maker.nodes), parent
        holder = index[parent] if parent >= 0 else 0
        if name == "leftHand":  # a node of the program's own stands between the bones
            maker.nodes.append(Node("twist", (node + 1,)))
            node, index[joint], between = node + 1, node + 1, node
        else:
            between = node
        maker.nodes.append(Node(name, (), tuple(place.tolist()), _xyzw(rest)))
        maker.nodes[holder] = msgspec.structs.replace(
            maker.nodes[holder], children=(*maker.nodes[holder].children, between) if holder else (1,)
        )
        maker.bones[name] = {"node": node}
    world = np.empty((motion.frames, BODY, 4))
    for joint in range(BODY):
        own, parent = motion.local_quat_wxyz[:, joint], SKELETON.parents[joint]
        world[:, joint] = own if parent < 0 else quat_multiply(world[:, parent], own)
    for joint, node in index.items():
        turned = quat_multiply(world[:, joint], np.broadcast_to(wild[joint], world[:, joint].shape))
        parent = above[joint]
        base = (
            quat_multiply(world[:, parent], np.broadcast_to(wild[parent], world[:, parent].shape))
            if parent >= 0
            else np.broadcast_to(armature, turned.shape)
        )
        maker.move(node, "rotation", times, quat_multiply(quat_inverse(base), turned))
    hips = quat_rotate(quat_inverse(armature), motion.root_m) * size
    maker.move(index[0], "translation", times, hips)
    maker.bones["jaw"] = {"node": 0}
    return maker


def _rest(joint: int) -> np.ndarray:
    place = np.zeros(3)
    while joint >= 0:
        place += SKELETON.rest_offset_m[joint]
        joint = SKELETON.parents[joint]
    return place


def _xyzw(quat: np.ndarray) -> tuple[float, float, float, float]:
    w, x, y, z = quat.tolist()
    return x, y, z, w


@pytest.mark.parametrize("fingers", [False, True])
def test_a_motion_comes_back_from_a_file(tmp_path: Path, fingers: bool) -> None:
    danced = bouncing(2.0, fingers=fingers)
    write_vrma(tmp_path / "take.vrma", danced)
    again = read_vrma(tmp_path / "take.vrma")
    joints = danced.local_quat_wxyz.shape[1]
    assert (again.fps, again.frames) == (30, danced.frames)
    np.testing.assert_allclose(again.root_m, danced.root_m, atol=1e-6)
    assert apart_rad(again.local_quat_wxyz[:, :joints], danced.local_quat_wxyz) < 1e-5


@given(st.integers(0, 2**32 - 1))
def test_any_motion_comes_back(seed: int) -> None:
    random = np.random.default_rng(seed)
    turned = Motion(30.0, random.normal(0, 1, (4, 3)), quat_from_axis_angle(random.normal(0, 2, (4, 52, 3))))
    again = parse_vrma(vrma_bytes(turned))
    np.testing.assert_allclose(again.root_m, turned.root_m, atol=1e-5)
    assert apart_rad(again.local_quat_wxyz, turned.local_quat_wxyz) < 1e-5


def test_what_is_written_is_plain_vrm_animation() -> None:
    document = parse_glb(vrma_bytes(bouncing(1.0, fingers=True))).document
    assert document.extensions_used == ("VRMC_vrm_animation",)
    paths = [(channel.target.path, channel.target.node) for channel in document.animations[0].channels]
    assert paths == [("translation", 0), *(("rotation", node) for node in range(52))]
    times = document.accessors[document.animations[0].samplers[0].input]
    assert times.min == (0.0,) and times.max is not None and abs(times.max[0] - 29 / 30) < 1e-6
    assert all(view.byte_offset % 4 == 0 for view in document.buffer_views)


@pytest.mark.parametrize("seed", range(3))
def test_bones_that_rest_in_other_axes_move_our_joints_to_the_same_places(seed: int) -> None:
    danced = bouncing(1.0)
    again = parse_vrma(foreign(danced, seed).bytes())
    np.testing.assert_allclose(places_of(again), places_of(danced), atol=1e-4)
    assert apart_rad(again.local_quat_wxyz[:, :BODY], danced.local_quat_wxyz) < 1e-4


def test_bones_that_the_file_lacks_stay_as_their_parents_are() -> None:
    danced = bouncing(1.0)
    again = parse_vrma(
        foreign(danced, without=("upperChest", "leftToes", "rightToes", "leftShoulder")).bytes()
    )
    chest, upper = SKELETON.index("chest"), SKELETON.index("upperChest")
    assert apart_rad(again.local_quat_wxyz[:, upper], np.array([1.0, 0, 0, 0])) < 1e-4
    assert apart_rad(again.local_quat_wxyz[:, chest], danced.local_quat_wxyz[:, chest]) < 1e-4
    hand = SKELETON.index("leftHand")
    np.testing.assert_allclose(places_of(again)[:, hand], places_of(danced)[:, hand], atol=0.03)


def test_a_taller_figure_walks_as_far_as_its_legs_are_longer() -> None:
    danced = bouncing(1.0)
    maker = foreign(danced)
    maker.nodes[0] = msgspec.structs.replace(maker.nodes[0], scale=(0.02,) * 3)  # twice our size
    again = parse_vrma(maker.bytes())
    np.testing.assert_allclose(again.root_m, danced.root_m, atol=1e-4)


@pytest.mark.parametrize("how", ["LINEAR", "STEP", "CUBICSPLINE"])
def test_keys_at_any_times_are_sampled_at_30_frames_a_second(how: str) -> None:
    maker = Maker([Node("hips", (), (0.0, 0.96, 0.0))], {"hips": {"node": 0}})
    times, turned = np.array([0.0, 0.35, 0.4, 1.0]), np.array([0.0, 0.7, 0.8, 2.0])
    turns = quat_from_axis_angle(np.stack((0 * turned, turned, 0 * turned), axis=-1))
    place = np.stack((times, 0 * times + 0.96, 0 * times), axis=-1)
    if how == "CUBICSPLINE":  # no tangents: at rest at each key
        turns, place = (np.stack((each * 0, each, each * 0), axis=1) for each in (turns, place))
        turns, place = turns.reshape(-1, 4), place.reshape(-1, 3)
    maker.move(0, "translation", times, place, how)
    maker.move(0, "rotation", times, turns, how)
    again = parse_vrma(maker.bytes())
    assert again.frames == 31
    x, yaw = (
        again.root_m[:, 0],
        2 * np.arctan2(again.local_quat_wxyz[:, 0, 2], again.local_quat_wxyz[:, 0, 0]),
    )
    np.testing.assert_allclose(yaw, 2 * x, atol=1e-4 if how != "CUBICSPLINE" else 0.1)
    if how == "LINEAR":
        np.testing.assert_allclose(x, np.arange(31) / 30, atol=1e-4)
    elif how == "STEP":
        np.testing.assert_allclose(x[[5, 11, 12, 29, 30]], [0, 0.35, 0.4, 0.4, 1.0], atol=1e-4)
    else:
        np.testing.assert_allclose(x[[0, 12, 21, 30]], [0, 0.4, 0.7, 1.0], atol=1e-4)
        assert x[13] - 0.4 < 0.01, "it leaves a key at rest"


def _without(key: str) -> bytes:
    maker = foreign(bouncing(0.2))
    last = len(maker.samplers) - 1  # the place of the hips
    if key == "animation":
        maker.channels = []
    elif key == "hips":
        del maker.bones["hips"]
    elif key == "node":
        maker.bones["head"] = {"node": 99}
    elif key == "tree":
        maker.nodes[3] = msgspec.structs.replace(maker.nodes[3], children=(2,))
    elif key == "floor":
        maker.nodes[1] = msgspec.structs.replace(maker.nodes[1], translation=(0.0, 0.0, 0.0))
    elif key == "keys":
        maker.samplers[0] = Sampler(maker.samplers[0].input, maker.array(np.zeros((1, 4))))
    elif key == "sampler":
        maker.channels[0] = Channel(-99, maker.channels[0].target)
    elif key == "turns of three":
        maker.samplers[0] = Sampler(maker.samplers[0].input, maker.samplers[last].output)
    elif key == "places of one":
        maker.samplers[last] = Sampler(maker.samplers[last].input, maker.samplers[last].input)
    elif key == "times of three":
        maker.samplers[last] = Sampler(maker.samplers[last].output, maker.samplers[last].output)
    elif key == "matrix":
        maker.nodes[0] = Node("Armature", maker.nodes[0].children, matrix=(0.0,) * 16)
    elif key == "before":
        maker.samplers = [Sampler(maker.array(np.full((6, 1), -1.0)), each.output) for each in maker.samplers]
    elif key == "hours":
        maker.move(2, "rotation", np.array([6 * 3600 - 1.0]), np.array([[1.0, 0, 0, 0]]))
    return maker.bytes("2.0" if key == "version" else "1.0")


@pytest.mark.parametrize(
    ("key", "found"),
    [
        ("animation", "no animation"), ("hips", "no bone 'hips'"), ("node", "'head' at node 99"), ("tree", "no tree"),
        ("floor", "rest 0 m"), ("keys", "disordered keys"), ("version", "'2.0'"),
        ("sampler", "by sampler -99 of 23"), ("turns of three", "in 3 numbers"), ("places of one", "in 1 numbers"),
        ("times of three", "at times of 3"), ("matrix", "'Armature' is flat"), ("before", "at -1 s"),
        ("hours", "at 21599 s: cut it to less"),
    ],
)  # fmt: skip
def test_what_cannot_be_danced_is_told_in_one_line(key: str, found: str) -> None:
    with pytest.raises(ValueError, match=found) as told:
        parse_vrma(_without(key), title="odd.vrma")
    assert "odd.vrma" in str(told.value) and len(str(told.value).splitlines()) == 1


def test_nodes_that_move_no_bone_cost_nothing() -> None:
    danced = bouncing(60.0)
    maker = foreign(danced)
    first = len(maker.nodes)
    maker.nodes += [
        Node(f"hair {number}") for number in range(20_000)
    ]  # 1.2 GB, were they turned in each frame
    maker.move(first, "rotation", np.array([0.0]), np.array([[1.0, 0, 0, 0]]))
    tracemalloc.start()
    again = parse_vrma(maker.bytes())
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    np.testing.assert_allclose(places_of(again), places_of(danced), atol=1e-4)
    assert most < 150e6


def test_a_model_without_an_animation_is_told_apart() -> None:
    with pytest.raises(ValueError, match="without VRMC_vrm_animation"):
        parse_vrma(glb_bytes(Glb(Document(Asset("2.0")), b"")))


def test_a_node_may_have_a_matrix_in_the_place_of_its_turn() -> None:
    danced = bouncing(0.3)
    maker = foreign(danced)
    node = maker.nodes[0]
    x, y, z, w = node.rotation
    matrix = np.eye(4)
    matrix[:3, :3] = matrix_from_quat(np.array([w, x, y, z])) / 100
    maker.nodes[0] = Node("Armature", node.children, matrix=tuple(matrix.T.ravel().tolist()))
    np.testing.assert_allclose(places_of(parse_vrma(maker.bytes())), places_of(danced), atol=1e-4)
