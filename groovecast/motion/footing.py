"""How high a figure stands: the height of its lowest sole above the floor, from the legs alone."""

import numpy as np
from jaxtyping import Float

from groovecast.motion.rotation import quat_multiply, quat_rotate
from groovecast.motion.skeleton import groovecast_skeleton
from groovecast.motion.soles import SIDES, soles_of

_LEG = ("UpperLeg", "LowerLeg", "Foot")


def lowest_sole_m(
    root_m: Float[np.ndarray, "*batch 3"], local_quat_wxyz: Float[np.ndarray, "*batch joints 4"]
) -> Float[np.ndarray, "*batch"]:
    """The height of the lowest point of both soles; costs less than placing the whole body."""
    skeleton = groovecast_skeleton()
    place = np.repeat(root_m[..., None, :], skeleton.body_joints, axis=-2).astype(np.float64)
    world = np.repeat(local_quat_wxyz[..., :1, :], skeleton.body_joints, axis=-2).astype(np.float64)
    legs = [[skeleton.index(f"{side}{bone}") for side in SIDES] for bone in _LEG]
    parents = [0, 0]
    for joints in legs:
        offset = skeleton.rest_offset_m[joints].astype(np.float64)
        place[..., joints, :] = place[..., parents, :] + quat_rotate(
            world[..., parents, :], np.broadcast_to(offset, place[..., joints, :].shape)
        )
        world[..., joints, :] = quat_multiply(
            world[..., parents, :], local_quat_wxyz[..., joints, :].astype(np.float64)
        )
        parents = joints
    return np.asarray(soles_of(place, world, skeleton).height_m.min(axis=-1))
