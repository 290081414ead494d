"""MIDI at the desk: knobs, faders and pads that were learned turn its controls, and show what others turned."""

from collections import deque
from collections.abc import Sequence
from pathlib import Path

from groovecast.wire.desk_messages import Peers
from groovecast.wire.midi import ControlChange, MidiTouch, Note, TouchParser, touch_bytes
from realtime.controllers.controller import Change, TurnedDesk
from realtime.controllers.midi_learn import Learner
from realtime.controllers.midi_map import Key, Mapping, key_of, read_mappings, write_mappings
from realtime.controllers.midi_plugs import ClockLine, Plugs, is_path
from realtime.controllers.midi_ports import MidoPorts, Ports
from realtime.controllers.midi_turn import Turn
from realtime.desk.control import Control

_MOST_SAID = 4096  # messages that wait, the oldest are lost
_MOST_A_TICK = 256  # taken in in one frame, which is 15,000 a second
_MOST_BYTES_A_TICK = 4096  # a hundred times what a cable carries
_RESTS_S = 0.1  # so long after it moved last a motor fader is told where it stands
_DOWN = 64
_FINE = 32  # the finer half of controller n is n + 32


class MidiDesk:
    """Any number of ports. Frame loop; the ports' own threads only put down what came."""

    def __init__(
        self,
        desk: TurnedDesk,
        wishes: Sequence[str],
        file: Path,
        ports: Ports | None = None,
        pickup: bool = False,
    ) -> None:
        """`ports`: None where only paths were asked for. `pickup`: how faders are learned from now on."""
        self._desk, self._file, self._pickup = desk, file, pickup
        self._said: deque[tuple[str, bytes]] = deque(maxlen=_MOST_SAID)
        self._plugs = Plugs(wishes, ports, lambda port, received: self._said.append((port, received)))
        self._parsers: dict[str, TouchParser] = {}
        mappings, self._problem = read_mappings(file)
        self._mappings = {mapping.control: mapping for mapping in mappings}
        self._turns: dict[Key, Turn] = {}
        self._lit: dict[tuple[str, bytes], bytes] = {}
        self._changed: dict[str, str] = {}  # by whom, since the last tick
        self._again: dict[str, float] = {}  # what is shown even if it was already, and when
        self._learner: Learner | None = None
        self._hint = ""
        self.name = f"MIDI on {', '.join(wishes)}"
        self._list_changed()
        desk.listen(self._on_change)
        desk.on_list(self._list_changed)

    @property
    def trouble(self) -> str:
        """What was asked for and is not there, or cannot be read; "" while all is well."""
        return "; ".join(filter(None, (self._plugs.trouble, self._problem)))

    async def start(self) -> None:
        """Listen from now on. A port that is not there yet is no error: it is looked for."""
        self._plugs.start()

    async def stop(self) -> None:
        """Let go of ports and threads; also when it never started."""
        self._plugs.stop()

    def carry(self, line: ClockLine) -> None:
        """Before the start. Hand the clock that comes on these ports to that line, too."""
        self._plugs.carry(line)

    # -- learning -------------------------------------------------------------------------------------------

    def learn(self, name: str | None) -> None:
        """The next thing that moves turns this control; None: stop waiting. Raises ValueError for an unknown one."""
        if name is None:
            self._learner = None
            return
        self._learner, self._hint = Learner(self._control(name), self._pickup), ""

    def forget(self, name: str) -> None:
        """Nothing turns this control any more."""
        if self._mappings.pop(name, None) is not None:
            self._keep()

    def peers(self) -> Peers:
        """What pages are told of MIDI; another one when something changed."""
        learning = None if self._learner is None else self._learner.control.name
        learned = {name: str(mapping) for name, mapping in self._mappings.items()}
        return Peers(midi=self._plugs.connected, learning=learning, learned=learned)

    # -- once a frame ---------------------------------------------------------------------------------------

    def tick(self, now_s: float) -> None:
        """Hear what came, finish what was being learned, and show what changed. Never raises, never waits."""
        again = [name for name, due_s in self._again.items() if due_s <= now_s]
        taken = 0
        for _ in range(min(len(self._said), _MOST_A_TICK)):
            if taken >= _MOST_BYTES_A_TICK:
                break
            port, received = self._said.popleft()
            taken += len(received)
            for touch in self._parsers.setdefault(port, TouchParser()).feed(received):
                self.touched(port, touch, now_s)
        if self._learner is not None:
            self._learned(self._learner.tick(now_s))
        changed, self._changed = self._changed, {}
        for name, by in changed.items():
            self._show(name, by)
        for name in again:
            if self._again.get(name, now_s) <= now_s:  # else it has been moved just now
                self._again.pop(name, None)
                self._show(name, "", again=True)
        for port in self._plugs.newcomers():
            self._lit = {key: sent for key, sent in self._lit.items() if key[0] != port}
            for mapping in self._mappings.values():
                if mapping.port == port:
                    self._show(mapping.control, "")

    def touched(self, port: str, touch: MidiTouch, now_s: float) -> None:
        """Something was moved, here or where VMC's MIDI messages come from."""
        if self._learner is not None:
            self._learned(self._learner.hear(port, touch, now_s))
            return
        turn = self._turns.get(key_of(port, touch))
        if turn is None:
            return
        if _stays(turn.mapping):  # where a hand has put it, it need not be sent to
            data = touch_bytes(touch)
            self._lit[port, _place(data)] = data
        share = turn.touched(touch, self._share(turn.control))
        if share is not None:
            self._desk.post(turn.control.name, share, f"midi {port}")
        if turn.mapping.kind == "bend" and share is not None:
            # Mackie Control's faders run back to where they were told to be last
            self._again[turn.control.name] = now_s + _RESTS_S
        elif _lets_go(turn.mapping, touch):  # and some pads are dark then, whatever they were told
            self._again[turn.control.name] = now_s

    def _learned(self, mapping: Mapping | None) -> None:
        if mapping is None:
            if self._learner is not None and self._learner.hint not in ("", self._hint):
                self._hint = self._learner.hint
                self._desk.say(self._hint)
            return
        self._learner = None
        # a knob turns one control, and a control is turned by one knob
        kept = {name: known for name, known in self._mappings.items() if known.key != mapping.key}
        self._mappings = {**kept, mapping.control: mapping}
        self._keep()
        self._desk.say(f"{mapping} turns {mapping.control} now")
        self._show(mapping.control, "")

    def _keep(self) -> None:
        self._problem = write_mappings(self._file, list(self._mappings.values()))
        self._list_changed()

    # -- the desk's changes ---------------------------------------------------------------------------------

    def _on_change(self, change: Change) -> None:
        self._changed[change.name] = change.by

    def _list_changed(self) -> None:
        """Other controls, or other mappings: of those that are known, each has its turn."""
        controls = {control.name: control for control in self._desk.controls}
        before, self._turns = self._turns, {}
        for mapping in self._mappings.values():
            control = controls.get(mapping.control)
            if control is None:  # it may come yet: an outlet's, a dancer's
                continue
            turn = before.get(mapping.key)
            if turn is None or turn.mapping != mapping or turn.control != control:
                turn = Turn(mapping, control)
            self._turns[mapping.key] = turn
            if mapping.kind == "cc14":
                port, kind, channel, number = mapping.key
                self._turns[port, kind, channel, number + _FINE] = turn

    def _show(self, name: str, by: str, again: bool = False) -> None:
        """What a control stands at, to what turns it; but a hand's own fader is not pushed about.

        `again`: even what was shown already.
        """
        mapping = self._mappings.get(name)
        turn = None if mapping is None else self._turns.get(mapping.key)
        if mapping is None or turn is None:
            return
        share = self._share(turn.control)
        if by == f"midi {mapping.port}":
            if _stays(mapping):
                return
        else:
            turn.changed_by_others(share)
        for light in turn.lights(share):
            data = touch_bytes(light)
            if again or self._lit.get((mapping.port, _place(data))) != data:
                self._plugs.light(mapping.port, data)
                self._lit[mapping.port, _place(data)] = data

    def _share(self, control: Control) -> float:
        return control.share_of(self._desk.value(control.name))

    def _control(self, name: str) -> Control:
        found = next((control for control in self._desk.controls if control.name == name), None)
        if found is None:
            raise ValueError(f"asked to learn the control {name[:40]!r}: there is none of that name")
        return found


def _stays(mapping: Mapping) -> bool:
    """A fader or knob that shows itself where it was put."""
    return mapping.way == "absolute" and mapping.kind != "note"


def _lets_go(mapping: Mapping, touch: MidiTouch) -> bool:
    """A pad or a button that is let go."""
    match touch:
        case Note(_, _, velocity):
            return not velocity
        case ControlChange(_, _, value):
            return mapping.way == "toggle" and value < _DOWN
    return False


def _place(data: bytes) -> bytes:
    """What of a port a message is about: its bytes but for the value."""
    return data[:1] if data[0] & 0xF0 == 0xE0 else data[:2]


def midi_desk_of(desk: TurnedDesk, wishes: Sequence[str], file: Path, pickup: bool = False) -> MidiDesk:
    """The desk of these ports. Raises ValueError or OSError with the mend."""
    ports = None if all(is_path(wish) for wish in wishes) else MidoPorts()
    try:
        return MidiDesk(desk, wishes, file, ports, pickup)
    except OSError as why:
        asked = f"asked for --midi {why.filename or ', '.join(wishes)}, which cannot be read ({why.strerror})"
        raise OSError(f"{asked}: give a device such as /dev/snd/midiC1D0, or a port's name") from None
