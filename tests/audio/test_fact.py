"""FACT's 35 numbers: in order, streaming equal to whole, nothing looks ahead, and librosa agrees where it can."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from groovecast.audio import fact
from groovecast.audio import features as f

TOLERANCE = 1e-3  # relative to the largest value


def song(hops: int, seed: int = 0) -> np.ndarray:
    """Chords, and a clap twice a second, the first the loudest; then a second of almost nothing."""
    rng, t = np.random.default_rng(seed), np.arange(hops * f.HOP_SAMPLES) / f.SAMPLE_RATE_HZ
    claps = np.exp(-12 * (t % 0.5)) * rng.standard_normal(len(t)) * (0.2 + 0.8 * (t < 0.5))
    chord = sum(np.sin(2 * np.pi * hz * 2 ** (np.floor(t) / 4) * t) for hz in (220, 277.2, 329.6))
    quiet = np.where((t > 3) & (t < 3.5), 1e-5, 1)
    return (quiet * (0.05 * chord + 0.3 * claps)).astype(np.float32)


def beats_of(hops: int) -> np.ndarray:
    """126 a minute, not known for the first half second."""
    beats = (np.arange(1, hops + 1) * f.HOP_S) * 126 / 60
    beats[:50] = np.nan
    return beats


def stream(samples: np.ndarray, beats: np.ndarray) -> np.ndarray:
    features, numbers, out = f.FeatureState.start(), fact.FactState.start(), []
    for hop, beat in zip(samples.reshape(-1, f.HOP_SAMPLES), beats, strict=True):
        heard, features = f.step(hop, features)
        row, numbers = fact.step(hop, heard, None if np.isnan(beat) else float(beat), numbers)
        out.append(row)
    return np.array(out)


def whole(samples: np.ndarray) -> np.ndarray:
    return fact.whole(samples, beats_of(len(samples) // f.HOP_SAMPLES))


@settings(max_examples=8)
@given(st.integers(1, 450), st.integers(0, 99))
def test_hops_joined_equal_the_whole(hops: int, seed: int) -> None:
    samples = song(hops, seed)
    streamed = stream(samples, beats_of(hops))
    assert streamed.dtype == np.float32
    np.testing.assert_allclose(streamed, whole(samples), rtol=1e-4, atol=2e-3)


@settings(max_examples=8)
@given(st.integers(0, 99 * f.HOP_SAMPLES))
def test_later_sound_changes_no_earlier_number(changed_from: int) -> None:
    samples = song(100)
    other = samples.copy()
    other[changed_from:] = 0.9 * np.sin(np.arange(len(other) - changed_from))
    untouched = changed_from // f.HOP_SAMPLES
    assert np.array_equal(whole(samples)[:untouched], whole(other)[:untouched])


def test_librosa_hears_the_same_envelope_and_timbre_once_the_loudest_was_heard() -> None:
    librosa = pytest.importorskip("librosa")
    samples = song(500)
    padded = np.concatenate((np.zeros(f.WINDOW_SAMPLES - f.HOP_SAMPLES, np.float32), samples))
    power = np.abs(librosa.stft(padded, n_fft=f.WINDOW_SAMPLES, hop_length=f.HOP_SAMPLES, center=False)) ** 2
    options = {"sr": f.SAMPLE_RATE_HZ, "n_fft": f.WINDOW_SAMPLES}
    mel_db = librosa.power_to_db(
        librosa.feature.melspectrogram(S=power, n_mels=f.MEL_BANDS, **options), top_db=80
    )
    loudest = int(np.argmax(mel_db.max(axis=0)))
    assert loudest < 100
    assert (mel_db <= mel_db.max() - 80 + 1e-3).mean() > 0.02  # the clip matters
    theirs = {
        "envelope": librosa.onset.onset_strength(S=mel_db, sr=f.SAMPLE_RATE_HZ, center=False)[:, None],
        "mfcc": librosa.feature.mfcc(S=mel_db, n_mfcc=20).T,
    }
    numbers = whole(samples)
    for name, columns in (("envelope", slice(0, 1)), ("mfcc", fact.MFCC)):
        away = np.abs(numbers[:, columns] - theirs[name])[loudest + 1 :]
        assert away.max() <= TOLERANCE * np.abs(theirs[name]).max(), name


def test_librosa_picks_the_same_peaks_where_it_looks_at_the_past_alone() -> None:
    librosa = pytest.importorskip("librosa")
    rng = np.random.default_rng(3)
    # the loudest comes first and a running peak hardly fades in 4 s, so that it is the song's peak
    envelope = np.concatenate(([9.0], rng.gamma(0.6, 1.0, 400).clip(0, 8))).astype(np.float32)
    running = 9.0 * fact._PEAK_KEPT ** np.arange(401)
    past = {"pre_max": 3, "post_max": 1, "pre_avg": 10, "post_avg": 1, "delta": 0.07, "wait": 3}
    theirs = librosa.util.peak_pick(envelope / running.astype(np.float32), **past)
    assert 40 < len(theirs) < 120
    np.testing.assert_array_equal(np.flatnonzero(fact._peaks(envelope)), theirs)


def test_its_chroma_goes_along_with_librosas_of_the_whole_song() -> None:
    librosa = pytest.importorskip("librosa")
    t = np.arange(8 * f.SAMPLE_RATE_HZ) / f.SAMPLE_RATE_HZ
    roots = 220 * 2 ** (np.array([0, 5, 7, 3, 8, 0, 10, 5])[(t // 1).astype(int)] / 12)
    phase = np.cumsum(roots) / f.SAMPLE_RATE_HZ
    tones = sum(np.sin(2 * np.pi * phase * ratio) for ratio in (1, 1.26, 1.498, 2, 3))
    samples = (0.1 * tones).astype(np.float32)
    ours = whole(samples)[:, fact.CHROMA]
    theirs = librosa.feature.chroma_cens(y=samples, sr=f.SAMPLE_RATE_HZ, hop_length=256).T
    moments = np.arange(100, 780, 10)
    ours, theirs = ours[moments], theirs[(moments * 240 / 256).astype(int)]
    alike = [np.corrcoef(a, b)[0, 1] for a, b in zip(ours, theirs, strict=True)]
    assert np.median(alike) > 0.85
    np.testing.assert_allclose(np.linalg.norm(ours, axis=1), 1, atol=1e-5)


def test_a_clap_is_a_peak_when_it_comes_and_a_sustained_tone_is_none() -> None:
    numbers = whole(song(300))
    peaks_s = (np.flatnonzero(numbers[:, fact.PEAK]) + 1) * f.HOP_S
    for clap_s in np.arange(0.5, 2.9, 0.5):
        assert np.any((peaks_s >= clap_s) & (peaks_s < clap_s + 0.03)), clap_s
    tone = (0.2 * np.sin(2 * np.pi * 440 * np.arange(72000) / f.SAMPLE_RATE_HZ)).astype(np.float32)
    assert not whole(tone)[20:, fact.PEAK].any()


def test_a_beat_is_marked_in_the_hop_that_it_falls_in_once_it_is_known() -> None:
    numbers = whole(song(300))
    marked = np.flatnonzero(numbers[:, fact.BEAT])
    beats_s = np.arange(1, 10) * 60 / 126
    wanted = [int(np.ceil(beat_s / f.HOP_S - 1e-9)) - 1 for beat_s in beats_s if 0.52 < beat_s < 3]
    np.testing.assert_array_equal(marked, wanted)


def test_silence_has_finite_numbers_and_no_song_has_none() -> None:
    numbers = whole(np.zeros(4800, np.float32))
    assert np.isfinite(numbers).all()
    assert not numbers[:, fact.PEAK].any()
    assert whole(np.zeros(0, np.float32)).shape == (0, fact.FACT_NUMBERS)


def test_sixty_frames_a_second_are_the_nearest_hops_and_lose_no_onset() -> None:
    hops = np.zeros((1000, fact.FACT_NUMBERS), np.float32)
    hops[:, 0] = np.arange(1000)
    rng = np.random.default_rng(0)
    hops[rng.choice(np.arange(0, 990, 4), 100, replace=False), fact.PEAK] = 1
    frames = fact.frames_of(hops)
    assert len(frames) == 600
    assert np.abs(frames[:, 0] - np.arange(600) * 100 / 60).max() <= 0.5
    assert frames[:, fact.PEAK].sum() == 100
    assert not frames[:, fact.BEAT].any()
