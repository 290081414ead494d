"""Tap tempo: a person's taps, with their jitter, gaps and strays, make a beat that holds for a while."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from groovecast.audio.beat_clock import CONFIDENT, BeatClock
from realtime.clocks.source import BeatSource
from realtime.clocks.tap import HOLD_S, TapTempo

HUMAN_S = 0.025


def tapped(times_s: np.ndarray | list[float]) -> TapTempo:
    tap = TapTempo()
    for time_s in times_s:
        tap.tap(float(time_s))
    return tap


def known(tap: TapTempo, now_s: float | None = None) -> BeatClock:
    clock = tap.clock(tap.heard_until_s if now_s is None else now_s)
    assert clock is not None
    return clock


def taps(tempo_bpm: float, count: int, first_s: float = 5.0, seed: int | None = None) -> np.ndarray:
    times_s = first_s + np.arange(count) * 60 / tempo_bpm
    return times_s if seed is None else times_s + HUMAN_S * np.random.default_rng(seed).standard_normal(count)


def off_beat_s(clock: BeatClock, beat_s: float) -> float:
    return abs((float(clock.beat_at(beat_s)) + 0.5) % 1 - 0.5) * 60 / clock.tempo_bpm


def test_the_beat_is_known_from_the_third_tap_on() -> None:
    times_s = taps(100, 3)
    assert tapped(times_s[:2]).clock(times_s[1]) is None
    clock = known(tapped(times_s))
    assert clock.tempo_bpm == pytest.approx(100)
    assert clock.beat_at(times_s[0]) == pytest.approx(0)
    assert clock.confidence >= CONFIDENT
    assert known(tapped(taps(100, 12))).confidence > clock.confidence


@pytest.mark.parametrize("tempo_bpm", [58.0, 92.0, 128.0, 174.0, 210.0])
def test_a_person_gives_tempo_and_phase_in_eight_taps(tempo_bpm: float) -> None:
    tempos, phases_s = [], []
    for seed in range(100):
        clock = known(tapped(taps(tempo_bpm, 8, seed=seed)))
        tempos.append(abs(clock.tempo_bpm / tempo_bpm - 1))
        phases_s.append(off_beat_s(clock, 5.0 + 8 * 60 / tempo_bpm))
    assert np.quantile(tempos, 0.9) < 0.05 * tempo_bpm / 200 + 0.005
    assert np.quantile(phases_s, 0.9) < 0.045


def test_twelve_taps_are_better_than_six() -> None:
    errors = [
        [abs(known(tapped(taps(120, count, seed=seed))).tempo_bpm / 120 - 1) for seed in range(60)]
        for count in (6, 12)
    ]
    assert np.median(errors[1]) < 0.6 * np.median(errors[0])


@pytest.mark.parametrize("missed", [[3], [2, 5], [4, 5]])
def test_taps_left_out_change_nothing(missed: list[int]) -> None:
    clock = known(tapped(np.delete(taps(126, 10), missed)))
    assert clock.tempo_bpm == pytest.approx(126, rel=1e-3)
    assert clock.beat_at(5.0 + 9 * 60 / 126) == pytest.approx(9)


def test_a_stray_tap_changes_nothing() -> None:
    times_s = taps(120, 10)
    clock = known(tapped(np.sort(np.append(times_s, times_s[6] + 0.24))))
    assert clock.tempo_bpm == pytest.approx(120, rel=1e-3)
    assert off_beat_s(clock, times_s[-1]) < 0.002


def test_a_finger_that_bounces_is_one_tap() -> None:
    times_s = taps(120, 6)
    clock = known(tapped(np.sort(np.concatenate((times_s, times_s + 0.03)))))
    assert clock.tempo_bpm == pytest.approx(120)


@pytest.mark.parametrize("factor", [0.5, 2.0, 0.7])
def test_whoever_taps_on_at_another_tempo_is_followed(factor: float) -> None:
    before = taps(90, 8)
    after = before[-1] + np.arange(1, 6) * 60 / 90 / factor
    clock = known(tapped(np.concatenate((before, after))))
    assert clock.tempo_bpm == pytest.approx(90 * factor, rel=0.01)
    assert off_beat_s(clock, after[-1]) < 0.01


def test_whoever_taps_on_between_the_beats_moves_the_beat_there() -> None:
    before = taps(100, 8)
    after = before[-1] + 0.3 + np.arange(1, 5) * 0.6
    clock = known(tapped(np.concatenate((before, after))))
    assert clock.tempo_bpm == pytest.approx(100, rel=0.01)
    assert off_beat_s(clock, after[-1]) < 0.01


@pytest.mark.parametrize(("tempo_bpm", "pause_s"), [(120, 2.6), (60, 4.1)])
def test_after_a_pause_a_tap_begins_anew(tempo_bpm: float, pause_s: float) -> None:
    tap = tapped(taps(tempo_bpm, 5))
    last_s = tap.heard_until_s
    tap.tap(last_s + pause_s)
    assert tap.clock(tap.heard_until_s) is None
    tap.tap(last_s + pause_s + 0.4)
    tap.tap(last_s + pause_s + 0.8)
    assert known(tap).tempo_bpm == pytest.approx(150)
    assert known(tap).beat_at(last_s + pause_s) == pytest.approx(0)


def test_trust_falls_after_the_last_tap_until_the_beat_is_given_up() -> None:
    tap = tapped(taps(120, 8))
    last_s = tap.heard_until_s
    trust = [known(tap, last_s + age_s).confidence for age_s in np.arange(0, HOLD_S, 1.0)]
    assert np.all(np.diff(trust) <= 0)
    assert trust[0] == pytest.approx(0.9)
    assert CONFIDENT <= trust[-1] < 0.4
    assert tap.clock(last_s + HOLD_S + 2.1) is None


def test_a_tap_is_taken_in_once_its_time_has_come() -> None:
    tap: BeatSource = TapTempo()
    for time_s in 1000 + taps(120, 4, first_s=0.0):
        tap.post(float(time_s))
    tap.listen(1.2, 1000.0)
    assert tap.heard_until_s == pytest.approx(1.0)
    tap.listen(1.6, 1000.0)
    clock = tap.clock(1.6)
    assert clock is not None
    assert clock.beat_at(1.5) == pytest.approx(3)


@given(st.lists(st.floats(-0.1, 6), max_size=40))
def test_whatever_is_tapped_beats_only_run_forward(waits_s: list[float]) -> None:
    tap, now_s = TapTempo(), 0.0
    for wait_s in waits_s:
        now_s += wait_s
        tap.tap(now_s)
        clock = tap.clock(now_s)
        if clock is not None:
            assert 0 <= clock.confidence <= 1
            assert 0 < clock.tempo_bpm <= 60 / 0.1
            assert clock.beat_at(now_s + 1) > clock.beat_at(now_s)
