"""Receivers in the manner of EVMC4U, Godot and VMCLiveLink show our figure, joint for joint, over real UDP."""

import socket
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from fakes.avatars import OPTIONAL, rest_places, vrm_file
from fakes.vmc_evmc4u import Evmc4u
from fakes.vmc_godot import GodotTracker
from fakes.vmc_live_link import LiveLink
from fakes.whirling import whirling

from groovecast.motion.body import Body, Tailor, our_body
from groovecast.motion.kinematics import world_from_local
from groovecast.motion.pose import Pose
from groovecast.motion.rotation import quat_rotate, unit
from groovecast.motion.skeleton import groovecast_skeleton
from groovecast.share import shared_path
from groovecast.takes.avatar import parse_avatar, read_avatar
from groovecast.wire.moment import Moment
from groovecast.wire.vmc_presets import PRESETS
from realtime.outlets.vmc import VmcSink, VmcWish

SKELETON = groovecast_skeleton()
WITHIN_M = 0.001
BODIES: dict[str, Callable[[], Body | None]] = {
    "our body": lambda: None,
    "our VRM 0": lambda: read_avatar(shared_path("web", "mannequin0.vrm")),
    "our VRM 1": lambda: read_avatar(shared_path("web", "mannequin.vrm")),
    "a child in VRM 0": lambda: parse_avatar(vrm_file(0, rest_places(0.6, OPTIONAL, legs=0.9))),
    "a giant in VRM 1": lambda: parse_avatar(vrm_file(1, rest_places(1.9, OPTIONAL, legs=1.2))),
}
every_body = pytest.mark.parametrize("body", [make() for make in BODIES.values()], ids=list(BODIES))
Places = dict[str, np.ndarray]


class Line:
    """A sink, and the socket at the other end of its line."""

    def __init__(self, ear: socket.socket, options: str, body: Body | None = None) -> None:
        host, port = ear.getsockname()
        self.sink = VmcSink(VmcWish.from_text(f"{host}:{port}:{options}"), body)
        self._ear = ear

    def frame(self, pose: Pose, beat: float | None = None, scene: str = "") -> list[bytes]:
        """What arrives of one pose, up to the message that ends a frame."""
        self.sink.send(Moment(pose, beat, 120.0, 0.5, 0.0, scene=scene))
        arrived = [self._ear.recv(65536)]
        while b"/VMC/Ext/T\0" not in arrived[-1]:
            arrived.append(self._ear.recv(65536))
        return arrived


@pytest.fixture
def line() -> Iterator[Callable[..., Line]]:
    lines = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ear:
        ear.bind(("127.0.0.1", 0))
        ear.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        ear.settimeout(5)

        def opened(options: str, body: Body | None = None) -> Line:
            lines.append(Line(ear, options, body))
            return lines[-1]

        yield opened
        for one in lines:
            one.sink.close()


def our_figure(pose: Pose, body: Body | None = None) -> Places:
    """Where the joints of a body are: ours by forward kinematics, another's along our turns in the world."""
    worn = body or our_body()
    quat = unit(pose.local_quat_wxyz)
    places, turns = world_from_local(pose.root_m, quat, SKELETON.rest_offset_m, SKELETON.parents)
    if body is not None:
        places = places.copy()
        places[0] = Tailor(body).fitted(pose.root_m, quat)[0]
        for joint in np.flatnonzero(body.has)[1:]:
            above = body.above[joint]
            places[joint] = places[above] + quat_rotate(turns[above], body.rest_offset_m[joint])
    return {name: places[joint] for joint, name in enumerate(SKELETON.unity_names) if worn.has[joint]}


def assert_same(shown: Places, wanted: Places) -> None:
    for bone, place in wanted.items():
        np.testing.assert_allclose(shown[bone], place, atol=WITHIN_M, err_msg=bone)


def same(shown: Places, wanted: Places) -> bool:
    return all(np.allclose(shown[bone], place, atol=WITHIN_M) for bone, place in wanted.items())


@every_body
@pytest.mark.parametrize("preset", [name for name, preset in PRESETS.items() if preset.root_form == "named"])
def test_a_receiver_like_evmc4u_shows_our_figure(
    line: Callable[..., Line], preset: str, body: Body | None
) -> None:
    receiver, sender = Evmc4u(body or our_body()), line(f"{preset},fps=200", body)
    for pose in whirling(5):
        for datagram in sender.frame(pose):
            receiver.receive(datagram)
        receiver.update()
        assert_same(receiver.shown(), our_figure(pose, body))
    assert receiver.stopped is None and receiver.calibrated


@every_body
@pytest.mark.parametrize("root", ["hips", "root", "split"])
@pytest.mark.parametrize("bundle", ["split", "single", "none"])
def test_whoever_carries_the_way_the_figure_is_the_same(
    line: Callable[..., Line], root: str, bundle: str, body: Body | None
) -> None:
    receiver, sender = Evmc4u(body or our_body()), line(f"evmc4u,root={root},bundle={bundle}", body)
    for pose in whirling(4):
        for datagram in sender.frame(pose):
            receiver.receive(datagram)
        receiver.update()
        assert_same(receiver.shown(), our_figure(pose, body))
    assert receiver.stopped is None


def test_a_figure_turned_round_is_ours_seen_from_behind(line: Callable[..., Line]) -> None:
    for root in ("hips", "root", "split"):
        receiver, sender = Evmc4u(our_body()), line(f"generic,yaw=180,root={root}")
        for pose in whirling(4):
            for datagram in sender.frame(pose):
                receiver.receive(datagram)
            wanted = {bone: place * (-1, 1, -1) for bone, place in our_figure(pose).items()}
            receiver.update()
            assert_same(receiver.shown(), wanted)


@every_body
def test_a_receiver_like_godot_s_shows_our_figure_after_every_packet(
    line: Callable[..., Line], body: Body | None
) -> None:
    receiver, sender = GodotTracker(), line("godot", body)
    poses = whirling(8)
    for pose in poses:
        for datagram in sender.frame(pose):
            receiver.receive(datagram)
    assert receiver.packets == len(poses)
    for packet, pose in enumerate(poses):
        assert_same(receiver.shown(packet), our_figure(pose, body))


def test_without_its_preset_a_receiver_like_godot_s_shows_half_a_figure(line: Callable[..., Line]) -> None:
    receiver, sender = GodotTracker(), line("generic")
    for pose in whirling(2):
        for datagram in sender.frame(pose):
            receiver.receive(datagram)
    shown = [same(receiver.shown(packet), our_figure(whirling(2)[1])) for packet in (4, 5, 6, 7)]
    assert shown == [False, False, False, True]


@every_body
@pytest.mark.parametrize("root", ["hips", "root", "split"])
@pytest.mark.parametrize("root_with_a_name", [True, False], ids=["newer", "older"])
def test_a_receiver_like_vmclivelink_shows_our_figure(
    line: Callable[..., Line], root_with_a_name: bool, root: str, body: Body | None
) -> None:
    receiver, sender = LiveLink(root_with_a_name=root_with_a_name), line(f"vmclivelink,root={root}", body)
    poses = whirling(4)
    for pose in poses:
        for datagram in sender.frame(pose):
            receiver.receive(datagram)
    assert len(receiver.frames) == len(poses)
    for frame, pose in zip(receiver.frames, poses, strict=True):
        assert_same(frame, our_figure(pose, body))


def test_the_older_vmclivelink_loses_the_way_of_a_root_that_has_a_name(line: Callable[..., Line]) -> None:
    receiver, sender = LiveLink(root_with_a_name=False), line("vmclivelink,root=split,root_form=named")
    pose = whirling(1)[0]
    for datagram in sender.frame(pose):
        receiver.receive(datagram)
    assert not same(receiver.frames[-1], our_figure(pose))


@pytest.mark.parametrize("bundle", ["split", "single", "none"])
def test_half_a_frame_lost_leaves_no_trace_in_the_next_whole_one(
    line: Callable[..., Line], bundle: str
) -> None:
    unity, godot, unreal = Evmc4u(our_body()), GodotTracker(), LiveLink(root_with_a_name=True)
    sender, rng = line(f"generic,bundle={bundle}"), np.random.default_rng(8)
    for number, pose in enumerate(whirling(30)):
        arrived = sender.frame(pose)
        if number % 2 == 0:  # any part of it, in any order
            some = rng.permutation(len(arrived))[: rng.integers(len(arrived))]
            arrived = [arrived[one] for one in some]
        for datagram in arrived:
            for receiver in (unity, godot, unreal):
                receiver.receive(datagram)
        unity.update()
        if number % 2:
            wanted = our_figure(pose)
            for figure in (unity.shown(), godot.shown(), unreal.frames[-1]):
                assert_same(figure, wanted)
    assert unity.stopped is None


def test_a_receiver_like_godot_s_never_changes_its_sender(line: Callable[..., Line]) -> None:
    receiver = GodotTracker()
    sender = line("godot")
    for pose in whirling(5):
        sender.sink.send(Moment(pose, None, 0.0, 0.5, 0.0))
        receiver.receive(*sender._ear.recvfrom(65536))
    assert receiver.switched == 0 and receiver.packets == 5


def test_fingers_are_left_to_another_tracker_when_asked(line: Callable[..., Line]) -> None:
    receiver, sender = Evmc4u(our_body()), line("generic,fingers=off")
    pose = whirling(1)[0]
    arrived = sender.frame(pose)
    for datagram in arrived:
        receiver.receive(datagram)
    assert not any(b"Proximal" in datagram for datagram in arrived)
    body_only = {name: place for name, place in our_figure(pose).items() if "Proximal" not in name}
    receiver.update()
    assert_same(receiver.shown(), {name: body_only[name] for name in SKELETON.unity_names[:22]})


def test_a_receiver_that_is_slow_gets_as_many_frames_as_it_takes(line: Callable[..., Line]) -> None:
    sender = line("blender")
    for pose in whirling(60):
        sender.sink.send(Moment(pose, None, 0.0, 0.5, 0.0))
    assert sender.sink.sent == 30 and sender.sink.dropped == 0


def test_a_receiver_is_shown_one_dancer(line: Callable[..., Line]) -> None:
    sender = line("generic")
    for dancer in (0, 1, 2):
        sender.sink.send(Moment(whirling(1)[0], None, 0.0, 0.5, 0.0, dancer=dancer))
    assert sender.sink.sent == 1


def test_a_beat_comes_once_with_the_frame_that_passes_it(line: Callable[..., Line]) -> None:
    for bundle in ("split", "single", "none"):
        receiver, sender = Evmc4u(our_body()), line(f"generic,bundle={bundle}")
        passed = []
        for number, pose in enumerate(whirling(90)):
            for datagram in sender.frame(
                pose, beat=2.5 + number / 30, scene="drop" if number > 50 else "music"
            ):
                receiver.receive(datagram)
            receiver.update()
            passed += [(number, address.rsplit("/")[-1], *values) for address, values in receiver.cues]
            receiver.cues.clear()
        assert receiver.stopped is None
        assert passed == [
            (0, "section", "music", 0),
            (15, "beat", "beat", 3),
            (45, "beat", "downbeat", 0),
            (45, "bar", "bar", 1),
            (51, "section", "drop", 1),
            (75, "beat", "beat", 1),
        ]  # fmt: skip
