"""The ground pushes back: a body moves over the floor as its planted feet make it, not as the plan guessed.

A plan says how the root travels and how the joints turn, and small errors between the two let planted feet slide.
The joints are the more exact half, so the travel is corrected by what the planted soles would have slid: slowly,
for the body is heavy. What is left of the slide, the foot lock takes up with the leg.
"""

import numpy as np
from jaxtyping import Float

from groovecast.motion.kinematics import world_from_local
from groovecast.motion.least_jerk import least_jerk
from groovecast.motion.pose import Motion
from groovecast.motion.skeleton import Skeleton
from groovecast.motion.soles import soles_of

# Contact below the first is none, above the second is full; between, a foot counts in part.
_FREE, _PLANTED = 0.35, 0.65
# A sole higher than the second is not on the floor whatever the plan says of contact; one below the first is.
_LOW_M, _HIGH_M = 0.03, 0.07
# Against a sole that slides: how dear a jerk of the body is (about 4 Hz are followed), and any correction at all.
_JERK, _CORRECTION = 3.0, 1e-4


def grounded(
    motion: Motion, contact: Float[np.ndarray, "frames 4"], before: Motion, skeleton: Skeleton
) -> Motion:
    """The motion, its travel over the floor set by its planted soles; `before` is the one frame before its first.

    `contact` is how sure each of left heel, left ball, right heel, right ball is on the floor (about 0 to 1).
    """
    root = np.concatenate((before.root_m, motion.root_m)).astype(np.float64)
    quat = np.concatenate((before.local_quat_wxyz, motion.local_quat_wxyz)).astype(np.float64)
    soles = soles_of(
        *world_from_local(root, quat, skeleton.rest_offset_m.astype(np.float64), skeleton.parents), skeleton
    )
    slide = np.diff(soles.place_m[..., [0, 2]], axis=0)
    weight = np.clip((contact - _FREE) / (_PLANTED - _FREE), 0, 1)
    weight *= np.clip((_HIGH_M - soles.height_m[1:]) / (_HIGH_M - _LOW_M), 0, 1)
    hold = weight.sum(axis=-1) + _CORRECTION
    slid = (weight[..., None] * slide).sum(axis=1) / hold[:, None]
    at_rest = np.zeros_like(slid)
    # only where the body is counts, not how fast it was corrected before: the seam spring joins the speeds
    shift = least_jerk(slid, hold, at_rest, np.zeros(motion.frames), _JERK, at_rest[:1])
    moved = motion.root_m.astype(np.float64)
    moved[:, [0, 2]] += shift
    return Motion(motion.fps, moved.astype(np.float32), motion.local_quat_wxyz)
