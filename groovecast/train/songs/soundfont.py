"""Many short pieces played by fluidsynth, a process of its own, in one go: loading its sounds costs the most."""

import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float32

from groovecast.audio.features import SAMPLE_RATE_HZ
from groovecast.train.songs import midi
from groovecast.train.songs.score import Note

# FluidR3 is kept for measuring what was learned from these
_FONTS = ("sf3/MuseScore_General_Full.sf3", "sf3/MuseScore_General.sf3", "sf2/OPL-3_FM_128M.sf2")
_FOLDERS = (Path("/usr/share/sounds"), Path("/usr/local/share/sounds"))
_GAP_S = 0.25  # between pieces, so that nothing of one is heard in the next
_DRUM_CHANNEL = 9


@dataclass(frozen=True)
class Player:
    """Notes for one General MIDI instrument, or for a kit."""

    notes: tuple[Note, ...]
    program: int
    drums: bool
    volume: float  # up to one
    vibrato: int = 0  # up to 127


def fonts() -> list[Path]:
    """The sound fonts on this machine that may be learned from; none without fluidsynth."""
    if shutil.which("fluidsynth") is None:
        return []
    found = [folder / name for name in _FONTS for folder in _FOLDERS if (folder / name).is_file()]
    return [path for path in found if path.name != "MuseScore_General.sf3" or found[0] == path]


def sounded(pieces: list[tuple[list[Player], float]], font: Path) -> list[Float32[np.ndarray, " samples"]]:
    """Each piece (players and its length in seconds) as mono sound at 24 kHz."""
    events: list[midi.Event] = []
    at_s, starts_s = _GAP_S, []
    for players, length_s in pieces:
        starts_s.append(at_s)
        events += _events(players, at_s, length_s)
        at_s += length_s + _GAP_S
    with tempfile.TemporaryDirectory() as folder:
        song, raw = Path(folder) / "song.mid", Path(folder) / "song.raw"
        song.write_bytes(midi.file_of(events, at_s))
        command = ["fluidsynth", "-ni", "-q", "-r", str(SAMPLE_RATE_HZ), "-R", "0", "-C", "0", "-g", "0.35"]
        command += ["-o", "synth.dynamic-sample-loading=1", "-T", "raw", "-O", "s16", "-F", str(raw)]
        done = subprocess.run([*command, str(font), str(song)], capture_output=True, text=True)
        if done.returncode or not raw.is_file():
            said = done.stderr.strip().splitlines()
            raise ValueError(
                f"asked fluidsynth for {len(pieces)} pieces with {font.name}, it said "
                f"'{said[-1] if said else 'nothing'}': play the font by hand to see why"
            )
        sound = np.fromfile(raw, np.int16).reshape(-1, 2).mean(axis=1, dtype=np.float32) / np.float32(32768)
    out = []
    for (_, length_s), start_s in zip(pieces, starts_s, strict=True):
        first, samples = round(start_s * SAMPLE_RATE_HZ), round(length_s * SAMPLE_RATE_HZ)
        piece = np.zeros(samples, np.float32)
        heard = sound[first : first + samples]
        piece[: len(heard)] = heard
        out.append(piece)
    return out


def _events(players: list[Player], at_s: float, length_s: float) -> list[midi.Event]:
    channels = iter(channel for channel in range(16) if channel != _DRUM_CHANNEL)
    events = []
    for player in players:
        channel = _DRUM_CHANNEL if player.drums else next(channels)
        before_s = at_s - _GAP_S * 0.4
        events.append(midi.Event(before_s, 0, midi.control(channel, 121, 0)))
        events.append(midi.Event(before_s, 1, midi.program(channel, player.program)))
        events.append(midi.Event(before_s, 2, midi.control(channel, 7, round(40 + 87 * player.volume))))
        events.append(midi.Event(before_s, 3, midi.control(channel, 1, player.vibrato)))
        for note in player.notes:
            pitch = min(127, max(0, round(note.pitch)))
            velocity = round(15 + 112 * note.velocity)
            end_s = min(note.start + note.length, length_s)
            events.append(midi.Event(at_s + note.start, 5, midi.note_on(channel, pitch, velocity)))
            events.append(midi.Event(at_s + max(end_s, note.start + 0.02), 4, midi.note_off(channel, pitch)))
        events.append(midi.Event(at_s + length_s + _GAP_S * 0.2, 6, midi.control(channel, 120, 0)))
    return events
