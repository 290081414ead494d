"""The connection to a show over asyncio: it stays, whatever the network does, and gives a pose for every moment."""

import asyncio
import itertools
import json
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import suppress
from types import TracebackType
from urllib.parse import quote, urlsplit, urlunsplit

from websockets.asyncio.client import ClientConnection
from websockets.asyncio.client import connect as open_line
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus
from websockets.typing import Subprotocol

from groovecast_client import own_clock
from groovecast_client.frame import Frame
from groovecast_client.jitter_buffer import Pose
from groovecast_client.messages import Hello, Notice, State, Text, Transport
from groovecast_client.show import Counts, Show, Wish
from groovecast_client.skeleton import Skeleton

SUBPROTOCOL = "groovecast.v1+bin"
_FIRST_WAIT_S, _LONGEST_WAIT_S = 0.25, 5.0
_FIRST_PINGS, _FIRST_PING_S, _PING_S = 8, 0.06, 1.0  # the first ones measure the clock quickly
_ALIVE_S = 2.0  # a line is asked for a sign of life so often, and given up after as long again
_MAX_MESSAGE_BYTES = 1 << 20
_NEVER = {
    401: "give token=...",
    403: "open it by the address that it serves",
    404: "is this a Groovecast server?",
}
_log = logging.getLogger("groovecast_client")


class Refused(ConnectionError):
    """The server will not have this client, however often it asks; the text says the mend."""


def connect(
    url: str,
    token: str | None = None,
    wish: Wish = Wish(),  # noqa: B008  it is frozen
    delay_s: float = 0.0,
    on_text: Callable[[Text], None] | None = None,
    reconnect: bool = True,
) -> "Client":
    """A show to watch: `async for pose in connect(url)`, or `async with connect(url) as client` and `client.pose_at()`.

    `url` is where the page is, or the stream. `delay_s` shows the dance later, for sound that is heard later.
    `on_text` is called with every text (State, Transport, Notice, ...). Without `reconnect` the first loss is raised.
    """
    return Client(url, token, wish, Show(delay_s, on_text), reconnect)


class Client:
    """One show, watched. Made by `connect`."""

    def __init__(self, url: str, token: str | None, wish: Wish, show: Show, reconnect: bool) -> None:
        self.url = stream_address(url, token)
        self._token = token if token is not None and token.isascii() else None
        self._wish = wish
        self._show = show
        self._reconnect = reconnect
        self._line: ClientConnection | None = None
        self._staying: asyncio.Task[None] | None = None
        self._greeted: asyncio.Event | None = None  # once
        self._greeted_now = False  # on this line
        self._readers: set[asyncio.Queue[Frame]] = set()

    # --- what is known

    def pose_at(self, now_s: float | None = None, dancer: int = 0) -> Pose | None:
        """Any thread. How a dancer stands now, or at a time of `time.monotonic()`; None before the dance is known."""
        return self._show.pose_at(own_clock.now_s() if now_s is None else now_s, dancer)

    def server_now_s(self, now_s: float | None = None) -> float | None:
        """The server's time now: what `next_beat_s` and `Transport.at_s` are to be compared with."""
        return self._show.clock.measured(own_clock.now_s() if now_s is None else now_s)

    @property
    def connected(self) -> bool:
        """Whether there is a line to the server now."""
        return self._line is not None

    @property
    def dancers(self) -> tuple[int, ...]:
        """The numbers of the dancers that have been seen."""
        return self._show.dancers

    @property
    def skeleton(self) -> Skeleton | None:
        """The figure's bones."""
        return self._show.skeleton

    @property
    def state(self) -> State | None:
        """How the show is doing, as the server said last."""
        return self._show.state

    @property
    def transport(self) -> Transport | None:
        """Where the music is."""
        return self._show.transport

    @property
    def notice(self) -> Notice | None:
        """What the server last had to say to the person."""
        return self._show.notice

    @property
    def counts(self) -> Counts:
        """How well the show arrives."""
        return self._show.counts

    # --- what is done

    async def say(self, kind: str, **fields: object) -> None:
        """Send a text: `await client.say("set", name="intensity", value=1.5)`. Nothing happens without a line."""
        if self._line is not None:
            with suppress(ConnectionClosed):  # who listens finds that out too, and mends it
                await self._line.send(json.dumps({"type": kind, **fields}))

    async def __aenter__(self) -> "Client":
        """Connect, and wait until the server has said hello. Raises Refused."""
        self._greeted = asyncio.Event()
        self._staying = asyncio.create_task(self.stay())
        greeting = asyncio.create_task(self._greeted.wait())
        try:
            await asyncio.wait((self._staying, greeting), return_when=asyncio.FIRST_COMPLETED)
        except BaseException:
            await self.close()
            raise
        finally:
            greeting.cancel()
        if self._staying.done():
            self._staying.result()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """End the connection."""
        if self._staying is not None:
            self._staying.cancel()
            await asyncio.wait((self._staying,))
            self._staying = None

    async def __aiter__(self) -> AsyncGenerator[Pose, None]:
        """The first dancer's pose, as often a second as was wished for, each at its time."""
        async with _entered(self):
            frame_s = 1 / (self._wish.fps or 60)
            due_s = own_clock.now_s()
            while True:
                self._raise_end()
                if (pose := self.pose_at()) is not None:
                    yield pose
                now_s = own_clock.now_s()
                due_s = max(due_s + frame_s, now_s - frame_s)  # what was missed is left out
                await asyncio.sleep(max(0.0, due_s - now_s))

    async def frames(self) -> AsyncIterator[Frame]:
        """All frames of all dancers as they come, early and late, for those who keep or pass them on."""
        async with _entered(self):
            queue: asyncio.Queue[Frame] = asyncio.Queue()
            self._readers.add(queue)
            try:
                while True:
                    coming = asyncio.ensure_future(queue.get())
                    assert self._staying is not None
                    await asyncio.wait((coming, self._staying), return_when=asyncio.FIRST_COMPLETED)
                    if not coming.done():
                        coming.cancel()
                    self._raise_end()
                    yield coming.result()
            finally:
                self._readers.discard(queue)

    # --- staying connected

    def _raise_end(self) -> None:
        """Raise why the connection has ended for good, if it has."""
        if self._staying is not None and self._staying.done():
            self._staying.result()

    async def stay(self) -> None:
        """Connect, listen, and begin again when the line is lost. Raises Refused when that is of no use."""
        wait_s, told = _FIRST_WAIT_S, ""
        headers = {"Authorization": f"Bearer {self._token}"} if self._token else {}
        while True:
            self._greeted_now = False
            try:
                async with open_line(
                    self.url,
                    subprotocols=[Subprotocol(SUBPROTOCOL)],
                    additional_headers=headers,
                    compression=None,
                    max_size=_MAX_MESSAGE_BYTES,
                    open_timeout=_LONGEST_WAIT_S,
                    close_timeout=1,
                    ping_interval=_ALIVE_S,
                    ping_timeout=_ALIVE_S,
                    proxy=None,
                ) as line:
                    try:
                        lost = await self._listen(line)
                    finally:
                        await _closed(line)
            except InvalidStatus as answer:
                status = answer.response.status_code
                if status in _NEVER:
                    raise Refused(
                        f"asked to watch {self.url}, it answered {status}: {_NEVER[status]}"
                    ) from None
                lost = f"it answered {status}"
            except (OSError, InvalidHandshake, asyncio.TimeoutError) as why:
                if isinstance(why, Refused):
                    raise
                lost = str(why) or type(why).__name__
            if not self._reconnect:
                raise ConnectionError(f"asked to watch {self.url}, {lost}: is the show running there?")
            wait_s = _FIRST_WAIT_S if self._greeted_now else wait_s
            if lost != told:  # once is enough for a server that is off overnight
                _log.warning("no line to %s (%s): trying again until there is one", self.url, lost)
            told = "" if self._greeted_now else lost
            await asyncio.sleep(wait_s)
            wait_s = min(2 * wait_s, _LONGEST_WAIT_S)

    async def _listen(self, line: ClientConnection) -> str:
        """Hear all that comes, until nothing more does; how it ended. Raises Refused."""
        asking = asyncio.create_task(self._ask(line))
        try:
            async for message in line:
                self._hear(message, line)
        except ConnectionClosed:
            pass  # how it was closed is looked at below, in a good and in a bad end
        finally:
            self._line = None
            asking.cancel()
        if line.close_code == 1002:
            raise Refused(f"asked {self.url} for {SUBPROTOCOL}: {line.close_reason}")
        return f"it ended with {line.close_code} {line.close_reason or ''}".rstrip()

    def _hear(self, message: str | bytes, line: ClientConnection) -> None:
        heard = self._show.hear(message, own_clock.now_s())
        if isinstance(heard, Frame):
            for queue in self._readers:
                queue.put_nowait(heard)
        elif isinstance(heard, Hello):
            self._line, self._greeted_now = line, True
            if self._greeted is not None:
                self._greeted.set()

    async def _ask(self, line: ClientConnection) -> None:
        """Say what is wished for, then ask the time again and again."""
        with suppress(ConnectionClosed):
            await line.send(self._wish.text())
            for count in itertools.count():
                await line.send(json.dumps({"type": "ping", "t0": own_clock.now_s()}))
                await asyncio.sleep(_FIRST_PING_S if count < _FIRST_PINGS else _PING_S)


async def _closed(line: ClientConnection) -> None:
    """End a line; a server that does not answer in time is not waited for, only the socket."""
    await line.close()
    await line.wait_closed()


class _entered:
    """A client that is connected for a while: by this block, or by one around it, which then ends it."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._ours = client._staying is None

    async def __aenter__(self) -> None:
        if self._ours:
            await self._client.__aenter__()

    async def __aexit__(self, *_: object) -> None:
        if self._ours:
            await self._client.close()


def stream_address(url: str, token: str | None = None) -> str:
    """The address of the stream, from that of the page, of the stream, or a bare host:port.

    A token goes into a header, where no log keeps it; one that a header cannot hold goes into the address.
    """
    parts = urlsplit(url if "://" in url else f"ws://{url}")
    scheme = {"http": "ws", "https": "wss"}.get(parts.scheme, parts.scheme)
    if scheme not in ("ws", "wss") or not parts.hostname:
        raise ValueError(f"asked to watch {url!r}: give an address like http://127.0.0.1:8765/")
    path = parts.path if parts.path not in ("", "/") else "/ws"
    query = parts.query
    if token is not None and not token.isascii():
        query = "&".join(filter(None, (query, f"token={quote(token)}")))
    return urlunsplit((scheme, parts.netloc, path, query, ""))
