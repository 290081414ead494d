"""OSC, Live Link and VRChat over real UDP: what was asked for is read, sent at its rate, and holds up no show."""

import json
import socket
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from command import Stage, told
from pythonosc.osc_bundle import OscBundle

from groovecast.motion.pose import Pose
from groovecast.wire.moment import Moment
from groovecast.wire.osc_pose import OscSettings
from realtime.outlets.live_link import LIVE_LINK_PORT, LiveLinkSink, LiveLinkWish
from realtime.outlets.opened import sinks_of
from realtime.outlets.osc import OSC_PORT, OscSink, OscWish
from realtime.outlets.sink import OffsetSink, Sink
from realtime.outlets.vrchat import VRCHAT_PORT, VrChatSink, VrChatWish
from realtime.outlets.wished import Pace
from realtime.settings import DanceWishes, ShowWishes
from realtime.shows import play_offline

MAKERS: dict[str, Callable[[str], Sink]] = {
    "osc": lambda text: OscSink(OscWish.from_text(text)),
    "touchdesigner": lambda text: OscSink(OscWish.from_text(text + ":touchdesigner")),
    "livelink": lambda text: LiveLinkSink(LiveLinkWish.from_text(text)),
    "vrchat": lambda text: VrChatSink(VrChatWish.from_text(text)),
}


def a_moment(time_s: float = 0.0, height_m: float = 0.9, dancer: int = 0) -> Moment:
    quat = np.tile(np.array([1, 0, 0, 0], np.float32), (52, 1))
    pose = Pose(time_s, np.array([0.25, height_m, 0], np.float32), quat, np.zeros(4, bool))
    return Moment(pose, 4 * time_s, 240.0, 0.5, 0.0, dancer=dancer)


@pytest.fixture
def receiver() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ear:
        ear.bind(("127.0.0.1", 0))
        ear.settimeout(5)
        yield ear


def at(receiver: socket.socket) -> str:
    host, port = receiver.getsockname()
    return f"{host}:{port}"


def heard(receiver: socket.socket) -> list[bytes]:
    """All that lies in the socket by now."""
    receiver.setblocking(False)
    found = []
    while True:
        try:
            found.append(receiver.recv(65536))
        except BlockingIOError:
            return found


def test_python_osc_hears_the_hips_where_they_are_and_each_beat_once(receiver: socket.socket) -> None:
    sink = OscSink(OscWish.from_text(at(receiver)))
    for frame in range(31):
        sink.send(a_moment(frame / 60))
    said = [message for datagram in heard(receiver) for message in OscBundle(datagram)]
    sink.close()
    hips = [message.params for message in said if message.address == "/hips"]
    assert len(hips) == 31 and hips[0] == pytest.approx([0.25, 0.9, 0, 0, 0, 0, 1])
    assert [message.params for message in said if message.address == "/beat"] == [[1, 1], [2, 2]]
    assert sink.dropped == 0


def test_a_slow_receiver_hears_each_beat_in_its_own_frame_all_the_same(receiver: socket.socket) -> None:
    sink, heard_at = OscSink(OscWish.from_text(at(receiver) + ",fps=1")), []
    for frame in range(61):
        sink.send(a_moment(frame / 60))
        said = [message.address for datagram in heard(receiver) for message in OscBundle(datagram)]
        heard_at += [frame] * ("/beat" in said)
    sink.close()
    assert heard_at == [15, 30, 45, 60]


@pytest.mark.parametrize("kind", ["osc", "livelink", "vrchat"])
def test_each_may_be_shown_at_a_time_of_its_own(kind: str, receiver: socket.socket) -> None:
    sink = MAKERS[kind](at(receiver) + ",offset_ms=-120")
    assert isinstance(sink, OffsetSink) and sink.offset_s == pytest.approx(-0.12)
    sink.close()


def test_live_link_comes_as_one_datagram_a_frame_and_a_subject_a_dancer(receiver: socket.socket) -> None:
    sink = LiveLinkSink(LiveLinkWish.from_text(at(receiver) + ":Tess"))
    for dancer in (0, 1, 0):
        sink.send(a_moment(dancer=dancer))
    frames = [json.loads(datagram) for datagram in heard(receiver)]
    sink.close()
    assert [list(frame) for frame in frames] == [["Tess"], ["Tess2"], ["Tess"]]
    assert all(len(bones) == 52 for frame in frames for bones in frame.values())


def test_vrchat_gets_the_first_dancer_s_trackers_only(receiver: socket.socket) -> None:
    sink = VrChatSink(VrChatWish.from_text(at(receiver)))
    for dancer in (0, 1, 0):
        sink.send(a_moment(dancer=dancer))
    found = [{message.address: message.params for message in OscBundle(data)} for data in heard(receiver)]
    sink.close()
    assert len(found) == 2 == sink.sent and sink.dropped == 0
    assert found[0]["/tracking/trackers/1/position"] == pytest.approx([-0.25, 0.9, 0])


@pytest.mark.parametrize("kind", MAKERS)
def test_each_is_a_sink_that_drops_what_is_not_finite_and_goes_on(kind: str, receiver: socket.socket) -> None:
    sink = MAKERS[kind](at(receiver))
    assert isinstance(sink, Sink) and at(receiver) in sink.name and sink.problem is None
    sink.send(a_moment(height_m=float("nan")))
    sink.send(a_moment(1.0))
    assert sink.dropped == 1 and len(heard(receiver)) >= 1
    sink.close()


@pytest.mark.parametrize("kind", MAKERS)
def test_a_receiver_that_is_not_there_costs_counted_drops_and_may_come_later(
    kind: str, receiver: socket.socket
) -> None:
    target = receiver.getsockname()
    receiver.close()
    sink = MAKERS[kind](f"{target[0]}:{target[1]}")
    for frame in range(50):
        sink.send(a_moment(frame / 60))
    assert 0 < sink.dropped <= 50
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as late:
        late.bind(target)
        late.settimeout(5)
        sink.send(a_moment(1.0))
        sink.send(a_moment(2.0))
        assert late.recv(65536)
    sink.close()


@pytest.mark.parametrize("kind", ["osc", "livelink", "vrchat"])
def test_a_receiver_gets_as_many_a_second_as_it_was_given(kind: str, receiver: socket.socket) -> None:
    sink = MAKERS[kind](at(receiver) + ",fps=20")
    came = 0
    for frame in range(60):
        sink.send(a_moment(0.01 + frame / 60))
        came += bool(heard(receiver))
    sink.close()
    assert came == 20


@pytest.mark.parametrize(
    ("shown", "asked", "sent"), [(60, 30, 31), (60, 25, 26), (60, 60, 61), (60, 120, 61), (90, 60, 61)]
)
def test_a_pace_lets_through_as_many_a_second_as_asked(shown: int, asked: float, sent: int) -> None:
    pace = Pace(asked)
    assert abs(sum(pace.due(frame / shown) for frame in range(shown + 1)) - sent) <= 1


def test_a_pace_begins_anew_after_a_leap_of_time_in_either_direction() -> None:
    pace = Pace(10)
    assert [pace.due(time_s) for time_s in (0.0, 0.05, 0.1, 50.0, 50.05, 50.1, 3.0, 3.05, 3.1)] == [
        True, False, True, True, False, True, True, False, True,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "wish"),
    [
        ("studio.lan", OscWish("studio.lan", OSC_PORT, OscSettings())),
        ("10.0.0.7:9001", OscWish("10.0.0.7", 9001, OscSettings())),
        (
            "127.0.0.1:7000:touchdesigner,space=local,joints=52,fps=30,prefix=/figure",
            OscWish("127.0.0.1", 7000, OscSettings("touchdesigner", "local", 52, "/figure"), 30.0),
        ),
        ("[::1]:7000:generic", OscWish("::1", 7000, OscSettings())),
    ],
)
def test_an_osc_receiver_is_read_from_text(text: str, wish: OscWish) -> None:
    assert OscWish.from_text(text) == wish


def test_live_link_and_vrchat_receivers_are_read_from_text() -> None:
    assert LiveLinkWish.from_text("127.0.0.1") == LiveLinkWish("127.0.0.1", LIVE_LINK_PORT)
    assert LiveLinkWish.from_text("a:1:Tess,fps=30") == LiveLinkWish("a", 1, "Tess", 30.0)
    assert VrChatWish.from_text("quest.lan,height=1.8") == VrChatWish("quest.lan", VRCHAT_PORT, 1.8)
    assert VrChatWish.from_text("a,offset_ms=-40").offset_s == -0.04
    assert (
        LiveLinkWish.from_text("a,offset_ms=80").offset_s
        == OscWish.from_text("a,offset_ms=80").offset_s
        == 0.08
    )
    assert VrChatWish.from_text("127.0.0.1:9002,fps=30") == VrChatWish("127.0.0.1", 9002, None, 30.0)


@pytest.mark.parametrize(
    ("wish", "why"),
    [
        ({"osc": ("127.0.0.1:7000:resolume",)}, "there are generic, touchdesigner"),
        ({"osc": ("127.0.0.1:7000,space=here",)}, "there are world, local"),
        ({"osc": ("127.0.0.1:7000,joints=22.5",)}, "give 22, or 52"),
        ({"osc": ("127.0.0.1:7000,joints=few",)}, "give a number"),
        ({"osc": ("127.0.0.1:7000,fps=0",)}, "give 1 to 240"),
        ({"osc": ("127.0.0.1:7000,fps=nan",)}, "give 1 to 240"),
        (
            {"osc": ("127.0.0.1:7000,colour=red",)},
            "there are space=..., joints=..., fps=..., prefix=..., offset_ms=...",
        ),
        ({"osc": ("127.0.0.1:70000",)}, "give HOST:PORT"),
        ({"osc": ("127.0.0.1:7000:generic:more",)}, "give HOST:PORT"),
        ({"osc": ("",)}, "give HOST:PORT"),
        ({"livelink": ("127.0.0.1:54321:Tänzer",)}, "plain letters"),
        ({"livelink": ("127.0.0.1:54321,height=2",)}, "there are fps=..., offset_ms=..."),
        ({"vrchat": ("127.0.0.1,height=9",)}, r"give 0\.5 to 3"),
        ({"osc": ("127.0.0.1:7000,offset_ms=2000",)}, "give -1000 to 1000"),
        ({"livelink": ("127.0.0.1,offset_ms=nan",)}, "give -1000 to 1000"),
        ({"vrchat": ("127.0.0.1:9000:me",)}, "nothing after it"),
        ({"osc": ("127.0.0.1:7000,joints=-22.5",)}, "asked for joints=-22.5: give 22, or 52 with fingers"),
        ({"osc": ("127.0.0.1:7000,fps=30,fps=60",)}, "asked for fps twice"),
        ({"livelink": ("127.0.0.1:5432l",)}, "give HOST:PORT"),  # a mistyped port is no subject
        ({"livelink": ("[::1]:5432l",)}, "give HOST:PORT"),
    ],
)
def test_a_wish_that_cannot_be_met_is_one_line_with_the_mend(wish: dict[str, tuple[str]], why: str) -> None:
    with pytest.raises(ValueError, match=why) as found:
        sinks_of(replace(ShowWishes(), **wish))  # type: ignore[arg-type]
    assert "\n" not in str(found.value)


def test_a_show_on_the_command_line_reaches_all_three(receiver: socket.socket) -> None:
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as unreal,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as vrchat,
    ):
        for ear in (unreal, vrchat):
            ear.bind(("127.0.0.1", 0))
            ear.settimeout(20)
        receiver.settimeout(20)
        words = (
            "--osc",
            f"{at(receiver)}:touchdesigner,fps=30",
            "--livelink",
            at(unreal),
            "--vrchat",
            at(vrchat),
        )
        with Stage("demo", *words):
            addresses = {message.address for _ in range(6) for message in OscBundle(receiver.recv(2000))}
            assert "/head:ry" in addresses and "/energy" in addresses
            assert list(json.loads(unreal.recv(65536))) == ["Groovecast"]
            addresses = {message.address for message in OscBundle(vrchat.recv(2000))}
            assert "/tracking/trackers/1/position" in addresses


def test_what_absent_receivers_lost_is_in_the_report(receiver: socket.socket) -> None:
    target = at(receiver)
    receiver.close()
    words = ("demo", "--no-browser", "--port", "0", "--seconds", "1", "--json", "--osc", target)
    report = json.loads(told(*words).out)
    assert report["outlets_dropped"] > 0 == report["vmc_dropped"]


@pytest.mark.parametrize(
    "wish", [{"osc": ("127.0.0.1",)}, {"livelink": ("127.0.0.1",)}, {"vrchat": ("127.0.0.1",)}]
)
def test_a_dance_without_viewers_has_none_of_them(wish: dict[str, tuple[str]]) -> None:
    show = replace(ShowWishes(), **wish)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"--osc, --livelink or --vrchat with --offline.*leave them away"):
        play_offline(Path("a.wav"), DanceWishes(), show)
