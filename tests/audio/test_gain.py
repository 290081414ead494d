"""The leveller: quiet music becomes as loud as a record, noise stays noise, and blocks leave no trace."""

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import groovecast.demo
from groovecast.audio.decode import load_audio, mono
from groovecast.audio.gain import (
    LEAST_GAIN_DB,
    LOUDEST,
    MOST_DB_PER_S,
    MOST_GAIN_DB,
    TARGET_DB,
    DcBlocker,
    Leveller,
)
from groovecast.audio.resample import Resampler

RATE_HZ = 24000
Noise = Callable[[float], np.ndarray]


def level_db(samples: np.ndarray) -> float:
    return 10 * float(np.log10(np.mean(np.square(samples, dtype=np.float64)) + 1e-20))


def at(samples: np.ndarray, wanted_db: float) -> np.ndarray:
    """The same, as loud as that."""
    scaled: np.ndarray = (samples * 10 ** ((wanted_db - level_db(samples)) / 20)).astype(np.float32)
    return scaled


def white(seconds: float) -> np.ndarray:
    return np.random.default_rng(1).standard_normal(int(seconds * RATE_HZ))


def pink(seconds: float) -> np.ndarray:
    spectrum = np.fft.rfft(white(seconds))
    return np.fft.irfft(spectrum / np.sqrt(np.arange(len(spectrum)) + 1))


@pytest.fixture(scope="module")
def club() -> np.ndarray:
    """Twenty seconds of the bundled track."""
    audio = load_audio(Path(groovecast.demo.__path__[0]) / "club.ogg")
    rate = audio.sample_rate_hz
    return Resampler(rate, RATE_HZ).whole(mono(audio.samples)[20 * rate : 40 * rate])


@pytest.mark.parametrize("heard_db", [-45, -40, -30, -18, -6])
def test_music_comes_out_as_loud_as_a_record_within_8_s(club: np.ndarray, heard_db: float) -> None:
    out = Leveller(RATE_HZ).push(at(club, heard_db))
    after = 8 if heard_db >= -40 else 12
    for second in range(after, 20, 4):
        assert level_db(out[second * RATE_HZ : (second + 4) * RATE_HZ]) == pytest.approx(TARGET_DB, abs=3)


@pytest.mark.parametrize("noise", [white, pink])
def test_steady_noise_is_not_raised_to_music(noise: Noise) -> None:
    for heard_db in (-60, -45, -35):
        out = Leveller(RATE_HZ).push(at(noise(62), heard_db))
        assert level_db(out[-2 * RATE_HZ :]) < heard_db + 1, heard_db


def test_noise_after_music_keeps_the_gain_that_the_music_had(club: np.ndarray) -> None:
    leveller = Leveller(RATE_HZ)
    leveller.push(at(club, -40))
    gain_db = leveller.levels.gain_db
    leveller.push(at(white(60), -60))
    assert leveller.levels.frozen
    assert leveller.levels.gain_db == pytest.approx(gain_db, abs=1)


def test_a_fainter_passage_is_turned_up_late(club: np.ndarray) -> None:
    leveller = Leveller(RATE_HZ)
    leveller.push(at(club, -18))
    before_db = leveller.levels.gain_db
    leveller.push(at(club, -30)[: 8 * RATE_HZ])
    assert 0.5 < leveller.levels.gain_db - before_db < 6


@given(st.lists(st.integers(1, 700), min_size=1, max_size=40), st.sampled_from([8000, 11025, 24000, 48000]))
def test_blocks_leave_no_trace(cuts: list[int], rate_hz: int) -> None:
    rng = np.random.default_rng(sum(cuts))
    samples = (rng.standard_normal(sum(cuts)) * np.repeat(rng.uniform(0, 1.5, len(cuts)), cuts)).astype("f4")
    whole, leveller = Leveller(rate_hz), Leveller(rate_hz)
    pieces = np.split(samples, np.cumsum(cuts)[:-1])
    assert np.array_equal(np.concatenate([leveller.push(piece) for piece in pieces]), whole.push(samples))
    assert leveller.levels == whole.levels


def test_later_sound_changes_nothing_before_it() -> None:
    one, other = at(white(1), -30), at(white(1), -30)
    other[12_345:] *= 20
    assert np.array_equal(Leveller(RATE_HZ).push(one)[:12_345], Leveller(RATE_HZ).push(other)[:12_345])


def test_the_gain_moves_slowly_except_where_the_sound_would_clip(club: np.ndarray) -> None:
    leveller, gains_db = Leveller(RATE_HZ), [0.0]
    faint = at(club, -44)
    faint[15 * RATE_HZ :] = at(club, -3)[15 * RATE_HZ :]
    peaks = []
    for hop in faint.reshape(-1, RATE_HZ // 100):
        peaks.append(np.abs(leveller.push(hop)).max())
        gains_db.append(leveller.levels.gain_db)
    steps_db = np.diff(gains_db)
    assert steps_db.max() <= MOST_DB_PER_S / 100 + 1e-6
    assert max(gains_db) <= MOST_GAIN_DB
    assert max(peaks) <= 1
    sudden = np.flatnonzero(steps_db < -1.1 * MOST_DB_PER_S / 100)
    assert len(sudden)
    for hop_number in sudden:
        # the gain falls by a decibel within a hop that would clip
        assert max(peaks[hop_number - 1 : hop_number + 1]) > 0.89
    assert gains_db[16 * 100] < gains_db[15 * 100] - 10, "and sound that is loud for good is believed at once"


@pytest.mark.parametrize("loud", [0.99, 1.0, 7.0, 1e6])
def test_a_pop_is_held_down_and_the_gain_goes_on_as_before(club: np.ndarray, loud: float) -> None:
    faint, leveller = at(club, -30), Leveller(RATE_HZ)
    leveller.push(faint[: 10 * RATE_HZ])
    before_db = leveller.levels.gain_db
    assert before_db > 8
    pop = np.array([loud, -loud], "f4")
    assert np.abs(leveller.push(pop)).max() <= 1
    out = leveller.push(faint[10 * RATE_HZ : 10 * RATE_HZ + RATE_HZ // 2])
    assert np.abs(out).max() <= 1
    assert leveller.levels.gain_db == pytest.approx(before_db, abs=1)


def test_the_gain_never_falls_below_the_least(club: np.ndarray) -> None:
    leveller = Leveller(RATE_HZ)
    for block in np.array_split(np.clip(at(club, -10) * 40, -LOUDEST, LOUDEST), 100):
        leveller.push(block)
        assert leveller.levels.gain_db >= LEAST_GAIN_DB - 1e-6


def test_numbers_that_no_sound_reaches_are_silence_and_do_no_harm(club: np.ndarray) -> None:
    leveller = Leveller(RATE_HZ)
    huge = np.array([3.4e38, -3.4e38, np.nextafter(np.float32(LOUDEST), np.float32(99))] * 300, "f4")
    assert not leveller.push(huge).any()
    out = leveller.push(at(club, -18))
    assert np.isfinite(out).all() and np.isfinite(leveller.levels.gain_db)
    assert level_db(out[-4 * RATE_HZ :]) == pytest.approx(TARGET_DB, abs=3)


@pytest.mark.parametrize("rate_hz", [8000, 24000, 44100, 192000])
def test_a_constant_offset_is_gone_and_the_bass_stays(rate_hz: int) -> None:
    time_s = np.arange(2 * rate_hz) / rate_hz
    bass = 0.2 * np.sin(2 * np.pi * 60 * time_s)
    out = DcBlocker(rate_hz).push((bass + 0.5).astype(np.float32))[rate_hz:]
    assert abs(out.mean()) < 1e-5
    assert level_db(out) == pytest.approx(level_db(bass), abs=0.2)


def test_the_high_pass_is_the_first_order_one_that_it_says() -> None:
    heard = white(0.3).astype(np.float32)
    pole, expected = np.exp(-2 * np.pi * 10 / RATE_HZ), [0.0]
    for before, now in pairwise(heard.astype(np.float64)):
        expected.append((1 + pole) / 2 * (now - before) + pole * expected[-1])
    np.testing.assert_allclose(DcBlocker(RATE_HZ).push(heard), expected, atol=1e-6)


def test_numbers_that_are_not_finite_are_silence_and_do_no_harm(club: np.ndarray) -> None:
    broken, leveller = at(club, -18), Leveller(RATE_HZ)
    broken[::1000] = np.array([np.nan, np.inf, -np.inf, 0], "f4").repeat(1 + len(broken) // 4000)[
        : len(broken[::1000])
    ]
    out = leveller.push(broken)
    assert np.isfinite(out).all()
    assert level_db(out[-4 * RATE_HZ :]) == pytest.approx(TARGET_DB, abs=3)


def test_silence_stays_silence() -> None:
    leveller = Leveller(RATE_HZ)
    assert not leveller.push(np.zeros(RATE_HZ, np.float32)).any()
    assert leveller.push(np.zeros(0, np.float32)).shape == (0,)
    assert leveller.levels.gain_db == 0
