"""A whole song is heard as live: what is known at a moment comes from the sound before it."""

from pathlib import Path

import numpy as np
import pytest

from groovecast.audio.decode import Audio, load_audio
from realtime.hearing import heard_music

CLUB = Path(__file__).resolve().parents[2] / "groovecast" / "demo" / "club.ogg"


@pytest.fixture(scope="module")
def club() -> Audio:
    whole = load_audio(CLUB)
    return Audio(whole.samples[: 7 * whole.sample_rate_hz], whole.sample_rate_hz)


def test_what_is_known_at_a_moment_does_not_depend_on_what_comes_later(club: Audio) -> None:
    other = club.samples.copy()
    other[5 * club.sample_rate_hz :] = 0
    one, two = heard_music(club), heard_music(Audio(other, club.sample_rate_hz))
    for name, values in vars(one).items():
        np.testing.assert_array_equal(values[: 5 * 30], getattr(two, name)[: 5 * 30], err_msg=name)
    assert (one.energy[6 * 30 :] != two.energy[6 * 30 :]).any()


def test_every_frame_is_known_and_the_beat_is_found(club: Audio) -> None:
    music = heard_music(club)
    assert abs(len(music.beat) - 7 * 30) <= 1 and music.heard.all()
    assert (np.diff(music.beat) > 0).all(), "the beat only ever runs forward"
    assert music.trust[0] == 0 and music.trust[-30:].min() > 0.9
    assert np.abs(music.tempo_bpm[-30:] - 126).max() < 1.5
    for channel in (music.onset, music.energy, music.energy_slow, music.trust):
        assert channel.min() >= 0 and channel.max() <= 1


def test_frames_on_the_edge_of_a_hop_are_heard_like_all_others(club: Audio) -> None:
    # each third frame begins with a hop, and would be asked for before that hop was heard
    music = heard_music(Audio(club.samples[: 4 * club.sample_rate_hz], club.sample_rate_hz))
    energies = [music.energy[30 + third :: 3] for third in range(3)]
    assert min(energy.min() for energy in energies) > 0.31, "calm is 0.3, and so is what was not heard"
    means = [energy.mean() for energy in energies]
    assert max(means) - min(means) < 0.05


def test_silence_has_no_beat_to_trust() -> None:
    music = heard_music(Audio(np.zeros((24000 * 2, 1), np.float32), 24000))
    assert len(music.beat) in (60, 61) and not music.trust.any() and not music.energy.any()
