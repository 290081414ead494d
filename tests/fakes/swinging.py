"""A take whose figure swings its arms and rests them on each beat: what the referee's figures are known of."""

import numpy as np

from groovecast.motion.idle import standing
from groovecast.motion.pose import Motion
from groovecast.motion.rotation import quat_from_axis_angle, quat_multiply
from groovecast.motion.skeleton import groovecast_skeleton
from groovecast.takes.take_cache import CachedTake


def swinging(seconds: float, beat_s: float, late_s: float = 0.0, swing: float = 0.6) -> Motion:
    """Arms that swing between beats, each rest `late_s` after a beat; `swing` in radians."""
    frames, skeleton = int(seconds * 30), groovecast_skeleton()
    home = np.zeros((22, 4))
    home[:, 0] = 1
    root, quat = standing(np.zeros(3), home, 0.0)
    local = np.tile(quat, (frames, 1, 1))
    turn = np.zeros((frames, 3))
    turn[:, 2] = swing * np.cos(np.pi * (np.arange(frames) / 30 - late_s) / beat_s)
    for joint in ("leftUpperArm", "rightUpperArm"):
        arm = skeleton.index(joint)
        local[:, arm] = quat_multiply(local[:, arm], quat_from_axis_angle(turn))
    return Motion(30.0, np.tile(root, (frames, 1)).astype(np.float32), local.astype(np.float32))


def swinging_take(
    name: str, style: str, held_out: bool, beat_s: float = 0.5, swing: float = 0.6
) -> CachedTake:
    """Twenty seconds of it as a take of the cache."""
    return CachedTake(
        name, style, held_out, swinging(20.0, beat_s, swing=swing), np.arange(0, 599, 30 * beat_s)
    )
