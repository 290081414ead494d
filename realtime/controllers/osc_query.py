"""OSCQuery: what can be turned, told over HTTP, so that TouchOSC, Chataigne and TouchDesigner build their panels.

It has a port of its own beside OSC's. The same port takes WebSockets: who says LISTEN there is sent what changes.
"""

import asyncio
import errno
import re
from contextlib import suppress
from http import HTTPStatus
from ipaddress import ip_address

import msgspec
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from groovecast.wire.osc import osc_message, osc_text
from groovecast.wire.osc_packet import MOST_BYTES
from realtime.controllers.controller import Change, TurnedDesk
from realtime.controllers.listening import Address
from realtime.controllers.osc_feedback import QUIET_S, host_of
from realtime.controllers.osc_hands import ROOT
from realtime.controllers.osc_in import OscIn
from realtime.controllers.osc_namespace import ATTRIBUTES, OscNamespace
from realtime.desk.control import Control
from realtime.page import Door, reply

NAME = "Groovecast"
_MOST_CLIENTS = 16
_REST_S = 0.01
_JSON = {"Content-Type": "application/json"}
_EXTENSIONS = {
    "ACCESS": True,
    "CLIPMODE": True,
    "DESCRIPTION": True,
    "LISTEN": True,
    "PATH_CHANGED": True,
    "RANGE": True,
    "TAGS": True,
    "TYPE": True,
    "UNIT": True,
    "VALUE": True,
}


class Command(msgspec.Struct, rename="upper"):
    """What a client says over its WebSocket."""

    command: str
    data: str = ""


class _Listener:
    """One WebSocket: what it listens to, and what it has not been told yet."""

    def __init__(self, connection: ServerConnection) -> None:
        self.connection = connection
        # the same words as for UDP: it, too, turns controls by OSC
        host, port = connection.remote_address[:2]
        self.by = f"osc {Address(str(host), int(port))}"
        self.listens: set[str] = set()
        self.waiting: dict[str, bytes | str] = {}
        self.later: dict[str, float] = {}  # controls that its own hand may be on, and until when
        self.news = asyncio.Event()

    def tell(self, about: str, message: bytes | str) -> None:
        """The newest about each thing, as soon as there is room; never waits."""
        self.waiting[about] = message
        self.news.set()

    async def pass_on(self) -> None:
        """Send what waits, at the client's pace, until it goes."""
        with suppress(ConnectionClosed):
            while True:
                await self.news.wait()
                self.news.clear()
                waiting, self.waiting = self.waiting, {}
                for message in waiting.values():
                    await self.connection.send(message)


class OscQuery:
    """Describes the desk of an `OscIn`, which must have started before; belongs to the frame loop."""

    def __init__(self, desk: TurnedDesk, osc: OscIn, port: int | None = None) -> None:
        """`port` None: the one after OSC's, if it is free."""
        self._desk, self._osc, self._asked = desk, osc, port
        self._namespace = OscNamespace(desk)
        self._controls: dict[str, Control] = {}
        self._listeners: list[_Listener] = []
        self._server: Server | None = None
        self._ended = False
        self._now_s = 0.0
        self.address = Address(osc.address.host, port or 0)
        self.trouble = ""
        self._learn()
        desk.on_list(self._learn)
        desk.listen(self._changed)

    @property
    def name(self) -> str:
        """What it is and where it listens."""
        return f"OSCQuery on http://{self.address}"

    async def start(self) -> None:
        """Serve. Raises OSError with the mend, unless nobody asked for this very port: then it is told."""
        self._ended = False
        host = self._osc.address.host
        self.address = Address(host, self._osc.port + 1 if self._asked is None else self._asked)
        try:
            self._server = await serve(
                self._converse,
                "127.0.0.1" if host == "localhost" else host,
                self.address.port,
                process_request=self._answer,
                compression=None,
                max_size=MOST_BYTES,
                close_timeout=1,
                server_header=None,
            )
        except (OSError, OverflowError) as why:
            taken = isinstance(why, OSError) and why.errno == errno.EADDRINUSE
            found = "another program listens there" if taken else f"which failed ({why})"
            text = f"asked for {self.name}, {found}: choose a port with --oscquery N"
            if self._asked is not None:
                raise OSError(text) from None
            self.trouble = text
            self._desk.say(text)
            return
        self.address = Address(host, next(iter(self._server.sockets)).getsockname()[1])

    def tick(self, now_s: float) -> None:
        """Clients are told by tasks of their own; here it is seen which hand has let go."""
        self._now_s = now_s
        for listener in self._listeners:
            for name in [name for name, due_s in listener.later.items() if due_s <= now_s]:
                del listener.later[name]
                if name in listener.listens:
                    listener.tell(name, self._message(name))

    async def stop(self) -> None:
        """Close the port and every connection."""
        self._ended = True
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()
            self._server = None

    def _answer(self, connection: ServerConnection, request: Request) -> Response | None:
        """A node or an attribute of it; None lets a WebSocket begin."""
        refusal = Door(self.address.host).refusal(request)
        if refusal is not None:
            return refusal
        asked = request.headers.get("Host", "")
        if not self._is_ours(asked):
            return reply(
                HTTPStatus.FORBIDDEN, f"asked for host {asked[:60]!r}: give this machine's IP address\n"
            )
        if request.headers.get("Upgrade", "").lower() == "websocket":
            return None
        path, _, query = request.path.partition("?")
        attribute = query.partition("&")[0].partition("=")[0].upper()
        if attribute == "HOST_INFO":
            return _json(self._host_info(connection))
        node = self._namespace.found(path)
        if node is None:
            return reply(HTTPStatus.NOT_FOUND, f"asked for {path[:60]}, no control has that address\n")
        if not attribute:
            return _json(node)
        if attribute not in ATTRIBUTES:
            known = ", ".join(ATTRIBUTES)
            return reply(
                HTTPStatus.BAD_REQUEST, f"asked for {attribute[:40]}, there are {known}, HOST_INFO\n"
            )
        if attribute not in node:
            return reply(HTTPStatus.NO_CONTENT, "")
        return _json({attribute: node[attribute]})

    def _is_ours(self, asked: str) -> bool:
        """Whether a Host can be no site's of the Internet, whose page a trick of DNS (rebinding) has led here."""
        name = re.sub(r":\d*$", "", asked).strip("[]").lower()
        if name == self.address.host or name.endswith(".local") or "." not in name:
            return True
        try:
            ip_address(name)
        except ValueError:
            return False
        return True

    def _host_info(self, connection: ServerConnection) -> dict[str, object]:
        # where it was asked is where it is: an address such as 0.0.0.0 leads nobody anywhere
        host = str(connection.local_address[0])
        return {
            "NAME": NAME,
            "EXTENSIONS": _EXTENSIONS,
            "OSC_IP": host,
            "OSC_PORT": self._osc.port,
            "OSC_TRANSPORT": "UDP",
            "WS_IP": host,
            "WS_PORT": self.address.port,
        }

    async def _converse(self, connection: ServerConnection) -> None:
        """One client, from its first word to its last: it listens, and may send OSC here too."""
        if len(self._listeners) >= _MOST_CLIENTS:
            return await connection.close(1013, f"{_MOST_CLIENTS} clients are here already, try again later")
        listener = _Listener(connection)
        self._listeners.append(listener)
        passing_on = asyncio.create_task(listener.pass_on())
        try:
            async for said in connection:
                # a frame's share is for all senders together: what is more waits for the next
                while self._osc.hands.tired and not self._ended:
                    await asyncio.sleep(_REST_S)
                if self._ended:  # no frame comes that would rest them
                    return
                if isinstance(said, bytes):
                    self._osc.hands.hear(said, listener.by)
                else:
                    self._osc.hands.spend(1)
                    self._obey(listener, said)
        except ConnectionClosed:
            pass  # it went without a word; that is its right
        finally:
            self._listeners.remove(listener)
            passing_on.cancel()

    def _obey(self, listener: _Listener, said: str) -> None:
        try:
            command = msgspec.json.decode(said, type=Command)
        except msgspec.MsgspecError as why:
            return self._osc.hands.refuse(f"asked OSCQuery for {said[:40]!r}: {why} ({listener.by})")
        name = command.data.removeprefix(ROOT)
        if command.command == "LISTEN" and name in self._controls:
            listener.listens.add(name)
            listener.tell(name, self._message(name))
        elif command.command == "IGNORE":
            listener.listens.discard(name)

    def _changed(self, change: Change) -> None:
        message: bytes | None = None
        for listener in self._listeners:
            if change.name not in listener.listens or change.by == listener.by:
                continue
            if change.by.startswith(f"{host_of(listener.by)}:"):
                # it may be the same panel, that sends by UDP: not while the hand is on it
                listener.later[change.name] = self._now_s + QUIET_S
            else:
                message = message or self._message(change.name)
                listener.tell(change.name, message)

    def _message(self, name: str) -> bytes:
        """What a control stands at, of the type that it is described with, as one message."""
        control, value = self._controls[name], self._desk.value(name)
        if control.kind == "switch":
            return osc_text(ROOT + name) + osc_text(",T" if value else ",F")
        if control.kind == "choice":
            return osc_message(ROOT + name, osc_text(str(value)))[4:]
        return osc_message(ROOT + name, floats=(control.share_of(value),))[4:]

    def _learn(self) -> None:
        """There are other controls than before."""
        self._controls = {
            control.name: control for control in self._desk.controls if control.kind != "button"
        }
        changed = msgspec.json.encode({"COMMAND": "PATH_CHANGED", "DATA": ROOT.rstrip("/")}).decode()
        for listener in self._listeners:
            listener.listens &= set(self._controls)
            listener.tell("", changed)


def _json(content: object) -> Response:
    return reply(HTTPStatus.OK, msgspec.json.encode(content), _JSON)
