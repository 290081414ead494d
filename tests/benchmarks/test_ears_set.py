"""The measuring set: the same from the same seed, every style and kind renders, and the truth is where the sound is."""

import json
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import soundfile

from benchmarks.ears.catalogue import RATE_HZ, SECONDS, Spec, render, specs
from benchmarks.ears.compose import ALL, Section, compose
from benchmarks.ears.grid import Grid, jump, ramp, steady
from benchmarks.ears.midi import fluidsynth_found, fluidsynth_sound, midi_file
from benchmarks.ears.non_music import non_music
from benchmarks.ears.note import DRUMS, Note, Piece
from benchmarks.ears.recordings import excerpts, whole
from benchmarks.ears.style import Style
from benchmarks.ears.styles import STYLES
from benchmarks.ears.synth import own_sound

_ASKED_STYLES = (
    "house techno trance disco hip-hop trap drum_and_bass breakbeat reggaeton latin rock funk swing"
)
_KINDS = ("ramp", "jump", "vinyl", "blend", "half drop", "breakdown", "drumless", "mid-song", "drums")


def _own(spec: Spec) -> Spec:
    return replace(spec, timbre="synthetic")


def test_the_set_has_what_was_asked_for() -> None:
    every = list(specs())
    labels = [label for spec in every for label in spec.labels]
    assert len(every) >= 114 and len({spec.name for spec in every}) == len(every)
    assert {name.replace("_", " ") for name in _ASKED_STYLES.split()} | {"ballad", "waltz", "6/8"} == set(
        STYLES
    )
    assert labels.count("drums_alone") >= 16 and labels.count("club") >= 20
    assert abs(labels.count("synthetic") - labels.count("fluidsynth")) <= 10
    assert {spec.kind for spec in every} == {"steady", *_KINDS}


@pytest.mark.parametrize("style", sorted(STYLES))
def test_every_style_plays_on_its_beats(style: str) -> None:
    rng = np.random.default_rng(3)
    grid = steady(STYLES[style].tempi_bpm[0], 12.0, STYLES[style].beats_per_bar, rng)
    piece = compose(replace(STYLES[style], loose=0), grid, [Section(4, ALL)] * 20, 12.0, rng)
    drums = np.array([note.at_s for note in piece.notes if note.part == "drums"])
    hit = [np.abs(drums - beat_s).min() < 0.04 for beat_s in grid.beats_s[grid.beats_s < 11]]
    assert np.mean(hit) > 0.6
    assert {note.part for note in piece.notes} >= {"drums", "bass"}


@pytest.mark.parametrize("kind", _KINDS)
def test_every_kind_renders_thirty_seconds_with_truth(kind: str) -> None:
    track = render(_own(next(spec for spec in specs() if spec.kind == kind)), 5)
    assert len(track.samples) == SECONDS * RATE_HZ and np.isfinite(track.samples).all()
    assert 0.05 < np.abs(track.samples).max() <= 1
    truth = track.truth
    assert truth is not None and len(truth.beats_s) > 20 and np.all(np.diff(truth.beats_s) > 0.2)
    assert set(truth.downbeats_s) <= set(truth.beats_s)
    assert (truth.jump_s is not None) == (kind == "jump")


def test_the_same_seed_gives_the_same_track_and_another_seed_another() -> None:
    spec = next(spec for spec in specs() if spec.club and spec.timbre == "synthetic")
    first, again, other = render(spec, 1), render(spec, 1), render(spec, 2)
    assert np.array_equal(first.samples, again.samples)
    assert first.truth is not None and again.truth is not None and other.truth is not None
    assert np.array_equal(first.truth.beats_s, again.truth.beats_s)
    assert not np.array_equal(first.truth.beats_s[:20], other.truth.beats_s[:20])


def _onsets_s(samples: np.ndarray, rate_hz: int) -> np.ndarray:
    loud = np.abs(samples) > 0.1 * np.abs(samples).max()
    firsts = np.flatnonzero(loud)
    return firsts[np.diff(firsts, prepend=-rate_hz) > 0.2 * rate_hz] / rate_hz


def _clicks() -> Piece:
    notes = tuple(Note(at_s, 0.1, DRUMS["claves"], 1.0, "drums") for at_s in (0.5, 1.0, 1.5, 2.125))
    return Piece(notes, {"drums": 0}, 3.0)


def test_our_own_instruments_sound_when_they_are_struck() -> None:
    heard = _onsets_s(own_sound(_clicks(), RATE_HZ, np.random.default_rng(1)), RATE_HZ)
    assert heard == pytest.approx([0.5, 1.0, 1.5, 2.125], abs=0.002)


@pytest.mark.skipif(not fluidsynth_found(), reason="fluidsynth with Debian's soundfont is not installed")
def test_fluidsynth_sounds_when_it_is_struck() -> None:
    heard = _onsets_s(fluidsynth_sound(_clicks(), RATE_HZ, reverberant=False), RATE_HZ)
    assert heard == pytest.approx([0.5, 1.0, 1.5, 2.125], abs=0.006)


def test_a_midi_file_says_its_lengths() -> None:
    body = midi_file(_clicks())
    assert body[:4] == b"MThd" and body[14:18] == b"MTrk"
    assert int.from_bytes(body[18:22], "big") == len(body) - 22 and body.endswith(b"\xff\x2f\x00")


def test_the_tempo_after_a_jump_is_another_from_that_beat_on() -> None:
    grid = jump(120, 1.25, 30, 4, np.random.default_rng(2))
    assert grid.jump_s is not None
    gaps = np.diff(grid.beats_s)
    before = grid.beats_s[:-1] < grid.jump_s - 1e-6
    assert gaps[before] == pytest.approx(0.5) and gaps[~before] == pytest.approx(0.4)
    assert np.flatnonzero(~before)[0] % 4 == 0


def test_a_ramp_ends_at_its_second_tempo() -> None:
    gaps = np.diff(ramp(100, 130, 30, 4, np.random.default_rng(2)).beats_s)
    assert gaps[0] == pytest.approx(0.6) and gaps[-1] == pytest.approx(60 / 130)
    assert np.all(np.diff(gaps) < 1e-9)


def test_between_two_beats_time_goes_evenly() -> None:
    grid = Grid(np.array([0.0, 1.0, 3.0]), 4)
    assert [grid.time_at(beat) for beat in (-1, 0.5, 1.5, 2, 3)] == pytest.approx([-1, 0.5, 2, 3, 5])


def test_a_pattern_of_half_a_bar_is_refused() -> None:
    with pytest.raises(ValueError, match="whole bars of 16 steps"):
        Style((100, 120), ({"kick": "X..."},), (), ())


def test_in_a_blend_nobody_is_judged_where_both_are_loud() -> None:
    track = render(_own(next(spec for spec in specs() if spec.kind == "blend")), 1)
    assert track.truth is not None
    (_, until_s), (from_s, _) = track.truth.scored_s
    assert from_s - until_s == pytest.approx(4.0)
    for judged_s in (
        track.truth.beats_s[track.truth.beats_s < until_s],
        track.truth.beats_s[track.truth.beats_s > from_s],
    ):
        assert np.ptp(np.diff(judged_s)) < 0.02


def test_what_is_no_music_has_no_beats() -> None:
    names = []
    for track in non_music(1):
        names.append(track.name)
        assert track.truth is None and np.isfinite(track.samples).all()
    assert {"white noise", "pink noise", "silence", "applause 1", "crowd 1"} <= set(names)


def test_a_recording_is_cut_in_thirty_second_pieces_with_its_truth(tmp_path: Path) -> None:
    rate_hz, beats = 8000, np.arange(0.25, 80, 0.5)
    soundfile.write(tmp_path / "song.wav", np.random.default_rng(0).uniform(-0.5, 0.5, 80 * rate_hz), rate_hz)
    soundfile.write(tmp_path / "unknown.wav", np.zeros(rate_hz), rate_hz)
    told = {"beats": beats.tolist(), "downbeats": beats[::4].tolist(), "scored": [[0, 50], [62, 80]]}
    (tmp_path / "song.json").write_text(json.dumps(told))
    pieces = list(excerpts(tmp_path, tmp_path))
    assert [piece.name for piece in pieces] == ["song 0 s", "song 30 s", "song 60 s"]
    assert [len(piece.samples) / rate_hz for piece in pieces] == [30, 30, 20]
    assert pieces[1].truth is not None and pieces[1].truth.scored_s == ((0, 20),)
    assert pieces[1].truth.beats_s[0] == pytest.approx(0.25)
    assert [track.name for track in whole(tmp_path, tmp_path)] == ["song whole"]
    assert all(a.labels == b.labels == {"real"} for a, b in pairwise(pieces))
