"""A made-up dancer who stands on the floor, bends the knees and swings the arms: no check finds fault with it."""

import numpy as np

from groovecast.motion.pose import Motion
from groovecast.motion.rotation import quat_from_axis_angle
from groovecast.motion.skeleton import groovecast_skeleton


def swaying(seconds: float, bpm: float = 100.0, arms: float = 0.6) -> Motion:
    """Feet planted, knees bending on every beat, arms swinging from side to side of their sleeves."""
    skeleton = groovecast_skeleton()
    time_s = np.arange(int(seconds * 30)) / 30
    beat = time_s * bpm / 60
    bend = 0.35 + 0.2 * np.cos(2 * np.pi * beat)
    turns = np.zeros((len(time_s), skeleton.body_joints, 3))
    for side, sign in (("left", 1.0), ("right", -1.0)):
        turns[:, skeleton.index(f"{side}UpperLeg"), 0] = -bend
        turns[:, skeleton.index(f"{side}LowerLeg"), 0] = 2 * bend
        turns[:, skeleton.index(f"{side}Foot"), 0] = -bend
        turns[:, skeleton.index(f"{side}UpperArm"), 2] = sign * (-0.9 + arms * np.cos(np.pi * beat))
    thigh, shin = (
        -float(skeleton.rest_offset_m[skeleton.index(f"left{name}"), 1]) for name in ("LowerLeg", "Foot")
    )
    root = np.zeros((len(time_s), 3))
    # thigh and shin are tilted by as much against each other: the hips stay over the ankles
    root[:, 1] = skeleton.hips_height_m - (thigh + shin) * (1 - np.cos(bend))
    root[:, 2] = (shin - thigh) * np.sin(bend)
    return Motion(30.0, root, quat_from_axis_angle(turns))
