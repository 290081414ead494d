"""Fingers for a body that has none: a relaxed curl that opens when the arm stretches and breathes a little."""

from functools import cache

import numpy as np
from jaxtyping import Float

from groovecast.motion.rotation import axis_angle_from_quat, quat_from_axis_angle
from groovecast.motion.skeleton import groovecast_skeleton

# Radians at the knuckle, the middle and the last joint of a hand at rest; the thumb bends less and across.
_CURL = {
    "Index": (0.35, 0.45, 0.25),
    "Middle": (0.45, 0.55, 0.3),
    "Ring": (0.5, 0.6, 0.35),
    "Little": (0.5, 0.6, 0.35),
}
_THUMB = (0.25, 0.2, 0.25)
# A straight elbow opens the hand to this share of the curl.
_OPEN_SHARE = 0.45
_BREATH_S, _BREATH_SHARE = 5.3, 0.12


@cache
def _finger_turns() -> Float[np.ndarray, "30 3"]:
    """Rotation vectors of the full relaxed curl for the 30 finger joints, in skeleton order."""
    skeleton = groovecast_skeleton()
    turns = np.zeros((skeleton.joints - skeleton.body_joints, 3))
    for row, name in enumerate(skeleton.names[skeleton.body_joints :]):
        side = 1.0 if name.startswith("left") else -1.0
        finger = next((finger for finger in _CURL if finger in name), "")
        if finger:
            segment = ("Proximal", "Intermediate", "Distal").index(name.split(finger)[1])
            # fingers point along X: they curl towards the palm, which faces down, about Z
            turns[row] = (0, 0, -side * _CURL[finger][segment])
        else:
            segment = ("Metacarpal", "Proximal", "Distal").index(name.split("Thumb")[1])
            turns[row] = (0, side * _THUMB[segment], -side * 0.5 * _THUMB[segment])
    return turns


def hands_of(body_quat_wxyz: Float[np.ndarray, "22 4"], time_s: float) -> Float[np.ndarray, "30 4"]:
    """Local rotations of the 30 finger joints for a body pose at a time."""
    skeleton = groovecast_skeleton()
    turns = _finger_turns().copy()
    half = len(turns) // 2
    breath = 1 + _BREATH_SHARE * np.sin(2 * np.pi * time_s / _BREATH_S)
    for rows, elbow in ((slice(0, half), "leftLowerArm"), (slice(half, None), "rightLowerArm")):
        bend = 2 * np.arccos(np.clip(abs(float(body_quat_wxyz[skeleton.index(elbow), 0])), 0, 1))
        curl = _OPEN_SHARE + (1 - _OPEN_SHARE) * np.clip(bend / 1.6, 0, 1)
        turns[rows] *= curl * breath
    return quat_from_axis_angle(turns)


def hands_of_all(
    body_quat_wxyz: Float[np.ndarray, "poses 22 4"], time_s: Float[np.ndarray, " poses"]
) -> Float[np.ndarray, "poses 30 4"]:
    """The same for several poses, each at its time."""
    skeleton, turns = groovecast_skeleton(), _finger_turns()
    half = len(turns) // 2
    elbows = [skeleton.index("leftLowerArm"), skeleton.index("rightLowerArm")]
    bend = 2 * np.arccos(np.clip(np.abs(body_quat_wxyz[:, elbows, 0]), 0, 1))
    curl = _OPEN_SHARE + (1 - _OPEN_SHARE) * np.clip(bend / 1.6, 0, 1)
    breath = 1 + _BREATH_SHARE * np.sin(2 * np.pi * time_s / _BREATH_S)
    much = np.repeat(curl * breath[:, None], (half, len(turns) - half), axis=1)
    return quat_from_axis_angle(much[..., None] * turns)


def flexed(finger_quat_wxyz: Float[np.ndarray, "30 4"], share: float) -> Float[np.ndarray, "30 4"]:
    """Fingers that curl and move so much: 0 is flat and still, 1 as they are, 2 twice as much."""
    return quat_from_axis_angle(share * axis_angle_from_quat(finger_quat_wxyz))
