"""The foot lock: a foot that the model plants stays where it landed, and is taken and let go softly.

Each foot is shown a little off where it was planned. The offset is the smoothest one that keeps planted balls from
sliding: it begins before a foot lands, for the plan is known, and dies away once the foot is lifted or walks off.
A foot on its way clears the floor. No sole is ever shown below it.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from groovecast.motion.kinematics import local_from_world, reach, world_from_local
from groovecast.motion.least_jerk import REMEMBERED, least_jerk
from groovecast.motion.pose import Motion
from groovecast.motion.skeleton import Skeleton
from groovecast.motion.soles import SIDES, soles_of

# Which sole point is held: the ball, since heels rise while toes stay.
_HELD = {"left": 1, "right": 3}
# How dear it is that a planted ball slides, that a sole is off the floor, that a foot is elsewhere than planned, and
# that it jerks. By the last two an offset dies away in about 0.3 s.
_HOLD, _FLOOR, _NEAR, _JERK = 60000.0, 600.0, 2.0, 1000.0
# A ball that the plan moves faster than this is no planted one whatever it says; the slower, the firmer it is held.
_WALKS_OFF_M_S, _FIRMER = 0.95, 1.5
# A foot that would be shown further off than this is let go instead, the sooner the further; looked at so many times.
_LEFT_BEHIND_M, _LET_GO, _LOOKS = 0.06, 6, 2
# A sole below the first is brought to the floor though nothing says contact, one above the second is not.
_SUNK_M, _CLEAR_M = -0.005, 0.01
# A ball higher than the first is not held; a planted foot is pulled down by no more than the second.
_HIGH_M, _PULLED_M = 0.09, 0.01
# A sampled plan is a little smooth, which blurs a step into a glide: a foot that is not planted and is shown faster
# than the first is lifted, from the second on to the full clearance; and how dear it is not to be.
_STEPS_FROM_M_S, _STEPS_M_S, _CLEARANCE_M, _CLEAR = 0.2, 0.5, 0.03, 300.0
# Contact comes and goes over so many frames.
_EASE = np.array([0.1, 0.2, 0.4, 0.2, 0.1])


@dataclass(frozen=True)
class Foot:
    """One foot between frames: how far off it was shown in the last frames, and where its ball was planned last."""

    off_m: Float[np.ndarray, "remembered 3"]
    ball_m: Float[np.ndarray, " 3"] | None = None

    @staticmethod
    def free() -> "Foot":
        """A foot that is shown where it is planned."""
        return Foot(np.zeros((REMEMBERED, 3)))


_FREE = Foot.free()


@dataclass(frozen=True)
class LockState:
    """Both feet between frames."""

    left: Foot = _FREE
    right: Foot = _FREE


def locked(
    motion: Motion, contacts: Bool[np.ndarray, "frames 4"], state: LockState, skeleton: Skeleton
) -> tuple[Motion, list[LockState]]:
    """The motion with planted feet held, and the state after each frame, for a re-plan to start from."""
    place, world = world_from_local(
        motion.root_m.astype(np.float64), motion.local_quat_wxyz.astype(np.float64),
        skeleton.rest_offset_m.astype(np.float64), skeleton.parents,
    )  # fmt: skip
    soles, world = soles_of(place, world, skeleton), world.copy()
    feet = []
    for side in SIDES:
        thigh, shin, foot = (skeleton.index(f"{side}{bone}") for bone in ("UpperLeg", "LowerLeg", "Foot"))
        points = soles.place_m[:, _HELD[side] - 1 : _HELD[side] + 1]
        was = getattr(state, side)
        off = _offset(was, points, contacts[:, _HELD[side]].astype(np.float64), motion.fps)
        known = np.concatenate((was.off_m, off))
        feet.append(
            [Foot(known[row + 1 : row + 1 + REMEMBERED], points[row, 1]) for row in range(motion.frames)]
        )
        off[:, 1] += np.clip(-(points[..., 1].min(axis=-1) + off[:, 1]), 0, 0.4)
        world[:, thigh], world[:, shin] = reach(
            place[:, thigh], place[:, foot] + off, world[:, thigh], world[:, shin],
            float(-skeleton.rest_offset_m[shin, 1]), float(-skeleton.rest_offset_m[foot, 1]),
        )  # fmt: skip
    quat = local_from_world(world, skeleton.parents)
    states = [LockState(left, right) for left, right in zip(*feet, strict=True)]
    return Motion(motion.fps, motion.root_m, quat.astype(np.float32)), states


def _offset(
    foot: Foot, points_m: Float[np.ndarray, "frames 2 3"], contact: Float[np.ndarray, " frames"], fps: float
) -> Float[np.ndarray, "frames 3"]:
    """How far off the foot is shown in each frame; `points_m` are its heel and ball as planned."""
    ball, low = points_m[:, 1], points_m[..., 1].min(axis=-1)
    # a foot that nobody has seen yet goes on as it begins
    earlier = 2 * ball[0] - ball[min(1, len(ball) - 1)] if foot.ball_m is None else foot.ball_m
    slide = np.diff(ball, axis=0, prepend=earlier[None])[:, [0, 2]]
    speed = np.linalg.norm(slide, axis=-1) * fps
    planted = _eased(contact)
    low_enough = np.sqrt(np.clip(1 - ball[:, 1] / _HIGH_M, 0, 1))
    firm = planted * low_enough * np.clip(1 - _eased(speed) / _WALKS_OFF_M_S, 0, 1)
    hold = _HOLD * firm**_FIRMER
    if foot.ball_m is None:
        hold[0] = 0.0
    still, everywhere = np.zeros_like(slide), np.full(len(slide), _NEAR)
    level = least_jerk(slide, hold, still, everywhere, _JERK, foot.off_m[:, [0, 2]])
    for _ in range(_LOOKS):
        loose = hold / (1 + (np.linalg.norm(level, axis=-1) / _LEFT_BEHIND_M) ** _LET_GO)
        level = least_jerk(slide, loose, still, everywhere, _JERK, foot.off_m[:, [0, 2]])
    sunk = np.clip((_CLEAR_M - low) / (_CLEAR_M - _SUNK_M), 0, 1)
    floor = np.where(planted > 0, np.clip(-low, -_PULLED_M, None) * planted, 0)
    towards = np.maximum(floor, np.where(low < 0, -low, -np.inf))
    shown, was = level + ball[:, [0, 2]], (earlier + foot.off_m[-1])[[0, 2]]
    swing = _swing(shown, was, fps) * (1 - planted) * (low < _CLEARANCE_M)
    lift = swing * (_CLEARANCE_M - low)
    towards = np.where(lift > 0, np.maximum(towards, lift), towards)
    near = 1 + _FLOOR * np.maximum(planted**2, sunk) + _CLEAR * swing
    rise = least_jerk(still[:, :1], np.zeros(len(low)), towards[:, None], near, _JERK, foot.off_m[:, 1:2])
    return np.stack((level[:, 0], rise[:, 0], level[:, 1]), axis=-1)


def _swing(
    ball_m: Float[np.ndarray, "frames 2"], before_m: Float[np.ndarray, " 2"], fps: float
) -> Float[np.ndarray, " frames"]:
    """How much a ball is on its way to another place, 0 to 1, from where it is shown over the floor and was before."""
    speed = np.linalg.norm(np.diff(ball_m, axis=0, prepend=before_m[None]), axis=-1) * fps
    return np.asarray(np.clip((_eased(speed) - _STEPS_FROM_M_S) / (_STEPS_M_S - _STEPS_FROM_M_S), 0, 1))


def _eased(values: Float[np.ndarray, " frames"]) -> Float[np.ndarray, " frames"]:
    """Values averaged with their neighbours."""
    wide = len(_EASE) // 2
    return np.asarray(np.convolve(np.pad(values, wide, mode="edge"), _EASE, "valid"))
