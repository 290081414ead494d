"""A moment knows the beat that comes next, and whether it may leave."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from groovecast.motion.pose import Pose
from groovecast.wire.moment import Moment


def a_moment(beat: float | None = 6.25, tempo_bpm: float = 120.0, beats_per_bar: int = 4) -> Moment:
    quat = np.tile(np.array([1, 0, 0, 0], np.float32), (52, 1))
    pose = Pose(10.0, np.zeros(3, np.float32), quat, np.zeros(4, bool))
    return Moment(pose, beat, tempo_bpm, 0.5, 9.9, beats_per_bar, 0.8)


def test_the_next_beat_is_told_with_its_place_in_the_bar() -> None:
    beat = a_moment().next_beat
    assert beat is not None
    assert beat.next_beat_s == pytest.approx(10 + 0.75 * 0.5)
    assert (beat.period_s, beat.beats_per_bar, beat.bar_position) == (0.5, 4, 3)
    downbeat = a_moment(beat=7.5).next_beat
    assert downbeat is not None and downbeat.bar_position == 0
    waltz = a_moment(beat=4.5, beats_per_bar=3).next_beat
    assert waltz is not None and waltz.bar_position == 2


@given(st.floats(-100, 1e6), st.floats(30, 300))
def test_the_next_beat_is_not_past_and_never_more_than_one_away(beat: float, tempo_bpm: float) -> None:
    coming = a_moment(beat, tempo_bpm).next_beat
    assert coming is not None
    assert 0 <= coming.next_beat_s - 10.0 <= coming.period_s * (1 + 1e-9)
    assert 0 <= coming.bar_position < 4


def test_without_a_beat_none_comes() -> None:
    assert a_moment(beat=None).next_beat is None
    assert a_moment(tempo_bpm=0.0).next_beat is None


def test_a_number_that_is_not_finite_is_seen() -> None:
    assert a_moment().finite
    assert not a_moment(tempo_bpm=math.inf).finite
    assert not a_moment(beat=math.nan).finite
    poisoned = a_moment().pose.local_quat_wxyz.copy()
    poisoned[3, 1] = np.nan
    assert not replace(a_moment(), pose=replace(a_moment().pose, local_quat_wxyz=poisoned)).finite
