"""One learned knob, fader, encoder or pad: what its messages make of its control, and what its lights should show."""

from groovecast.wire.midi import ControlChange, MidiTouch, Note, PitchBend
from realtime.controllers.midi_learn import RELATIVE
from realtime.controllers.midi_map import Mapping, Way
from realtime.desk.control import Control

_MOST, _MOST_FINE = 127, (1 << 14) - 1
_DOWN = 64
_CLICK = 1 / _MOST  # how far one click of an encoder turns a number
_CATCHES = 1.5 / _MOST  # a fader this near has the value
_ON = 0.5


class Turn:
    """What has been done with one mapping so far; shares are of the control's way, 0 to 1."""

    def __init__(self, mapping: Mapping, control: Control) -> None:
        self.mapping, self.control = mapping, control
        self._aim: float | None = None  # where clicks have turned it, finer than the control's steps
        self._coarse: int | None = None  # the coarse half that came last
        self._waits = False  # for its fine one
        self._at: float | None = None  # where the fader stands
        self._caught = False

    def touched(self, touch: MidiTouch, share: float) -> float | None:
        """The share to turn the control to, which stands at `share`; None: nothing happens."""
        mapping = self.mapping
        match touch:
            case Note(_, _, velocity):
                return self._pressed(velocity, share)
            case PitchBend(_, value):
                return self._moved(value / _MOST_FINE, share)
            case ControlChange(_, _, value) if mapping.way in RELATIVE:
                return self._clicked(value, share)
            case ControlChange(_, _, value) if mapping.way == "toggle":
                return self._toggled(share) if value >= _DOWN else None
            case ControlChange(_, number, value) if mapping.kind == "cc14":
                return self._fine(number, value, share)
            case ControlChange(_, _, value):
                return self._moved(value / _MOST, share)

    def changed_by_others(self, share: float) -> None:
        """Somebody else turned the control, or a cue did."""
        self._aim = None
        self._caught = self._at is not None and abs(self._at - share) <= _CATCHES

    def lights(self, share: float) -> list[MidiTouch]:
        """What to send back, so that rings, motor faders and pads show where the control stands."""
        mapping, control = self.mapping, self.control
        if not mapping.lights or control.kind == "button":
            return []
        if control.kind == "switch":
            share = float(share >= _ON)
        match mapping.kind:
            case "note":
                return [Note(mapping.channel, mapping.number, round(share * _MOST))]
            case "bend":
                return [PitchBend(mapping.channel, round(share * _MOST_FINE))]
            case "cc14":
                fine = round(share * _MOST_FINE)
                return [
                    ControlChange(mapping.channel, mapping.number, fine >> 7),
                    ControlChange(mapping.channel, mapping.number + 32, fine & _MOST),
                ]
            case "cc":
                return [ControlChange(mapping.channel, mapping.number, round(share * _MOST))]

    def _pressed(self, velocity: int, share: float) -> float | None:
        if not velocity:
            # a switch that is held on as long as its pad is
            return 0.0 if self.control.kind == "switch" and self.mapping.way != "toggle" else None
        match self.control.kind:
            case "button":
                return 1.0
            case "switch":
                return self._toggled(share) if self.mapping.way == "toggle" else 1.0
            case "choice":
                return self._next_word(share)
            case "number":
                return velocity / _MOST

    def _toggled(self, share: float) -> float:
        if self.control.kind == "button":
            return 1.0
        now = share if self._aim is None else self._aim
        self._aim = 0.0 if now >= _ON else 1.0
        return self._aim

    def _next_word(self, share: float) -> float:
        last = max(len(self.control.choices) - 1, 1)
        index = round((share if self._aim is None else self._aim) * last)
        self._aim = 0.0 if index >= last else (index + 1) / last
        return self._aim

    def _clicked(self, value: int, share: float) -> float | None:
        clicks = clicks_of(self.mapping.way, value)
        if not clicks:
            return None
        if self.control.kind in ("switch", "button"):
            return 1.0 if clicks > 0 else 0.0
        now = share if self._aim is None else self._aim
        self._aim = min(max(now + clicks * self._click(), 0.0), 1.0)
        return self._aim

    def _click(self) -> float:
        control = self.control
        if control.kind == "choice":
            return 1 / max(len(control.choices) - 1, 1)
        return max(_CLICK, control.step / (control.most - control.least))

    def _fine(self, number: int, value: int, share: float) -> float | None:
        if number == self.mapping.number:
            waited, self._waits = self._waits, True
            self._coarse = value
            # two coarse halves in a row: this one sends no fine half now
            return self._moved((value << 7) / _MOST_FINE, share) if waited else None
        if self._coarse is None:
            return None
        self._waits = False  # and further fine halves belong to the same coarse one (MIDI 1.0)
        return self._moved((self._coarse << 7 | value) / _MOST_FINE, share)

    def _moved(self, at: float, share: float) -> float | None:
        before, self._at = self._at, at
        if self.control.kind == "button":
            # a fader on its way up presses once; one that says the same again is a pad that is never let go
            return 1.0 if at >= _ON and (before is None or before < _ON or before == at) else None
        if self.mapping.pickup and not self._caught and self.control.kind in ("number", "choice"):
            passed = before is not None and (before - share) * (at - share) <= 0
            self._caught = passed or abs(at - share) <= _CATCHES
            if not self._caught:
                return None
        return at


def clicks_of(way: Way, value: int) -> int:
    """How far an encoder was turned, forward or, below 0, back."""
    match way:
        case "two's complement":
            return value if value < 64 else value - 128
        case "signed bit":
            return value if value < 64 else 64 - value
        case "binary offset":
            return value - 64
    return 0
