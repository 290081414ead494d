"""The features: streaming equals offline, nothing looks ahead, librosa agrees."""

from collections.abc import Callable, Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from groovecast.audio import features as f

NAMES = ("power", "band_power", "log_mel_db", "onset_strength", "flux", "rms", "centroid_hz")
TOLERANCE = 1e-3  # relative to the largest value of a feature


def music(hops: int, seed: int = 0) -> np.ndarray:
    rng, t = np.random.default_rng(seed), np.arange(hops * f.HOP_SAMPLES) / f.SAMPLE_RATE_HZ
    beats = np.exp(-8 * (t % 0.5))
    chord = sum(np.sin(2 * np.pi * hz * t) for hz in (110, 220, 277.2, 329.6))
    return (0.1 * chord + 0.2 * beats * rng.standard_normal(len(t))).astype(np.float32)


def stream(samples: np.ndarray) -> Iterator[f.Features]:
    state = f.FeatureState.start()
    for hop in samples.reshape(-1, f.HOP_SAMPLES):
        features, state = f.step(hop, state)
        yield features


@settings(max_examples=10, deadline=None)
@given(hops=st.integers(1, 60), seed=st.integers(0, 99))
def test_hops_joined_equal_the_whole(hops: int, seed: int) -> None:
    samples = music(hops, seed)
    whole, streamed = f.whole(samples), list(stream(samples))
    for name in NAMES:
        joined = np.stack([getattr(features, name) for features in streamed])
        assert joined.dtype == np.float32
        np.testing.assert_allclose(joined, getattr(whole, name), rtol=1e-5, atol=1e-5)


@given(cuts=st.lists(st.integers(0, 9), min_size=1, max_size=8))
def test_some_hops_at_once_are_to_the_bit_what_they_are_one_by_one(cuts: list[int]) -> None:
    samples, state, parts = music(sum(cuts)), f.FeatureState.start(), []
    for hops in np.split(samples.reshape(-1, f.HOP_SAMPLES), np.cumsum(cuts)[:-1]):
        features, state = f.steps(hops, state)
        parts += [features.hop(number) for number in range(len(hops))]
    for part, alone in zip(parts, stream(samples), strict=True):
        for name in NAMES:
            assert np.array_equal(getattr(part, name), getattr(alone, name)), name


@settings(max_examples=10, deadline=None)
@given(changed_from=st.integers(0, 40 * f.HOP_SAMPLES - 1))
def test_later_sound_changes_no_earlier_feature(changed_from: int) -> None:
    samples = music(40)
    other = samples.copy()
    other[changed_from:] = -0.5
    untouched = changed_from // f.HOP_SAMPLES
    for name in NAMES:
        before, after = (getattr(f.whole(x), name)[:untouched] for x in (samples, other))
        assert np.array_equal(before, after)


def test_a_signal_shorter_than_a_hop_has_no_features() -> None:
    assert len(f.whole(np.zeros(100, np.float32)).rms) == 0


def test_silence_has_finite_features() -> None:
    whole = f.whole(np.zeros(2400, np.float32))
    for name in NAMES:
        assert np.isfinite(getattr(whole, name)).all()
    assert not f.chroma(whole.power).any()
    assert not whole.flux.any()


def test_faint_noise_is_not_heard_as_new() -> None:
    noise = np.random.default_rng(0).standard_normal(24000).astype(np.float32) * 1e-3
    assert f.whole(noise).flux.max() < 1.0


def test_a_block_that_is_no_hop_is_refused() -> None:
    with pytest.raises(ValueError, match="a hop has 240"):
        f.step(np.zeros(100, np.float32), f.FeatureState.start())


def test_a_state_begun_anew_remembers_nothing_and_a_state_kept_is_not_changed() -> None:
    samples = music(30)
    first, again = list(stream(samples)), list(stream(samples))
    state = f.FeatureState.start()
    for hop in samples.reshape(-1, f.HOP_SAMPLES)[:10]:
        _, state = f.step(hop, state)
    hop = samples.reshape(-1, f.HOP_SAMPLES)[10]
    once, twice = f.step(hop, state)[0], f.step(hop, state)[0]
    for name in NAMES:
        for one, other in ((first[-1], again[-1]), (once, twice)):
            np.testing.assert_array_equal(getattr(one, name), getattr(other, name))


def test_timbre_and_notes_of_a_hop_are_those_of_the_whole() -> None:
    samples = music(60)
    whole, streamed = f.whole(samples), list(stream(samples))
    timbre = np.stack([f.mfcc(hop.log_mel_db) for hop in streamed])
    notes = np.stack([f.chroma(hop.power) for hop in streamed])
    np.testing.assert_allclose(timbre, f.mfcc(whole.log_mel_db), rtol=1e-5, atol=1e-3)
    np.testing.assert_allclose(notes, f.chroma(whole.power), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(("hz", "band"), [(60.0, 0), (1000.0, 1), (7000.0, 2)], ids=["kick", "snare", "hat"])
def test_what_is_new_is_told_by_bands(hz: float, band: int) -> None:
    t = np.arange(24000) / f.SAMPLE_RATE_HZ
    stroke = 0.5 * np.sin(2 * np.pi * hz * t) * np.exp(-20 * np.maximum(t - 0.5, 0)) * (t > 0.5)
    flux = f.whole(stroke.astype(np.float32)).flux[50:56]
    assert np.argmax(flux[:, :3].max(axis=0)) == band


def sweep(hops: int) -> np.ndarray:
    t = np.arange(hops * f.HOP_SAMPLES) / f.SAMPLE_RATE_HZ
    return (0.3 * np.sin(2 * np.pi * 200 * t * (1 + 8 * t))).astype(np.float32)


def noise(hops: int) -> np.ndarray:
    return (0.1 * np.random.default_rng(1).standard_normal(hops * f.HOP_SAMPLES)).astype(np.float32)


@pytest.mark.parametrize("sound", [music, sweep, noise])
def test_librosa_hears_the_same(sound: Callable[[int], np.ndarray]) -> None:
    librosa = pytest.importorskip("librosa")
    samples = sound(200)
    padded = np.concatenate((np.zeros(f.WINDOW_SAMPLES - f.HOP_SAMPLES, np.float32), samples))
    ours = f.whole(samples)
    options = {"sr": f.SAMPLE_RATE_HZ, "n_fft": f.WINDOW_SAMPLES}
    frames = {"hop_length": f.HOP_SAMPLES, "center": False}
    power = np.abs(librosa.stft(padded, n_fft=f.WINDOW_SAMPLES, **frames)) ** 2
    mel = librosa.feature.melspectrogram(S=power, n_mels=f.MEL_BANDS, **options)
    mel_db = librosa.power_to_db(mel, top_db=None)
    onset = librosa.onset.onset_strength(S=mel_db, sr=f.SAMPLE_RATE_HZ, center=False)
    theirs = {
        "log_mel_db": mel_db.T,
        "onset_strength": onset,
        "rms": librosa.feature.rms(y=padded, frame_length=f.WINDOW_SAMPLES, **frames)[0],
        "centroid_hz": librosa.feature.spectral_centroid(S=np.sqrt(power), **options)[0],
        "mfcc": librosa.feature.mfcc(S=mel_db, n_mfcc=f.MFCCS).T,
        "chroma": librosa.feature.chroma_stft(S=power, tuning=0, **options).T,
    }
    derived = {"mfcc": f.mfcc(ours.log_mel_db), "chroma": f.chroma(ours.power)}
    for name, wanted in theirs.items():
        found = derived[name] if name in derived else getattr(ours, name)
        first = 1  # librosa has no hop before the first to compare with
        assert np.abs(found - wanted)[first:].max() <= TOLERANCE * np.abs(wanted).max(), name
