"""Accent lag: nothing for a dance on the beat, plus 100 ms for one that late, and a chance level beside."""

import numpy as np
import pytest
from made_clips import LIMBS, resting_at, standing

from groovecast.measures.accents import accent_lag, accents_s, lags_s, share_by_chance

_FPS, _SECONDS = 60.0, 20
_BEATS_S = np.arange(1, _SECONDS - 1, 0.5)


@pytest.mark.parametrize("late_ms", [0, 100, -50, 7])
@pytest.mark.parametrize("fps", [30.0, 60.0])
def test_a_dance_is_as_late_as_it_was_made(late_ms: int, fps: float) -> None:
    place = resting_at(late_ms / 1000, 0.5, int(_SECONDS * fps), fps)
    found = accent_lag(lags_s(accents_s(place, LIMBS, fps), _BEATS_S), 0.0)
    assert found.median == pytest.approx(late_ms, abs=3)
    assert found.iqr < 5
    assert found.within_70ms == (1.0 if abs(late_ms) < 70 else 0.0)
    assert (found.beats, found.missed) == (len(_BEATS_S), 0)


def test_beats_without_an_accent_are_missed_and_count_in_the_share() -> None:
    place = resting_at(0.0, 1.0, _SECONDS * 60, _FPS)
    found = accent_lag(lags_s(accents_s(place, LIMBS, _FPS), _BEATS_S), 0.0)
    assert found.missed == pytest.approx(len(_BEATS_S) / 2, abs=1)
    assert found.within_70ms == pytest.approx(0.5, abs=0.03)
    assert found.median == pytest.approx(0, abs=3)


def test_chance_is_the_part_of_the_beat_that_counts_as_near() -> None:
    accents = np.arange(0, _SECONDS, 0.5)
    assert share_by_chance(accents, _BEATS_S, _SECONDS) == pytest.approx(0.14 / 0.5, abs=0.02)


def test_a_frozen_dance_misses_every_beat() -> None:
    found = accent_lag(lags_s(accents_s(standing(600), LIMBS, _FPS), _BEATS_S), 0.0)
    assert found.missed == len(_BEATS_S)
    assert found.within_70ms == 0
    assert np.isnan(found.median)
