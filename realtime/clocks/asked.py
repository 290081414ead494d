"""From what a person asked for to the clocks from outside that the conductor may follow."""

from typing import Protocol, runtime_checkable

from realtime.clock import Clock
from realtime.clocks.midi_input import MidiInput, midi_input
from realtime.clocks.source import BeatInput
from realtime.controllers.wishes import ControllerWishes

_MOST_PORT = 0xFFFF


@runtime_checkable
class OutsideBeats(BeatInput, Protocol):
    """One that can say how many there are to hear."""

    @property
    def peers(self) -> int:
        """Any thread. How many there are to hear."""
        ...


def beat_sources(wishes: ControllerWishes, clock: Clock, midi_clock: str | None = None) -> list[OutsideBeats]:
    """All that were asked for, not yet started; what nobody asked for is not loaded.

    A MIDI clock on a port of --midi comes by way of the desk's (`share_ports`): Windows lets a port be opened only
    once. Raises ValueError or OSError with the mend.
    """
    sources: list[OutsideBeats] = []
    if wishes.prodj:
        from realtime.clocks.pro_dj_link import ProDjLink

        sources.append(ProDjLink(clock, wishes.prodj_player))
    if wishes.link:
        from realtime.clocks.link import Link

        sources.append(Link(clock, _address(wishes.carabiner)))
    if midi_clock is not None:
        from realtime.controllers.midi_plugs import ClockLine, among

        shared = among(wishes.midi, midi_clock)
        sources.append(MidiInput(ClockLine(midi_clock), clock) if shared else midi_input(midi_clock, clock))
    return sources


def _address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if not host or not port.isdecimal() or not 1 <= int(port) <= _MOST_PORT:
        raise ValueError(f"asked for --carabiner {text}: give HOST:PORT, such as 127.0.0.1:17000")
    return host, int(port)
