"""The files between rendering and training: log-mel spectra of songs and noises, a byte a band."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float32, Float64, Int8, UInt8

_FLOOR_DB, _STEP_DB = -100.0, 0.6


@dataclass(frozen=True)
class Song:
    """A song as it is learned from: its drums and all the rest apart, each possibly silent."""

    drums: UInt8[np.ndarray, "hops mels"]
    rest: UInt8[np.ndarray, "hops mels"]
    beats_s: Float64[np.ndarray, " beats"] | Float32[np.ndarray, " beats"]
    in_bar: Int8[np.ndarray, " beats"]  # 0 is the downbeat
    beats_per_bar: int
    style: str
    pulse: bool


@dataclass(frozen=True)
class Noise:
    """A stretch without music."""

    mel: UInt8[np.ndarray, "hops mels"]
    kind: str


def packed(log_mel_db: Float32[np.ndarray, "*hops mels"]) -> UInt8[np.ndarray, "*hops mels"]:
    """Steps of 0.6 dB from -100 dB up."""
    steps = np.round((log_mel_db - _FLOOR_DB) / _STEP_DB)
    return np.clip(steps, 0, 255).astype(np.uint8)


def unpacked(mel: UInt8[np.ndarray, "*hops mels"]) -> Float32[np.ndarray, "*hops mels"]:
    """The decibels again, within 0.3 dB."""
    return mel.astype(np.float32) * np.float32(_STEP_DB) + np.float32(_FLOOR_DB)


def save_songs(path: Path, songs: Sequence[Song]) -> None:
    """Write a shard; a reader sees all of it or nothing."""
    _save(
        path,
        drums=np.concatenate([song.drums for song in songs]),
        rest=np.concatenate([song.rest for song in songs]),
        first=_firsts([len(song.drums) for song in songs]),
        beats_s=np.concatenate([song.beats_s for song in songs]).astype(np.float32),
        in_bar=np.concatenate([song.in_bar for song in songs]).astype(np.int8),
        first_beat=_firsts([len(song.beats_s) for song in songs]),
        beats_per_bar=np.array([song.beats_per_bar for song in songs], np.int8),
        style=np.array([song.style for song in songs]),
        pulse=np.array([song.pulse for song in songs], bool),
    )


def load_songs(path: Path) -> list[Song]:
    """All songs of a shard."""
    with np.load(path, allow_pickle=False) as found:
        shard = {name: found[name] for name in found.files}
    songs = []
    for number in range(len(shard["style"])):
        hops = slice(*shard["first"][number : number + 2])
        beats = slice(*shard["first_beat"][number : number + 2])
        songs.append(
            Song(
                shard["drums"][hops],
                shard["rest"][hops],
                shard["beats_s"][beats],
                shard["in_bar"][beats],
                int(shard["beats_per_bar"][number]),
                str(shard["style"][number]),
                bool(shard["pulse"][number]),
            )
        )
    return songs


def save_noises(path: Path, noises: Sequence[Noise]) -> None:
    """Write a shard of noises."""
    _save(
        path,
        mel=np.concatenate([noise.mel for noise in noises]),
        first=_firsts([len(noise.mel) for noise in noises]),
        kind=np.array([noise.kind for noise in noises]),
    )


def load_noises(path: Path) -> list[Noise]:
    """All noises of a shard."""
    with np.load(path, allow_pickle=False) as found:
        mel, first, kind = found["mel"], found["first"], found["kind"]
    return [Noise(mel[first[n] : first[n + 1]], str(kind[n])) for n in range(len(kind))]


def _firsts(lengths: list[int]) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.concatenate(([0], np.cumsum(lengths))).astype(np.int64)


def _save(path: Path, **arrays: np.ndarray[tuple[int, ...], np.dtype[np.generic]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    with part.open("wb") as file:
        np.savez_compressed(file, **arrays)  # type: ignore[arg-type]  # its stub takes **kwds for allow_pickle
    part.replace(path)
