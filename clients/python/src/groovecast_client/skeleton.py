"""The figure's bones as the server tells them, and where all joints are in a pose."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from groovecast_client.frame import Floats, WireError
from groovecast_client.rotation import multiply, rotate, unit


@dataclass(frozen=True, eq=False)
class Skeleton:
    """Joints in the order of the frames; in the rest pose, a T-pose, all rotations are identity."""

    names: tuple[str, ...]  # VRM's names: hips, leftUpperLeg, ...
    parents: tuple[int, ...]  # -1 for the hips
    offset_m: Floats  # (joints, 3) from the parent, at rest
    hash: str = ""

    def index(self, name: str) -> int:
        """The number of a joint. ValueError for a name that it does not have."""
        if name not in self.names:
            raise ValueError(f"asked for joint {name!r}, there are {', '.join(self.names)}")
        return self.names.index(name)

    def joints_m(self, root_m: Floats, local_quat_wxyz: Floats) -> npt.NDArray[np.float64]:
        """Where the joints are in the world, (joints, 3); for as many as there are rotations."""
        quat = unit(local_quat_wxyz)
        if len(quat) > len(self.names):
            raise ValueError(
                f"asked for the places of {len(quat)} joints, the skeleton has {len(self.names)}"
            )
        places = np.empty((len(quat), 3))
        turns = np.empty((len(quat), 4))
        for joint, (parent, offset_m, turn) in enumerate(
            zip(self.parents, self.offset_m, quat, strict=False)
        ):
            if parent < 0:
                places[joint], turns[joint] = root_m, turn
            else:
                places[joint] = places[parent] + rotate(turns[parent], offset_m.astype(np.float64))
                turns[joint] = multiply(turns[parent], turn)
        return places


def read_skeleton(fields: Mapping[str, object]) -> Skeleton:
    """The skeleton of a `skeleton` message, or of protocol/skeleton.json. Raises WireError when it is none."""
    joints = fields.get("joints")
    if not isinstance(joints, list) or not 1 <= len(joints) <= 255:
        raise WireError("a skeleton has a list of 1 to 255 joints")
    names: list[str] = []
    parents: list[int] = []
    offsets: list[list[float]] = []
    for joint in joints:
        name, parent, offset = (
            (joint.get(key) for key in ("name", "parent", "offset_m"))
            if isinstance(joint, dict)
            else (None, None, None)
        )
        if not isinstance(name, str) or name in names:
            raise WireError(f"a skeleton's joints have names of their own, found {name!r}")
        if (parent is None) != (not names) or (parent is not None and parent not in names):
            raise WireError(f"the parent of {name} is {parent!r}, which does not stand before it")
        if not isinstance(offset, list) or len(offset) != 3:
            raise WireError(f"the offset of {name} is three metres, found {offset!r}")
        parents.append(-1 if parent is None else names.index(parent))
        names.append(name)
        offsets.append(offset)
    try:
        offset_m = np.array(offsets, np.float64).astype(np.float32)
    except (ValueError, TypeError, OverflowError) as why:
        raise WireError(f"a skeleton's offsets are numbers: {why}") from None
    if not np.isfinite(offset_m).all():
        raise WireError("a skeleton's offsets are finite, found one that is not")
    told = fields.get("hash")
    return Skeleton(tuple(names), tuple(parents), offset_m, told if isinstance(told, str) else "")
