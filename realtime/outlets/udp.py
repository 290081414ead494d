"""Datagrams to one receiver: one socket, one source port, and nothing that waits or raises while a show runs."""

import re
import socket
from collections.abc import Iterable


class UdpLine:
    """One receiver. One that is not there yet, or no more, costs nothing but counted drops; it may come at any time."""

    def __init__(self, what: str, host: str, port: int) -> None:
        self.name = f"{what} to {f'[{host}]' if ':' in host else host}:{port}"
        self.sent = self.dropped = 0
        self.problem: str | None = None
        family, address = _resolved(what, host, port)
        self.peer_host = str(address[0])
        self._socket = socket.socket(family, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        try:
            self._socket.connect(address)
        except OSError as why:
            self._socket.close()
            mend = "check the network and the address"
            raise OSError(f"asked to send {self.name}, there is no way there ({why}): {mend}") from None

    def send(self, datagrams: Iterable[bytes]) -> bool:
        """Frame loop. Send these, which belong together; False, counted as one drop, if that cannot be done now."""
        try:
            for datagram in datagrams:
                self._socket.send(datagram)
        except OSError:
            # nobody listens (a late answer to what was sent before), or there is no room
            self.dropped += 1
            return False
        self.sent += 1
        return True

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()


class UdpSink:
    """A line as the frame loop sees it; what is sent down it is for those who build on this."""

    def __init__(self, line: UdpLine, offset_s: float) -> None:
        self._line = line
        self._refused = 0  # a number in them was not finite
        self.offset_s = offset_s
        self.name = line.name
        self.problem: str | None = None

    @property
    def sent(self) -> int:
        """How many went out whole."""
        return self._line.sent

    @property
    def dropped(self) -> int:
        """How many did not."""
        return self._line.dropped + self._refused

    def close(self) -> None:
        """Close the socket."""
        self._line.close()


def target_from_text(text: str, default_port: int) -> tuple[str, int]:
    """Host and port of `HOST`, `HOST:PORT` or `[IPV6]:PORT`. Raises ValueError, with the mend."""
    found = re.fullmatch(r"(\[[0-9a-fA-F:.%\w]+\]|[^:\[\]\s]+)(?::(\d{1,5}))?", text)
    port = int(found[2]) if found and found[2] else default_port
    # a number alone is a port that lost its host, though the system would read it as an address
    if found is None or found[1].isdigit() or not 1 <= port <= 65535:
        raise ValueError(f"asked for target {text!r}: give HOST:PORT, for instance 127.0.0.1:{default_port}")
    return found[1].strip("[]"), port


def _resolved(what: str, host: str, port: int) -> tuple[socket.AddressFamily, tuple[object, ...]]:
    """The address of a host, looked up once; IPv4 first, which is where receivers listen."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)
    except (OSError, OverflowError, UnicodeError) as why:
        mend = "check the name, or give its IP address"
        raise OSError(
            f"asked to send {what} to {host}:{port}, no such address is known ({why}): {mend}"
        ) from None
    family, _, _, _, address = min(found, key=lambda entry: entry[0] != socket.AF_INET)
    return family, address
