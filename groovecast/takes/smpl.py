"""AIST++ takes, read and written: a pickle of SMPL's turns, 60 frames a second, in the scale of its cameras.

A file has `smpl_poses` (frames x 72 axis-angle, 24 joints), `smpl_trans` (frames x 3, of a body `smpl_scaling` times
SMPL's size: about 94, so centimetres) and `smpl_scaling`; Y is up, and the floor lies elsewhere in every take. (Facts
from https://github.com/google/aistplusplus_api and its issue 9.) A pickle can run any code when it is read, so only
what NumPy's own arrays and numbers are made of is admitted.
"""

import io
import pickle
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float, Float64

from groovecast.motion.pose import Motion
from groovecast.motion.rotation import axis_angle_from_quat, quat_continuous, quat_from_axis_angle
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
_KEYS = ("smpl_poses", "smpl_trans", "smpl_scaling")
_MULTIARRAYS = ("numpy.core.multiarray", "numpy._core.multiarray")  # NumPy 1 and 2
_ADMITTED = {
    ("numpy", "ndarray"): np.ndarray,
    ("numpy", "dtype"): np.dtype,
    **{(module, "_reconstruct"): np.zeros(0).__reduce__()[0] for module in _MULTIARRAYS},
    **{(module, "scalar"): np.float64(0).__reduce__()[0] for module in _MULTIARRAYS},
}


@dataclass(frozen=True)
class SmplTake:
    """A take as its file has it."""

    pose_rad: Float64[np.ndarray, "frames 72"]
    translation: Float64[np.ndarray, "frames 3"]
    scaling: float


class _ArraysAlone(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> object:
        """What NumPy's arrays are rebuilt by, and nothing else."""
        try:
            return _ADMITTED[module, name]
        except KeyError:
            raise pickle.UnpicklingError(f"it asks for {module}.{name}") from None


def read_smpl(path: Path | str) -> SmplTake:
    """The take in an AIST++ pickle. Raises ValueError in one line for any other content, harmful or not."""
    path = Path(path)
    return parse_smpl(path.read_bytes(), path.name)


def parse_smpl(data: bytes, title: str = "pickle") -> SmplTake:
    """The take in such bytes; `title` names it in errors."""
    asked = f"asked for an AIST++ take in {title}"
    try:
        found = _ArraysAlone(io.BytesIO(data)).load()
    except Exception as why:  # a damaged pickle raises whatever the half-built objects raise
        raise ValueError(f"{asked}, it holds more than arrays or is damaged ({why}): not read") from None
    if not isinstance(found, dict) or not all(isinstance(found.get(key), np.ndarray) for key in _KEYS):
        raise ValueError(f"{asked}, found no arrays {', '.join(_KEYS)}: give another file")
    poses = checked_numbers(found["smpl_poses"], (3 * SMPL_JOINTS,), f"smpl_poses in {title}")
    translation = checked_numbers(found["smpl_trans"], (3,), f"smpl_trans in {title}")
    scaling = checked_numbers(found["smpl_scaling"].reshape(1, -1), (1,), f"smpl_scaling in {title}")
    if len(poses) != len(translation) or scaling[0, 0] <= 0:
        what = f"{len(poses)} poses, {len(translation)} places and a scaling of {scaling[0, 0]:g}"
        raise ValueError(f"{asked}, found {what}: download it again")
    return SmplTake(poses, translation, float(scaling[0, 0]))


def write_smpl(path: Path | str, take: SmplTake) -> None:
    """A pickle that AIST++'s own loader reads."""
    content = {
        "smpl_loss": 0.0,
        "smpl_poses": take.pose_rad.astype(np.float32),
        "smpl_scaling": np.array([take.scaling], np.float32),
        "smpl_trans": take.translation.astype(np.float32),
    }
    Path(path).write_bytes(pickle.dumps(content, protocol=4))


def motion_from_smpl(take: SmplTake) -> Motion:
    """The take on our skeleton, metres, at 60 frames a second; its floor is not yet at zero."""
    quat = quat_from_axis_angle(take.pose_rad.reshape(-1, SMPL_JOINTS, 3))[:, :OUR_JOINTS]
    root = root_from_translation(take.translation / take.scaling, quat[:, 0], SMPL)
    return Motion(FPS, root, quat_continuous(quat))


def smpl_from_motion(motion: Motion, scaling: float = 100.0) -> SmplTake:
    """The motion as a take of AIST++, fingers left out. Raises ValueError unless it has 60 frames a second."""
    if motion.fps != FPS:
        raise ValueError(
            f"asked for an AIST++ take, it has {FPS:g} fps, found {motion.fps:g}: resample it first"
        )
    quat: Float[np.ndarray, "frames 24 4"] = with_hands(motion.local_quat_wxyz)
    translation = translation_from_root(motion.root_m.astype(np.float64), quat[:, 0], SMPL) * scaling
    return SmplTake(axis_angle_from_quat(quat).reshape(motion.frames, -1), translation, scaling)
