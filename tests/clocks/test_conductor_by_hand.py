"""The conductor moved by hand: nudged, and told where bars begin; its beats only ever run forward."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from clocks.test_conductor import STEP_S, FakeSource, FakeTracker, beats, led
from hypothesis import given
from hypothesis import strategies as st

from groovecast.audio.beat_clock import BeatClock
from realtime.clocks.tap import TapTempo
from realtime.conductor import Conductor


def later_s(clock: BeatClock, than: BeatClock, now_s: float) -> float:
    """How much later the nearest beat is."""
    off = float(than.beat_at(now_s)) - float(clock.beat_at(now_s))
    return ((off + 0.5) % 1 - 0.5) * 60 / clock.tempo_bpm


def in_bar(clock: BeatClock, at_s: float) -> float:
    """Beats from the nearest bar line."""
    return float((clock.bar_phase_at(at_s) + 0.5) % 1 - 0.5) * clock.beats_per_bar


@pytest.mark.parametrize("leads", ["tracker", "midi"])
def test_nudges_add_up_whoever_leads(leads: str) -> None:
    truth = beats(120, beat_s=0.1, confidence=1.0)
    others = [FakeSource(truth, 0, 60)] if leads == "midi" else []
    conductor = Conductor(FakeTracker(truth), others)
    for number in range(4):
        conductor.nudge(0.01, time_s=2.0 + number / 10)
    conductor.nudge(-0.01, time_s=2.5)
    now_s, leader, clock = led(conductor, 6)[-1]
    assert leader == leads
    assert later_s(clock, truth, now_s) == pytest.approx(0.03, abs=0.002)


def test_a_nudge_stays_when_another_one_takes_over() -> None:
    heard, played = beats(120), beats(126, beat_s=0.21, confidence=1.0)
    conductor = Conductor(FakeTracker(heard), [FakeSource(played, 6, 60)])
    conductor.nudge(0.05, time_s=2.0)
    steps = led(conductor, 12)
    before = next(step for step in reversed(steps) if step[1] == "tracker")
    assert later_s(before[2], heard, before[0]) == pytest.approx(0.05, abs=0.002)
    assert later_s(steps[-1][2], played, steps[-1][0]) == pytest.approx(0.05, abs=0.002)


@pytest.mark.parametrize("said_s", [3.0, 3.4, 3.6, 4.0, 4.5, 4.9])
def test_the_beat_nearest_to_the_press_is_one(said_s: float) -> None:
    conductor = Conductor(FakeTracker(beats(120, downbeat=2)))
    conductor.resync(said_s)
    nearest_s = round(said_s * 2) / 2
    assert abs(in_bar(led(conductor, 9)[-1][2], nearest_s + 4.0)) < 0.01


def test_one_stays_where_it_was_said_whatever_the_tracker_thinks_of_bars() -> None:
    tracker = FakeTracker(beats(120))
    conductor = Conductor(tracker)
    conductor.resync(4.5)
    led(conductor, 6)
    tracker.clock = replace(tracker.clock, downbeat=3)
    for now_s in np.arange(6, 12, STEP_S):
        conductor.follow(float(now_s))
    assert abs(in_bar(conductor.clock, 12.5)) < 0.01


def test_one_is_forgotten_with_another_song() -> None:
    tracker = FakeTracker(beats(120, downbeat=1))
    conductor = Conductor(tracker)
    conductor.resync(4.0)
    led(conductor, 6)
    tracker.clock = beats(92, beat_s=0.2, downbeat=3)
    for now_s in np.arange(6, 14, STEP_S):
        conductor.follow(float(now_s))
    away = conductor.clock.bar_phase_at(14.0) - tracker.clock.bar_phase_at(14.0)
    assert abs((away + 0.5) % 1 - 0.5) < 0.01


def test_a_run_of_taps_that_begins_anew_says_itself_where_one_is() -> None:
    tap = TapTempo()
    conductor = Conductor(FakeTracker(beats(140, confidence=0.1)), [tap])
    conductor.wish("tap")
    for number in range(6):
        tap.post(2 + number * 0.6)
    conductor.resync(6.2)  # the beat at 6.2 is the seventh
    for number in range(6):
        tap.post(9 + 0.25 + number * 0.5)
    clock = led(conductor, 14)[-1][2]
    assert abs(in_bar(clock, 9.25 + 4 * 0.5 * 3)) < 0.1


@given(
    st.lists(
        st.tuples(st.floats(1, 12), st.sampled_from(["later", "earlier", "resync", "double", "half"])),
        max_size=12,
    ),
    st.floats(70, 180),
    st.booleans(),
)
def test_whatever_is_pressed_the_count_only_runs_forward(
    pressed: list[tuple[float, str]], tempo_bpm: float, outside: bool
) -> None:
    others = [FakeSource(beats(tempo_bpm, beat_s=0.3, confidence=1.0), 4, 8)] if outside else []
    conductor = Conductor(FakeTracker(beats(tempo_bpm, downbeat=1)), others)
    for at_s, what in sorted(pressed):
        if what == "resync":
            conductor.resync(at_s)
        elif what in ("double", "half"):
            conductor.count(2 if what == "double" else 0.5, at_s)
        else:
            conductor.nudge(0.01 if what == "later" else -0.01, at_s)
    for (_, _, before), (now_s, _, after) in pairwise(led(conductor, 14)):
        assert after.beat_at(now_s) == pytest.approx(before.beat_at(now_s), abs=1e-6)
        assert after.beat_at(now_s) - after.downbeat >= before.beat_at(now_s) - before.downbeat - 1e-6
        assert np.all(np.diff(after.beat_at(np.linspace(now_s - 2, now_s + 2, 200))) > 0)


def test_a_time_before_the_last_is_taken_for_the_last() -> None:
    conductor = Conductor(FakeTracker(beats(120)), [FakeSource(beats(126, confidence=1.0), 5.9, 30)])
    led(conductor, 6.2)
    before = conductor.clock
    conductor.follow(5.7)
    assert conductor.leader == "midi"
    times_s = np.linspace(3, 9, 100)
    np.testing.assert_allclose(conductor.clock.beat_at(times_s), before.beat_at(times_s), atol=1e-6)


def test_a_nudge_that_is_none_is_refused() -> None:
    conductor = Conductor(FakeTracker(beats(120)))
    for wrong_s in (float("nan"), 2.0, -2.0):
        with pytest.raises(ValueError, match=r"asked to nudge the beat by .* give -1 to 1"):
            conductor.nudge(wrong_s, 0.0)
