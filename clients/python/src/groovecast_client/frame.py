"""The binary pose frame as it comes over the wire: bytes to values and back, by the page that PROTOCOL.md is."""

import math
import struct
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]

MAGIC = b"GC"
MAJOR = 1
POSE = 1
BEAT_BLOCK = 1
CONTACTS_BLOCK = 2

_CUT, _I16, _BEAT_KNOWN = 1 << 4, 1 << 5, 1 << 6
_CONTACT_BITS = (1, 2, 4, 8)  # left heel, left toes, right heel, right toes
_I16_ONE = 32767
_SEQ_PERIOD = 1 << 32

# magic, major, type, flags, revision, dancer, joints, seq, tempo, t_capture, t_present, beat, energy, root x y z
_HEADER = struct.Struct("<2sBBBBBBIfdddf3f")
_BLOCK = struct.Struct("<HH")
_BEAT = struct.Struct("<dfBBH")
_PLACES = struct.Struct("<12f")


class WireError(ValueError):
    """What came is not a message of the protocol; the text says what was looked for and what was found."""


@dataclass(frozen=True)
class NextBeat:
    """The first beat after a frame's moment."""

    next_beat_s: float  # server time
    period_s: float
    beats_per_bar: int
    confidence: float  # 0 to 1
    bar_position: int  # of that beat; 0 is the downbeat


@dataclass(frozen=True, eq=False)
class Frame:
    """One pose of one dancer as it was sent; right-handed, Y up, facing +Z, left +X, metres, quaternions w x y z."""

    seq: int
    t_capture_s: float  # when the newest sound that shaped it was heard; server time, as all times here
    t_present_s: float  # when it is to be seen
    root_m: Floats  # (3,) the hips' place in the world
    local_quat_wxyz: Floats  # (joints, 4) local to the parent, as sent: not normalised yet
    contacts: tuple[bool, bool, bool, bool] = (False, False, False, False)
    beat: float | None = None  # a count that goes on; its fraction is the phase
    tempo_bpm: float = 0.0
    energy: float = 0.0
    dancer: int = 0
    revision: int = 0  # how often this moment was planned anew since it was first sent
    cut: bool = False  # do not blend from the frame before
    i16: bool = False  # the quaternions travelled as 16-bit numbers
    blocks: tuple[tuple[int, bytes], ...] = ()  # type and content of all blocks, unknown ones too
    next_beat: NextBeat | None = field(init=False, default=None)
    contact_places_m: Floats | None = field(init=False, default=None)  # (4, 3) heels and toes in the world

    def __post_init__(self) -> None:
        for kind, content in self.blocks:
            if kind == BEAT_BLOCK:
                object.__setattr__(self, "next_beat", _read_beat(content))
            elif kind == CONTACTS_BLOCK:
                object.__setattr__(self, "contact_places_m", _read_places(content))


def decode_frame(message: bytes) -> Frame:
    """The frame of a message. Raises WireError, and nothing else, when it is not one."""
    if len(message) < _HEADER.size:
        raise WireError(f"a pose frame has {_HEADER.size} bytes of header, found {len(message)} bytes")
    magic, major, kind, flags, revision, dancer, joints, seq, tempo, *rest = _HEADER.unpack_from(message)
    if magic != MAGIC:
        raise WireError(f"a pose frame begins with {MAGIC!r}, found {magic!r}")
    if major != MAJOR:
        raise WireError(f"this client knows version {MAJOR}, found version {major}: update groovecast-client")
    if kind != POSE:
        raise WireError(f"a pose frame is type {POSE}, found type {kind}: not a pose")
    captured, present, beat, energy, *root = rest
    i16 = bool(flags & _I16)
    end = _HEADER.size + joints * (8 if i16 else 16)
    if len(message) < end:
        raise WireError(f"{joints} joints end at byte {end}, found {len(message)} bytes")
    if i16:
        steps = np.frombuffer(message, "<i2", joints * 4, _HEADER.size)
        quat = np.maximum(steps.astype(np.float32) / np.float32(_I16_ONE), np.float32(-1))
    else:
        quat = np.frombuffer(message, "<f4", joints * 4, _HEADER.size).astype(np.float32)
    if not (all(map(math.isfinite, (tempo, *rest))) and bool(np.isfinite(quat).all())):
        raise WireError("a pose frame's numbers are finite, found one that is not")
    return Frame(
        seq=seq,
        t_capture_s=captured,
        t_present_s=present,
        root_m=np.array(root, np.float32),
        local_quat_wxyz=quat.reshape(joints, 4),
        contacts=(bool(flags & 1), bool(flags & 2), bool(flags & 4), bool(flags & 8)),
        beat=beat if flags & _BEAT_KNOWN else None,
        tempo_bpm=tempo,
        energy=energy,
        dancer=dancer,
        revision=revision,
        cut=bool(flags & _CUT),
        i16=i16,
        blocks=_blocks(message, end),
    )


def encode_frame(frame: Frame) -> bytes:
    """The message of a frame: for tests, and for those who pass a show on. ValueError when a number does not fit."""
    quat = frame.local_quat_wxyz
    flags = sum(bit for bit, down in zip(_CONTACT_BITS, frame.contacts, strict=True) if down)
    flags |= frame.cut and _CUT
    flags |= frame.i16 and _I16
    flags |= frame.beat is not None and _BEAT_KNOWN
    marks = (MAGIC, MAJOR, POSE, flags, frame.revision, frame.dancer, len(quat), frame.seq % _SEQ_PERIOD)
    times = (frame.tempo_bpm, frame.t_capture_s, frame.t_present_s, frame.beat or 0.0)
    numbers = (*times, frame.energy, *frame.root_m.tolist())
    if not (all(map(math.isfinite, numbers)) and bool(np.isfinite(quat).all())):
        raise ValueError("asked to send a pose with a number that is not finite")
    try:
        head = _HEADER.pack(*marks, *numbers)
        blocks = [
            _BLOCK.pack(kind, len(content)) + content + bytes(-len(content) % 4)
            for kind, content in frame.blocks
        ]
    except (struct.error, OverflowError) as why:
        raise ValueError(f"asked to send a pose with a number that does not fit: {why}") from None
    if frame.i16:
        content = np.rint(np.clip(quat, -1, 1) * np.float32(_I16_ONE)).astype("<i2").tobytes()
    else:
        content = np.ascontiguousarray(quat, "<f4").tobytes()
    return b"".join((head, content, *blocks))


def beat_block(beat: NextBeat) -> tuple[int, bytes]:
    """The block that tells of a beat. ValueError when a number does not fit."""
    steps = round(beat.confidence * 255)
    try:
        content = _BEAT.pack(beat.next_beat_s, beat.period_s, beat.beats_per_bar, steps, beat.bar_position)
    except (struct.error, OverflowError) as why:
        raise ValueError(f"asked to send a beat with a number that does not fit: {why}") from None
    return BEAT_BLOCK, content


def contacts_block(places_m: Floats) -> tuple[int, bytes]:
    """The block that tells where left heel, left toes, right heel and right toes are."""
    if places_m.shape != (4, 3):
        raise ValueError(f"asked to send {places_m.shape} places of the feet, they are (4, 3)")
    return CONTACTS_BLOCK, _PLACES.pack(*places_m.ravel().tolist())


def _read_beat(content: bytes) -> NextBeat:
    if len(content) != _BEAT.size:
        raise WireError(f"a beat block has {_BEAT.size} bytes, found {len(content)}")
    at_s, period_s, per_bar, confidence, position = _BEAT.unpack(content)
    if not (math.isfinite(at_s) and math.isfinite(period_s)):
        raise WireError("a beat block's numbers are finite, found one that is not")
    return NextBeat(at_s, period_s, per_bar, confidence / 255, position)


def _read_places(content: bytes) -> Floats:
    if len(content) != _PLACES.size:
        raise WireError(f"a contacts block has {_PLACES.size} bytes, found {len(content)}")
    places = np.frombuffer(content, "<f4").astype(np.float32).reshape(4, 3)
    if not np.isfinite(places).all():
        raise WireError("a contacts block's numbers are finite, found one that is not")
    return places


def _blocks(message: bytes, start: int) -> tuple[tuple[int, bytes], ...]:
    """All blocks from `start` to the end, of whatever type."""
    found = []
    while start < len(message):
        if len(message) - start < _BLOCK.size:
            raise WireError(f"a block begins with {_BLOCK.size} bytes, found {len(message) - start}")
        kind, length = _BLOCK.unpack_from(message, start)
        content = start + _BLOCK.size
        start = content + length + -length % 4
        if len(message) < start:
            raise WireError(f"a block of type {kind} ends at byte {start}, found {len(message)} bytes")
        found.append((kind, bytes(message[content : content + length])))
    return tuple(found)
