"""The blocks that may follow a pose frame's quaternions: the beat that comes next, and where the feet are held.

Their bytes are in `protocol/PROTOCOL.md`, "Blocks"; a reader skips those of any other type.
"""

import math
import struct
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32

from groovecast.wire.errors import WireError

BEAT_BLOCK = 1
CONTACTS_BLOCK = 2

# next beat, period, beats a bar, confidence, bar position
_BEAT = struct.Struct("<dfBBH")
_CONTACTS = struct.Struct("<12f")

Block = tuple[int, bytes]  # type and content


@dataclass(frozen=True)
class NextBeat:
    """The first beat after a pose is seen, on the server's clock, and the bar that it belongs to."""

    next_beat_s: float
    period_s: float
    beats_per_bar: int
    confidence: float  # 0 to 1; travels in 255 steps
    bar_position: int  # of that beat; 0 is the downbeat


def beat_block(beat: NextBeat) -> Block:
    """The block of a beat. Raises ValueError when a number does not fit or is not finite."""
    if not (math.isfinite(beat.next_beat_s) and math.isfinite(beat.period_s)):
        raise ValueError("asked to send a beat with a number that is not finite")
    steps = round(min(max(beat.confidence, 0.0), 1.0) * 255)
    try:
        content = _BEAT.pack(beat.next_beat_s, beat.period_s, beat.beats_per_bar, steps, beat.bar_position)
    except (struct.error, OverflowError) as why:
        raise ValueError(f"asked to send a beat with a number that does not fit: {why}") from None
    return BEAT_BLOCK, content


def contacts_block(places_m: Float32[np.ndarray, "4 3"]) -> Block:
    """The block of where left heel, left toes, right heel and right toes are in the world."""
    if places_m.shape != (4, 3) or not np.isfinite(places_m).all():
        raise ValueError(f"asked to send feet at {places_m.tolist()}: give four finite places")
    return CONTACTS_BLOCK, np.ascontiguousarray(places_m, "<f4").tobytes()


def checked_block(kind: int, content: bytes) -> None:
    """Raises WireError when a block of a known type is not what its type says."""
    known = {BEAT_BLOCK: ("beat", _BEAT), CONTACTS_BLOCK: ("contacts", _CONTACTS)}.get(kind)
    if known is None:
        return
    name, layout = known
    if len(content) != layout.size:
        raise WireError(f"a {name} block has {layout.size} bytes, found {len(content)}")
    if not all(map(math.isfinite, layout.unpack(content))):
        raise WireError(f"a {name} block's numbers are finite, found one that is not")


def next_beat_of(content: bytes) -> NextBeat:
    """What a checked beat block says."""
    next_beat_s, period_s, beats_per_bar, steps, position = _BEAT.unpack(content)
    return NextBeat(next_beat_s, period_s, beats_per_bar, steps / 255, position)


def contact_places_of(content: bytes) -> Float32[np.ndarray, "4 3"]:
    """What a checked contacts block says."""
    return np.frombuffer(content, "<f4").reshape(4, 3).astype(np.float32)
