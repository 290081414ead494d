"""The soles: which points of a foot touch the floor, and how low each one is."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from groovecast.motion.rotation import quat_rotate
from groovecast.motion.skeleton import Skeleton

SIDES = ("left", "right")
# Under the ankle and a little behind it: where a heel lands.
_HEEL_BACK_M = 0.045


@dataclass(frozen=True)
class Soles:
    """Places of the heel and the ball of both feet, metres; the last axis but one is
    left heel, left ball, right heel, right ball."""

    place_m: Float[np.ndarray, "*batch 4 3"]

    @property
    def height_m(self) -> Float[np.ndarray, "*batch 4"]:
        """Height of each point above the floor."""
        return self.place_m[..., 1]


def soles_of(
    place_m: Float[np.ndarray, "*batch joints 3"],
    world_quat_wxyz: Float[np.ndarray, "*batch joints 4"],
    skeleton: Skeleton,
) -> Soles:
    """The soles of a figure whose joints are there and turned so."""
    points = []
    for side in SIDES:
        foot, toes = skeleton.index(f"{side}Foot"), skeleton.index(f"{side}Toes")
        ankle_height = float(skeleton.hips_height_m + _rest_height(skeleton, foot))
        ball_height = ankle_height + float(skeleton.rest_offset_m[toes, 1])
        dtype = place_m.dtype
        heel = np.array([0, -ankle_height, -_HEEL_BACK_M], dtype)
        ball = np.array([0, -ball_height, 0], dtype) + skeleton.rest_offset_m[toes].astype(dtype)
        turn = world_quat_wxyz[..., foot, :]
        points += [
            place_m[..., foot, :] + quat_rotate(turn, heel),
            place_m[..., foot, :] + quat_rotate(turn, ball),
        ]
    return Soles(np.stack(points, axis=-2))


def _rest_height(skeleton: Skeleton, joint: int) -> float:
    height = 0.0
    while joint > 0:
        height += float(skeleton.rest_offset_m[joint, 1])
        joint = skeleton.parents[joint]
    return height


def contacts_of(
    soles: Soles, fps: float, low_m: float = 0.05, slow_m_s: float = 0.35
) -> Bool[np.ndarray, "frames 4"]:
    """Which points rest on the floor: lower than `low_m` and slower than `slow_m_s`."""
    speed = np.linalg.norm(np.gradient(soles.place_m, axis=0), axis=-1) * fps
    return np.asarray((soles.height_m < low_m) & (speed < slow_m_s))
