"""The server, over real sockets: it waits for nobody, and lets nobody in who should not come in."""

import asyncio
import json
import os
import socket
import struct
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import numpy as np
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from groovecast.motion.pose import Pose
from groovecast.wire.errors import InputRefused
from groovecast.wire.frame import Frame, decode_frame
from groovecast.wire.live_sound import LiveSound
from groovecast.wire.messages import Notice, Percentiles, State, Transport
from groovecast.wire.moment import Moment
from realtime.server import PoseServer, ServerSettings

BIN, JSON = "groovecast.v1+bin", "groovecast.v1+json"
STATE = State(
    tempo_bpm=120,
    confidence=1,
    energy=0.5,
    silent=False,
    model="m",
    engine="e",
    fps=60,
    misses=0,
    latency_ms=Percentiles(),
)
PLAYING = Transport(playing=True, title="x", track="/track/a.wav", position_s=1, at_s=2, duration_s=60)


class Clock:
    """Time that a test turns by hand."""

    now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


class Notebook:
    """A desk that writes down what it is asked, and knows one control."""

    def __init__(self) -> None:
        self.turned: dict[str, object] = {}
        self.songs: list[tuple[str, np.ndarray, int]] = []
        self.left: list[object] = []

    def set(self, name: str, value: object) -> None:
        if name != "playing":
            raise ValueError(f"asked to set {name!r}, there is only playing")
        self.turned[name] = value

    async def song(self, client: object, title: str, samples: np.ndarray, sample_rate_hz: int) -> None:
        self.songs.append((title, samples, sample_rate_hz))

    def take_input(self, client: object, kind: str, label: str) -> None:
        raise InputRefused("input_refused", f"asked to send {label}, nobody listens")

    def leave_input(self, client: object) -> None:
        self.left.append(client)

    def hear_input(self, client: object, sound: LiveSound) -> None:
        raise AssertionError("nobody holds the input")


class Stage:
    """A running server with its clock and desk, and what a test does with them."""

    def __init__(self, server: PoseServer, clock: Clock, desk: Notebook) -> None:
        self.server, self.clock, self.desk = server, clock, desk

    def show(
        self, frames: int = 1, ahead_s: float = 0.08, beat: float | None = 1.5, height_m: float = 0.9
    ) -> None:
        """Send poses `ahead_s` before their time, a sixtieth of a second after one another."""
        quat = np.tile(np.array([1, 0, 0, 0], np.float32), (52, 1))
        for _ in range(frames):
            pose = Pose(
                self.clock.now_s + ahead_s, np.array([0, height_m, 0], np.float32), quat, np.zeros(4, bool)
            )
            self.server.send(Moment(pose, beat, 120.0, 0.5, self.clock.now_s - 0.1))
            self.clock.now_s += 1 / 60

    @asynccontextmanager
    async def watch(
        self, *subprotocols: str, path: str = "/ws", **more: object
    ) -> AsyncIterator[ClientConnection]:
        url = f"ws://127.0.0.1:{self.server.port}{path}"
        async with connect(url, subprotocols=subprotocols or None, proxy=None, **more) as client:  # type: ignore[arg-type]
            yield client

    async def get(self, path: str, *headers: str, verb: str = "GET") -> tuple[int, dict[str, str], bytes]:
        """A bare HTTP request: status, headers, body."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.server.port)
        lines = (f"{verb} {path} HTTP/1.1", *(headers or (f"Host: 127.0.0.1:{self.server.port}",)), "", "")
        writer.write("\r\n".join(lines).encode())
        answer = await reader.read()
        writer.close()
        head, _, body = answer.partition(b"\r\n\r\n")
        status, *fields = head.decode().split("\r\n")
        return int(status.split()[1]), dict(field.lower().split(": ", 1) for field in fields), body


@pytest.fixture
def page_dir(tmp_path: Path) -> Path:
    folder = tmp_path / "web"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text("<title>dance</title>")
    (folder / "assets" / "main.js").write_text("let it = 'move'")
    (folder / "mannequin.vrm").write_bytes(bytes(range(256)) * 1024)
    (tmp_path / "secret.txt").write_text("nobody may read this")
    with suppress(OSError):  # Windows lets few people make links
        (folder / "way-out").symlink_to(tmp_path / "secret.txt")
    return folder


On = Callable[..., None]


@pytest.fixture
def on(page_dir: Path) -> On:
    """Run a test's coroutine on a stage: `on(play)`, or with settings: `on(play, token="x")`."""

    def run(play: Callable[[Stage], Coroutine[None, None, None]], **settings: object) -> None:
        async def main() -> None:
            clock, desk = Clock(), Notebook()
            asked = ServerSettings(**{"port": 0, **settings})  # type: ignore[arg-type]
            async with asyncio.timeout(20), PoseServer(asked, page_dir, desk, clock) as server:
                await play(Stage(server, clock, desk))

        asyncio.run(main())

    return run


async def said(client: ClientConnection, kind: str) -> dict:
    """The next text message of a type; others, and frames, are passed over."""
    while True:
        message = await client.recv()
        if isinstance(message, str) and json.loads(message)["type"] == kind:
            return json.loads(message)


async def frame(client: ClientConnection) -> Frame:
    """The next binary frame."""
    while True:
        message = await client.recv()
        if isinstance(message, bytes):
            return decode_frame(message)


async def tell(client: ClientConnection, kind: str, **fields: object) -> None:
    await client.send(json.dumps({"type": kind, **fields}))


# --- what a client hears


def test_the_server_introduces_itself_then_the_figure_then_the_music(on: On) -> None:
    async def play(stage: Stage) -> None:
        stage.server.publish(PLAYING)
        async with stage.watch(BIN) as client:
            hello, skeleton, transport = [json.loads(await client.recv()) for _ in range(3)]
            assert (hello["type"], hello["server"], hello["protocol"]) == ("hello", "groovecast", 1)
            assert hello["now_s"] == stage.clock.now_s and hello["skeleton"] == skeleton["hash"]
            assert (hello["fps"], hello["look_ahead_s"], hello["encoding"], hello["joints"]) == (
                60,
                0.08,
                "f32",
                52,
            )
            assert skeleton["type"] == "skeleton" and len(skeleton["joints"]) == 52
            assert transport == {"type": "transport", "playing": True, "title": "x", "track": "/track/a.wav",
                                 "local": False, "position_s": 1, "at_s": 2, "duration_s": 60}  # fmt: skip

    on(play)


def test_poses_arrive_as_binary_as_short_binary_and_as_text(on: On) -> None:
    async def play(stage: Stage) -> None:
        async with stage.watch(BIN) as full, stage.watch(BIN) as short, stage.watch() as text:
            await tell(short, "subscribe", encoding="i16", joints=22, fps=60)
            await said(short, "subscribed")
            await said(text, "skeleton")
            stage.show(ahead_s=0)
            got = await frame(full)
            assert got.pose.local_quat_wxyz.shape == (52, 4) and got.beat == 1.5 and got.tempo_bpm == 120
            assert (got.pose.time_s, got.t_capture_s) == (100.0, 99.9)
            assert (await frame(short)).pose.local_quat_wxyz.shape == (22, 4)
            pose = await said(text, "pose")
            assert len(pose["local_quat_wxyz"]) == 52 and pose["root_m"] == [0, 0.9, 0]

    on(play)


def test_no_subprotocol_and_json_are_the_same_and_an_unknown_version_is_told_why(on: On) -> None:
    async def play(stage: Stage) -> None:
        async with stage.watch() as bare, stage.watch(JSON) as text, stage.watch("mqtt", BIN) as binary:
            assert bare.subprotocol is None and text.subprotocol == JSON and binary.subprotocol == BIN
            for client, encoding in ((bare, "json"), (text, "json"), (binary, "f32")):
                assert (await said(client, "hello"))["encoding"] == encoding
        async with stage.watch("groovecast.v2+bin") as late:
            with pytest.raises(ConnectionClosed):
                await late.recv()
            assert late.close_code == 1002 and "groovecast.v1+bin" in (late.close_reason or "")

    on(play)


def test_a_client_of_thirty_gets_every_second_frame(on: On) -> None:
    async def play(stage: Stage) -> None:
        async with stage.watch(BIN) as all_of_them, stage.watch(BIN) as half:
            await tell(half, "subscribe", fps=30)
            assert (await said(half, "subscribed"))["fps"] == 30
            stage.show(8)
            assert [(await frame(all_of_them)).seq for _ in range(8)] == list(range(8))
            assert [(await frame(half)).seq for _ in range(4)] == [0, 2, 4, 6]

    on(play)


def test_a_client_gets_no_more_frames_a_second_than_there_are(on: On) -> None:
    async def play(stage: Stage) -> None:
        async with stage.watch(BIN) as client:
            await tell(client, "subscribe", fps=120, look_ahead_s=7)
            answer = await said(client, "subscribed")
            assert (answer["fps"], answer["look_ahead_s"]) == (60, 0.08)

    on(play)


def test_frames_come_early_to_those_who_keep_them_and_on_time_to_those_who_do_not(on: On) -> None:
    async def play(stage: Stage) -> None:
        async with stage.watch(BIN) as early, stage.watch(JSON) as late:
            await said(early, "skeleton")
            await said(late, "skeleton")
            stage.show(10)
            assert stage.clock.now_s < (await frame(early)).pose.time_s + 0.1
            # 80 ms are not yet five frames: the first is due when the sixth is sent
            stage.server.publish(Notice(text="here"))
            poses = 0
            while json.loads(await late.recv())["type"] == "pose":
                poses += 1
            assert poses == 5

    on(play)


def test_a_ping_is_answered_with_the_server_s_times(on: On) -> None:
    async def play(stage: Stage) -> None:
        async with stage.watch(BIN) as client:
            await tell(client, "ping", t0=12.5)
            assert await said(client, "pong") == {"type": "pong", "t0": 12.5, "t1": 100.0, "t2": 100.0}

    on(play)


def test_the_state_tells_each_client_what_it_lost(on: On) -> None:
    async def play(stage: Stage) -> None:
        async with stage.watch(BIN) as client:
            await said(client, "skeleton")
            stage.show(2, height_m=float("nan"))
            stage.server.publish(STATE)
            state = await said(client, "state")
            assert (state["clients"], state["dropped"], state["dropped_here"]) == (1, 2, 2)
            assert stage.server.dropped == 2 and stage.server.clients == 1

    on(play)


# --- what a client says


def test_a_control_reaches_the_desk_and_an_unknown_one_a_notice(on: On) -> None:
    async def play(stage: Stage) -> None:
        async with stage.watch(BIN) as client:
            await tell(client, "set", name="playing", value=False)
            await tell(client, "set", name="wings", value=2)
            assert "there is only playing" in (await said(client, "notice"))["text"]
            assert stage.desk.turned == {"playing": False}

    on(play)


@pytest.mark.parametrize(
    "bad",
    ["", "{", "[]", '{"type":"sing"}', '{"type":"ping"}', '{"type":"subscribe","fps":31}', "x" * 20_000,
     b"", b"GCPC", b"GCPC\0\0\0\0ab", b"\xff" * 100, '{"type":"subscribe","look_ahead_s":-1}',
     '{"type":"song","title":"","sample_rate_hz":24000,"samples":0}',
     '{"type":"song","title":"","sample_rate_hz":24000,"samples":99999999999}',
     '{"type":"song","title":"","sample_rate_hz":1,"samples":5}'],
)  # fmt: skip
def test_a_bad_message_is_answered_in_words_and_the_stream_goes_on(on: On, bad: str | bytes) -> None:
    async def play(stage: Stage) -> None:
        async with stage.watch(BIN) as client:
            await client.send(bad)
            assert (await said(client, "notice"))["text"]
            stage.show()
            assert (await frame(client)).seq == 0

    on(play)


def test_a_song_arrives_whole_and_once(on: On) -> None:
    async def play(stage: Stage) -> None:
        sound = np.arange(-20_000, 20_000, dtype="<i2")
        async with stage.watch(BIN) as client:
            await tell(client, "song", title="mine", sample_rate_hz=24000, samples=len(sound))
            for first in range(0, len(sound), 16_000):
                part = sound[first : first + 16_000].tobytes()
                await client.send(b"GCPC" + first.to_bytes(4, "little") + part)
            await tell(client, "set", name="playing", value=True)
            while not stage.desk.turned:
                await asyncio.sleep(0)
            [(title, samples, rate)] = stage.desk.songs
            assert (title, rate, samples.dtype) == ("mine", 24000, np.float32)
            np.testing.assert_array_equal(samples, sound / np.float32(32768))

    on(play)


def test_a_song_with_a_gap_is_refused_and_may_be_sent_again(on: On) -> None:
    async def play(stage: Stage) -> None:
        async with stage.watch(BIN) as client:
            for _ in range(2):
                await tell(client, "song", title="mine", sample_rate_hz=8000, samples=4)
                await client.send(b"GCPC\1\0\0\0" + bytes(4))
                assert "send the song again" in (await said(client, "notice"))["text"]
                await client.send(b"GCPC\0\0\0\0" + bytes(4))
                assert "not announced" in (await said(client, "notice"))["text"]
            assert stage.desk.songs == []

    on(play)


# --- those who do not keep up


def test_a_client_that_never_reads_costs_the_others_nothing_and_memory_stays_flat(on: On) -> None:
    async def play(stage: Stage) -> None:
        raw = socket.socket()
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        raw.connect(("127.0.0.1", stage.server.port))
        raw.sendall(
            b"GET /ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
            b"Sec-WebSocket-Protocol: groovecast.v1+bin\r\n\r\n"
        )
        async with stage.watch(BIN) as good:
            while stage.server.clients < 2:
                await asyncio.sleep(0)
            [stuck] = (
                client
                for client in stage.server._clients
                if client._connection.remote_address == raw.getsockname()
            )
            held = []
            for seq in range(600):
                stage.show()
                stage.server.publish(STATE)
                stage.server.publish(Notice(text="n" * 500))
                assert (await frame(good)).seq == seq
                held.append(stuck._connection.transport.get_write_buffer_size())
            assert max(held) < 16_384 and stuck.dropped > 400
            assert len(stuck._waiting) <= 3
            assert stage.server.dropped == stuck.dropped
            assert (await said(good, "state"))["dropped_here"] == 0
        # it wakes up: what it finds after the old ones is new, and it learns what it lost
        raw.setblocking(False)
        loop, got = asyncio.get_running_loop(), b""
        while b'"dropped_here":0' in got or b'"dropped_here":' not in got:
            got = got[-200:] + await loop.sock_recv(raw, 65536)
            stage.show()
            stage.server.publish(STATE)
        raw.close()

    on(play)


def test_stopping_waits_for_nobody(on: On, page_dir: Path) -> None:
    async def play(stage: Stage) -> None:
        loop = asyncio.get_running_loop()
        stage.server.serve_track("long", bytes(50_000_000))
        spare, slow = socket.create_connection(("127.0.0.1", stage.server.port)), socket.socket()
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        slow.connect(("127.0.0.1", stage.server.port))
        slow.sendall(b"GET /track/long.wav HTTP/1.1\r\nHost: localhost\r\n\r\n")
        await asyncio.sleep(0.05)
        began_s = loop.time()
        await stage.server.__aexit__(None, None, None)
        assert loop.time() - began_s < 8  # a handshake is given up after 10
        spare.close()
        slow.close()

    on(play)


def test_those_who_leave_in_the_middle_leave_no_mark(on: On, caplog: pytest.LogCaptureFixture) -> None:
    async def play(stage: Stage) -> None:
        stage.server.serve_track("long", bytes(50_000_000))
        for request in (
            b"GET /track/long.wav HTTP/1.1\r\nHost: localhost\r\n\r\n",
            b"GET /ws HT",
            b"\0\1\n\n",
            b"",
        ):
            _, writer = await asyncio.open_connection("127.0.0.1", stage.server.port)
            writer.write(request)
            await asyncio.sleep(0.02)
            # an RST, not a polite FIN
            linger = struct.pack("hh" if os.name == "nt" else "ii", 1, 0)
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            writer.transport.abort()
        async with stage.watch(BIN) as client:
            await said(client, "skeleton")
            client.transport.abort()
        while stage.server.clients:
            stage.show()
            await asyncio.sleep(0)
        stage.show()

    on(play)
    assert [
        record.getMessage() for record in caplog.records if record.levelname in ("WARNING", "ERROR")
    ] == []


def test_one_client_too_many_is_told_so(on: On) -> None:
    async def play(stage: Stage) -> None:
        async with stage.watch(BIN) as first, stage.watch(BIN) as second:
            await said(first, "skeleton")
            with pytest.raises(ConnectionClosed):
                await second.recv()
            assert second.close_code == 1013

    on(play, max_clients=1)


# --- files


def test_the_page_and_its_files_come_with_their_types(on: On) -> None:
    async def play(stage: Stage) -> None:
        for path, kind, start in (
            ("/", "text/html; charset=utf-8", b"<title>"),
            ("/?token=x", "text/html; charset=utf-8", b"<title>"),
            ("/assets/main.js", "text/javascript; charset=utf-8", b"let it"),
            ("/assets%2Fmain.js", "text/javascript; charset=utf-8", b"let it"),
            ("/mannequin.vrm", "model/gltf-binary", b"\0\1\2"),
        ):
            status, headers, body = await stage.get(path)
            assert status == 200 and headers["content-type"] == kind and body.startswith(start)
            assert int(headers["content-length"]) == len(body)
        assert len(body) == 256 * 1024

    on(play)


@pytest.mark.parametrize(
    "path",
    ["/../secret.txt", "/%2e%2e/secret.txt", "/assets/../../secret.txt", "/..%2fsecret.txt",
     "/..%5csecret.txt", "//etc/passwd", "/%2fetc/passwd", "/way-out", "/secret.txt%00.html",
     "/assets", "/none.js", "/C:/x", "/" + "a" * 4000, "/track/../secret.txt",
     "/track/none.wav", "/track/..%2f..%2fsecret.wav", "*", "/%ff"],
)  # fmt: skip
def test_nothing_outside_the_folder_can_be_reached(on: On, path: str) -> None:
    async def play(stage: Stage) -> None:
        status, _, body = await stage.get(path)
        assert status == 404 and b"nobody may read" not in body and b"root:" not in body

    on(play)


def test_a_track_comes_whole_in_parts_and_is_never_cached(on: On) -> None:
    async def play(stage: Stage) -> None:
        wav = np.random.default_rng(0).bytes(3_000_000)
        assert stage.server.serve_track("song-1", wav) == "/track/song-1.wav"
        host = "Host: localhost"
        status, headers, body = await stage.get("/track/song-1.wav")
        assert (status, headers["content-type"], headers["cache-control"]) == (200, "audio/wav", "no-store")
        assert body == wav
        for wanted, part in (
            ("0-99", wav[:100]),
            ("2999990-", wav[-10:]),
            ("-7", wav[-7:]),
            ("5-9999999", wav[5:]),
        ):
            status, headers, body = await stage.get("/track/song-1.wav", host, f"Range: bytes={wanted}")
            assert status == 206 and body == part and headers["content-range"].endswith("/3000000")
        assert (await stage.get("/track/song-1.wav", host, "Range: bytes=3000000-"))[0] == 416
        stage.server.serve_track("song-2", b"new")
        assert (await stage.get("/track/song-1.wav"))[0] == 404

    on(play)


def test_other_verbs_than_get_are_refused(on: On) -> None:
    async def play(stage: Stage) -> None:
        assert (await stage.get("/", verb="POST"))[0] == 405
        status, headers, body = await stage.get("/", verb="HEAD")
        assert status == 200 and headers["content-length"] == "20" and body == b""

    on(play)


# --- who may come in


@pytest.mark.parametrize(
    ("origin", "welcome"),
    [("http://127.0.0.1:{port}", True), ("http://localhost:5173", True), ("http://[::1]:9", True),
     ("https://evil.example", False), ("null", False), ("http://127.0.0.1.evil.example", False),
     ("http://[", False), ("http://localhost@evil.example", False)],
)  # fmt: skip
def test_only_pages_of_this_machine_may_open_the_stream(on: On, origin: str, welcome: bool) -> None:
    async def play(stage: Stage) -> None:
        asked = origin.format(port=stage.server.port)
        if welcome:
            async with stage.watch(BIN, origin=asked) as client:
                await said(client, "hello")
        else:
            with pytest.raises(InvalidStatus) as refused:
                async with stage.watch(BIN, origin=asked):
                    pass
            assert refused.value.response.status_code == 403

    on(play)


def test_a_foreign_name_that_leads_here_is_refused(on: On) -> None:
    async def play(stage: Stage) -> None:
        assert (await stage.get("/", "Host: evil.example"))[0] == 403
        assert (await stage.get("/", "Host: localhost", "Host: evil.example"))[0] == 403
        assert (await stage.get("/", "Accept: */*"))[0] == 403
        assert (await stage.get("/", "Host: [::1]:8765"))[0] == 200

    on(play)


def test_a_token_is_asked_for_at_the_stream_and_the_music(on: On) -> None:
    async def play(stage: Stage) -> None:
        stage.server.serve_track("a", b"wav")
        host = f"Host: studio.lan:{stage.server.port}"
        assert stage.server.url == f"http://127.0.0.1:{stage.server.port}/?token=s%C3%A9same"
        assert (await stage.get("/", host))[0] == 200
        assert (await stage.get("/track/a.wav", host))[0] == 401
        assert (await stage.get("/track/a.wav?token=s%C3%A9same", host))[0] == 200
        assert (await stage.get("/track/a.wav?token=sesame", host))[0] == 401
        async with stage.watch(BIN, path="/ws?token=s%C3%A9same") as client:
            await said(client, "hello")
        for path, headers in (("/ws", {}), ("/ws?token=", {}), ("/ws", {"Authorization": "Bearer no"})):
            with pytest.raises(InvalidStatus) as refused:
                async with stage.watch(BIN, path=path, additional_headers=headers):
                    pass
            assert refused.value.response.status_code == 401

    on(play, host="0.0.0.0", token="sésame")


def test_a_bearer_opens_the_stream_and_a_page_of_the_same_name_may_use_it(on: On) -> None:
    async def play(stage: Stage) -> None:
        bearer = {"Authorization": "Bearer word", "Origin": f"http://127.0.0.1:{stage.server.port}"}
        async with stage.watch(BIN, additional_headers=bearer) as client:
            await said(client, "hello")
        same = (f"Host: studio.lan:{stage.server.port}", f"Origin: http://studio.lan:{stage.server.port}")
        assert (await stage.get("/", *same))[0] == 200
        assert (await stage.get("/", same[0], "Origin: http://other.lan"))[0] == 403

    on(play, host="0.0.0.0", token="word")


def test_another_address_without_a_token_is_refused_in_words() -> None:
    with pytest.raises(ValueError, match=r"asked to serve on 0\.0\.0\.0: .* --token WORD"):
        ServerSettings(host="0.0.0.0")
    for host in ("localhost", "127.0.0.2", "::1"):
        ServerSettings(host=host)
    with pytest.raises(ValueError, match="--port N"):
        ServerSettings(port=70000)


def test_a_port_in_use_is_one_line_with_the_mend(on: On, page_dir: Path) -> None:
    async def play(stage: Stage) -> None:
        asked = ServerSettings(port=stage.server.port)
        with pytest.raises(
            OSError, match=r"another program listens there: choose another port with --port N$"
        ):
            async with PoseServer(asked, page_dir, stage.desk, stage.clock):
                pass
        nowhere = ServerSettings(host="192.0.2.1", port=0, token="x")
        with pytest.raises(OSError, match="this machine has no such address"):
            async with PoseServer(nowhere, page_dir, stage.desk, stage.clock):
                pass

    on(play)
