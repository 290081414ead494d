"""The arm's reach: upper and lower arm turned so that a hand is on a spot, the elbow where an arm would have it."""

import numpy as np
from jaxtyping import Float

from groovecast.motion.held_pose import drawn
from groovecast.motion.kinematics import local_from_world, world_from_local
from groovecast.motion.pose import Motion
from groovecast.motion.rotation import (
    quat_between,
    quat_from_matrix,
    quat_from_yaw,
    quat_inverse,
    quat_rotate,
    unit,
)
from groovecast.motion.skeleton import Skeleton

# An arm is never stretched past this share of its length, nor folded to less than this: an elbow pops there.
_FULL_REACH, _FOLDED = 0.998, 0.3
# Where the elbow of a left arm points that reaches ahead and a little out, as the chest sees it. Turned with the arm
# the short way it is behind an arm that hangs and before one that is up.
_AHEAD, _ELBOW = np.array([0.45, 0.0, 0.9]), np.array([0.35, -1.0, 0.0])
# An arm reaches so far to either side of there. A spot further round the back is waited for in front.
_ASIDE_RAD = 1.4


def hand_on(
    motion: Motion,
    side: str,
    target_m: Float[np.ndarray, "frames 3"],
    weight: Float[np.ndarray, " frames"],
    skeleton: Skeleton,
) -> Motion:
    """The motion with the wrist of a side on its target (world, metres), or as near to it as the arm goes.

    `weight` 0 leaves a frame as it is; between, the arm is on its way. A spot behind the back is not reached for.
    """
    offset = skeleton.rest_offset_m[: motion.local_quat_wxyz.shape[1]].astype(np.float64)
    quat = motion.local_quat_wxyz.astype(np.float64)
    upper, lower, hand = (skeleton.index(f"{side}{bone}") for bone in ("UpperArm", "LowerArm", "Hand"))
    out = np.sign(offset[lower, 0])
    place, world = world_from_local(motion.root_m.astype(np.float64), quat, offset, skeleton.parents)
    chest = world[:, skeleton.parents[skeleton.parents[upper]]]
    upper_m, lower_m = (float(np.linalg.norm(offset[joint])) for joint in (lower, hand))
    ahead, aside = unit(_AHEAD * (out, 1, 1)), unit(_ELBOW * (out, 1, 1))
    seen = _in_front(quat_rotate(quat_inverse(chest), target_m - place[:, upper]), ahead)
    to_target, seen, whole_m = quat_rotate(chest, seen), unit(seen), upper_m + lower_m
    line = unit(to_target)
    distance = np.linalg.norm(to_target, axis=-1, keepdims=True)
    distance = distance.clip(_FOLDED * whole_m, _FULL_REACH * whole_m)
    pole = quat_rotate(chest, quat_rotate(quat_between(np.broadcast_to(ahead, seen.shape), seen), aside))
    pole = unit(pole - np.sum(pole * line, axis=-1, keepdims=True) * line)
    cosine = (upper_m**2 + distance**2 - lower_m**2) / (2 * upper_m * distance)
    elbow = upper_m * (line * cosine + pole * np.sqrt(1 - cosine**2))
    # an elbow is a hinge, whose axis is up in the T-pose
    hinge = unit(np.cross(line * distance - elbow, elbow)) * out
    new = world.copy()
    new[:, upper] = _turned(elbow * out, hinge)
    new[:, lower] = _turned((line * distance - elbow) * out, hinge)
    share = np.zeros(quat.shape[:2])
    share[:, [upper, lower]] = weight[:, None]
    return drawn(motion, local_from_world(new, skeleton.parents), share)


def _in_front(
    seen_m: Float[np.ndarray, "frames 3"], ahead: Float[np.ndarray, " 3"]
) -> Float[np.ndarray, "frames 3"]:
    """A spot as the chest sees it from the shoulder, brought round to where an arm can be; straight behind is ahead."""
    middle = np.arctan2(ahead[0], ahead[2])
    round_rad = np.arctan2(seen_m[:, 0], seen_m[:, 2]) - middle
    round_rad = np.arctan2(np.sin(round_rad), np.cos(round_rad))
    back = np.clip((np.abs(round_rad) - _ASIDE_RAD) / (np.pi - _ASIDE_RAD), 0, 1)
    kept = np.minimum(np.abs(round_rad), _ASIDE_RAD) * (0.5 + 0.5 * np.cos(np.pi * back)) * np.sign(round_rad)
    return quat_rotate(quat_from_yaw(kept - round_rad), seen_m)


def _turned(
    left: Float[np.ndarray, "frames 3"], up: Float[np.ndarray, "frames 3"]
) -> Float[np.ndarray, "frames 4"]:
    """The rotations that turn +X and +Y of the T-pose, the figure's left and up, into those directions."""
    x = unit(left)
    return quat_from_matrix(np.stack((x, up, np.cross(x, up)), axis=-1))
