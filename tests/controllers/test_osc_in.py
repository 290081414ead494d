"""OSC turns what it says and nothing else, whatever comes, and panels follow what others turn."""

import socket
from collections.abc import Iterator

import pytest
from desk_stage import FRAME_S, DeskStage
from fakes.osc_panel import Panel, Sent, osc_bundle, osc_bytes
from hypothesis import given
from hypothesis import strategies as st
from pythonosc.udp_client import SimpleUDPClient

from groovecast.wire.desk_messages import Value
from realtime.controllers.controller import Controller
from realtime.controllers.listening import Address
from realtime.controllers.osc_hands import OscHands
from realtime.controllers.osc_in import OscIn
from realtime.desk.control import Control

HERE = Address("127.0.0.1", 0)


@pytest.fixture
def stage() -> Iterator[DeskStage]:
    stage = DeskStage()
    yield stage
    stage.stop()


@pytest.fixture
def osc(stage: DeskStage) -> OscIn:
    osc = OscIn(stage.desk, HERE)
    stage.start(osc)
    return osc


@pytest.fixture
def panel() -> Iterator[Panel]:
    with Panel() as panel:
        yield panel


@pytest.mark.parametrize(
    ("address", "sent", "name", "stands"),
    [
        ("intensity", 0.75, "intensity", 1.5),
        ("intensity", 1, "intensity", 2.0),
        ("intensity", 7.0, "intensity", 2.0),
        ("intensity/value", 0.5, "intensity", 0.5),
        ("place_x_m", 0.0, "place_x_m", -5.0),
        ("place_x_m/value", 1.25, "place_x_m", 1.25),
        ("seed/value", 42, "seed", 42),
        ("mirror", 1.0, "mirror", True),
        ("mirror", True, "mirror", True),
        ("mirror", 1, "mirror", True),
        ("style", "salsa", "style", "salsa"),
        ("style", 2, "style", "street"),
        ("style", 0.5, "style", "salsa"),
        ("style", 1.0, "style", "street"),
        ("cue", "pause café", "cue", "pause café"),
        ("inten*", 0.25, "intensity", 0.5),
    ],
)  # fmt: skip
def test_an_address_turns_its_control(
    stage: DeskStage, osc: OscIn, address: str, sent: Sent, name: str, stands: Value
) -> None:
    before = stage.values()
    with SimpleUDPClient("127.0.0.1", osc.port) as client:
        client.send_message(f"/groovecast/{address}", sent)
    stage.frame()
    assert stage.values() == {**before, name: stands}
    assert (osc.hands.heard, osc.hands.refused) == (1, 0)


@pytest.mark.parametrize(("press", "let_go"), [(1.0, 0.0), (1, 0), (True, False)])
def test_a_button_is_pressed_once_by_press_and_release(
    stage: DeskStage, osc: OscIn, panel: Panel, press: Sent, let_go: Sent
) -> None:
    panel.send(osc.port, "/groovecast/panic", press)
    panel.send(osc.port, "/groovecast/panic", let_go)
    stage.frame()
    assert stage.pressed == ["panic"]
    panel.send(osc.port, "/groovecast/panic")  # and an impulse is a press
    stage.frame()
    assert stage.pressed == ["panic", "panic"]


def test_a_bundle_turns_several_and_a_pattern_too(stage: DeskStage, osc: OscIn, panel: Panel) -> None:
    panel.send_bytes(osc.port, osc_bundle(("/groovecast/intensity", 0.0), ("/groovecast/mirror", True)))
    stage.frame()
    assert (stage.desk.value("intensity"), stage.desk.value("mirror")) == (0.0, True)
    panel.send(osc.port, "/groovecast/{intensity,style_blend}", 1.0)
    stage.frame()
    assert (stage.desk.value("intensity"), stage.desk.value("style_blend")) == (2.0, 1.0)


@pytest.mark.parametrize(
    ("address", "sent", "words"),
    [
        ("/groovecast/nothing", (1.0,), "no control has that address"),
        ("/groovecast/intensity", (float("nan"),), "give a number from 0 to 1"),
        ("/groovecast/intensity", (float("inf"),), "give a number from 0 to 1"),
        ("/groovecast/intensity", ("loud",), "give a number from 0 to 2"),
        ("/groovecast/intensity", (), "without a value: give one"),
        ("/groovecast/intensity", (0.1, 0.2), "with 2 values: give one"),
        ("/groovecast/style", ("waltz",), "give one of auto, salsa, street"),
        ("/groovecast/style", (7,), "give one of auto, salsa, street"),
        ("/groovecast/style/value", (0.5,), "give one of auto, salsa, street"),
        ("/groovecast/mirror", ("yes",), "give true or false"),
        ("/groovecast/[", (1.0,), "no control has that address"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_named_and_changes_nothing(
    stage: DeskStage, osc: OscIn, panel: Panel, address: str, sent: tuple[Sent, ...], words: str
) -> None:
    before = stage.values()
    panel.send(osc.port, address, *sent)
    stage.frame(2)
    assert stage.values() == before
    assert osc.hands.refused == 1
    assert [line for line in stage.said if words in line and panel.who in line] == stage.said


def test_a_wrong_value_does_not_displace_a_right_one(stage: DeskStage, osc: OscIn, panel: Panel) -> None:
    panel.send(osc.port, "/groovecast/intensity", 0.75)
    panel.send(osc.port, "/groovecast/intensity", float("nan"))
    stage.frame()
    assert stage.desk.value("intensity") == 1.5


def test_what_is_for_somebody_else_is_left_alone_and_told_once(
    stage: DeskStage, osc: OscIn, panel: Panel
) -> None:
    for _ in range(50):
        panel.send(osc.port, "/accxyz", 0.1, 0.2, 0.3)
    stage.frame(200)
    assert (osc.hands.ignored, osc.hands.refused) == (50, 0)
    assert len(stage.said) == 1 and "/accxyz is left alone" in stage.said[0]


def test_a_controller_gone_wild_slows_nothing_and_is_told_of_once_a_second(
    stage: DeskStage, osc: OscIn, panel: Panel
) -> None:
    before = stage.values()
    for _ in range(120):  # frames: two seconds
        for _ in range(17):
            panel.send(osc.port, "/groovecast/intensity", float("nan"))
        stage.frame()
    stage.frame(60)
    assert stage.values() == before
    assert osc.hands.refused == 120 * 17
    assert 2 <= len(stage.said) <= 4 and "more)" in stage.said[1]


def test_a_frame_takes_its_share_and_the_next_goes_on(stage: DeskStage, osc: OscIn, panel: Panel) -> None:
    for number in range(100):
        panel.send(osc.port, "/groovecast/seed/value", number)
    stage.frame()
    assert stage.desk.value("seed") == 63
    stage.frame()
    assert stage.desk.value("seed") == 99
    many = osc_bundle(*[("/groovecast/seed/value", number) for number in range(200)])
    for _ in range(4):
        panel.send_bytes(osc.port, many)
    stage.frame()
    assert osc.hands.heard == 100 + 2 * 200
    stage.frame()
    assert osc.hands.heard == 100 + 4 * 200


def test_patterns_are_tried_a_few_a_frame(stage: DeskStage, osc: OscIn, panel: Panel) -> None:
    for number in range(10):
        panel.send(osc.port, f"/groovecast/inten*{'?' * number}", 0.0)
    stage.frame()
    assert osc.hands.refused == 8
    panel.send(osc.port, "/groovecast/inten*", 0.5)  # one that was met costs nothing
    stage.frame()
    assert "more new patterns than a frame has time for: send it again" in stage.said[0]
    assert stage.desk.value("intensity") == 1.0


@given(st.lists(st.binary(max_size=60), max_size=8))
def test_no_bytes_raise_or_turn_anything(datagrams: list[bytes]) -> None:
    stage = DeskStage()
    hands = OscHands(stage.desk)
    before = stage.values()
    for data in datagrams:
        for datagram in (
            data,
            b"/groovecast/" + data,
            b"#bundle\0" + data,
            osc_bytes("/groovecast/style") + data,
        ):
            hands.hear(datagram, "osc fuzz")
    hands.rest(200.0)
    stage.frame()
    assert stage.values() == before and not stage.pressed


@given(
    st.sampled_from([control.name for control in DeskStage().desk.controls]),
    st.one_of(
        st.booleans(), st.integers(-(2**31), 2**31 - 1), st.floats(width=32), st.text("aü\n", max_size=5)
    ),
    st.booleans(),
)
def test_whatever_value_comes_only_its_control_turns_and_stays_in_its_range(
    name: str, value: bool | int | float | str, in_units: bool
) -> None:
    stage = DeskStage()
    hands = OscHands(stage.desk)
    before = stage.values()
    hands.hear(osc_bytes(f"/groovecast/{name}{'/value' * in_units}", value), "osc fuzz")
    stage.frame()
    control = stage.desk.control(name)
    after = stage.values()
    assert {other for other in after if after[other] != before[other]} <= {name}
    assert control.kind == "button" or control.read(after[name]) == after[name]
    assert (hands.heard > 0) != (hands.refused > 0) or control.kind == "button"


def test_a_panel_follows_what_others_turn_but_not_its_own_hand(
    stage: DeskStage, osc: OscIn, panel: Panel
) -> None:
    with Panel() as other:
        panel.send(osc.port, "/groovecast/mirror", True)
        other.send(osc.port, "/groovecast/intensity", 0.25)
        stage.frame(3)
        assert panel.told() == {"/groovecast/intensity": (0.25,)}
        assert other.told() == {"/groovecast/mirror": (1.0,)}
    stage.desk.turn("style", "street", "page 1")
    stage.frame(2)
    assert panel.told() == {"/groovecast/style": (1.0,)}


def test_what_changes_at_once_comes_in_few_datagrams(stage: DeskStage, osc: OscIn, panel: Panel) -> None:
    panel.send(osc.port, "/groovecast/mirror", True)
    stage.frame()
    stage.desk.bring({"intensity": 0.0, "seed": 9999, "style": "salsa"}, stage.now_s, 0.0, "cue drop")
    stage.frame(2)
    (bundle,) = panel.datagrams()
    assert bundle.startswith(b"#bundle\0")


def test_a_fader_is_told_at_most_60_times_a_second(stage: DeskStage, panel: Panel) -> None:
    osc = OscIn(stage.desk, HERE)
    stage.start(osc)
    panel.send(osc.port, "/groovecast/mirror", True)
    stage.frame()
    panel.told()
    for step in range(480):  # a show at 240 frames a second
        stage.now_s -= 0.75 * FRAME_S
        stage.desk.turn("intensity", step / 300, "midi pad")
        stage.frame()
    told = panel.datagrams()
    assert 100 <= len(told) <= 121
    stage.frame()
    assert osc_bytes("/groovecast/intensity", 479 / 600) in [*told, *panel.datagrams()]


def test_one_that_is_silent_for_a_minute_is_told_no_more(stage: DeskStage, osc: OscIn, panel: Panel) -> None:
    panel.send(osc.port, "/groovecast/mirror", True)
    stage.frame()
    stage.now_s += 61
    stage.desk.turn("intensity", 0.0, "page 1")
    stage.frame(3)
    assert panel.told() == {}


def test_a_panel_asks_for_everything_at_most_once_a_second(
    stage: DeskStage, osc: OscIn, panel: Panel
) -> None:
    panel.send(osc.port, "/groovecast/refresh", 1.0)
    panel.send(osc.port, "/groovecast/refresh", 1.0)
    stage.frame(2)
    told = panel.told()
    assert set(told) == {f"/groovecast/{one.name}" for one in stage.desk.controls if one.kind != "button"}
    assert told["/groovecast/intensity"] == (0.5,)
    panel.send(osc.port, "/groovecast/refresh", 1.0)
    stage.frame(2)
    assert not panel.told()
    stage.now_s += 1
    panel.send(osc.port, "/groovecast/refresh", 1.0)
    stage.frame(2)
    assert len(panel.told()) == len(told) and osc.hands.refused == 0


def test_who_is_named_is_told_from_the_start_and_not_while_its_own_hand_moves(
    stage: DeskStage, panel: Panel
) -> None:
    """TouchOSC on a phone: it sends from one port and listens at another."""
    with Panel() as ear, Panel() as port_only:
        osc = OscIn(stage.desk, HERE, (f"127.0.0.1:{ear.port}", str(port_only.port)))
        stage.start(osc)
        stage.desk.turn("intensity", 0.0, "page 1")
        stage.frame(2)
        assert ear.told() == {"/groovecast/intensity": (0.0,)}
        for step in range(30):
            panel.send(osc.port, "/groovecast/intensity", step / 30)
            stage.frame()
        assert not ear.told() and not port_only.told() and not panel.told()
        stage.frame(32)  # the hand has let go: where it stands, once
        assert ear.told() == port_only.told() == {"/groovecast/intensity": (pytest.approx(29 / 30),)}
        stage.desk.turn("style", "street", "page 1")
        stage.frame(2)
        assert ear.told() == port_only.told() == panel.told() == {"/groovecast/style": (1.0,)}


def test_of_many_senders_only_the_newest_are_told(stage: DeskStage, osc: OscIn) -> None:
    panels = [Panel() for _ in range(20)]
    for panel in panels:
        panel.send(osc.port, "/groovecast/mirror", True)
        stage.frame()
    stage.desk.turn("intensity", 0.0, "page 1")
    stage.frame(3)
    told = [bool(panel.told().get("/groovecast/intensity")) for panel in panels]
    for panel in panels:
        panel.__exit__()
    assert told == [False] * 4 + [True] * 16


def test_controls_that_come_later_can_be_turned_and_are_told(
    stage: DeskStage, osc: OscIn, panel: Panel
) -> None:
    panel.send(osc.port, "/groovecast/out*", 1.0)
    stage.frame()
    stage.desk.add(
        [Control(name="out1_offset_ms", kind="number", group="show", says="Later", most=100, start=0.0)]
    )
    panel.send(osc.port, "/groovecast/out*", 0.5)
    stage.frame()
    assert stage.desk.value("out1_offset_ms") == 50.0
    stage.desk.turn("out1_offset_ms", 100.0, "page 1")
    stage.frame(2)
    assert panel.told() == {"/groovecast/out1_offset_ms": (1.0,)}


def test_ipv6_is_heard_and_answered(stage: DeskStage) -> None:
    osc = OscIn(stage.desk, Address("::1", 0))
    try:
        stage.start(osc)
    except OSError:
        pytest.skip("this machine has no IPv6")
    with Panel("::1") as panel:
        panel.send(osc.port, "/groovecast/intensity", 1.0)
        stage.frame()
        assert ("intensity", 2.0, panel.who) in stage.changed
        stage.desk.turn("intensity", 0.0, "page 1")
        stage.frame(2)
        assert panel.told() == {"/groovecast/intensity": (0.0,)}


def test_a_port_that_is_taken_is_told_in_words(stage: DeskStage, osc: OscIn) -> None:
    with pytest.raises(OSError, match="another program listens there: end it, or choose another port"):
        stage.start(OscIn(stage.desk, Address("127.0.0.1", osc.port)))
    with pytest.raises(OSError, match="this machine has no such address"):
        stage.start(OscIn(stage.desk, Address("192.0.2.1", 0)))


def test_the_whole_network_is_warned_of(stage: DeskStage, osc: OscIn) -> None:
    assert not stage.said
    stage.start(OscIn(stage.desk, Address("0.0.0.0", 0)))
    assert "open to the whole network, and OSC knows no password" in stage.said[0]


def test_it_lets_go_of_its_port(stage: DeskStage) -> None:
    osc = OscIn(stage.desk, HERE)
    assert isinstance(osc, Controller)
    osc.tick(0.0)  # before it has begun there is nothing to hear
    stage.start(osc)
    stage.stop()
    osc.tick(1.0)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as again:
        again.bind(("127.0.0.1", osc.port))


@pytest.mark.parametrize(
    "text", ["", "x", "0", "65536", "localhost", "localhost:", ":8000", "a b:8000", "::1:8000"]
)
def test_an_address_that_is_none_is_refused_with_the_mend(text: str) -> None:
    with pytest.raises(ValueError, match="give a port such as 8000, or HOST:PORT"):
        Address.from_text("--osc-in", text, 8000)


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("8000", Address("127.0.0.1", 8000)),
        ("0.0.0.0:9", Address("0.0.0.0", 9)),
        ("[::1]:9", Address("::1", 9)),
    ],
)
def test_an_address_without_a_host_is_this_machine(text: str, address: Address) -> None:
    assert Address.from_text("--osc-in", text, 8000) == address
