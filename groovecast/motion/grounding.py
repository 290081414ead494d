"""The ground pushes back: a body moves over the floor as its planted feet make it, not as the plan guessed.

A plan says how the root travels and how the joints turn, and small errors between the two let planted feet slide.
The joints are the more exact half, so the travel is corrected by what the planted soles would have slid.
"""

import numpy as np
from jaxtyping import Float

from groovecast.motion.kinematics import world_from_local
from groovecast.motion.pose import Motion
from groovecast.motion.skeleton import Skeleton
from groovecast.motion.soles import soles_of

# Contact below the first is none, above the second is full; between, a foot counts in part.
_FREE, _PLANTED = 0.35, 0.65
# A sole higher than this is not on the floor whatever the plan says of contact.
_HIGH_M = 0.06
# One foot alone decides fully; less than this much contact decides in part.
_ENOUGH = 1.0


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
    weight = np.clip((contact - _FREE) / (_PLANTED - _FREE), 0, 1) * (soles.height_m[1:] < _HIGH_M)
    share = np.clip(weight.sum(axis=-1) / _ENOUGH, 0, 1)
    slid = (weight[..., None] * slide).sum(axis=1) / np.maximum(weight.sum(axis=-1), 1e-6)[:, None]
    shift = np.cumsum(_eased(slid * share[:, None]), axis=0)
    moved = motion.root_m.astype(np.float64)
    moved[:, [0, 2]] -= shift
    return Motion(motion.fps, moved.astype(np.float32), motion.local_quat_wxyz)


def _eased(steps: Float[np.ndarray, "frames 2"]) -> Float[np.ndarray, "frames 2"]:
    """Steps averaged with their neighbours, so that a foot that lands does not jolt the body."""
    around = np.concatenate((steps[:1], steps, steps[-1:]))
    return np.asarray(0.25 * around[:-2] + 0.5 * around[1:-1] + 0.25 * around[2:])
