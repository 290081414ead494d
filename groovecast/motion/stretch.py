"""The same dance in a mirror, slower or faster: what makes little motion capture go further."""

from dataclasses import replace
from functools import cache

import numpy as np
from jaxtyping import Int

from groovecast.motion.pose import Motion, Pose
from groovecast.motion.rotation import quat_continuous, slerp
from groovecast.motion.skeleton import groovecast_skeleton

STRETCHES = (0.72, 0.8, 0.9, 1.0, 1.12, 1.25, 1.4)


def mirrored(motion: Motion) -> Motion:
    """The motion as a mirror shows it: left and right change places."""
    swap = _other_sides(motion.local_quat_wxyz.shape[1])
    return Motion(
        motion.fps,
        motion.root_m * np.array([-1, 1, 1]),
        motion.local_quat_wxyz[:, swap] * np.array([1, 1, -1, -1]),
    )


def in_the_mirror(pose: Pose) -> Pose:
    """The same of one pose, and of the feet on the floor."""
    swap = _other_sides(len(pose.local_quat_wxyz))
    return replace(
        pose,
        root_m=pose.root_m * np.array([-1, 1, 1], np.float32),
        local_quat_wxyz=pose.local_quat_wxyz[swap] * np.array([1, 1, -1, -1], np.float32),
        contacts=pose.contacts[[2, 3, 0, 1]],
    )


@cache
def _other_sides(joints: int) -> Int[np.ndarray, " joints"]:
    """For each of the first joints the one on the other side; those in the middle are their own."""
    skeleton = groovecast_skeleton()
    sides = (
        name.replace("left", "RIGHT").replace("right", "left").replace("RIGHT", "right")
        for name in skeleton.names[:joints]
    )
    return np.array([skeleton.index(name) for name in sides])


def stretched(motion: Motion, factor: float) -> Motion:
    """The motion `factor` times as long."""
    frames = int(np.floor((motion.frames - 1) * factor)) + 1
    at = np.arange(frames) / factor
    low = np.minimum(at.astype(int), motion.frames - 2)
    share = at - low
    quat = quat_continuous(motion.local_quat_wxyz)
    turned = slerp(quat[low], quat[low + 1], np.broadcast_to(share[:, None], quat[low].shape[:-1]))
    place = motion.root_m[low] + (motion.root_m[low + 1] - motion.root_m[low]) * share[:, None]
    return Motion(motion.fps, place, turned)
