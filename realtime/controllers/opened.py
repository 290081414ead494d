"""From what a person asked for to controllers that are ready to start: all of them, or the reason."""

from collections.abc import Iterator, Sequence
from functools import partial

from realtime.controllers.controller import Controller, TurnedDesk
from realtime.controllers.wishes import ControllerWishes

VMC_MIDI = "VMC"  # the name of the port by which a VMC assistant's knobs are learned


def opened(wishes: ControllerWishes, desk: TurnedDesk, outlets: Sequence[object] = ()) -> list[Controller]:
    """Every controller that was asked for, in the order to start them; what nobody asked for is not loaded.

    `outlets`: those that a controller may ask to send less. Raises ValueError with the mend.
    """
    return list(_opened(wishes, desk, outlets))


def _opened(wishes: ControllerWishes, desk: TurnedDesk, outlets: Sequence[object]) -> Iterator[Controller]:
    if wishes.osc_in is not None:
        from realtime.controllers.discovery import Discovery
        from realtime.controllers.listening import Address
        from realtime.controllers.osc_in import OSC_PORT, OscIn
        from realtime.controllers.osc_query import OscQuery

        osc = OscIn(desk, Address.from_text("--osc-in", wishes.osc_in, OSC_PORT), wishes.osc_feedback)
        yield osc
        query = None if wishes.oscquery == 0 else OscQuery(desk, osc, wishes.oscquery)
        if query is not None:
            yield query
        if not osc.address.loopback:
            yield Discovery(desk, osc, query)
    touched = None
    if wishes.midi:
        from realtime.controllers.midi_desk import midi_desk_of
        from realtime.controllers.midi_map import midi_file

        midi = midi_desk_of(desk, wishes.midi, midi_file(), wishes.midi_pickup)
        touched = partial(midi.touched, VMC_MIDI)
        yield midi
    if wishes.vmc_in is not None:
        from realtime.controllers.listening import Address
        from realtime.controllers.vmc_in import VMC_PORT, SlowedReceiver, VmcIn

        receivers = [outlet for outlet in outlets if isinstance(outlet, SlowedReceiver)]
        yield VmcIn(desk, Address.from_text("--vmc-in", wishes.vmc_in, VMC_PORT), receivers, touched)
