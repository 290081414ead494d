"""A body on its way to a known pose and from it: joints that turn there one way round, and feet that step."""

import numpy as np
from jaxtyping import Bool, Float

from groovecast.motion.kinematics import local_from_world, reach, world_from_local
from groovecast.motion.pose import Motion
from groovecast.motion.representation import BODY_JOINTS
from groovecast.motion.rotation import (
    quat_continuous,
    quat_from_yaw,
    quat_inverse,
    quat_multiply,
    slerp,
    yaw_from_quat,
)
from groovecast.motion.skeleton import Skeleton
from groovecast.motion.soles import SIDES, soles_of

_LEG = ("UpperLeg", "LowerLeg", "Foot", "Toes")
# A sole that is brought to its place in a pose faster than this steps there; a slower one may stand.
_STEPS_M_S = 0.25
# Weights between these are on the way.
_NOT_YET, _THERE = 0.02, 0.999
# How much later than the rest of the body planted feet give way to the pose: a power of the weight.
_LATE = 2


def drawn(
    motion: Motion,
    known_quat_wxyz: Float[np.ndarray, "frames 22 4"],
    weight: Float[np.ndarray, "frames 22"],
) -> Motion:
    """The motion, its joints turned towards known rotations, as far as the weight says in each frame.

    Place, heading and the hips' height stay; the heading is taken out of the known hips.
    """
    quat = motion.local_quat_wxyz[:, :BODY_JOINTS].astype(np.float64)
    known = known_quat_wxyz.astype(np.float64)
    known[:, 0] = quat_multiply(quat_from_yaw(yaw_from_quat(quat[:, 0])), known[:, 0])
    turn = _one_way_round(quat_multiply(known, quat_inverse(quat)), weight)
    turned = np.where(weight[..., None] > 0, quat_multiply(_share_of(turn, weight), quat), quat)
    return Motion(motion.fps, motion.root_m, turned.astype(np.float32))


def stepping(
    motion: Motion,
    contacts: Bool[np.ndarray, "frames 4"],
    weight: Float[np.ndarray, "frames 22"],
    skeleton: Skeleton,
) -> Bool[np.ndarray, "frames 4"]:
    """The contacts, without those of soles that travel to or from a known pose: such a foot is lifted, not dragged."""
    legs = weight[:, _legs(skeleton)].mean(axis=-1)
    under_way = (legs > _NOT_YET) & (legs < _THERE)
    if not under_way.any():
        return contacts
    offset = skeleton.rest_offset_m.astype(np.float64)
    root, quat = motion.root_m.astype(np.float64), motion.local_quat_wxyz.astype(np.float64)
    place = soles_of(*world_from_local(root, quat, offset, skeleton.parents), skeleton).place_m
    speed = np.linalg.norm(np.gradient(place, axis=0), axis=-1) * motion.fps
    return np.asarray(contacts & ~(under_way[:, None] & (speed > _STEPS_M_S)))


def unlocked(
    locked: Motion, free: Motion, weight: Float[np.ndarray, "frames 22"], skeleton: Skeleton
) -> Motion:
    """What is shown of held feet: their legs as they were before (`free`) where a pose of them is known.

    No sole gets below the floor on the way.
    """
    legs = _legs(skeleton)
    share = weight[:, legs] ** _LATE
    if not share.any():
        return locked
    quat, offset = locked.local_quat_wxyz.astype(np.float64), skeleton.rest_offset_m.astype(np.float64)
    quat[:, legs] = slerp(quat[:, legs], free.local_quat_wxyz[:, legs].astype(np.float64), share)
    place, world = world_from_local(locked.root_m.astype(np.float64), quat, offset, skeleton.parents)
    deep = np.clip(-soles_of(place, world, skeleton).height_m, 0, None)
    for number, side in enumerate(SIDES):
        thigh, shin, foot = (skeleton.index(f"{side}{bone}") for bone in _LEG[:3])
        lift = np.zeros((locked.frames, 3))
        lift[:, 1] = deep[:, 2 * number : 2 * number + 2].max(axis=-1)
        under = lift[:, 1] > 0
        world[under, thigh], world[under, shin] = reach(
            place[under, thigh], (place[:, foot] + lift)[under], world[under, thigh], world[under, shin],
            float(-offset[shin, 1]), float(-offset[foot, 1]),
        )  # fmt: skip
    quat = local_from_world(world, skeleton.parents)
    return Motion(locked.fps, locked.root_m, quat.astype(np.float32))


def _legs(skeleton: Skeleton) -> list[int]:
    return [skeleton.index(f"{side}{bone}") for side in SIDES for bone in _LEG]


def _one_way_round(
    turn: Float[np.ndarray, "frames joints 4"], weight: Float[np.ndarray, "frames joints"]
) -> Float[np.ndarray, "frames joints 4"]:
    """The same turns with signs such that none changes its way round from one frame to the next while it has weight.

    The short way is the one where the weight is greatest. Half a turn away from what is known, the short way at each
    frame would jump from one side to the other.
    """
    signed = turn.copy()
    for joint in range(turn.shape[1]):
        held = np.concatenate(([False], weight[:, joint] > 0, [False]))
        for first, last in np.flatnonzero(np.diff(held)).reshape(-1, 2):
            run = quat_continuous(turn[first:last, joint])
            most = int(np.argmax(weight[first:last, joint]))
            signed[first:last, joint] = run if run[most, 0] >= 0 else -run
    return signed


def _share_of(
    turn: Float[np.ndarray, "frames joints 4"], share: Float[np.ndarray, "frames joints"]
) -> Float[np.ndarray, "frames joints 4"]:
    """That share of each turn, about its axis; a turn whose first number is negative is more than half a turn."""
    sine = np.linalg.norm(turn[..., 1:], axis=-1, keepdims=True)
    half = np.arctan2(sine, turn[..., :1]) * share[..., None]
    axis = turn[..., 1:] / np.where(sine < 1e-9, 1, sine)
    return np.concatenate((np.cos(half), np.sin(half) * axis), axis=-1)
