"""Poses as VRChat's OSC trackers: hips, feet, knees, chest and elbows, and the head to align them by.

VRChat takes Unity's space (left-handed, Y up, +Z forward), real metres, and angles in degrees that are applied about
Z, then X, then Y (docs.vrchat.com/docs/osc-trackers). From ours: p' = (-x, y, z), and turns mirrored alike.
"""

import numpy as np

from groovecast.motion.pose import Pose
from groovecast.motion.skeleton import groovecast_skeleton
from groovecast.wire.euler import EulerAngles
from groovecast.wire.joint_places import JointPlaces
from groovecast.wire.osc import OscTemplate

EULER_ORDER = "zxy"
# tracker: the joint whose place it has, and the bone to which it is strapped (a knee's to the thigh above it)
TRACKERS = {
    "1": ("hips", "hips"),
    "2": ("leftFoot", "leftFoot"),
    "3": ("rightFoot", "rightFoot"),
    "4": ("leftLowerLeg", "leftUpperLeg"),
    "5": ("rightLowerLeg", "rightUpperLeg"),
    "6": ("upperChest", "upperChest"),
    "7": ("leftLowerArm", "leftUpperArm"),
    "8": ("rightLowerArm", "rightUpperArm"),
    "head": ("head", "head"),
}
_MIRROR = np.diag((-1.0, 1.0, 1.0))
_SHORTEST_M, _TALLEST_M = 0.5, 3.0


def figure_height_m() -> float:
    """How tall our figure stands, from the floor to the top of the head."""
    skeleton = groovecast_skeleton()
    rest = Pose(
        0.0,
        skeleton.rest_offset_m[0],
        np.tile(np.array([1, 0, 0, 0], np.float32), (skeleton.joints, 1)),
        np.zeros(4, bool),
    )
    place_m = JointPlaces(skeleton).world(rest)[:, :3, 3]
    ends = place_m[list(skeleton.end_parents)] + skeleton.end_offset_m
    return float(max(place_m[:, 1].max(), ends[:, 1].max()))


class VrChatEncoder:
    """Writes poses as one bundle of 9 trackers, scaled so that the figure is as tall as VRChat believes."""

    def __init__(self, height_m: float | None = None) -> None:
        own_m = figure_height_m()
        height_m = own_m if height_m is None else height_m
        if not _SHORTEST_M <= height_m <= _TALLEST_M:
            raise ValueError(
                f"asked for a height of {height_m:g} m: give {_SHORTEST_M:g} to {_TALLEST_M:g}, as in VRChat"
            )
        self._scale = height_m / own_m
        skeleton = groovecast_skeleton()
        self._joints = JointPlaces(skeleton, skeleton.body_joints)
        self._placed = [skeleton.index(joint) for joint, _ in TRACKERS.values()]
        self._strapped = [skeleton.index(bone) for _, bone in TRACKERS.values()]
        self._angles = EulerAngles(EULER_ORDER, len(TRACKERS))
        self._template = OscTemplate(
            [
                (f"/tracking/trackers/{name}/{what}", 3)
                for name in TRACKERS
                for what in ("position", "rotation")
            ]
        )

    def encode(self, pose: Pose) -> list[bytes]:
        """The datagrams of a pose; joints that it lacks rest. Raises ValueError when a number is not finite."""
        if not (np.isfinite(pose.local_quat_wxyz).all() and np.isfinite(pose.root_m).all()):
            raise ValueError("asked to send a pose with a number that is not finite")
        world = self._joints.world(pose)
        place_m = world[self._placed, :3, 3] * (-self._scale, self._scale, self._scale)
        turn_deg = self._angles.of(_MIRROR @ world[self._strapped, :3, :3] @ _MIRROR)
        # Unity takes any angle; within a turn it keeps its digits
        turn_deg = (turn_deg + 180) % 360 - 180
        return self._template.filled(np.concatenate((place_m, turn_deg), axis=1).ravel())
