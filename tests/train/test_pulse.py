"""The pulse of a silent take: a known tempo and known beats are found again."""

import numpy as np
import pytest
from fakes.stepper import stepping

from groovecast.train.pulse import pulse_of, tempo_of


@pytest.mark.parametrize("bpm", [90.0, 104.0, 128.0])
def test_a_dancer_who_rests_on_every_beat_gives_the_tempo_away(bpm: float) -> None:
    tempo, salience = tempo_of([stepping(20, bpm)], 70, 150)
    assert abs(tempo - bpm) < 1.0
    assert salience > 1.0


def test_beats_are_placed_where_the_limbs_rest() -> None:
    motion = stepping(20, 104.0, first_beat_s=0.31)
    pulse = pulse_of(motion, 104.0, 5.0)
    true = np.arange(0.31, 20, 60 / 104) * 30
    inner = pulse.beat_frames[(pulse.beat_frames > 60) & (pulse.beat_frames < 540)]
    nearest = np.abs(inner[:, None] - true[None]).min(axis=1)
    assert len(inner) > 20
    assert np.median(nearest) / 30 < 0.02 and nearest.max() / 30 < 0.06


def test_the_beat_count_runs_on_evenly_before_and_after_the_grid() -> None:
    pulse = pulse_of(stepping(10, 120.0), 120.0, 5.0)
    count = pulse.beat_at(np.arange(-60, 400, dtype=np.float64))
    assert (np.diff(count) > 0).all()
    np.testing.assert_allclose(pulse.beat_at(pulse.beat_frames), np.arange(len(pulse.beat_frames)), atol=1e-6)


def test_partners_share_one_tempo() -> None:
    alone, _ = tempo_of([stepping(12, 100.0)], 70, 150)
    together, _ = tempo_of([stepping(12, 100.0), stepping(12, 100.0, 0.5)], 70, 150)
    assert abs(alone - together) < 0.5
