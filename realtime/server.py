"""Poses to whoever watches: the page, the stream and the music on one port, in the frame loop's thread."""

import asyncio
import errno
import secrets
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote
from weakref import WeakSet

import msgspec
import numpy as np
from jaxtyping import Float32
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.protocol import State as Stage
from websockets.typing import Subprotocol

from groovecast.wire.desk_messages import (
    CalibrateWish,
    Crew,
    CueWish,
    DeskWish,
    LearnWish,
    ToDesk,
)
from groovecast.wire.errors import InputRefused, WireError
from groovecast.wire.live_sound import LIVE_SOUND_MAGIC, decode_live_sound
from groovecast.wire.messages import (
    BINARY_SUBPROTOCOL,
    JSON_SUBPROTOCOL,
    Hello,
    Input,
    Notice,
    Ping,
    Pong,
    SendInput,
    Set,
    Song,
    State,
    Subscribe,
    Tap,
    Transport,
    decode_from_client,
    skeleton_text,
)
from groovecast.wire.moment import Moment
from groovecast.wire.song import ComingSong
from realtime.addresses import addresses_of
from realtime.backstage import Backstage
from realtime.page import CHUNK_BYTES, STREAM_PATH, Door, Page, write_slowly
from realtime.timeline import Delivery, Timeline, View
from realtime.watcher import Watcher

_MAX_TEXT = 16 * 1024
_MAX_MESSAGE_BYTES = 1 << 20
# a client that stops reading is cut off by two unanswered pings of the WebSocket library (20 s each);
# the music of a slow reader gets longer than the library's 10 s
_OPEN_TIMEOUT_S = 300
_OLDEST_TAP_S = 2.0  # a tap that says to be older counts as made when it came


@dataclass(frozen=True)
class ServerSettings:
    """Where to serve, to whom, and how fast."""

    host: str = "127.0.0.1"
    port: int = 8765  # 0: any that is free
    token: str | None = None
    fps: float = 60.0  # how many moments of a dancer are sent a second
    look_ahead_s: float = 0.08  # how far before their time poses go to a client that does not say
    max_clients: int = 256

    def __post_init__(self) -> None:
        if not 0 <= self.port <= 65535:
            raise ValueError(f"asked for port {self.port}: give --port N, 1 to 65535")
        if self.token is None and not Door(self.host).loopback:
            danger = "without a token everybody on the network could watch and steer"
            raise ValueError(
                f"asked to serve on {self.host}: {danger}: give --token WORD, or leave --host away"
            )


class PoseServer:
    """The page at `/`, the stream at `/ws`, tracks at `/track/<id>.wav`, as PROTOCOL.md says.

    All methods belong to the thread of the asyncio loop; none waits for a client.
    """

    def __init__(
        self, settings: ServerSettings, page_dir: Path, backstage: Backstage, clock_now: Callable[[], float]
    ) -> None:
        self._settings = settings
        self._door = Door(settings.host, settings.token)
        self._page = Page(page_dir)
        self._backstage = backstage
        self._now = clock_now
        self._clients: list[Watcher] = []
        self._timeline = Timeline()
        self._transport: Transport | None = None
        self._input: Input | None = None
        self._input_client: object = None
        self._crew: Crew | None = None
        self._came = 0  # how many clients so far
        self._skeleton, self._skeleton_hash = skeleton_text()
        self._session = secrets.token_hex(4)
        self._server: Server | None = None
        self._lines: WeakSet[ServerConnection] = WeakSet()
        self.port = settings.port
        self.dropped = 0  # frames, of all clients since the start

    async def __aenter__(self) -> Self:
        host = "127.0.0.1" if self._settings.host == "localhost" else self._settings.host
        try:
            self._server = await serve(
                self._serve_client,
                host,
                self._settings.port,
                process_request=self._answer_http,
                select_subprotocol=_subprotocol,
                compression=None,  # the default costs milliseconds a frame
                max_size=_MAX_MESSAGE_BYTES,
                open_timeout=_OPEN_TIMEOUT_S,
                close_timeout=1,
                server_header=None,
                create_connection=_remembering(self._lines),
            )
        except OSError as why:
            raise OSError(_in_words(why, self._settings)) from None
        self.port = next(iter(self._server.sockets)).getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._server is None:
            return
        self._server.close()
        for line in self._lines:
            # who has not got as far as the stream is not waited for: a browser's spare connection, a download
            if line.state is Stage.CONNECTING:
                line.transport.abort()
        await self._server.wait_closed()

    @property
    def url(self) -> str:
        """Where a browser on this machine finds the page."""
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self._settings.host, self._settings.host)
        name = f"[{host}]" if ":" in host else host
        query = f"?token={quote(self._settings.token)}" if self._settings.token else ""
        return f"http://{name}:{self.port}/{query}"

    @property
    def clients(self) -> int:
        """How many are watching."""
        return len(self._clients)

    def serve_track(self, track_id: str, wav: bytes) -> str:
        """Offer a WAV file, and it alone; the address for `Transport.track`."""
        self._page.tracks = {track_id: wav}
        return f"/track/{track_id}.wav"

    @property
    def look_aheads_s(self) -> set[float]:
        """How far before their time poses are waited for; whoever sends them looks ahead as far as the largest."""
        return {self._settings.look_ahead_s, *(client.look_ahead_s for client in self._clients)}

    def send(self, *moments: Moment) -> None:
        """Pass on what is to be seen at each `moment.pose.time_s`: new ones in that order, and known ones.

        A client gets each as long before its time as it asked for. One that is known and is told with another pose
        was planned anew: who had it gets it again, but for those who look ahead 0.1 s or less. What a client has no
        room for is lost for it when it is over. A moment with a number that is not finite is dropped for all.
        """
        now_s = self._now()
        for moment in moments:
            if moment.finite:
                self._timeline.put(moment)
            else:
                self.dropped += len(self._clients)
                for client in self._clients:
                    client.dropped += 1
        deliveries: dict[View, Delivery] = {}
        for client in self._clients:
            view = client.view
            delivery = deliveries.get(view)
            if delivery is None:
                delivery = deliveries[view] = self._timeline.delivery(view, now_s)
            client.take(delivery)
        over = self._timeline.forget(now_s)
        for client in self._clients:
            self.dropped += client.lose(over)

    def publish(self, message: Transport | State | Notice) -> None:
        """Tell every client; the latest transport is kept for those who come later."""
        if isinstance(message, Transport):
            self._transport = message
        for client in self._clients:
            if isinstance(message, State):
                totals = {"clients": self.clients, "dropped": self.dropped, "dropped_here": client.dropped}
                client.tell(msgspec.structs.replace(message, **totals))
            else:
                client.tell(message)

    def publish_crew(self, crew: Crew) -> None:
        """Tell every client who is on the stage; kept for those who come later."""
        more = self._crew is None or len(crew.dancers) != len(self._crew.dancers)
        self._crew = crew
        for client in self._clients:
            if more:
                client.expect(len(crew.dancers))
            client.tell(crew)

    def publish_desk(self, message: ToDesk) -> None:
        """Tell every desk."""
        for client in self._clients:
            if client.desk:
                client.tell(message)

    @property
    def desks(self) -> int:
        """How many desks there are."""
        return sum(client.desk for client in self._clients)

    def publish_input(self, message: Input, client: object) -> None:
        """Tell every client who sends live sound: `client`, or None; kept for those who come later."""
        self._input, self._input_client = message, client
        for one in self._clients:
            one.tell(self._input_for(one, message))

    def _input_for(self, client: Watcher, message: Input) -> Input:
        return msgspec.structs.replace(message, yours=client is self._input_client)

    async def _answer_http(self, connection: ServerConnection, request: Request) -> Response | None:
        """Turn away, answer, or (None) let the stream begin."""
        refusal = self._door.refusal(request)
        if refusal is not None:
            return refusal
        if request.path.partition("?")[0] == STREAM_PATH:
            return None
        response = self._page.answer(request)
        if len(response.body) <= CHUNK_BYTES:
            return response
        await write_slowly(connection, response)
        return None  # the connection is closed by now: nothing more is sent

    async def _serve_client(self, connection: ServerConnection) -> None:
        """One client, from its first message to its last."""
        chosen = connection.subprotocol
        if chosen not in (None, BINARY_SUBPROTOCOL, JSON_SUBPROTOCOL):
            known = f"this server speaks {BINARY_SUBPROTOCOL} and {JSON_SUBPROTOCOL}"
            return await connection.close(1002, f"asked for {chosen[:32]}, {known}")
        if self.clients >= self._settings.max_clients:
            return await connection.close(1013, f"{self.clients} clients watch already, try again later")
        wanted, coming = self._settings, self._timeline
        client = Watcher(connection, wanted.fps, wanted.look_ahead_s, coming.first_seq, coming.changes)
        # all in one breath, so that no transport is published in between
        client.tell(self._hello(client))
        client.write(self._skeleton)
        if self._transport is not None:
            client.tell(self._transport)
        if self._input is not None:
            client.tell(self._input_for(client, self._input))
        if self._crew is not None:
            client.expect(len(self._crew.dancers))
            client.tell(self._crew)
        self._came += 1
        client.number = self._came
        self._clients.append(client)
        try:
            async for message in connection:
                if isinstance(message, str) and (wait_s := client.wait_s(self._now())) > 0:
                    await asyncio.sleep(wait_s)
                try:
                    await self._hear(client, message)
                except InputRefused as why:
                    client.tell(Notice(text=str(why), code=why.code))
                except ValueError as why:
                    client.tell(Notice(text=str(why)))
        except ConnectionClosed:
            pass  # it went without a word; that is its right
        finally:
            self._clients.remove(client)
            self._backstage.leave_input(client)

    async def _hear(self, client: Watcher, said: str | bytes) -> None:
        """Do what a client says. Raises ValueError when it cannot be done."""
        arrived_s = self._now()
        if isinstance(said, bytes) and said.startswith(LIVE_SOUND_MAGIC):
            return self._hear_sound(client, said)
        if isinstance(said, bytes):
            song = client.hear_song(said)
            if song is not None:
                samples = await asyncio.to_thread(_floats, song.samples)
                await self._backstage.song(client, song.title, samples, song.sample_rate_hz)
            return
        if len(said) > _MAX_TEXT:
            raise WireError(f"a text message has at most {_MAX_TEXT} characters, found {len(said)}")
        match decode_from_client(said):
            case Ping(t0=t0):
                if client.has_room():
                    client.tell(Pong(t0=t0, t1=arrived_s, t2=self._now()))
            case Subscribe() as wish:
                client.subscribe(wish)
                client.tell(client.subscribed())
            case Set(name=name, value=value):
                self._backstage.set(name, value, f"page {client.number}")
            case DeskWish():
                client.desk = True
                for message in self._backstage.greeting():
                    client.tell(message)
            case CueWish() | LearnWish() | CalibrateWish() as wish:
                self._backstage.hear_desk(wish, f"page {client.number}")
            case Tap(at_s=at_s):
                # a page whose clock is not measured yet may say anything
                believed = at_s is not None and arrived_s - _OLDEST_TAP_S <= at_s <= arrived_s
                self._backstage.tap(at_s if believed and at_s is not None else arrived_s)
            case SendInput(kind="off"):
                self._backstage.leave_input(client)
            case SendInput(kind="microphone" | "tab" as kind, label=label):
                self._backstage.take_input(client, kind, label)
            case Song() as announced:
                client.song = ComingSong(announced)

    def _hear_sound(self, client: Watcher, said: bytes) -> None:
        if client is not self._input_client:
            return  # it was told so when it asked; not with every block
        try:
            sound = decode_live_sound(said)
        except WireError as why:
            self._backstage.leave_input(client)
            raise InputRefused("input_limit", str(why)) from None
        self._backstage.hear_input(client, sound)

    def _hello(self, client: Watcher) -> Hello:
        gets = client.subscribed()
        return Hello(
            version=_version(),
            session=self._session,
            now_s=self._now(),
            skeleton=self._skeleton_hash,
            fps=gets.fps,
            look_ahead_s=gets.look_ahead_s,
            encoding=gets.encoding,
            joints=gets.joints,
            blocks=gets.blocks,
            addresses=tuple(addresses_of(self._settings.host, self.port)),
        )


def _floats(samples: np.ndarray) -> Float32[np.ndarray, " samples"]:
    """16-bit samples as -1 to 1."""
    return samples.astype(np.float32) / np.float32(32768)


def _remembering(lines: WeakSet[ServerConnection]) -> type[ServerConnection]:
    """Connections that are kept in `lines`, from the first byte on, so that they can be ended."""

    class Line(ServerConnection):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            super().connection_made(transport)
            lines.add(self)

    return Line


def _subprotocol(connection: ServerConnection, offered: Sequence[Subprotocol]) -> Subprotocol | None:
    """The first that we know; else the client's first, so that a browser lets us say why we close."""
    known = (name for name in offered if name in (BINARY_SUBPROTOCOL, JSON_SUBPROTOCOL))
    return next(known, next(iter(offered), None))


def _version() -> str:
    """The installed version; "checkout" where the code runs without being installed."""
    try:
        return version("groovecast")
    except PackageNotFoundError:
        return "checkout"


def _in_words(why: OSError, settings: ServerSettings) -> str:
    """What was asked, what was found, the mend."""
    asked = f"asked to serve on {settings.host}:{settings.port}"
    if why.errno == errno.EADDRINUSE:
        return f"{asked}, another program listens there: choose another port with --port N"
    if why.errno == errno.EACCES:
        return f"{asked}, this port is not allowed: choose one from 1024 up with --port N"
    if why.errno == errno.EADDRNOTAVAIL or isinstance(why, socket.gaierror):
        return f"{asked}, this machine has no such address: leave --host away, or give one that it has"
    return f"{asked}, which failed ({why}): choose another with --host and --port"
