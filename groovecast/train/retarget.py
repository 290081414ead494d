"""From anybody's skeleton to ours: bone directions from joint places, twist from the capture's own rotations.

Archives disagree on bone axes and rest poses, so raw rotations mean nothing by themselves. For each joint the
constant turn between the archive's bone axes and ours is found from the data: the rotation that geometry shows
(a hip line, a bent knee) is compared with the archive's rotation over all frames, and the mean difference
(Markley et al. 2007, "Averaging Quaternions") is the calibration.
"""

import numpy as np
from jaxtyping import Float64

from groovecast.motion.pose import Motion
from groovecast.motion.rotation import (
    quat_between,
    quat_continuous,
    quat_from_matrix,
    quat_from_yaw,
    quat_inverse,
    quat_multiply,
    quat_rotate,
    slerp,
    unit,
    yaw_from_quat,
)
from groovecast.motion.skeleton import groovecast_skeleton
from groovecast.train.capture import Capture
from groovecast.train.roster import landmarks_of

Vectors = Float64[np.ndarray, "frames 3"]
Quats = Float64[np.ndarray, "frames 4"]

_DOWN, _UP = np.array([0, -1.0, 0]), np.array([0, 1.0, 0])
# A limb straighter than this says nothing of its hinge axis.
_STRAIGHT_SINE = 0.17


def frame_from_axes(x: Vectors, y: Vectors) -> Quats:
    """The rotation whose X axis is `x` and whose Y axis is `y` less its share along `x`."""
    x = unit(x)
    y = unit(y - np.sum(x * y, axis=-1, keepdims=True) * x)
    return quat_from_matrix(np.stack((x, y, np.cross(x, y)), axis=-1))


def mean_rotation(quat: Quats, weight: Float64[np.ndarray, " frames"]) -> Float64[np.ndarray, " 4"]:
    """The weighted mean rotation (Markley et al. 2007, eq. 12)."""
    outer = np.einsum("f,fi,fj->ij", weight, quat, quat)
    return np.asarray(np.linalg.eigh(outer)[1][:, -1])


def _calibrated(turn: Quats, shown: Quats, weight: Float64[np.ndarray, " frames"]) -> Quats:
    """The archive's rotation in our bone axes; `shown` is what geometry shows, trusted as far as `weight`."""
    if weight.sum() < 1e-6:
        weight = np.ones(len(turn))
    offset = mean_rotation(quat_multiply(quat_inverse(turn), shown), weight)
    return quat_multiply(turn, np.broadcast_to(offset, turn.shape))


def _aimed(quat: Quats, axis: Float64[np.ndarray, " 3"], direction: Vectors) -> Quats:
    """The rotation, swung the short way until its `axis` points along `direction`."""
    return quat_multiply(quat_between(quat_rotate(quat, axis), direction), quat)


class Retargeter:
    """Turns one clip; each step reads top to bottom in `motion`."""

    def __init__(self, capture: Capture, marks: dict[str, int] | None = None) -> None:
        self.capture = capture
        self.marks = landmarks_of(capture) if marks is None else marks
        places, self.turns = capture.world()
        self.place = {name: places[:, joint] / 100 for name, joint in self.marks.items()}
        self.skeleton = groovecast_skeleton()
        self.world: dict[str, Quats] = {}

    def turn(self, landmark: str) -> Quats:
        """The archive's world rotation of a landmark's joint."""
        return self.turns[:, self.marks[landmark]]

    def motion(self) -> Motion:
        """The clip on our skeleton, at its own frame rate, scaled by leg length; the floor is not yet at zero."""
        self._torso()
        for side in ("left", "right"):
            self._arm(side)
            self._leg(side)
        return self._assembled()

    def _torso(self) -> None:
        mid_hip = (self.place["left hip"] + self.place["right hip"]) / 2
        neck = self.place["neck"]
        even = np.ones(len(neck))
        hip_line = self.place["left hip"] - self.place["right hip"]
        shoulder_line = self.place["left shoulder"] - self.place["right shoulder"]
        up = neck - mid_hip
        self.world["hips"] = _calibrated(self.turn("hips"), frame_from_axes(hip_line, up), even)
        shown = frame_from_axes(shoulder_line, up)
        self.world["upperChest"] = _calibrated(self.turn("chest"), shown, even)
        self.world["head"] = _calibrated(self.turn("head"), shown, even)
        for name, share in (("spine", 1 / 3), ("chest", 2 / 3)):
            self.world[name] = slerp(self.world["hips"], self.world["upperChest"], share)
        self.world["neck"] = slerp(self.world["upperChest"], self.world["head"], 0.5)

    def _arm(self, side: str) -> None:
        sign = 1.0 if side == "left" else -1.0
        out = np.array([sign, 0, 0])
        shoulder, elbow, wrist = (self.place[f"{side} {part}"] for part in ("shoulder", "elbow", "wrist"))
        upper, lower = unit(elbow - shoulder), unit(wrist - elbow)
        # a bent elbow turns about our Y axis: the forearm swings forward from the T-pose
        bend = np.cross(upper, lower) * -sign
        sine = np.linalg.norm(bend, axis=-1)
        weight = np.clip(sine - _STRAIGHT_SINE, 0, None)
        still = np.ones(len(upper))
        shown_upper = frame_from_axes(upper * sign, bend + 1e-9 * _UP)
        self.world[f"{side}UpperArm"] = _aimed(
            _calibrated(self.turn(f"{side} shoulder"), shown_upper, weight), out, upper
        )
        shown_lower = frame_from_axes(lower * sign, bend + 1e-9 * _UP)
        forearm = _aimed(_calibrated(self.turn(f"{side} elbow"), shown_lower, weight), out, lower)
        self.world[f"{side}LowerArm"] = forearm
        self.world[f"{side}Hand"] = _calibrated(self.turn(f"{side} wrist"), forearm, still)
        self.world[f"{side}Shoulder"] = _calibrated(
            self.turn(f"{side} collar"), self.world["upperChest"], still
        )

    def _leg(self, side: str) -> None:
        hip, knee, ankle = (self.place[f"{side} {part}"] for part in ("hip", "knee", "ankle"))
        upper, lower = unit(knee - hip), unit(ankle - knee)
        # a bent knee turns about our X axis, the shin going back
        bend = np.cross(upper, lower)
        hinge = np.where(
            np.sum(bend * quat_rotate(self.world["hips"], np.array([1.0, 0, 0])), -1, keepdims=True) < 0,
            -bend,
            bend,
        )
        weight = np.clip(np.linalg.norm(bend, axis=-1) - _STRAIGHT_SINE, 0, None)
        thigh = _aimed(
            _calibrated(self.turn(f"{side} hip"), frame_from_axes(hinge + 1e-9, -upper), weight), _DOWN, upper
        )
        shin = _aimed(
            _calibrated(self.turn(f"{side} knee"), frame_from_axes(hinge + 1e-9, -lower), weight),
            _DOWN,
            lower,
        )
        self.world[f"{side}UpperLeg"], self.world[f"{side}LowerLeg"] = thigh, shin
        self.world[f"{side}Foot"] = self._foot(side, shin, ankle)
        toe = f"{side} toe"
        self.world[f"{side}Toes"] = (
            _calibrated(self.turn(toe), self.world[f"{side}Foot"], np.ones(len(shin)))
            if toe in self.marks
            else self.world[f"{side}Foot"]
        )

    def _foot(self, side: str, shin: Quats, ankle: Vectors) -> Quats:
        """A planted foot lies flat under its shin's heading: that is where its axes are calibrated."""
        speed = np.linalg.norm(np.gradient(ankle, axis=0), axis=-1) * self.capture.fps
        low = ankle[:, 1] < np.quantile(ankle[:, 1], 0.3) + 0.03
        weight = (low & (speed < 0.25)).astype(np.float64)
        turn = self.turn(f"{side} ankle")
        flat = quat_from_yaw(yaw_from_quat(shin))
        if f"{side} toe" in self.marks:
            flat = self._flat_towards(self.place[f"{side} toe"] - ankle)
        return _calibrated(turn, flat, weight)

    @staticmethod
    def _flat_towards(direction: Vectors) -> Quats:
        return quat_from_yaw(np.arctan2(direction[:, 0], direction[:, 2]))

    def _assembled(self) -> Motion:
        skeleton = self.skeleton
        names = skeleton.names[: skeleton.body_joints]
        world = np.stack([self.world[name] for name in names], axis=1)
        local = world.copy()
        for joint in range(1, len(names)):
            local[:, joint] = quat_multiply(quat_inverse(world[:, skeleton.parents[joint]]), world[:, joint])
        scale = 0.82 / self._leg_length_m()
        mid_hip = (self.place["left hip"] + self.place["right hip"]) / 2
        lift = -skeleton.rest_offset_m[skeleton.index("leftUpperLeg")] * np.array([0, 1, 1], np.float32)
        root = mid_hip * scale + quat_rotate(self.world["hips"], lift.astype(np.float64))
        return Motion(self.capture.fps, root, quat_continuous(unit(local)))

    def _leg_length_m(self) -> float:
        lengths = [
            np.median(np.linalg.norm(self.place[f"{side} {a}"] - self.place[f"{side} {b}"], axis=-1))
            for side in ("left", "right")
            for a, b in (("hip", "knee"), ("knee", "ankle"))
        ]
        return float(np.sum(lengths) / 2)

    def scaled_ankles(self) -> dict[str, Vectors]:
        """Where the capture's ankles are, in our scale."""
        scale = 0.82 / self._leg_length_m()
        return {side: self.place[f"{side} ankle"] * scale for side in ("left", "right")}
