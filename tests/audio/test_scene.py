"""The scene: silence, speech or noise, music, breakdown and drop, each told in time; and two tempi at once."""

from collections.abc import Callable, Iterator
from itertools import pairwise

import numpy as np
import pytest

from groovecast.audio import features as f
from groovecast.audio.energy import EnergyMeter
from groovecast.audio.scene import Pulse, Scene, SceneWatch
from groovecast.audio.tempo_pair import TempoPair
from groovecast.audio.tonality import ToneMeter

Drums = Callable[[np.ndarray, float], np.ndarray]
RATE_HZ = 24000
LOCKED, LOST = Pulse(126.0, 0.8), Pulse(126.0, 0.05)
BEAT_S = 60 / 126
_FIRST_S, _BREAK_S, _DROP_S, _END_S = 2.0, 20.0, 20.0 + 16 * BEAT_S, 34.0


def watched(samples: np.ndarray, pulse: Callable[[float], Pulse]) -> Iterator[SceneWatch]:
    watch, meter, tones, state = SceneWatch(), EnergyMeter(), ToneMeter(), f.FeatureState.start()
    for number, hop in enumerate(samples.astype(np.float32).reshape(-1, f.HOP_SAMPLES)):
        features, state = f.step(hop, state)
        meter.hear(features)
        tones.hear(tones.alike(features.power[None])[0], meter.silent)
        watch.hear(features, meter, tones.musical, pulse((number + 1) * f.HOP_S))
        yield watch


def changes(scenes: list[Scene]) -> list[tuple[float, Scene]]:
    """When what began, seconds after the first sample."""
    begun = [(0.0, scenes[0])]
    return begun + [((n + 2) * f.HOP_S, b) for n, (a, b) in enumerate(pairwise(scenes)) if a is not b]


@pytest.fixture(scope="module")
def club(drums: Drums) -> np.ndarray:
    """Nothing, a beat, chords alone, the beat again with a crash, nothing."""
    beat = drums(_FIRST_S + np.arange(80) * BEAT_S, 37.0)
    t = np.arange(len(beat)) / RATE_HZ
    back = drums(_DROP_S + np.arange(40) * BEAT_S, 37.0)
    chords = 0.05 * sum(np.sin(2 * np.pi * hz * t) for hz in (220, 277.2, 329.6))
    crash = 0.2 * np.random.default_rng(0).standard_normal(len(t)) * np.exp(-2 * np.maximum(t - _DROP_S, 0))
    back = back + crash * (t >= _DROP_S)
    sound = np.where(t < _BREAK_S, beat, np.where(t < _DROP_S, chords, back))
    return np.where((t < _FIRST_S) | (t >= _END_S), 0, sound)


@pytest.fixture(scope="module", params=[0, -20], ids=["loud", "20 dB down"])
def told(request: pytest.FixtureRequest, club: np.ndarray) -> list[tuple[float, Scene]]:
    def pulse(now_s: float) -> Pulse:
        return LOCKED if _FIRST_S + 3 < now_s < _END_S else LOST

    scenes = [watch.scene for watch in watched(club * 10 ** (request.param / 20), pulse)]
    return changes(scenes)


def test_a_song_goes_from_music_to_breakdown_to_drop_to_music_to_silence(
    told: list[tuple[float, Scene]],
) -> None:
    assert [scene for _, scene in told] == [
        Scene.SILENCE,
        Scene.SPEECH_OR_NOISE,
        Scene.MUSIC,
        Scene.BREAKDOWN,
        Scene.DROP,
        Scene.MUSIC,
        Scene.SILENCE,
    ]


def test_a_drop_is_told_within_150_ms_of_its_sound(told: list[tuple[float, Scene]]) -> None:
    at_s = next(time_s for time_s, scene in told if scene is Scene.DROP)
    assert 0 < at_s - _DROP_S < 0.150


def test_silence_is_told_within_half_a_second(told: list[tuple[float, Scene]]) -> None:
    time_s, scene = told[-1]
    assert scene is Scene.SILENCE
    assert time_s - _END_S < 0.5


def test_a_breakdown_is_told_within_two_seconds(told: list[tuple[float, Scene]]) -> None:
    at_s = next(time_s for time_s, scene in told if scene is Scene.BREAKDOWN)
    assert 0 < at_s - _BREAK_S < 2


def test_the_first_sound_ends_silence_within_50_ms(told: list[tuple[float, Scene]]) -> None:
    assert told[1][0] - _FIRST_S < 0.05


def test_noise_is_noise_and_music_that_turns_to_noise_is_no_music_after_a_while(club: np.ndarray) -> None:
    noise = 0.1 * np.random.default_rng(0).standard_normal(10 * RATE_HZ)
    assert {watch.scene for watch in watched(noise, lambda _: LOST)} == {Scene.SPEECH_OR_NOISE}
    both = np.concatenate((club[: 12 * RATE_HZ], noise))
    scenes = [watch.scene for watch in watched(both, lambda now_s: LOCKED if now_s < 12 else LOST)]
    assert scenes[1190] is Scene.MUSIC
    assert scenes[-1] is Scene.SPEECH_OR_NOISE


def test_one_kick_in_a_breakdown_is_no_drop(club: np.ndarray) -> None:
    t = np.arange(int(0.3 * RATE_HZ)) / RATE_HZ
    sound, at = club[: int(27 * RATE_HZ)].copy(), int(24 * RATE_HZ)
    sound[at : at + len(t)] += 0.6 * np.sin(2 * np.pi * 55 * t) * np.exp(-14 * t)
    scenes = [watch.scene for watch in watched(sound, lambda _: LOCKED)]
    assert Scene.DROP not in scenes
    assert scenes[2350] is Scene.BREAKDOWN


def test_a_silence_before_the_drop_is_part_of_the_breakdown(club: np.ndarray) -> None:
    sound = club.copy()
    sound[int((_DROP_S - 1) * RATE_HZ) : int(_DROP_S * RATE_HZ)] = 0
    told = changes([watch.scene for watch in watched(sound, lambda _: LOCKED)])
    assert min(abs(time_s - _DROP_S) for time_s, scene in told if scene is Scene.DROP) < 0.150


def test_another_tempo_is_told_once_it_lasts_and_for_a_while() -> None:
    def pulse(now_s: float) -> Pulse:
        return Pulse(126.0 if now_s < 4 or 6 < now_s < 6.2 else 100.0 if now_s > 8 else 127.0, 0.8)

    silence = np.zeros(14 * RATE_HZ)
    told_s = [n * f.HOP_S for n, watch in enumerate(watched(silence, pulse)) if watch.tempo_changed]
    assert 8.4 < told_s[0] < 8.6
    assert told_s[-1] - told_s[0] == pytest.approx(4, abs=0.05)


def test_two_songs_at_once_are_a_blend_and_one_is_none(drums: Drums) -> None:
    one, other = (drums(0.2 + np.arange(60) * 60 / bpm, 24.0) for bpm in (126, 136))

    def blended(samples: np.ndarray) -> list[bool]:
        pair, told = TempoPair(), []
        for flux in f.whole(samples).flux:
            pair.hear(flux, False)
            told.append(pair.blended)
        return told

    assert not any(blended(one))
    assert not any(blended(other))
    both = blended(one + other)
    assert not any(both[:1000])
    assert np.mean(both[1300:]) > 0.25
