"""Keys, chords and how chords follow each other in different kinds of music."""

from dataclasses import dataclass

import numpy as np

_SCALES = {
    "major": (0, 2, 4, 5, 7, 9, 11),
    "minor": (0, 2, 3, 5, 7, 8, 10),
    "dorian": (0, 2, 3, 5, 7, 9, 10),
    "mixolydian": (0, 2, 4, 5, 7, 9, 10),
    "phrygian": (0, 1, 4, 5, 7, 8, 10),
    "blues": (0, 3, 5, 6, 7, 9, 10),
}

# each family: scale, then progressions as degrees; one entry lasts `span` bars
_FAMILIES: dict[str, tuple[str, tuple[str, ...], tuple[float, ...]]] = {
    "pop": (
        "major",
        ("1564", "1645", "4156", "6415", "1425", "1345", "1465", "15", "1454", "2514"),
        (1, 1, 2, 0.5),
    ),
    "minor": (
        "minor",
        ("1674", "1637", "1647", "1764", "1476", "1616", "1367", "17", "14", "1673"),
        (1, 1, 2, 0.5),
    ),
    "vamp": ("dorian", ("1", "14", "11114444", "17", "1113"), (1, 2, 2, 4)),
    "minor vamp": ("minor", ("1", "16", "1117", "16", "1147"), (1, 2, 2, 4)),
    "jazz": ("major", ("2511", "1625", "3625", "2541", "14736251", "25113611"), (1, 1, 0.5)),
    "minor jazz": ("minor", ("2511", "14736251", "1425"), (1, 1, 0.5)),
    "blues": ("mixolydian", ("111144115411", "141144115415"), (1,)),
    "classical": ("major", ("1451", "1251", "1465", "15614145", "1415", "1625"), (1, 1, 0.5, 2)),
    "minor classical": ("minor", ("1451", "1425", "1475", "1765", "14736251"), (1, 1, 0.5, 2)),
    "folk": ("major", ("1145", "1415", "1514", "1645", "1115", "14"), (1, 1, 2)),
    "modal": ("mixolydian", ("17", "1747", "174", "1"), (1, 2, 4)),
    "latin": ("minor", ("1451", "1765", "1545", "15", "1455"), (1, 1, 0.5, 2)),
    "rock": ("mixolydian", ("1744", "1454", "1474", "1", "1471"), (1, 1, 2)),
    "dark": ("phrygian", ("1", "12", "1121", "1216"), (1, 2, 2)),
}


@dataclass(frozen=True)
class Chord:
    """A root as a MIDI note number in the lowest octave, and pitches above it."""

    root: int
    tones: tuple[int, ...]  # semitones above the root, in the order third, fifth, seventh
    scale: tuple[int, ...]  # all pitch classes of the key

    def tone(self, number: int) -> int:
        """Semitones above the root of the n-th chord tone (0 is the root), octaves above included."""
        octave, place = divmod(number, len(self.tones))
        return self.tones[place] + 12 * octave

    def step(self, degree: int) -> int:
        """Semitones above the root of the n-th step of the key's scale (0 is the root)."""
        above = sorted((pitch - self.root) % 12 for pitch in self.scale)
        octave, place = divmod(degree, len(above))
        return above[place] + 12 * octave


@dataclass(frozen=True)
class Progression:
    """Chords that come round again, each for `span_bars`."""

    chords: tuple[Chord, ...]
    span_bars: float

    def at(self, bar: float) -> Chord:
        """The chord at a place counted in bars."""
        return self.chords[int(bar / self.span_bars + 1e-6) % len(self.chords)]


def drawn_progression(family: str, key: int, sevenths: bool, random: np.random.Generator) -> Progression:
    """One progression of a family in a key (0 is C)."""
    scale_name, written, spans = _FAMILIES[family]
    degrees = written[random.integers(len(written))]
    scale = _SCALES[scale_name]
    pitches = tuple((key + step) % 12 for step in scale)
    count = 4 if sevenths else 3
    chords = []
    for degree in degrees:
        place = int(degree) - 1
        stack = [scale[(place + 2 * third) % 7] + 12 * ((place + 2 * third) // 7) for third in range(count)]
        raised = scale_name == "minor" and degree == "5" and random.random() < 0.7
        if raised:  # the leading note
            stack[1] += 1
        chords.append(Chord((key + scale[place]) % 12, tuple(pitch - stack[0] for pitch in stack), pitches))
    return Progression(tuple(chords), float(spans[random.integers(len(spans))]))
