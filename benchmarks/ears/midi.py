"""A piece as a standard MIDI file, and as sound through fluidsynth where that is installed."""

import shutil
import struct
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import soundfile
from jaxtyping import Float32

from benchmarks.ears.note import Note, Piece

SOUNDFONT = Path("/usr/share/sounds/sf2/FluidR3_GM.sf2")  # where Debian's fluid-soundfont-gm puts it

_CHANNELS = {"drums": 9, "bass": 0, "comp": 1, "pad": 2, "lead": 3}
_VOLUMES = {"drums": 112, "bass": 100, "comp": 78, "pad": 60, "lead": 84}
_TICKS_A_SECOND = 2000  # 1000 to the quarter at 120: half a millisecond


def fluidsynth_found() -> bool:
    """Whether the real instruments can be heard here."""
    return shutil.which("fluidsynth") is not None and SOUNDFONT.exists()


def midi_file(piece: Piece) -> bytes:
    """A MIDI file of one track (Standard MIDI Files 1.0, format 0) in which 2000 ticks are a second."""
    events: list[tuple[int, int, bytes]] = []
    for part, channel in _CHANNELS.items():
        events.append((0, 0, bytes((0xC0 | channel, piece.programs.get(part, 0)))))
        events.append((0, 1, bytes((0xB0 | channel, 7, _VOLUMES[part]))))
    for note in piece.notes:
        events += _on_and_off(note)
    body, now = bytearray(), 0
    for tick, _, message in sorted(events, key=lambda event: event[:2]):
        body += _variable_length(tick - now) + message
        now = tick
    body += b"\x00\xff\x2f\x00"
    quarter = 1000
    tempo = b"\x00\xff\x51\x03" + (quarter * 1_000_000 // _TICKS_A_SECOND).to_bytes(3, "big")
    track = tempo + bytes(body)
    return b"MThd" + struct.pack(">IHHH", 6, 0, 1, quarter) + b"MTrk" + struct.pack(">I", len(track)) + track


def _on_and_off(note: Note) -> list[tuple[int, int, bytes]]:
    channel = _CHANNELS[note.part]
    on = round(note.at_s * _TICKS_A_SECOND)
    off = max(on + 1, round((note.at_s + note.length_s) * _TICKS_A_SECOND))
    velocity = int(np.clip(round(20 + 107 * note.loud), 1, 127))
    return [
        (on, 3, bytes((0x90 | channel, note.pitch, velocity))),
        (off, 2, bytes((0x80 | channel, note.pitch, 64))),  # at the same tick an end goes before a beginning
    ]


def _variable_length(value: int) -> bytes:
    groups = [value & 0x7F]
    while value := value >> 7:
        groups.append(value & 0x7F | 0x80)
    return bytes(reversed(groups))


def fluidsynth_sound(piece: Piece, rate_hz: int, reverberant: bool) -> Float32[np.ndarray, " samples"]:
    """The piece played by fluidsynth with Debian's General MIDI soundfont, mono."""
    with tempfile.TemporaryDirectory() as folder:
        score, sound = Path(folder, "piece.mid"), Path(folder, "piece.wav")
        score.write_bytes(midi_file(piece))
        room = "1" if reverberant else "0"
        asked = ["fluidsynth", "-n", "-i", "-q", "-R", room, "-C", room, "-g", "0.5", "-r", str(rate_hz)]
        asked += ["-T", "wav", "-O", "s16", "-F", str(sound), str(SOUNDFONT), str(score)]
        subprocess.run(asked, check=True, capture_output=True, timeout=120)
        samples, _ = soundfile.read(sound, dtype="float32", always_2d=True)
    wanted = round(piece.seconds * rate_hz)
    mixed = samples.mean(axis=1)[:wanted]
    return np.pad(mixed, (0, wanted - len(mixed))).astype(np.float32)
