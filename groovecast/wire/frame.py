"""The binary pose frame: 56 bytes of header, quaternions, then blocks that a reader may skip.

The byte layout is `protocol/PROTOCOL.md`, "Pose frame"; nothing here does I/O.
"""

import math
import struct
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from jaxtyping import Float32

from groovecast.motion.pose import Pose
from groovecast.wire.blocks import (
    BEAT_BLOCK,
    CONTACTS_BLOCK,
    Block,
    NextBeat,
    checked_block,
    contact_places_of,
    next_beat_of,
)
from groovecast.wire.errors import WireError

MAGIC = b"GC"
MAJOR = 1
POSE = 1
MAX_JOINTS = 255
SEQ_PERIOD = 1 << 32
MOST_REVISIONS = 255

CUT = 1 << 4
QUATERNIONS_I16 = 1 << 5
BEAT_KNOWN = 1 << 6
# left heel, left toes, right heel, right toes are bits 0 to 3, in the order of Pose.contacts
_CONTACT_BITS = (1, 2, 4, 8)
_I16_ONE = 32767

# magic, major, type, flags, revision, dancer, joints, seq, tempo, t_capture, t_present, beat, energy, root x y z
_HEADER = struct.Struct("<2sBBBBBBIfdddf3f")
_BLOCK = struct.Struct("<HH")
HEADER_BYTES = _HEADER.size

FrameEncoding = Literal["f32", "i16"]


@dataclass(frozen=True)
class Frame:
    """One pose as it travels; `pose.time_s` is when it is to be seen (t_present)."""

    pose: Pose
    seq: int
    t_capture_s: float
    beat: float | None = (
        None  # continuous count; its fraction is the phase, multiples of the state's beats_per_bar are downbeats
    )
    tempo_bpm: float = 0.0
    energy: float = 0.0
    dancer: int = 0
    cut: bool = False  # do not interpolate from the frame before
    revision: int = 0  # how often this moment was planned anew since it was first sent
    blocks: tuple[Block, ...] = ()  # type and content of what follows the quaternions

    @property
    def next_beat(self) -> NextBeat | None:
        """What its beat block says; None without one."""
        return next((next_beat_of(content) for kind, content in self.blocks if kind == BEAT_BLOCK), None)

    @property
    def contact_places_m(self) -> Float32[np.ndarray, "4 3"] | None:
        """Where its contacts block says that heels and toes are, left before right; None without one."""
        feet = (contact_places_of(content) for kind, content in self.blocks if kind == CONTACTS_BLOCK)
        return next(feet, None)

    @property
    def finite(self) -> bool:
        """No number of it is NaN or infinite: such a frame must not leave, receivers do not survive it."""
        pose = self.pose
        numbers = (pose.time_s, self.t_capture_s, self.beat or 0.0, self.tempo_bpm, self.energy)
        arrays = pose.local_quat_wxyz, pose.root_m
        return all(map(math.isfinite, numbers)) and all(np.isfinite(array).all() for array in arrays)


def encode_frame(frame: Frame, encoding: FrameEncoding = "f32", joints: int | None = None) -> bytes:
    """The message of a frame; with `joints`, only the first that many (22: the body without fingers).

    Raises ValueError when a number does not fit or is not finite.
    """
    if encoding not in get_args(FrameEncoding):
        raise ValueError(f"asked for encoding {encoding!r}, there are {', '.join(get_args(FrameEncoding))}")
    pose = frame.pose
    quat = pose.local_quat_wxyz[:joints]
    if len(quat) > MAX_JOINTS:
        raise ValueError(f"asked to send {len(quat)} joints, a frame holds {MAX_JOINTS}")
    flags = sum(bit for bit, down in zip(_CONTACT_BITS, pose.contacts.tolist(), strict=True) if down)
    flags |= frame.cut and CUT
    flags |= frame.beat is not None and BEAT_KNOWN
    beat = 0.0 if frame.beat is None else frame.beat
    root = pose.root_m.tolist()
    numbers = (frame.tempo_bpm, frame.t_capture_s, pose.time_s, beat, frame.energy, *root)
    if not frame.finite:
        raise ValueError("asked to send a pose with a number that is not finite")
    if encoding == "i16":
        flags |= QUATERNIONS_I16
        content = np.rint(np.clip(quat, -1, 1) * _I16_ONE).astype("<i2").tobytes()
    else:
        content = np.ascontiguousarray(quat, "<f4").tobytes()
    marks = (MAGIC, MAJOR, POSE, flags, min(frame.revision, MOST_REVISIONS), frame.dancer, len(quat))
    try:
        head = _HEADER.pack(*marks, frame.seq % SEQ_PERIOD, *numbers)
    except (struct.error, OverflowError) as why:
        raise ValueError(f"asked to send a pose with a number that does not fit: {why}") from None
    return b"".join((head, content, *map(_block, frame.blocks))) if frame.blocks else head + content


def decode_frame(message: bytes) -> Frame:
    """The frame of a message. Raises WireError, and nothing else, when it is not one."""
    if len(message) < HEADER_BYTES:
        raise WireError(f"a pose frame has {HEADER_BYTES} bytes of header, found {len(message)} bytes")
    magic, major, kind, flags, revision, dancer, joints, seq, tempo, *numbers = _HEADER.unpack_from(message)
    if magic != MAGIC:
        raise WireError(f"a pose frame begins with {MAGIC!r}, found {magic!r}")
    if major != MAJOR:
        raise WireError(f"this reader knows version {MAJOR}, found version {major}: update the reader")
    if kind != POSE:
        raise WireError(f"a pose frame is type {POSE}, found type {kind}: not a pose")
    t_capture, t_present, beat, energy, *root = numbers
    packed = bool(flags & QUATERNIONS_I16)
    end = HEADER_BYTES + joints * (8 if packed else 16)
    if len(message) < end:
        raise WireError(f"{joints} joints end at byte {end}, found {len(message)} bytes")
    if packed:
        steps = np.frombuffer(message, "<i2", joints * 4, HEADER_BYTES)
        quat = np.maximum(steps.astype(np.float32) / _I16_ONE, -1)
    else:
        quat = np.frombuffer(message, "<f4", joints * 4, HEADER_BYTES).astype(np.float32)
    if not all(map(math.isfinite, (tempo, *numbers))) or not np.isfinite(quat).all():
        raise WireError("a pose frame's numbers are finite, found one that is not")
    contacts = np.array([bool(flags & bit) for bit in _CONTACT_BITS])
    return Frame(
        pose=Pose(t_present, np.array(root, np.float32), quat.reshape(joints, 4), contacts),
        seq=seq,
        t_capture_s=t_capture,
        beat=beat if flags & BEAT_KNOWN else None,
        tempo_bpm=tempo,
        energy=energy,
        dancer=dancer,
        cut=bool(flags & CUT),
        revision=revision,
        blocks=_blocks(message, end),
    )


def _block(block: Block) -> bytes:
    """A block's bytes: type, length, content, zeros up to a multiple of 4."""
    kind, content = block
    if len(content) > 0xFFFF:
        raise ValueError(f"asked for a block of {len(content)} bytes, a block holds {0xFFFF}")
    checked_block(kind, content)
    return _BLOCK.pack(kind, len(content)) + content + bytes(-len(content) % 4)


def _blocks(message: bytes, start: int) -> tuple[Block, ...]:
    """All blocks from `start` to the end, of whatever type; those of a known type are what it says."""
    found: list[Block] = []
    while start < len(message):
        if len(message) - start < _BLOCK.size:
            raise WireError(f"a block begins with {_BLOCK.size} bytes, found {len(message) - start}")
        kind, length = _BLOCK.unpack_from(message, start)
        content = start + _BLOCK.size
        start = content + length + -length % 4
        if len(message) < start:
            raise WireError(f"a block of type {kind} ends at byte {start}, found {len(message)} bytes")
        held = bytes(message[content : content + length])
        checked_block(kind, held)
        found.append((kind, held))
    return tuple(found)
