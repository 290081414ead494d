"""Energy: robust to gain, low in a breakdown, high in a drop, silent in silence."""

from collections.abc import Callable, Iterator

import numpy as np
import pytest

from groovecast.audio import features as f
from groovecast.audio.energy import EnergyMeter

Drums = Callable[[np.ndarray, float], np.ndarray]
RATE_HZ = 24000


def meters(samples: np.ndarray) -> Iterator[tuple[float, float, bool]]:
    """Fast, slow and silent after each hop."""
    meter, state = EnergyMeter(), f.FeatureState.start()
    for hop in samples.astype(np.float32).reshape(-1, f.HOP_SAMPLES):
        features, state = f.step(hop, state)
        meter.hear(features)
        yield meter.fast, meter.section_2s, meter.silent


def club(drums: Drums) -> np.ndarray:
    """20 s of beat, 12 s of chords alone, 12 s of beat, 2 s of nothing."""
    song = drums(0.3 + np.arange(100) * 60 / 126, 46.0)
    t = np.arange(len(song)) / RATE_HZ
    chords = 0.05 * sum(np.sin(2 * np.pi * hz * t) for hz in (220, 277.2, 329.6))
    quiet = (t >= 20) & (t < 32)
    return np.where(t < 44, np.where(quiet, chords, song), 0)


@pytest.fixture(scope="module", params=[0, -20], ids=["loud", "20 dB down"])
def heard(request: pytest.FixtureRequest, drums: Drums) -> np.ndarray:
    """Fast, slow and silent, a row each, for the club at one input gain."""
    return np.array(list(meters(club(drums) * 10 ** (request.param / 20)))).T


def test_a_breakdown_is_low_and_a_drop_is_high_at_any_gain(heard: np.ndarray) -> None:
    fast, slow, _ = heard
    assert fast[1000:1990].mean() > 0.75
    assert fast[2300:3190].mean() < 0.45
    assert fast[3260:4390].mean() > 0.75
    assert slow[1990] > 0.75
    assert slow[3190] < 0.45


def test_a_drop_is_felt_within_half_a_second(heard: np.ndarray) -> None:
    fast, _, _ = heard
    assert fast[3230:3260].max() > fast[3100:3190].mean() + 0.2


def test_sections_are_told_on_two_scales(drums: Drums) -> None:
    meter, state, sections = EnergyMeter(), f.FeatureState.start(), []
    for hop in club(drums).astype(np.float32).reshape(-1, f.HOP_SAMPLES):
        features, state = f.step(hop, state)
        meter.hear(features)
        sections.append((meter.section_2s, meter.section_16s))
    short, long = np.array(sections).T
    assert short[1900:2000].mean() - long[1900:2000].mean() < 0.1  # 20 s into the beat both know it
    # 3 s into the breakdown the short one has arrived, the long one is on its way
    assert short[2300] < 0.5 < long[2300]
    assert long[3190] < long[2300]
    assert short[3500] > 0.75  # and 3 s after the drop
    assert long[3500] < short[3500]


def test_silence_is_noticed_within_half_a_second(heard: np.ndarray) -> None:
    silent = heard[2].astype(bool)
    assert not silent[100:4390].any()
    assert silent[4450:].all()


@pytest.mark.parametrize("loud", [0.0, 1e-3])
def test_silence_and_faint_noise_are_silent(loud: float) -> None:
    noise = np.random.default_rng(0).standard_normal(3 * RATE_HZ) * loud
    for fast, slow, silent in meters(noise):
        assert silent
        assert fast == slow == 0


def test_energies_stay_between_0_and_1() -> None:
    loud = np.clip(np.random.default_rng(0).standard_normal(2 * RATE_HZ) * 5, -1, 1)
    for fast, slow, _ in meters(loud):
        assert 0 <= fast <= 1
        assert 0 <= slow <= 1
