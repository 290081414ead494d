"""The pose frame of PROTOCOL.md as plain values: bytes in, a frame or one named error out."""

import math
import struct
from dataclasses import dataclass

HEADER = struct.Struct("<2sBBBBBBIfdddf3f")
BLOCK = struct.Struct("<HH")
CUT, QUATERNIONS_I16, BEAT_KNOWN = 1 << 4, 1 << 5, 1 << 6
BEAT_BLOCK, CONTACTS_BLOCK = 1, 2
_BEAT, _CONTACTS = struct.Struct("<dfBBH"), struct.Struct("<12f")
_I16_ONE = 32767
_FEET = 4

Quat = tuple[float, float, float, float]  # w x y z
Place = tuple[float, float, float]


class WireError(ValueError):
    """Bytes that are no pose frame, and why."""


@dataclass(frozen=True)
class NextBeat:
    """The first beat after a pose is seen, on the server's clock."""

    next_beat_s: float
    period_s: float
    beats_per_bar: int
    confidence: float
    bar_position: int


@dataclass(frozen=True)
class Frame:
    """One pose as it came."""

    t_present_s: float
    t_capture_s: float
    root_m: Place
    local_quat_wxyz: tuple[Quat, ...]
    seq: int = 0
    revision: int = 0
    dancer: int = 0
    beat: float | None = None
    tempo_bpm: float = 0.0
    energy: float = 0.0
    contacts: tuple[bool, ...] = (False,) * _FEET
    cut: bool = False
    blocks: tuple[tuple[int, bytes], ...] = ()

    @property
    def next_beat(self) -> NextBeat | None:
        """What its beat block says."""
        for kind, content in self.blocks:
            if kind == BEAT_BLOCK:
                next_s, period_s, per_bar, steps, position = _BEAT.unpack(content)
                return NextBeat(next_s, period_s, per_bar, steps / 255, position)
        return None

    @property
    def contact_places_m(self) -> tuple[Place, ...] | None:
        """Where its contacts block says that left heel, left toes, right heel and right toes are."""
        for kind, content in self.blocks:
            if kind == CONTACTS_BLOCK:
                numbers = _CONTACTS.unpack(content)
                return tuple(numbers[at : at + 3] for at in range(0, 12, 3))
        return None


def decode(message: bytes) -> Frame:
    """The frame of a message. Raises WireError, and nothing else, when it is not one."""
    if len(message) < HEADER.size:
        raise WireError(f"a pose frame has {HEADER.size} bytes of header, found {len(message)} bytes")
    magic, major, kind, flags, revision, dancer, joints, seq, tempo, *numbers = HEADER.unpack_from(message)
    if magic != b"GC" or major != 1 or kind != 1:
        raise WireError(f"asked for a pose frame of version 1, found {magic!r}, version {major}, type {kind}")
    captured, shown, beat, energy, *root = numbers
    packed = bool(flags & QUATERNIONS_I16)
    end = HEADER.size + joints * (8 if packed else 16)
    if len(message) < end:
        raise WireError(f"{joints} joints end at byte {end}, found {len(message)} bytes")
    parts = struct.unpack_from(f"<{joints * 4}{'h' if packed else 'f'}", message, HEADER.size)
    if packed:
        parts = tuple(max(part / _I16_ONE, -1.0) for part in parts)
    if not (all(map(math.isfinite, (tempo, *numbers))) and all(map(math.isfinite, parts))):
        raise WireError("a pose frame's numbers are finite, found one that is not")
    return Frame(
        t_present_s=shown,
        t_capture_s=captured,
        root_m=(root[0], root[1], root[2]),
        local_quat_wxyz=tuple(zip(parts[0::4], parts[1::4], parts[2::4], parts[3::4], strict=True)),
        seq=seq,
        revision=revision,
        dancer=dancer,
        beat=beat if flags & BEAT_KNOWN else None,
        tempo_bpm=tempo,
        energy=energy,
        contacts=tuple(bool(flags & 1 << foot) for foot in range(_FEET)),
        cut=bool(flags & CUT),
        blocks=_blocks(message, end),
    )


def encode(frame: Frame, encoding: str = "f32") -> bytes:
    """The message of a frame. Raises WireError when a number does not fit."""
    packed = encoding == "i16"
    flags = sum(1 << foot for foot, down in enumerate(frame.contacts) if down)
    flags |= CUT * frame.cut | QUATERNIONS_I16 * packed | BEAT_KNOWN * (frame.beat is not None)
    parts: list[float] = [part for quat in frame.local_quat_wxyz for part in quat]
    numbers = (frame.tempo_bpm, frame.t_capture_s, frame.t_present_s, frame.beat or 0.0, frame.energy)
    joints = len(frame.local_quat_wxyz)
    try:
        head = HEADER.pack(
            b"GC", 1, 1, flags, frame.revision, frame.dancer, joints, frame.seq, *numbers, *frame.root_m
        )
        if packed:
            steps = [round(min(max(part, -1.0), 1.0) * _I16_ONE) for part in parts]
            content = struct.pack(f"<{len(steps)}h", *steps)
        else:
            content = struct.pack(f"<{len(parts)}f", *parts)
        blocks = [BLOCK.pack(kind, len(held)) + held + bytes(-len(held) % 4) for kind, held in frame.blocks]
    except (struct.error, OverflowError, ValueError) as why:
        raise WireError(f"asked to send a pose with a number that does not fit: {why}") from None
    return b"".join((head, content, *blocks))


def _blocks(message: bytes, at: int) -> tuple[tuple[int, bytes], ...]:
    """All blocks from there on; those of a known type are what it says."""
    found = []
    while at < len(message):
        if len(message) - at < BLOCK.size:
            raise WireError(f"a block begins with {BLOCK.size} bytes, found {len(message) - at}")
        kind, length = BLOCK.unpack_from(message, at)
        begin = at + BLOCK.size
        at = begin + length + -length % 4
        if len(message) < at:
            raise WireError(f"a block of type {kind} ends at byte {at}, found {len(message)} bytes")
        content = bytes(message[begin : begin + length])
        layout = {BEAT_BLOCK: _BEAT, CONTACTS_BLOCK: _CONTACTS}.get(kind)
        if layout is not None:
            if length != layout.size:
                raise WireError(f"a block of type {kind} has {layout.size} bytes, found {length}")
            if not all(map(math.isfinite, layout.unpack(content))):
                raise WireError(f"the numbers of a block of type {kind} are finite, found one that is not")
        found.append((kind, content))
    return tuple(found)
