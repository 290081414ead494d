"""Where the joints of one pose are in the world and how they are turned, quickly enough for every frame of a show."""

import numpy as np
from jaxtyping import Float32, Float64

from groovecast.motion.pose import Pose
from groovecast.motion.rotation import matrix_from_quat
from groovecast.motion.skeleton import Skeleton

# a quaternion shorter than this says nothing about a direction
_SHORTEST = 1e-6


class JointPlaces:
    """Forward kinematics of a skeleton's first joints, all of one depth at once."""

    def __init__(self, skeleton: Skeleton, joints: int | None = None) -> None:
        self.joints = joints or skeleton.joints
        depths = [0]
        for parent in skeleton.parents[1 : self.joints]:
            depths.append(depths[parent] + 1)
        parents, depth_of = np.array(skeleton.parents[: self.joints]), np.array(depths)
        self._levels = [np.flatnonzero(depth_of == depth) for depth in range(1, max(depths) + 1)]
        self._above = [parents[level] for level in self._levels]
        self._rest = np.tile(np.eye(4), (self.joints, 1, 1))
        self._rest[:, :3, 3] = skeleton.rest_offset_m[: self.joints]

    def local(self, pose: Pose) -> Float64[np.ndarray, "joints 4 4"]:
        """Each joint's turn and offset from its parent; the first one's place in the world. Missing ones rest."""
        out = self._rest.copy()
        quat = unit_quat(pose.local_quat_wxyz[: self.joints])
        out[: len(quat), :3, :3] = matrix_from_quat(quat)
        out[0, :3, 3] = pose.root_m
        return out

    def world(self, pose: Pose) -> Float64[np.ndarray, "joints 4 4"]:
        """Each joint's turn and place in the world: columns x, y, z and origin of what is fixed to it."""
        out = self.local(pose)
        for level, above in zip(self._levels, self._above, strict=True):
            out[level] = out[above] @ out[level]
        return out


def unit_quat(quat: Float32[np.ndarray, "joints 4"]) -> Float64[np.ndarray, "joints 4"]:
    """Quaternions at length one; one that has none is no turn."""
    long = quat.astype(np.float64)
    length = np.sqrt(np.vecdot(long, long))
    out: np.ndarray = long / np.maximum(length, _SHORTEST)[:, None]
    out[length < _SHORTEST] = (1, 0, 0, 0)
    return out
