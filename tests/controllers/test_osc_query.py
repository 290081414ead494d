"""OSCQuery tells what can be turned; who builds a panel from it can turn it all, and sees what others turn."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from desk_stage import DeskStage
from fakes.osc_panel import Panel, osc_bytes
from fakes.osc_walker import Walker, asked
from pythonosc.osc_message import OscMessage
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from realtime.controllers.controller import Controller
from realtime.controllers.listening import Address
from realtime.controllers.osc_in import OscIn
from realtime.controllers.osc_query import OscQuery
from realtime.dance_settings import DanceSettings
from realtime.desk.control import Control
from realtime.desk.controls import beat_controls, crew_controls, cue_controls, dance_controls, show_controls


class Played:
    """A desk with OSC and OSCQuery, in a running loop."""

    def __init__(self, stage: DeskStage, osc: OscIn, query: OscQuery) -> None:
        self.stage, self.osc, self.query = stage, osc, query
        self.desk, self.port = stage.desk, query.address.port

    def frame(self, frames: int = 1) -> None:
        self.stage.frame(frames, (self.osc, self.query))

    async def json(self, path: str) -> dict[str, object]:
        status, body = await asked(self.port, path)
        assert status == 200, body
        found: dict[str, object] = json.loads(body)
        return found

    @asynccontextmanager
    async def socket(self, origin: str | None = None) -> AsyncIterator[ClientConnection]:
        async with connect(f"ws://127.0.0.1:{self.port}/", origin=origin, proxy=None) as socket:  # type: ignore[arg-type]
            yield socket


def on(
    play: Callable[[Played], Awaitable[None]], stage: DeskStage | None = None, host: str = "127.0.0.1"
) -> None:
    async def run() -> None:
        played_stage = stage or DeskStage()
        osc = OscIn(played_stage.desk, Address(host, 0))
        query = OscQuery(played_stage.desk, osc, 0)
        await osc.start()
        await query.start()
        try:
            await asyncio.wait_for(play(Played(played_stage, osc, query)), 10)
        finally:
            await query.stop()
            await osc.stop()

    asyncio.run(run())


async def said(socket: ClientConnection) -> tuple[str, list[object]]:
    """The next OSC message: one, and no bundle, for Chataigne reads no other."""
    data = await socket.recv(decode=False)
    message = OscMessage(data)
    return message.address, list(message)


def test_every_kind_of_control_is_described() -> None:
    async def play(played: Played) -> None:
        found = await played.json("/groovecast")
        contents = found["CONTENTS"]
        assert isinstance(contents, dict) and list(contents) == [one.name for one in played.desk.controls]
        assert (
            await played.json("/groovecast/intensity")
            == contents["intensity"]
            == {
                "FULL_PATH": "/groovecast/intensity",
                "DESCRIPTION": "How hard to dance",
                "ACCESS": 3,
                "TAGS": ["dance"],
                "TYPE": "f",
                "VALUE": [0.5],
                "RANGE": [{"MIN": 0.0, "MAX": 1.0}],
                "CLIPMODE": ["both"],
            }
        )
        assert contents["style"]["TYPE"] == "s"
        assert contents["style"]["RANGE"] == [{"VALS": ["auto", "salsa", "street"]}]
        assert contents["style"]["VALUE"] == ["auto"]
        assert (contents["mirror"]["TYPE"], contents["mirror"]["VALUE"]) == ("F", [False])
        assert (contents["panic"]["TYPE"], contents["panic"]["ACCESS"]) == ("I", 2)
        assert "VALUE" not in contents["panic"]
        in_metres = await played.json("/groovecast/place_x_m/value")
        assert in_metres["VALUE"] == [0.0] and in_metres["RANGE"] == [{"MIN": -5, "MAX": 5}]
        assert in_metres["UNIT"] == ["distance.m"]

    on(play)


def test_who_it_is_and_what_it_can_are_told() -> None:
    async def play(played: Played) -> None:
        info = await played.json("/?HOST_INFO")
        assert info == await played.json("?HOST_INFO") == await played.json("/groovecast?HOST_INFO&x=1")
        assert info["NAME"] == "Groovecast"
        assert (info["OSC_IP"], info["OSC_PORT"], info["OSC_TRANSPORT"]) == (
            "127.0.0.1",
            played.osc.port,
            "UDP",
        )
        assert (info["WS_IP"], info["WS_PORT"]) == ("127.0.0.1", played.port)
        extensions = info["EXTENSIONS"]
        assert isinstance(extensions, dict) and extensions["LISTEN"] and extensions["RANGE"]

    on(play)


@pytest.mark.parametrize(
    ("path", "status", "body"),
    [
        ("/groovecast/style?VALUE", 200, {"VALUE": ["auto"]}),
        ("/groovecast/style/?TYPE", 200, {"TYPE": "s"}),
        ("/groovecast/intensity?RANGE", 200, {"RANGE": [{"MIN": 0.0, "MAX": 1.0}]}),
        ("/groovecast/panic?VALUE", 204, None),
        ("/groovecast?VALUE", 204, None),
        ("/groovecast/style?COLOUR", 400, None),
        ("/groovecast/waltz", 404, None),
        ("/groovecast/style/value", 404, None),
        ("/..%2f..%2fetc%2fpasswd", 404, None),
        ("/" + 500 * "a", 404, None),
    ],
)  # fmt: skip
def test_an_attribute_is_answered_alone_and_what_there_is_not_is_named(
    path: str, status: int, body: dict[str, object] | None
) -> None:
    async def play(played: Played) -> None:
        found, content = await asked(played.port, path)
        assert found == status
        assert body is None or json.loads(content) == body

    on(play)


def test_a_walker_turns_everything_that_it_finds() -> None:
    styles = ("salsa", "street")
    controls = (
        *dance_controls(styles, DanceSettings()),
        *show_controls(),
        *beat_controls(("auto", "tap")),
        *cue_controls(),
        *crew_controls(styles, 1),
    )
    stage = DeskStage(controls)

    async def play(played: Played) -> None:
        walker = Walker(played.port)
        await walker.read()
        assert set(walker.knobs) == {f"/groovecast/{control.name}" for control in controls}
        port = walker.host_info["OSC_PORT"]
        assert isinstance(port, int)
        with Panel() as panel:
            for turn in range(max(len(knob.settings) for knob in walker.knobs.values())):
                chosen = {knob.address: knob.settings[turn % len(knob.settings)] for knob in walker.knobs.values() if
                          knob.settings}  # fmt: skip
                for number, (address, values) in enumerate(chosen.items()):
                    panel.send(port, address, *values)
                    if number % 60 == 59:
                        played.frame()
                played.frame(5)
                for address, values in chosen.items():
                    control = played.desk.control(address.rpartition("/")[2])
                    if control.kind == "number":
                        assert played.desk.share(control.name) == values[0]
                    elif control.kind != "button":
                        assert played.desk.value(control.name) == values[0]
        buttons = [control.name for control in controls if control.kind == "button"]
        assert stage.pressed[: len(buttons)] == buttons
        assert not stage.said and played.osc.hands.refused == 0
        await walker.read()
        assert walker.knobs["/groovecast/mirror"].shows == played.desk.value("mirror")

    on(play, stage)


def test_who_listens_is_told_what_it_stands_at_and_what_others_turn() -> None:
    async def play(played: Played) -> None:
        async with played.socket() as socket:
            for name in ("intensity", "style", "mirror"):
                await socket.send(json.dumps({"COMMAND": "LISTEN", "DATA": f"/groovecast/{name}"}))
                played.frame()
            first = dict([await said(socket) for _ in range(3)])
            assert first == {
                "/groovecast/intensity": [0.5],
                "/groovecast/style": ["auto"],
                "/groovecast/mirror": [False],
            }
            for name, value in (("intensity", 2.0), ("style", "street"), ("mirror", True), ("seed", 7)):
                played.desk.turn(name, value, "page 1")
            played.frame()
            told = dict([await said(socket) for _ in range(3)])
            assert told == {
                "/groovecast/intensity": [1.0],
                "/groovecast/style": ["street"],
                "/groovecast/mirror": [True],
            }
            await socket.send(json.dumps({"COMMAND": "IGNORE", "DATA": "/groovecast/intensity"}))
            await socket.send(osc_bytes("/groovecast/style", "salsa"))  # its own hand
            while played.desk.value("style") != "salsa":
                await asyncio.sleep(0.001)
                played.frame()
            played.desk.turn("intensity", 0.0, "page 1")
            played.desk.turn("mirror", False, "page 1")
            played.frame()
            assert await said(socket) == ("/groovecast/mirror", [False])

    on(play)


def test_a_list_that_changes_is_told() -> None:
    async def play(played: Played) -> None:
        async with played.socket() as socket:
            await socket.send(json.dumps({"COMMAND": "LISTEN", "DATA": "/groovecast/mirror"}))
            await said(socket)
            played.desk.add(
                [Control(name="out1_offset_ms", kind="number", group="show", says="Later", start=0.0)]
            )
            assert json.loads(await socket.recv()) == {"COMMAND": "PATH_CHANGED", "DATA": "/groovecast"}
            assert (await played.json("/groovecast/out1_offset_ms"))["TYPE"] == "f"

    on(play)


def test_a_slow_listener_gets_the_newest_of_each_and_keeps_nobody_waiting() -> None:
    async def play(played: Played) -> None:
        async with played.socket() as socket:
            await socket.send(json.dumps({"COMMAND": "LISTEN", "DATA": "/groovecast/intensity"}))
            await said(socket)
            for step in range(1000):  # no turn of the loop comes between: nothing can be sent
                played.desk.turn("intensity", step / 500, "page 1")
                played.frame()
            assert await said(socket) == ("/groovecast/intensity", [pytest.approx(0.999)])

    on(play)


@pytest.mark.parametrize(
    "nonsense",
    ["", "{}", "[]", "LISTEN", '{"COMMAND": 5}', '{"COMMAND": "LISTEN", "DATA": ["/groovecast/style"]}',
     '{"COMMAND": "LISTEN", "DATA": "/etc/passwd"}', '{"COMMAND": "FORMAT"}', b"", b"#bundle\0", b"\xff" * 400],
)  # fmt: skip
def test_nonsense_over_the_socket_harms_nobody(nonsense: str | bytes) -> None:
    async def play(played: Played) -> None:
        before = played.stage.values()
        async with played.socket() as socket:
            await socket.send(nonsense)
            await socket.send(json.dumps({"COMMAND": "LISTEN", "DATA": "/groovecast/mirror"}))
            assert await said(socket) == ("/groovecast/mirror", [False])
        assert played.stage.values() == before

    on(play)


def test_a_flood_over_the_socket_waits_for_the_frames() -> None:
    async def play(played: Played) -> None:
        async with played.socket() as socket:
            for number in range(600):
                await socket.send(osc_bytes("/groovecast/seed/value", number))
            await asyncio.sleep(0.05)
            assert played.osc.hands.heard <= 257
            while played.osc.hands.heard < 600:
                played.frame()
                await asyncio.sleep(0.005)
            played.frame()
            assert played.desk.value("seed") == 599

    on(play)


def test_a_flood_that_nobody_reads_any_more_does_not_keep_the_show_from_ending() -> None:
    async def play(played: Played) -> None:
        async with played.socket() as socket:
            for number in range(600):
                await socket.send(osc_bytes("/groovecast/seed/value", number))
            await asyncio.sleep(0.05)
            assert played.osc.hands.tired  # and no frame comes that would rest it
            await asyncio.wait_for(played.query.stop(), 3)

    on(play)


def test_who_turns_by_udp_and_listens_here_is_not_told_while_its_hand_is_on_it() -> None:
    """Chataigne: a slider that is being dragged would jump back to where it was a moment ago."""

    async def play(played: Played) -> None:
        async with played.socket() as socket:
            for name in ("intensity", "mirror"):
                await socket.send(json.dumps({"COMMAND": "LISTEN", "DATA": f"/groovecast/{name}"}))
                await said(socket)
            with Panel() as hand:
                for step in range(20):
                    hand.send(played.osc.port, "/groovecast/intensity", step / 20)
                    played.frame()
            assert played.desk.share("intensity") == pytest.approx(0.95)
            played.desk.turn("mirror", True, "page 1")
            played.frame(2)
            assert await said(socket) == ("/groovecast/mirror", [True])
            played.frame(32)
            assert await said(socket) == ("/groovecast/intensity", [pytest.approx(0.95)])

    on(play)


def test_pages_and_names_from_elsewhere_are_turned_away() -> None:
    async def play(played: Played) -> None:
        assert (await asked(played.port, "/", "Host: evil.example"))[0] == 403
        assert (await asked(played.port, "/", "Origin: https://evil.example"))[0] == 403
        with pytest.raises(InvalidStatus):
            async with played.socket(origin="https://evil.example"):
                pass

    on(play)


def test_on_the_network_it_answers_to_addresses_and_local_names_only() -> None:
    async def play(played: Played) -> None:
        for host, status in (
            ("192.0.2.5:8001", 200), ("[::1]:8001", 200), ("studio:8001", 200), ("studio.local", 200),
            ("localhost:8001", 200), ("evil.example", 403), ("local.evil.example:8001", 403),
        ):  # fmt: skip
            assert (await asked(played.port, "/groovecast/mirror", f"Host: {host}"))[0] == status, host

    on(play, host="0.0.0.0")


def test_one_client_too_many_is_told_so() -> None:
    async def play(played: Played) -> None:
        sockets = [await connect(f"ws://127.0.0.1:{played.port}/", proxy=None) for _ in range(17)]
        with pytest.raises(ConnectionClosed) as closed:
            await sockets[-1].recv()
        assert closed.value.rcvd is not None and closed.value.rcvd.code == 1013
        for socket in sockets:
            await socket.close()

    on(play)


def test_a_port_that_is_taken_is_told_and_ends_only_what_asked_for_it() -> None:
    async def play(played: Played) -> None:
        assert isinstance(played.query, Controller)
        with pytest.raises(OSError, match="another program listens there: choose a port with --oscquery"):
            await OscQuery(played.desk, played.osc, played.port).start()
        taker = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
        taken = taker.sockets[0].getsockname()[1]
        before = OscIn(played.desk, Address("127.0.0.1", taken - 1))
        await before.start()
        query = OscQuery(played.desk, before)
        await query.start()
        assert "another program listens there" in query.trouble and query.trouble in played.stage.said
        await query.stop()
        await before.stop()
        taker.close()
        await taker.wait_closed()

    on(play)
