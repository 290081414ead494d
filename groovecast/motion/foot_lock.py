"""The foot lock: a foot that the model plants stays where it landed, and lets go softly.

Each foot is either free or held. It is held at the place where it was first planted while the model says contact;
when the leg cannot reach or the model lifts it, the error that had built up dies away over a fraction of a second.
No sole is ever shown below the floor.
"""

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool, Float

from groovecast.motion.kinematics import local_from_world, reach, world_from_local
from groovecast.motion.pose import Motion
from groovecast.motion.skeleton import Skeleton
from groovecast.motion.soles import SIDES, soles_of

# A held foot that the body has left this far behind is let go.
_LET_GO_M = 0.12
_RELEASE_HALFLIFE_S = 0.06
# Which sole point is held: the ball, since heels rise while toes stay.
_HELD = {"left": 1, "right": 3}
_FLAT_M = 0.045


@dataclass(frozen=True)
class Foot:
    """One foot between frames: where its ball is held (x, z), or None, and what it is still shown off by."""

    held_xz_m: tuple[float, float] | None = None
    off_m: tuple[float, float, float] = (0.0, 0.0, 0.0)


@dataclass(frozen=True)
class LockState:
    """Both feet between frames."""

    left: Foot = Foot()
    right: Foot = Foot()


def locked(
    motion: Motion, contacts: Bool[np.ndarray, "frames 4"], state: LockState, skeleton: Skeleton
) -> tuple[Motion, list[LockState]]:
    """The motion with planted feet held, and the state after each frame, for a re-plan to start from."""
    place, world = world_from_local(
        motion.root_m.astype(np.float64), motion.local_quat_wxyz.astype(np.float64),
        skeleton.rest_offset_m.astype(np.float64), skeleton.parents,
    )  # fmt: skip
    soles = soles_of(place, world, skeleton)
    states, world = [], world.copy()
    shift = {side: np.zeros((motion.frames, 3)) for side in SIDES}
    for frame in range(motion.frames):
        feet = {}
        for side in SIDES:
            points = slice(_HELD[side] - 1, _HELD[side] + 1)
            feet[side] = _stepped(
                getattr(state, side),
                soles.place_m[frame, points],
                bool(contacts[frame, _HELD[side]]),
                motion.fps,
            )
            shift[side][frame] = feet[side].off_m
        state = LockState(feet["left"], feet["right"])
        states.append(state)
    for side in SIDES:
        thigh, shin, foot = (skeleton.index(f"{side}{bone}") for bone in ("UpperLeg", "LowerLeg", "Foot"))
        moved = shift[side]
        sunk = np.clip(
            -(soles.height_m[:, _HELD[side] - 1 : _HELD[side] + 1].min(axis=-1) + moved[:, 1]), 0, 0.4
        )
        moved[:, 1] += sunk
        world[:, thigh], world[:, shin] = reach(
            place[:, thigh], place[:, foot] + moved, world[:, thigh], world[:, shin],
            float(-skeleton.rest_offset_m[shin, 1]), float(-skeleton.rest_offset_m[foot, 1]),
        )  # fmt: skip
    quat = local_from_world(world, skeleton.parents)
    return Motion(motion.fps, motion.root_m, quat.astype(np.float32)), states


def _stepped(foot: Foot, points_m: Float[np.ndarray, "2 3"], planted: bool, fps: float) -> Foot:
    """The foot one frame on; `points_m` are its heel and ball as planned."""
    ball = points_m[1]
    fade = 0.5 ** (1 / (fps * _RELEASE_HALFLIFE_S))
    off = np.array(foot.off_m)
    if not planted or ball[1] > 2 * _FLAT_M:
        return Foot(None, tuple(off * fade))
    held = foot.held_xz_m
    if held is None:
        held = (float(ball[0] + off[0]), float(ball[2] + off[2]))
    pull = np.array([held[0] - ball[0], 0.0, held[1] - ball[2]])
    if np.hypot(pull[0], pull[2]) > _LET_GO_M:
        return replace(foot, held_xz_m=None, off_m=tuple(off * fade))
    drop = -points_m[:, 1].min()
    lift = off[1] * fade + (1 - fade) * np.clip(drop, -_FLAT_M, _FLAT_M)
    return Foot(held, (float(pull[0]), float(lift), float(pull[2])))
