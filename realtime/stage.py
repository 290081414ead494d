"""The stage: a dance may roam, but it comes home, and it faces the audience more often than not."""

import numpy as np
from jaxtyping import Float32

from groovecast.motion.pose import Motion
from groovecast.motion.representation import YAW

# Within this the dancer roams freely; beyond it the body leans homewards, as fast as the next step can take up.
_ROAM_M = 0.6
_HOME_RATE_PER_S, _FASTEST_HOME_M_S = 0.35, 0.2
# The same for the heading: turns are danced as planned, and what is left turned away is undone slowly.
_FACE_RATE_PER_S, _FASTEST_FACE_RAD_S = 0.25, 0.3


def facing_the_audience(
    numbers: Float32[np.ndarray, "frames 141"], yaw_rad: float, fps: float
) -> Float32[np.ndarray, "frames 141"]:
    """The plan's numbers, their turns bent a little towards +Z from a heading of `yaw_rad`."""
    turn = -float(np.clip(yaw_rad * _FACE_RATE_PER_S, -_FASTEST_FACE_RAD_S, _FASTEST_FACE_RAD_S)) / fps
    yaw = np.arctan2(numbers[:, YAW.start], numbers[:, YAW.start + 1]) + turn
    out = numbers.copy()
    out[:, YAW.start], out[:, YAW.start + 1] = np.sin(yaw), np.cos(yaw)
    return out


def drawn_home(motion: Motion) -> Motion:
    """The plan, its body drawn towards the middle of the stage when it begins far from it; the feet follow by steps."""
    away = motion.root_m[0, [0, 2]].astype(np.float64)
    distance = float(np.hypot(*away))
    if distance <= _ROAM_M:
        return motion
    speed = min((distance - _ROAM_M) * _HOME_RATE_PER_S, _FASTEST_HOME_M_S)
    root = motion.root_m.copy()
    walked = speed * np.arange(1, motion.frames + 1) / motion.fps
    root[:, [0, 2]] -= (walked[:, None] * away / distance).astype(np.float32)
    return Motion(motion.fps, root, motion.local_quat_wxyz)
