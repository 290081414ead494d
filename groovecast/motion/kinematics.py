"""Where every joint is: forward kinematics, and the two-bone reach that puts an ankle on a spot."""

import numpy as np
from jaxtyping import Float

from groovecast.motion.rotation import quat_between, quat_inverse, quat_multiply, quat_rotate, unit


def world_from_local(
    root_m: Float[np.ndarray, "*batch 3"],
    local_quat_wxyz: Float[np.ndarray, "*batch joints 4"],
    offset_m: Float[np.ndarray, "joints 3"],
    parents: tuple[int, ...],
) -> tuple[Float[np.ndarray, "*batch joints 3"], Float[np.ndarray, "*batch joints 4"]]:
    """Positions (metres) and rotations (w x y z) of all joints in world space; `root_m` is joint 0's place.

    `local_quat_wxyz` may hold fewer joints than the skeleton; then the first ones are meant.
    """
    joints = local_quat_wxyz.shape[-2]
    places: list[np.ndarray] = [root_m]
    turns: list[np.ndarray] = [local_quat_wxyz[..., 0, :]]
    for joint in range(1, joints):
        parent = parents[joint]
        places.append(places[parent] + quat_rotate(turns[parent], offset_m[joint]))
        turns.append(quat_multiply(turns[parent], local_quat_wxyz[..., joint, :]))
    return np.stack(places, axis=-2), np.stack(turns, axis=-2)


# A leg is never stretched past this share of its length: a locked knee pops when it bends again.
_FULL_REACH = 0.9995


def reach(
    hip_m: Float[np.ndarray, "*batch 3"],
    ankle_target_m: Float[np.ndarray, "*batch 3"],
    thigh_quat: Float[np.ndarray, "*batch 4"],
    shin_quat: Float[np.ndarray, "*batch 4"],
    thigh_m: float,
    shin_m: float,
) -> tuple[Float[np.ndarray, "*batch 4"], Float[np.ndarray, "*batch 4"]]:
    """World rotations of thigh and shin that put the ankle on its target, the knee bending as it points now.

    Law of cosines in the plane through the target and across the thigh's own +X. A target out of reach is
    approached as far as the leg goes. Both bones point down (-Y) in the rest pose.
    """
    down, hinge = np.array([0, -1, 0], hip_m.dtype), np.array([1, 0, 0], hip_m.dtype)
    to_target = ankle_target_m - hip_m
    shortest, longest = abs(thigh_m - shin_m) + 1e-3, (thigh_m + shin_m) * _FULL_REACH
    distance = np.clip(np.linalg.norm(to_target, axis=-1, keepdims=True), shortest, longest)
    line = unit(to_target)
    # by its hinge, not by the thigh's front: that turns away from the knee once the leg is folded right up
    aside = unit(np.cross(line, quat_rotate(thigh_quat, hinge)))
    cosine = np.clip((thigh_m**2 + distance**2 - shin_m**2) / (2 * thigh_m * distance), -1, 1)
    knee = line * (thigh_m * cosine) + aside * (thigh_m * np.sqrt(1 - cosine**2))
    shin = line * distance - knee
    new_thigh = quat_multiply(quat_between(quat_rotate(thigh_quat, down), knee), thigh_quat)
    new_shin = quat_multiply(quat_between(quat_rotate(shin_quat, down), shin), shin_quat)
    return new_thigh, new_shin


def local_from_world(
    world_quat_wxyz: Float[np.ndarray, "*batch joints 4"], parents: tuple[int, ...]
) -> Float[np.ndarray, "*batch joints 4"]:
    """Rotations relative to the parent joints, from rotations in world space."""
    above = list(parents[1 : world_quat_wxyz.shape[-2]])
    local = world_quat_wxyz.copy()
    local[..., 1:, :] = quat_multiply(
        quat_inverse(world_quat_wxyz[..., above, :]), world_quat_wxyz[..., 1:, :]
    )
    return local
