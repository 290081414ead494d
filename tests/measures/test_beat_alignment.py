"""Beat alignment: whole for a dance that rests on each beat, at its null for noise, whose lift is nothing."""

import numpy as np
import pytest
from made_clips import resting_at

from groovecast.measures.beat_alignment import (
    alignment,
    alignment_by_chance,
    lift,
    lows,
    motion_beats,
    music_beats,
)

_FPS, _FRAMES = 60.0, 1200
_BEATS = np.arange(30, 1170, 30)


def _dance(late_frames: float) -> np.ndarray:
    # frame k of the speed stands half a frame after frame k of the places
    return motion_beats(resting_at((late_frames + 0.5) / _FPS, 0.5, _FRAMES, _FPS))


def test_a_dance_that_rests_on_each_beat_scores_one() -> None:
    assert alignment(_BEATS, _dance(0)) == pytest.approx(1.0)


@pytest.mark.parametrize("late_frames", [1, 3, 6])
def test_a_late_dance_scores_as_the_equation_says(late_frames: int) -> None:
    assert alignment(_BEATS, _dance(late_frames)) == pytest.approx(np.exp(-(late_frames**2) / 18))


def test_resting_on_every_second_beat_scores_a_half() -> None:
    found = motion_beats(resting_at(0.5 / _FPS, 1.0, _FRAMES, _FPS))
    assert alignment(np.arange(30, 1170, 30), found) == pytest.approx(0.5, abs=0.02)


def _of_noise(seed: int) -> tuple[float, float]:
    rng = np.random.default_rng(seed)
    found = lows(rng.normal(size=1023))
    beats = music_beats(rng.uniform(0, 0.5) + np.arange(99) * 60 / rng.uniform(80, 135), 30.0, 1023)
    return alignment(beats, found), alignment_by_chance(beats, found, 1023)


def test_white_noise_scores_its_null_and_its_lift_may_be_nothing() -> None:
    paired, chance = np.array([_of_noise(seed) for seed in range(120)]).T
    assert paired.mean() == pytest.approx(0.284, abs=0.02)
    found = lift(paired, chance)
    assert found.low < 0 < found.high
    assert found.high - found.low < 0.05


def test_a_dance_on_the_beat_is_lifted_far_above_chance() -> None:
    chance = alignment_by_chance(_BEATS, _dance(0), _FRAMES - 1)
    assert chance == pytest.approx(3 * np.sqrt(2 * np.pi) / 30, abs=0.02)
    assert lift([1.0] * 5, [chance] * 5).low > 0.7


def test_a_frozen_dance_has_no_beats_and_scores_nothing() -> None:
    assert alignment(_BEATS, motion_beats(np.zeros((100, 22, 3)))) == 0


def test_beats_outside_the_clip_do_not_count() -> None:
    assert music_beats(np.array([-0.1, 0.0, 0.5, 99.0]), 60.0, 100).tolist() == [0, 30]


def test_a_clip_shorter_than_the_filter_is_smoothed_as_well() -> None:
    assert lows(np.array([3.0, 2.0, 1.0, 2.0, 3.0])).tolist() == [2]


def test_music_without_beats_is_refused() -> None:
    with pytest.raises(ValueError, match="0 beats of music"):
        alignment(np.zeros(0, np.int64), _BEATS)
