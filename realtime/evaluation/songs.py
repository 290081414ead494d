"""The songs that a model is judged by: sound, and the true times of its beats beside it."""

import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec
import numpy as np
import platformdirs
from jaxtyping import Float

import groovecast.demo
from groovecast.audio.decode import Audio, load_audio
from realtime.listener import beats_of

SOUNDS = (".flac", ".wav", ".ogg", ".mp3", ".aif", ".aiff")
_RENDERED, _SECONDS = 5, 60.0
# Of the bundled track: a drop of 16 bars, a breakdown of 8, a build of 8; two more bars show what the next drop does.
_CLUB_BARS, _CLUB_LOOP_BARS = (16, 52), (16, 48)
_BAR_BEATS = 4

Times = Float[np.ndarray, " times"]


@dataclass(frozen=True)
class JudgedSong:
    """A song whose beats are known. `changes` are (when, "breakdown" or "drop")."""

    name: str
    audio: Audio
    beats_s: Times
    downbeats_s: Times
    changes: tuple[tuple[float, str], ...] = ()

    @property
    def bar_s(self) -> float:
        """How long a bar is."""
        return float(np.median(np.diff(self.downbeats_s))) if len(self.downbeats_s) > 1 else 2.0

    def cut(self, begin_s: float, end_s: float) -> "JudgedSong":
        """That stretch of it, counted from its beginning."""
        rate_hz = self.audio.sample_rate_hz
        samples = self.audio.samples[round(begin_s * rate_hz) : round(end_s * rate_hz)]

        def inside(times: Times) -> Times:
            return np.asarray(times[(times >= begin_s - 1e-6) & (times < end_s)] - begin_s)

        changes = tuple((at - begin_s, what) for at, what in self.changes if begin_s < at < end_s)
        return replace(
            self,
            audio=Audio(samples, rate_hz),
            beats_s=inside(self.beats_s),
            downbeats_s=inside(self.downbeats_s),
            changes=changes,
        )

    def round_and_round(self, seconds: float) -> "JudgedSong":
        """The song again and again, at least that long."""
        turns = int(np.ceil(seconds / self.audio.duration_s))
        starts = self.audio.duration_s * np.arange(turns)
        return replace(
            self,
            audio=Audio(np.tile(self.audio.samples, (turns, 1)), self.audio.sample_rate_hz),
            beats_s=(starts[:, None] + self.beats_s).reshape(-1),
            downbeats_s=(starts[:, None] + self.downbeats_s).reshape(-1),
            changes=tuple((float(start + at), what) for start in starts for at, what in self.changes),
        )


class _Section(msgspec.Struct):
    name: str
    start_s: float


class _About(msgspec.Struct):
    """What may stand beside a song."""

    beats_s: list[float]
    downbeats_s: list[float] = []
    sections: list[_Section] = []


def read_song(path: Path) -> JudgedSong:
    """A song with what NAME.json beside it says; without one its beats are those that our own ears hear.

    Raises ValueError for a file beside it that cannot be read.
    """
    audio, beside = load_audio(path), path.with_suffix(".json")
    if not beside.exists():
        heard = beats_of(audio)
        return JudgedSong(path.stem, audio, np.array(heard.beats), np.array(heard.downbeats))
    try:
        about = msgspec.json.decode(beside.read_bytes(), type=_About)
    except msgspec.DecodeError as why:
        raise ValueError(f"asked for the beats of {path.name}, {beside.name} cannot be read: {why}") from None
    changes = tuple(
        (section.start_s, section.name) for section in about.sections if section.name in ("breakdown", "drop")
    )
    beats = np.array(about.beats_s)
    return JudgedSong(path.stem, audio, beats, np.array(about.downbeats_s or beats[::_BAR_BEATS]), changes)


def read_songs(folder: Path, seconds: float) -> list[JudgedSong]:
    """The first `seconds` of every song in a folder. Raises FileNotFoundError when it holds none."""
    paths = sorted(path for path in folder.iterdir() if path.suffix.lower() in SOUNDS)
    if not paths:
        raise FileNotFoundError(
            f"asked for songs in {folder}, no sound file is there: give one of {' '.join(SOUNDS)}"
        )
    songs = [read_song(path) for path in paths]
    return [song.cut(0.0, min(seconds, song.audio.duration_s)) for song in songs]


def our_songs(seconds: float) -> list[JudgedSong]:
    """Songs that nobody trained on: a stretch of the bundled track, and five that our composer renders, once."""
    folder = Path(platformdirs.user_cache_dir("groovecast")) / "evaluation"
    # the show never imports what belongs to training: a process of its own renders
    words = ("--songs", str(_RENDERED), "--seconds", str(_SECONDS))
    made = subprocess.run(
        [sys.executable, "-m", "groovecast.train.songs.files", "--out", str(folder), *words],
        capture_output=True, text=True,
    )  # fmt: skip
    if made.returncode:
        last = (made.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise RuntimeError(f"asked for songs to judge by, rendering them failed: {last}; or give --songs")
    rendered = [read_song(Path(line)) for line in made.stdout.split()]
    songs = [song.cut(0.0, min(seconds, song.audio.duration_s)) for song in rendered]
    club = club_song(_CLUB_BARS)
    return [club.cut(0.0, min(1.2 * seconds, club.audio.duration_s)), *songs]


def club_song(bars: tuple[int, int] = _CLUB_LOOP_BARS) -> JudgedSong:
    """Those bars of the bundled track; by default 61 s that can be played round and round."""
    song = read_song(Path(groovecast.demo.__path__[0]) / "club.ogg")
    begin, end = (float(song.downbeats_s[bar]) for bar in bars)
    return song.cut(begin, end)
