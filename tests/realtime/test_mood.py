"""What the model is told of the music: what counts as heard, and how hard to dance."""

import numpy as np
import pytest

from groovecast.audio.beat import BeatTracker
from groovecast.audio.decode import mono
from groovecast.model.config import ModelConfig
from groovecast.motion.energy import energy_of
from groovecast.motion.pose import Motion
from groovecast.train.windows import LOOK_AHEAD_FRAMES
from realtime.dance_settings import DanceSettings
from realtime.evaluation.songs import club_song
from realtime.listener import Listener
from realtime.mood import Mood, mood_of, music_for, styles_of
from realtime.occasion import Occasion, occasion_of

_HEARD = 9  # the channel that says so


@pytest.mark.parametrize("off_s", [-1e-9, 0.0, 1e-9])
@pytest.mark.parametrize("beyond", LOOK_AHEAD_FRAMES[:2])
def test_the_frame_that_sounds_now_is_not_heard_yet_however_its_time_is_rounded(
    off_s: float, beyond: int
) -> None:
    listener = Listener(24_000)
    listener.listen(np.random.default_rng(0).normal(0, 0.1, 4 * 24_000).astype(np.float32), 0.0)
    times_s = np.arange(90) / 30 + 1.0
    told = music_for(
        listener, BeatTracker().clock, Mood.calm(("salsa", "idle")), times_s, times_s[34 + beyond] + off_s
    )
    assert told[:, _HEARD].sum() == 34 + beyond


_SETTINGS = DanceSettings(style="salsa")
_STYLES = styles_of(_SETTINGS.first, 0.0, ModelConfig().styles)


def _heard(seconds: float, loudness: float) -> Listener:
    """Ears that heard a loud beat, and then the same at another loudness."""
    listener, rate = Listener(24_000), 24_000
    rng = np.random.default_rng(0)
    for number, size in enumerate((0.3, loudness)):
        count = int(seconds * rate)
        strokes = np.exp(-(np.arange(count) % (rate // 2)) / 2000)
        listener.listen((size * strokes * rng.normal(0, 1, count)).astype(np.float32), number * seconds)
    return listener


def _settled(listener: Listener, danced: float) -> Mood:
    mood = Mood.calm(ModelConfig().styles)
    for _ in range(40):
        occasion = occasion_of(listener, listener.clock, listener.heard_until_s, Occasion())
        mood = mood_of(listener, occasion, mood, danced, _SETTINGS, _STYLES)
    return mood


def test_who_dances_with_less_energy_than_the_music_asks_is_told_more_and_who_dances_with_more_less() -> None:
    listener = _heard(6.0, 0.3)
    wanted = _settled(listener, 0.5).energy
    lazy, as_asked, wild = (_settled(listener, wanted + off) for off in (-0.2, 0.0, 0.2))
    assert as_asked.told == pytest.approx(wanted, abs=0.02)
    assert lazy.told > as_asked.told + 0.1 > as_asked.told - 0.1 > wild.told
    assert 0 <= _settled(listener, 1.0).told <= _settled(listener, 0.0).told <= 1
    assert lazy.energy == as_asked.energy == wild.energy  # what the music asks is the music's alone


def test_a_breakdown_is_told_within_a_bar() -> None:
    loud = _heard(6.0, 0.3)
    before = _settled(loud, 0.4).told
    quiet = np.random.default_rng(1).normal(0, 0.01, 2 * 24_000).astype(np.float32)
    loud.listen(quiet, 12.0)
    assert _settled(loud, 0.4).told < before - 0.1


def test_the_told_energy_of_each_frame_carries_the_push() -> None:
    listener = _heard(6.0, 0.3)
    times_s = np.arange(90) / 30 + 9.0
    lazy, wild = (_settled(listener, danced) for danced in (0.1, 0.9))
    told = [music_for(listener, listener.clock, mood, times_s, 12.0)[:60, 7] for mood in (lazy, wild)]
    assert (told[0] > told[1]).all() and told[0].max() <= 1 and told[1].min() >= 0


def test_energy_is_read_as_it_is_told() -> None:
    still = Motion(30.0, np.zeros((40, 3)), np.tile([1.0, 0, 0, 0], (40, 22, 1)))
    assert energy_of(still) == 0
    going = Motion(30.0, np.arange(40)[:, None] * [0.0, 0.0, 1.6 / 30], still.local_quat_wxyz)
    assert energy_of(going) == pytest.approx(0.5)  # both feet at 1.6 m/s, hands at rest against the hips


def test_a_drop_lifts_the_dance_within_a_bar_above_a_build_as_loud() -> None:
    song = club_song((44, 52))  # the end of a breakdown and its build, as loud as the drop at 15 s
    (drop_s,) = (at for at, change in song.changes if change == "drop")
    listener, samples, rate = (
        Listener(song.audio.sample_rate_hz),
        mono(song.audio.samples),
        song.audio.sample_rate_hz,
    )
    told: list[tuple[float, float]] = []
    mood = Mood.calm(ModelConfig().styles)
    for number in range(int(song.audio.duration_s * 30 / 8)):
        first, last = (round(one * 8 / 30 * rate) for one in (number, number + 1))
        listener.listen(samples[first:last], first / rate)
        occasion = occasion_of(listener, listener.clock, last / rate, Occasion())
        mood = mood_of(listener, occasion, mood, 0.5, _SETTINGS, _STYLES)
        told.append((last / rate, mood.told))
    when, energy = np.array(told).T
    before = energy[(when > drop_s - 4) & (when < drop_s)].mean()
    after = energy[(when > drop_s + 2) & (when < drop_s + 4)].mean()
    assert after > before + 0.05
    assert mood.lift < 0.9  # it wears off
