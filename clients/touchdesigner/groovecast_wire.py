"""Groovecast's messages for TouchDesigner: the bytes or the JSON of a pose become values, and values bytes again.

The layout is protocol/PROTOCOL.md of Groovecast. Python 3.9 and numpy, which TouchDesigner brings along.
"""

from __future__ import annotations

import math
import struct
from typing import Any, NamedTuple

import numpy as np

BEAT_BLOCK, CONTACTS_BLOCK = 1, 2
_CUT, _I16, _BEAT_KNOWN = 1 << 4, 1 << 5, 1 << 6
_I16_ONE = 32767

# magic, major, type, flags, revision, dancer, joints, seq, tempo, t_capture, t_present, beat, energy, root x y z
_HEADER = struct.Struct("<2sBBBBBBIfdddf3f")
_BLOCK = struct.Struct("<HH")
_BEAT = struct.Struct("<dfBBH")
_CONTACTS = struct.Struct("<12f")


class WireError(ValueError):
    """What came is not a message of Groovecast; the text says what was looked for and what was found."""


# Tuples with names and no dataclasses: those look their module up in sys.modules, where a DAT need not be.
class NextBeat(NamedTuple):
    """The first beat after a pose is seen."""

    next_beat_s: float  # server time
    period_s: float
    beats_per_bar: int
    confidence: float  # 0 to 1
    bar_position: int  # of that beat; 0 is the downbeat


class Frame(NamedTuple):
    """One pose as it was sent: right-handed, Y up, facing +Z, metres, quaternions w x y z local to the parent."""

    seq: int
    t_capture_s: float
    t_present_s: float  # when it is to be seen, server time
    root_m: np.ndarray  # (3,)
    local_quat_wxyz: np.ndarray  # (joints, 4), as sent: not normalised
    contacts: tuple[bool, ...] = (False, False, False, False)
    beat: float | None = None
    tempo_bpm: float = 0.0
    energy: float = 0.0
    dancer: int = 0
    revision: int = 0
    cut: bool = False
    i16: bool = False
    blocks: tuple[tuple[int, bytes], ...] = ()

    @property
    def next_beat(self) -> NextBeat | None:
        """What its beat block says; None without one."""
        for kind, content in self.blocks:
            if kind == BEAT_BLOCK:
                at_s, period_s, per_bar, steps, position = _BEAT.unpack(content)
                return NextBeat(at_s, period_s, per_bar, steps / 255, position)
        return None

    @property
    def contact_places_m(self) -> np.ndarray | None:
        """Where left heel, left toes, right heel and right toes are (4, 3); None when nobody tells."""
        for kind, content in self.blocks:
            if kind == CONTACTS_BLOCK:
                return np.frombuffer(content, "<f4").astype(np.float32).reshape(4, 3)
        return None


def decode_frame(message: bytes) -> Frame:
    """The frame of a binary message. Raises WireError, and nothing else, when it is not one."""
    message = bytes(message)
    if len(message) < _HEADER.size:
        raise WireError(f"a pose frame has {_HEADER.size} bytes of header, found {len(message)} bytes")
    magic, major, kind, flags, revision, dancer, joints, seq, tempo, *rest = _HEADER.unpack_from(message)
    if magic != b"GC" or kind != 1:
        raise WireError(f"a pose frame begins with 'GC' and is type 1, found {magic!r} and {kind}")
    if major != 1:
        raise WireError(f"this client knows version 1, found version {major}: take a newer client")
    i16 = bool(flags & _I16)
    end = _HEADER.size + joints * (8 if i16 else 16)
    if len(message) < end:
        raise WireError(f"{joints} joints end at byte {end}, found {len(message)} bytes")
    if i16:
        steps = np.frombuffer(message, "<i2", joints * 4, _HEADER.size).astype(np.float32)
        quat = np.maximum(steps / np.float32(_I16_ONE), np.float32(-1))
    else:
        quat = np.frombuffer(message, "<f4", joints * 4, _HEADER.size).astype(np.float32)
    if not (all(map(math.isfinite, (tempo, *rest))) and np.isfinite(quat).all()):
        raise WireError("a pose frame's numbers are finite, found one that is not")
    captured, present, beat, energy, *root = rest
    return Frame(
        seq=seq,
        t_capture_s=captured,
        t_present_s=present,
        root_m=np.array(root, np.float32),
        local_quat_wxyz=quat.reshape(joints, 4),
        contacts=tuple(bool(flags & bit) for bit in (1, 2, 4, 8)),
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
    """The binary message of a frame, for tests and for passing a show on."""
    quat = frame.local_quat_wxyz
    flags = sum(bit for bit, down in zip((1, 2, 4, 8), frame.contacts) if down)  # noqa: B905 - Python 3.9
    flags |= (frame.cut and _CUT) | (frame.i16 and _I16) | (frame.beat is not None and _BEAT_KNOWN)
    head = _HEADER.pack(
        b"GC", 1, 1, flags, frame.revision, frame.dancer, len(quat), frame.seq, frame.tempo_bpm,
        frame.t_capture_s, frame.t_present_s, frame.beat or 0.0, frame.energy, *frame.root_m.tolist(),
    )  # fmt: skip
    if frame.i16:
        content = np.rint(np.clip(quat, -1, 1) * np.float32(_I16_ONE)).astype("<i2").tobytes()
    else:
        content = np.ascontiguousarray(quat, "<f4").tobytes()
    blocks = [_BLOCK.pack(kind, len(held)) + held + bytes(-len(held) % 4) for kind, held in frame.blocks]
    return b"".join((head, content, *blocks))


def frame_from_json(said: dict[str, Any]) -> Frame:
    """The frame of a `pose` text, once it is read as JSON. Raises WireError, and nothing else, when it is not one."""
    try:
        quat = np.array(said["local_quat_wxyz"], np.float32).reshape(-1, 4)
        root = np.array(said["root_m"], np.float32).reshape(3)
        beat = said.get("beat")
        frame = Frame(
            seq=int(said["seq"]),
            t_capture_s=float(said["t_capture_s"]),
            t_present_s=float(said["t_present_s"]),
            root_m=root,
            local_quat_wxyz=quat,
            contacts=tuple(map(bool, said["contacts"])),
            beat=None if beat is None else float(beat),
            tempo_bpm=float(said["tempo_bpm"]),
            energy=float(said["energy"]),
            dancer=int(said["dancer"]),
            revision=int(said.get("revision") or 0),
            cut=bool(said["cut"]),
            blocks=_blocks_from_json(said),
        )
    except WireError:
        raise
    except (KeyError, TypeError, ValueError, OverflowError, AttributeError, struct.error) as why:
        raise WireError(f"a pose in JSON has all its fields, found {type(why).__name__}: {why}") from None
    numbers = (frame.t_capture_s, frame.t_present_s, frame.beat or 0.0, frame.tempo_bpm, frame.energy)
    if len(quat) > 255 or len(frame.contacts) != 4:
        raise WireError(
            f"a pose has up to 255 joints and 4 contacts, found {len(quat)} and {len(frame.contacts)}"
        )
    if not (all(map(math.isfinite, numbers)) and np.isfinite(quat).all() and np.isfinite(root).all()):
        raise WireError("a pose's numbers are finite, found one that is not")
    return frame


def _blocks_from_json(said: dict[str, Any]) -> tuple[tuple[int, bytes], ...]:
    """The same blocks as a binary frame would carry."""
    found: list[tuple[int, bytes]] = []
    beat, places = said.get("next_beat"), said.get("contact_places_m")
    if beat is not None:
        steps = round(float(beat["confidence"]) * 255)
        numbers = float(beat["next_beat_s"]), float(beat["period_s"]), int(beat["beats_per_bar"])
        content = _BEAT.pack(*numbers, steps, int(beat["bar_position"]))
        _check_block(BEAT_BLOCK, content)
        found.append((BEAT_BLOCK, content))
    if places is not None:
        content = np.array(places, "<f4").tobytes()
        _check_block(CONTACTS_BLOCK, content)
        found.append((CONTACTS_BLOCK, content))
    return tuple(found)


def _blocks(message: bytes, start: int) -> tuple[tuple[int, bytes], ...]:
    """All blocks from `start` to the end, of whatever type; those of a known type are what it says."""
    found: list[tuple[int, bytes]] = []
    while start < len(message):
        if len(message) - start < _BLOCK.size:
            raise WireError(f"a block begins with {_BLOCK.size} bytes, found {len(message) - start}")
        kind, length = _BLOCK.unpack_from(message, start)
        content = start + _BLOCK.size
        start = content + length + -length % 4
        if len(message) < start:
            raise WireError(f"a block of type {kind} ends at byte {start}, found {len(message)} bytes")
        held = message[content : content + length]
        _check_block(kind, held)
        found.append((kind, held))
    return tuple(found)


def _check_block(kind: int, content: bytes) -> None:
    layout = {BEAT_BLOCK: _BEAT, CONTACTS_BLOCK: _CONTACTS}.get(kind)
    if layout is None:
        return
    if len(content) != layout.size:
        raise WireError(f"a block of type {kind} has {layout.size} bytes, found {len(content)}")
    if not all(map(math.isfinite, layout.unpack(content))):
        raise WireError(f"the numbers of a block of type {kind} are finite, found one that is not")
