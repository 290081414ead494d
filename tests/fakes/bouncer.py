"""A made-up dancer with both feet on the floor: hips sway and arms swing to a beat, all 52 joints move."""

import numpy as np

from groovecast.motion.kinematics import world_from_local
from groovecast.motion.pose import Motion
from groovecast.motion.rotation import quat_from_axis_angle
from groovecast.motion.skeleton import groovecast_skeleton
from groovecast.train.ground import on_the_floor


def bouncing(
    seconds: float = 6.0, bpm: float = 120.0, fps: float = 30.0, fingers: bool = False, first_s: float = 0.0
) -> Motion:
    """The left arm goes higher than the right, and the hips sway further to the left: a mirror shows."""
    skeleton = groovecast_skeleton()
    time_s = np.arange(round(seconds * fps)) / fps
    swing = np.cos(np.pi * (time_s - first_s) * bpm / 60)  # at rest on every beat
    turns = np.zeros((len(time_s), skeleton.body_joints, 3))
    for name, axis, middle, size in (
        ("leftUpperArm", 2, -0.3, 0.6), ("rightUpperArm", 2, 0.9, 0.4), ("leftLowerArm", 1, -0.9, 0.5),
        ("rightLowerArm", 1, 0.8, 0.3), ("leftLowerArm", 0, 0.0, 0.2), ("spine", 1, 0.0, 0.2), ("head", 0, 0.1, 0.1),
    ):  # fmt: skip
        turns[:, skeleton.index(name), axis] = middle + size * swing
    turns[:, 0, 1] = 0.25 * np.sin(time_s)
    root = np.stack((0.03 + 0.04 * swing, 0.86 + 0.03 * swing**2, 0.02 * np.sin(time_s)), axis=-1)
    feet = {
        side: np.tile([place, 0.08, 0.0], (len(time_s), 1))
        for side, place in (("left", 0.1), ("right", -0.1))
    }
    body = on_the_floor(Motion(fps, root, quat_from_axis_angle(turns)), feet)
    if not fingers:
        return body
    curl = np.zeros((len(time_s), skeleton.joints - skeleton.body_joints, 3))
    curl[..., 2] = 0.1 * np.arange(curl.shape[1]) / curl.shape[1] + 0.2 * swing[:, None]
    whole = np.concatenate((body.local_quat_wxyz, quat_from_axis_angle(curl)), axis=1)
    return Motion(fps, body.root_m, whole)


def places_of(motion: Motion) -> np.ndarray:
    """Where the 22 body joints are."""
    skeleton = groovecast_skeleton()
    offset, quat = (
        skeleton.rest_offset_m.astype(np.float64),
        motion.local_quat_wxyz[:, : skeleton.body_joints],
    )
    return world_from_local(motion.root_m, quat, offset, skeleton.parents)[0]


def apart_rad(a: np.ndarray, b: np.ndarray) -> float:
    """The largest angle between two runs of rotations."""
    sine = np.minimum(np.linalg.norm(a - b, axis=-1), np.linalg.norm(a + b, axis=-1)) / 2
    return float(4 * np.arcsin(np.clip(sine, 0, 1)).max())
