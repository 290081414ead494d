"""The language in which bass, chords and arpeggios are written, one letter a step.

Single notes: 1 to 9 a step of the key's scale above the chord's root, v the fifth below, a leads into the next
root, w walks, r any chord tone. Chords: x all tones, X loud, h perhaps, d strummed down, u strummed up, * root,
fifth and octave, b root in the bass, f fifth in the bass, A to F the 1st to 6th chord tone.
`.` is silence, `_` holds on. Patterns that begin with @ are made up on the spot.
"""

from dataclasses import dataclass

import numpy as np

from groovecast.train.songs.harmony import Chord, Progression
from groovecast.train.songs.score import Note

_HELD = {"_"}


@dataclass(frozen=True)
class Where:
    """A bar to be filled: its number, metre, steps a beat, and the chords."""

    bar: int
    metre: int
    grid: int
    chords: Progression

    def chord(self, beat: float) -> Chord:
        """The chord at a beat of this bar."""
        return self.chords.at(self.bar + beat / self.metre)


@dataclass(frozen=True)
class Manner:
    """How one player plays: where, how smoothly, how loudly, how slowly a strum crosses the strings."""

    register: int
    rings: bool
    legato: float
    level: float
    strum_beats: float
    voices: int


def bar_of_line(pattern: str, where: Where, manner: Manner, random: np.random.Generator) -> list[Note]:
    """The notes of one bar, in beats from the bar's first."""
    steps = where.metre * where.grid
    bars = max(1, len(pattern) // steps)
    here = pattern[where.bar % bars * steps :][:steps]
    notes: list[Note] = []
    last = manner.register
    for place, letter in enumerate(here):
        if letter in "._":
            continue
        held = 1
        while place + held < steps and (
            here[place + held] == "_" or (manner.rings and here[place + held] == ".")
        ):
            held += 1
        start, length = place / where.grid, held / where.grid
        length *= 1.0 if manner.rings else manner.legato
        velocity = manner.level * (1.1 if place % where.grid == 0 else 0.95) * random.uniform(0.9, 1.1)
        chord = where.chord(start)
        if letter in "xXhdu*":
            if letter == "h" and random.random() < 0.5:
                continue
            notes += _chord(letter, start, length, velocity, chord, manner)
        else:
            after = where.chord((place + held) / where.grid)
            pitch = _single(letter, chord, after, last, manner.register, random)
            last = round(pitch)
            notes.append(Note(start, length, pitch, min(velocity, 1.0)))
    return notes


def near(pitch_class: int, middle: float) -> int:
    """The note of that name nearest to the middle."""
    return int(pitch_class + 12 * round((middle - pitch_class) / 12))


def voicing(chord: Chord, middle: int, voices: int) -> list[int]:
    """Chord tones gathered round the middle, as a pianist's right hand does."""
    names = [(chord.root + tone) % 12 for tone in chord.tones]
    around = sorted({near(name, middle + shift) for name in names for shift in (-6, 6)})
    around.sort(key=lambda pitch: abs(pitch - middle))
    return sorted(around[:voices])


def _chord(
    letter: str, start: float, length: float, velocity: float, chord: Chord, manner: Manner
) -> list[Note]:
    if letter == "*":
        root = near(chord.root, manner.register)
        pitches = [root, root + 7, root + 12]
    else:
        pitches = voicing(chord, manner.register, manner.voices)
    if letter == "X":
        velocity *= 1.3
    if letter == "u":
        pitches, velocity = pitches[::-1][: max(2, len(pitches) - 1)], velocity * 0.75
    strum = manner.strum_beats if letter in "du" else manner.strum_beats * 0.2
    return [
        Note(start + strum * number, max(0.05, length - strum * number), pitch, min(1.0, velocity))
        for number, pitch in enumerate(pitches)
    ]


def _single(
    letter: str, chord: Chord, after: Chord, last: int, register: int, random: np.random.Generator
) -> float:
    root = near(chord.root, register)
    if letter.isdigit():
        return root + chord.step(int(letter) - 1)
    if letter in "ABCDEF":
        return near(chord.root, register - 5) + chord.tone(ord(letter) - ord("A"))
    if letter == "v":
        return root + chord.step(4) - 12
    if letter == "a":
        return near(after.root, register) + int(random.choice([-1, 1, -2, 2, -5]))
    if letter == "b":
        return near(chord.root, register - 16)
    if letter == "f":
        return near((chord.root + chord.step(4)) % 12, register - 18)
    if letter == "w":
        tones = [
            near((chord.root + chord.step(step)) % 12, last + shift) for step in range(7) for shift in (0, 7)
        ]
        steps = sorted({tone for tone in tones if 0 < abs(tone - last) <= 5 and abs(tone - register) < 14})
        return int(random.choice(steps)) if steps else root
    return near(chord.root + chord.tone(int(random.integers(len(chord.tones)))), register)


def made_up(kind: str, where: Where, random: np.random.Generator) -> str:
    """A pattern for `@` kinds that is then repeated: a riff, an arpeggio, stabs."""
    steps = where.metre * where.grid
    if kind == "@riff":
        bars, density = int(random.choice([1, 2])), random.uniform(0.25, 0.7)
        letters = [
            str(random.choice(list("1111355788"))) if random.random() < density else "."
            for _ in range(steps * bars)
        ]
        if random.random() < 0.7:
            letters[0] = "1"
        return "".join(letters)
    if kind == "@arp":
        shape = str(
            random.choice(["ABCD", "ABCDCB", "DCBA", "ABCB", "ACBC", "ABDC", "ABCDEF", "AEBDC", "ACE"])
        )
        every = int(random.choice([1, 1, 2])) if where.grid == 4 else 1
        turns = (
            shape[(place // every) % len(shape)] if place % every == 0 else "." for place in range(steps)
        )
        return "".join(turns)
    if kind == "@stabs":
        hits, length = int(random.integers(2, 7)), steps
        marks = {round(number * length / hits + random.integers(-1, 2)) % length for number in range(hits)}
        return "".join("x" if place in marks else "." for place in range(steps))
    if kind == "@acid":
        letters = [str(random.choice(list("11111887653."))) for _ in range(steps)]
        return "".join(letters)
    if kind in ("@hold", "@half"):
        held = steps if kind == "@hold" else -(-where.metre // 2) * where.grid
        return ("x" + "_" * (held - 1)) + ("x" + "_" * steps)[: steps - held]
    raise ValueError(
        f"asked for a pattern '{kind}': @riff, @arp, @stabs, @acid, @hold and @half can be made up"
    )
