"""What the ear is given: the same hop by hop as for a whole song, whatever the gain, from nothing later."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from groovecast.audio.ear import (
    HOPS_PER_STEP,
    INPUTS,
    OUTPUTS,
    PULSE,
    TEMPO,
    EarInputState,
    answer_of,
    ear_input,
)
from groovecast.audio.features import MEL_BANDS

SONG_DB = np.random.default_rng(0).normal(-5, 12, (400, MEL_BANDS)).astype(np.float32)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(1, 30), min_size=1, max_size=8))
def test_step_by_step_gives_what_the_whole_song_gives(steps: list[int]) -> None:
    whole, _ = ear_input(SONG_DB, EarInputState.start())
    state, parts, first = EarInputState.start(), [], 0
    for count in steps:
        part, state = ear_input(SONG_DB[first : first + count * HOPS_PER_STEP], state)
        parts.append(part)
        first += count * HOPS_PER_STEP
    together = np.concatenate(parts)
    assert together.shape[1] == INPUTS
    np.testing.assert_allclose(together, whole[: len(together)], atol=2e-6)


def test_later_sound_changes_nothing_before_it() -> None:
    other = SONG_DB.copy()
    other[200:] += 30
    before, _ = ear_input(SONG_DB, EarInputState.start())
    after, _ = ear_input(other, EarInputState.start())
    steps = 200 // HOPS_PER_STEP
    np.testing.assert_array_equal(before[:steps], after[:steps])
    assert not np.allclose(before[steps:], after[steps:])


@pytest.mark.parametrize("gain_db", [-15.0, 6.0, 20.0])
def test_the_input_s_gain_does_not_matter(gain_db: float) -> None:
    loud_db = SONG_DB + 20
    one, _ = ear_input(loud_db, EarInputState.start())
    other, _ = ear_input(loud_db + np.float32(gain_db), EarInputState.start())
    np.testing.assert_allclose(one, other, atol=1e-5)


def test_faint_noise_is_not_raised_to_music() -> None:
    inputs, _ = ear_input(SONG_DB / 5 - 80, EarInputState.start())
    assert inputs.max() == 0


def test_half_a_step_is_refused_in_one_line() -> None:
    with pytest.raises(ValueError, match="4 for each step"):
        ear_input(SONG_DB[:3], EarInputState.start())


def test_logits_become_chances() -> None:
    answer = answer_of(np.random.default_rng(1).normal(0, 3, OUTPUTS).astype(np.float32))
    assert len(answer.beat) == len(answer.downbeat) == HOPS_PER_STEP
    assert answer.tempo.sum() == pytest.approx(1)
    assert len(answer.tempo) == TEMPO.stop - TEMPO.start
    assert 0 < answer.pulse < 1
    assert PULSE.stop <= TEMPO.start
