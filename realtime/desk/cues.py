"""Cues: states of the desk that come back at once, or on the next beat, bar or four bars."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Protocol

import msgspec

from groovecast.audio.beat_clock import BeatClock
from groovecast.wire.desk_messages import Cues, CueWish, Mark, ToDesk, Value, When
from realtime.desk.control import Control
from realtime.desk.controls import NOW
from realtime.desk.desk import Desk
from realtime.desk.quantise import Line, line_meant
from realtime.desk.set_list import Cue, SetList, name_of
from realtime.desk.set_list_file import SetListFile
from realtime.keyframes import KnownPose

CUE, NEXT, PREVIOUS, QUANTISE, FADE = "cue", "cue_next", "cue_previous", "quantise", "fade_s"
_HOLD = "keyframe_hold_beats"
_MOVED_S = 5e-4  # a beat that is expected elsewhere by less stays where it is
_MOST_NAMED = 4
_ONE_AFTER_S = 0.6  # so long after somebody said which beat is one the clock counts from it


class Poses(Protocol):
    """Who brings the dance into a pose at a time; of one name there is one pose to come."""

    def pose_now(self) -> KnownPose:
        """The pose that is danced now."""
        ...

    def keep(self, pose: KnownPose, at_s: float, hold_s: float, name: str) -> None:
        """Arrive in it then. Raises ValueError when the model cannot."""

    def move(self, name: str, at_s: float) -> None:
        """Arrive then instead."""

    def drop(self, name: str) -> None:
        """Do not arrive at all."""


@dataclass(frozen=True)
class _Pending:
    """A cue that is to come."""

    cue: Cue
    by: str
    names: tuple[str, ...]  # the controls that it brings
    turned: Mapping[str, Value]  # those that do something of their own when they are turned
    line: Line | None  # the beat on which it comes; None: at `start_s`
    start_s: float


class CueDesk:
    """The set list at the desk. All of it belongs to the frame loop."""

    def __init__(
        self,
        desk: Desk,
        file: SetListFile,
        beats: Callable[[], BeatClock],
        now: Callable[[], float],
        poses: Poses | None = None,
    ) -> None:
        self._desk, self._file, self._beats, self._now, self._poses = desk, file, beats, now, poses
        self._pending: _Pending | None = None
        self._current: str | None = None
        self._told: Cues | None = None
        self._problems: tuple[str, ...] = ()
        self._said: set[str] = set()
        self._one_s: float | None = None  # when somebody said that the beat is one
        self._origin: int | None = None  # the beat from which four bars are counted
        self._listeners: list[Callable[[Cues], None]] = []
        desk.on_turn(CUE, lambda name, by: self.recall(str(name), by))
        desk.on_press(NEXT, lambda _: self._step(1))
        desk.on_press(PREVIOUS, lambda _: self._step(-1))
        desk.on_press("resync", self._resynced)
        desk.on_list(self._look_through)
        self._list()

    # -- who is told ----------------------------------------------------------------------------------------

    def listen(self, listener: Callable[[Cues], None]) -> None:
        """Tell it of the set list whenever that, or what is to come, is another."""
        self._listeners.append(listener)

    @property
    def message(self) -> Cues:
        """As desks are told of it."""
        pending = self._pending
        return Cues(
            cues=tuple(cue.on_desk() for cue in self._listed.cues),
            current=self._current,
            pending=None if pending is None else pending.cue.name,
            pending_at_s=None if pending is None else pending.start_s,
        )

    @property
    def marks(self) -> tuple[Mark, ...]:
        """What is to come."""
        pending = self._pending
        return () if pending is None else (Mark(at_s=pending.start_s, what="cue", name=pending.cue.name),)

    @property
    def problems(self) -> tuple[str, ...]:
        """What of the set list cannot be used, each in one line."""
        return self._problems

    def greeting(self) -> Iterable[ToDesk]:
        """What a new desk must know."""
        yield self.message
        self._said.clear()  # who comes later wants to read of it too
        self._complain()

    # -- what can be asked ----------------------------------------------------------------------------------

    def hear(self, said: CueWish, by: str) -> None:
        """Do what a desk asks. Raises ValueError, in words for the person."""
        name, to = said.name, said.to
        match said.do:
            case "recall":
                self.recall(name, by, said.when, said.fade_s)
            case "keep":
                self.keep(name, said.when, said.fade_s, said.keyframe)
            case "remove":
                self._change(lambda listed: listed.without(name))
            case "rename":
                self._file.change(lambda listed: listed.renamed(name, to))
                self._renamed(name, str(to))
                self._list()
            case "move":
                self._change(lambda listed: listed.moved(name, to))
            case "time":
                self._change(lambda listed: listed.timed(name, said.when, said.fade_s))

    def keep(self, name: str, when: When | None, fade_s: float | None, with_pose: bool) -> None:
        """Keep all that stands now as a cue of that name, in place of one that there was."""
        if with_pose and self._poses is None:
            raise ValueError(f"asked to keep {name!r} with its pose, this show holds none: keep it without")
        pose = self._poses.pose_now() if with_pose and self._poses is not None else None
        fade_s = None if fade_s is None else min(max(fade_s, 0.0), float(self._desk.control(FADE).most))
        cue = Cue(name, self._snapshot(), when, fade_s, pose)
        self._change(lambda listed: listed.with_cue(cue))
        self._current = name_of(name)
        self._desk.stand(CUE, self._current, "cues")

    def recall(self, name: str, by: str, when: When | None = None, fade_s: float | None = None) -> None:
        """Go to a cue: when it says itself, or else when the desk says. Once more while it is to come: at once."""
        cue = self._listed.cue(name)
        pending = self._pending
        if pending is not None and pending.cue.name == name and when is None:
            return self._hurry(pending)
        self._call_off()
        now_s = self._now()
        wanted = str(when or cue.when or self._desk.value(QUANTISE))
        line = line_meant(self._beats(), now_s, wanted, self._origin)
        if line is None and wanted != NOW:
            self._desk.say(
                f"cue {name!r} was to come on the next {wanted}, nobody knows the beat: it comes now"
            )
        start_s = now_s if line is None else max(line.time_s(self._beats()), now_s)
        lasts_s = next(one for one in (fade_s, cue.fade_s, self._desk.value(FADE)) if one is not None)
        values, turned = self._taken(cue)
        self._desk.bring(values, start_s, float(lasts_s), f"cue {name}")
        self._pending = _Pending(cue, by, tuple(values), turned, line, start_s)
        self._aim(cue, start_s)
        self._desk.stand(CUE, name, by)
        if start_s <= now_s:
            self._come()

    def tick(self, now_s: float) -> None:
        """Once a picture: what is to come follows the beat, and what has come is told."""
        if self._file.look(now_s):
            self._list()
        self._complain()
        self._count_from_one(now_s)
        pending = self._pending
        if pending is not None:
            self._follow(pending, now_s)
        message = self.message
        if message != self._told:
            self._told = message
            for listener in self._listeners:
                listener(message)

    # -- what comes -----------------------------------------------------------------------------------------

    def _follow(self, pending: _Pending, now_s: float) -> None:
        """It begins when its beat does, wherever that is expected by now."""
        if pending.line is not None and pending.start_s > now_s:
            clock = self._beats()
            line = pending.line.followed(clock, now_s, self._origin)
            start_s = max(line.time_s(clock), now_s)
            pending = replace(pending, line=line)
            if abs(start_s - pending.start_s) > _MOVED_S:
                self._desk.move(pending.names, start_s)
                if self._poses is not None and pending.cue.pose is not None:
                    self._poses.move(pending.cue.name, start_s)
                pending = replace(pending, start_s=start_s)
            self._pending = pending
        if pending.start_s <= now_s:
            self._come()

    def _hurry(self, pending: _Pending) -> None:
        """At once."""
        now_s = self._now()
        self._desk.move(pending.names, now_s)
        if self._poses is not None and pending.cue.pose is not None:
            self._poses.move(pending.cue.name, now_s)
        self._pending = replace(pending, start_s=now_s)
        self._come()

    def _come(self) -> None:
        """It is there."""
        pending, self._pending = self._pending, None
        assert pending is not None
        self._current = pending.cue.name
        for name, value in pending.turned.items():
            try:
                if self._desk.value(name) != value:
                    self._desk.turn(name, value, f"cue {pending.cue.name}")
            except ValueError as why:
                self._desk.say(f"cue {pending.cue.name!r}: {why}")

    def _call_off(self) -> None:
        pending, self._pending = self._pending, None
        if pending is not None:
            self._desk.drop(pending.names)
            if self._poses is not None and pending.cue.pose is not None:
                self._poses.drop(pending.cue.name)

    def _aim(self, cue: Cue, start_s: float) -> None:
        """The dance arrives in its pose."""
        if cue.pose is None:
            return
        beat_s = 60 / max(self._beats().tempo_bpm, 1.0)
        hold_s = float(self._desk.board.number(_HOLD, start_s)) * beat_s
        try:
            if self._poses is not None:
                self._poses.keep(cue.pose, start_s, hold_s, cue.name)
        except ValueError as why:
            self._desk.say(f"cue {cue.name!r} comes without its pose: {why}")

    def _step(self, by: int) -> None:
        """To the next cue, or the one before, of the one that stands or is to come."""
        names = self._listed.names
        at = self._pending.cue.name if self._pending is not None else self._current
        asked = "the next cue" if by > 0 else "the cue before"
        if not names:
            raise ValueError(f"asked for {asked}, the set list has none yet: keep one")
        if at not in names:
            wanted = 0 if by > 0 else -1
        elif not 0 <= names.index(at) + by < len(names):
            raise ValueError(f"asked for {asked}, {at!r} is the {'last' if by > 0 else 'first'}")
        else:
            wanted = names.index(at) + by
        self.recall(names[wanted], asked)

    # -- the list -------------------------------------------------------------------------------------------

    @property
    def _listed(self) -> SetList:
        return self._file.listed

    def _change(self, edit: Callable[[SetList], SetList]) -> None:
        self._file.change(edit)
        self._list()

    def _renamed(self, name: str, to: str) -> None:
        to = " ".join(to.split())
        if self._current == name:
            self._current = to
        if self._pending is not None and self._pending.cue.name == name:
            self._pending = replace(self._pending, cue=replace(self._pending.cue, name=to))

    def _list(self) -> None:
        """The control that recalls has the names of the list."""
        names = self._listed.names
        control = self._desk.control(CUE)
        if control.choices != names:
            self._desk.add([msgspec.structs.replace(control, choices=names)])
        if self._current not in names:
            self._current = None
        self._look_through()

    def _look_through(self) -> None:
        known = {control.name: control for control in self._desk.controls}
        wrong = [line for cue in self._listed.cues if (line := _wrong(cue, known))]
        more = [f"{len(wrong) - _MOST_NAMED} more cues hold what cannot be used"] * (len(wrong) > _MOST_NAMED)
        self._problems = (*self._file.problems, *wrong[:_MOST_NAMED], *more)

    def _snapshot(self) -> dict[str, object]:
        """All that belongs into a cue, but for dancers who are not there."""
        desk = self._desk
        absent = {f"dancer{number}_" for number in range(int(desk.value("dancers")) + 1, 100)}
        return {
            control.name: desk.value(control.name)
            for control in desk.controls
            if _in_cues(control) and f"{control.name.partition('_')[0]}_" not in absent
        }

    def _taken(self, cue: Cue) -> tuple[dict[str, Value], dict[str, Value]]:
        """What of a cue the desk takes: to be brought, and to be turned when it comes."""
        brought, turned = dict[str, Value](), dict[str, Value]()
        for control in self._desk.controls:
            if control.name in cue.values and _in_cues(control):
                try:
                    value = control.read(cue.values[control.name])
                except ValueError:
                    continue  # it was named when the list was read
                (turned if self._desk.acts(control.name) else brought)[control.name] = value
        return brought, turned

    def _complain(self) -> None:
        for problem in self._problems:
            if problem not in self._said:
                self._said.add(problem)
                self._desk.say(problem)

    # -- four bars ------------------------------------------------------------------------------------------

    def _resynced(self, at_s: float) -> None:
        self._one_s = at_s

    def _count_from_one(self, now_s: float) -> None:
        """Who says that a beat is one means the first of four bars as well; the dance follows that within a plan."""
        if self._one_s is not None and now_s - self._one_s > _ONE_AFTER_S:
            self._origin = round(float(self._beats().beat_at(self._one_s)))
            self._one_s = None


def _in_cues(control: Control) -> bool:
    return control.in_cues and control.kind != "button"


def _wrong(cue: Cue, known: Mapping[str, Control]) -> str:
    """What of a cue cannot be used, in one line; empty: nothing."""
    strange = [name for name in cue.values if name not in known or not _in_cues(known[name])]
    parts = []
    if strange:
        parts.append(f"there is no control {', '.join(strange[:_MOST_NAMED])} for cues")
    for name, value in cue.values.items():
        if name not in strange:
            try:
                known[name].read(value)
            except ValueError as why:
                parts.append(str(why))
    if not parts:
        return ""
    return f"cue {cue.name!r}: {'; '.join(parts[:_MOST_NAMED])}: that is left as it is"
