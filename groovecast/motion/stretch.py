"""The same dance in a mirror, slower or faster: what makes little motion capture go further."""

import numpy as np

from groovecast.motion.pose import Motion
from groovecast.motion.rotation import quat_continuous, slerp
from groovecast.motion.skeleton import groovecast_skeleton

STRETCHES = (0.72, 0.8, 0.9, 1.0, 1.12, 1.25, 1.4)


def mirrored(motion: Motion) -> Motion:
    """The motion as a mirror shows it: left and right change places."""
    skeleton = groovecast_skeleton()
    swap = [
        skeleton.index(name.replace("left", "RIGHT").replace("right", "left").replace("RIGHT", "right"))
        for name in skeleton.names[: motion.local_quat_wxyz.shape[1]]
    ]
    return Motion(
        motion.fps,
        motion.root_m * np.array([-1, 1, 1]),
        motion.local_quat_wxyz[:, swap] * np.array([1, 1, -1, -1]),
    )


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
