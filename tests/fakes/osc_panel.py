"""A panel as TouchOSC is one: it sends with python-osc from one port, and shows what it is told there or at another."""

import socket
from typing import Self

from pythonosc.osc_bundle_builder import IMMEDIATELY, OscBundleBuilder
from pythonosc.osc_message_builder import OscMessageBuilder
from pythonosc.osc_packet import OscPacket

Sent = bool | int | float | str | None


def osc_bytes(address: str, *values: Sent) -> bytes:
    """A message, as python-osc writes it."""
    builder = OscMessageBuilder(address)
    for value in values:
        builder.add_arg(value)
    return builder.build().dgram


def osc_bundle(*messages: tuple[str, Sent]) -> bytes:
    """A bundle of messages, to be acted on at once."""
    bundle = OscBundleBuilder(IMMEDIATELY)
    for address, value in messages:
        builder = OscMessageBuilder(address)
        builder.add_arg(value)
        bundle.add_content(builder.build())
    return bundle.build().dgram


class Panel:
    """Faders and buttons at the other end of a cable. What it sends is there at once: loopback is."""

    def __init__(self, host: str = "127.0.0.1") -> None:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._socket = socket.socket(family, socket.SOCK_DGRAM)
        self._socket.bind((host, 0))
        self._socket.setblocking(False)
        self.host, self.port = host, int(self._socket.getsockname()[1])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    @property
    def who(self) -> str:
        """As the desk knows it."""
        return f"osc [{self.host}]:{self.port}" if ":" in self.host else f"osc {self.host}:{self.port}"

    def send(self, port: int, address: str, *values: Sent) -> None:
        """A message, as python-osc writes it."""
        self.send_bytes(port, osc_bytes(address, *values))

    def send_bytes(self, port: int, datagram: bytes) -> None:
        """Whatever bytes."""
        self._socket.sendto(datagram, (self.host, port))

    def datagrams(self) -> list[bytes]:
        """All that came since the last time."""
        came = []
        while True:
            try:
                came.append(self._socket.recv(65_536))
            except BlockingIOError:
                return came

    def told(self) -> dict[str, tuple[object, ...]]:
        """The newest of each address since the last time, as python-osc reads it."""
        return {
            one.message.address: tuple(one.message)
            for datagram in self.datagrams()
            for one in OscPacket(datagram).messages
        }
