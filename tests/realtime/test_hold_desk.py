"""Keyframes and pins from the desk: the real model arrives in the pose on the bar, and holds what it is told to."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from command import club

from groovecast.motion.kinematics import world_from_local
from groovecast.motion.pose import Pose
from groovecast.motion.rotation import quat_from_axis_angle, quat_from_yaw, quat_multiply, yaw_from_quat
from groovecast.motion.skeleton import groovecast_skeleton
from realtime.dance import Dancer
from realtime.desk.control import Control
from realtime.desk.controls import cue_controls, keyframe_controls
from realtime.desk.desk import Desk
from realtime.engine import opened
from realtime.hold_desk import HoldDesk
from realtime.settings import DanceWishes
from realtime.shows import model_folder

RATE_HZ = 24_000


@dataclass
class Night:
    """The bundled model dances to a click track of 120 bpm, its first beat at 0; a desk holds poses."""

    folder: Path

    def __post_init__(self) -> None:
        self.now_s = 0.0
        generator = opened(model_folder("groovecast-small"), DanceWishes(engine="cpu"), say=lambda line: None)
        self.dancer = Dancer(generator, RATE_HZ, 0.0)
        mirror = Control(name="mirror", kind="switch", group="dance", says="Left is right")
        self.desk = Desk((*keyframe_controls(), *cue_controls(), mirror), lambda: self.now_s)
        self.said: list[str] = []
        self.desk.on_say(self.said.append)
        self.holds = HoldDesk(self.desk, self.dancer, self.folder, lambda: self.now_s)
        self._sound = club(60, RATE_HZ)

    def until(self, end_s: float) -> Iterator[Pose]:
        """The night goes on; what is shown, sixty times a second."""
        while self.now_s < end_s - 1e-9:
            first, last = round(self.now_s * RATE_HZ), round((self.now_s + 1 / 60) * RATE_HZ)
            self.dancer.hear(self._sound[first:last], self.now_s)
            self.now_s += 1 / 60
            while self.dancer.imagine(self.now_s):
                pass
            self.desk.tick(self.now_s)
            self.holds.tick(self.now_s)
            yield self.dancer.show(self.now_s)


def places(pose: Pose) -> np.ndarray:
    """Where the 22 joints are, seen from the place on the floor and turned to the front."""
    skeleton = groovecast_skeleton()
    quat = pose.local_quat_wxyz[:22].astype(float)
    quat[0] = quat_multiply(quat_from_yaw(-yaw_from_quat(quat[0])), quat[0])
    root = pose.root_m.astype(float) * (0, 1, 0)
    found, _ = world_from_local(root, quat, skeleton.rest_offset_m[:22].astype(float), skeleton.parents[:22])
    return np.asarray(found)


def a_pose(folder: Path) -> Pose:
    """A T-pose with the right arm up, as a file that a person keeps."""
    quat = np.zeros((1, 22, 4), np.float32)
    quat[..., 0] = 1
    arm = groovecast_skeleton().index("rightUpperArm")
    quat[0, arm] = quat_from_axis_angle(np.array([0.0, 0.0, -1.2]))
    root = np.array([[0, groovecast_skeleton().hips_height_m, 0]], np.float32)
    np.savez(folder / "salute.npz", root_m=root, local_quat_wxyz=quat)
    return Pose(0.0, root[0], quat[0], np.ones(4, bool))


def test_the_dance_arrives_in_a_kept_pose_on_the_bar_and_leaves_it(tmp_path: Path) -> None:
    wanted = places(a_pose(tmp_path))
    night = Night(tmp_path)
    for _ in night.until(9.1):
        pass
    night.desk.turn("keyframe_pose", "salute.npz", "test")
    night.desk.turn("keyframe_hold_beats", 0, "test")
    night.desk.turn("keyframe", True, "test")
    [mark] = night.holds.marks
    clock = night.dancer.clock
    assert (float(clock.beat_at(mark.at_s)) - clock.downbeat) % 4 == pytest.approx(0, abs=0.02), "on the bar"
    assert mark.at_s - 9.1 < 2.8
    shown = {
        pose.time_s: np.abs(np.linalg.norm(places(pose) - wanted, axis=-1)).max() for pose in night.until(14)
    }
    near = [off for time_s, off in shown.items() if abs(time_s - mark.at_s) <= 0.05]
    assert min(near) < 0.05, "every joint within 5 cm, within 50 ms"
    assert min(off for time_s, off in shown.items() if time_s > mark.at_s + 1.5) > 0.2, "and it is left again"
    assert night.holds.marks == () and night.dancer.wanted.keyframes == ()


def test_a_pinned_hand_stays_on_its_target_while_the_rest_dances_and_is_let_go(tmp_path: Path) -> None:
    night = Night(tmp_path)
    for _ in night.until(6):
        pass
    for name, value in (("hand_x_m", 0.3), ("hand_y_m", 1.5), ("hand_z_m", 0.25)):
        night.desk.turn(name, value, "test")
    for _ in night.until(6.5):
        pass
    night.desk.turn("pin", "left hand", "test")
    hand, other = (groovecast_skeleton().index(name) for name in ("leftHand", "rightHand"))
    ours = [_hand(pose, hand) for pose in night.until(11) if pose.time_s > 8]
    assert np.linalg.norm(np.array(ours) - (0.3, 1.5, 0.25), axis=-1).max() < 0.05
    night.desk.turn("pin", "none", "test")
    poses = list(night.until(15))
    free = np.array([_hand(pose, hand) for pose in poses if pose.time_s > 13])
    assert np.linalg.norm(free - (0.3, 1.5, 0.25), axis=-1).max() > 0.15
    assert np.ptp([_hand(pose, other) for pose in poses], axis=0).max() > 0.15, "the other danced"
    assert night.dancer.wanted.pins == ()


def _hand(pose: Pose, joint: int) -> np.ndarray:
    """Where a joint is from the figure's place on the floor, as it faces."""
    return np.asarray(places(pose)[joint])


def test_in_the_mirror_the_hand_that_is_seen_is_held_where_it_is_seen(tmp_path: Path) -> None:
    night = Night(tmp_path)
    night.desk.turn("hand_x_m", 0.3, "test")
    night.desk.turn("mirror", True, "test")
    for _ in night.until(1.0):
        pass
    night.desk.turn("pin", "left hand", "test")
    [pin] = night.dancer.wanted.pins
    assert (pin.part, pin.target_m) == ("right hand", pytest.approx((-0.3, 1.2, 0.4)))


def test_a_name_that_is_no_pose_file_of_the_person_is_refused(tmp_path: Path) -> None:
    a_pose(tmp_path)
    (tmp_path / "notes.txt").write_text("no pose")
    night = Night(tmp_path)
    assert night.desk.control("keyframe_pose").choices == ("now", "salute.npz")
    with pytest.raises(ValueError, match=r"asked to set keyframe_pose to '\.\./salute\.npz'"):
        night.desk.turn("keyframe_pose", "../salute.npz", "osc")
    (tmp_path / "salute.npz").write_bytes(b"cut off")
    night.desk.turn("keyframe_pose", "salute.npz", "test")
    with pytest.raises(ValueError, match=r"asked for a pose of salute\.npz"):
        night.desk.turn("keyframe", True, "test")


def test_who_does_not_know_the_beat_is_told_and_the_pose_comes_now(tmp_path: Path) -> None:
    night = Night(tmp_path)
    night.desk.turn("keyframe", True, "test")
    assert "nobody knows the beat" in night.said[0]
    assert night.holds.marks[0].at_s < 1.5
