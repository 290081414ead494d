"""The datagrams by which DJ players of Pioneer and AlphaTheta tell each other of beats, as far as one may listen.

Nobody but the maker has specified them; the offsets are what the project dysentery found out (djl-analysis, "Tracking
BPM, Beats, and Position" and "Mixer Integration").
"""

from dataclasses import dataclass

from groovecast.wire.errors import WireError

BEAT_PORT = 50001

_MAGIC = bytes.fromhex("51737074 31576d4a 4f4c")
_KIND, _NAME, _DEVICE = 0x0A, slice(0x0B, 0x1F), 0x21
_ON_AIR, _BEAT = 0x03, 0x28
_BEAT_BYTES, _ON_AIR_BYTES, _ON_AIR_SIX_BYTES = 0x60, 0x2D, 0x35
_NEXT_BEAT, _PITCH, _TEMPO, _BEAT_IN_BAR = slice(0x24, 0x28), slice(0x54, 0x58), slice(0x5A, 0x5C), 0x5C
_FLAGS, _FIFTH_AND_SIXTH = slice(0x24, 0x28), slice(0x2D, 0x2F)
_NORMAL_PITCH = 0x100000
_NO_TIME, _NO_TEMPO = 0xFFFFFFFF, 0xFFFF
_LEAST_TEMPO_BPM, _MOST_TEMPO_BPM = 20.0, 999.0
_LEAST_NEXT_S, _MOST_NEXT_S = 0.05, 4.0  # a longer way to the next beat is a hole in the track's grid

FIRST_MIXER = 0x21  # players have lower numbers


@dataclass(frozen=True)
class DjBeat:
    """A player passes a beat right now."""

    device: int
    name: str
    tempo_bpm: float  # as played, the pitch fader's part included
    beat_in_bar: int  # 1 to 4; 0: it does not say
    next_beat_s: float | None  # as played; None: it does not say, or the track ends before


@dataclass(frozen=True)
class OnAir:
    """The mixer lets these players be heard, and of those that it speaks of the others not."""

    heard: frozenset[int]
    known: frozenset[int]


def read_datagram(data: bytes) -> DjBeat | OnAir | None:
    """What a datagram on the port of beats says; None: something else that players tell each other.

    Raises WireError for what is cut, or no player's.
    """
    if data[:_KIND] != _MAGIC or len(data) <= _KIND:
        raise WireError(f"expected a datagram of Pro DJ Link, found {len(data)} bytes of something else")
    if data[_KIND] == _BEAT:
        return _beat(_whole(data, _BEAT_BYTES, "a beat"))
    if data[_KIND] == _ON_AIR:
        return _on_air(_whole(data, _ON_AIR_BYTES, "what is on air"))
    return None


def _whole(data: bytes, needed: int, what: str) -> bytes:
    if len(data) < needed:
        raise WireError(f"expected {needed} bytes of {what}, found {len(data)}")
    return data


def _beat(data: bytes) -> DjBeat:
    device, bar = data[_DEVICE], data[_BEAT_IN_BAR]
    pitch = int.from_bytes(data[_PITCH]) / _NORMAL_PITCH
    hundredths = int.from_bytes(data[_TEMPO])
    tempo_bpm = hundredths / 100 * pitch
    if hundredths == _NO_TEMPO or not _LEAST_TEMPO_BPM <= tempo_bpm <= _MOST_TEMPO_BPM:
        raise WireError(
            f"expected a tempo from player {device}, found {hundredths} at {pitch:.3f} of its speed"
        )
    next_ms = int.from_bytes(data[_NEXT_BEAT])  # of the track, so it comes sooner when that is played faster
    next_s = None if next_ms == _NO_TIME else next_ms / 1000 / pitch
    if next_s is not None and not _LEAST_NEXT_S <= next_s <= _MOST_NEXT_S:
        next_s = None
    name = data[_NAME].split(b"\0")[0].decode("ascii", "replace").strip()
    counted = 1 <= bar <= 4 and device < FIRST_MIXER  # a mixer counts, but from nowhere
    return DjBeat(device, name, tempo_bpm, bar if counted else 0, next_s)


def _on_air(data: bytes) -> OnAir:
    flags = data[_FLAGS]
    if len(data) >= _ON_AIR_SIX_BYTES:  # mixers with six channels
        flags += data[_FIFTH_AND_SIXTH]
    heard = frozenset(number for number, flag in enumerate(flags, 1) if flag == 1)
    return OnAir(heard, frozenset(range(1, len(flags) + 1)))
