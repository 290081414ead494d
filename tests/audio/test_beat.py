"""The beat: a clock that only runs forward, and a tracker that finds and foretells beats."""

from itertools import pairwise

import numpy as np
import pytest
from fakes.perfect_ear import perfect_answers
from hypothesis import given
from hypothesis import strategies as st

from groovecast.audio.beat import BeatTracker
from groovecast.audio.beat_clock import CONFIDENT, BeatClock, ShownBeats
from groovecast.audio.ear import HOPS_PER_STEP
from groovecast.audio.features import HOP_S

STEP_S = HOPS_PER_STEP * HOP_S

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


def track(
    beats_s: np.ndarray, seconds: float, beats_per_bar: int = 4, silent_from_s: float = 1e9
) -> list[BeatClock]:
    """One clock a step."""
    tracker, clocks = BeatTracker(), []
    for answer in perfect_answers(beats_s, seconds, beats_per_bar):
        tracker.hear(answer, silent=tracker.heard_s >= silent_from_s)
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


@pytest.mark.parametrize("tempo_bpm", [58.0, 90.0, 126.3, 155.0, 178.0])
def test_beats_are_locked_to_within_4_s_and_foretold_to_the_onset(tempo_bpm: float) -> None:
    beats_s = 0.3 + np.arange(60) * 60 / tempo_bpm
    clocks = track(beats_s, 12.0)
    assert all(clock.confidence >= CONFIDENT for clock in clocks[round(4 / STEP_S) :])
    assert clocks[-1].tempo_bpm == pytest.approx(tempo_bpm, rel=0.01)
    errors_s = []
    for step in range(round(4 / STEP_S), len(clocks), 3):
        soon_s = (step + 1) * STEP_S + 0.2
        foretold_s = clocks[step].time_at(np.ceil(clocks[step].beat_at(soon_s)))
        errors_s.append(foretold_s - beats_s[np.argmin(np.abs(beats_s - foretold_s))])
    assert abs(np.median(errors_s)) < 0.010
    assert np.max(np.abs(errors_s)) < 0.030


@pytest.mark.parametrize("beats_per_bar", [2, 3, 4])
def test_the_bar_begins_and_ends_where_the_ear_hears_downbeats(beats_per_bar: int) -> None:
    beats_s = 0.3 + np.arange(60) * 60 / 124
    clock = track(beats_s, 16.0, beats_per_bar)[-1]
    assert clock.beats_per_bar == beats_per_bar
    bars = clock.bar_phase_at(beats_s[24 : 24 + beats_per_bar])
    assert np.argmin(np.minimum(bars, 1 - bars)) == -24 % beats_per_bar


def test_the_shown_phase_does_not_jump_while_confident() -> None:
    beats_s = np.concatenate((0.3 + np.arange(20) * 0.5, 10.2 + np.arange(16) * 0.43))
    for step, (before, after) in enumerate(pairwise(track(beats_s, 16.0))):
        now_s = (step + 2.5) * STEP_S  # a jump takes a millisecond after a step
        if min(before.confidence, after.confidence) >= CONFIDENT:
            assert abs(after.beat_at(now_s) - before.beat_at(now_s)) < 0.1


@pytest.mark.parametrize("period_s", [0.43, 0.62])
def test_a_new_tempo_is_found_again_within_3_s(period_s: float) -> None:
    beats_s = np.concatenate((0.3 + np.arange(20) * 0.5, 10.2 + np.arange(20) * period_s))
    clocks = track(beats_s, 18.0)
    assert clocks[-1].confidence >= CONFIDENT
    found = [abs(clock.tempo_bpm * period_s / 60 - 1) < 0.03 for clock in clocks]
    assert all(found[round(13.2 / STEP_S) :])


def _turned(after_beats: int, by_beats: float) -> tuple[np.ndarray, float]:
    """Beats of 120 a minute that fall elsewhere after so many, and when they first do."""
    turn_s = 0.3 + after_beats * 0.5
    return np.concatenate(
        (0.3 + np.arange(after_beats) * 0.5, turn_s + (np.arange(60) + by_beats) * 0.5)
    ), turn_s


def _time_off_s(clocks: list[BeatClock], turn_s: float, by_beats: float) -> float:
    """How long after the turn the shown beat first lies where the beat lies then."""
    for step in range(round(turn_s / STEP_S), len(clocks)):
        now_s = step * STEP_S
        place = float(clocks[step].beat_at(now_s)) - (now_s - turn_s) / 0.5 + by_beats
        if abs((place + 0.5) % 1.0 - 0.5) < 0.1 and clocks[step].confidence >= CONFIDENT:
            return now_s - turn_s
    return float("inf")


def test_a_settled_beat_is_not_left_for_its_off_beat_while_syncopation_lasts() -> None:
    beats_s, turn_s = _turned(40, 0.5)
    assert 8.0 < _time_off_s(track(beats_s, 36.0), turn_s, 0.5) < 12.0


def test_a_beat_that_was_just_taken_up_is_left_for_its_off_beat_soon() -> None:
    beats_s, turn_s = _turned(8, 0.5)
    assert _time_off_s(track(beats_s, 12.0), turn_s, 0.5) < 4.0


def test_a_cut_to_another_place_of_the_beat_is_followed_at_once_even_when_settled() -> None:
    beats_s, turn_s = _turned(40, 0.25)
    assert _time_off_s(track(beats_s, 30.0), turn_s, 0.25) < 4.0


def test_a_beat_far_off_is_taken_up_with_the_confidence_gone_for_a_moment() -> None:
    beats_s, turn_s = _turned(40, 0.25)
    clocks = track(beats_s, 30.0)
    soon_s = (np.arange(len(clocks) - 1) + 2.5) * STEP_S
    moves = [
        (abs(after.beat_at(now_s) - before.beat_at(now_s)), after.confidence)
        for now_s, (before, after) in zip(soon_s, pairwise(clocks), strict=True)
        if now_s > turn_s
    ]
    furthest, confidence = max(moves)
    assert furthest > 0.15 and confidence < CONFIDENT


def test_silence_takes_the_confidence_within_a_second_and_keeps_the_tempo() -> None:
    beats_s = 0.3 + np.arange(19) * 60 / 128
    clocks = track(beats_s, 13.0, silent_from_s=9.2)
    assert clocks[round(8.8 / STEP_S)].confidence > 0.5
    assert clocks[round(10.0 / STEP_S)].confidence < 0.05
    assert clocks[-1].tempo_bpm == pytest.approx(128, rel=0.01)


def test_where_the_ear_hears_no_pulse_nothing_is_locked_to() -> None:
    assert max(clock.confidence for clock in track(np.zeros(0), 10.0)) < CONFIDENT


@pytest.mark.parametrize("factor", [2.0, 0.5])
def test_a_performer_doubles_and_halves_the_tempo_and_the_beat_stays(factor: float) -> None:
    beats_s = 0.3 + np.arange(40) * 60 / 108
    tracker = BeatTracker()
    for step, answer in enumerate(perfect_answers(beats_s, 14.0)):
        tracker.hear(answer, silent=False)
        if step == round(6 / STEP_S):
            tracker.prefer_octave(factor)
    assert tracker.clock.tempo_bpm == pytest.approx(108 * factor, rel=0.02)
    assert tracker.confidence >= CONFIDENT
    places = tracker.clock.beat_at(beats_s[20:24]) * max(1.0, 1 / factor)
    np.testing.assert_allclose(places, np.round(places), atol=0.05)
    phases = tracker.clock.phase_at(beats_s[20:22])
    assert np.min(np.minimum(phases, 1 - phases)) < 0.05


def test_a_tempo_that_is_told_is_kept_to_until_it_is_taken_back() -> None:
    tracker = BeatTracker()
    for step, answer in enumerate(perfect_answers(0.3 + np.arange(60) * 0.375, 20.0)):  # 160 a minute
        tracker.hear(answer, silent=False)
        if step == round(5 / STEP_S):
            tracker.prefer(80.0, 0.3 + 12 * 0.375)
    assert tracker.clock.tempo_bpm == pytest.approx(80, rel=0.02)


@given(st.lists(st.sampled_from([2.0, 0.5, "tap", "slow", "free"]), max_size=6))
def test_whatever_is_asked_of_it_shown_beats_lie_on_heard_ones_and_bars_stay(
    wishes: list[float | str],
) -> None:
    """At double count every heard beat is a shown one, at half every shown one is a heard one; so at any."""
    period_s, tracker = 60 / 104, BeatTracker()
    beats_s = 0.3 + np.arange(120) * period_s
    asked = dict(zip(range(120, 120 + 60 * len(wishes), 60), wishes, strict=True))
    for step, answer in enumerate(perfect_answers(beats_s, (220 + 60 * len(wishes)) * STEP_S)):
        tracker.hear(answer, silent=False)
        match asked.get(step):
            case float(factor):
                tracker.prefer_octave(factor)
            case "tap":
                tracker.prefer(104.0, float(beats_s[3]))
            case "slow":
                tracker.prefer(52.5, float(beats_s[4]))
            case "free":
                tracker.prefer(None, None)
    clock = tracker.clock
    octave = clock.tempo_bpm / 104
    assert octave == pytest.approx(2.0 ** round(np.log2(octave)), rel=0.02)
    last = beats_s[beats_s < tracker.heard_s][-9:-1]
    places = clock.beat_at(last) * max(1.0, 1 / octave)
    np.testing.assert_allclose(places, np.round(places), atol=0.1)
    assert clock.beats_per_bar >= 2
    ones = np.round(clock.beat_at(last) - clock.downbeat, 1) % clock.beats_per_bar
    assert np.isclose(ones, 0).any() or octave < 0.5


def test_the_shown_count_from_a_bar_line_on_never_goes_back() -> None:
    """What goes over the wire: beats since a downbeat, which must not begin again with each bar."""
    beats_s = 0.3 + np.arange(60) * 60 / 128
    counts = [
        float(clock.beat_at((step + 1) * STEP_S)) - clock.downbeat
        for step, clock in enumerate(track(beats_s, 20.0))
    ]
    assert np.all(np.diff(counts[round(6 / STEP_S) :]) > 0)


@pytest.mark.parametrize("beats_per_bar", [3, 4])
def test_half_count_keeps_one_bar_line_for_all(beats_per_bar: int) -> None:
    beats_s = 0.3 + np.arange(60) * 60 / 150
    tracker, lines = BeatTracker(), set()
    for step, answer in enumerate(perfect_answers(beats_s, 20.0, beats_per_bar)):
        tracker.hear(answer, silent=False)
        if step == round(10 / STEP_S):
            tracker.prefer_octave(0.5)
        if step > round(12 / STEP_S):
            lines.add((tracker.clock.downbeat, tracker.clock.beats_per_bar))
    assert len(lines) == 1


def test_what_a_performer_asked_outlives_the_stream() -> None:
    tracker = BeatTracker()
    tracker.prefer_octave(2.0)
    after = BeatTracker(tracker)
    for answer in perfect_answers(0.3 + np.arange(30) * 0.6, 10.0):
        after.hear(answer, silent=False)
    assert after.clock.tempo_bpm == pytest.approx(200, rel=0.02)
