"""The beat: a clock that only runs forward, and a tracker that finds and foretells beats."""

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from groovecast.audio import features as f
from groovecast.audio.beat import BarFinder, BarPointer, BeatTracker
from groovecast.audio.beat_clock import CONFIDENT, BeatClock, ShownBeats
from groovecast.audio.energy import EnergyMeter

Drums = Callable[[np.ndarray, float], np.ndarray]

revisions = st.lists(
    st.tuples(
        st.floats(0.01, 2.0),  # seconds since the last revision
        st.floats(-50, 50),  # the beat it should be
        st.floats(60 / 215, 60 / 55),  # seconds a beat
        st.booleans(),  # may it jump
    ),
    max_size=25,
)


def revised(moves: list[tuple[float, float, float, bool]]) -> list[tuple[float, BeatClock]]:
    shown, now_s, clocks = ShownBeats(), 0.0, []
    for wait_s, beat, period_s, may_jump in moves:
        now_s += wait_s
        shown.revise(now_s, beat, period_s, may_jump)
        clocks.append((now_s, shown.clock))
    return clocks


def track(samples: np.ndarray) -> list[BeatClock]:
    """One clock a hop."""
    tracker, meter, state, clocks = BeatTracker(), EnergyMeter(), f.FeatureState.start(), []
    for hop in samples[: len(samples) // f.HOP_SAMPLES * f.HOP_SAMPLES].reshape(-1, f.HOP_SAMPLES):
        features, state = f.step(hop, state)
        meter.hear(features)
        tracker.hear(features.flux, f.chroma(features.power), meter.silent)
        clocks.append(tracker.clock)
    return clocks


@given(revisions, st.lists(st.floats(-5, 60), min_size=1, max_size=20))
def test_the_time_of_the_beat_at_a_time_is_that_time(
    moves: list[tuple[float, float, float, bool]], times_s: list[float]
) -> None:
    for _, clock in revised(moves):
        times = np.array(times_s)
        np.testing.assert_allclose(clock.time_at(clock.beat_at(times)), times, atol=1e-6)
        assert clock.time_at(clock.beat_at(times_s[0])) == pytest.approx(times_s[0], abs=1e-6)


@given(revisions)
def test_beats_never_run_backwards_nor_repeat_whatever_is_revised(
    moves: list[tuple[float, float, float, bool]],
) -> None:
    clocks = revised(moves)
    for (before_s, before), (now_s, now) in pairwise(clocks):
        assert now.beat_at(now_s) > before.beat_at(before_s)
        assert now.beat_at(now_s) == pytest.approx(before.beat_at(now_s))
        assert np.all(np.diff(now.beat_at(np.linspace(now_s - 3, now_s + 3, 500))) > 0)


@given(revisions)
def test_a_revised_clock_reaches_the_beat_that_it_was_told(
    moves: list[tuple[float, float, float, bool]],
) -> None:
    for (now_s, clock), (_, beat, period_s, _) in zip(revised(moves), moves, strict=True):
        later_s = now_s + 4
        assert clock.tempo_bpm == pytest.approx(60 / period_s)
        away = clock.beat_at(later_s) - (beat + 4 / period_s)
        assert away == pytest.approx(round(away), abs=1e-6)


def test_phases_wrap_at_the_beat_and_at_the_bar() -> None:
    clock = BeatClock(np.array([10.0]), np.array([7.0]), 120.0, 1.0, downbeat=3)
    assert clock.phase_at(10.0) == 0.0
    assert clock.phase_at(10.25) == pytest.approx(0.5)
    assert clock.bar_phase_at(10.0) == 0.0
    assert clock.bar_phase_at(9.5) == pytest.approx(0.75)
    assert clock.shifted(2.0).beat_at(12.0) == 7.0


@pytest.mark.parametrize("tempo_bpm", [90.0, 126.3, 155.0])
def test_drums_are_locked_to_within_5_s_and_foretold_to_the_onset(drums: Drums, tempo_bpm: float) -> None:
    beats_s = 0.3 + np.arange(40) * 60 / tempo_bpm
    clocks = track(drums(beats_s, 12.0))
    assert all(clock.confidence >= CONFIDENT for clock in clocks[500:])
    assert clocks[-1].tempo_bpm == pytest.approx(tempo_bpm, rel=0.01)
    errors_s = []
    for hop in range(500, len(clocks), 10):
        soon_s = (hop + 1) * f.HOP_S + 0.2
        foretold_s = clocks[hop].time_at(np.ceil(clocks[hop].beat_at(soon_s)))
        errors_s.append(foretold_s - beats_s[np.argmin(np.abs(beats_s - foretold_s))])
    assert abs(np.median(errors_s)) < 0.010
    assert np.max(np.abs(errors_s)) < 0.035


def test_the_bar_begins_where_the_chords_change(drums: Drums) -> None:
    beats_s = 0.3 + np.arange(40) * 60 / 124
    clock = track(drums(beats_s, 16.0))[-1]
    bars = clock.bar_phase_at(beats_s[24:28])
    assert np.argmin(np.minimum(bars, 1 - bars)) == 3  # the fixture's bars begin on beats 3, 7, 11, ...


def test_the_shown_phase_does_not_jump_while_confident(drums: Drums) -> None:
    beats_s = np.concatenate((0.3 + np.arange(20) * 0.5, 10.2 + np.arange(16) * 0.43))
    clocks = track(drums(beats_s, 16.0))
    for hop, (before, after) in enumerate(pairwise(clocks)):
        now_s = (hop + 2) * f.HOP_S
        if min(before.confidence, after.confidence) >= CONFIDENT:
            assert abs(after.beat_at(now_s) - before.beat_at(now_s)) < 0.1


def test_a_new_tempo_is_found_again(drums: Drums) -> None:
    beats_s = np.concatenate((0.3 + np.arange(20) * 0.5, 10.2 + np.arange(20) * 0.43))
    clocks = track(drums(beats_s, 18.0))
    assert clocks[-1].tempo_bpm == pytest.approx(60 / 0.43, rel=0.01)
    assert clocks[-1].confidence >= CONFIDENT


def test_silence_takes_the_confidence_within_a_second_and_keeps_the_tempo(drums: Drums) -> None:
    beats_s = 0.3 + np.arange(20) * 60 / 128
    music = drums(beats_s, 10.0)
    clocks = track(np.concatenate((music[: 9 * 24000], np.zeros(4 * 24000, np.float32))))
    assert clocks[880].confidence > 0.5
    assert clocks[1000].confidence < 0.05
    assert clocks[-1].tempo_bpm == pytest.approx(128, rel=0.01)


@pytest.mark.parametrize("what", ["silence", "noise", "random claps"])
def test_what_has_no_beat_is_not_locked_to(what: str) -> None:
    rng = np.random.default_rng(7)
    samples = np.zeros(12 * 24000)
    if what == "noise":
        samples = 0.1 * rng.standard_normal(len(samples))
    elif what == "random claps":
        for first in rng.integers(0, len(samples) - 4800, 50):
            samples[first : first + 4800] += 0.2 * rng.standard_normal(4800) * np.exp(-np.arange(4800) / 500)
    confident = [clock.confidence >= CONFIDENT for clock in track(samples.astype(np.float32))]
    assert np.mean(confident) < 0.05


@settings(max_examples=20, deadline=None)
@given(st.lists(st.floats(0, 1.5), max_size=60))
def test_belief_stays_a_probability_whatever_is_heard(onsets: list[float]) -> None:
    pointer = BarPointer()
    for onset in onsets:
        pointer.hear(onset)
    best = pointer.best()
    assert 60 / 216 <= best.period_s <= 60 / 54
    assert 0 <= best.phase < 1
    assert 0 < best.mass <= 1 + 1e-9
    assert 0 <= best.sharpness <= 1 + 1e-9


def test_a_bar_of_no_notes_has_no_chord_change() -> None:
    bars = BarFinder()
    for beat in range(8):
        bars.hear(beat, np.zeros(12))
    assert bars.downbeat == 0
