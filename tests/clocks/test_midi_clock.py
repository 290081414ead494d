"""The MIDI clock: the beat to the millisecond through jitter, bunches, losses and changes of tempo."""

import numpy as np
import pytest
from clocks.sequencer import Sequencer
from hypothesis import given
from hypothesis import strategies as st

from groovecast.audio.beat_clock import CONFIDENT
from groovecast.wire.midi import MidiEvent, MidiTime, SongPosition
from realtime.clocks.midi_clock import GONE_AFTER_S, MidiClock


def heard(sequencer: Sequencer, beats: float) -> MidiClock:
    clock = MidiClock()
    for time_s, event in sequencer.said(beats):
        clock.hear(event, time_s)
    return clock


def errors_s(sequencer: Sequencer, beats: float, ahead: float = 1.0) -> np.ndarray:
    """How wrong the beat after the present one is foretold, asked for at each tick from beat 4 on."""
    clock, errors = MidiClock(), []
    for time_s, event in sequencer.said(beats):
        clock.hear(event, time_s)
        known = clock.clock(time_s)
        if known is not None and time_s > sequencer.time_of(4):
            beat = round(float(known.beat_at(time_s)) + ahead)
            errors.append(float(known.time_at(float(beat))) - sequencer.time_of(beat))
    assert errors
    return np.abs(errors)


@pytest.mark.parametrize("tempo_bpm", [60.0, 90.0, 127.3, 174.0, 240.0])
@pytest.mark.parametrize("jitter_ms", [0.0, 1.0, 3.0])
def test_the_next_beat_is_foretold_to_the_millisecond(tempo_bpm: float, jitter_ms: float) -> None:
    errors = errors_s(Sequencer([(0, tempo_bpm)], jitter_s=jitter_ms / 1000), 32)
    assert np.median(errors) <= 0.0005 + 0.0006 * jitter_ms
    assert errors.max() <= 0.001 + 0.004 * jitter_ms


def test_ten_milliseconds_of_jitter_still_give_a_beat() -> None:
    errors = errors_s(Sequencer([(0, 125)], jitter_s=0.010), 64)
    assert np.median(errors) < 0.008
    assert np.quantile(errors, 0.95) < 0.025


@pytest.mark.parametrize("tempo_bpm", [90.0, 125.0, 126.3, 174.0])
@pytest.mark.parametrize("bunch_ms", [5.0, 10.0, 20.0])
def test_ticks_in_bunches_are_off_by_a_bunch_and_seldom_more(tempo_bpm: float, bunch_ms: float) -> None:
    errors_ms = 1000 * errors_s(Sequencer([(0, tempo_bpm)], bunch_s=bunch_ms / 1000), 64)
    assert np.quantile(errors_ms, 0.9) < 1.25 * bunch_ms
    assert errors_ms.max() < 2 * bunch_ms


@pytest.mark.parametrize("other_bpm", [60.0, 110.0, 122.0, 130.0, 174.0])
def test_another_tempo_is_followed_within_a_beat(other_bpm: float) -> None:
    sequencer = Sequencer([(0, 120), (16, other_bpm)], jitter_s=0.001)
    known = heard(sequencer, 17).clock(sequencer.time_of(17))
    assert known is not None
    assert known.tempo_bpm == pytest.approx(other_bpm, rel=0.02)
    assert known.beat_at(sequencer.time_of(17)) == pytest.approx(17, abs=0.05)


def test_a_slow_ramp_is_followed_all_along() -> None:
    sequencer = Sequencer([(beat, 120 + beat / 2) for beat in range(64)], jitter_s=0.002)
    assert errors_s(sequencer, 60).max() < 0.03


def test_lost_ticks_are_made_up_for() -> None:
    sequencer = Sequencer([(0, 120)], jitter_s=0.001, lost=range(16 * 24 + 3, 16 * 24 + 20))
    known = heard(sequencer, 20).clock(sequencer.time_of(20))
    assert known is not None
    assert known.beat_at(sequencer.time_of(20)) == pytest.approx(20, abs=0.02)


def test_ticks_that_were_only_held_up_are_not_counted_twice() -> None:
    sequencer, clock = Sequencer([(0, 120)], jitter_s=0.001), MidiClock()
    held = range(16 * 24, 16 * 24 + 12)
    for number, (time_s, event) in enumerate(sequencer.said(20)):
        late_s = sequencer.time_of((held.stop + 1) / 24) if number in held else time_s
        clock.hear(event, late_s)
    known = clock.clock(sequencer.time_of(20))
    assert known is not None
    assert known.beat_at(sequencer.time_of(20)) == pytest.approx(20, abs=0.02)


def test_without_ticks_trust_falls_for_two_seconds_and_then_the_beat_is_gone() -> None:
    sequencer = Sequencer([(0, 120)])
    clock, last_s = heard(sequencer, 16), sequencer.time_of(16 - 1 / 24)
    trust = [
        known.confidence for age_s in np.arange(0.0, 1.99, 0.05) if (known := clock.clock(last_s + age_s))
    ]
    assert len(trust) == 40
    assert trust[0] == 1
    assert np.all(np.diff(trust) <= 0)
    assert CONFIDENT <= trust[-1] < 0.35
    assert clock.clock(last_s + GONE_AFTER_S) is None
    free = clock.clock(last_s + 1.0)
    assert free is not None
    assert free.beat_at(sequencer.time_of(17.5)) == pytest.approx(17.5, abs=0.005)


def test_ticks_without_a_start_tell_the_tempo_and_no_beat() -> None:
    clock = MidiClock()
    for time_s, event in Sequencer([(0, 128)]).said(8, first=None):
        clock.hear(event, time_s)
    assert clock.clock(time_s) is None
    assert clock.tempo_bpm(time_s) == pytest.approx(128, rel=1e-3)
    assert clock.tempo_bpm(time_s + GONE_AFTER_S) is None


def test_the_song_goes_on_where_it_stopped_or_where_it_is_told_to() -> None:
    clock, now_s = MidiClock(), 0.0

    def ticks(count: int) -> None:
        nonlocal now_s
        for _ in range(count):
            clock.hear(MidiTime.TICK, now_s)
            now_s += 0.5 / 24

    def beat() -> float | None:
        known = clock.clock(now_s)
        return None if known is None else round(float(known.beat_at(now_s)), 6)

    ticks(48)
    clock.hear(MidiTime.START, now_s)
    ticks(36)
    assert beat() == 1.5
    clock.hear(MidiTime.STOP, now_s)
    ticks(10)
    assert beat() is None
    clock.hear(MidiTime.CONTINUE, now_s)
    ticks(12)
    assert beat() == 2.0
    clock.hear(MidiTime.STOP, now_s)
    clock.hear(SongPosition(16), now_s)
    clock.hear(MidiTime.CONTINUE, now_s)
    ticks(24)
    assert beat() == 5.0
    clock.hear(SongPosition(4), now_s)  # a loop, while it runs
    ticks(24)
    assert beat() == 2.0
    known = clock.clock(now_s)
    assert known is not None
    assert known.bar_phase_at(now_s) == pytest.approx(0.5)


def test_a_start_off_the_grid_of_the_ticks_before_begins_a_grid_of_its_own() -> None:
    clock = MidiClock()
    for tick in range(96):
        clock.hear(MidiTime.TICK, tick * 0.02)
    clock.hear(MidiTime.START, 1.905)
    for tick in range(8):
        clock.hear(MidiTime.TICK, 1.9111 + tick * 0.02)
    known = clock.clock(2.06)
    assert known is not None
    assert known.time_at(0.0) == pytest.approx(1.9111, abs=1e-4)


events = st.one_of(st.sampled_from(list(MidiTime)), st.integers(0, 99).map(SongPosition))


@given(st.lists(st.tuples(st.floats(0, 0.1), events), max_size=150))
def test_whatever_is_said_whenever_beats_only_run_forward(said: list[tuple[float, MidiEvent]]) -> None:
    clock, now_s = MidiClock(), 0.0
    for wait_s, event in said:
        now_s += wait_s
        clock.hear(event, now_s)
        known = clock.clock(now_s)
        if known is not None:
            assert 0 <= known.confidence <= 1
            assert 0 < known.tempo_bpm < np.inf
            assert known.beat_at(now_s + 1) > known.beat_at(now_s)
