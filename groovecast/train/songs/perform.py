"""From paper to playing: swing, human looseness, tempo, and the moment at which we begin to listen."""

import numpy as np

from groovecast.train.songs.score import Note, Part, Played, Score
from groovecast.train.songs.styles import Style
from groovecast.train.songs.tempo import beat_times


def performed(score: Score, duration_s: float, random: np.random.Generator) -> Played:
    """The piece as played; it may already be under way when the sound begins."""
    style = score.style
    times = beat_times(score.bars * style.metre, style.metre, score.tempo_bpm, style.steadiness, random)
    spare_s = max(0.0, float(times[-1]) - duration_s)
    begin_s = (
        float(random.uniform(0, min(spare_s, times[style.metre * 2]))) if random.random() < 0.85 else 0.0
    )
    if begin_s == 0.0:  # a count of silence before the music
        begin_s = -float(random.uniform(0.05, 2.0))
    times = times - begin_s
    loose_s = style.loose_ms / 1000 * random.uniform(0.2, 1.5) * (random.random() > style.steadiness * 0.6)
    swing = float(random.uniform(*style.swing))
    parts = tuple(_part(part, style, times, swing, loose_s, duration_s, random) for part in score.parts)
    heard = (times >= 0) & (times < duration_s)
    in_bar = np.arange(len(times)) % style.metre
    if not style.pulse:
        heard = np.zeros_like(heard)
    return Played(style, parts, times[heard], in_bar[heard].astype(np.int8), duration_s)


def _part(
    part: Part,
    style: Style,
    times: np.ndarray[tuple[int], np.dtype[np.float64]],
    swing: float,
    loose_s: float,
    duration_s: float,
    random: np.random.Generator,
) -> Part:
    lag_s = random.normal(0, 1) * loose_s * 0.6 if not part.drums else random.normal(0, 1) * loose_s * 0.2
    beats = np.arange(len(times))
    notes = sorted(part.notes, key=lambda note: note.start)
    if not notes:
        return part
    starts = np.interp([_swung(note.start, swing, style.swung) for note in notes], beats, times)
    ends = np.interp([note.start + note.length for note in notes], beats, times)
    played, stray_s = [], 0.0
    for note, start, end in zip(notes, starts, ends, strict=True):
        stray_s = 0.7 * stray_s + 0.7 * random.normal(0, loose_s)  # who is early stays early for a while
        start_s = float(start) + lag_s + stray_s
        end_s = max(float(end), start_s + 0.03)
        if start_s >= duration_s or end_s <= 0 or (part.drums and start_s < 0):
            continue
        velocity = float(np.clip(note.velocity * (1 + random.normal(0, 0.06)), 0.05, 1))
        first_s = max(0.0, start_s)
        played.append(Note(first_s, end_s - first_s, note.pitch, velocity))
    return Part(part.role, part.palette, tuple(played), part.drums)


def _swung(beat: float, swing: float, pair: float) -> float:
    """Where a place on the straight grid falls when the second of each pair comes late."""
    whole, place = divmod(beat, pair)
    place /= pair
    bent = place * 2 * swing if place < 0.5 else swing + (place - 0.5) * 2 * (1 - swing)
    return (whole + bent) * pair
