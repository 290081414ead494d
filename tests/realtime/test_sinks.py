"""VMC over UDP, to real sockets: whole frames, one source port, and no wait for anybody."""

import gc
import re
import socket
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fakes.avatars import rest_places, vrm_file
from hopper import Hopper
from pythonosc.osc_bundle import OscBundle

from groovecast.motion.pose import Pose
from groovecast.wire.moment import Moment
from groovecast.wire.vmc_presets import PRESETS
from realtime.dance import Dancer
from realtime.desk.dance_wishes import outlet_offset
from realtime.desk_room import desk_for
from realtime.outlets.opened import sinks_of
from realtime.outlets.sink import Sink
from realtime.outlets.udp import target_from_text
from realtime.outlets.vmc import VMC_PORT, VmcSink, VmcWish
from realtime.settings import ShowWishes


def a_pose(time_s: float = 0.0, height_m: float = 0.9) -> Pose:
    quat = np.tile(np.array([1, 0, 0, 0], np.float32), (52, 1))
    return Pose(time_s, np.array([0.25, height_m, 0], np.float32), quat, np.zeros(4, bool))


def show(sink: Sink, pose: Pose) -> None:
    sink.send(Moment(pose, beat=1.0, tempo_bpm=120.0, energy=0.5, t_capture_s=0.0))


def open_sockets() -> set[int]:
    """Which sockets there are in this process that nobody has closed."""
    # by type(): isinstance() would ask proxies and retired names of other packages, which answer with errors
    sockets = [one for one in gc.get_objects() if type(one) is socket.socket]
    return {one.fileno() for one in sockets if one.fileno() >= 0}


@pytest.fixture
def receiver() -> socket.socket:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ear:
        ear.bind(("127.0.0.1", 0))
        ear.settimeout(5)
        yield ear


def test_a_receiver_gets_whole_frames_from_one_port(receiver: socket.socket) -> None:
    sink = VmcSink(VmcWish(*receiver.getsockname()))
    for seq in range(3):
        show(sink, a_pose(seq / 60))
    got = [receiver.recvfrom(2000) for _ in range(12)]
    sink.close()
    assert len({sender for _, sender in got}) == 1
    said = [message for datagram, _ in got for message in OscBundle(datagram)]
    assert [message.address for message in said].count("/VMC/Ext/Bone/Pos") == 3 * 52
    assert [round(message.params[0], 4) for message in said if message.address == "/VMC/Ext/T"] == [
        0,
        0.0167,
        0.0333,
    ]
    [hips, *_] = [message.params for message in said if message.params[:1] == ["Hips"]]
    assert hips[1:4] == pytest.approx([-0.25, 0.9, 0])
    assert (sink.sent, sink.dropped) == (3, 0)


def test_an_absent_receiver_costs_drops_and_no_time_and_may_come_later(receiver: socket.socket) -> None:
    host, port = receiver.getsockname()
    receiver.close()
    sink = VmcSink(VmcWish(host, port))
    began_s = time.perf_counter()
    for number in range(100):
        show(sink, a_pose(number / 60))
    assert time.perf_counter() - began_s < 10  # one that waited for answers would take minutes
    assert sink.sent + sink.dropped == 100
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as late:
        late.bind((host, port))
        late.settimeout(5)
        show(sink, a_pose(3.0))
        show(sink, a_pose(4.0))
        assert len(late.recv(2000)) > 1000
    sink.close()


def test_a_pose_that_is_not_finite_is_dropped_and_the_show_goes_on(receiver: socket.socket) -> None:
    sink = VmcSink(VmcWish(*receiver.getsockname()))
    show(sink, a_pose(height_m=float("nan")))
    show(sink, a_pose(1 / 60))
    assert (sink.sent, sink.dropped) == (1, 1)
    sink.close()


def test_a_beat_is_told_of_even_if_its_pose_cannot_be(receiver: socket.socket) -> None:
    sink = VmcSink(VmcWish(*receiver.getsockname()))
    for beat, height_m in ((0.9, 0.9), (1.1, float("nan")), (1.2, 0.9)):
        sink.send(Moment(a_pose(beat, height_m), beat, tempo_bpm=120.0, energy=0.5, t_capture_s=0.0))
    got = b"".join(receiver.recv(2000) for _ in range(4 + 1 + 4))
    assert got.count(b"/VMC/Thru/groovecast/beat") == 1
    assert (sink.sent, sink.dropped) == (2, 1)
    sink.close()


def test_a_sink_is_a_sink(receiver: socket.socket) -> None:
    sink = VmcSink(VmcWish(*receiver.getsockname()))
    assert isinstance(sink, Sink)
    sink.close()


def test_an_unknown_host_is_one_line_with_the_mend() -> None:
    with pytest.raises(
        OSError, match=r"asked to send VMC to no\.such\.host\.invalid:39539, .*: check the name"
    ) as why:
        VmcSink(VmcWish("no.such.host.invalid"))
    assert "\n" not in str(why.value)


def test_each_outlet_has_a_control_that_stands_at_its_own_offset(receiver: socket.socket) -> None:
    address = "{}:{}".format(*receiver.getsockname())
    texts = (f"{address}:godot", f"{address},offset_ms=40", f"{address}:vnyan,offset_ms=-20")
    sinks = [VmcSink(VmcWish.from_text(text)) for text in texts]
    desk = desk_for(Dancer(Hopper(), 24000, 0.0), sinks, 0.1, lambda: 0.0)
    assert [desk.value(outlet_offset(number)) for number in (1, 2, 3)] == pytest.approx([0, 40, -20])
    for sink in sinks:
        sink.close()


@pytest.mark.parametrize(
    ("text", "wish"),
    [
        ("127.0.0.1:39539:godot", VmcWish("127.0.0.1", 39539, PRESETS["godot"])),
        ("127.0.0.1:godot", VmcWish("127.0.0.1", VMC_PORT, PRESETS["godot"])),
        ("studio.lan", VmcWish("studio.lan", VMC_PORT, PRESETS["generic"])),
        ("[::1]:5000:vnyan,offset_ms=-40", VmcWish("::1", 5000, PRESETS["vnyan"], -0.04)),
        ("a:1,yaw=180,fps=30", VmcWish("a", 1, replace(PRESETS["generic"], yaw=180, fps=30.0))),
    ],
)
def test_a_receiver_is_read_from_text(text: str, wish: VmcWish) -> None:
    assert VmcWish.from_text(text) == wish


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        (
            {"vmc": ("127.0.0.1:39539:vrchat",)},
            "asked for VMC preset 'vrchat': there are generic, vseeface, ",
        ),
        ({"vmc": ("39539:godot",)}, "give HOST:PORT, for instance 127.0.0.1:39539"),
        ({"vmc": ("127.0.0.1:1", "127.0.0.1:2,yaw=90")}, "asked for yaw=90: give 0 or 180"),
        ({"vmc": ("127.0.0.1,offset_ms=2000",)}, "asked for offset_ms=2000: give -1000 to 1000"),
        (
            {"vmc": ("127.0.0.1,colour=red",)},
            "root=..., yaw=..., bundle=..., fingers=..., root_form=..., fps=",
        ),
        (
            {"vmc": ("127.0.0.1",), "osc": ("127.0.0.1:7000", "127.0.0.1:7001,colour=red")},
            "'colour=red'",
        ),
        ({"livelink": ("127.0.0.1:7000", "127.0.0.1:7001,fps=0")}, "fps=0"),
        ({"vrchat": ("127.0.0.1:7000", "127.0.0.1:0")}, "HOST:PORT"),
        ({"avatar": (Path("mine.vrm"),)}, "asked for --avatar without --vmc: add its receiver"),
        ({"vmc": ("127.0.0.1",), "avatar": (Path(__file__),)}, "its bytes are no VRM"),
    ],
)
def test_a_wish_that_cannot_be_met_is_one_line_and_leaves_nothing_open(
    asked: dict[str, Any], why: str
) -> None:
    before = open_sockets()
    with pytest.raises(ValueError, match=re.escape(why)) as found:
        sinks_of(ShowWishes(**asked))
    assert "\n" not in str(found.value)
    assert open_sockets() == before  # the fault, which is held here, holds on to whatever was forgotten


def test_the_avatar_that_was_named_is_what_receivers_are_told(
    tmp_path: Path, receiver: socket.socket
) -> None:
    (tmp_path / "mine.vrm").write_bytes(vrm_file(0, rest_places(0.5, lacking=("upperChest",))))
    address = "{}:{}".format(*receiver.getsockname())
    [sink] = sinks_of(ShowWishes(vmc=(address,), avatar=(tmp_path / "mine.vrm",)))
    show(sink, a_pose(height_m=0.96))
    said = [message for _ in range(4) for message in OscBundle(receiver.recv(2000))]
    sink.close()
    bones = {m.params[0]: m.params[1:] for m in said if m.address == "/VMC/Ext/Bone/Pos"}
    assert "UpperChest" not in bones and len(bones) == 51
    assert bones["Hips"][:3] == pytest.approx([-0.125, 0.48, 0], abs=1e-6)
    assert bones["LeftLowerArm"][:3] == pytest.approx([-0.135, 0, 0], abs=1e-6)


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("127.0.0.1:39539", ("127.0.0.1", 39539)),
        ("studio.lan", ("studio.lan", 39539)),
        ("[::1]:5000", ("::1", 5000)),
        ("[fe80::1%eth0]", ("fe80::1%eth0", 39539)),
    ],
)
def test_a_target_is_read_from_text(text: str, target: tuple[str, int]) -> None:
    assert target_from_text(text, VMC_PORT) == target


@pytest.mark.parametrize("text", ["", "39539", ":39539", "a:b", "a:0", "a:70000", "::1", "a b:5", "a:1:2"])
def test_a_target_that_is_none_is_refused_with_the_mend(text: str) -> None:
    with pytest.raises(ValueError, match="give HOST:PORT, for instance"):
        target_from_text(text, VMC_PORT)
