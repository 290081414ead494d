"""The conductor: the most trusted who knows the beat leads, and hands over without a jump."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from clocks.sequencer import Sequencer
from hypothesis import given
from hypothesis import strategies as st

from groovecast.audio.beat_clock import CONFIDENT, BeatClock
from realtime.clocks.midi_clock import MidiClock
from realtime.clocks.tap import TapTempo
from realtime.conductor import Conductor

STEP_S = 8 / 30  # the dancer asks once a plan


def beats(tempo_bpm: float, beat_s: float = 0.0, confidence: float = 0.8, downbeat: int = 0) -> BeatClock:
    return BeatClock(np.array([beat_s]), np.array([0.0]), tempo_bpm, confidence, downbeat)


class FakeTracker:
    """Hears what it is told to, and writes down how it is guided."""

    def __init__(self, clock: BeatClock) -> None:
        self.clock = clock
        self.octaves: list[float] = []
        self.told: list[tuple[float | None, float | None]] = []

    def prefer_octave(self, factor: float) -> None:
        self.octaves.append(factor)

    def prefer(self, tempo_bpm: float | None, beat_s: float | None) -> None:
        self.told.append((tempo_bpm, beat_s))


class FakeSource:
    """Knows the beat between two times."""

    connected = True

    def __init__(self, clock: BeatClock, from_s: float, until_s: float, name: str = "midi") -> None:
        self.name, self._clock, self._from_s, self._until_s = name, clock, from_s, until_s
        self.heard_until_s = -np.inf

    def listen(self, until_s: float, origin_s: float) -> None:
        self.heard_until_s = until_s

    def clock(self, now_s: float) -> BeatClock | None:
        return self._clock if self._from_s <= now_s < self._until_s else None

    def tempo_bpm(self, now_s: float) -> float | None:
        return None


def led(conductor: Conductor, until_s: float, step_s: float = STEP_S) -> list[tuple[float, str, BeatClock]]:
    """Who led with what clock at each step."""
    steps = []
    for now_s in np.arange(step_s, until_s, step_s):
        conductor.follow(float(now_s))
        steps.append((float(now_s), conductor.leader, conductor.clock))
    return steps


def apart(clock: BeatClock, other: BeatClock, now_s: float) -> float:
    return abs((float(clock.beat_at(now_s)) - float(other.beat_at(now_s)) + 0.5) % 1 - 0.5)


def test_with_nobody_else_the_tracker_is_passed_on_as_it_is() -> None:
    tracker = FakeTracker(beats(120))
    conductor = Conductor(tracker, [TapTempo()])
    for _, leader, clock in led(conductor, 5):
        assert leader == "tracker"
        assert clock is tracker.clock


def test_a_more_trusted_source_leads_while_it_knows_the_beat_and_then_gives_back() -> None:
    heard, played = beats(120), beats(126, beat_s=0.21, confidence=1.0)
    conductor = Conductor(FakeTracker(heard), [FakeSource(played, 4, 12)])
    for now_s, leader, clock in led(conductor, 24):
        assert leader == ("midi" if 4 <= now_s < 12 else "tracker")
        if 6 < now_s < 12:
            assert apart(clock, played, now_s) < 0.002
            assert clock.tempo_bpm == pytest.approx(126)
        if now_s < 4 or now_s > 14:
            assert apart(clock, heard, now_s) < 0.002
            assert clock.tempo_bpm == pytest.approx(120)


tempos = st.floats(60, 200)
clocks = st.builds(beats, tempos, st.floats(0, 1), st.floats(0.3, 1), st.integers(0, 3))


@given(clocks, clocks, st.floats(0.5, 8), st.floats(0.01, 0.5))
def test_hands_change_without_a_jump_and_beats_only_run_forward(
    heard: BeatClock, played: BeatClock, from_s: float, step_s: float
) -> None:
    conductor = Conductor(
        FakeTracker(heard), [FakeSource(replace(played, confidence=1.0), from_s, from_s + 5)]
    )
    for (_, _, before), (now_s, _, after) in pairwise(led(conductor, from_s + 9, step_s)):
        assert after.beat_at(now_s) == pytest.approx(before.beat_at(now_s), abs=1e-6)
        assert np.all(np.diff(after.beat_at(np.linspace(now_s - 2, now_s + 2, 200))) > 0)


def test_bars_begin_where_the_leader_says() -> None:
    heard, played = beats(120, downbeat=3), beats(120, beat_s=0.1, confidence=1.0, downbeat=2)
    conductor = Conductor(FakeTracker(heard), [FakeSource(played, 4, 12)])
    for now_s, leader, clock in led(conductor, 20):
        if 6 < now_s < 12 or now_s > 14:
            truth = played if leader == "midi" else heard
            away = (clock.bar_phase_at(now_s) - truth.bar_phase_at(now_s) + 0.5) % 1 - 0.5
            assert abs(away) < 0.002


def test_midi_counts_more_than_taps_and_taps_more_than_ears() -> None:
    tap = FakeSource(beats(100, confidence=0.9), 2, 10, name="tap")
    midi = FakeSource(beats(140, confidence=1.0), 5, 7)
    conductor = Conductor(FakeTracker(beats(120)), [tap, midi])
    wanted = [(2, "tracker"), (5, "tap"), (7, "midi"), (10, "tap"), (14, "tracker")]
    for now_s, leader, _ in led(conductor, 14):
        assert leader == next(name for until_s, name in wanted if now_s < until_s)


def test_taps_that_the_tracker_hears_alike_only_guide_it() -> None:
    tracker, tap = FakeTracker(beats(122.4, beat_s=2.02)), TapTempo()
    conductor = Conductor(tracker, [tap])
    for number in range(8):
        tap.post(2 + number * 60 / 122)
    for _, leader, clock in led(conductor, 12):
        assert leader == "tracker"
        assert clock is tracker.clock
    tempo_bpm, beat_s = tracker.told[-1]
    assert tempo_bpm == pytest.approx(122)
    assert beat_s is not None
    assert beats(122, beat_s=2.0).phase_at(beat_s + 0.001) < 0.01


def test_taps_that_the_tracker_understood_do_not_hold_it_when_the_music_moves_on() -> None:
    tracker, tap = FakeTracker(beats(122.4, beat_s=2.02)), TapTempo()
    conductor = Conductor(tracker, [tap])
    for number in range(8):
        tap.post(2 + number * 60 / 122)
    led(conductor, 11)
    tracker.clock = beats(90)
    assert {leader for now_s, leader, _ in led(conductor, 14) if now_s > 11} == {"tracker"}
    for number in range(4):
        tap.post(20 + number * 60 / 122)
    assert led(conductor, 22.5)[-1][1] == "tap"


def test_taps_at_half_of_what_is_heard_lead_and_tell_the_tracker() -> None:
    tracker, tap = FakeTracker(beats(140)), TapTempo()
    conductor = Conductor(tracker, [tap])
    for number in range(8):
        tap.post(2 + number * 60 / 70)
    steps = led(conductor, 12)
    assert steps[-1][1] == "tap"
    assert steps[-1][2].tempo_bpm == pytest.approx(70)
    assert tracker.told[-1][0] == pytest.approx(70)
    assert len(tracker.told) == 6  # once for each tap from the third on


def test_ticks_without_a_start_tell_the_tracker_the_tempo_and_do_not_lead() -> None:
    class Ticks(MidiClock):
        name, connected = "midi", True

        def listen(self, until_s: float, origin_s: float) -> None:
            while said and said[0][0] <= until_s:
                time_s, event = said.pop(0)
                self.hear(event, time_s)

    said = list(Sequencer([(0, 128)], start_s=1.0).said(16, first=None))
    tracker = FakeTracker(beats(64))
    assert {leader for _, leader, _ in led(Conductor(tracker, [Ticks()]), 16)} == {"tracker"}
    assert tracker.told == [(pytest.approx(128, rel=1e-3), None), (None, None)]


def test_whoever_is_asked_for_leads_if_it_knows_the_beat() -> None:
    tap = FakeSource(beats(100, confidence=0.9), 0, 10, name="tap")
    midi = FakeSource(beats(140, confidence=1.0), 0, 10)
    conductor = Conductor(FakeTracker(beats(120)), [tap, midi])
    for wish, leader in (("tracker", "tracker"), ("tap", "tap"), ("midi", "midi"), ("auto", "midi")):
        conductor.wish(wish)
        conductor.follow(5.0)
        assert conductor.leader == leader
    conductor.wish("tap")
    conductor.follow(20.0)
    assert conductor.leader == "tracker"
    with pytest.raises(ValueError, match="there are auto, tracker, midi, tap"):
        conductor.wish("link")


def test_counting_twice_as_fast_is_asked_of_the_tracker_or_done_to_others() -> None:
    tracker = FakeTracker(beats(64))
    conductor = Conductor(tracker, [FakeSource(beats(70, confidence=1.0), 4, 30)])
    conductor.count(2, time_s=1.0)
    led(conductor, 2)
    assert tracker.octaves == [2]
    conductor.count(2, time_s=8.0)
    steps = led(conductor, 12)
    assert steps[-1][2].tempo_bpm == pytest.approx(140)
    assert tracker.octaves == [2]
    with pytest.raises(ValueError, match=r"give 2 or 0\.5"):
        conductor.count(3, time_s=0.0)


def test_a_doubtful_tracker_leads_when_nobody_else_knows() -> None:
    conductor = Conductor(
        FakeTracker(beats(120, confidence=0.1)), [FakeSource(beats(126, confidence=1), 2, 4)]
    )
    assert led(conductor, 8)[-1][2].confidence < CONFIDENT


def test_a_name_that_is_no_source_is_refused() -> None:
    with pytest.raises(ValueError, match="give each of"):
        Conductor(FakeTracker(beats(120)), [FakeSource(beats(100), 0, 1, name="metronome")])
