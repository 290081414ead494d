"""The 141 numbers a model sees of one frame, and the way back to a pose.

In order: root yaw delta (sin, cos), planar velocity in the root's heading (x, z, m/s), root height (m), root tilt
as 6D with the yaw taken out, 6D of each other body joint, four foot contacts. Heading is the twist of the root
about +Y, so yaw and tilt give the root back exactly, whatever its attitude. Yaw delta and velocity lead from the
frame before to this one; frame 0 leads from itself.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from groovecast.motion.pose import Motion
from groovecast.motion.rotation import (
    quat_from_six,
    quat_from_yaw,
    quat_multiply,
    quat_rotate,
    six_from_quat,
    yaw_from_quat,
)

BODY_JOINTS = 22
NUMBERS = 2 + 2 + 1 + 6 + 6 * (BODY_JOINTS - 1) + 4
YAW, VELOCITY, HEIGHT, TILT = slice(0, 2), slice(2, 4), 4, slice(5, 11)
JOINTS, CONTACTS = slice(11, NUMBERS - 4), slice(NUMBERS - 4, NUMBERS)


@dataclass(frozen=True)
class Stance:
    """Where a run of frames starts from: place on the floor (x, z) and heading of the frame before its first."""

    place_xz_m: Float[np.ndarray, " 2"]
    yaw_rad: float


HOME = Stance(np.zeros(2), 0.0)


def numbers_from_motion(
    motion: Motion, contacts: Float[np.ndarray, "frames 4"]
) -> Float[np.ndarray, "frames 141"]:
    """The model's numbers of a motion; joints past the 22nd are left out. Returns float32."""
    root_quat = motion.local_quat_wxyz[:, 0].astype(np.float64)
    yaw = yaw_from_quat(root_quat)
    before = np.concatenate((yaw[:1], yaw[:-1]))
    step = np.diff(motion.root_m.astype(np.float64), axis=0, prepend=motion.root_m[:1].astype(np.float64))
    velocity = quat_rotate(quat_from_yaw(-before), step * motion.fps)
    tilt = quat_multiply(quat_from_yaw(-yaw), root_quat)
    six = six_from_quat(motion.local_quat_wxyz[:, 1:BODY_JOINTS].astype(np.float64))
    numbers = np.concatenate(
        (
            np.stack((np.sin(yaw - before), np.cos(yaw - before)), axis=-1),
            velocity[:, [0, 2]],
            motion.root_m[:, 1:2],
            six_from_quat(tilt),
            six.reshape(len(six), -1),
            contacts,
        ),
        axis=-1,
    )
    return numbers.astype(np.float32)


def stance_before(motion: Motion) -> Stance:
    """The stance from which a motion's numbers lead to that motion."""
    return Stance(
        motion.root_m[0, [0, 2]].astype(np.float64),
        float(yaw_from_quat(motion.local_quat_wxyz[0].astype(np.float64))[0]),
    )


def motion_from_numbers(
    numbers: Float[np.ndarray, "frames 141"], fps: float, stance: Stance = HOME
) -> tuple[Motion, Stance]:
    """The body motion that such numbers mean, and the stance at its last frame.

    Any real numbers give unit quaternions: 6D is orthonormalised and the yaw delta taken by its angle.
    """
    wide = numbers.astype(np.float64)
    yaw = stance.yaw_rad + np.cumsum(np.arctan2(wide[:, 0], wide[:, 1]))
    before = np.concatenate(([stance.yaw_rad], yaw[:-1]))
    level = np.zeros((len(wide), 3))
    level[:, [0, 2]] = wide[:, VELOCITY] / fps
    place = stance.place_xz_m + np.cumsum(quat_rotate(quat_from_yaw(before), level)[:, [0, 2]], axis=0)
    root = np.stack((place[:, 0], wide[:, HEIGHT], place[:, 1]), axis=-1)
    root_quat = quat_multiply(quat_from_yaw(yaw), quat_from_six(wide[:, TILT]))
    joints = quat_from_six(wide[:, JOINTS].reshape(len(wide), BODY_JOINTS - 1, 6))
    quat = np.concatenate((root_quat[:, None], joints), axis=1)
    end = Stance(place[-1], float(np.arctan2(np.sin(yaw[-1]), np.cos(yaw[-1])))) if len(wide) else stance
    return Motion(fps, root.astype(np.float32), quat.astype(np.float32)), end
