"""Blender's add-on reads the stream as it is meant and shows it smoothly through a bad network; needs no Blender."""

import ast
import json
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from clients.blender_add_on import ADD_ON, part
from clients.light_show import EPOCH_S, FPS, LightShow, dance, joints_of, source_speed, speeds
from clients.rough_network import Roughness
from hypothesis import given
from hypothesis import strategies as st

from groovecast.motion.skeleton import groovecast_skeleton

ROOT = Path(__file__).resolve().parents[2]
GOLDEN = ROOT / "protocol" / "golden"
NAMES = sorted(path.stem for path in GOLDEN.glob("*.bin") if not path.stem.startswith("sound_"))
SKELETON = groovecast_skeleton()
KNOWS_BLENDER = {"figure.py", "bake.py", "panel.py"}
wire, web_socket, stream, skeleton = map(part, ("wire", "web_socket", "stream", "skeleton"))


# -- the house ----------------------------------------------------------------------------------------------


def test_the_core_needs_no_blender_one_file_reads_the_time_and_each_says_what_it_is() -> None:
    for path in ADD_ON.glob("*.py"):
        text = path.read_text("utf-8")
        tree = ast.parse(text)
        imported = {
            name.split(".")[0]
            for node in ast.walk(tree)
            if isinstance(node, ast.Import | ast.ImportFrom) and not getattr(node, "level", 0)
            for name in (
                [node.module or ""] if isinstance(node, ast.ImportFrom) else [a.name for a in node.names]
            )
        }
        assert bool({"bpy", "mathutils", "bpy_extras"} & imported) == (path.name in KNOWS_BLENDER), path.name
        assert ("time" in imported) == (path.name == "now.py")
        assert ("numpy" in imported) <= (path.name in {"takes.py", "bake.py"}), (
            "the stream needs Python alone"
        )
        others = {"bpy", "mathutils", "bpy_extras", "numpy"}
        assert imported - others <= sys.stdlib_module_names, path.name
        said = ast.get_docstring(tree)
        assert said and len(said.splitlines()[0]) > 20 and len(text.splitlines()) <= 400, path.name


def test_its_skeleton_is_the_protocols() -> None:
    assert (ADD_ON / "skeleton.json").read_bytes() == (ROOT / "protocol" / "skeleton.json").read_bytes()
    shape = skeleton.skeleton()
    assert shape.names == SKELETON.names and shape.parents == SKELETON.parents
    np.testing.assert_allclose(
        shape.places_m(), joints_of(SKELETON.rest_offset_m[0], np.tile([1.0, 0, 0, 0], (52, 1))), atol=1e-6
    )


# -- the codec ----------------------------------------------------------------------------------------------


def meaning(name: str) -> dict[str, Any]:
    return json.loads((GOLDEN / f"{name}.json").read_text("utf-8"))


def frame_of(want: dict[str, Any]) -> Any:
    """The frame that the JSON of a golden vector describes."""
    return wire.Frame(
        **{key: want[key] for key in ("t_present_s", "t_capture_s", "seq", "revision", "dancer", "beat")},
        **{key: want[key] for key in ("tempo_bpm", "energy", "cut")},
        root_m=tuple(want["root_m"]),
        local_quat_wxyz=tuple(map(tuple, want["local_quat_wxyz"])),
        contacts=tuple(want["contacts"]),
        blocks=tuple((block["type"], bytes.fromhex(block["hex"])) for block in want["blocks"]),
    )


@pytest.mark.parametrize("name", [name for name in NAMES if meaning(name)["expect"] == "frame"])
def test_a_golden_frame_means_what_its_json_says_and_is_written_again(name: str) -> None:
    want, message = meaning(name)["frame"], (GOLDEN / f"{name}.bin").read_bytes()
    got = wire.decode(message)
    assert got == frame_of(want)
    assert (got.next_beat and vars(got.next_beat)) == want["next_beat"]
    places = want["contact_places_m"]
    assert got.contact_places_m == (places and tuple(map(tuple, places)))
    if name not in ("unknown_flags", "i16_edges"):  # these hold bytes that a sender of today never writes
        assert wire.encode(frame_of(want), want["encoding"]) == message


@pytest.mark.parametrize("name", [name for name in NAMES if meaning(name)["expect"] == "reject"])
def test_a_golden_fault_is_a_wire_error(name: str) -> None:
    with pytest.raises(wire.WireError):
        wire.decode((GOLDEN / f"{name}.bin").read_bytes())


@given(st.data())
def test_any_bytes_are_a_frame_or_a_wire_error(data: st.DataObject) -> None:
    if data.draw(st.booleans()):
        message = bytearray((GOLDEN / f"{data.draw(st.sampled_from(NAMES))}.bin").read_bytes())
        for _ in range(data.draw(st.integers(0, 4)) if message else 0):
            message[data.draw(st.integers(0, len(message) - 1))] = data.draw(st.integers(0, 255))
        message = message[: data.draw(st.integers(0, len(message)))]
    else:
        message = bytearray(data.draw(st.binary(max_size=300)))
    try:
        frame = wire.decode(bytes(message))
    except wire.WireError:
        return
    assert len(frame.local_quat_wxyz) <= 255
    wire.encode(frame)


# -- the line -----------------------------------------------------------------------------------------------


@given(st.lists(st.tuples(st.booleans(), st.binary(max_size=70_000)), max_size=4), st.integers(1, 5000))
def test_messages_come_whole_however_their_bytes_are_cut(
    messages: list[tuple[bool, bytes]], cut: int
) -> None:
    sent = b""
    for text, content in messages:
        half = len(content) // 2
        for final, opcode, piece in ((0, 1 if text else 2, content[:half]), (0x80, 0, content[half:])):
            size = len(piece)
            length = bytes([size]) if size < 126 else b"\x7e" + size.to_bytes(2, "big")
            sent += bytes([final | opcode]) + length + piece
        sent += b"\x89\x01p"  # a ping between
    reader, found = web_socket.MessageReader(), []
    for at in range(0, len(sent), cut):
        found += reader.feed(sent[at : at + cut])
    assert [entry for entry in found if entry[0] != 9] == [
        (1 if text else 2, said) for text, said in messages
    ]
    assert found.count((9, b"p")) == len(messages)


@given(st.lists(st.binary(max_size=40), max_size=5))
def test_any_bytes_are_messages_or_one_named_error(pieces: list[bytes]) -> None:
    reader = web_socket.MessageReader()
    try:
        for piece in pieces:
            reader.feed(piece)
    except web_socket.WebSocketError as told:
        assert "is this a Groovecast server?" in str(told)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("127.0.0.1:9000", ("127.0.0.1", 9000, False, None)),
        ("dancer.local", ("dancer.local", 8765, False, None)),
        ("http://10.0.0.2:8765/?token=word", ("10.0.0.2", 8765, False, "word")),
        ("wss://[::1]:1234/ws", ("::1", 1234, True, None)),
    ],
)
def test_an_address_may_be_that_of_the_page(text: str, found: tuple[object, ...]) -> None:
    address = web_socket.Address.of(text)
    assert (address.host, address.port, address.secure, address.token) == found


@pytest.mark.parametrize("text", ["", "127.0.0.1:hello", "ftp://x", "http://"])
def test_another_address_is_told_in_one_line(text: str) -> None:
    with pytest.raises(ValueError, match="give HOST:PORT"):
        web_socket.Address.of(text)


# -- a real server ------------------------------------------------------------------------------------------


@pytest.fixture
def page_dir(tmp_path: Path) -> Path:
    (tmp_path / "web").mkdir()
    (tmp_path / "web" / "index.html").write_text("<title>dance</title>")
    return tmp_path / "web"


def until(true: Callable[[], object], seconds: float = 10.0) -> None:
    """Wait until something is so."""
    end_s = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end_s, "it did not come to that"
        time.sleep(0.01)


def followed(port: int, token: str | None = None) -> Any:
    live = stream.LiveStream(web_socket.Address("127.0.0.1", port, token=token))
    live.start()
    return live


# By so much the show itself may be late before poses that the network delays by 70 ms miss their time.
_STALL_S = 0.15


class Tape:
    """A clock that writes down when the main thread looked at it."""

    def __init__(self) -> None:
        self.seen_s: list[float] = []

    def __call__(self) -> float:
        now = time.monotonic()
        if threading.current_thread() is threading.main_thread():
            self.seen_s.append(now)
        return now


def test_a_figure_follows_a_real_show_through_a_rough_network(page_dir: Path) -> None:
    clock, shown = Tape(), []
    with LightShow(page_dir, rough=Roughness()) as show:
        live = stream.LiveStream(web_socket.Address("127.0.0.1", show.rough_port), clock=clock)
        live.start()
        try:
            until(lambda: live.pose() is not None)
            clock.seen_s.clear()
            end_s = time.monotonic() + 4
            while time.monotonic() < end_s:
                shown.append(live.pose())
                time.sleep(max(0.0, clock.seen_s[-1] + 1 / FPS - time.monotonic()))
        finally:
            live.stop()
    places = joints_of(np.array([p.root_m for p in shown]), np.array([p.local_quat_wxyz for p in shown]))
    times = np.array(clock.seen_s[: len(shown)])
    true = [dance(time_s + EPOCH_S) for time_s in times]
    truth = joints_of(np.stack([p.root_m for p in true]), np.stack([p.local_quat_wxyz for p in true]))
    fastest, counts = speeds(times, places).max() / source_speed(), live.buffers[0].counts
    if counts.starved and show.longest_gap_s > _STALL_S:
        pytest.skip(
            f"this machine stood still for {show.longest_gap_s:.2f} s: the network was not what starved it"
        )
    assert fastest < 1.2, f"{fastest:.2f} of the source's speed, {counts}, {show.longest_gap_s:.2f} s"
    # by half of what its two ways differ the network puts the clock off
    assert np.median(np.linalg.norm(places - truth, axis=-1)) < 0.03 * source_speed(), counts
    assert live.unreadable == 0 and not live.connected
    print(f"{fastest:.3f} of the source's speed, {counts}")


def test_a_show_that_ends_holds_the_figure_and_one_that_begins_takes_it_on(page_dir: Path) -> None:
    with LightShow(page_dir) as show:
        port = show.port
        live = followed(port)
        until(lambda: live.pose() is not None)
    try:
        until(lambda: not live.connected)
        held = live.pose()
        assert held is not None
        until(lambda: "connecting again" in live.status or "is the show running?" in live.status)
        with LightShow(page_dir, port=port):
            until(lambda: live.connected and live.pose() != held)
    finally:
        live.stop()
    assert live.status == "not connected"


def test_a_token_opens_the_door_and_without_it_the_mend_is_told(page_dir: Path) -> None:
    with LightShow(page_dir, token="swordfish") as show:
        for token, known in ((None, False), ("salmon", False), ("swordfish", True)):
            live = followed(show.port, token)
            try:
                until(lambda live=live: live.connected or "give the word of --token" in live.status)
                assert live.connected == known
            finally:
                live.stop()
