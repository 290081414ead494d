"""A system's MIDI on paper: ports that come and go, hands that move what is on them, and lights that are looked at."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from groovecast.wire.midi import ControlChange, MidiTouch, touch_bytes
from realtime.controllers.midi_ports import Hear


@dataclass
class OpenPort:
    """One side of a port, until it is closed."""

    name: str
    hear: Hear | None = None
    told: list[bytes] = field(default_factory=list)
    broken: bool = False
    closed: bool = False

    def send(self, data: bytes) -> None:
        if self.broken:
            raise OSError("the device does not answer")
        self.told.append(data)

    def close(self) -> None:
        self.closed = True


@dataclass
class Hands:
    """Ports by the names that the system gives them."""

    names: list[str]
    without_lights: tuple[str, ...] = ()
    silent: bool = False  # the system's MIDI does not answer
    held: tuple[str, ...] = ()  # another program has them
    opened: list[OpenPort] = field(default_factory=list)

    def inputs(self) -> list[str]:
        if self.silent:
            raise OSError("no sequencer")
        return list(self.names)

    def outputs(self) -> list[str]:
        return [name for name in self.names if name not in self.without_lights]

    def open_input(self, name: str, hear: Hear) -> OpenPort:
        if name in self.held:
            raise OSError("device busy")
        self.opened.append(OpenPort(name, hear))
        return self.opened[-1]

    def open_output(self, name: str) -> OpenPort:
        self.opened.append(OpenPort(name))
        return self.opened[-1]

    def move(self, port: str, *touches: MidiTouch | bytes) -> None:
        """A hand moves what is on a port."""
        for opened in self.opened:
            if opened.hear is not None and opened.name.startswith(port) and not opened.closed:
                for touch in touches:
                    opened.hear(touch if isinstance(touch, bytes) else touch_bytes(touch))

    def lights(self, port: str) -> list[bytes]:
        """What a port was told, since last looked at."""
        told = [opened.told for opened in self.opened if opened.hear is None and opened.name.startswith(port)]
        found = [data for each in told for data in each]
        for each in told:
            each.clear()
        return found


@dataclass
class Encoder:
    """An endless knob, as one of the three kinds says how far it was turned."""

    way: str
    number: int = 16
    channel: int = 0

    def turned(self, *clicks: int) -> Iterator[ControlChange]:
        say: Callable[[int], int] = {
            "two's complement": lambda click: click % 128,
            "signed bit": lambda click: click if click > 0 else 64 - click,
            "binary offset": lambda click: 64 + click,
        }[self.way]
        return (ControlChange(self.channel, self.number, say(click)) for click in clicks)


def fader(values: Iterable[int], number: int = 7, channel: int = 0) -> list[ControlChange]:
    """A fader through these values."""
    return [ControlChange(channel, number, value) for value in values]


def fine_fader(values: Iterable[int], number: int = 3, channel: int = 0) -> list[ControlChange]:
    """A fader of 14 bits: each value in two halves, the coarse one first."""
    halves = ((number, value >> 7, number + 32, value & 127) for value in values)
    return [
        ControlChange(channel, knob, half)
        for coarse, high, fine, low in halves
        for knob, half in ((coarse, high), (fine, low))
    ]
