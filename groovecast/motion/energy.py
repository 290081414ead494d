"""How energetic a motion is: the speed of hands and feet, on the scale on which a dancer is told how hard to dance."""

import numpy as np
from jaxtyping import Float, Float64

from groovecast.motion.kinematics import world_from_local
from groovecast.motion.pose import Motion
from groovecast.motion.skeleton import groovecast_skeleton

LIMBS = ("leftFoot", "rightFoot", "leftHand", "rightHand")
# Limb speeds (m/s, all four summed, smoothed over 2 s) that read as energy 0, 0.5 and 1.
ENERGY_SPEEDS_M_S = (0.0, 3.2, 9.0)


def limb_speeds(motion: Motion) -> Float64[np.ndarray, "frames 4"]:
    """Speed (m/s) of the feet over the floor and of the hands against the hips."""
    skeleton = groovecast_skeleton()
    place, _ = world_from_local(
        motion.root_m, motion.local_quat_wxyz, skeleton.rest_offset_m.astype(np.float64), skeleton.parents
    )
    limbs = place[:, [skeleton.index(name) for name in LIMBS]].copy()
    limbs[:, 2:] -= place[:, :1]
    return np.asarray(np.linalg.norm(np.gradient(limbs, axis=0), axis=-1) * motion.fps)


def energy_from_speed(speed_m_s: Float[np.ndarray, " frames"]) -> Float[np.ndarray, " frames"]:
    """0..1 from the summed speed of hands and feet."""
    return np.asarray(np.interp(speed_m_s, ENERGY_SPEEDS_M_S, (0.0, 0.5, 1.0)))


def energy_of(motion: Motion) -> float:
    """The energy of a motion as a whole, 0 to 1."""
    return float(energy_from_speed(limb_speeds(motion).sum(axis=-1).mean(keepdims=True))[0])
