"""What a sequencer says about time, read out of a stream of MIDI bytes, whatever else is in it."""

from dataclasses import dataclass
from enum import IntEnum

from groovecast.wire.errors import WireError

TICKS_PER_BEAT = 24
TICKS_PER_SIXTEENTH = 6

_STATUS, _REAL_TIME = 0x80, 0xF8
_SONG_POSITION = 0xF2
_SEVEN_BITS = 0x7F
_MOST_SIXTEENTHS = 1 << 14


class MidiTime(IntEnum):
    """The single bytes about time; each may stand anywhere, inside another message too."""

    TICK = 0xF8
    START = 0xFA
    CONTINUE = 0xFB
    STOP = 0xFC


@dataclass(frozen=True)
class SongPosition:
    """Where the next start is to be: so many sixteenths after the song's beginning."""

    sixteenths: int


MidiEvent = MidiTime | SongPosition
_TIMES = {int(time): time for time in MidiTime}


class MidiParser:
    """Reads bytes as they come, in pieces of any size; never raises, skips all that is not about time."""

    def __init__(self) -> None:
        self._position: list[int] | None = None  # the data bytes so far of a song position

    def feed(self, received: bytes) -> list[MidiEvent]:
        """The events that are complete with these bytes."""
        events: list[MidiEvent] = []
        for byte in received:
            if byte >= _REAL_TIME:  # active sensing, reset and the undefined are skipped
                if byte in _TIMES:
                    events.append(_TIMES[byte])
            elif byte >= _STATUS:  # any other status ends what was begun: notes, system exclusive, a position
                self._position = [] if byte == _SONG_POSITION else None
            elif self._position is not None:
                self._position.append(byte)
                if len(self._position) == 2:
                    low, high = self._position
                    events.append(SongPosition(low | high << 7))
                    self._position = None  # system common messages have no running status
        return events


def midi_bytes(event: MidiEvent) -> bytes:
    """The bytes of an event. Raises WireError for a position that 14 bits cannot hold."""
    if isinstance(event, MidiTime):
        return bytes([event])
    if not 0 <= event.sixteenths < _MOST_SIXTEENTHS:
        raise WireError(
            f"asked for song position {event.sixteenths}: it is 0 to {_MOST_SIXTEENTHS - 1} sixteenths"
        )
    return bytes([_SONG_POSITION, event.sixteenths & _SEVEN_BITS, event.sixteenths >> 7])
