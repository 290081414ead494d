"""A Standard MIDI File as bytes, from events that know their second."""

import struct
from collections.abc import Iterable
from dataclasses import dataclass

TICKS_PER_S = 2000
_TEMPO_US = 1_000_000  # a quarter note lasts a second, so that ticks are time


@dataclass(frozen=True, order=True)
class Event:
    """A channel message at its time; those of one moment go in order of `rank`."""

    at_s: float
    rank: int
    message: bytes


def file_of(events: Iterable[Event], end_s: float) -> bytes:
    """One track with all events."""
    track = bytearray(b"\x00\xff\x51\x03" + _TEMPO_US.to_bytes(3, "big"))
    before = 0
    for event in sorted(events):
        tick = max(before, round(event.at_s * TICKS_PER_S))
        track += _variable(tick - before) + event.message
        before = tick
    track += _variable(max(0, round(end_s * TICKS_PER_S) - before)) + b"\xff\x2f\x00"
    header = b"MThd" + struct.pack(">IHHH", 6, 0, 1, TICKS_PER_S)
    return header + b"MTrk" + struct.pack(">I", len(track)) + bytes(track)


def note_on(channel: int, pitch: int, velocity: int) -> bytes:
    """A note begins."""
    return bytes((0x90 | channel, pitch & 127, max(1, min(127, velocity))))


def note_off(channel: int, pitch: int) -> bytes:
    """A note ends."""
    return bytes((0x80 | channel, pitch & 127, 0))


def program(channel: int, number: int) -> bytes:
    """Another instrument."""
    return bytes((0xC0 | channel, number & 127))


def control(channel: int, number: int, value: int) -> bytes:
    """A controller's value."""
    return bytes((0xB0 | channel, number & 127, value & 127))


def _variable(number: int) -> bytes:
    out = [number & 127]
    while number := number >> 7:
        out.append((number & 127) | 128)
    return bytes(reversed(out))
