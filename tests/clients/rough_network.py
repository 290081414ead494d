"""A bad network for tests: a relay before a Groovecast server that delays, jitters, loses and reorders what passes.

    python tests/clients/rough_network.py 127.0.0.1:8765 --listen 127.0.0.1:0 --seed 1

It says where it listens in its first line of output and runs until it is ended (or for --seconds), then says what it
did. It ends the WebSocket on both sides and passes whole messages on; the page and its files go through as they are.
Poses are lost and overtake one another as datagrams would. Texts are as late, but never lost nor overtaken: the
protocol relies on that. With --in-order poses are not lost either: as with TCP, one that was lost comes later, and
those behind it wait.
"""

import argparse
import asyncio
import http.client
import random
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus
from websockets.http11 import Request, Response
from websockets.typing import Subprotocol

# The relay makes these itself, or they belong to one leg of the way.
_HOP_HEADERS = {
    "connection", "host", "upgrade", "sec-websocket-key", "sec-websocket-version", "sec-websocket-extensions",
    "sec-websocket-protocol", "transfer-encoding", "accept-encoding",
}  # fmt: skip
_BEHIND_S = 1e-6  # as far behind the one before comes what may not overtake it


@dataclass(frozen=True)
class Roughness:
    """How bad the network is; each message is delayed by `delay_s` plus or minus up to `jitter_s`, evenly spread."""

    delay_s: float = 0.040
    jitter_s: float = 0.030
    loss: float = 0.02
    seed: int = 1
    in_order: bool = False  # as TCP: nothing overtakes, and what was lost is sent again
    resent_s: float = 0.2  # how much later it then comes (Linux waits 200 ms at least before it sends again)
    both_ways: bool = True  # what the client says is as late, never lost

    def __post_init__(self) -> None:
        if not 0 <= self.jitter_s <= self.delay_s:
            raise ValueError(
                f"asked for a jitter of {self.jitter_s} s and a delay of {self.delay_s} s: less jitter"
            )
        if not 0 <= self.loss <= 1:
            raise ValueError(f"asked to lose {self.loss} of the poses, a share is 0 to 1")


@dataclass
class Passed:
    """What the relay did, over all its connections."""

    poses: int = 0  # that came from the server, lost ones too
    lost: int = 0  # in order: that were sent again
    overtaken: int = 0  # poses that left after a later one
    texts: int = 0
    connections: int = 0

    def __str__(self) -> str:
        return (
            f"{self.connections} connections, {self.poses} poses ({self.lost} lost, {self.overtaken} overtaken), "
            f"{self.texts} texts"
        )


@dataclass
class _Way:
    """One direction of one connection: when each message leaves, and in which order."""

    rough: Roughness
    random: random.Random
    passed: Passed
    losing: bool  # down to the client
    _leaving: "asyncio.Queue[str | bytes | None]" = field(default_factory=asyncio.Queue)
    _last_text_s: float = 0.0
    _last_s: float = 0.0  # when the latest of all leaves

    def take(self, message: str | bytes) -> None:
        """A message came: it leaves later, or never."""
        rough, now_s = self.rough, asyncio.get_running_loop().time()
        pose = self.losing and isinstance(message, bytes)
        if self.losing:
            self.passed.poses += pose
            self.passed.texts += not pose
        elif not rough.both_ways:
            self._leaving.put_nowait(message)
            return
        # both are drawn for each message, so that a seed means the same whatever is lost
        due_s = now_s + rough.delay_s + self.random.uniform(-rough.jitter_s, rough.jitter_s)
        lost = self.random.random() < rough.loss and pose
        self.passed.lost += lost
        if lost and not rough.in_order:
            return
        if rough.in_order:
            due_s = max(due_s + (rough.resent_s if lost else 0.0), self._last_s + _BEHIND_S)
        elif not pose:
            due_s = self._last_text_s = max(due_s, self._last_text_s + _BEHIND_S)
        elif due_s < self._last_s:
            self.passed.overtaken += 1
        self._at(due_s, message)

    def end(self) -> None:
        """Nothing more comes."""
        self._at(self._last_s + _BEHIND_S, None)

    async def leave(self, line: ServerConnection | ClientConnection) -> None:
        """Send what is due, until the end."""
        with suppress(ConnectionClosed):
            while (message := await self._leaving.get()) is not None:
                await line.send(message)

    def _at(self, due_s: float, message: str | bytes | None) -> None:
        self._last_s = max(self._last_s, due_s)
        asyncio.get_running_loop().call_at(due_s, self._leaving.put_nowait, message)


class RoughNetwork:
    """Listens at `port` and relays to the server at `to_host:to_port`; `async with RoughNetwork(port) as rough:`."""

    def __init__(
        self,
        to_port: int,
        roughness: Roughness = Roughness(),
        *,
        to_host: str = "127.0.0.1",
        host: str = "127.0.0.1",
        port: int = 0,
    ) -> None:
        self._to = to_host, to_port
        self._rough = roughness
        self._at = host, port
        self._upstream: dict[ServerConnection, ClientConnection] = {}
        self._server: Server | None = None
        self.port = port
        self.passed = Passed()

    async def __aenter__(self) -> Self:
        self._server = await serve(
            self._relay,
            *self._at,
            process_request=self._answer,
            select_subprotocol=self._chosen,
            compression=None,
            max_size=None,
            ping_interval=None,
            close_timeout=1,
        )
        self.port = next(iter(self._server.sockets)).getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server is not None
        self._server.close()
        await self._server.wait_closed()
        for left in self._upstream.values():  # of clients that went before they were answered
            left.transport.abort()
            await left.wait_closed()

    async def cut_off(self) -> None:
        """End every connection without a word, as a cable that is pulled out; new ones are relayed."""
        for connection in list(self._upstream):
            connection.transport.abort()

    async def _answer(self, connection: ServerConnection, request: Request) -> Response | None:
        """A file is fetched and passed on; for a stream the server is asked before the client is answered."""
        headers = [
            (name, text) for name, text in request.headers.raw_items() if name.lower() not in _HOP_HEADERS
        ]
        if request.headers.get("Upgrade", "").lower() != "websocket":
            return await asyncio.to_thread(self._fetch, request.path, dict(headers))
        offered = [
            Subprotocol(name.strip())
            for line in request.headers.get_all("Sec-WebSocket-Protocol")
            for name in line.split(",")
        ]
        host, port = self._to
        try:
            self._upstream[connection] = await connect(
                f"ws://{host}:{port}{request.path}",
                subprotocols=offered or None,
                additional_headers=headers,
                user_agent_header=None,
                compression=None,
                max_size=None,
                ping_interval=None,
                close_timeout=1,
                proxy=None,
            )
        except InvalidStatus as refused:
            return refused.response
        except (OSError, InvalidHandshake) as why:
            return Response(502, "Bad Gateway", Headers(), f"{why}\n".encode())
        return None

    def _fetch(self, path: str, headers: dict[str, str]) -> Response:
        """A file of the server, whole; in a thread."""
        line = http.client.HTTPConnection(*self._to, timeout=20)
        try:
            line.request("GET", path, headers=headers)
            got = line.getresponse()
            body = got.read()
        except (OSError, http.client.HTTPException) as why:
            return Response(502, "Bad Gateway", Headers(), f"{why}\n".encode())
        finally:
            line.close()
        kept = [(name, text) for name, text in got.getheaders() if name.lower() not in _HOP_HEADERS]
        return Response(got.status, got.reason, Headers(kept), body)

    def _chosen(self, connection: ServerConnection, offered: Sequence[Subprotocol]) -> Subprotocol | None:
        return self._upstream[connection].subprotocol

    async def _relay(self, client: ServerConnection) -> None:
        """Pass on both ways until one side ends, then end the other alike."""
        server = self._upstream[client]
        number, self.passed.connections = self.passed.connections, self.passed.connections + 1
        down, up = (
            _Way(self._rough, random.Random(f"{self._rough.seed} {number} {way}"), self.passed, way == "down")
            for way in ("down", "up")
        )

        tasks = [
            asyncio.create_task(self._carry(server, client, down)),
            asyncio.create_task(self._carry(client, server, up)),
        ]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            with suppress(ConnectionClosed):
                await server.close(*_ended(client))
            with suppress(ConnectionClosed):
                await client.close(*_ended(server))
            await server.wait_closed()
            del self._upstream[client]

    async def _carry(
        self,
        source: ServerConnection | ClientConnection,
        to: ServerConnection | ClientConnection,
        way: "_Way",
    ) -> None:
        """Pass on what one side says, to the last message that is on its way when it ends."""
        leaving = asyncio.create_task(way.leave(to))
        try:
            with suppress(ConnectionClosed):
                async for message in source:
                    way.take(message)
            way.end()
            await leaving
        finally:
            leaving.cancel()


def _ended(line: ServerConnection | ClientConnection) -> tuple[int, str]:
    """The code and reason with which one side ended, as the other may be told them."""
    code = line.close_code
    if code is None or code in (1005, 1006, 1015):  # these never travel
        return 1000, ""
    return code, line.close_reason or ""


def _address(words: str) -> tuple[str, int]:
    host, _, port = words.rpartition(":")
    if not port.isdigit():
        raise argparse.ArgumentTypeError(f"asked for {words!r}, an address is HOST:PORT")
    return host or "127.0.0.1", int(port)


async def _run(asked: argparse.Namespace) -> None:
    rough = Roughness(
        asked.delay_ms / 1000, asked.jitter_ms / 1000, asked.loss, asked.seed, asked.in_order,
        both_ways=not asked.one_way,
    )  # fmt: skip
    (to_host, to_port), (host, port) = asked.server, asked.listen
    async with RoughNetwork(to_port, rough, to_host=to_host, host=host, port=port) as network:
        print(
            f"rough network at http://{host}:{network.port}/ before {to_host}:{to_port}, {rough}", flush=True
        )
        try:
            await asyncio.sleep(asked.seconds if asked.seconds is not None else 1e9)
        finally:
            print(network.passed, flush=True)


def main(words: Sequence[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("server", type=_address, help="HOST:PORT of the Groovecast server")
    parser.add_argument(
        "--listen", type=_address, default=("127.0.0.1", 0), help="HOST:PORT; port 0: any that is free"
    )
    parser.add_argument("--delay-ms", type=float, default=40.0)
    parser.add_argument("--jitter-ms", type=float, default=30.0)
    parser.add_argument("--loss", type=float, default=0.02, help="share of the poses, 0 to 1")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--in-order", action="store_true", help="as TCP does: late instead of lost")
    parser.add_argument("--one-way", action="store_true", help="what the client says is passed on at once")
    parser.add_argument("--seconds", type=float, help="end after so long")
    with suppress(KeyboardInterrupt):
        asyncio.run(_run(parser.parse_args(words)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
