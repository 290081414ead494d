"""How far an artefact is from the weights it was made of, in degrees and millimetres on real windows."""

from collections.abc import Callable

import numpy as np

from groovecast.model.imagined import Imagined
from groovecast.model.manifest import Parity
from groovecast.motion.kinematics import world_from_local
from groovecast.motion.rotation import quat_inverse, quat_multiply
from groovecast.motion.skeleton import groovecast_skeleton

# An artefact further from its weights than this, on average, is not shipped.
MEAN_DEGREES_MAX = {"fp32": 0.01, "fp16": 0.2, "int8": 0.5}


def compared(windows: int, pair_of: Callable[[int], tuple[Imagined, Imagined]]) -> Parity:
    """Errors over `windows` pairs of plans, each (as the artefact says, as the weights say)."""
    skeleton = groovecast_skeleton()
    offset = skeleton.rest_offset_m.astype(np.float64)
    degrees, millimetres = [], []
    for index in range(windows):
        ours, theirs = pair_of(index)
        a, b = ours.local_quat_wxyz.astype(np.float64), theirs.local_quat_wxyz.astype(np.float64)
        apart = quat_multiply(a, quat_inverse(b))
        degrees.append(
            np.degrees(2 * np.arctan2(np.linalg.norm(apart[..., 1:], axis=-1), np.abs(apart[..., 0])))
        )
        here, _ = world_from_local(ours.root_m.astype(np.float64), a, offset, skeleton.parents)
        there, _ = world_from_local(theirs.root_m.astype(np.float64), b, offset, skeleton.parents)
        millimetres.append(1000 * np.linalg.norm(here - there, axis=-1))
    angle, place = np.concatenate(degrees), np.concatenate(millimetres)
    return Parity(
        windows,
        mean_degrees=round(float(angle.mean()), 6),
        max_degrees=round(float(angle.max()), 6),
        mean_mm=round(float(place.mean()), 5),
        max_mm=round(float(place.max()), 5),
    )
