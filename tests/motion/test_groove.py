"""The groove: lowest on the beat, feet where they were, nothing at all without a beat."""

import numpy as np

from groovecast.motion.groove import dips, grooved
from groovecast.motion.idle import standing
from groovecast.motion.kinematics import world_from_local
from groovecast.motion.pose import Motion
from groovecast.motion.skeleton import groovecast_skeleton

_SKELETON = groovecast_skeleton()


def _still(frames: int = 60) -> Motion:
    home = np.zeros((22, 4))
    home[:, 0] = 1
    root, quat = standing(np.zeros(3), home, 0.0)
    root = root - np.array([0, 0.03, 0])
    return Motion(
        30.0,
        np.repeat(root[None], frames, 0).astype(np.float32),
        np.repeat(quat[None], frames, 0).astype(np.float32),
    )


def _places(motion: Motion) -> np.ndarray:
    offset = _SKELETON.rest_offset_m.astype(np.float64)
    return world_from_local(
        motion.root_m.astype(np.float64), motion.local_quat_wxyz.astype(np.float64), offset, _SKELETON.parents
    )[0]


def test_the_hips_are_lowest_on_every_beat() -> None:
    beat = np.arange(60) / 15  # a beat every 15 frames
    heights = grooved(_still(), dips(beat, 1.0), _SKELETON).root_m[:, 1]
    lowest = np.flatnonzero((heights[1:-1] < heights[:-2]) & (heights[1:-1] < heights[2:])) + 1
    np.testing.assert_array_equal(lowest, [15, 30, 45])
    assert 0.03 < np.ptp(heights) < 0.05


def test_the_feet_stay_where_they_were() -> None:
    motion = _still()
    moved = _places(grooved(motion, dips(np.arange(60) / 15, 1.0), _SKELETON)) - _places(motion)
    feet = [_SKELETON.index(name) for name in ("leftFoot", "rightFoot", "leftToes", "rightToes")]
    assert np.abs(moved[:, feet]).max() < 2e-3
    assert np.abs(moved[:, _SKELETON.index("head")]).max() > 0.03


def test_without_a_beat_there_is_no_groove() -> None:
    motion = _still()
    assert grooved(motion, dips(np.arange(60) / 15, 0.0), _SKELETON) is motion
