"""The set list: named states of the desk, in order, in a plain file that a person can read and write too."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeGuard

import numpy as np

from groovecast.motion.skeleton import groovecast_skeleton
from groovecast.wire.desk_messages import CueOnDesk, When
from realtime.desk.controls import QUANTISE
from realtime.keyframes import KnownPose

MOST_CUES = 500
LONGEST_NAME = 60
LONGEST_FADE_S = 16.0
_CUES, _NAME, _WHEN, _FADE, _VALUES, _POSE = "cues", "name", "when", "fade_s", "values", "pose"
_HEIGHT, _FEET, _TURNS = "height_m", "feet", "turns"
_LOWEST_M, _HIGHEST_M = 0.05, 2.2
_LEAST_TURN = 0.1  # a quaternion that is shorter says nothing
_DIGITS = 4
_BODY_JOINTS = 22


@dataclass(frozen=True)
class Cue:
    """A state to come back to. What it says nothing of stays, or is as the desk stands when it is recalled."""

    name: str
    values: Mapping[str, object]  # of controls, as the file has them
    when: When | None = None
    fade_s: float | None = None
    pose: KnownPose | None = None
    more: Mapping[str, object] = field(default_factory=dict)  # what else the file says of it

    def on_desk(self) -> CueOnDesk:
        """As desks are told of it."""
        return CueOnDesk(name=self.name, fade_s=self.fade_s, when=self.when, keyframe=self.pose is not None)


@dataclass(frozen=True)
class SetList:
    """Cues in order; what in the file is no cue stays where it is and is not offered."""

    entries: tuple[Cue | object, ...] = ()
    more: Mapping[str, object] = field(default_factory=dict)  # what else the file says

    @property
    def cues(self) -> tuple[Cue, ...]:
        """All that can be recalled."""
        return tuple(entry for entry in self.entries if isinstance(entry, Cue))

    @property
    def names(self) -> tuple[str, ...]:
        """Of these."""
        return tuple(cue.name for cue in self.cues)

    def cue(self, name: str) -> Cue:
        """The cue of a name. Raises ValueError when there is none."""
        for cue in self.cues:
            if cue.name == name:
                return cue
        there = ", ".join(self.names[:12]) or "none yet"
        raise ValueError(
            f"asked for cue {name[:LONGEST_NAME]!r}, the set list has {there}: choose one of these"
        )

    def with_cue(self, cue: Cue) -> "SetList":
        """With this cue, in place of the one of its name, or at the end. Raises ValueError for a name that is none."""
        name = name_of(cue.name)
        cue = replace(cue, name=name)
        if name in self.names:
            return self._with(name, cue)
        if len(self.cues) >= MOST_CUES:
            raise ValueError(f"asked to keep {name!r}, the set list has {MOST_CUES} cues: remove one")
        return replace(self, entries=(*self.entries, cue))

    def without(self, name: str) -> "SetList":
        """Without this cue."""
        gone = self.cue(name)
        return replace(self, entries=tuple(entry for entry in self.entries if entry is not gone))

    def renamed(self, name: str, to: object) -> "SetList":
        """The same under another name."""
        new = name_of(to)
        if new != name and new in self.names:
            raise ValueError(f"asked to name {name!r} {new!r}, there is one of that name: choose another")
        return self._with(name, replace(self.cue(name), name=new))

    def moved(self, name: str, to: object) -> "SetList":
        """In another place, counted from 0."""
        if isinstance(to, bool) or not isinstance(to, int):
            raise ValueError(f"asked to move {name!r} to {to!r}: give its place in the list, 0 is the first")
        others = [cue for cue in self.cues if cue is not self.cue(name)]
        others.insert(min(max(to, 0), len(others)), self.cue(name))
        in_order = iter(others)
        return replace(
            self, entries=tuple(next(in_order) if isinstance(entry, Cue) else entry for entry in self.entries)
        )

    def timed(self, name: str, when: When | None, fade_s: float | None) -> "SetList":
        """Coming at another time, and over another; None: as the desk stands then."""
        if fade_s is not None and not 0 <= fade_s <= LONGEST_FADE_S:
            raise ValueError(f"asked for a fade of {fade_s} s: give 0 to {LONGEST_FADE_S:g}")
        return self._with(name, replace(self.cue(name), when=when, fade_s=fade_s))

    def _with(self, name: str, cue: Cue) -> "SetList":
        old = self.cue(name)
        return replace(self, entries=tuple(cue if entry is old else entry for entry in self.entries))


def name_of(asked: object) -> str:
    """A name as a cue can have it. Raises ValueError for what is none."""
    name = " ".join(asked.split()) if isinstance(asked, str) else ""
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise ValueError(
            f"asked to name a cue {str(asked)[:LONGEST_NAME]!r}: give 1 to {LONGEST_NAME} characters"
        )
    return name


# -- the file -----------------------------------------------------------------------------------------------


def set_list_from(content: Mapping[str, object]) -> tuple[SetList, list[str]]:
    """The set list of a file's content, and a line for each thing in it that is no cue."""
    listed = content.get(_CUES, [])
    more = {key: value for key, value in content.items() if key != _CUES}
    if not isinstance(listed, list):
        return SetList((), content), [f"{_CUES!r} is no list: write [...]"]
    entries: list[object] = []
    problems, names = [], set[str]()
    for number, entry in enumerate(listed, 1):
        try:
            cue = _cue_from(entry)
            if cue.name in names:
                raise ValueError(f"there are two of the name {cue.name!r}")
            names.add(cue.name)
            entries.append(cue)
        except ValueError as why:
            problems.append(f"cue {number} is left alone: {why}")
            entries.append(entry)
    return SetList(tuple(entries), more), problems


def content_of(listed: SetList) -> dict[str, object]:
    """What to write into the file."""
    return {
        **listed.more,
        _CUES: [_written(entry) if isinstance(entry, Cue) else entry for entry in listed.entries],
    }


def _cue_from(entry: object) -> Cue:
    if not isinstance(entry, dict):
        raise ValueError(f"it is {str(entry)[:40]!r}, a cue is {{...}}")
    values, when, fade_s = entry.get(_VALUES, {}), entry.get(_WHEN), entry.get(_FADE)
    if not isinstance(values, dict):
        raise ValueError(f"its {_VALUES!r} are no {{...}}")
    if when is not None and when not in QUANTISE:
        raise ValueError(f"it comes {str(when)[:40]!r}: give one of {', '.join(QUANTISE)}, or nothing")
    if fade_s is not None and not (_is_number(fade_s) and 0 <= fade_s <= LONGEST_FADE_S):
        raise ValueError(f"its {_FADE} is {str(fade_s)[:40]}: give 0 to {LONGEST_FADE_S:g}, or nothing")
    pose = None if entry.get(_POSE) is None else _pose_from(entry[_POSE])
    own = (_NAME, _WHEN, _FADE, _VALUES, _POSE)
    more = {key: value for key, value in entry.items() if key not in own}
    return Cue(name_of(entry.get(_NAME)), values, when, None if fade_s is None else float(fade_s), pose, more)


def _written(cue: Cue) -> dict[str, object]:
    own = {
        _NAME: cue.name,
        _WHEN: cue.when,
        _FADE: cue.fade_s,
        **cue.more,
        _VALUES: {name: _rounded(value) for name, value in cue.values.items()},
        _POSE: None if cue.pose is None else _written_pose(cue.pose),
    }
    return {key: value for key, value in own.items() if value is not None}


def _written_pose(pose: KnownPose) -> dict[str, object]:
    turns = ([_rounded(float(part)) for part in quat] for quat in pose.local_quat_wxyz.astype(np.float64))
    return {
        _HEIGHT: _rounded(pose.height_m),
        _FEET: [bool(stands) for stands in pose.contacts],
        _TURNS: dict(zip(_joint_names(), turns, strict=False)),
    }


def _pose_from(said: object) -> KnownPose:
    """Joints that are not named are as in the T-pose."""
    if not isinstance(said, dict) or not isinstance(said.get(_TURNS), dict):
        raise ValueError(f"its {_POSE!r} is no {{..., {_TURNS!r}: {{...}}}}")
    height, feet = said.get(_HEIGHT), said.get(_FEET, [True] * 4)
    if not (_is_number(height) and _LOWEST_M <= height <= _HIGHEST_M):
        raise ValueError(f"its {_POSE!r} has the {_HEIGHT} {height}: give {_LOWEST_M:g} to {_HIGHEST_M:g}")
    if not isinstance(feet, list) or len(feet) != 4 or not all(isinstance(one, bool) for one in feet):
        raise ValueError(f"its {_POSE!r} has {_FEET!r} that are no four of true and false")
    names = tuple(_joint_names())
    quat = np.zeros((_BODY_JOINTS, 4))
    quat[:, 0] = 1
    for name, turn in said[_TURNS].items():
        good = isinstance(turn, list) and len(turn) == 4 and all(_is_number(part) for part in turn)
        if name not in names or not good or math.hypot(*turn) < _LEAST_TURN:
            raise ValueError(
                f"its {_POSE!r} turns {name[:40]!r} by {str(turn)[:40]}: give w x y z of a joint"
            )
        quat[names.index(name)] = np.array(turn, float) / math.hypot(*turn)
    return KnownPose(float(height), quat.astype(np.float32), np.array(feet, bool))


def _joint_names() -> Iterator[str]:
    return iter(groovecast_skeleton().names[:_BODY_JOINTS])


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _rounded(value: object) -> object:
    """A number as a person writes it."""
    if not isinstance(value, float):
        return value
    rounded = round(value, _DIGITS)
    return int(rounded) if rounded.is_integer() else rounded
