"""The bundled model on real music: keyframes are met on time, pinned parts stay, and the rest dances on."""

import json
from functools import cache
from pathlib import Path

import numpy as np
import pytest

import groovecast.demo
from groovecast.audio.decode import Audio, load_audio
from groovecast.motion.kinematics import world_from_local
from groovecast.motion.rotation import (
    quat_from_axis_angle,
    quat_from_yaw,
    quat_multiply,
    quat_rotate,
    yaw_from_quat,
)
from groovecast.motion.skeleton import groovecast_skeleton
from groovecast.share import shared_path
from realtime.dance_settings import DanceSettings
from realtime.engine import ModelGenerator, opened
from realtime.keyframes import PIN_FADE_S, Keyframe, KnownPose, Pin, Wanted, known_pose
from realtime.performance import Performance
from realtime.settings import BUNDLED_MODEL, DanceWishes

_SKELETON = groovecast_skeleton()
_SECONDS, _FPS = 22.0, 60.0
_LATE_S, _OFF_M = 0.05, 0.05
_FIRST_S, _BEATS_APART, _KEYFRAMES = 5.0, 3, 11
_LEGS_S, _HAND_S = (6.0, 10.5), (12.0, 17.0)
_LATE_AT_S, _HELD_S = 19.5, 0.5
_SPOT_M = (0.2, 1.2, 0.35)


@cache
def engine(precision: str) -> ModelGenerator:
    """The bundled model on the processor."""
    return opened(shared_path("models", BUNDLED_MODEL), DanceWishes(engine="cpu", precision=precision))


@cache
def club() -> tuple[Audio, np.ndarray]:
    """The beginning of the demo's song, and its beats."""
    folder = Path(groovecast.demo.__path__[0])
    whole, said = load_audio(folder / "club.ogg"), json.loads((folder / "club.json").read_text())
    cut = whole.samples[: int(_SECONDS * whole.sample_rate_hz)]
    return Audio(cut, whole.sample_rate_hz), np.array(said["beats_s"])


class Seen:
    """A dance as it was shown: place and rotation of each joint, 60 times a second."""

    def __init__(self, performance: Performance) -> None:
        poses = [moment.pose for moment in performance.moments()]
        self.root = np.stack([pose.root_m for pose in poses]).astype(float)
        self.quat = np.stack([pose.local_quat_wxyz[:22] for pose in poses]).astype(float)
        self.contacts = np.stack([pose.contacts for pose in poses])
        self.place, self.world = _places(self.root, self.quat)
        assert not performance.dancer.counts.rejected

    def at(self, time_s: float) -> int:
        """The frame of a time."""
        return round(time_s * _FPS)

    def pose(self, time_s: float) -> KnownPose:
        """The pose of a time."""
        row = self.at(time_s)
        return known_pose(self.root[row], self.quat[row], self.contacts[row])

    def off_m(self, pose: KnownPose) -> np.ndarray:
        """How far the worst joint of each frame is from where a pose has it, seen from the hips' place and heading."""
        quat = self.quat.copy()
        quat[:, 0] = quat_multiply(quat_from_yaw(-yaw_from_quat(quat[:, 0])), quat[:, 0])
        ours, _ = _places(self.root * (0, 1, 0), quat)
        root = np.array([[0, pose.height_m, 0]])
        theirs, _ = _places(root, pose.local_quat_wxyz[None].astype(float))
        return np.asarray(np.linalg.norm(ours - theirs, axis=-1).max(axis=-1))

    def jerk(self, name: str, first_s: float, last_s: float) -> float:
        """How jerky a joint is between two times: what 95 in 100 frames do not exceed, m/s3."""
        path = self.place[self.at(first_s) : self.at(last_s), _SKELETON.index(name)]
        return float(np.percentile(np.linalg.norm(np.diff(path, n=3, axis=0), axis=-1) * _FPS**3, 95))

    def speed(self, name: str, first_s: float, last_s: float) -> float:
        """How fast a joint moves on average as the chest sees it, m/s."""
        rows, chest = slice(self.at(first_s), self.at(last_s)), _SKELETON.index("upperChest")
        path = self.place[rows, _SKELETON.index(name)] - self.place[rows, chest]
        return float(np.linalg.norm(np.diff(path, axis=0), axis=-1).mean() * _FPS)


def _places(root: np.ndarray, quat: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return world_from_local(root, quat, _SKELETON.rest_offset_m.astype(float), _SKELETON.parents)


def seen(precision: str, seed: int = 1, wanted: Wanted | None = None) -> Seen:
    """A dance, with what is wanted of it."""
    performance = Performance(club()[0], engine(precision), DanceSettings(seed=seed), _FPS)
    performance.dancer.wanted = wanted or Wanted()
    return Seen(performance)


@cache
def free(precision: str) -> Seen:
    """The dance that nobody asks anything of."""
    return seen(precision)


@cache
def keyframes() -> tuple[Keyframe, ...]:
    """Poses of another dance and T-poses with an arm up, on every third beat."""
    other, beats = seen("int8", seed=7), club()[1]
    arm_up = np.zeros((22, 4))
    arm_up[:, 0] = 1
    arm_up[_SKELETON.index("leftUpperArm")] = quat_from_axis_angle(np.array([0, 0, 1.3]))
    t_pose = known_pose(np.array([0, _SKELETON.hips_height_m, 0]), arm_up, np.ones(4, bool))
    found = []
    for number, at_s in enumerate(beats[beats > _FIRST_S][::_BEATS_APART][:_KEYFRAMES]):
        pose = t_pose if number % 4 == 3 else other.pose(at_s + 0.9)
        found.append(Keyframe(pose, float(at_s)))
    return tuple(found)


@cache
def held(precision: str) -> Seen:
    """A dance whose legs are pinned for a while, then its left hand, and which is asked for a pose late."""
    pose = free(precision).pose(_LEGS_S[0])
    legs = Pin("legs", pose, _LEGS_S[0] + 0.2, _LEGS_S[1])
    hand = Pin("left hand", pose, _HAND_S[0] + 0.2, _HAND_S[1], _SPOT_M)
    late = Keyframe(keyframes()[0].pose, _LATE_AT_S, _HELD_S, from_s=_LATE_AT_S - 0.35)
    return seen(precision, wanted=Wanted((late,), (legs, hand)))


@pytest.mark.parametrize("precision", ["fp32", "int8"])
def test_every_keyframe_is_met_on_its_beat_and_the_way_there_is_no_jerkier_than_the_dance(
    precision: str,
) -> None:
    asked = keyframes()
    dance = seen(precision, wanted=Wanted(asked))
    assert len(asked) >= 10
    for keyframe in asked:
        near = slice(dance.at(keyframe.at_s - _LATE_S), dance.at(keyframe.at_s + _LATE_S) + 1)
        assert dance.off_m(keyframe.pose)[near].min() < _OFF_M
        assert free(precision).off_m(keyframe.pose)[near].min() > 3 * _OFF_M, "it was there anyway"
    for name in ("leftHand", "rightHand", "leftFoot", "rightFoot", "head", "hips"):
        before = free(precision).jerk(name, _FIRST_S, _SECONDS)
        assert dance.jerk(name, _FIRST_S, asked[-1].at_s + 0.7) < 1.3 * before


@pytest.mark.parametrize("precision", ["fp32", "int8"])
def test_a_keyframe_that_is_asked_for_late_is_met_without_a_tear_and_held(precision: str) -> None:
    dance, pose = held(precision), keyframes()[0].pose
    assert dance.off_m(pose)[dance.at(_LATE_AT_S) : dance.at(_LATE_AT_S + _HELD_S)].max() < _OFF_M
    steps_m = np.linalg.norm(np.diff(dance.place, axis=0), axis=-1)
    assert steps_m[dance.at(_LATE_AT_S - 1) : dance.at(_LATE_AT_S + 1)].max() * _FPS < 12, "m/s, of any joint"


@pytest.mark.parametrize("precision", ["fp32", "int8"])
def test_pinned_legs_stay_while_the_arms_dance_on(precision: str) -> None:
    dance, (begin_s, end_s) = held(precision), _LEGS_S
    first_s = begin_s + 0.4 + PIN_FADE_S
    rows = slice(dance.at(first_s), dance.at(end_s))
    for side in ("left", "right"):
        for bone in ("UpperLeg", "LowerLeg", "Foot", "Toes"):
            path = dance.place[rows, _SKELETON.index(f"{side}{bone}")]
            assert np.linalg.norm(path - path.mean(axis=0), axis=-1).max() < _OFF_M
        hand = f"{side}Hand"
        assert dance.speed(hand, first_s, end_s) > 0.5 * free(precision).speed(hand, first_s, end_s)


@pytest.mark.parametrize("precision", ["fp32", "int8"])
def test_a_pinned_hand_is_on_its_spot_as_far_as_an_arm_goes_and_while_that_is_not_behind(
    precision: str,
) -> None:
    dance, (begin_s, end_s) = held(precision), _HAND_S
    rows = slice(dance.at(begin_s + 0.4 + PIN_FADE_S), dance.at(end_s))
    upper, lower, hand = (_SKELETON.index(f"left{bone}") for bone in ("UpperArm", "LowerArm", "Hand"))
    arm_m = sum(float(np.linalg.norm(_SKELETON.rest_offset_m[joint])) for joint in (lower, hand))
    heading = quat_from_yaw(yaw_from_quat(dance.world[rows, 0]))
    spot = dance.root[rows] * (1, 0, 1) + quat_rotate(heading, np.array(_SPOT_M))
    to_spot = spot - dance.place[rows, upper]
    ahead = dance.world[rows, _SKELETON.index("upperChest")]
    turned = quat_multiply(ahead * (1, -1, -1, -1), np.concatenate((to_spot[:, :1] * 0, to_spot), axis=-1))
    seen_m = quat_multiply(turned, ahead)[:, 1:]
    can = (np.linalg.norm(to_spot, axis=-1) < 0.99 * arm_m) & (
        np.linalg.norm(to_spot, axis=-1) > 0.35 * arm_m
    )
    aside_rad = np.arctan2(seen_m[:, 0], seen_m[:, 2]) - np.arctan2(
        0.45, 0.9
    )  # from where an arm reaches best
    can &= np.abs(aside_rad) < 1.38
    off_m = np.linalg.norm(dance.place[rows, hand] - spot, axis=-1)[can]
    assert can.mean() > 0.8 and off_m.max() < _OFF_M and np.median(off_m) < 0.02
