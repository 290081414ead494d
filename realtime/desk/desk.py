"""The desk: where page, OSC, MIDI and keyboard turn one and the same controls, and see what the others turned."""

import math
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from groovecast.wire.desk_messages import Value
from realtime.desk.board import Board, Glide
from realtime.desk.control import Control

Press = Callable[[float], None]  # told when, on the machine's clock
Turned = Callable[[Value, str], None]  # told the value and who; may raise ValueError and so refuse it

# Of what other threads posted since the last tick: more than a tick ever brings from a sane controller.
_MOST_POSTED = 4096
_MOST_PRESSES = 8  # of one button in one tick
_COMPLAINT_EVERY_S = 1.0
_PICTURE_S = 1 / 60


@dataclass(frozen=True)
class Change:
    """A control stands at something else than before."""

    name: str
    value: Value
    by: str


@dataclass(frozen=True)
class _Posted:
    name: str
    value: object
    by: str
    is_share: bool


class Desk:
    """All controls and what they stand at. Everything belongs to the frame loop, but `post` and `board`."""

    def __init__(self, controls: Iterable[Control], now: Callable[[], float], ahead_s: float = 0.0) -> None:
        self._now = now
        # What is shown until so long after now has left already: what is turned begins after that, for all outlets
        # alike, so that nothing jumps.
        self._ahead_s = ahead_s
        self._controls = {control.name: control for control in controls}
        self.board = Board({name: control.start for name, control in self._controls.items()})
        self._posted: deque[_Posted] = deque(maxlen=_MOST_POSTED)
        self._changed: dict[str, Change] = {}
        self._authors: Mapping[str, str] = {}  # of what glides
        self._listeners: list[Callable[[Change], None]] = []
        self._on_change_of_list: list[Callable[[], None]] = []
        self._on_press: dict[str, list[Press]] = {}
        self._on_turn: dict[str, list[Turned]] = {}
        self._on_say: list[Callable[[str], None]] = []
        self._begun_s = -math.inf  # what begins by then has begun
        self._complaint = ""
        self._refused_since = 0
        self._complained_s = -_COMPLAINT_EVERY_S
        self.refused = 0  # what was posted and could not be done, since the start

    # -- what there is --------------------------------------------------------------------------------------

    @property
    def controls(self) -> tuple[Control, ...]:
        """All of them, in order."""
        return tuple(self._controls.values())

    def control(self, name: str) -> Control:
        """The control of a name. Raises ValueError when there is none."""
        found = self._controls.get(name)
        if found is None:
            raise ValueError(f"asked to set {name[:40]}: there is no control of that name")
        return found

    def add(self, controls: Iterable[Control]) -> None:
        """Further controls; those of a known name are replaced, and keep their value when they still take it."""
        values = dict(self.board.values)
        for control in controls:
            self._controls[control.name] = control
            try:
                values[control.name] = control.read(values.get(control.name, control.start))
            except ValueError:
                values[control.name] = control.start
        glides = {
            name: glide
            for name, glide in self.board.glides.items()
            if self._controls[name].kind != "choice" or glide.after in self._controls[name].choices
        }
        self.board = Board(values, glides, self.board.turns + 1)
        for listener in self._on_change_of_list:
            listener()

    def value(self, name: str) -> Value:
        """What a control stands at. Raises ValueError when there is none."""
        self.control(name)
        return self.board.values[name]

    def share(self, name: str) -> float:
        """The same from 0 to 1."""
        return self.control(name).share_of(self.value(name))

    # -- who listens ----------------------------------------------------------------------------------------

    def listen(self, listener: Callable[[Change], None]) -> None:
        """Tell it of every control that changed, once a tick."""
        self._listeners.append(listener)

    def on_list(self, listener: Callable[[], None]) -> None:
        """Tell it when there are other controls than before."""
        self._on_change_of_list.append(listener)

    def on_press(self, name: str, action: Press) -> None:
        """Do that when the button is pressed. It may raise ValueError and so refuse."""
        self.control(name)
        self._on_press.setdefault(name, []).append(action)

    def on_turn(self, name: str, action: Turned) -> None:
        """Do that before the control stands there. It may raise ValueError and so refuse."""
        self.control(name)
        self._on_turn.setdefault(name, []).append(action)

    def acts(self, name: str) -> bool:
        """Whether turning it does something of its own, beside being known: that is no matter of a time to come."""
        return name in self._on_turn

    def on_say(self, listener: Callable[[str], None]) -> None:
        """Tell it what a person should read."""
        self._on_say.append(listener)

    def say(self, text: str) -> None:
        """Tell the person, on every desk."""
        for listener in self._on_say:
            listener(text)

    # -- turning --------------------------------------------------------------------------------------------

    def turn(self, name: str, value: object, by: str) -> Value:
        """Turn a control, from now on. Raises ValueError, in words, for what cannot be; a number is clamped."""
        control = self.control(name)
        read = control.read(value)
        if control.clamps(value):
            self._complain(
                f"asked to set {name} to {value:g}: it takes {control.least:g} to {control.most:g}, it is {read:g}"
            )
        if control.kind == "button":
            if read:
                self._press(name)
            return read
        for action in self._on_turn.get(name, ()):
            action(read, by)
        under_way = self.board.glides.get(name)
        if under_way is None:
            there = read == self.board.values[name]
        else:  # told again, it goes on and does not begin anew
            there = read == under_way.after and under_way.start_s <= self._now() + self._ahead_s
        if not there:
            self.bring({name: read}, self._now(), 0.0, by)
        return read

    def stand(self, name: str, value: object, by: str) -> None:
        """Show that a control stands there by now, without doing it: who turned it did so in another way."""
        read = self.control(name).read(value)
        if read != self.board.values[name]:
            glides = {other: glide for other, glide in self.board.glides.items() if other != name}
            self.board = Board({**self.board.values, name: read}, glides, self.board.turns + 1)
            self._changed[name] = Change(name, read, by)

    def bring(self, values: Mapping[str, object], start_s: float, fade_s: float, by: str) -> None:
        """From `start_s` on these values, each at its own pace but over `fade_s` at least; ValueError: none of them.

        What is to come is on the board at once, so that a dance that is planned ahead knows of it; it counts as turned
        when its time comes.
        """
        read = {name: self.control(name).read(value) for name, value in values.items()}
        now_s, board = self._now(), self.board
        begins_s = max(start_s, now_s + self._ahead_s)
        glides = dict(board.glides)
        for name, value in read.items():
            control = self._controls[name]
            # what is under way goes on until then
            running: Value | dict[str, float] | Glide | None = board.glides.get(name)
            own_s = begins_s
            # to what begins later it never comes, and what was turned in the same picture is one turn
            while isinstance(running, Glide) and running.start_s > max(now_s, begins_s - _PICTURE_S):
                own_s, running = min(own_s, running.start_s), running.before
            if running is None or own_s <= now_s:
                running = self._before(control, own_s)
            # half a switch is none, and a number that names something is not swept through all between
            fades = control.kind != "switch" and (control.glide_s > 0 or not control.step)
            length_s = max(fade_s, control.glide_s) if fades else control.glide_s
            glide = Glide(own_s, own_s + length_s, running, value)
            if fades and control.kind == "number":
                speed = board.speed(name, own_s)
                glide = replace(glide, speed=speed, least=control.least, most=control.most)
            glides[name] = glide
        self.board = replace(board, glides=glides, turns=board.turns + 1)
        self._authors = {**self._authors, **dict.fromkeys(read, by)}
        self._begin(now_s)

    def move(self, names: Iterable[str], start_s: float) -> None:
        """What was to begin at some time to come begins at this one instead: the beat is where it was not expected."""
        begun_s, glides = self._now() + self._ahead_s, dict(self.board.glides)
        start_s = max(start_s, begun_s)
        for name in names:
            glide = glides.get(name)
            if glide is not None and glide.start_s > begun_s:
                glides[name] = replace(glide, start_s=start_s, end_s=start_s + glide.end_s - glide.start_s)
        self.board = replace(self.board, glides=glides, turns=self.board.turns + 1)

    def drop(self, names: Iterable[str]) -> None:
        """What was to begin at some time to come does not."""
        begun_s, glides = self._now() + self._ahead_s, dict(self.board.glides)
        for name in names:
            glide = glides.get(name)
            if glide is not None and glide.start_s > begun_s:
                del glides[name]
                if isinstance(glide.before, Glide):
                    glides[name] = glide.before
        self.board = replace(self.board, glides=glides, turns=self.board.turns + 1)

    def post(self, name: str, share: object, by: str) -> None:
        """Any thread. Turn a control to a share of its way, 0 to 1, at the next tick; never raises, never waits."""
        self._posted.append(_Posted(name, share, by, is_share=True))

    def post_value(self, name: str, value: object, by: str) -> None:
        """Any thread. Turn a control at the next tick; never raises, never waits."""
        self._posted.append(_Posted(name, value, by, is_share=False))

    # -- once a tick ----------------------------------------------------------------------------------------

    def tick(self, now_s: float) -> None:
        """Turn what was posted, begin what is due, and tell who listens."""
        self._take_posted()
        self._begin(now_s)
        over = [name for name, glide in self.board.glides.items() if glide.end_s <= now_s]
        if over:
            left = {name: glide for name, glide in self.board.glides.items() if name not in over}
            self.board = replace(self.board, glides=left)
        changed, self._changed = self._changed, {}
        for change in changed.values():
            for listener in self._listeners:
                listener(change)
        if self._complaint and now_s - self._complained_s >= _COMPLAINT_EVERY_S:
            more = f" (and {self._refused_since - 1} more)" if self._refused_since > 1 else ""
            self.say(self._complaint + more)
            self._complaint, self._refused_since, self._complained_s = "", 0, now_s

    def _begin(self, now_s: float) -> None:
        """What has begun by now, or begins with the next that leaves, is what the controls stand at."""
        if not self.board.glides:
            return
        # a tick's time is when it was due: what was turned since then has begun all the same
        self._begun_s = max(self._begun_s, now_s + self._ahead_s)
        values, glides = dict(self.board.values), dict(self.board.glides)
        for name, glide in self.board.glides.items():
            begun, author = glide, self._authors.get(name, "")
            while begun.start_s > self._begun_s and isinstance(begun.before, Glide):
                begun, author = begun.before, ""
            if begun.start_s <= self._begun_s and values[name] != begun.after:
                values[name] = begun.after
                self._changed[name] = Change(name, begun.after, author)
            glides[name] = self._shortened(self._controls[name], glide, now_s)
        self.board = replace(self.board, values=values, glides=glides)

    def _shortened(self, control: Control, glide: Glide, now_s: float) -> Glide:
        """The same from now on, without what went before changes that have begun: else it would hang on for ever."""
        if not isinstance(glide.before, Glide):
            return glide
        if glide.start_s > now_s:
            before = self._shortened(control, glide.before, now_s)
            return glide if before is glide.before else replace(glide, before=before)
        return replace(glide, before=self._before(control, glide.start_s))

    def _before(self, control: Control, at_s: float) -> Value | dict[str, float]:
        """Where a change that begins then begins from."""
        if control.kind == "choice":
            return self.board.shares(control.name, at_s)
        if control.kind == "switch" and not control.glide_s:
            return self.board.switch(control.name, at_s)
        return self.board.number(control.name, at_s)

    def _take_posted(self) -> None:
        newest: dict[str, _Posted] = {}
        presses: dict[str, int] = {}
        for _ in range(len(self._posted)):
            posted = self._posted.popleft()
            control = self._controls.get(posted.name)
            if control is not None and control.kind == "button":
                presses[posted.name] = presses.get(posted.name, 0) + 1
                if presses[posted.name] <= _MOST_PRESSES:
                    self._turn_posted(posted)
            else:
                newest[posted.name] = posted
        for posted in newest.values():
            self._turn_posted(posted)

    def _turn_posted(self, posted: _Posted) -> None:
        try:
            value = posted.value
            if posted.is_share:
                # the control itself says what is no number
                value = self.control(posted.name).from_share(value)  # type: ignore[arg-type]
            self.turn(posted.name, value, posted.by)
        except ValueError as why:
            self.refused += 1
            self._complain(f"{why} ({posted.by})")

    def _complain(self, text: str) -> None:
        self._refused_since += 1
        self._complaint = text

    def _press(self, name: str) -> None:
        now_s = self._now()
        for action in self._on_press.get(name, ()):
            action(now_s)
