"""From a style to a piece on paper: key, chords, sections, and what everybody plays in each bar."""

from dataclasses import dataclass

import numpy as np

from groovecast.train.songs import drumming
from groovecast.train.songs.harmony import Progression, drawn_progression
from groovecast.train.songs.lines import Manner, Where, bar_of_line, made_up
from groovecast.train.songs.melody import Tune
from groovecast.train.songs.score import Note, Part, Score
from groovecast.train.songs.styles import Line, Style
from groovecast.train.songs.tempo import drawn_tempo

_NO_SOUND_ON_THE_FLOOR = frozenset({"kick", "low"})


@dataclass(frozen=True)
class Section:
    """A stretch of bars in which the same players play."""

    name: str
    first_bar: int
    bars: int
    drums: str  # all, none, no kick, light
    lines: frozenset[int]
    level: float = 1.0


def composed(style: Style, duration_s: float, random: np.random.Generator) -> Score:
    """A piece at least that long."""
    tempo_bpm = drawn_tempo(style.bpm, random)
    bars = int(np.ceil(duration_s * 1.35 * tempo_bpm / 60 / style.metre)) + 3
    only_drums = bool(style.drums) and style.drum_chance >= 0.6 and random.random() < 0.09
    with_drums = bool(style.drums) and (only_drums or random.random() < style.drum_chance)
    sounding = [] if only_drums else [line for line in style.lines if random.random() < line.chance]
    if not sounding and not with_drums:
        sounding = list(style.lines)
    carrying = frozenset(number for number, line in enumerate(sounding) if line.role not in ("lead", "stabs"))
    sections = _sections(bars, len(sounding), carrying, with_drums, random)
    parts = _line_parts(style, sounding, sections, tempo_bpm, random)
    if with_drums:
        parts.insert(0, _drum_part(style, sections, random))
    named = tuple((section.name, section.first_bar) for section in sections)
    return Score(style, bars, tempo_bpm, tuple(parts), named)


def _sections(
    bars: int, lines: int, carrying: frozenset[int], with_drums: bool, random: np.random.Generator
) -> list[Section]:
    """A plan of 2 to 8 bars a section; a third of all pieces stay as they are throughout."""
    everybody = frozenset(range(lines))
    drums = "all" if with_drums else "none"
    if random.random() < 0.3:
        return [Section("groove", 0, bars, drums, everybody)]
    dynamics = random.uniform(0, 1.5) * (random.random() < 0.7)
    sections, at = [], 0
    name = str(random.choice(["intro", "verse", "chorus", "groove"]))
    while at < bars:
        length = int(random.choice([2, 4, 4, 8, 8]))
        some = frozenset(number for number in everybody if random.random() < 0.6) or everybody
        if carrying and not some & carrying:  # a tune alone has long rests
            some |= {int(random.choice(sorted(carrying)))}
        playing, beaten = everybody, drums
        if name == "intro":
            playing, beaten = some, drums if random.random() < 0.5 else "none"
        elif name == "verse":
            playing = some if random.random() < 0.5 else everybody
            beaten = drums if random.random() < 0.8 else "light"
        elif name == "breakdown":
            playing = some
            beaten = str(random.choice(["none", "none", "no kick", "light"]))
        elif name == "drums":
            playing = frozenset()
        if not with_drums:
            beaten, playing = "none", playing or everybody
        if not lines and beaten == "none":
            beaten = "light"
        sections.append(Section(name, at, length, beaten, playing, _LOUDNESS[name] ** dynamics))
        at += length
        following = _AFTER[name]
        name = following[random.integers(len(following))]
    return sections


_AFTER = {
    "intro": ("verse", "groove", "chorus"),
    "verse": ("chorus", "verse", "breakdown", "drums"),
    "chorus": ("verse", "breakdown", "chorus", "groove"),
    "groove": ("breakdown", "groove", "chorus", "drums"),
    "breakdown": ("drop", "drop", "verse"),
    "drop": ("groove", "breakdown", "verse"),
    "drums": ("groove", "chorus", "verse"),
}


_LOUDNESS = {
    "intro": 0.7, "verse": 0.8, "chorus": 1.0, "groove": 0.9, "breakdown": 0.65, "drop": 1.0, "drums": 0.9,
}  # fmt: skip


def _drum_part(style: Style, sections: list[Section], random: np.random.Generator) -> Part:
    steps = style.metre * style.grid
    written = [drumming.groove(text, steps) for text in style.drums]
    main = drumming.varied(written[random.integers(len(written))], random)
    other = drumming.varied(written[random.integers(len(written))], random)
    by_section = {name: other if random.random() < 0.3 else main for name in _AFTER}
    loop_bars = int(random.choice([1, 2, 4])) if random.random() < style.steadiness else 0
    loop_seed = int(random.integers(1 << 30))
    fill_chance, crash_chance, lean = random.uniform(0, 0.8), random.uniform(0, 0.9), random.uniform(0, 0.4)
    rolls = style.steadiness > 0.8 and random.random() < 0.5
    # a loop does not improvise
    straying = (
        0.0 if loop_bars else float(random.choice([0.0, random.uniform(0, 0.4), random.uniform(0.4, 1.0)]))
    )
    solos = random.random() < (0.1 if loop_bars else 0.3)
    notes: list[Note] = []
    for section in sections:
        for bar in range(section.first_bar, section.first_bar + section.bars):
            left = section.first_bar + section.bars - 1 - bar
            if rolls and section.name == "breakdown" and left < 2:
                notes += _moved(drumming.roll(style.metre, left, style.grid), bar * style.metre, 1.0)
            if section.drums == "none":
                continue
            # a loop draws its chances anew with the same seed
            chance = np.random.default_rng((loop_seed, bar % loop_bars)) if loop_bars else random
            without = _without(section.drums, main)
            groove = by_section.get(section.name, main)
            here = drumming.bar_of(groove, bar, without, style.metre, lean, chance)
            if straying:
                here = drumming.improvised(here, style.metre, style.grid, straying, random)
            if solos and section.name == "drums":
                here = drumming.solo(style.metre, style.grid, random)
            elif left == 0 or (bar % 4 == 3 and random.random() < 0.25):
                here = _with_fill(here, style, fill_chance, random)
            if bar == section.first_bar and random.random() < crash_chance:
                here.append(Note(0.0, 1.0, drumming.DRUMS["crash"], random.uniform(0.6, 1)))
            notes += _moved(here, bar * style.metre, section.level)
    return Part("drums", str(random.choice(style.kits)), tuple(notes), drums=True)


def _moved(notes: list[Note], beats: float, level: float) -> list[Note]:
    return [Note(note.start + beats, note.length, note.pitch, note.velocity * level) for note in notes]


def _without(drums: str, played: drumming.Groove) -> frozenset[str]:
    if drums == "no kick":
        return _NO_SOUND_ON_THE_FLOOR
    if drums == "light":
        return frozenset(played.steps) - {"hat", "shaker", "ride", "pedal", "tamb", "rim", "claves", "open"}
    return frozenset()


def _with_fill(here: list[Note], style: Style, chance: float, random: np.random.Generator) -> list[Note]:
    if random.random() > chance:
        return here
    length = float(min(style.metre, random.choice([0.5, 1, 1, 2, 4])))
    start = style.metre - length
    if random.random() < 0.15:  # a stop in place of a fill
        return [note for note in here if note.start < start]
    kept = [note for note in here if note.start < start or (note.pitch == 36 and random.random() < 0.5)]
    return kept + drumming.fill(style.metre, length, style.grid, random)


def _line_parts(
    style: Style, lines: list[Line], sections: list[Section], tempo_bpm: float, random: np.random.Generator
) -> list[Part]:
    key = int(random.integers(12))
    sevenths = bool(random.random() < (0.9 if "jazz" in style.name else 0.3))
    verse, chorus = (
        drawn_progression(str(random.choice(style.harmony)), key, sevenths, random) for _ in range(2)
    )
    if random.random() < 0.5:
        chorus = verse
    parts = []
    for number, line in enumerate(lines):
        notes: list[Note] = []
        players = {
            chords: _Player(line, style, tempo_bpm, random)
            for chords in ({verse, chorus} if random.random() < 0.5 else {verse})
        }
        for section in sections:
            if number not in section.lines:
                continue
            chords = chorus if section.name in ("chorus", "drop") else verse
            player = players.get(chords) or players[verse]
            for bar in range(section.first_bar, section.first_bar + section.bars):
                here = player.bar(Where(bar, style.metre, style.grid, chords))
                notes += _moved(here, bar * style.metre, section.level)
        parts.append(Part(line.role, line.palette, tuple(notes)))
    return parts


class _Player:
    """One player of a line, who sticks to one way of playing it."""

    def __init__(self, line: Line, style: Style, tempo_bpm: float, random: np.random.Generator) -> None:
        self._random = random
        pattern = str(random.choice(line.patterns))
        where = Where(0, style.metre, style.grid, Progression((), 1))
        register = line.register + int(random.integers(-4, 5))
        level = line.level * random.uniform(0.75, 1.15)
        self._tune = Tune(pattern[6:], register, level, random) if pattern.startswith("@tune:") else None
        if pattern.startswith("@") and self._tune is None:
            pattern = made_up(pattern, where, random)
        self._pattern = pattern
        # some bands anticipate: what belongs on the downbeat comes half a beat before it
        eager = style.grid != 3 and line.role in ("chords", "bass", "stabs") and random.random() < 0.15
        self._early_chance = random.uniform(0.2, 0.8) if eager else 0.0
        self._manner = Manner(
            register=register,
            rings=line.rings,
            legato=random.uniform(0.45, 1.0),
            level=level,
            strum_beats=random.uniform(0.0, 0.03) * tempo_bpm / 60,
            voices=int(random.choice([3, 3, 4, 5])),
        )

    def bar(self, where: Where) -> list[Note]:
        """What is played in this bar, in beats from the bar's first."""
        if self._tune is not None:
            return self._tune.bar(where)
        notes = bar_of_line(self._pattern, where, self._manner, self._random)
        if where.bar and self._random.random() < self._early_chance:
            notes = [
                Note(-0.5, note.length + 0.5, note.pitch, note.velocity) if note.start < 0.1 else note
                for note in notes
            ]
        return notes
