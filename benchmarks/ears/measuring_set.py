"""The measuring set as tracks: rendered once, then read from the ignored cache, and written out for other programs."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import msgspec
import numpy as np
import soundfile

from benchmarks.ears.catalogue import Spec, render, specs
from benchmarks.ears.midi import fluidsynth_found
from benchmarks.ears.non_music import non_music, speech_found, spoken_recordings
from benchmarks.ears.recordings import excerpts, whole
from benchmarks.ears.track import Track, Truth

CACHE = Path(__file__).resolve().parents[2] / "cache" / "ears_set"
QUICK = 24
_OTHERS = ("real", "real_whole", "no_music")
_MAKERS = (
    "band_styles",
    "catalogue",
    "club",
    "compose",
    "dance_styles",
    "grid",
    "midi",
    "non_music",
    "note",
    "style",
    "synth",
)


class _TruthFile(msgspec.Struct):
    """A track's truth as it stands beside its sound."""

    beats: list[float]
    downbeats: list[float]
    scored: list[tuple[float, float]]
    sound_from: float
    jump: float | None


@dataclass(frozen=True)
class Asked:
    """Which part of the set."""

    seed: int = 1
    only: str | None = None  # a label, a kind or a style
    quick: bool = False
    real: Path | None = None  # a folder of recordings


@dataclass(frozen=True)
class Item:
    """One track that is not in memory yet."""

    name: str
    seed: int
    spec: Spec | None = None
    real: Path | None = None

    def load(self) -> Track:
        """The track itself."""
        if self.spec is not None:
            return _cached(self.spec, self.seed)
        return _others(self.seed, self.real)[self.name]


def items(asked: Asked) -> tuple[list[Item], list[str]]:
    """What is to be heard, and in words what was left out and why."""
    left_out = []
    wanted = list(specs())
    if asked.quick:
        wanted = [wanted[n] for n in np.linspace(0, len(wanted) - 1, QUICK).round().astype(int)]
    if not fluidsynth_found():
        missing = sum(spec.timbre == "fluidsynth" for spec in wanted)
        left_out.append(
            f"{missing} tracks for fluidsynth: install fluidsynth and fluid-soundfont-gm to hear them"
        )
        wanted = [spec for spec in wanted if spec.timbre != "fluidsynth"]
    chosen = [
        Item(spec.name, asked.seed, spec)
        for spec in wanted
        if asked.only is None or asked.only in spec.labels | {spec.kind, spec.style}
    ]
    others = list(_others(asked.seed, asked.real).values()) if asked.only in (None, *_OTHERS) else []
    if asked.real is None or not asked.real.is_dir():
        left_out.append("real recordings: none given with --real")
    elif asked.only in (None, "real") and not any("real" in track.labels for track in others):
        left_out.append("real recordings: none of the folder's has annotations")
    if not speech_found():
        left_out.append("spoken tracks: install espeak-ng to hear them")
    for track in others:
        if asked.only is None or asked.only in track.labels:
            chosen.append(Item(track.name, asked.seed, real=asked.real))
    return chosen, left_out


def write_wavs(asked: Asked, folder: Path) -> int:
    """Every track as NAME.wav, and what is true of it as NAME.json, for programs that know nothing of us."""
    folder.mkdir(parents=True, exist_ok=True)
    chosen, _ = items(asked)
    for item in chosen:
        track = item.load()
        soundfile.write(
            folder / f"{file_name(track.name)}.wav", track.samples, track.rate_hz, subtype="PCM_16"
        )
        told = {"name": track.name, "style": track.style, "labels": sorted(track.labels)} | _told(track.truth)
        (folder / f"{file_name(track.name)}.json").write_text(json.dumps(told), encoding="utf-8")
    return len(chosen)


def file_name(name: str) -> str:
    """A track's name without what a file's name cannot hold."""
    return "".join(letter if letter.isalnum() or letter in "-._" else "_" for letter in name)


def render_key() -> str:
    """Which code renders the set: another key, another set."""
    here = Path(__file__).parent
    code = b"".join((here / f"{maker}.py").read_bytes() for maker in _MAKERS)
    return hashlib.sha256(code).hexdigest()[:12]


def _cached(spec: Spec, seed: int) -> Track:
    folder = CACHE / f"{seed}-{render_key()}"
    sound, told = folder / f"{spec.name}.flac", folder / f"{spec.name}.json"
    if not told.exists():
        folder.mkdir(parents=True, exist_ok=True)
        track = render(spec, seed)
        soundfile.write(sound, track.samples, track.rate_hz, subtype="PCM_16")
        told.write_text(
            json.dumps(_told(track.truth)), encoding="utf-8"
        )  # last: it says that the sound is whole
    samples, rate_hz = soundfile.read(sound, dtype="float32")
    truth = _truth(told.read_text(encoding="utf-8"))
    return Track(spec.name, spec.style, spec.labels | {spec.kind.replace(" ", "_")}, samples, rate_hz, truth)


def _told(truth: Truth | None) -> dict[str, object]:
    if truth is None:
        return {"beats": None}
    return {
        "beats": [round(float(x), 5) for x in truth.beats_s],
        "downbeats": [round(float(x), 5) for x in truth.downbeats_s],
        "scored": truth.scored_s,
        "sound_from": truth.sound_from_s,
        "jump": truth.jump_s,
    }


def _truth(told: str) -> Truth:
    file = msgspec.json.decode(told, type=_TruthFile)
    return Truth(
        np.array(file.beats), np.array(file.downbeats), tuple(file.scored), file.sound_from, file.jump
    )


def _non_music(seed: int) -> Iterator[Track]:
    """Kept as sound only: there is nothing true about them but that."""
    folder = CACHE / f"{seed}-{render_key()}"
    listed = folder / "no_music.json"
    if not listed.exists():
        folder.mkdir(parents=True, exist_ok=True)
        names = []
        for track in non_music(seed):
            soundfile.write(
                folder / f"{file_name(track.name)}.flac", track.samples, track.rate_hz, subtype="PCM_16"
            )
            names.append(track.name)
        listed.write_text(json.dumps(names), encoding="utf-8")
    for name in json.loads(listed.read_text(encoding="utf-8")):
        samples, rate_hz = soundfile.read(folder / f"{file_name(name)}.flac", dtype="float32")
        yield Track(name, "no music", frozenset({"no_music"}), samples, rate_hz, None)


@cache
def _others(seed: int, real: Path | None) -> dict[str, Track]:
    """What is read as one, kept for the next who asks."""
    return {track.name: track for track in (*_non_music(seed), *_real(real))}


def _real(folder: Path | None) -> Iterator[Track]:
    if folder is not None and folder.is_dir():
        yield from excerpts(folder)
        yield from whole(folder)
        yield from spoken_recordings(folder)
