"""Clips made by hand whose figures are known: one that hits each beat, a standing one, a sliding one."""

import numpy as np

from groovecast.motion.kinematics import world_from_local
from groovecast.motion.skeleton import groovecast_skeleton

SKELETON = groovecast_skeleton()
LIMBS = tuple(SKELETON.index(name) for name in ("leftHand", "rightHand", "leftFoot", "rightFoot"))


def standing(frames: int) -> np.ndarray:
    """The places of 22 joints in a T-pose on the floor."""
    quat = np.zeros((frames, 22, 4))
    quat[..., 0] = 1
    offset = SKELETON.rest_offset_m.astype(np.float64)
    root = np.tile(offset[0], (frames, 1))
    return world_from_local(root, quat, offset, SKELETON.parents)[0]


def resting_at(rests_s: float, every_s: float, frames: int, fps: float) -> np.ndarray:
    """A figure whose hands swing to and fro and rest every `every_s` seconds, first at `rests_s`."""
    place = standing(frames)
    swing = 0.3 * np.cos(np.pi * (np.arange(frames) / fps - rests_s) / every_s)
    for hand in LIMBS[:2]:
        place[:, hand, 1] += swing
    return place


def sliding(frames: int, step_m: tuple[float, float], joints: tuple[int, ...]) -> np.ndarray:
    """A standing figure some of whose joints move over the floor by that x and z in each frame."""
    place = standing(frames)
    for joint in joints:
        place[:, joint, 0] += step_m[0] * np.arange(frames)
        place[:, joint, 2] += step_m[1] * np.arange(frames)
    return place
