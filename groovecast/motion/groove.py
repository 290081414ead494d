"""The groove: under whatever is danced, the body sinks into every beat and nods with it.

Viewers hear a movement on the beat when its lowest place falls there (Takehana et al. 2019), so the hips are lowest
and the head is deepest on the beat. Feet stay where they were: the knees give. It is as strong as the beat is sure.
"""

import numpy as np
from jaxtyping import Float

from groovecast.motion.kinematics import local_from_world, reach, world_from_local
from groovecast.motion.pose import Motion
from groovecast.motion.rotation import quat_from_axis_angle, quat_multiply
from groovecast.motion.skeleton import Skeleton
from groovecast.motion.soles import SIDES

# At full strength.
_SINK_M = 0.04
_NOD_RAD = {"spine": 0.03, "upperChest": 0.04, "neck": 0.06, "head": 0.08}


def dips(beat: Float[np.ndarray, " frames"], strength: float) -> Float[np.ndarray, " frames"]:
    """How deep the body is in the groove, 0 to `strength`, at running beat counts: deepest on whole beats."""
    return np.asarray(strength * (0.5 + 0.5 * np.cos(2 * np.pi * beat)) ** 1.5)


def grooved(motion: Motion, dip: Float[np.ndarray, " frames"], skeleton: Skeleton) -> Motion:
    """The motion with the groove under it, as deep as `dip` (0 to 1) says at each frame."""
    if not dip.any():
        return motion
    offset = skeleton.rest_offset_m.astype(np.float64)
    quat = motion.local_quat_wxyz.astype(np.float64)
    stood, _ = world_from_local(motion.root_m.astype(np.float64), quat, offset, skeleton.parents)
    for name, nod_rad in _NOD_RAD.items():
        joint = skeleton.index(name)
        turn = np.zeros((motion.frames, 3))
        turn[:, 0] = nod_rad * dip
        quat[:, joint] = quat_multiply(quat[:, joint], quat_from_axis_angle(turn))
    root = motion.root_m.astype(np.float64)
    root[:, 1] -= _SINK_M * dip
    place, world = world_from_local(root, quat, offset, skeleton.parents)
    for side in SIDES:
        thigh, shin, foot = (skeleton.index(f"{side}{bone}") for bone in ("UpperLeg", "LowerLeg", "Foot"))
        world[:, thigh], world[:, shin] = reach(
            place[:, thigh], stood[:, foot], world[:, thigh], world[:, shin],
            float(-offset[shin, 1]), float(-offset[foot, 1]),
        )  # fmt: skip
    quat = local_from_world(world, skeleton.parents)
    return Motion(motion.fps, root.astype(np.float32), quat.astype(np.float32))
