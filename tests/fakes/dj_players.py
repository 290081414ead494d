"""DJ players that are none: the datagrams that CDJs and a mixer broadcast, written byte by byte from their analysis."""

import socket
import struct
from dataclasses import dataclass

MAGIC = b"Qspt1WmJOL"
NO_TIME = 0xFFFFFFFF


def beat_datagram(
    device: int,
    tempo_bpm: float,
    beat_in_bar: int = 1,
    *,
    pitch: float = 0.0,
    next_ms: int | None = None,
    name: str = "CDJ-2000nexus",
) -> bytes:
    """A beat, as a track of that tempo makes it with the fader at `pitch` (0.06 is 6 % faster)."""
    beat_ms = round(60_000 / tempo_bpm) if next_ms is None else next_ms
    bar_ms = beat_ms * (5 - beat_in_bar) if beat_ms != NO_TIME else NO_TIME
    ways = [beat_ms, beat_ms * 2, bar_ms, beat_ms * 4, bar_ms + beat_ms * 4, beat_ms * 8]
    data = MAGIC + b"\x28" + name.encode().ljust(20, b"\0") + b"\x01\x00" + bytes([device]) + b"\x00\x3c"
    data += struct.pack(">6I", *(min(way, NO_TIME) for way in ways)) + b"\xff" * 24
    data += struct.pack(">I", round((1 + pitch) * 0x100000)) + b"\0\0"
    data += struct.pack(">H", round(tempo_bpm * 100)) + bytes([beat_in_bar, 0, 0, device])
    assert len(data) == 0x60
    return data


def on_air_datagram(heard: tuple[int, ...], channels: int = 4) -> bytes:
    """Which channels the mixer lets through."""
    flags = bytes(int(number in heard) for number in range(1, channels + 1))
    data = MAGIC + b"\x03" + b"DJM-V10".ljust(20, b"\0") + b"\x01"
    if channels == 4:
        return data + b"\x00\x21\x00\x09" + flags + bytes(5)
    return data + b"\x03\x21\x00\x11" + flags[:4] + bytes(5) + flags[4:] + bytes(6)


@dataclass
class Broadcast:
    """The network between them: whatever is sent reaches this machine's port."""

    port: int

    def __post_init__(self) -> None:
        self._line = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)

    def send(self, data: bytes) -> None:
        self._line.sendto(data, ("127.0.0.1", self.port))

    def close(self) -> None:
        self._line.close()
