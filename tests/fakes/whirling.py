"""A made-up dancer of whom all 52 joints move, who travels, jumps and turns: nothing of a pose is left untried."""

import numpy as np

from groovecast.motion.pose import Pose
from groovecast.motion.rotation import quat_from_axis_angle
from groovecast.motion.skeleton import groovecast_skeleton


def whirling(frames: int, fps: float = 60.0, start_s: float = 7.0) -> list[Pose]:
    """Poses at a steady rate; sign and length of a rotation change as they like, as a network's may."""
    rng = np.random.default_rng(4)
    time_s = np.arange(frames) / fps
    joints = groovecast_skeleton().joints
    way, pace = rng.normal(size=(1, joints, 3)), rng.uniform(2, 9, (1, joints, 3))
    turns = 0.4 * way * np.sin(pace * time_s[:, None, None] + 1)
    turns[:, 0, 1] += 2 * time_s
    quat = quat_from_axis_angle(turns).astype(np.float32)
    quat *= rng.choice((-1, 1), (frames, joints, 1)) * rng.uniform(0.999, 1.001, (frames, joints, 1))
    root = np.stack((0.8 * np.sin(time_s), 0.9 + 0.15 * np.sin(5 * time_s), 0.4 - time_s / 2), axis=-1)
    return [
        Pose(start_s + at, root[i].astype(np.float32), quat[i].astype(np.float32), np.zeros(4, bool))
        for i, at in enumerate(time_s.tolist())
    ]
