"""The files between rendering and training give back what was put in."""

from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from groovecast.train.songs.cache import (
    Noise,
    Song,
    load_noises,
    load_songs,
    packed,
    save_noises,
    save_songs,
    unpacked,
)


def _song(hops: int, beats: int, seed: int) -> Song:
    random = np.random.default_rng(seed)
    drums, rest = (random.integers(0, 256, (hops, 80), np.uint8) for _ in range(2))
    beats_s = np.sort(random.uniform(0, hops / 100, beats)).astype(np.float32)
    in_bar = (np.arange(beats) % 3).astype(np.int8)
    return Song(drums, rest, beats_s, in_bar, 3, f"style {seed}", beats > 0)


@given(sizes=st.lists(st.tuples(st.integers(0, 30), st.integers(0, 9)), min_size=1, max_size=5))
def test_songs_come_back_as_they_were(tmp_path_factory, sizes: list[tuple[int, int]]) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path_factory.mktemp("cache") / "songs_00000.npz"
    songs = [_song(hops, beats, seed) for seed, (hops, beats) in enumerate(sizes)]
    save_songs(path, songs)
    for put, got in zip(songs, load_songs(path), strict=True):
        for name in ("drums", "rest", "beats_s", "in_bar"):
            np.testing.assert_array_equal(getattr(put, name), getattr(got, name))
        assert (put.beats_per_bar, put.style, put.pulse) == (got.beats_per_bar, got.style, got.pulse)


def test_a_shard_holds_the_arrays_that_the_trainer_reads(tmp_path: Path) -> None:
    save_songs(tmp_path / "songs_00000.npz", [_song(7, 2, 0), _song(5, 0, 1)])
    with np.load(tmp_path / "songs_00000.npz") as shard:
        assert shard["drums"].shape == shard["rest"].shape == (12, 80)
        assert shard["drums"].dtype == np.uint8
        assert shard["first"].tolist() == [0, 7, 12]
        assert shard["first_beat"].tolist() == [0, 2, 2]
        assert (shard["beats_s"].dtype, shard["in_bar"].dtype) == (np.float32, np.int8)
        assert shard["pulse"].tolist() == [True, False]


def test_noises_come_back_as_they_were(tmp_path: Path) -> None:
    noises = [Noise(np.full((hops, 80), hops, np.uint8), f"kind {hops}") for hops in (3, 0, 8)]
    save_noises(tmp_path / "noise_00000.npz", noises)
    for put, got in zip(noises, load_noises(tmp_path / "noise_00000.npz"), strict=True):
        np.testing.assert_array_equal(put.mel, got.mel)
        assert put.kind == got.kind


@given(level_db=st.floats(-100, 53))
def test_a_byte_keeps_a_level_within_a_third_of_a_decibel(level_db: float) -> None:
    mel = np.full((1, 80), level_db, np.float32)
    assert np.abs(unpacked(packed(mel)) - mel).max() < 0.301


def test_a_reader_never_sees_half_a_shard(tmp_path: Path) -> None:
    save_songs(tmp_path / "songs_00000.npz", [_song(7, 2, 0)])
    assert [path.name for path in tmp_path.iterdir()] == ["songs_00000.npz"]
