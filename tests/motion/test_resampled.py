"""Resampling: whole frames are left as they are, and between them it moves as it is shown."""

import numpy as np
import pytest
from fakes.swinging import swinging

from groovecast.motion.buffer import MotionBuffer, Plan
from groovecast.motion.resampled import at_fps, frames_at


def test_frames_of_the_motion_stay_as_they_are() -> None:
    motion = swinging(2.0, 0.5)
    twice = at_fps(motion, 60.0)
    assert (twice.fps, twice.frames) == (60.0, 119)
    assert twice.local_quat_wxyz[::2] == pytest.approx(motion.local_quat_wxyz, abs=1e-6)
    assert twice.root_m[::2] == pytest.approx(motion.root_m)


def test_between_frames_it_is_what_the_page_is_shown() -> None:
    motion = swinging(2.0, 0.5)
    shown = MotionBuffer(Plan(0, 60, motion, motion, np.ones((60, 4), bool)))
    for place in (3.5, 17.25, 40.9):
        pose, ours = shown.pose(place / 30), frames_at(motion, np.array([place]), 30.0)
        assert ours.local_quat_wxyz[0] == pytest.approx(pose.local_quat_wxyz[:22], abs=1e-5)


def test_outside_it_stands() -> None:
    motion = swinging(1.0, 0.5)
    ends = frames_at(motion, np.array([-5.0, 500.0]), 30.0)
    assert ends.local_quat_wxyz == pytest.approx(motion.local_quat_wxyz[[0, -1]], abs=1e-6)
