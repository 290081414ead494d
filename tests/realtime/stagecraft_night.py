"""A figure that swings all its joints, a desk that is turned, and what is seen of both, 60 pictures a second."""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache

import numpy as np

from groovecast.motion.footing import lowest_sole_m
from groovecast.motion.kinematics import world_from_local
from groovecast.motion.pose import Pose
from groovecast.motion.rotation import quat_from_axis_angle, quat_from_yaw, quat_multiply
from groovecast.motion.skeleton import groovecast_skeleton
from groovecast.motion.soles import soles_of
from groovecast.wire.desk_messages import Value
from realtime.crew import Member
from realtime.dance_settings import DanceSettings
from realtime.desk.controls import crew_controls, dance_controls, show_controls, stage_controls
from realtime.desk.desk import Desk
from realtime.stagecraft import Stagecraft

FPS, AHEAD_S, START_S = 60, 0.08, 100.0
SKELETON = groovecast_skeleton()
STYLES = ("salsa", "street")


@lru_cache(maxsize=4096)
def swung(time_s: float) -> Pose:
    """Another pose at each time, left unlike right; the lowest sole is on the floor."""
    number = np.arange(SKELETON.joints)
    swing = np.stack([np.sin(time_s * (1.1 + 0.07 * number) + axis + number) for axis in range(3)], axis=-1)
    size = np.where(number < SKELETON.body_joints, 0.35, 0.1)[:, None]
    quat = quat_from_axis_angle(size * swing)
    heading = quat_from_yaw(np.array(0.9 * np.sin(0.7 * time_s)))
    quat[0] = quat_multiply(heading, quat_from_axis_angle(0.1 * swing[0]))
    root = np.array([0.4 * np.sin(0.9 * time_s), 0.0, 0.3 * np.sin(1.3 * time_s)])
    root[1] = -lowest_sole_m(root, quat)
    contacts = np.array([True, False, time_s % 1 < 0.5, False])
    return Pose(time_s, root.astype(np.float32), quat.astype(np.float32), contacts)


def places_m(pose: Pose) -> np.ndarray:
    """Where each joint is."""
    place, _ = _world(pose.root_m, pose.local_quat_wxyz)
    return place


def sole_m(root_m: np.ndarray, quat: np.ndarray) -> float:
    """How high the lowest sole is."""
    place, world = _world(root_m, quat)
    return float(soles_of(place, world, SKELETON).height_m.min())


def _world(root_m: np.ndarray, quat: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    offset = SKELETON.rest_offset_m.astype(np.float64)
    return world_from_local(root_m.astype(np.float64), quat.astype(np.float64), offset, SKELETON.parents)


class Night:
    """The desk is turned at given times; `pose` is what is seen."""

    def __init__(self, member: Member | None = None, dance: Callable[[float], Pose] = swung) -> None:
        self.now_s = START_S
        controls = (
            *dance_controls(STYLES, DanceSettings()), *stage_controls(), *show_controls(), *crew_controls(STYLES, 1)
        )  # fmt: skip
        self.desk = Desk(controls, lambda: self.now_s, AHEAD_S)
        self.stagecraft = Stagecraft()
        self.member, self.dance = member or Member(0), dance
        self.cuts: list[float] = []

    def pose(self, at_s: float, offset_s: float = 0.0) -> Pose:
        """What is seen then."""
        pose, cut = self.stagecraft.staged(
            self.member, lambda then_s: self.dance(then_s - offset_s), self.desk.board, at_s, offset_s
        )
        if cut:
            self.cuts.append(at_s)
        return pose

    def seen(
        self, seconds: float, turns: Mapping[float, Sequence[tuple[str, Value]]] | None = None
    ) -> list[Pose]:
        """Every picture of so long, made as long before its time as poses leave; turned at seconds from now."""
        begin_s, poses = self.now_s, []
        coming = sorted((turns or {}).items())
        for tick in range(round(seconds * FPS)):
            self.now_s = begin_s + tick / FPS
            while coming and coming[0][0] <= tick / FPS:
                for name, value in coming.pop(0)[1]:
                    self.desk.turn(name, value, "test")
            self.desk.tick(self.now_s)
            poses.append(self.pose(self.now_s + AHEAD_S))
        self.now_s = begin_s + seconds
        return poses


def steps(poses: Sequence[Pose]) -> tuple[np.ndarray, np.ndarray]:
    """From picture to picture: how far the joint goes that goes farthest, m, and turns that turns most, radians."""
    place, _ = _world(
        np.stack([pose.root_m for pose in poses]), np.stack([pose.local_quat_wxyz for pose in poses])
    )
    quat = np.stack([pose.local_quat_wxyz for pose in poses]).astype(np.float64)
    dots = np.abs(np.einsum("fjk,fjk->fj", quat[1:], quat[:-1])).clip(0, 1)
    return np.linalg.norm(np.diff(place, axis=0), axis=-1).max(axis=-1), 2 * np.arccos(dots).max(axis=-1)


def apart_m(one: Pose, other: Pose) -> float:
    """How far the joint that is farthest is from where the other has it."""
    return float(np.linalg.norm(places_m(one) - places_m(other), axis=-1).max())
