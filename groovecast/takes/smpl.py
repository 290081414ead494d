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
from typing import ClassVar

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
_NUMBERS = ("b1", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8")
# All that a kind of number says of itself when it has no fields, no other part and no data of its own.
_PLAIN = tuple((3, order, None, None, None, -1, -1, 0) for order in "<|")
_ARRAY = object()  # stands for numpy.ndarray, so that nothing but `_empty` can do anything with it


@dataclass(frozen=True)
class SmplTake:
    """A take as its file has it."""

    pose_rad: Float64[np.ndarray, "frames 72"]
    translation: Float64[np.ndarray, "frames 3"]
    scaling: float


class _ArraysAlone(pickle._Unpickler):
    """The reader in Python, for only that one lets `load_build` be replaced.

    NumPy's own `__setstate__` believes what it reads: a kind of number with an object in a field makes it follow
    a pointer that lies in the file.
    """

    stack: list[object]

    def find_class(self, module: str, name: str) -> object:
        """What stands for that which NumPy's arrays are rebuilt by, and nothing else."""
        try:
            return _ADMITTED[module, name]
        except KeyError:
            raise pickle.UnpicklingError(f"it asks for {module}.{name}") from None

    def load_build(self) -> None:
        """Fill an array or a kind of number, if what fills it is plain."""
        filled, state = self.stack[-2:]
        plain_kind = isinstance(filled, np.dtype) and state in _PLAIN
        if not plain_kind and not (type(filled) is np.ndarray and _is_plain_content(state)):
            raise pickle.UnpicklingError(f"it fills a {type(filled).__name__} as no array is filled")
        pickle._Unpickler.dispatch[pickle.BUILD[0]](self)  # type: ignore[arg-type]  # typed for the other reader

    dispatch: ClassVar = {**pickle._Unpickler.dispatch, pickle.BUILD[0]: load_build}  # type: ignore[dict-item]


def _is_plain_content(state: object) -> bool:
    if not isinstance(state, tuple) or len(state) != 5:
        return False
    _, shape, kind, _, content = state
    sized = isinstance(shape, tuple) and all(isinstance(length, int) and length >= 0 for length in shape)
    return sized and isinstance(kind, np.dtype) and isinstance(content, bytes)


def _empty(kind: object, shape: object, code: object) -> np.ndarray:
    """The array that is then filled."""
    if kind is not _ARRAY:
        raise pickle.UnpicklingError("it asks for an array that is none")
    return np.zeros(0, np.int8)


def _kind(name: object, align: object = False, copy: object = True) -> np.dtype:
    """A kind of number; its own, for it may be filled."""
    if name not in _NUMBERS:
        raise pickle.UnpicklingError(f"it asks for numbers of the kind {name!r:.20}")
    return np.dtype(str(name), align=False, copy=True)


def _number(kind: object, content: object) -> np.generic:
    if not isinstance(kind, np.dtype) or not isinstance(content, bytes) or len(content) != kind.itemsize:
        raise pickle.UnpicklingError("it asks for a number that is none")
    number: np.generic = np.frombuffer(content, kind)[0]
    return number


_ADMITTED: dict[tuple[str, str], object] = {
    ("numpy", "ndarray"): _ARRAY,
    ("numpy", "dtype"): _kind,
    **{(module, "_reconstruct"): _empty for module in _MULTIARRAYS},
    **{(module, "scalar"): _number for module in _MULTIARRAYS},
}


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
