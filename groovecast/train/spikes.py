"""Errors of capture that last a frame or two: a limb that leaps and comes back is found, and bridged."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from jaxtyping import Bool, Float64

from groovecast.motion.kinematics import world_from_local
from groovecast.motion.pose import Motion
from groovecast.motion.rotation import quat_continuous, quat_inverse, quat_multiply, slerp
from groovecast.motion.skeleton import groovecast_skeleton

# What moves together; a spike in one joint of a group condemns the group. Speeds are against the group's first joint.
_LIMBS = {
    "leftArm": ("leftUpperArm", "leftLowerArm", "leftHand", "leftShoulder"),
    "rightArm": ("rightUpperArm", "rightLowerArm", "rightHand", "rightShoulder"),
    "leftLeg": ("leftUpperLeg", "leftLowerLeg", "leftFoot", "leftToes"),
    "rightLeg": ("rightUpperLeg", "rightLowerLeg", "rightFoot", "rightToes"),
    "torso": ("hips", "spine", "chest", "upperChest", "neck", "head"),
}
# Fewer good frames than this between two bad ones are not trusted either.
_TRUSTED_FRAMES = 2


@dataclass(frozen=True)
class SpikeLimits:
    """What no body does, against the limb's own root and, for the hips, in the room."""

    speed_m_s: float
    acceleration_m_s2: float
    spin_rad_s: float
    hips_acceleration_m_s2: float
    hips_spin_rad_s: float


# Before smoothing. The fastest of the clean takes: 12 m/s, 470 m/s2, 60 rad/s; hips 76 m/s2, 20 rad/s.
RAW = SpikeLimits(13.0, 600.0, 90.0, 120.0, 30.0)
# After a low-pass of 8 Hz. The fastest of the clean takes: 11 m/s, 190 m/s2, 39 rad/s.
SMOOTHED = SpikeLimits(13.0, 250.0, 40.0, 80.0, 25.0)


def joint_spin(motion: Motion) -> Float64[np.ndarray, "frames joints"]:
    """How fast (rad/s) each joint turns against its parent, from each frame to the next."""
    quat = motion.local_quat_wxyz
    step = quat_multiply(quat[1:], quat_inverse(quat[:-1]))
    return np.asarray(
        2 * np.arctan2(np.linalg.norm(step[..., 1:], axis=-1), np.abs(step[..., 0])) * motion.fps
    )


def spikes_of(motion: Motion, limits: SpikeLimits) -> Bool[np.ndarray, "frames joints"]:
    """Which joints are not to be believed, and when. The first and the last frame always are."""
    skeleton = groovecast_skeleton()
    place, _ = world_from_local(
        motion.root_m, motion.local_quat_wxyz, skeleton.rest_offset_m.astype(np.float64), skeleton.parents
    )
    spin = joint_spin(motion)
    bad = np.zeros(motion.local_quat_wxyz.shape[:2], bool)
    for names in _LIMBS.values():
        joints = [skeleton.index(name) for name in names]
        own = place[:, joints] - place[:, joints[:1]]
        limb = _beyond(own, motion.fps, limits.speed_m_s, limits.acceleration_m_s2)
        own_spin = spin[:, [joint for joint in joints if joint]]
        limb |= _either_end(own_spin.max(axis=-1) > limits.spin_rad_s)
        bad[:, joints] |= limb[:, None]
    hips = _beyond(motion.root_m[:, None], motion.fps, limits.speed_m_s, limits.hips_acceleration_m_s2)
    hips |= _either_end(spin[..., 0] > limits.hips_spin_rad_s)
    bad |= hips[:, None]
    for joint in bad.T:
        joint[:] = _closed(joint)
    bad[[0, -1]] = False
    return bad


def _beyond(
    place: Float64[np.ndarray, "frames joints 3"], fps: float, speed_m_s: float, acceleration_m_s2: float
) -> Bool[np.ndarray, " frames"]:
    speed = np.linalg.norm(np.diff(place, axis=0), axis=-1).max(axis=-1) * fps
    jolt = np.linalg.norm(np.diff(place, 2, axis=0), axis=-1).max(axis=-1) * fps**2
    beyond = _either_end(speed > speed_m_s)
    beyond[1:-1] |= jolt > acceleration_m_s2
    return beyond


def _either_end(step: np.ndarray) -> Bool[np.ndarray, " frames"]:
    """The frames at both ends of a step."""
    return np.concatenate((step, [False])) | np.concatenate(([False], step))


def _closed(bad: Bool[np.ndarray, " frames"]) -> Bool[np.ndarray, " frames"]:
    """The same, with short good stretches between bad frames taken as bad."""
    out, frames = bad.copy(), np.flatnonzero(bad)
    for a, b in pairwise(frames):
        if b - a <= _TRUSTED_FRAMES + 1:
            out[a:b] = True
    return out


def bridged(motion: Motion, bad: Bool[np.ndarray, "frames joints"]) -> Motion:
    """The motion with its bad joints turned evenly from the last good frame to the next."""
    quat, root = quat_continuous(motion.local_quat_wxyz), motion.root_m
    for joint in np.flatnonzero(bad.any(axis=0)):
        before, after, share = _neighbours(bad[:, joint])
        quat[:, joint] = slerp(quat[before, joint], quat[after, joint], share)
    return Motion(motion.fps, bridged_places(root, bad[:, 0]), quat)


def bridged_places(
    place_m: Float64[np.ndarray, "frames 3"], bad: Bool[np.ndarray, " frames"]
) -> Float64[np.ndarray, "frames 3"]:
    """The same for places, along straight lines."""
    before, after, share = _neighbours(bad)
    return np.asarray(place_m[before] + (place_m[after] - place_m[before]) * share[:, None])


def _neighbours(
    bad: Bool[np.ndarray, " frames"],
) -> tuple[np.ndarray, np.ndarray, Float64[np.ndarray, " frames"]]:
    """The good frames before and after each frame, and how far it lies from the one to the other."""
    good, frames = np.flatnonzero(~bad), np.arange(len(bad))
    before = good[np.searchsorted(good, frames, side="right") - 1]
    after = good[np.searchsorted(good, frames)]
    return before, after, np.where(after > before, (frames - before) / np.maximum(after - before, 1), 0.0)
