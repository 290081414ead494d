"""FACT's motion, both ways: rows of 219 numbers, or of 225 as its network sees them, 60 frames a second.

A row of 219 is SMPL's translation (3, metres), then the 3 x 3 matrices of its 24 joints, row by row; Y is up. In 225,
six zeros stand before that. (Facts from https://github.com/google-research/mint: tools/preprocessing.py,
fact_preprocessing in mint/utils/inputs_util.py, tools/calculate_scores.py.)
"""

import numpy as np
from jaxtyping import Float, Float64

from groovecast.motion.pose import Motion
from groovecast.motion.rotation import matrix_from_quat, quat_continuous, quat_from_matrix
from groovecast.takes.smpl_body import (
    OUR_JOINTS,
    SMPL,
    SMPL_JOINTS,
    checked_numbers,
    root_from_translation,
    translation_from_root,
    with_hands,
)

FPS = 60.0
NUMBERS, PADDED = 219, 225


def motion_from_fact(numbers: Float[np.ndarray, "frames n"], fps: float = FPS) -> Motion:
    """The motion of the body that such rows mean; matrices that are none (a network's) become the nearest rotations."""
    rows = checked_numbers(numbers, (NUMBERS, PADDED), "FACT's motion")[:, -NUMBERS:]
    matrix = rows[:, 3:].reshape(len(rows), SMPL_JOINTS, 3, 3)[:, :OUR_JOINTS]
    quat = quat_from_matrix(_nearest_rotation(matrix))
    return Motion(fps, root_from_translation(rows[:, :3], quat[:, 0], SMPL), quat_continuous(quat))


def fact_from_motion(motion: Motion, padded: bool = False) -> Float64[np.ndarray, "frames n"]:
    """The motion as rows of 219 numbers, or padded to 225; fingers are left out, SMPL's hands at rest."""
    quat = with_hands(motion.local_quat_wxyz)
    place = translation_from_root(motion.root_m.astype(np.float64), quat[:, 0], SMPL)
    matrix = matrix_from_quat(quat).reshape(motion.frames, -1)
    return np.concatenate((np.zeros((motion.frames, (PADDED - NUMBERS) * padded)), place, matrix), axis=1)


def _nearest_rotation(matrix: Float64[np.ndarray, "*batch 3 3"]) -> Float64[np.ndarray, "*batch 3 3"]:
    """The rotation nearest in Frobenius norm (Kabsch 1978: the last singular direction turned if it mirrors)."""
    u, _, v = np.linalg.svd(matrix)
    u[..., -1] *= np.sign(np.linalg.det(u @ v))[..., None]
    nearest: Float64[np.ndarray, "*batch 3 3"] = u @ v
    return nearest
