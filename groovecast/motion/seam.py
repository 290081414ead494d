"""The seam spring: where a new plan departs from the old one, the difference dies away instead of showing.

The offset of old against new at the seam, and its rate, decay as a critically damped spring (inertialization:
Bollo 2018, "Inertialization: High-Performance Animation Transitions", in the spring form of Holden 2021).
"""

import numpy as np
from jaxtyping import Float

from groovecast.motion.pose import Motion
from groovecast.motion.rotation import axis_angle_from_quat, quat_from_axis_angle, quat_inverse, quat_multiply

HALFLIFE_S = 0.07
# An offset faster than this at the seam is noise of the plan, not motion to carry on.
_FASTEST_RAD_S, _FASTEST_M_S = 12.0, 4.0


def decayed(
    offset: Float[np.ndarray, "*rest"],
    rate: Float[np.ndarray, "*rest"],
    time_s: Float[np.ndarray, " frames"],
    halflife_s: float,
) -> Float[np.ndarray, "frames *rest"]:
    """What is left of an offset and its rate after each time (critically damped spring)."""
    decay = 2 * np.log(2) / halflife_s
    time = time_s.reshape(-1, *([1] * offset.ndim))
    return np.asarray((offset + (rate + offset * decay) * time) * np.exp(-decay * time))


def seamless(old: Motion, new: Motion, halflife_s: float = HALFLIFE_S) -> Motion:
    """`new`, begun as `old` goes: both start at the same frame, `old` needs two frames to show its speed."""
    if old.frames < 2:
        return new
    time_s = np.arange(new.frames) / new.fps
    turn = axis_angle_from_quat(
        quat_multiply(
            old.local_quat_wxyz[:2].astype(np.float64),
            quat_inverse(new.local_quat_wxyz[:2].astype(np.float64)),
        )
    )
    turn_rate = np.clip((turn[1] - turn[0]) * new.fps, -_FASTEST_RAD_S, _FASTEST_RAD_S)
    quat = quat_multiply(
        quat_from_axis_angle(decayed(turn[0], turn_rate, time_s, halflife_s)),
        new.local_quat_wxyz.astype(np.float64),
    )
    gap = (old.root_m[:2] - new.root_m[:2]).astype(np.float64)
    gap_rate = np.clip((gap[1] - gap[0]) * new.fps, -_FASTEST_M_S, _FASTEST_M_S)
    root = new.root_m + decayed(gap[0], gap_rate, time_s, halflife_s)
    return Motion(new.fps, root.astype(np.float32), quat.astype(np.float32))
