"""A running server for the tests: its clock is turned by hand, its desk writes down, and real clients watch it."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager

import numpy as np
from websockets.asyncio.client import ClientConnection, connect

from groovecast.motion.pose import Pose
from groovecast.wire.errors import InputRefused
from groovecast.wire.frame import Frame, decode_frame
from groovecast.wire.live_sound import LiveSound
from groovecast.wire.messages import Percentiles, State, Transport
from groovecast.wire.moment import Moment
from realtime.server import PoseServer

On = Callable[..., None]
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

    def set(self, name: str, value: object, by: str = "") -> None:
        if name != "playing":
            raise ValueError(f"asked to set {name!r}, there is only playing")
        self.turned[name] = value

    def greeting(self) -> list[object]:
        return []

    def hear_desk(self, said: object, by: str) -> None:
        raise ValueError("asked for a cue, there is none")

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
        for _ in range(frames):
            self.server.send(self.moment(self.clock.now_s + ahead_s, height_m, beat))
            self.clock.now_s += 1 / 60

    def moment(self, time_s: float, height_m: float = 0.9, beat: float | None = 1.5) -> Moment:
        """A figure that stands so high, at that time."""
        quat = np.tile(np.array([1, 0, 0, 0], np.float32), (52, 1))
        pose = Pose(time_s, np.array([0, height_m, 0], np.float32), quat, np.zeros(4, bool))
        return Moment(pose, beat, 120.0, 0.5, self.clock.now_s - 0.1)

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


def stuck_client(port: int, *messages: str) -> socket.socket:
    """A client on a bare socket that says these texts and then never reads."""
    raw = socket.socket()
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    raw.connect(("127.0.0.1", port))
    raw.sendall(
        b"GET /ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
        b"Sec-WebSocket-Protocol: groovecast.v1+bin\r\n\r\n"
    )
    for message in messages:  # masked, by zeros
        raw.sendall(b"\x81" + bytes([0x80 | len(message)]) + bytes(4) + message.encode())
    return raw


def frames_in(content: bytes) -> Iterator[Frame]:
    """The pose frames in the bytes of a WebSocket stream, whole messages or nearly; texts are passed over."""
    while len(content) >= 4:
        length, begin = content[1], 2
        if length == 126:
            length, begin = int.from_bytes(content[2:4], "big"), 4
        message, content = content[begin : begin + length], content[begin + length :]
        if message.startswith(b"GC") and len(message) == length:
            yield decode_frame(message)
