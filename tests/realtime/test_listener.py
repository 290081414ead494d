"""The listener: the same however the sound is cut, on the clock of the sound card, through gaps and jitter."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from groovecast.audio.beat_clock import CONFIDENT
from groovecast.audio.decode import Audio, load_audio
from groovecast.audio.features import HOP_S
from realtime.listener import Listener, beats_of

RATE_HZ = 48000
TEMPO_BPM = 125.0


def kicks(seconds: float, first_s: float = 0.25) -> np.ndarray:
    """A kick on every beat, a rustle half way between."""
    rng, t = np.random.default_rng(0), np.arange(int(seconds * RATE_HZ)) / RATE_HZ
    beat_s = (t - first_s) % (60 / TEMPO_BPM)
    kick = np.sin(2 * np.pi * 55 * beat_s) * np.exp(-14 * beat_s)
    rustle = 0.2 * rng.standard_normal(len(t)) * np.exp(-60 * ((beat_s - 30 / TEMPO_BPM) % (60 / TEMPO_BPM)))
    return ((t >= first_s) * (kick + rustle) * 0.5).astype(np.float32)


def hear(samples: np.ndarray, cuts: list[int], start_s: float = 100.0) -> Listener:
    """A listener that heard it in blocks of these sizes, over and over."""
    listener, first = Listener(RATE_HZ), 0
    while first < len(samples):
        for cut in cuts:
            listener.listen(samples[first : first + cut], start_s + first / RATE_HZ)
            first = min(first + cut, len(samples))
    return listener


@settings(max_examples=5, deadline=None)
@given(st.lists(st.integers(1, 5000), min_size=1, max_size=5))
def test_the_same_samples_in_any_blocks_give_the_same_answers(cuts: list[int]) -> None:
    samples, times_s = kicks(1.5), 100 + np.arange(0, 1.5, 0.01)
    one, other = hear(samples, [480]), hear(samples, cuts if sum(cuts) > 500 else [*cuts, 501])
    assert one.heard_until_s == pytest.approx(other.heard_until_s)
    assert one.energy_slow == other.energy_slow
    assert one.silent == other.silent
    assert one.clock.confidence == other.clock.confidence
    np.testing.assert_allclose(one.clock.beat_at(times_s), other.clock.beat_at(times_s), atol=1e-6)
    np.testing.assert_array_equal(one.onset_at(times_s), other.onset_at(times_s))
    np.testing.assert_array_equal(one.energy_at(times_s), other.energy_at(times_s))


def test_who_asks_in_between_changes_nothing_and_nobody_hears_later_for_not_asking() -> None:
    samples, asked, other = kicks(2.0), Listener(RATE_HZ), Listener(RATE_HZ)
    for first in range(0, len(samples), 500):
        block = samples[first : first + 500]
        for one in (asked, other):
            one.listen(block, first / RATE_HZ)
        assert asked.heard_until_s == other.heard_until_s
        newest_s = np.array([asked.heard_until_s - HOP_S / 2])
        assert first < 24_000 or asked.energy_at(newest_s) > 0
    times_s = np.arange(0, 2, 0.01)
    np.testing.assert_array_equal(asked.energy_at(times_s), other.energy_at(times_s))
    np.testing.assert_array_equal(asked.onset_at(times_s), other.onset_at(times_s))
    assert (asked.section, asked.musical, asked.silent) == (other.section, other.musical, other.silent)
    assert asked.clock.confidence == other.clock.confidence


def test_a_block_may_be_used_again_by_whom_it_belongs_to() -> None:
    samples, block, listener = kicks(2.0), np.empty(480, np.float32), Listener(RATE_HZ)
    for first in range(0, len(samples), 480):
        block[:] = samples[first : first + 480]
        listener.listen(block, 100 + first / RATE_HZ)
    assert listener.energy_slow == hear(samples, [480]).energy_slow


@pytest.fixture(scope="module")
def listener() -> Listener:
    """One that has heard 10 s of kicks from 100 s on."""
    return hear(kicks(10.0), [512])


def test_beats_are_told_on_the_clock_of_the_samples(listener: Listener) -> None:
    assert listener.heard_until_s == pytest.approx(110, abs=0.012)
    assert listener.clock.confidence > 0.5
    assert listener.clock.tempo_bpm == pytest.approx(TEMPO_BPM, rel=0.01)
    kick_s = 100.25 + 60 / TEMPO_BPM * np.arange(18, 24)
    phase = listener.clock.phase_at(kick_s)
    assert np.max(np.minimum(phase, 1 - phase)) * 60 / TEMPO_BPM < 0.012


def test_onsets_and_energy_are_remembered_for_8_s_and_unknown_elsewhere(listener: Listener) -> None:
    past_s, unknown_s = np.linspace(102.1, 109.9, 50), np.array([90.0, 101.5, 110.5, 200.0])
    assert (listener.energy_at(past_s) > 0).all()
    assert 0.3 < listener.onset_at(np.arange(102.1, 109.9, 0.01)).max() <= 1
    assert not listener.energy_at(unknown_s).any()
    assert not listener.onset_at(unknown_s).any()


def test_a_listener_that_heard_nothing_answers_calmly() -> None:
    listener = Listener(44100)
    assert listener.silent
    assert listener.energy_slow == 0
    assert listener.clock.confidence == 0
    assert not listener.onset_at(np.zeros((2, 3))).any()


def test_jitter_of_the_capture_times_does_not_move_the_beat() -> None:
    samples, rng, listener = kicks(8.0), np.random.default_rng(0), Listener(RATE_HZ)
    for first in range(0, len(samples), 480):
        listener.listen(samples[first : first + 480], 50 + first / RATE_HZ + rng.uniform(-0.01, 0.01))
    kick_s = 50.25 + 60 / TEMPO_BPM * np.arange(14, 20)
    phase = listener.clock.phase_at(kick_s)
    assert np.max(np.minimum(phase, 1 - phase)) * 60 / TEMPO_BPM < 0.02


def test_the_beat_goes_on_over_lost_sound() -> None:
    samples, listener = kicks(12.0), Listener(RATE_HZ)
    for first in range(0, len(samples), 480):
        if not 8.0 <= first / RATE_HZ < 8.7:
            listener.listen(samples[first : first + 480], first / RATE_HZ)
    assert listener.heard_until_s == pytest.approx(12, abs=0.012)
    phase = listener.clock.phase_at(0.25 + 60 / TEMPO_BPM * np.arange(22, 30))
    assert np.max(np.minimum(phase, 1 - phase)) * 60 / TEMPO_BPM < 0.02


@pytest.mark.parametrize("jump_s", [-5.0, 60.0])
def test_another_stream_begins_where_times_leap(jump_s: float) -> None:
    listener = hear(kicks(2.0), [480])
    listener.listen(np.zeros(4800, np.float32), 102 + jump_s)
    assert listener.heard_until_s == pytest.approx(102 + jump_s + 0.1, abs=0.012)
    assert listener.clock.confidence == 0


def test_numbers_that_are_none_are_heard_as_silence() -> None:
    broken = kicks(6.0)
    broken[4800:4804] = [np.nan, np.inf, -np.inf, np.nan]
    mended, times_s = broken.copy(), 100 + np.arange(0, 6, 0.01)
    mended[4800:4804] = 0
    one, other = hear(broken, [480]), hear(mended, [480])
    for heard in (one.energy_slow, one.musical, one.clock.confidence):
        assert np.isfinite(heard)
    assert (one.energy_slow, one.musical) == (other.energy_slow, other.musical)
    np.testing.assert_array_equal(one.clock.beat_at(times_s), other.clock.beat_at(times_s))
    np.testing.assert_array_equal(one.energy_at(times_s), other.energy_at(times_s))
    assert one.energy_slow > 0 and one.clock.confidence > 0


def test_a_song_is_reported_as_it_was_announced() -> None:
    report = beats_of(Audio(kicks(15.0)[:, None], RATE_HZ))
    assert report.tempo_bpm == pytest.approx(TEMPO_BPM, rel=0.01)
    assert report.locked_after_s is not None
    assert report.locked_after_s < 5
    true_s = 0.25 + 60 / TEMPO_BPM * np.arange(40)
    for beat_s in report.beats:
        assert np.min(np.abs(true_s - beat_s)) < 0.035
    assert np.all(np.diff(report.beats) > 0)
    assert set(report.downbeats) <= set(report.beats)
    assert len(report.downbeats) == pytest.approx(len(report.beats) / 4, abs=2)
    for announced_at_s, beat_s in report.predicted:
        assert beat_s - announced_at_s >= 0.2 - 1e-3


def test_a_silent_song_has_no_beats() -> None:
    report = beats_of(Audio(np.zeros((RATE_HZ, 2), np.float32), RATE_HZ))
    assert (report.beats, report.downbeats, report.predicted) == ([], [], [])
    assert report.locked_after_s is None


@pytest.mark.shared
def test_speech_is_not_locked_to(beside: Callable[[str], Path]) -> None:
    audio = load_audio(beside("music/speech.ogg"))
    listener, confident = Listener(audio.sample_rate_hz), []
    for first in range(0, 15 * audio.sample_rate_hz, 480):
        listener.listen(audio.samples[first : first + 480, 0], first / audio.sample_rate_hz)
        confident.append(listener.clock.confidence >= CONFIDENT)
    assert np.mean(confident) < 0.05
