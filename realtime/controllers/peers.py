"""What controllers and outside clocks have to do with each other: the ports they share, and one message about all."""

from collections.abc import Sequence

import msgspec

from groovecast.wire.desk_messages import Peers
from realtime.clocks.asked import OutsideBeats
from realtime.clocks.midi_input import MidiInput
from realtime.clocks.source import LINK, PRO_DJ_LINK, BeatInput
from realtime.controllers.controller import Controller
from realtime.controllers.midi_desk import MidiDesk
from realtime.controllers.midi_plugs import ClockLine


def midi_desk(controllers: Sequence[Controller]) -> MidiDesk | None:
    """The one that turns the desk by MIDI, if it was asked for."""
    return next((each for each in controllers if isinstance(each, MidiDesk)), None)


def share_ports(controllers: Sequence[Controller], sources: Sequence[BeatInput]) -> None:
    """Before either starts. A MIDI clock that comes on a port of the desk's is heard there."""
    midi = midi_desk(controllers)
    for source in sources:
        if midi is not None and isinstance(source, MidiInput) and isinstance(source.line, ClockLine):
            midi.carry(source.line)


def peers_of(controllers: Sequence[Controller], sources: Sequence[BeatInput]) -> Peers:
    """Frame loop. As it is now; to be told when it is another than before."""
    midi = midi_desk(controllers)
    counts = {source.name: source.peers for source in sources if isinstance(source, OutsideBeats)}
    known = Peers() if midi is None else midi.peers()
    return msgspec.structs.replace(known, link=counts.get(LINK), prodj=counts.get(PRO_DJ_LINK))


class Guests:
    """Who turns and beats time from outside, as the desks see them. All of it belongs to the frame loop."""

    def __init__(self, controllers: Sequence[Controller], sources: Sequence[BeatInput]) -> None:
        self._controllers, self._sources = controllers, sources
        share_ports(controllers, sources)

    def learn(self, name: str | None) -> None:
        """The next MIDI control that moves turns this one; None: none does. Raises ValueError without MIDI."""
        midi = midi_desk(self._controllers)
        if midi is None:
            raise ValueError(
                'asked to learn a MIDI control, no port is open: start with --midi "part of its name"'
            )
        midi.learn(name)

    def peers(self) -> Peers:
        """As it is now."""
        return peers_of(self._controllers, self._sources)
