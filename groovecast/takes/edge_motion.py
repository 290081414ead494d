"""EDGE's motion, both ways: rows of 151 numbers, Z up, 30 frames a second.

A row is four contacts (left ankle, right ankle, left toes, right toes), the root's place (3, metres) and 6D turns of
SMPL's 24 joints, 6D being PyTorch3D's: the first two rows of the matrix. EDGE turns AIST++ by 90 degrees about X, so
that Z is up. The place is SMPL's translation, though EDGE's own skeleton begins there and SMPL's pelvis lies 0.22 m
lower: here one take of AIST++ gives one motion by either road. What EDGE's network sees is scaled to -1 .. 1 besides;
these rows are before that. (Facts from
https://github.com/Stanford-TML/EDGE: dataset/dance_dataset.py, dataset/quaternion.py, vis.py.)
"""

import numpy as np
from jaxtyping import Bool, Float, Float64

from groovecast.motion.pose import Motion
from groovecast.motion.rotation import (
    quat_continuous,
    quat_from_axis_angle,
    quat_inverse,
    quat_multiply,
    quat_rotate,
)
from groovecast.takes.smpl_body import (
    OUR_JOINTS,
    SMPL,
    SMPL_JOINTS,
    checked_numbers,
    planted,
    quat_from_rows,
    root_from_translation,
    rows_from_quat,
    translation_from_root,
    with_hands,
)

FPS = 30.0
NUMBERS = 151
_CONTACTS = 4


def motion_from_edge(numbers: Float[np.ndarray, "frames 151"], fps: float = FPS) -> Motion:
    """The motion of the body that such rows mean, Y up; its floor is not yet at zero."""
    rows = checked_numbers(numbers, (NUMBERS,), "EDGE's motion")
    quat = quat_from_rows(rows[:, _CONTACTS + 3 :].reshape(len(rows), SMPL_JOINTS, 6))[:, :OUR_JOINTS]
    y_up = quat_inverse(_z_up_from_y_up())
    quat[:, 0] = quat_multiply(np.broadcast_to(y_up, quat[:, 0].shape), quat[:, 0])
    place = quat_rotate(y_up, rows[:, _CONTACTS : _CONTACTS + 3])
    return Motion(fps, root_from_translation(place, quat[:, 0], SMPL), quat_continuous(quat))


def contacts_from_edge(numbers: Float[np.ndarray, "frames 151"]) -> Bool[np.ndarray, "frames 4"]:
    """The contacts of such rows: left ankle, right ankle, left toes, right toes."""
    return np.asarray(checked_numbers(numbers, (NUMBERS,), "EDGE's motion")[:, :_CONTACTS] > 0.5)


def edge_from_motion(
    motion: Motion, contacts: Bool[np.ndarray, "frames 4"] | None = None
) -> Float64[np.ndarray, "frames 151"]:
    """The motion as rows of 151 numbers: fingers left out, SMPL's hands at rest, contacts found as EDGE finds them."""
    quat = with_hands(motion.local_quat_wxyz)
    place = translation_from_root(motion.root_m.astype(np.float64), quat[:, 0], SMPL)
    z_up = _z_up_from_y_up()
    quat[:, 0] = quat_multiply(np.broadcast_to(z_up, quat[:, 0].shape), quat[:, 0])
    found = planted(motion) if contacts is None else contacts
    turns = rows_from_quat(quat).reshape(motion.frames, -1)
    return np.concatenate((found.astype(np.float64), quat_rotate(z_up, place), turns), axis=1)


def _z_up_from_y_up() -> Float64[np.ndarray, " 4"]:
    return quat_from_axis_angle(np.array([np.pi / 2, 0, 0]))
