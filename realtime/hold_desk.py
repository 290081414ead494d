"""The desk's keyframes and pins: which pose the dance arrives in on which beat, and what of the body is held."""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import msgspec

from groovecast.wire.desk_messages import Mark, Value
from realtime.dance import Dancer
from realtime.desk.control import Control
from realtime.desk.controls import PINS, POSE_NOW
from realtime.desk.desk import Change, Desk
from realtime.desk.quantise import next_line_s
from realtime.keyframes import SOONEST_S, Keyframe, KnownPose, Pin, Wanted, known_pose

_NOTHING = PINS[0]
_TARGET = ("hand_x_m", "hand_y_m", "hand_z_m")
_OTHER = {"left hand": "right hand", "right hand": "left hand"}
_KINDS = (".npz", ".bvh", ".vrma")
_MOST_POSES = 200
_MOST_KEYFRAMES = 16


class HoldDesk:
    """All of it belongs to the frame loop. Pose files lie in a folder of the person's own; others are not opened."""

    def __init__(self, desk: Desk, dancer: Dancer, poses: Path | None, now: Callable[[], float]) -> None:
        self._desk, self._dancer, self._poses, self._now = desk, dancer, poses, now
        self._named: list[tuple[Keyframe, str]] = []
        desk.on_press("keyframe", self._press)
        desk.on_turn("pin", self._pin)
        desk.listen(self._follow)
        self.look()

    def look(self) -> None:
        """See which pose files there are."""
        names = [POSE_NOW]
        if self._poses is not None and self._poses.is_dir():
            files = sorted(file.name for file in self._poses.iterdir() if file.suffix.lower() in _KINDS)
            names += files[:_MOST_POSES]
        self._desk.add([_with_choices(self._desk.control("keyframe_pose"), tuple(names))])

    def keep(self, pose: KnownPose, at_s: float, hold_s: float, name: str) -> None:
        """Arrive in a pose at a time on the machine's clock. Raises ValueError when the model cannot."""
        self._can("hold a pose")
        keyframe = Keyframe(pose, at_s, hold_s, from_s=self._dancer.next_plan_s)
        self._named = [*self._named[1 - _MOST_KEYFRAMES :], (keyframe, name)]
        self._tell()

    def pose_now(self) -> KnownPose:
        """The pose that is danced now, before it is mirrored or placed."""
        pose = self._dancer.show(self._now())
        return known_pose(pose.root_m, pose.local_quat_wxyz, pose.contacts)

    def move(self, name: str, at_s: float) -> None:
        """What is to come under that name comes at this time instead."""
        now_s = self._now()
        self._named = [
            (replace(keyframe, at_s=at_s) if known == name and keyframe.at_s > now_s else keyframe, known)
            for keyframe, known in self._named
        ]
        self._tell()

    def drop(self, name: str) -> None:
        """What is to come under that name does not."""
        now_s = self._now()
        self._named = [one for one in self._named if one[1] != name or one[0].at_s <= now_s]
        self._tell()

    @property
    def marks(self) -> tuple[Mark, ...]:
        """What is to come."""
        now_s = self._now()
        return tuple(
            Mark(at_s=keyframe.at_s, what="keyframe", name=name)
            for keyframe, name in self._named
            if keyframe.at_s >= now_s
        )

    def tick(self, now_s: float) -> None:
        """Forget what is over."""
        wanted = self._dancer.wanted
        ends_s = [one.over_s for one in wanted.keyframes] + [pin.over_s for pin in wanted.pins]
        if any(end_s < now_s for end_s in ends_s):
            self._named = [one for one in self._named if one[0].over_s >= now_s]
            pins = tuple(pin for pin in wanted.pins if pin.over_s >= now_s)
            self._dancer.wanted = Wanted(tuple(one for one, _ in self._named), pins)

    def _press(self, at_s: float) -> None:
        desk, clock = self._desk, self._dancer.clock
        name, when = str(desk.value("keyframe_pose")), str(desk.value("quantise"))
        pose = self.pose_now() if name == POSE_NOW else self._pose_of(name)
        # a line that comes sooner than a body can be there is not the one that is meant
        soonest_s = max(at_s, self._dancer.next_plan_s) + SOONEST_S
        line_s = next_line_s(clock, soonest_s, when)
        if line_s is None:
            line_s = soonest_s
            desk.say(f"asked for the pose on the next {when}, nobody knows the beat: it comes now")
        beat_s = 60 / max(clock.tempo_bpm, 1.0)
        self.keep(pose, line_s, float(desk.value("keyframe_hold_beats")) * beat_s, name)

    def _pose_of(self, name: str) -> KnownPose:
        # the control takes only names that were found in the folder: a name from outside opens nothing else
        if self._poses is None or re.search(r"[/\\]", name):
            raise ValueError(f"asked for the pose {name!r}, there is no folder of poses")
        # not at the top: a show is not to wait for readers of takes that nobody asked for
        from realtime.pose_files import pose_of_file

        return pose_of_file(self._poses / name)

    def _pin(self, value: Value, by: str) -> None:
        part, now_s = str(value), self._now()
        if part != _NOTHING:
            self._can("hold a part of the body")
        from_s = self._dancer.next_plan_s
        let_go = tuple(replace(pin, until_s=min(pin.until_s, from_s)) for pin in self._dancer.wanted.pins)
        pins = [pin for pin in let_go if pin.over_s >= now_s]
        if part != _NOTHING:
            target = self._target(now_s) if part.endswith(" hand") else None
            danced = _OTHER.get(part, part) if self._mirrored(now_s) else part
            pins.append(Pin(danced, self.pose_now(), from_s, target_m=target))
        self._dancer.wanted = replace(self._dancer.wanted, pins=tuple(pins))

    def _follow(self, change: Change) -> None:
        """A hand that is held goes where it is wanted now."""
        wanted = self._dancer.wanted
        if change.name in _TARGET and wanted.pins and wanted.pins[-1].side:
            moved = wanted.pins[-1].moved(self._target(self._now() + 1.0), self._dancer.next_plan_s)
            self._dancer.wanted = replace(wanted, pins=(*wanted.pins[:-1], moved))

    def _target(self, at_s: float) -> tuple[float, float, float]:
        x, y, z = (self._desk.board.number(name, at_s) for name in _TARGET)
        return -x if self._mirrored(at_s) else x, y, z

    def _mirrored(self, at_s: float) -> bool:
        """Whether what is danced on one side is seen on the other."""
        board = self._desk.board
        return "mirror" in board.values and board.switch("mirror", at_s)

    def _tell(self) -> None:
        self._dancer.wanted = replace(
            self._dancer.wanted, keyframes=tuple(keyframe for keyframe, _ in self._named)
        )

    def _can(self, what: str) -> None:
        if not self._dancer.config.editable:
            raise ValueError(f"asked to {what}, this model was exported without that: export it again")


def _with_choices(control: Control, choices: tuple[str, ...]) -> Control:
    return msgspec.structs.replace(control, choices=choices)
