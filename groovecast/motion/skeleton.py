"""The figure that everything agrees on: 52 joints, their names, parents and rest offsets."""

from dataclasses import dataclass
from functools import cache

import msgspec
import numpy as np
from jaxtyping import Float32

from groovecast.share import shared_path


@dataclass(frozen=True)
class Skeleton:
    """Joints in parent-before-child order; the first `body_joints` are SMPL's 22, the rest fingers.

    Rest pose is a T-pose whose local rotations are identity; offsets are metres from the parent joint
    (the root's: from the floor under the figure).
    """

    id: str
    body_joints: int
    names: tuple[str, ...]
    smpl_names: tuple[str, ...]
    unity_names: tuple[str, ...]
    unreal_names: tuple[str, ...]
    parents: tuple[int, ...]
    rest_offset_m: Float32[np.ndarray, "joints 3"]
    end_names: tuple[str, ...]
    end_parents: tuple[int, ...]
    end_offset_m: Float32[np.ndarray, "ends 3"]

    def index(self, name: str) -> int:
        """The joint of that VRM name. Raises KeyError naming it when there is none."""
        try:
            return self.names.index(name)
        except ValueError:
            raise KeyError(f"asked for joint {name!r}, {self.id} has no such joint") from None

    @property
    def joints(self) -> int:
        """How many joints there are."""
        return len(self.names)

    @property
    def hips_height_m(self) -> float:
        """Height of the hips above the floor in the rest pose."""
        return float(self.rest_offset_m[0, 1])


class _Joint(msgspec.Struct, frozen=True):
    name: str
    smpl: str
    unity: str
    unreal: str
    parent: str | None
    offset_m: tuple[float, float, float]


class _End(msgspec.Struct, frozen=True):
    name: str
    parent: str
    offset_m: tuple[float, float, float]


class _File(msgspec.Struct, frozen=True):
    id: str
    version: int
    space: str
    body_joints: int
    joints: list[_Joint]
    ends: list[_End]


@cache
def groovecast_skeleton() -> Skeleton:
    """The shipped skeleton, read once from `protocol/skeleton.json`."""
    file = msgspec.json.decode(shared_path("protocol", "skeleton.json").read_bytes(), type=_File)
    names = tuple(joint.name for joint in file.joints)
    offsets = np.array([joint.offset_m for joint in file.joints], np.float32)
    ends = np.array([end.offset_m for end in file.ends], np.float32)
    offsets.flags.writeable = ends.flags.writeable = False
    return Skeleton(
        id=file.id,
        body_joints=file.body_joints,
        names=names,
        smpl_names=tuple(joint.smpl for joint in file.joints),
        unity_names=tuple(joint.unity for joint in file.joints),
        unreal_names=tuple(joint.unreal for joint in file.joints),
        parents=tuple(-1 if joint.parent is None else names.index(joint.parent) for joint in file.joints),
        rest_offset_m=offsets,
        end_names=tuple(end.name for end in file.ends),
        end_parents=tuple(names.index(end.parent) for end in file.ends),
        end_offset_m=ends,
    )
