"""A server that dances by sine waves: enough of protocol/PROTOCOL.md to build and test the page against.

python tests/page/fake_server.py [PORT]
"""

import asyncio
import io
import json
import math
import struct
import sys
import threading
import wave
from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path

import numpy as np
from jaxtyping import Float32
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.typing import Subprotocol

from groovecast.motion.pose import Pose
from groovecast.motion.skeleton import groovecast_skeleton
from groovecast.wire.frame import Frame, encode_frame
from groovecast.wire.messages import (
    Hello,
    Notice,
    Percentiles,
    Ping,
    Pong,
    Set,
    Song,
    State,
    Transport,
    decode_from_client,
    encode_text,
    skeleton_text,
)

ROOT = Path(__file__).resolve().parents[2]
DIST = ROOT / "clients" / "web" / "dist"
TEMPO_BPM = 120.0
FPS = 60
LOOK_AHEAD_S = 0.08
TRACK_S = 20.0
TRACK_RATE_HZ = 24000
_KINDS = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".vrm": "model/gltf-binary",
    ".wav": "audio/wav",
    ".txt": "text/plain; charset=utf-8",
}

PoseAt = Callable[[float], Pose]


def _turn(axis: tuple[float, float, float], degrees: float) -> Float32[np.ndarray, " 4"]:
    half = math.radians(degrees) / 2
    return np.array([math.cos(half), *(math.sin(half) * np.array(axis))], np.float32)


def _after(a: Float32[np.ndarray, " 4"], b: Float32[np.ndarray, " 4"]) -> Float32[np.ndarray, " 4"]:
    """Turn by b, then by a."""
    w, x, y, z = a
    m = np.array([[w, -x, -y, -z], [x, w, -z, y], [y, z, w, -x], [z, -y, x, w]])
    return np.asarray(m @ b, np.float32)


X, Y, Z = (1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)


def rest_pose(time_s: float) -> Pose:
    """The T-pose, always."""
    skeleton = groovecast_skeleton()
    quat = np.tile(np.array([1, 0, 0, 0], np.float32), (skeleton.joints, 1))
    return Pose(time_s, skeleton.rest_offset_m[0].copy(), quat, np.ones(4, bool))


def dancing_pose(time_s: float) -> Pose:
    """A groove in place: knees give on the beat, hips sway over two, arms swing, fingers half closed."""
    names = groovecast_skeleton().names
    pose = rest_pose(time_s)
    quat = pose.local_quat_wxyz
    beat = time_s * TEMPO_BPM / 60
    bounce = 0.5 + 0.5 * math.cos(2 * math.pi * beat)
    sway = math.sin(math.pi * beat)

    def turn(name: str, *turns: tuple[tuple[float, float, float], float]) -> None:
        for axis, degrees in turns:
            quat[names.index(name)] = _after(quat[names.index(name)], _turn(axis, degrees))

    bend = 14 + 16 * bounce
    for side, sign in (("left", 1.0), ("right", -1.0)):
        lift = max(0.0, sign * sway) * 16
        turn(f"{side}UpperLeg", (Z, sign * 5 - 2 * sway), (X, -bend - lift))
        turn(f"{side}LowerLeg", (X, 2 * bend + 1.6 * lift))
        turn(f"{side}Foot", (X, -bend - 0.6 * lift))
        turn(f"{side}Toes", (X, -lift))
        turn(f"{side}Shoulder", (Z, sign * (4 * bounce - 4)))
        turn(f"{side}UpperArm", (X, 18 * sign * sway), (Z, sign * (-58 + 10 * bounce + 8 * sway)))
        turn(f"{side}LowerArm", (Y, -sign * (62 + 26 * sway * sign)), (X, 15))
        turn(f"{side}Hand", (Z, sign * (-12 + 10 * sway)))
        for finger in ("Index", "Middle", "Ring", "Little"):
            for part, degrees in (("Proximal", 18), ("Intermediate", 28), ("Distal", 18)):
                turn(f"{side}{finger}{part}", (Z, -sign * degrees))
    turn("hips", (Y, 7 * sway), (Z, 4 * sway))
    turn("spine", (Y, -5 * sway), (Z, -4 * sway), (X, 4 * bounce))
    turn("chest", (Z, -3 * sway))
    turn("neck", (X, 6 * bounce - 3))
    turn("head", (Z, 4 * sway))
    pose.root_m[:] = (0.05 * sway, 0.955 - 0.82 * (1 - math.cos(math.radians(bend))), 0.0)
    return pose


def clicks() -> bytes:
    """A WAV of one click a beat, the first of four higher."""
    t = np.arange(int(TRACK_S * TRACK_RATE_HZ)) / TRACK_RATE_HZ
    beat = t * TEMPO_BPM / 60
    tone = np.where(np.floor(beat) % 4 == 0, 880.0, 440.0)
    sound = 0.4 * np.sin(2 * np.pi * tone * t) * np.exp(-30 * (beat % 1))
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(TRACK_RATE_HZ)
        file.writeframes((sound * 32767).astype("<i2").tobytes())
    return out.getvalue()


@dataclass
class FakeServer:
    """Serves the page and the stream on a thread of its own, until `stop`."""

    port: int = 0
    pose_at: PoseAt = dancing_pose
    heard: list[dict[str, object]] = field(default_factory=list)  # text messages of clients
    track: str = "/track/clicks.wav"
    asked: list[str] = field(default_factory=list)  # paths, in order
    song: bytearray = field(default_factory=bytearray)  # what clients sent as a song's samples
    _playing: bool = True
    _position_s: float = 0.0
    _at_s: float = 0.0
    _own: Song | None = None  # the client's song that is danced to
    _coming: Song | None = None
    _clients: set[ServerConnection] = field(default_factory=set)

    @property
    def address(self) -> str:
        """Of the page."""
        return f"http://127.0.0.1:{self.port}/"

    def start(self) -> None:
        """Listen; `port` says where once this returns."""
        ready = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, args=(ready,), daemon=True)
        self._thread.start()
        if not ready.wait(10):
            raise RuntimeError("asked for a server within 10 s, it has not started")

    def stop(self) -> None:
        """Hang up and end the thread."""
        self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join(10)

    def _run(self, ready: threading.Event) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._serve(ready))
        self._loop.close()

    async def _serve(self, ready: threading.Event) -> None:
        self._stopping = asyncio.Event()
        self._at_s = self._loop.time()
        protocols = [Subprotocol("groovecast.v1+bin")]
        server: Server
        async with serve(
            self._talk,
            "127.0.0.1",
            self.port,
            subprotocols=protocols,
            process_request=self._answer,
            compression=None,
        ) as server:
            self.port = next(iter(server.sockets)).getsockname()[1]
            ready.set()
            await self._stopping.wait()
            server.close(close_connections=True)

    def _answer(self, _: ServerConnection, request: Request) -> Response | None:
        path = request.path.partition("?")[0]
        self.asked.append(path)
        if path == "/ws":
            return None
        if path == self.track:
            return _respond(".wav", clicks())
        name = path.lstrip("/")
        file = DIST / {"": "index.html", "obs": "obs.html", "desk": "desk.html"}.get(name, name)
        if DIST in file.resolve().parents and file.is_file():
            return _respond(file.suffix, file.read_bytes())
        return Response(HTTPStatus.NOT_FOUND, "Not Found", Headers({"Content-Length": "0"}), b"")

    def _transport(self) -> str:
        own = self._own
        return encode_text(
            Transport(
                playing=self._playing,
                title=own.title if own else "Sine waves",
                track=None if own else self.track,
                local=own is not None,
                position_s=self._position_s,
                at_s=self._at_s,
                duration_s=own.samples / own.sample_rate_hz if own else TRACK_S,
            )
        )

    async def _talk(self, client: ServerConnection) -> None:
        skeleton, digest = skeleton_text()
        hello = Hello(
            version="0",
            session="fake",
            now_s=self._loop.time(),
            skeleton=digest,
            fps=FPS,
            look_ahead_s=LOOK_AHEAD_S,
            encoding="f32",
            joints=groovecast_skeleton().joints,
        )
        for text in (encode_text(hello), skeleton, self._transport()):
            await client.send(text)
        self._clients.add(client)
        dance = asyncio.create_task(self._dance(client))
        try:
            async for message in client:
                await self._hear(client, message)
        except ConnectionClosed:
            pass
        finally:
            self._clients.discard(client)
            dance.cancel()

    async def _hear(self, client: ServerConnection, message: str | bytes) -> None:
        if isinstance(message, bytes):
            await self._hear_sound(client, message)
            return
        heard = decode_from_client(message)
        now_s = self._loop.time()
        if isinstance(heard, Ping):
            await client.send(encode_text(Pong(t0=heard.t0, t1=now_s, t2=now_s)))
            return
        self.heard.append(json.loads(message))
        position_s = self._position_s + (now_s - self._at_s if self._playing else 0.0)
        if isinstance(heard, Song):
            self.song.clear()
            self._coming = heard
        elif isinstance(heard, Set) and heard.name == "playing":
            self._playing = bool(heard.value)
            await self._tell_transport(position_s)
        elif isinstance(heard, Set) and heard.name == "position_s":
            await self._tell_transport(float(heard.value))

    async def _hear_sound(self, client: ServerConnection, message: bytes) -> None:
        magic, first = struct.unpack_from("<4sI", message)
        if self._coming is None or magic != b"GCPC" or first * 2 != len(self.song):
            await client.send(encode_text(Notice(text="the song came out of order")))
            return
        self.song += message[8:]
        if len(self.song) == 2 * self._coming.samples:
            self._own, self._coming, self._playing = self._coming, None, True
            await self._tell_transport(0.0)

    def _state(self) -> str:
        return encode_text(
            State(
                tempo_bpm=TEMPO_BPM if self._playing else 0.0,
                confidence=0.97 if self._playing else 0.0,
                energy=0.5,
                silent=not self._playing,
                model="sine",
                engine="none",
                fps=FPS,
                misses=0,
                latency_ms=Percentiles(p50=12.0, p95=20.0, p99=30.0, max=40.0),
                clients=len(self._clients),
            )
        )

    async def _tell_transport(self, position_s: float) -> None:
        self._position_s, self._at_s = position_s, self._loop.time()
        for client in list(self._clients):
            await client.send(self._transport())

    async def _dance(self, client: ServerConnection) -> None:
        seq = 0
        begun_s = self._loop.time()
        while True:
            now_s = self._loop.time()
            show_s = begun_s + seq / FPS + LOOK_AHEAD_S
            media_s = self._position_s + (show_s - self._at_s if self._playing else 0.0)
            frame = Frame(
                pose=self.pose_at(show_s),
                seq=seq,
                t_capture_s=now_s,
                beat=media_s * TEMPO_BPM / 60,
                tempo_bpm=TEMPO_BPM if self._playing else 0.0,
                energy=0.5,
            )
            await client.send(encode_frame(frame))
            if seq % 15 == 0:
                await client.send(self._state())
            seq += 1
            await asyncio.sleep(max(0.0, begun_s + seq / FPS - self._loop.time()))


def _respond(suffix: str, content: bytes) -> Response:
    headers = Headers(
        {"Content-Type": _KINDS[suffix], "Content-Length": str(len(content)), "Connection": "close"}
    )
    return Response(HTTPStatus.OK, "OK", headers, content)


if __name__ == "__main__":
    own = FakeServer(port=int(sys.argv[1]) if len(sys.argv) > 1 else 8765)
    own.start()
    print(own.address)
    threading.Event().wait()
