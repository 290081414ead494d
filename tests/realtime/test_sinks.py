"""VMC over UDP, to real sockets: whole frames, one source port, and no wait for anybody."""

import socket
import time

import numpy as np
import pytest
from pythonosc.osc_bundle import OscBundle

from groovecast.motion.pose import Pose
from groovecast.wire.moment import Moment
from realtime.outlets.sink import Sink
from realtime.outlets.udp import target_from_text
from realtime.outlets.vmc import VMC_PORT, VmcSink


def a_pose(time_s: float = 0.0, height_m: float = 0.9) -> Pose:
    quat = np.tile(np.array([1, 0, 0, 0], np.float32), (52, 1))
    return Pose(time_s, np.array([0.25, height_m, 0], np.float32), quat, np.zeros(4, bool))


def show(sink: Sink, pose: Pose) -> None:
    sink.send(Moment(pose, beat=1.0, tempo_bpm=120.0, energy=0.5, t_capture_s=0.0))


@pytest.fixture
def receiver() -> socket.socket:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ear:
        ear.bind(("127.0.0.1", 0))
        ear.settimeout(5)
        yield ear


def test_a_receiver_gets_whole_frames_from_one_port(receiver: socket.socket) -> None:
    sink = VmcSink(*receiver.getsockname())
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
    sink = VmcSink(host, port)
    began_s = time.perf_counter()
    for _ in range(100):
        show(sink, a_pose())
    assert time.perf_counter() - began_s < 10  # one that waited for answers would take minutes
    assert sink.sent + sink.dropped == 100
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as late:
        late.bind((host, port))
        late.settimeout(5)
        show(sink, a_pose())
        show(sink, a_pose())
        assert len(late.recv(2000)) > 1000
    sink.close()


def test_a_pose_that_is_not_finite_is_dropped_and_the_show_goes_on(receiver: socket.socket) -> None:
    sink = VmcSink(*receiver.getsockname())
    show(sink, a_pose(height_m=float("nan")))
    show(sink, a_pose())
    assert (sink.sent, sink.dropped) == (1, 1)
    sink.close()


def test_a_sink_is_a_sink(receiver: socket.socket) -> None:
    sink = VmcSink(*receiver.getsockname())
    assert isinstance(sink, Sink)
    sink.close()


def test_an_unknown_host_is_one_line_with_the_mend() -> None:
    with pytest.raises(
        OSError, match=r"asked to send VMC to no\.such\.host\.invalid:39539, .*: check the name"
    ) as why:
        VmcSink("no.such.host.invalid")
    assert "\n" not in str(why.value)


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


@pytest.mark.parametrize("text", ["", ":39539", "a:b", "a:0", "a:70000", "::1", "a b:5", "a:1:2"])
def test_a_target_that_is_none_is_refused_with_the_mend(text: str) -> None:
    with pytest.raises(ValueError, match="give HOST:PORT, for instance"):
        target_from_text(text, VMC_PORT)
