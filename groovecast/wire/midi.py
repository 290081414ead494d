"""What a stream of MIDI bytes says about time and about what hands do, whatever else is in it."""

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


@dataclass(frozen=True)
class ControlChange:
    """A knob, a fader or a button: controller `number` of a channel, counted from 0, is at `value`, 0 to 127."""

    channel: int
    number: int
    value: int


@dataclass(frozen=True)
class Note:
    """A key or pad is pressed, or with velocity 0 let go."""

    channel: int
    number: int
    velocity: int


@dataclass(frozen=True)
class PitchBend:
    """A wheel or a fader with 14 bits, 0 to 16383."""

    channel: int
    value: int


MidiTouch = ControlChange | Note | PitchBend

_NOTE_OFF, _NOTE_ON, _CONTROL, _BEND = 0x80, 0x90, 0xB0, 0xE0
_TOUCHES = (_NOTE_OFF, _NOTE_ON, _CONTROL, _BEND)  # each with two bytes of data
_CHANNEL, _KIND = 0x0F, 0xF0


class TouchParser:
    """Reads what hands do out of bytes as they come, in pieces of any size; never raises, skips all else."""

    def __init__(self) -> None:
        self._status = 0  # of the message that goes on; 0: none that is of interest
        self._data: list[int] = []

    def feed(self, received: bytes) -> list[MidiTouch]:
        """The touches that are complete with these bytes."""
        touches: list[MidiTouch] = []
        for byte in received:
            if byte >= _REAL_TIME:  # may stand inside another message
                continue
            if byte >= _STATUS:
                self._status, self._data = byte if byte & _KIND in _TOUCHES else 0, []
            elif self._status:
                self._data.append(byte)
                if len(self._data) == 2:
                    touches.append(_touch(self._status, self._data))
                    self._data = []  # the status goes on for the next two
        return touches


def _touch(status: int, data: list[int]) -> MidiTouch:
    kind, channel = status & _KIND, status & _CHANNEL
    if kind == _CONTROL:
        return ControlChange(channel, data[0], data[1])
    if kind == _BEND:
        return PitchBend(channel, data[0] | data[1] << 7)
    return Note(channel, data[0], data[1] if kind == _NOTE_ON else 0)


def touch_bytes(touch: MidiTouch) -> bytes:
    """The bytes of a touch, as a controller sends them and as its lights are told."""
    match touch:
        case ControlChange(channel, number, value):
            return bytes([_CONTROL | channel, number, value])
        case Note(channel, number, velocity):
            return bytes([_NOTE_ON | channel, number, velocity])
        case PitchBend(channel, value):
            return bytes([_BEND | channel, value & _SEVEN_BITS, value >> 7])
