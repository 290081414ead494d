"""A small WebSocket client (RFC 6455) in nothing but the standard library, for Blender's own Python."""

import base64
import hashlib
import os
import socket
import ssl
import struct
from collections import deque
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

SUBPROTOCOL = "groovecast.v1+bin"
_KEY_SUFFIX = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_CONTINUED, _TEXT, _BINARY, _CLOSE, _PING, _PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA
_MOST_MESSAGE_BYTES = 1 << 20
_MOST_HEAD_BYTES = 1 << 14
_PORT = 8765


class WebSocketError(OSError):
    """The line cannot be begun, or is at its end, and why."""


@dataclass(frozen=True)
class Address:
    """Where a show is."""

    host: str
    port: int
    secure: bool = False
    token: str | None = None

    @staticmethod
    def of(text: str, token: str | None = None) -> "Address":
        """From `127.0.0.1:8765`, or from the address of the page, token and all. Raises ValueError with the mend."""
        text = text.strip()
        parts = urlsplit(text if "://" in text else f"ws://{text}")
        try:
            host, port = parts.hostname, parts.port
        except ValueError:
            host, port = None, None
        if not host or parts.scheme not in ("ws", "wss", "http", "https"):
            raise ValueError(f"asked to connect to {text!r}: give HOST:PORT, for instance 127.0.0.1:{_PORT}")
        asked = parse_qs(parts.query).get("token", [None])[0]
        return Address(host, port or _PORT, parts.scheme in ("wss", "https"), token or asked)


class MessageReader:
    """Bytes in, messages out; knows no socket."""

    def __init__(self) -> None:
        self._bytes = bytearray()
        self._kind, self._parts = 0, bytearray()

    def feed(self, data: bytes) -> list[tuple[int, bytes]]:
        """The whole messages, each with its opcode, pings among them. Raises WebSocketError when it is no WebSocket."""
        self._bytes += data
        found = []
        while (frame := self._frame()) is not None:
            final, opcode, content = frame
            if opcode >= _CLOSE:
                found.append((opcode, content))
                continue
            if (opcode == _CONTINUED) != bool(self._kind):
                raise WebSocketError("the server's messages are out of order: is this a Groovecast server?")
            self._kind = self._kind or opcode
            self._parts += content
            if len(self._parts) > _MOST_MESSAGE_BYTES:
                raise WebSocketError("the server sent more than 1 MB at once: is this a Groovecast server?")
            if final:
                found.append((self._kind, bytes(self._parts)))
                self._kind, self._parts = 0, bytearray()
        return found

    def _frame(self) -> tuple[bool, int, bytes] | None:
        held = self._bytes
        if len(held) < 2:
            return None
        length, at = held[1] & 0x7F, 2
        if length >= 126:
            layout = struct.Struct(">H" if length == 126 else ">Q")
            if len(held) < at + layout.size:
                return None
            (length,) = layout.unpack_from(held, at)
            at += layout.size
        opcode = held[0] & 0x0F
        if held[0] & 0x70 or held[1] & 0x80 or opcode not in (0, 1, 2, 8, 9, 10):
            raise WebSocketError("the server does not speak WebSocket: is this a Groovecast server?")
        if length > _MOST_MESSAGE_BYTES:
            raise WebSocketError("the server sent more than 1 MB at once: is this a Groovecast server?")
        if len(held) < at + length:
            return None
        content = bytes(held[at : at + length])
        final = bool(held[0] & 0x80)
        del held[: at + length]
        return final, opcode, content


class WebSocket:
    """An open line. It belongs to one thread."""

    def __init__(self, address: Address, timeout_s: float = 5.0) -> None:
        """Connect. Raises WebSocketError in one line."""
        where = f"asked to connect to {address.host}:{address.port}"
        try:
            line = socket.create_connection((address.host, address.port), timeout_s)
        except OSError as why:
            raise WebSocketError(f"{where}, nobody answers ({why}): is the show running?") from None
        try:
            line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if address.secure:
                line = ssl.create_default_context().wrap_socket(line, server_hostname=address.host)
            self._line = line
            self._reader = MessageReader()
            self._waiting: deque[tuple[int, bytes]] = deque(self._greet(address, where))
        except OSError as why:
            line.close()
            if isinstance(why, WebSocketError):
                raise
            raise WebSocketError(f"{where}, the line broke ({why}): try again") from None

    def send_text(self, text: str) -> None:
        """Send a text message."""
        self._send(_TEXT, text.encode())

    def receive(self, timeout_s: float) -> str | bytes | None:
        """The next text or binary message; None when none came in time. Raises WebSocketError when the line ends."""
        if not self._waiting:
            self._line.settimeout(max(timeout_s, 0.001))
            try:
                data = self._line.recv(1 << 16)
            except (TimeoutError, ssl.SSLWantReadError):
                return None
            except OSError as why:
                raise WebSocketError(f"the line broke ({why})") from None
            if not data:
                raise WebSocketError("the server has hung up")
            self._waiting.extend(self._reader.feed(data))
        while self._waiting:
            opcode, content = self._waiting.popleft()
            if opcode == _TEXT:
                return content.decode("utf-8", errors="replace")
            if opcode == _BINARY:
                return content
            if opcode == _PING:
                self._send(_PONG, content)
            elif opcode == _CLOSE:
                said = content[2:].decode("utf-8", errors="replace")
                raise WebSocketError(f"the server has ended the line{f' ({said})' if said else ''}")
        return None

    def close(self) -> None:
        """End the line."""
        with suppress(OSError):
            self._send(_CLOSE, struct.pack(">H", 1000))
        self._line.close()

    def _send(self, opcode: int, content: bytes) -> None:
        size = len(content)
        head = bytes([0x80 | opcode])
        head += bytes([0x80 | size]) if size < 126 else b"\xfe" + struct.pack(">H", size)
        mask = os.urandom(4)
        masked = bytes(byte ^ mask[at % 4] for at, byte in enumerate(content))
        self._line.settimeout(5.0)
        try:
            self._line.sendall(head + mask + masked)
        except OSError as why:
            raise WebSocketError(f"the line broke ({why})") from None

    def _greet(self, address: Address, where: str) -> list[tuple[int, bytes]]:
        key = base64.b64encode(os.urandom(16))
        host = f"[{address.host}]" if ":" in address.host else address.host
        words = [
            "GET /ws HTTP/1.1", f"Host: {host}:{address.port}", "Upgrade: websocket", "Connection: Upgrade",
            f"Sec-WebSocket-Key: {key.decode()}", "Sec-WebSocket-Version: 13", f"Sec-WebSocket-Protocol: {SUBPROTOCOL}",
        ]  # fmt: skip
        if address.token:
            if any(ord(letter) < 33 or ord(letter) > 126 for letter in address.token):
                raise WebSocketError(f"{where}: a token has no spaces and only plain letters: type it again")
            words.append(f"Authorization: Bearer {address.token}")
        self._line.sendall(("\r\n".join(words) + "\r\n\r\n").encode())
        answer = b""
        while b"\r\n\r\n" not in answer:
            data = self._line.recv(4096)
            answer += data
            if not data or len(answer) > _MOST_HEAD_BYTES:
                raise WebSocketError(f"{where}, it does not answer as a show does: check host and port")
        head, _, rest = answer.partition(b"\r\n\r\n")
        status = head.split(b"\r\n", 1)[0].decode("latin-1")
        if " 401" in status:
            raise WebSocketError(f"{where}, it wants another token: give the word of --token")
        if " 101" not in status:
            raise WebSocketError(f"{where}, it answers {status!r}: check host and port")
        proof = base64.b64encode(hashlib.sha1(key + _KEY_SUFFIX).digest())
        if proof not in head:
            raise WebSocketError(f"{where}, it does not speak WebSocket: check host and port")
        return self._reader.feed(rest)
