"""Standing at ease: what the figure does when there is nothing to dance to and no plan to follow."""

import numpy as np
from jaxtyping import Float

from groovecast.motion.rotation import quat_from_axis_angle, quat_from_yaw, quat_multiply, yaw_from_quat
from groovecast.motion.skeleton import groovecast_skeleton

# Rotation vectors (radians) that take a T-pose to a relaxed stand.
_EASE: dict[str, tuple[float, float, float]] = {
    "leftUpperArm": (0.1, -0.1, -1.25), "rightUpperArm": (0.1, 0.1, 1.25),
    "leftLowerArm": (0.0, -0.35, 0.0), "rightLowerArm": (0.0, 0.35, 0.0),
    "leftShoulder": (0.0, 0.0, -0.05), "rightShoulder": (0.0, 0.0, 0.05),
    "leftUpperLeg": (-0.06, 0.12, 0.04), "rightUpperLeg": (-0.06, -0.12, -0.04),
    "leftLowerLeg": (0.12, 0.0, 0.0), "rightLowerLeg": (0.12, 0.0, 0.0),
    "leftFoot": (-0.06, 0.0, -0.04), "rightFoot": (-0.06, 0.0, 0.04),
}  # fmt: skip
_BREATH_S, _SWAY_S = 4.1, 6.7
_KNEES_BENT_M = 0.003


def standing(
    root_m: Float[np.ndarray, " 3"], local_quat_wxyz: Float[np.ndarray, "22 4"], time_s: float
) -> tuple[Float[np.ndarray, " 3"], Float[np.ndarray, "22 4"]]:
    """Root and 22 rotations of a figure that stands where that pose was, breathing and shifting its weight."""
    skeleton = groovecast_skeleton()
    turns = np.zeros((skeleton.body_joints, 3))
    for name, turn in _EASE.items():
        turns[skeleton.index(name)] = turn
    breath, sway = np.sin(2 * np.pi * time_s / _BREATH_S), np.sin(2 * np.pi * time_s / _SWAY_S)
    turns[skeleton.index("spine")] += (0.01 * breath, 0.03 * sway, 0.015 * sway)
    turns[skeleton.index("upperChest")] += (-0.025 * breath, 0.02 * sway, -0.01 * sway)
    turns[skeleton.index("head")] += (0.015 * breath, 0.05 * sway, 0)
    turns[skeleton.index("leftUpperArm"), 2] += 0.03 * breath
    turns[skeleton.index("rightUpperArm"), 2] -= 0.03 * breath
    quat = quat_from_axis_angle(turns)
    heading = quat_from_yaw(np.asarray(yaw_from_quat(local_quat_wxyz[0].astype(np.float64))))
    quat[0] = quat_multiply(heading, quat[0])
    place = np.array([root_m[0], skeleton.hips_height_m - _KNEES_BENT_M, root_m[2]])
    return place, quat
