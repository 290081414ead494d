"""Where the soles of one pose of our figure are in the world, reckoned from its legs alone."""

from functools import cache

import numpy as np
from jaxtyping import Float32

from groovecast.motion.kinematics import world_from_local
from groovecast.motion.skeleton import groovecast_skeleton
from groovecast.motion.soles import SIDES, soles_of


def sole_places(
    root_m: Float32[np.ndarray, " 3"], local_quat_wxyz: Float32[np.ndarray, "joints 4"]
) -> Float32[np.ndarray, "4 3"]:
    """Left heel, left ball, right heel, right ball, in metres. Raises ValueError where joints of the body lack."""
    skeleton = groovecast_skeleton()
    if len(local_quat_wxyz) < skeleton.body_joints:
        raise ValueError(
            f"asked for the soles of {len(local_quat_wxyz)} joints: give {skeleton.body_joints} or more"
        )
    legs, parents = _legs()
    rows = list(legs)
    place = np.zeros((skeleton.body_joints, 3), np.float32)
    turn = np.zeros((skeleton.body_joints, 4), np.float32)
    place[rows], turn[rows] = world_from_local(
        root_m, local_quat_wxyz[rows], skeleton.rest_offset_m[rows], parents
    )
    return soles_of(place, turn, skeleton).place_m.astype(np.float32)


@cache
def _legs() -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The hips and the joints from there to both feet, parents first; and the parent of each among them."""
    skeleton = groovecast_skeleton()
    found = {0}
    for side in SIDES:
        joint = skeleton.index(f"{side}Foot")
        while joint > 0:
            found.add(joint)
            joint = skeleton.parents[joint]
    legs = tuple(sorted(found))
    return legs, tuple(legs.index(skeleton.parents[joint]) if joint else -1 for joint in legs)
