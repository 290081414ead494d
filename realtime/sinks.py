"""Where shown poses go besides the page: VMC over UDP, and what every other outlet looks like."""

import re
import socket
from typing import Protocol, runtime_checkable

from groovecast.motion.pose import Pose
from groovecast.wire.vmc import VmcEncoder

VMC_PORT = 39539  # where VMC receivers listen unless told otherwise


@runtime_checkable
class Sink(Protocol):
    """An outlet for poses. It never waits: what it cannot pass on at once is dropped and counted."""

    dropped: int

    def send(
        self, pose: Pose, beat: float | None, tempo_bpm: float, energy: float, t_capture_s: float
    ) -> None:
        """Pass on what is to be seen at `pose.time_s`."""

    def close(self) -> None:
        """Let go of files and sockets."""


class VmcSink:
    """One VMC receiver: one UDP socket, one source port, whole frames.

    A receiver that is not there yet, or no more, costs nothing but counted drops; it may come at any time.
    """

    def __init__(self, host: str, port: int = VMC_PORT) -> None:
        self.dropped = 0
        self.sent = 0
        self.target = f"{host}:{port}"
        self._encoder = VmcEncoder()
        family, address = _resolved(host, port)
        self._socket = socket.socket(family, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        try:
            self._socket.connect(address)
        except OSError as why:
            self._socket.close()
            mend = "check the network and the address"
            raise OSError(
                f"asked to send VMC to {self.target}, there is no way there ({why}): {mend}"
            ) from None

    def send(
        self, pose: Pose, beat: float | None, tempo_bpm: float, energy: float, t_capture_s: float
    ) -> None:
        """Frame loop. Send the pose in four datagrams, or count it as dropped; never waits."""
        try:
            for datagram in self._encoder.encode(pose):
                self._socket.send(datagram)
        except (OSError, ValueError):
            # nobody listens (a late answer to the frame before), no room, or a pose that is not finite
            self.dropped += 1
        else:
            self.sent += 1

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()


def target_from_text(text: str, default_port: int = VMC_PORT) -> tuple[str, int]:
    """Host and port of `HOST`, `HOST:PORT` or `[IPV6]:PORT`. Raises ValueError, with the mend."""
    found = re.fullmatch(r"(\[[0-9a-fA-F:.%\w]+\]|[^:\[\]\s]+)(?::(\d{1,5}))?", text)
    port = int(found[2]) if found and found[2] else default_port
    if found is None or not 1 <= port <= 65535:
        raise ValueError(f"asked for target {text!r}: give HOST:PORT, for instance 127.0.0.1:{default_port}")
    return found[1].strip("[]"), port


def _resolved(host: str, port: int) -> tuple[socket.AddressFamily, tuple[object, ...]]:
    """The address of a host, looked up once; IPv4 first, which is where VMC receivers listen."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)
    except (OSError, OverflowError, UnicodeError) as why:
        mend = "check the name, or give its IP address"
        raise OSError(
            f"asked to send VMC to {host}:{port}, no such address is known ({why}): {mend}"
        ) from None
    family, _, _, _, address = min(found, key=lambda entry: entry[0] != socket.AF_INET)
    return family, address
