"""The streaming resampler."""

import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from groovecast.audio.resample import Resampler

RATES_HZ = (8000, 11025, 16000, 22050, 24000, 44100, 48000, 96000, 192000)


def sine(hz: float, rate_hz: int, seconds: float = 0.25) -> np.ndarray:
    return np.sin(2 * np.pi * hz * np.arange(int(rate_hz * seconds)) / rate_hz).astype(np.float32)


@settings(max_examples=40, deadline=None)
@given(
    rate_hz=st.one_of(st.sampled_from(RATES_HZ), st.integers(8000, 50000)),
    cuts=st.lists(st.integers(1, 2000), min_size=1, max_size=12),
)
def test_chunks_joined_equal_the_whole(rate_hz: int, cuts: list[int]) -> None:
    samples = np.random.default_rng(1).standard_normal(sum(cuts)).astype(np.float32)
    streaming = Resampler(rate_hz)
    chunks = [streaming.push(chunk) for chunk in np.split(samples, np.cumsum(cuts)[:-1])]
    joined = np.concatenate(chunks)
    assert np.array_equal(joined, Resampler(rate_hz).push(samples))


@given(rate_hz=st.sampled_from(RATES_HZ), cuts=st.lists(st.integers(0, 300), max_size=12))
def test_what_is_ready_is_known_before(rate_hz: int, cuts: list[int]) -> None:
    resampler = Resampler(rate_hz)
    for cut in cuts:
        expected = resampler.ready(cut)
        assert len(resampler.push(np.zeros(cut, np.float32))) == expected


@pytest.mark.parametrize("rate_hz", [*RATES_HZ, 44101, 47999])
def test_a_tone_keeps_its_height_and_its_time(rate_hz: int) -> None:
    out = Resampler(rate_hz).whole(sine(1000, rate_hz))
    wanted = sine(1000, 24000)[: len(out)]
    assert abs(len(out) - 6000) <= 1
    assert np.abs(out - wanted)[150:-150].max() < 1e-3


@pytest.mark.parametrize("rate_hz", [44100, 48000, 192000])
def test_what_cannot_be_kept_is_silenced_not_folded(rate_hz: int) -> None:
    out = Resampler(rate_hz).whole(sine(13000, rate_hz))
    assert np.abs(out[150:-150]).max() < 2e-3


@pytest.mark.parametrize("rate_hz", RATES_HZ)
def test_output_comes_once_the_stated_look_ahead_is_there(rate_hz: int) -> None:
    resampler = Resampler(rate_hz)
    silent = np.zeros(resampler.look_ahead_samples + 1, np.float32)
    assert len(resampler.push(silent)) >= 1
    resampler.reset()
    assert len(resampler.push(silent[:-1])) == 0


@pytest.mark.parametrize("rate_hz", [24000, 44100, 48000, 44101])
def test_the_whole_is_the_stream_to_the_bit(rate_hz: int) -> None:
    samples = np.random.default_rng(2).standard_normal(int(0.35 * rate_hz)).astype(np.float32)
    whole, streamed = Resampler(rate_hz).whole(samples), Resampler(rate_hz).push(samples)
    assert len(whole) == -(-len(samples) * 24000 // rate_hz)
    assert np.array_equal(whole[: len(streamed)], streamed)


def test_ten_minutes_are_resampled_in_little_more_than_they_take_themselves() -> None:
    samples = np.zeros(600 * 48000, np.float32)
    resampler = Resampler(48000)
    tracemalloc.start()
    try:
        assert len(resampler.whole(samples)) == 600 * 24000
        _, most_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most_bytes < 3 * samples.nbytes


def test_a_rate_that_no_ear_can_use_is_refused() -> None:
    with pytest.raises(ValueError, match="8000 to 192000"):
        Resampler(4000)
