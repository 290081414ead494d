"""The seam: where a new plan departs from the old one, the difference dies away instead of showing.

The offset of old against new at the seam dies away from its rate and acceleration there by the polynomial of fifth
degree that ends at rest (inertialization: Bollo 2018, "Inertialization: High-Performance Animation Transitions"). A
critically damped spring (Holden 2021) goes on with the rate alone, and the body jolts at each seam; the groove, which
is small, is joined by it.
"""

import numpy as np
from jaxtyping import Float

from groovecast.motion.pose import Motion
from groovecast.motion.rotation import axis_angle_from_quat, quat_from_axis_angle, quat_inverse, quat_multiply

HALFLIFE_S = 0.07
# So many frames of the old plan say where it was going.
SHOWN_BY = 3
# After this nothing of the old plan is left.
_JOINED_S = 0.3
# An offset faster than this at the seam is noise of the plan, not motion to carry on.
_FASTEST_RAD_S, _FASTEST_M_S = 12.0, 4.0
_HARDEST_RAD_S2, _HARDEST_M_S2 = 200.0, 60.0


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


def faded(
    offsets: Float[np.ndarray, "3 *rest"], fps: float, frames: int, fastest: float, hardest: float
) -> Float[np.ndarray, "frames *rest"]:
    """What is shown of an offset, known in three frames, from the first of them on: as smooth as it can end."""
    first, second, third = offsets
    rate = np.clip((-3 * first + 4 * second - third) * fps / 2, -fastest, fastest) * _JOINED_S
    push = np.clip((first - 2 * second + third) * fps**2, -hardest, hardest) * _JOINED_S**2 / 2
    s = np.minimum(np.arange(frames) / fps / _JOINED_S, 1.0).reshape(-1, *([1] * first.ndim))
    return np.asarray(
        first * (1 - 10 * s**3 + 15 * s**4 - 6 * s**5)
        + rate * (s - 6 * s**3 + 8 * s**4 - 3 * s**5)
        + push * (s**2 - 3 * s**3 + 3 * s**4 - s**5)
    )


def seamless(old: Motion, new: Motion, met: Motion | None = None) -> Motion:
    """`new`, begun as `old` goes: both start at the same frame, `old` needs three frames to show where it is going.

    What `old` has that is to die away is what it is off `met`: how `new` begins, if nothing else is given.
    """
    met = new if met is None else met
    if min(old.frames, new.frames, met.frames) < SHOWN_BY:
        return new
    quat, met_quat = (
        new.local_quat_wxyz.astype(np.float64), met.local_quat_wxyz[:SHOWN_BY].astype(np.float64)
    )  # fmt: skip
    turn = axis_angle_from_quat(
        quat_multiply(old.local_quat_wxyz[:SHOWN_BY].astype(np.float64), quat_inverse(met_quat))
    )
    left = faded(turn, new.fps, new.frames, _FASTEST_RAD_S, _HARDEST_RAD_S2)
    gap = (old.root_m[:SHOWN_BY] - met.root_m[:SHOWN_BY]).astype(np.float64)
    root = new.root_m + faded(gap, new.fps, new.frames, _FASTEST_M_S, _HARDEST_M_S2)
    return Motion(
        new.fps,
        root.astype(np.float32),
        quat_multiply(quat_from_axis_angle(left), quat).astype(np.float32),
    )
