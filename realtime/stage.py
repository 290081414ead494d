"""The stage: a dance may roam, but it comes home, and it faces the audience more often than not."""

import numpy as np

from groovecast.motion.pose import Motion
from groovecast.motion.representation import Stance
from groovecast.motion.rotation import quat_from_yaw, quat_multiply, quat_rotate

# Where the dancer is to roam no further the body leans homewards, as fast as the next step can take up.
_HOME_RATE_PER_S, _FASTEST_HOME_M_S = 0.35, 0.2
# The same for the heading: turns are danced as planned, and what is left turned away is undone slowly.
_FACE_RATE_PER_S, _FASTEST_FACE_RAD_S = 0.25, 0.3


def towards_the_audience(yaw_rad: float, fps: float) -> float:
    """How much a dancer of that heading is turned towards +Z with each frame, in radians."""
    return -float(np.clip(yaw_rad * _FACE_RATE_PER_S, -_FASTEST_FACE_RAD_S, _FASTEST_FACE_RAD_S)) / fps


def staged(plan: Motion, stance: Stance, bend_rad: float = 0.0) -> Motion:
    """A plan that begins at the origin facing +Z, begun from a stance, its path bent by `bend_rad` with each frame."""
    bent = stance.yaw_rad + bend_rad * np.arange(plan.frames + 1)
    level = np.diff(plan.root_m.astype(np.float64), axis=0, prepend=np.zeros((1, 3)))
    place = stance.place_xz_m + np.cumsum(quat_rotate(quat_from_yaw(bent[:-1]), level)[:, [0, 2]], axis=0)
    quat = plan.local_quat_wxyz.copy()
    quat[:, 0] = quat_multiply(quat_from_yaw(bent[1:]), quat[:, 0].astype(np.float64))
    root = np.stack((place[:, 0], plan.root_m[:, 1], place[:, 1]), axis=-1)
    return Motion(plan.fps, root.astype(np.float32), quat)


def drawn_home(motion: Motion, roam_m: float) -> Motion:
    """The plan, its body drawn towards the middle of the stage when it begins far from it; the feet follow by steps."""
    away = motion.root_m[0, [0, 2]].astype(np.float64)
    distance = float(np.hypot(*away))
    if distance <= roam_m:
        return motion
    speed = min((distance - roam_m) * _HOME_RATE_PER_S, _FASTEST_HOME_M_S)
    root = motion.root_m.copy()
    walked = speed * np.arange(1, motion.frames + 1) / motion.fps
    root[:, [0, 2]] -= (walked[:, None] * away / distance).astype(np.float32)
    return Motion(motion.fps, root, motion.local_quat_wxyz)
