"""From what OSC says to what is turned: `/groovecast/<control>` and one argument, from UDP and WebSocket alike."""

from dataclasses import dataclass

from groovecast.wire.errors import WireError
from groovecast.wire.osc_packet import OscSaid, OscValue, osc_elements, osc_said
from groovecast.wire.osc_pattern import SPECIAL, OscPattern
from realtime.controllers.complaints import Complaints
from realtime.controllers.controller import TurnedDesk
from realtime.desk.control import Control

ROOT = "/groovecast/"
IN_UNITS = "/value"

_MOST_MESSAGES_A_TICK = 256  # 15,000 a second: more than a sane controller, less than a frame's time
_MOST_PATTERNS_A_TICK = 2  # that were not met before: each is tried on every control
_PATTERNS_KEPT = 64
# Who says the same again sooner than that has not let go: some send all that they have with every frame.
_HELD_S = 0.25
_MOST_HELD = 1024
_BEYOND = 0.01  # of a share: no rounding


@dataclass(frozen=True)
class _Target:
    """What an address turns, and whether in the control's own unit or as a share of its way."""

    control: Control
    in_units: bool


class OscHands:
    """Turns what a desk has, as OSC says. Frame loop; never raises, and does a bounded work a tick."""

    def __init__(self, desk: TurnedDesk) -> None:
        self._desk = desk
        self._targets: dict[str, _Target] = {}
        self._patterns: dict[str, tuple[_Target, ...]] = {}
        self._messages_left = _MOST_MESSAGES_A_TICK
        self._patterns_left = _MOST_PATTERNS_A_TICK
        self._complaints = Complaints(desk.say)
        self._strangers: set[str] = set()
        self._advised: set[str] = set()
        # of whom and about what: the newest, and when
        self._held: dict[tuple[str, str], tuple[OscValue, float]] = {}
        self._now_s = 0.0
        self.heard = 0  # messages that turned something
        self.ignored = 0  # messages that were for somebody else
        self._learn_addresses()
        desk.on_list(self._learn_addresses)

    @property
    def refused(self) -> int:
        """How many datagrams and messages could not be used."""
        return self._complaints.count

    @property
    def tired(self) -> bool:
        """It has done its share of this tick: what else came waits for the next."""
        return self._messages_left <= 0

    def rest(self, now_s: float) -> None:
        """Once a tick: be fresh again, and tell the person, at most once a second, what could not be used."""
        self._messages_left, self._patterns_left = _MOST_MESSAGES_A_TICK, _MOST_PATTERNS_A_TICK
        self._complaints.tell(now_s)
        self._now_s = now_s

    def spend(self, messages: int) -> None:
        """So much of this tick's share is gone."""
        self._messages_left -= messages

    def hear(self, datagram: bytes, by: str) -> None:
        """Do what the messages of a datagram say."""
        try:
            elements = osc_elements(datagram)
        except WireError as why:
            self.spend(1)
            return self.refuse(f"{why} ({by})")
        self.spend(max(1, len(elements)))
        for element in elements:
            try:
                said = osc_said(element)
            except WireError as why:
                self.refuse(f"{why} ({by})")
            else:
                self._do(said, by)

    def refuse(self, text: str) -> None:
        """Count what could not be done, and tell it when it is time."""
        self._complaints.note(text)

    def _do(self, said: OscSaid, by: str) -> None:
        if not said.address.startswith(ROOT) and SPECIAL.isdisjoint(said.address):
            return self._ignore(said.address, by)
        targets = self._meant(said.address)
        if not targets:
            name = said.address[:60]
            why = "no control has that address"
            if targets is None:
                why = "these are more new patterns than a frame has time for: send it again"
            return self.refuse(f"asked by OSC for {name}: {why} ({by})")
        if len(said.values) > 1:
            count = len(said.values)
            return self.refuse(f"asked by OSC for {said.address[:60]} with {count} values: give one ({by})")
        for target in targets:
            self._turn(target, said, by)

    def _turn(self, target: _Target, said: OscSaid, by: str) -> None:
        control = target.control
        if not said.values:
            if control.kind != "button":
                return self.refuse(f"asked by OSC for {ROOT}{control.name} without a value: give one ({by})")
            value: OscValue = True
        else:
            value = said.values[0]
            if self._is_held(by, said.address, control.name, value):
                return None
        as_it_is = target.in_units or isinstance(value, str)
        if control.kind == "choice" and isinstance(value, int) and not isinstance(value, bool):
            as_it_is = True  # which of the words
        try:
            # asked here, so that of one frame's messages a wrong one does not displace a right one
            if as_it_is:
                control.read(value)
                self._desk.post_value(control.name, value, by)
            else:
                share = float(value)  # T and F are 1 and 0 of whatever it is
                control.from_share(share)
                if control.kind == "number" and not -_BEYOND <= share <= 1 + _BEYOND:
                    self._advise(control, value, by)
                self._desk.post(control.name, share, by)
        except ValueError as why:
            return self.refuse(f"{why} ({by})")
        self.heard += 1

    def _is_held(self, by: str, address: str, name: str, value: OscValue) -> bool:
        """Whether that is no turn, but the same as a moment ago."""
        if len(self._held) >= _MOST_HELD:
            self._held.clear()
        key = (by, f"{address} {name}")
        before, self._held[key] = self._held.get(key), (value, self._now_s)
        return before is not None and before[0] == value and self._now_s - before[1] < _HELD_S

    def _advise(self, control: Control, value: OscValue, by: str) -> None:
        """Who says 4 and means 4 gets the most there is: told once for each who does."""
        if by in self._advised or len(self._advised) >= _PATTERNS_KEPT:
            return
        self._advised.add(by)
        address = ROOT + control.name
        takes = f"it takes a share from 0 to 1, its own unit goes to {address}{IN_UNITS}"
        self._desk.say(f"asked by OSC for {address} at {value:.6g}: {takes} ({by})")

    def _meant(self, address: str) -> tuple[_Target, ...] | None:
        """What an address turns; a pattern may turn many. None: there is no time now to find out."""
        found = self._targets.get(address)
        if found is not None:
            return (found,)
        if SPECIAL.isdisjoint(address):
            return ()
        known = self._patterns.get(address)
        if known is not None:
            return known
        if self._patterns_left <= 0:
            return None
        self._patterns_left -= 1
        pattern = OscPattern(address)
        met = tuple(target for name, target in self._targets.items() if pattern.matches(name))
        if len(self._patterns) >= _PATTERNS_KEPT:
            self._patterns.clear()
        self._patterns[address] = met
        return met

    def _ignore(self, address: str, by: str) -> None:
        """It is for somebody else: told once for each who speaks so, for a phone's gyroscope never ends."""
        self.ignored += 1
        if by not in self._strangers and len(self._strangers) < _PATTERNS_KEPT:
            self._strangers.add(by)
            self._desk.say(f"OSC from {by} to {address[:60]} is left alone: controls are {ROOT}<name>")

    def _learn_addresses(self) -> None:
        self._patterns.clear()
        self._targets = {}
        for control in self._desk.controls:
            self._targets[ROOT + control.name] = _Target(control, in_units=False)
            self._targets[ROOT + control.name + IN_UNITS] = _Target(control, in_units=True)
