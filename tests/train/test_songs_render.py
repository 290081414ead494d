"""Rendered songs: the same for the same seed, beats where the sound is, and something even on a bare machine."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from groovecast.audio.features import SAMPLE_RATE_HZ, whole
from groovecast.train.songs import render, samples, soundfont, talk
from groovecast.train.songs.cache import load_noises, load_songs, unpacked
from groovecast.train.songs.compose import composed
from groovecast.train.songs.noises import drawn_noise
from groovecast.train.songs.perform import performed
from groovecast.train.songs.score import Note
from groovecast.train.songs.sound import missing, stems
from groovecast.train.songs.styles import Style

_CLICKS = Style(
    "clicks", (90, 150), ("kick X...X...X...X...",), (), ("pop",), drum_chance=1.0, steadiness=1.0
)


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A machine with nothing installed."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(samples, "_SONIC", tmp_path)
    monkeypatch.setattr(samples, "_HYDROGEN", tmp_path)
    monkeypatch.setattr(samples, "recordings_installed", lambda: False)


def _played(style: Style, duration_s: float, seed: int):  # type: ignore[no-untyped-def]
    random = np.random.default_rng(seed)
    return performed(composed(style, duration_s, random), duration_s, random), random


def test_the_same_seed_gives_the_same_song_and_another_seed_another(bare: None) -> None:
    first, again, other = (render.rendered_songs([3], seed)[0] for seed in (5, 5, 6))
    np.testing.assert_array_equal(first.rest, again.rest)
    np.testing.assert_array_equal(first.drums, again.drums)
    np.testing.assert_array_equal(first.beats_s, again.beats_s)
    assert len(first.rest) != len(other.rest) or (first.rest != other.rest).any()


def test_beats_stand_where_the_kick_is_heard(bare: None) -> None:
    lags_s: list[float] = []
    for seed in range(6):
        played, random = _played(_CLICKS, 12, seed)
        drums, rest = stems([(played, random)])[0]
        mel = np.maximum(whole(drums + rest).log_mel_db, -60)
        rise = np.maximum(np.diff(mel, axis=0, prepend=mel[:1]), 0).mean(axis=1)
        for beat_s in played.beats_s[1:-1]:
            near = np.arange(int(beat_s * 100) - 8, int(beat_s * 100) + 9)
            peak = near[np.argmax(rise[near])]
            if rise[peak] > 4 * np.median(rise) + 1:
                lags_s.append(peak / 100 - beat_s)
    assert len(lags_s) > 60
    assert -0.01 < np.median(lags_s) < 0.03
    assert np.mean(np.abs(np.array(lags_s) - np.median(lags_s)) < 0.03) > 0.9


def test_every_style_can_be_heard_on_a_bare_machine(bare: None) -> None:
    plays = [_played(style, 2.0, 1) for style in render.STYLES]
    for (played, _), (drums, rest) in zip(plays, stems(plays), strict=True):
        both = drums + rest
        assert len(both) == 2 * SAMPLE_RATE_HZ and np.isfinite(both).all(), played.style.name
        assert np.abs(both).max() > 0, played.style.name


def test_a_bare_machine_is_told_what_is_missing(bare: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("groovecast.train.songs.sound.recordings_installed", lambda: False)
    assert [line.split(":")[0] for line in missing()] == [
        "no fluidsynth with MuseScore General or OPL3",
        "no recorded drums",
        "no espeak-ng",
    ]


def test_a_machine_without_espeak_babbles(bare: None) -> None:
    sound = talk.spoken(5 * SAMPLE_RATE_HZ, np.random.default_rng(0))
    assert not talk.can_speak()
    assert np.sqrt(np.mean(sound**2)) > 1e-3


def test_noises_are_of_many_kinds_and_last_as_long_as_said(bare: None) -> None:
    made = [drawn_noise(np.random.default_rng(seed)) for seed in range(7)]
    assert len({kind for kind, _ in made}) > 3
    assert all(20 <= len(sound) / SAMPLE_RATE_HZ <= 40 and np.isfinite(sound).all() for _, sound in made)


def test_a_second_run_keeps_the_shards_that_are_there(bare: None, tmp_path: Path) -> None:
    told: list[str] = []
    out = tmp_path / "cache"
    render.render_cache(out, songs=1, noises=1, seed=0, workers=1, told=lambda line: None)
    before = {path.name: path.stat().st_mtime_ns for path in out.iterdir()}
    render.render_cache(out, songs=1, noises=1, seed=0, workers=1, told=told.append)
    assert {path.name: path.stat().st_mtime_ns for path in out.iterdir()} == before
    assert sorted(before) == ["noise_00000.npz", "songs_00000.npz"]
    assert not [line for line in told if "npz" in line]
    song, noise = load_songs(out / "songs_00000.npz")[0], load_noises(out / "noise_00000.npz")[0]
    assert unpacked(song.rest).shape == (len(song.drums), 80) and len(noise.mel) >= 2000


@pytest.mark.skipif(not soundfont.fonts(), reason="needs fluidsynth and one of its sound fonts")
def test_fluidsynth_plays_each_note_of_each_piece_at_its_time() -> None:
    assert shutil.which("fluidsynth")
    pieces = []
    for shift in (0.0, 0.31):
        notes = tuple(Note(0.5 + shift + n * 0.7, 0.1, 76, 1.0) for n in range(3))
        pieces.append(([soundfont.Player(notes, 0, True, 1.0)], 3.0))
    for shift, sound in zip((0.0, 0.31), soundfont.sounded(pieces, soundfont.fonts()[-1]), strict=True):
        loud = np.flatnonzero(np.abs(sound) > 0.2 * np.abs(sound).max()) / SAMPLE_RATE_HZ
        begun = loud[np.concatenate(([True], np.diff(loud) > 0.3))]
        np.testing.assert_allclose(begun, 0.5 + shift + 0.7 * np.arange(3), atol=0.015)
