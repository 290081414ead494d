"""What an ear learns from: rendered songs, joined, mixed and weathered anew at every draw, and the truth."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float32, Int64
from numpy.typing import NDArray

from groovecast.audio.ear import (
    ANSWER_LAG_S,
    BINS_PER_OCTAVE,
    HOPS_PER_STEP,
    LEAST_BIN_BPM,
    TEMPO_BINS,
    EarInputState,
    ear_input,
)
from groovecast.audio.features import HOP_S, MEL_BANDS
from groovecast.train import ear_weather as weather

_NEIGHBOUR = 0.4  # how much of a beat the hops beside its own are


@dataclass(frozen=True)
class Song:
    """One rendered song: two stems as quantised log-mel spectra, and its beats."""

    style: str
    drums: NDArray[np.uint8]
    rest: NDArray[np.uint8]
    beats_s: NDArray[np.float64]
    in_bar: NDArray[np.int64]


@dataclass(frozen=True)
class Lesson:
    """A batch: inputs; beat and downbeat for each hop, 0 to 1; for each step pulse, 0 or 1, and tempo bin, -1: none."""

    inputs: Float32[np.ndarray, "batch steps inputs"]
    beat: Float32[np.ndarray, "batch hops"]
    downbeat: Float32[np.ndarray, "batch hops"]
    pulse: Float32[np.ndarray, "batch steps"]
    tempo: Int64[np.ndarray, "batch steps"]


class EarSongs:
    """All shards of a cache folder, in memory; every `held_out`-th song is kept for examining."""

    _HELD_OUT = 20

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.songs: list[Song] = []
        self.held_out: list[Song] = []
        self.beds: list[weather.Bed] = []
        self._read: set[str] = set()
        self.read_more()
        if not self.songs:
            raise ValueError(
                f"asked for songs in {folder.name}, found none: render them with `groovecast train songs`"
            )

    def read_more(self) -> int:
        """Read the shards that are new in the folder; returns how many songs there are."""
        for path in sorted(self.folder.glob("*.npz")):
            if path.name in self._read:
                continue
            self._read.add(path.name)
            with np.load(path) as shard:
                if path.name.startswith("noise"):
                    self._keep_beds(shard)
                else:
                    self._keep_songs(shard)
        return len(self.songs)

    def _keep_beds(self, shard: "np.lib.npyio.NpzFile") -> None:
        first, mel = shard["first"], shard["mel"]
        for index, kind in enumerate(shard["kind"]):
            self.beds.append(weather.Bed(str(kind), mel[first[index] : first[index + 1]]))

    def _keep_songs(self, shard: "np.lib.npyio.NpzFile") -> None:
        first, drums, rest = shard["first"], shard["drums"], shard["rest"]
        beats, in_bar, first_beat = shard["beats_s"], shard["in_bar"], shard["first_beat"]
        for index, style in enumerate(shard["style"]):
            hops = slice(first[index], first[index + 1])
            own = slice(first_beat[index], first_beat[index + 1])
            song = Song(
                str(style), drums[hops], rest[hops],
                beats[own].astype(np.float64), in_bar[own].astype(np.int64),
            )  # fmt: skip
            held = (len(self.songs) + len(self.held_out)) % self._HELD_OUT == self._HELD_OUT - 1
            (self.held_out if held else self.songs).append(song)

    def draw(self, rng: np.random.Generator, batch: int, hops: int, held_out: bool = False) -> Lesson:
        """A batch of so many examples of so many hops, mixed and weathered."""
        songs = self.held_out if held_out and self.held_out else self.songs
        return _lesson([_Example(rng, hops, songs, self.beds).built() for _ in range(batch)])


@dataclass(frozen=True)
class _Heard:
    """A stretch of sound and where its beats are, in hops."""

    power: Float32[np.ndarray, "hops mels"]
    beats: NDArray[np.float64]
    in_bar: NDArray[np.int64]


class _Example:
    """One example being made."""

    def __init__(
        self, rng: np.random.Generator, hops: int, songs: list[Song], beds: list[weather.Bed]
    ) -> None:
        self.rng, self.hops, self.songs, self.beds = rng, hops, songs, beds

    def built(self) -> tuple[Float32[np.ndarray, "hops mels"], _Heard]:
        """What reaches the ear in dB, and the truth."""
        rng = self.rng
        if self.beds and rng.random() < 0.1:
            heard = self._noise()
        else:
            heard = self._music()
            while rng.random() < 0.35:  # a cut, a jump of tempo, the end of a song
                other = self._noise() if self.beds and rng.random() < 0.25 else self._music()
                heard = self._joined(heard, other)
            if rng.random() < 0.12:
                heard = self._late(heard)
        return self._weathered(heard), heard

    def _noise(self) -> _Heard:
        rng = self.rng
        bed = self.beds[rng.integers(len(self.beds))]
        power = weather.power_of(np.resize(bed.mel, (self.hops, MEL_BANDS)))
        power = np.roll(power, int(rng.integers(self.hops)), axis=0)
        return _Heard(power * np.float32(10 ** rng.uniform(-2, 1)), np.zeros(0), np.zeros(0, np.int64))

    def _music(self) -> _Heard:
        rng, hops = self.rng, self.hops
        song = self.songs[rng.integers(len(self.songs))]
        rate = float(np.exp(rng.normal(0, 0.1))) if rng.random() < 0.7 else 1.0
        at = weather.course(hops, min(max(rate, 0.75), 1.33), rng)
        spare = len(song.drums) - int(at[-1]) - 3
        begin = int(rng.integers(0, spare)) if spare > 0 else 0
        shift = int(rng.integers(-3, 4)) if rng.random() < 0.5 else 0
        drums, rest = (
            weather.power_of(weather.moved_up(weather.played(stem[begin:], at), shift))
            for stem in (song.drums, song.rest)
        )
        chance = rng.random()
        with_drums, with_rest = float(drums.mean()) > 1e-6, float(rest.mean()) > 1e-6
        if chance < 0.15 and with_rest:
            power = rest
        elif chance < 0.27 and with_drums:
            power = drums
        else:
            power = drums * np.float32(10 ** rng.normal(0, 0.6)) + rest
        place = song.beats_s / HOP_S - begin
        beats = np.interp(place, at, np.arange(hops)) + np.minimum(place, 0) + np.maximum(place - at[-1], 0)
        inside = (beats >= -200) & (beats < hops + 200)
        return _Heard(power, beats[inside], song.in_bar[inside])

    def _joined(self, first: _Heard, second: _Heard) -> _Heard:
        rng, hops = self.rng, self.hops
        at = int(rng.uniform(0.15, 0.85) * hops)
        length = int(rng.uniform(100, 600)) if rng.random() < 0.4 else int(rng.uniform(1, 20))
        share = np.clip((np.arange(hops) - at) / length + 0.5, 0, 1).astype(np.float32)[:, None]
        loud, other = float(first.power.mean()), float(second.power.mean())
        equal = np.float32(10 ** rng.normal(0, 0.3) * loud / other if min(loud, other) > 1e-6 else 1.0)
        power = first.power * (1 - share) + second.power * equal * share
        before, after = first.beats < at, second.beats >= at
        return _Heard(
            power,
            np.concatenate((first.beats[before], second.beats[after])),
            np.concatenate((first.in_bar[before], second.in_bar[after])),
        )

    def _late(self, heard: _Heard) -> _Heard:
        """Nothing yet; then the sound sets in."""
        at = int(self.rng.uniform(0, 0.4) * self.hops)
        power = heard.power.copy()
        power[:at] *= np.float32(1e-6)
        later = heard.beats >= at
        return _Heard(power, heard.beats[later], heard.in_bar[later])

    def _weathered(self, heard: _Heard) -> Float32[np.ndarray, "hops mels"]:
        rng, power = self.rng, heard.power
        if rng.random() < 0.4:
            power = weather.in_a_room(power, rng)
        if rng.random() < 0.6:
            power = power * 10 ** (weather.gain_db(rng) / 10)
        if rng.random() < 0.15:
            power = 10 ** (weather.squeezed(weather.decibels(power), rng) / 10)
        if self.beds and rng.random() < 0.45:
            power = weather.laid_under(
                power, self.beds[rng.integers(len(self.beds))], rng, rng.uniform(-3, 30)
            )
        floor = float(power.mean()) * 10 ** (-rng.uniform(2, 7))
        hiss = rng.exponential(1.0, power.shape).astype(np.float32) * np.float32(floor)
        gain = np.float32(10 ** rng.uniform(-1.5, 0.8))
        return weather.decibels((power + hiss) * gain)


def _lesson(examples: list[tuple[Float32[np.ndarray, "hops mels"], _Heard]]) -> Lesson:
    hops = len(examples[0][0])
    rows = [(ear_input(mel, EarInputState.start())[0], *_truth(heard, hops)) for mel, heard in examples]
    inputs, beat, downbeat, pulse, tempo = (np.stack(column) for column in zip(*rows, strict=True))
    return Lesson(inputs, beat, downbeat, pulse, tempo)


def _truth(
    heard: _Heard, hops: int
) -> tuple[
    Float32[np.ndarray, " hops"],
    Float32[np.ndarray, " hops"],
    Float32[np.ndarray, " steps"],
    Int64[np.ndarray, " steps"],
]:
    beat, downbeat = np.zeros(hops, np.float32), np.zeros(hops, np.float32)
    steps = hops // HOPS_PER_STEP
    pulse, tempo = np.zeros(steps, np.float32), np.full(steps, -1, np.int64)
    late = heard.beats + ANSWER_LAG_S / HOP_S
    for curve, some in ((beat, late), (downbeat, late[heard.in_bar == 0])):
        for away, share in ((-1, _NEIGHBOUR), (1, _NEIGHBOUR), (0, 1.0)):
            place = np.floor(some).astype(np.int64) + away
            place = place[(place >= 0) & (place < hops)]
            curve[place] = np.maximum(curve[place], share)
    gaps = np.diff(heard.beats)
    middle = (np.arange(steps) + 0.5) * HOPS_PER_STEP
    if len(gaps):
        index = np.clip(np.searchsorted(heard.beats, middle) - 1, 0, len(gaps) - 1)
        inside = (middle >= heard.beats[0] - gaps[0]) & (middle < heard.beats[-1] + gaps[-1])
        inside &= (gaps[index] > 20) & (gaps[index] < 130)  # two songs meet between these beats
        bins = np.rint(BINS_PER_OCTAVE * np.log2(60 / (gaps[index] * HOP_S) / LEAST_BIN_BPM)).astype(np.int64)
        pulse[inside] = 1
        tempo[inside] = np.clip(bins, 0, TEMPO_BINS - 1)[inside]
    return beat, downbeat, pulse, tempo
