"""Drum patterns: a small language for grooves, and the variations, fills and crashes that drummers add.

A groove is written `kick x...x...x...x...; clap ....x.......x...`: one letter a step, one bar or several.
X accent, x hit, o often, g soft and often, - soft and seldom, . nothing.
"""

from dataclasses import dataclass

import numpy as np

from groovecast.train.songs.score import Note

DRUMS = {
    "kick": 36, "snare": 38, "rim": 37, "clap": 39, "hat": 42, "pedal": 44, "open": 46, "ride": 51, "bell": 53,
    "crash": 49, "low": 45, "mid": 47, "high": 50, "tamb": 54, "cow": 56, "shaker": 82, "maracas": 70,
    "cabasa": 69, "congalow": 64, "conga": 63, "slap": 62, "bongohi": 60, "bongolo": 61, "timbale": 65,
    "timbalelow": 66, "agogo": 67, "agogolow": 68, "guiro": 73, "guirolong": 74, "claves": 75, "block": 76,
    "blocklow": 77, "triangle": 81, "snare2": 40, "brush": 38,
}  # fmt: skip
_CHANCE = {"X": 1.0, "x": 0.985, "o": 0.55, "g": 0.6, "-": 0.15}
_VELOCITY = {"X": 1.0, "x": 0.82, "o": 0.65, "g": 0.34, "-": 0.4}


@dataclass(frozen=True)
class Groove:
    """A drum pattern, a string of steps for each drum."""

    steps: dict[str, str]
    bar_steps: int

    @property
    def bars(self) -> int:
        """How many bars it lasts."""
        return max(len(steps) for steps in self.steps.values()) // self.bar_steps


def groove(written: str, bar_steps: int) -> Groove:
    """Read a groove; every drum's line must fill whole bars."""
    steps = {}
    for line in written.split(";"):
        name, pattern = line.split()
        if name not in DRUMS or len(pattern) % bar_steps:
            raise ValueError(
                f"read '{line}': a drum of {', '.join(DRUMS)} and bars of {bar_steps} steps are needed"
            )
        steps[name] = pattern
    return Groove(steps, bar_steps)


def varied(given: Groove, random: np.random.Generator) -> Groove:
    """Another drummer's version: a drum left out or changed, some hits moved, added or dropped."""
    steps = dict(given.steps)
    names = list(steps)
    if random.random() < 0.12:  # a drum on an even spread of another number of hits
        name = names[random.integers(len(names))]
        hits, turn = int(random.integers(2, given.bar_steps // 2 + 1)), int(random.integers(3))
        marks = {(round(given.bar_steps * number / hits) + turn) % given.bar_steps for number in range(hits)}
        steps[name] = "".join("x" if place in marks else "." for place in range(given.bar_steps))
    if len(names) > 2 and random.random() < 0.25:
        steps.pop(names[random.integers(1, len(names))])
    if "hat" in steps and random.random() < 0.2:
        steps[str(random.choice(["ride", "shaker", "pedal", "tamb"]))] = steps.pop("hat")
    elif "snare" in steps and random.random() < 0.12:
        steps[str(random.choice(["rim", "clap", "snare2"]))] = steps.pop("snare")
    if random.random() < 0.25:
        extra = str(random.choice(["tamb", "shaker", "cabasa", "conga", "cow", "clap", "maracas"]))
        density = random.uniform(0.1, 0.5)
        steps.setdefault(
            extra, "".join("o" if random.random() < density else "." for _ in range(given.bar_steps))
        )
    for name, line in steps.items():
        letters = list(line)
        for place, letter in enumerate(letters):
            chance = random.random()
            if letter == "." and chance < 0.012:
                letters[place] = "g"
            elif letter in "xX" and chance < 0.025 and place % given.bar_steps:
                letters[place] = "o"
        steps[name] = "".join(letters)
    return Groove(steps, given.bar_steps)


def bar_of(
    played: Groove, bar: int, without: frozenset[str], beats: int, lean: float, random: np.random.Generator
) -> list[Note]:
    """One bar as it comes out this time, in beats from the bar's first; `lean` is how much softer off-beats are."""
    step = beats / played.bar_steps
    notes = []
    for name, line in played.steps.items():
        if name in without:
            continue
        bars = len(line) // played.bar_steps
        here = line[bar % bars * played.bar_steps :][: played.bar_steps]
        for place, letter in enumerate(here):
            if letter == "." or random.random() > _CHANCE[letter]:
                continue
            beat = place * step
            soft = 0.0 if beat == int(beat) else lean if beat * 2 == int(beat * 2) else 1.5 * lean
            if name in ("kick", "snare", "clap"):
                soft /= 3
            notes.append(Note(beat, step, DRUMS[name], _VELOCITY[letter] * (1 - soft)))
    return notes


def fill(beats: int, length: float, grid: int, random: np.random.Generator) -> list[Note]:
    """A drum fill over the last `length` beats of a bar."""
    step = 1 / grid
    places = np.arange(round(length * grid)) * step + beats - length
    density, rise = random.uniform(0.35, 1), random.uniform(0, 0.6)
    drums = _FILLS[random.integers(len(_FILLS))]
    notes = []
    for number, place in enumerate(places):
        if random.random() < density:
            drum = drums[min(len(drums) - 1, int(len(drums) * number / len(places)))]
            velocity = 0.5 + rise * number / len(places) + random.uniform(-0.1, 0.1)
            notes.append(Note(float(place), step, DRUMS[drum], float(np.clip(velocity, 0.2, 1))))
    return notes


def improvised(
    notes: list[Note], beats: int, grid: int, amount: float, random: np.random.Generator
) -> list[Note]:
    """The same bar by a drummer who does not repeat himself; `amount` from 0 to 1 is how much he strays."""
    changed = [note for note in notes if note.start == 0 or random.random() > 0.25 * amount]
    taken = {(note.start, note.pitch) for note in changed}
    for place in range(beats * grid):
        beat = place / grid
        for drum, chance, velocity in (
            ("kick", 0.1, 0.7),
            ("snare", 0.16, 0.25),
            ("open", 0.03, 0.6),
            ("low", 0.02, 0.6),
        ):
            if random.random() < chance * amount and (beat, DRUMS[drum]) not in taken:
                changed.append(Note(beat, 1 / grid, DRUMS[drum], velocity * random.uniform(0.7, 1.3)))
    return changed


def solo(beats: int, grid: int, random: np.random.Generator) -> list[Note]:
    """A bar of a drum solo: one run after the other, a foot that keeps the time or does not."""
    notes, at = [], 0.0
    while at < beats:
        length = float(min(beats - at, random.choice([0.5, 1, 1, 2])))
        notes += [
            Note(note.start - beats + at + length, *_rest_of(note))
            for note in fill(beats, length, grid, random)
        ]
        at += length
    foot, chance = random.choice(["pedal", "kick"]), random.choice([0.0, 0.5, 1.0])
    return notes + [
        Note(float(beat), 0.5, DRUMS[str(foot)], 0.6) for beat in range(beats) if random.random() < chance
    ]


def _rest_of(note: Note) -> tuple[float, float, float]:
    return note.length, note.pitch, note.velocity


def roll(beats: int, left_bars: int, grid: int) -> list[Note]:
    """A bar of the snare roll that leads to a drop `left_bars` bars on: eighths, then sixteenths, ever louder."""
    step = 1 / grid if left_bars < 1 else 2 / grid
    level = 0.9 - 0.2 * left_bars
    return [Note(place * step, step, DRUMS["snare"], max(0.2, level)) for place in range(int(beats / step))]


_FILLS = (
    ("snare",), ("high", "mid", "low"), ("snare", "high", "mid", "low"), ("snare", "kick"), ("low", "kick"),
    ("snare2", "snare", "high"), ("clap",), ("rim", "snare"),
)  # fmt: skip
