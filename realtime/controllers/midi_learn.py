"""MIDI learn: from the first few messages of what a hand moves to what it is, and how its values are meant."""

from collections.abc import Mapping as Map
from itertools import pairwise

from groovecast.wire.midi import ControlChange, MidiTouch, Note, PitchBend
from realtime.controllers.midi_map import Mapping, Way
from realtime.desk.control import Control

_FAR = 15  # the furthest that an encoder says it was turned at once
RELATIVE: Map[Way, tuple[frozenset[int], frozenset[int]]] = {  # forward, back
    "two's complement": (frozenset(range(1, _FAR + 1)), frozenset(range(128 - _FAR, 128))),
    "signed bit": (frozenset(range(1, _FAR + 1)), frozenset(range(65, 65 + _FAR))),
    "binary offset": (frozenset(range(65, 65 + _FAR)), frozenset(range(64 - _FAR, 64))),
}
# Of those that turning one way alone leaves possible, the first is taken: in this order they are met.
_USUAL: tuple[Way, ...] = ("two's complement", "binary offset", "signed bit")

_DOWN = 64  # a button's value from which on it is held down
_RELEASE_S = 0.6  # a button that is let go says so sooner
_SETTLED_S = 1.0  # so long after the last message nothing more comes of this movement
_PATIENCE_S = 4.0
_SWEEP, _LEAST_SWEEP = 6, 5  # a fader's steps are at most so wide, and so many tell it from an encoder
_FINE = 32  # the finer half of controller n is n + 32 (MIDI 1.0)
_PAIRS = 2  # so often both halves, and it is one fader of 14 bits
_ALONE = 3  # so often without the finer half, and it has none

_Knob = tuple[str, int, int]  # port, channel, controller


class Learner:
    """Waits for what moves. `hear` and `tick` return what it is as soon as that is clear."""

    def __init__(self, control: Control, pickup: bool = False) -> None:
        self.control = control
        self.hint = ""  # what the hand should do, in words
        self._pickup = pickup
        self._values: dict[_Knob, list[int]] = {}
        self._last_s = 0.0
        self._held: tuple[str, Note, float] | None = None  # a key that is down, and since when

    def hear(self, port: str, touch: MidiTouch, now_s: float) -> Mapping | None:
        """Something moved."""
        match touch:
            case Note(channel, number, velocity):
                if self.control.kind in ("switch", "button"):
                    toggles: Way = "toggle" if self.control.kind == "switch" else "absolute"
                    return self._found(port, "note", channel, number, toggles) if velocity else None
                return self._pressed(port, touch, now_s)
            case PitchBend(channel, _):
                return self._found(port, "bend", channel, 0, "absolute")
            case ControlChange(channel, number, value):
                values = self._values.setdefault((port, channel, number), [])
                if self.control.kind in ("switch", "button") and not values and value < _DOWN:
                    return None  # let go, of what was held down before
                values.append(value)
                self._last_s = now_s
                return self._judge(now_s)

    def tick(self, now_s: float) -> Mapping | None:
        """Time passes, and that nothing more comes says something too."""
        if self._values:
            return self._judge(now_s)
        held_s = 0.0 if self._held is None else now_s - self._held[2]
        return self._found_held() if held_s > _PATIENCE_S else None

    def _pressed(self, port: str, note: Note, now_s: float) -> Mapping | None:
        """A pad; or a motor fader that feels a hand, and is about to say by other messages how it moves."""
        if note.velocity:
            self._held = port, note, now_s
        elif self._held is not None and not self._values:
            held = self._held[1]
            if (self._held[0], held.channel, held.number) == (port, note.channel, note.number):
                return self._found_held()
        return None

    def _found_held(self) -> Mapping | None:
        assert self._held is not None
        port, note, _ = self._held
        return self._found(port, "note", note.channel, note.number, "absolute")

    def _judge(self, now_s: float) -> Mapping | None:
        knob = max(self._values, key=lambda known: len(self._values[known]))
        port, channel, number = knob
        if _FINE <= number < 2 * _FINE and (port, channel, number - _FINE) in self._values:
            number -= _FINE  # the coarse half of the same fader
        coarse = self._values[port, channel, number]
        if not coarse:
            return None
        still_s = now_s - self._last_s
        if self.control.kind == "button":
            return self._found(port, "cc", channel, number, "absolute")
        if self.control.kind == "switch":
            if any(value < _DOWN for value in coarse[1:]) and len(coarse) == 2:
                return self._found(port, "cc", channel, number, "toggle")
            return self._found(port, "cc", channel, number, "absolute") if still_s > _RELEASE_S else None
        fine = self._values.get((port, channel, number + _FINE), []) if number < _FINE else []
        if min(len(coarse), len(fine)) >= _PAIRS:
            return self._found(port, "cc14", channel, number, "absolute")
        if fine and still_s < _SETTLED_S:
            return None
        way = way_of(coarse, still_s)
        if way is None and still_s > _SETTLED_S:
            self.hint = f"turn it back the other way too, to learn {self.control.name}"
        return None if way is None else self._found(port, "cc", channel, number, way)

    def _found(self, port: str, kind: str, channel: int, number: int, way: Way) -> Mapping:
        return Mapping(self.control.name, port, kind, channel, number, way, self._pickup)  # type: ignore[arg-type]


def way_of(values: list[int], still_s: float) -> Way | None:
    """How a controller's values are meant, from those that came and how long none has; None: not clear yet.

    An encoder says the same again and again, a fader never does: it passes through the values between.
    """
    fitting = [way for way in _USUAL if all(value in RELATIVE[way][0] | RELATIVE[way][1] for value in values)]
    again = any(before == after for before, after in pairwise(values))
    if not fitting:
        return "absolute" if len(values) >= _ALONE or still_s > _SETTLED_S else None
    steps = [after - before for before, after in pairwise(values)]
    one_way = all(0 < step <= _SWEEP for step in steps) or all(-_SWEEP <= step < 0 for step in steps)
    if one_way and len(values) >= _LEAST_SWEEP:
        return "absolute"
    if not again:
        return "absolute" if still_s > _PATIENCE_S else None
    for way in fitting:
        forward, back = RELATIVE[way]
        if not forward.isdisjoint(values) and not back.isdisjoint(values):
            return way
    return fitting[0] if still_s > _PATIENCE_S else None
