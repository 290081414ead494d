"""The stage: a dance may roam, but it comes home, and it faces the audience more often than not."""

import numpy as np
from jaxtyping import Float32

from groovecast.motion.representation import VELOCITY, YAW, Stance
from groovecast.motion.rotation import quat_from_yaw, quat_rotate

# Within this the dancer roams freely; beyond it a drift homewards sets in, too slow to be seen as sliding.
_ROAM_M = 0.7
_HOME_RATE_PER_S, _FASTEST_HOME_M_S = 0.35, 0.22
# The same for the heading: turns are danced as planned, and what is left turned away is undone slowly.
_FACE_RATE_PER_S, _FASTEST_FACE_RAD_S = 0.25, 0.3


def kept_on_stage(
    numbers: Float32[np.ndarray, "frames 141"], stance: Stance
) -> Float32[np.ndarray, "frames 141"]:
    """The plan's numbers, bent a little towards the middle of the stage and the audience (+Z)."""
    away = np.asarray(stance.place_xz_m)
    distance = float(np.hypot(*away))
    out = numbers.copy()
    if distance > _ROAM_M:
        speed = min((distance - _ROAM_M) * _HOME_RATE_PER_S, _FASTEST_HOME_M_S)
        home = -away / distance * speed
        level = quat_rotate(quat_from_yaw(np.asarray(-stance.yaw_rad)), np.array([home[0], 0.0, home[1]]))
        out[:, VELOCITY] += level[[0, 2]].astype(np.float32)
    turn = -np.clip(stance.yaw_rad * _FACE_RATE_PER_S, -_FASTEST_FACE_RAD_S, _FASTEST_FACE_RAD_S) / 30.0
    yaw = np.arctan2(numbers[:, YAW.start], numbers[:, YAW.start + 1]) + turn
    out[:, YAW.start], out[:, YAW.start + 1] = np.sin(yaw), np.cos(yaw)
    return out
