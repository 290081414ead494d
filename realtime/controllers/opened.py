"""From what a person asked for to controllers that are ready to start: all of them, or the reason."""

from collections.abc import Iterator, Sequence

from realtime.controllers.controller import Controller, TurnedDesk
from realtime.controllers.wishes import ControllerWishes


def opened(wishes: ControllerWishes, desk: TurnedDesk, outlets: Sequence[object] = ()) -> list[Controller]:
    """Every controller that was asked for, in the order to start them; what nobody asked for is not loaded.

    `outlets`: those that a controller may ask to send less. Raises ValueError with the mend.
    """
    return list(_opened(wishes, desk, outlets))


def _opened(wishes: ControllerWishes, desk: TurnedDesk, outlets: Sequence[object]) -> Iterator[Controller]:
    if wishes.osc_in is not None:
        from realtime.controllers.listening import Address
        from realtime.controllers.osc_in import OSC_PORT, OscIn
        from realtime.controllers.osc_query import OscQuery

        osc = OscIn(desk, Address.from_text("--osc-in", wishes.osc_in, OSC_PORT), wishes.osc_feedback)
        yield osc
        if wishes.oscquery != 0:
            yield OscQuery(desk, osc, wishes.oscquery)
    if wishes.vmc_in is not None:
        from realtime.controllers.listening import Address
        from realtime.controllers.vmc_in import VMC_PORT, SlowedReceiver, VmcIn

        receivers = [outlet for outlet in outlets if isinstance(outlet, SlowedReceiver)]
        yield VmcIn(desk, Address.from_text("--vmc-in", wishes.vmc_in, VMC_PORT), receivers)
    if wishes.midi:
        from realtime.controllers.midi_desk import midi_desk_of
        from realtime.controllers.midi_map import midi_file

        yield midi_desk_of(desk, wishes.midi, midi_file(), wishes.midi_pickup)
