"""A UDP port that is read once a frame: what comes in between waits in the system, what is too much is lost there."""

import errno
import re
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from groovecast.wire.osc_packet import MOST_BYTES
from realtime.page import is_loopback

HERE = "127.0.0.1"
_MOST_DATAGRAMS = 64  # a tick
_BUFFER_BYTES = 256 * 1024


@dataclass(frozen=True)
class Address:
    """Where to listen; port 0 takes any that is free."""

    host: str
    port: int

    @staticmethod
    def from_text(option: str, text: str, default_port: int) -> "Address":
        """Read `[HOST:]PORT`. Raises ValueError with the mend."""
        found = re.fullmatch(r"(?:(\[[0-9a-fA-F:.%\w]+\]|[^:\[\]\s]+):)?(\d{1,5})", text)
        if found is None or not 1 <= int(found[2]) <= 65535:
            raise ValueError(f"asked for {option} {text!r}: give a port such as {default_port}, or HOST:PORT")
        return Address((found[1] or HERE).strip("[]"), int(found[2]))

    @property
    def loopback(self) -> bool:
        """Only this machine can reach it."""
        return is_loopback(self.host)

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True)
class Sender:
    """Where a datagram came from, and so where an answer goes."""

    where: tuple[object, ...]  # as the socket says it: IPv6 has more than host and port

    @property
    def host(self) -> str:
        """Its host."""
        return str(self.where[0])

    @property
    def port(self) -> int:
        """Its port."""
        return int(str(self.where[1]))

    def with_port(self, port: int) -> "Sender":
        """Another port there."""
        return Sender((self.where[0], port, *self.where[2:]))

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


class Listening:
    """Frame loop. A port that was asked for; nothing of it raises or waits but `start`."""

    def __init__(self, what: str, address: Address) -> None:
        self._what = what
        self.address = address
        self._socket: socket.socket | None = None
        self.trouble = ""
        self.unsent = 0  # answers for which there was no way

    @property
    def name(self) -> str:
        """What it is and where it listens."""
        return f"{self._what} on {self.address}"

    def start(self) -> None:
        """Open the port. Raises OSError with the mend."""
        host, port = self.address.host, self.address.port
        try:
            family, kind, _, _, where = socket.getaddrinfo(
                host, port, type=socket.SOCK_DGRAM, flags=socket.AI_PASSIVE
            )[0]
        except (OSError, UnicodeError) as why:
            mend = "check the name, or give this machine's IP address"
            raise OSError(f"asked for {self.name}, no such address is known ({why}): {mend}") from None
        opened = socket.socket(family, kind)
        try:
            opened.setblocking(False)
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER_BYTES)
            opened.bind(where)
        except OSError as why:
            opened.close()
            raise OSError(f"asked for {self.name}, {_in_words(why)}") from None
        self._socket = opened
        self.address = Address(host, opened.getsockname()[1])

    def read(self, enough: Callable[[], bool]) -> Iterator[tuple[bytes, Sender]]:
        """What has come and who sent it, until it is `enough` or a tick's share."""
        if self._socket is None:
            return
        for _ in range(_MOST_DATAGRAMS):
            if enough():
                return
            try:
                # one byte more than is read by anybody, so that too long ones are seen to be that
                datagram, where = self._socket.recvfrom(MOST_BYTES + 1)
            except (BlockingIOError, InterruptedError):
                self.trouble = ""
                return
            except OSError as why:
                # Windows tells so of answers that nobody took, and of datagrams that were too long
                self.trouble = "" if isinstance(why, ConnectionError) else f"{self.name} hears nothing: {why}"
                continue
            yield datagram, Sender(where)

    def send(self, there: Sender, datagram: bytes) -> None:
        """Answer from the port that was written to; what cannot be sent now is lost and counted."""
        try:
            if self._socket is not None:
                self._socket.sendto(datagram, there.where)
        except OSError:
            self.unsent += 1

    def stop(self) -> None:
        """Close the port."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None


def _in_words(why: OSError) -> str:
    if why.errno == errno.EADDRINUSE:
        return "another program listens there: end it, or choose another port"
    if why.errno == errno.EACCES:
        return "this port is not allowed: choose one from 1024 up"
    if why.errno == errno.EADDRNOTAVAIL:
        return "this machine has no such address: leave the host away, or give one that it has"
    return f"which failed ({why}): choose another port"
