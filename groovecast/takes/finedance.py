"""FineDance takes, read and written: rows of 315 or 319 numbers, 30 frames a second, fingers included.

A row is the body's translation (3, metres, Y up) and 6D turns of SMPL-X's 52 joints without jaw and eyes: 22 of the
body, then index, middle, little, ring and thumb of the left hand and of the right. 319 has four contacts before that:
left ankle, right ankle, left toes, right toes. 6D is PyTorch3D's, the first two rows of the matrix. (Facts from
https://github.com/li-ronghui/FineDance: its issues 3, 20 and 22, render.py, and data/code/pre_motion.py.)
"""

from pathlib import Path

import numpy as np
from jaxtyping import Bool, Float, Float64

from groovecast.motion.pose import Motion
from groovecast.motion.rotation import quat_continuous
from groovecast.motion.skeleton import groovecast_skeleton
from groovecast.takes.array_file import array_of_file
from groovecast.takes.smpl_body import (
    SMPL_X,
    checked_numbers,
    planted,
    quat_from_rows,
    root_from_translation,
    rows_from_quat,
    translation_from_root,
)

FPS = 30.0
WIDTHS = (315, 319)
_CONTACTS = 4
_JOINTS = 52
_FINGERS = ("index", "middle", "pinky", "ring", "thumb")


def read_finedance(path: Path | str) -> Float64[np.ndarray, "frames n"]:
    """The rows of a .npy file. Raises ValueError in one line when they are not FineDance's."""
    path = Path(path)
    try:
        numbers = array_of_file(path)
    except ValueError as why:
        raise ValueError(f"asked for a FineDance take in {path.name}, found no plain array: {why}") from None
    return checked_numbers(numbers, WIDTHS, f"a FineDance take in {path.name}")


def motion_from_finedance(numbers: Float[np.ndarray, "frames n"], fps: float = FPS) -> Motion:
    """The motion of all 52 joints that such rows mean; its floor is not yet at zero."""
    rows = checked_numbers(numbers, WIDTHS, "a FineDance take")[:, -WIDTHS[0] :]
    quat = quat_from_rows(rows[:, 3:].reshape(len(rows), _JOINTS, 6))[:, _their_order()]
    return Motion(fps, root_from_translation(rows[:, :3], quat[:, 0], SMPL_X), quat_continuous(quat))


def contacts_from_finedance(numbers: Float[np.ndarray, "frames 319"]) -> Bool[np.ndarray, "frames 4"]:
    """The contacts of 319 numbers: left ankle, right ankle, left toes, right toes."""
    return np.asarray(checked_numbers(numbers, WIDTHS[1:], "contacts of FineDance")[:, :_CONTACTS] > 0.5)


def finedance_from_motion(
    motion: Motion, contacts: Bool[np.ndarray, "frames 4"] | None = None, with_contacts: bool = True
) -> Float64[np.ndarray, "frames n"]:
    """The motion as rows of 319 numbers, or 315; fingers that it lacks are at rest, contacts found as theirs are."""
    quat = np.zeros((motion.frames, _JOINTS, 4))
    quat[..., 0] = 1
    quat[:, : motion.local_quat_wxyz.shape[1]] = motion.local_quat_wxyz
    theirs = np.empty_like(quat)
    theirs[:, _their_order()] = quat
    place = translation_from_root(motion.root_m.astype(np.float64), quat[:, 0], SMPL_X)
    numbers = np.concatenate((place, rows_from_quat(theirs).reshape(motion.frames, -1)), axis=1)
    if not with_contacts:
        return numbers
    found = planted(motion) if contacts is None else contacts
    return np.concatenate((found.astype(np.float64), numbers), axis=1)


def _their_order() -> list[int]:
    """For each of our joints, its place in their rows."""
    skeleton = groovecast_skeleton()
    hands = [f"{side}_{finger}{k}" for side in ("left", "right") for finger in _FINGERS for k in (1, 2, 3)]
    theirs = [*skeleton.smpl_names[: skeleton.body_joints], *hands]
    return [theirs.index(name) for name in skeleton.smpl_names]
