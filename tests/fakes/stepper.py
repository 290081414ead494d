"""A made-up dancer whose beats are known: what the training's tests learn from."""

import numpy as np

from groovecast.motion.pose import Motion
from groovecast.motion.rotation import quat_from_axis_angle
from groovecast.motion.skeleton import groovecast_skeleton
from groovecast.train.pulse import Pulse
from groovecast.train.roster import Casting
from groovecast.train.takes import Take


def stepping(seconds: float, bpm: float, first_beat_s: float = 0.2) -> Motion:
    """Arms and legs swing so that they rest on every beat."""
    skeleton = groovecast_skeleton()
    time_s = np.arange(int(seconds * 30)) / 30
    beat = (time_s - first_beat_s) * bpm / 60
    swing = np.cos(np.pi * beat)  # at rest on whole beats
    turns = np.zeros((len(time_s), skeleton.body_joints, 3))
    for name, size in (
        ("leftUpperArm", 0.8),
        ("rightUpperArm", -0.8),
        ("leftUpperLeg", 0.5),
        ("rightUpperLeg", -0.5),
    ):
        turns[:, skeleton.index(name), 0] = size * swing
    turns[:, 0, 1] = 0.3 * np.sin(time_s)
    root = np.stack((0.3 * np.sin(time_s), np.full(len(time_s), 0.93), 0.1 * time_s), axis=-1)
    return Motion(30.0, root, quat_from_axis_angle(turns))


def takes(count: int = 2, seconds: float = 8.0) -> list[Take]:
    """Stepping takes, the last of them held out."""
    made = []
    for number in range(count):
        bpm = 110.0 + 10 * number
        beats = np.arange(0.2, seconds, 60 / bpm) * 30
        split = "test" if number == count - 1 else "train"
        style = ("salsa", "street")[number % 2]
        made.append(
            Take(f"made/{number}", Casting(style, split), stepping(seconds, bpm), Pulse(beats, bpm, 5.0))
        )
    return made
