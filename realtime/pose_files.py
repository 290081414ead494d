"""Poses that a person keeps in files: the first of a take, on the floor."""

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from groovecast.motion.pose import Motion
from groovecast.motion.representation import BODY_JOINTS
from groovecast.takes.array_file import arrays_of_file
from groovecast.takes.bvh import motion_from_bvh, read_bvh
from groovecast.takes.vrma import read_vrma
from realtime.keyframes import KnownPose, known_pose, soles_m

# A sole no higher than this stands on the floor, where nobody says it.


def pose_of_file(path: Path) -> KnownPose:
    """The first pose of a take (.npz, .bvh, .vrma), on the floor. Raises ValueError, with the mend, in one line."""
    kind = path.suffix.lower()
    if kind not in _READERS:
        known = ", ".join(_READERS)
        raise ValueError(f"asked for a pose of {path.name}, poses are read from {known}: give one of these")
    try:
        motion = _READERS[kind](path)
    except OSError as why:
        raise ValueError(
            f"asked for a pose of {path.name}, it cannot be read ({why.strerror}): look where it is"
        ) from None
    if not motion.frames or not all(
        np.isfinite(one[:1]).all() for one in (motion.root_m, motion.local_quat_wxyz)
    ):
        raise ValueError(f"asked for a pose of {path.name}, its first frame holds no pose: export it again")
    root, quat = (one[0].astype(np.float64) for one in (motion.root_m, motion.local_quat_wxyz))
    root[1] -= min(float(soles_m(root, quat[:BODY_JOINTS]).min()), 0.0)
    return known_pose(root, quat, np.zeros(4, bool))


def _read_arrays(path: Path) -> Motion:
    try:
        found = arrays_of_file(path, ("root_m", "local_quat_wxyz"))
    except ValueError as why:
        raise ValueError(
            f"asked for a pose of {path.name}, {why}: give a take that groovecast wrote"
        ) from None
    root, quat = found["root_m"], found["local_quat_wxyz"]
    if (
        root.ndim != 2
        or quat.ndim != 3
        or root.shape[1] != 3
        or quat.shape[1] < BODY_JOINTS
        or quat.shape[2] != 4
    ):
        shapes = f"root_m {root.shape} and local_quat_wxyz {quat.shape}"
        raise ValueError(
            f"asked for a pose of {path.name}, it holds {shapes}: give a take that groovecast wrote"
        )
    return Motion(1.0, root, quat)


_READERS: Mapping[str, Callable[[Path], Motion]] = {
    ".npz": _read_arrays,
    ".bvh": lambda path: motion_from_bvh(read_bvh(path)),
    ".vrma": read_vrma,
}
