"""Poses that a dance must be in at a time, and parts of the body that stay: which numbers of a plan they make known."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import inf

import numpy as np
from jaxtyping import Bool, Float, Float32

from groovecast.model.editing import Edit
from groovecast.motion.arm_reach import hand_on
from groovecast.motion.kinematics import world_from_local
from groovecast.motion.pose import Motion
from groovecast.motion.representation import (
    BODY_JOINTS,
    CONTACTS,
    HEIGHT,
    JOINTS,
    NUMBERS,
    TILT,
    VELOCITY,
    YAW,
    numbers_from_motion,
)
from groovecast.motion.rotation import quat_from_yaw, quat_multiply, quat_rotate, yaw_from_quat
from groovecast.motion.skeleton import groovecast_skeleton
from groovecast.motion.soles import soles_of

# How long a dance takes to a keyframe and from it, in which the rest of the body joins in, and at the least.
ARRIVE_S, LEAVE_S, SOONEST_S = 0.7, 0.7, 0.3
# A keyframe is reached so long before its time and kept so long after: half a frame of 30 a second, and a little.
_FLAT_S = 0.02
# How long a pinned part takes to where it is held, and back to the dance.
PIN_FADE_S = 0.4
# How long a pinned hand takes to where its spot was moved to.
_GLIDES_S = 0.3
# A sole no higher than this stands on the floor, where nobody says it.
_STANDS_M = 0.05

_ARM = ("Shoulder", "UpperArm", "LowerArm", "Hand")
_TRUNK = ("spine", "chest", "upperChest", "neck", "head")
_ARMS = tuple(f"{side}{bone}" for side in ("left", "right") for bone in _ARM)
_LEGS = tuple(
    f"{side}{bone}" for side in ("left", "right") for bone in ("UpperLeg", "LowerLeg", "Foot", "Toes")
)
# What can be pinned, and which joints are held then. Legs are held with the hips, and stay where they stand.
PARTS: Mapping[str, tuple[str, ...]] = {
    "legs": _LEGS,
    "arms": _ARMS,
    "upper body": (*_TRUNK, *_ARMS),
    "left hand": _ARMS[: len(_ARM)],
    "right hand": _ARMS[len(_ARM) :],
}


@dataclass(frozen=True)
class KnownPose:
    """A pose wherever the figure stands and whichever way it faces."""

    height_m: float  # of the hips
    local_quat_wxyz: Float32[np.ndarray, "22 4"]  # the heading taken out of the hips
    contacts: Bool[np.ndarray, " 4"]

    def numbers(self) -> Float32[np.ndarray, " 141"]:
        """The numbers that a model sees of it, standing still."""
        root = np.array([[0.0, self.height_m, 0.0]], np.float32)
        still = Motion(1.0, root, self.local_quat_wxyz[None])
        return np.asarray(numbers_from_motion(still, self.contacts[None].astype(np.float64))[0])


def known_pose(
    root_m: Float[np.ndarray, " 3"],
    local_quat_wxyz: Float[np.ndarray, "joints 4"],
    contacts: Bool[np.ndarray, " 4"],
) -> KnownPose:
    """What is known of a pose that was danced; joints past the 22nd are left out. In it a sole that is low stands."""
    quat = local_quat_wxyz[:BODY_JOINTS].astype(np.float64)
    stands = soles_m(root_m, quat) < _STANDS_M
    quat[0] = quat_multiply(quat_from_yaw(-yaw_from_quat(quat[0])), quat[0])
    return KnownPose(float(root_m[1]), quat.astype(np.float32), np.asarray(contacts, bool) | stands)


def soles_m(
    root_m: Float[np.ndarray, " 3"], local_quat_wxyz: Float[np.ndarray, "22 4"]
) -> Float[np.ndarray, " 4"]:
    """How high the soles of a pose are."""
    skeleton = groovecast_skeleton()
    offset = skeleton.rest_offset_m.astype(np.float64)
    place, world = world_from_local(root_m.astype(np.float64), local_quat_wxyz, offset, skeleton.parents)
    return soles_of(place, world, skeleton).height_m


@dataclass(frozen=True)
class Keyframe:
    """A pose to be in from `at_s` for `hold_s`. `from_s` is the first frame that may still bend towards it.

    One that is asked for too late for its time is reached as soon as a body can.
    """

    pose: KnownPose
    at_s: float
    hold_s: float = 0.0
    from_s: float = -inf

    def weight(self, times_s: Float[np.ndarray, " plan"], free_s: float = -inf) -> Float[np.ndarray, " plan"]:
        """How much each frame is this pose: 0 before it is approached, 1 while it is held, 0 when it is left.

        Until `free_s` another pose is held; it is given all that time unless this one could not be reached then.
        """
        full_s = max(self.at_s - _FLAT_S, self.from_s + SOONEST_S)
        begin_s = max(full_s - ARRIVE_S, self.from_s, min(free_s, full_s - SOONEST_S))
        end_s = self.over_s - LEAVE_S
        rise = _eased((times_s - begin_s) / (full_s - begin_s))
        return np.asarray(np.minimum(rise, _eased((end_s + LEAVE_S - times_s) / LEAVE_S)))

    @property
    def over_s(self) -> float:
        """From then on it asks for nothing."""
        held_s = self.at_s + max(self.hold_s, 0.0)
        return max(held_s, self.at_s - _FLAT_S, self.from_s + SOONEST_S) + _FLAT_S + LEAVE_S


Spot = tuple[float, float, float]


@dataclass(frozen=True)
class Pin:
    """A part of the body that is held as it is in a pose while it is on, or a hand that is on a spot.

    The spot is seen from the figure's place on the floor, as the figure faces: +X is its left, +Z its front. A spot of
    the stage would be behind the back of whoever turns, and no arm goes there.
    """

    part: str
    pose: KnownPose
    from_s: float
    until_s: float = inf
    target_m: Spot | None = None
    before_m: Spot | None = None  # where the spot was before
    moved_s: float = -inf  # and when it began to be elsewhere

    def weight(self, times_s: Float[np.ndarray, " plan"]) -> Float[np.ndarray, " plan"]:
        """How much each frame is held."""
        rise = _eased((times_s - self.from_s) / PIN_FADE_S)
        return np.asarray(rise * _eased((self.until_s + PIN_FADE_S - times_s) / PIN_FADE_S))

    @property
    def over_s(self) -> float:
        """From then on it asks for nothing."""
        return self.until_s + PIN_FADE_S

    def moved(self, target_m: Spot, at_s: float) -> "Pin":
        """The same on another spot, to which the hand glides from a time on: the first frame that is not committed."""
        (x, y, z) = self.spot_m(np.array([at_s]))[0].tolist()
        return replace(self, target_m=target_m, before_m=(x, y, z), moved_s=at_s)

    def spot_m(self, times_s: Float[np.ndarray, " plan"]) -> Float[np.ndarray, "plan 3"]:
        """Where the spot is in each frame."""
        target = np.array(self.target_m or (0.0, 0.0, 0.0))
        if self.before_m is None:
            return np.broadcast_to(target, (len(times_s), 3))
        share = _eased((times_s - self.moved_s) / _GLIDES_S)[:, None]
        return np.asarray((1 - share) * np.array(self.before_m) + share * target)

    @property
    def side(self) -> str:
        """Left or right, of a hand that is on a spot; nothing of any other part."""
        return "" if self.target_m is None or not self.part.endswith(" hand") else self.part.split()[0]


@dataclass(frozen=True)
class Wanted:
    """All that a dance must hold: poses at their times, and parts of the body. Times are on the dance's clock."""

    keyframes: tuple[Keyframe, ...] = ()
    pins: tuple[Pin, ...] = ()

    def later(self, by_s: float) -> "Wanted":
        """The same on a clock that is so much ahead: minus the start of a dance, from the machine's clock to it."""
        keyframes = (replace(one, at_s=one.at_s + by_s, from_s=one.from_s + by_s) for one in self.keyframes)
        pins = (
            replace(one, from_s=one.from_s + by_s, until_s=one.until_s + by_s, moved_s=one.moved_s + by_s)
            for one in self.pins
        )
        return Wanted(tuple(keyframes), tuple(pins))


def edit_for(wanted: Wanted, times_s: Float[np.ndarray, " plan"], expected: Motion) -> Edit | None:
    """What a plan of frames at such times must hold; nothing where nothing is asked of it.

    `expected` is what would be danced in these frames as far as anybody knows: the plan before. Where two ask for the
    same, the later keyframe wins over the one before it, and a pin over both.
    """
    known, mask = np.zeros((2, len(times_s), NUMBERS))
    for asked, numbers, which in _asked(wanted, times_s, expected):
        share = asked[:, None] * which
        both = share + (1 - share) * mask
        mixed = share * numbers + (1 - share) * mask * known
        known = np.where(both > 0, mixed / np.where(both > 0, both, 1), known)
        mask = both
    return Edit(known.astype(np.float32), mask.astype(np.float32)) if mask.any() else None


def reached(motion: Motion, pins: Sequence[Pin], times_s: Float[np.ndarray, " plan"]) -> Motion:
    """The motion with each hand that is pinned to a spot on it, or as near as its arm goes."""
    for pin in pins:
        weight = pin.weight(times_s)
        if pin.side and weight.any():
            heading = quat_from_yaw(yaw_from_quat(motion.local_quat_wxyz[:, 0].astype(np.float64)))
            floor = motion.root_m.astype(np.float64) * np.array([1.0, 0.0, 1.0])
            spot = floor + quat_rotate(heading, pin.spot_m(times_s))
            motion = hand_on(motion, pin.side, spot, weight, groovecast_skeleton())
    return motion


def _asked(
    wanted: Wanted, times_s: Float[np.ndarray, " plan"], expected: Motion
) -> list[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """For each that asks for something: how much in each frame, for which numbers, and which of them it means."""
    found = []
    free_s = -inf
    for keyframe in sorted(wanted.keyframes, key=lambda one: one.at_s):
        weight, free_s = keyframe.weight(times_s, free_s), keyframe.over_s - LEAVE_S
        found.append((weight, keyframe.pose.numbers()[None], _of_pose()))
    for pin in wanted.pins:
        numbers = pin.pose.numbers()[None]
        if pin.side:
            there = reached(expected, [pin], times_s)
            numbers = numbers_from_motion(there, np.zeros((there.frames, 4)))
        found.append((pin.weight(times_s), numbers, _of_part(pin.part, bool(pin.side))))
    return [one for one in found if one[0].any()]


def _of_pose() -> Float[np.ndarray, " 141"]:
    """All that a pose is; where it goes and turns is the dance's."""
    which = np.zeros(NUMBERS)
    for numbers in (TILT, JOINTS, CONTACTS):
        which[numbers] = 1
    which[HEIGHT] = 1
    return which


def _of_part(part: str, on_a_spot: bool) -> Float[np.ndarray, " 141"]:
    """The numbers of a part. Raises ValueError for one that nobody knows."""
    if part not in PARTS:
        raise ValueError(f"asked to pin {part!r}, there are {', '.join(PARTS)}: choose one of these")
    skeleton, which = groovecast_skeleton(), np.zeros(NUMBERS)
    # an arm that reaches for a spot has its shoulder and its wrist free
    names = PARTS[part][1:3] if on_a_spot else PARTS[part]
    for name in names:
        first = JOINTS.start + 6 * (skeleton.index(name) - 1)
        which[first : first + 6] = 1
    if part == "legs":
        for numbers in (YAW, VELOCITY, TILT, CONTACTS):
            which[numbers] = 1
        which[HEIGHT] = 1
    return which


def _eased(share: Float[np.ndarray, "*any"]) -> Float[np.ndarray, "*any"]:
    """From 0 to 1 without a jolt at either end: neither speed nor acceleration jumps."""
    s = np.clip(share, 0.0, 1.0)
    return np.asarray(s**3 * (10 - 15 * s + 6 * s**2))
