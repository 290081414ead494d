"""From played parts to two stems of sound: who is sounded by a font, by our own voices, by recordings."""

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from jaxtyping import Float32

from groovecast.audio.features import SAMPLE_RATE_HZ
from groovecast.train.songs import soundfont, tones
from groovecast.train.songs.cast import drawn_kit, drawn_program
from groovecast.train.songs.kit import between, drum_kit
from groovecast.train.songs.mix import add, echoed, faded, mastered
from groovecast.train.songs.samples import drawn_loop, recordings_installed, sampled_kit, sliced
from groovecast.train.songs.score import Part, Played
from groovecast.train.songs.talk import can_speak

Mono = Float32[np.ndarray, " samples"]
Random = np.random.Generator
_KICKS = (35, 36)
_OPEN_HAT, _HATS = 46, (42, 44, 46)


def missing() -> list[str]:
    """What would make the music richer if it were installed, a line each."""
    lines = []
    if not soundfont.fonts():
        packages = "fluidsynth musescore-general-soundfont opl3-soundfont"
        lines.append(f"no fluidsynth with MuseScore General or OPL3: left out (Debian: {packages})")
    if not recordings_installed():
        lines.append("no recorded drums: left out (Debian: sonic-pi-samples hydrogen-drumkits)")
    if not can_speak():
        lines.append("no espeak-ng: speech is a babble of vowels (Debian: espeak-ng)")
    return lines


def stems(plays: Sequence[tuple[Played, Random]]) -> list[tuple[Mono, Mono]]:
    """Drums and rest of each piece, mixed; a run of fluidsynth for each font sounds all pieces that use it."""
    fonts = soundfont.fonts()
    made = []
    by_font: dict[Path, list[tuple[Mono, list[soundfont.Player]]]] = defaultdict(list)
    for played, random in plays:
        drums, rest = (np.zeros(round(played.duration_s * SAMPLE_RATE_HZ), np.float32) for _ in range(2))
        made.append((drums, rest))
        font = fonts[0 if random.random() < 0.75 else -1] if fonts else None
        ours = float(random.choice([0.0, 0.25, 0.5, 1.0], p=[0.4, 0.2, 0.15, 0.25]))
        drummers = [
            _drummer(part, played, drums, font, random) for part in played.parts if part.drums and part.notes
        ]
        players = [
            _player(part, rest, font, ours, random) for part in played.parts if not part.drums and part.notes
        ]
        for bus, people in ((drums, drummers), (rest, players)):
            if font is not None and any(people):
                by_font[font].append((bus, [player for player in people if player is not None]))
    for font, pieces in by_font.items():
        lengths = [(players, len(bus) / SAMPLE_RATE_HZ) for bus, players in pieces]
        for (bus, _), sound in zip(pieces, soundfont.sounded(lengths, font), strict=True):
            bus += sound
    out = []
    for (played, random), (drums, rest) in zip(plays, made, strict=True):
        if random.random() < played.style.pump:
            rest *= _pumping(played, len(rest), random)
        if random.random() < 0.12 and len(played.beats_s) > 1:
            beat_s = float(np.median(np.diff(played.beats_s)))
            rest = echoed(rest, beat_s * float(random.choice([0.5, 0.75, 0.75, 1, 1 / 3])), random)
        if played.style.pump and random.random() < 0.15:
            drums, rest = faded(drums, rest, random)
        out.append(mastered(drums, rest, random))
    return out


def _player(part: Part, bus: Mono, font: Path | None, ours: float, random: Random) -> soundfont.Player | None:
    """Sound a part with an instrument of our own into its bus, or say who of the font is to play it."""
    if font is None or random.random() < ours:
        tones.play(part.notes, part.palette, bus, random)
        return None
    volume, vibrato = float(random.uniform(0.4, 1)), int(random.integers(0, 90)) * int(random.random() < 0.4)
    return soundfont.Player(part.notes, drawn_program(part.palette, random), False, volume, vibrato)


def _drummer(
    part: Part, played: Played, bus: Mono, font: Path | None, random: Random
) -> soundfont.Player | None:
    """Sound a drum part into its bus, or say which kit of the font is to play it."""
    if played.style.metre == 4 and len(played.beats_s) > 8 and random.random() < played.style.breaks:
        loop = drawn_loop(random)
        if loop is not None:
            sliced(loop, played.beats_s, int(played.in_bar[0]), bus, random)
            if random.random() < 0.5:
                return None
    chance = random.random()
    if font is not None and chance < 0.5:
        return soundfont.Player(
            part.notes, drawn_kit(part.palette, random), True, float(random.uniform(0.4, 1))
        )
    pitches = {round(note.pitch) for note in part.notes}
    kit = (sampled_kit(pitches, random) if chance < 0.75 else None) or drum_kit(pitches, random)
    levels = {pitch: between(0.4, 1.6, random) for pitch in sorted(pitches)}
    curve = random.uniform(0.7, 2.0)
    hats_s = np.sort([note.start for note in part.notes if round(note.pitch) in _HATS])
    for note in part.notes:
        pitch = round(note.pitch)
        sound = kit[pitch]
        if pitch == _OPEN_HAT:  # it is closed by the next stroke
            after = hats_s[hats_s > note.start + 0.03]
            sound = _cut(sound, float(after[0]) - note.start if len(after) else 9.0)
        add(bus, sound, int(note.start * SAMPLE_RATE_HZ), levels[pitch] * note.velocity**curve * 0.2)
    return None


def _cut(sound: Mono, length_s: float) -> Mono:
    samples = int((length_s + 0.01) * SAMPLE_RATE_HZ)
    if len(sound) <= samples:
        return sound
    return sound[:samples] * np.minimum(1, np.arange(samples, 0, -1) / 240).astype(np.float32)


def _pumping(played: Played, samples: int, random: Random) -> Mono:
    """The gain that makes way for each kick and comes back."""
    depth, back_s = random.uniform(0.3, 0.95), between(0.08, 0.4, random)
    gain = np.ones(samples, np.float32)
    kicks_s = [
        note.start for part in played.parts if part.drums for note in part.notes if note.pitch in _KICKS
    ]
    if not kicks_s:
        kicks_s = played.beats_s.tolist()
    back = 1 - depth * np.exp(-np.arange(int(3 * back_s * SAMPLE_RATE_HZ)) / (back_s * SAMPLE_RATE_HZ))
    for kick_s in kicks_s:
        at = int(kick_s * SAMPLE_RATE_HZ)
        end = min(samples, at + len(back))
        gain[at:end] = back[: end - at]
    return gain
