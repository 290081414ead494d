"""A band that plays a style on a grid of beats: sections, fills, chords, bass and a tune, each seed another piece."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from benchmarks.ears.grid import Grid
from benchmarks.ears.note import DRUMS, Note, Piece
from benchmarks.ears.style import Pattern, Style

_LETTERS = {"X": 1.0, "x": 0.62, "g": 0.28}
_MINOR, _MAJOR = (0, 2, 3, 5, 7, 8, 10), (0, 2, 4, 5, 7, 9, 11)
_PROGRESSIONS = (
    (0, 5, 3, 4),
    (0, 3, 4, 3),
    (0, 4, 5, 3),
    (5, 3, 0, 4),
    (1, 4, 0, 0),
    (0, 0, 3, 4),
    (0, 6, 5, 4),
)
_TOMS = ("tom_high", "tom_mid", "tom_low", "tom_floor")
_BODY = ("kick", "kick2")
_LATE_MS = {"snare": 3.0, "hat": -1.0, "bass": 4.0, "comp": 3.0, "lead": 6.0}  # where players like to sit


@dataclass(frozen=True)
class Section:
    """So many bars in which these play."""

    bars: int
    parts: frozenset[str]
    half_time: bool = False  # the drums go at half the speed, the beat does not


ALL = frozenset({"drums", "bass", "comp", "lead", "pad"})
QUIET = frozenset({"pad", "lead", "comp"})


@dataclass
class _Band:
    """The players at work: what has been played so far, and where the hands are."""

    style: Style
    grid: Grid
    rng: np.random.Generator
    swing: float
    notes: list[Note] = field(default_factory=list)

    def play(self, part: str, step: float, steps: float, pitch: int, loud: float, feel: str = "") -> None:
        """One note at a step (swung, and as loosely as the style is), for so many steps."""
        a_beat = self.style.steps_per_beat
        whole = int(step)
        late = self.swing if whole % 2 and a_beat % 2 == 0 else 0.0
        at_s, end_s = (self.grid.time_at(x / a_beat) for x in (step + late, step + late + steps))
        hand_ms = self.style.jitter_ms * (
            0.7 * self.rng.standard_normal() + 0.12 * _LATE_MS.get(feel or part, 0.0)
        )
        at_s = max(0.0, at_s + float(np.clip(hand_ms, -30, 30)) / 1000)
        spread = 0.05 + self.style.jitter_ms / 100
        loud = float(np.clip(loud * (1 + spread * self.rng.standard_normal()), 0.08, 1.0))
        self.notes.append(Note(at_s, max(0.03, end_s - at_s), int(pitch), loud, part))


def form(style: Style, grid: Grid, rng: np.random.Generator) -> list[Section]:
    """An ordinary song: sections of four or eight bars, drums in nearly all, never the same parts twice running."""
    seconds_a_bar = float(np.median(np.diff(grid.beats_s))) * style.beats_per_bar
    bars = 8 if seconds_a_bar < 1.3 else 4
    sections = []
    for _ in range(1 + int(grid.beats_s[-1] / (bars * seconds_a_bar))):
        parts = {"drums"}
        parts |= {"bass"} if rng.random() < 0.85 else set()
        parts |= {"comp"} if rng.random() < 0.8 else set()
        parts |= {"lead"} if rng.random() < style.lead else set()
        parts |= {"pad"} if rng.random() < style.pad else set()
        sections.append(Section(bars, frozenset(parts)))
    return sections


def compose(
    style: Style, grid: Grid, sections: Sequence[Section], seconds: float, rng: np.random.Generator
) -> Piece:
    """Everything that is played in so many seconds."""
    band = _Band(style, grid, rng, rng.uniform(*style.swing))
    a_bar = style.beats_per_bar * style.steps_per_beat
    last_bar = (len(grid.beats_s) - 1) // style.beats_per_bar
    _drums(band, sections, last_bar)
    chords = _chords(style, last_bar, rng)
    for part, player in (("bass", _bass), ("comp", _comp), ("pad", _pad), ("lead", _lead)):
        playing = [part in section.parts for section in sections for _ in range(section.bars)]
        bars = [bar for bar in range(last_bar) if bar < len(playing) and playing[bar]]
        player(band, bars, a_bar, chords)
    programs = {
        "drums": int(rng.choice(style.kits)),
        "bass": int(rng.choice(style.bass_programs)),
        "comp": int(rng.choice(style.comp_programs)),
        "lead": int(rng.choice(style.lead_programs)),
        "pad": int(rng.choice(style.pad_programs)),
    }
    notes = sorted((note for note in band.notes if note.at_s < seconds), key=lambda note: note.at_s)
    return Piece(tuple(notes), programs, seconds, style.pumping and bool(rng.random() < 0.7))


def drums_only(piece: Piece) -> Piece:
    """The same without anybody else."""
    return replace(piece, notes=tuple(note for note in piece.notes if note.part == "drums"))


def _drums(band: _Band, sections: Sequence[Section], last_bar: int) -> None:
    style, rng = band.style, band.rng
    patterns = [style.drums[int(rng.integers(len(style.drums)))] for _ in range(2)]
    bar = 0
    for number, section in enumerate(sections):
        pattern = _thinned(patterns[number % 2], rng)
        for place in range(section.bars):
            if bar >= last_bar:
                return
            if "drums" in section.parts:
                fills = place == section.bars - 1 and rng.random() < 0.6
                _drum_bar(band, pattern, bar, fills, section.half_time)
                if place == 0 and bar and rng.random() < 0.6 and style.jitter_ms > 1:
                    step = bar * style.beats_per_bar * style.steps_per_beat
                    band.play("drums", step, 4, DRUMS["crash"], 0.85)
            bar += 1


def _thinned(pattern: Pattern, rng: np.random.Generator) -> Pattern:
    """The groove without some of what decorates it."""
    kept = {name: line for name, line in pattern.items() if rng.random() < 0.85 or name in _BODY}
    return kept or dict(pattern)


def _letters(line: str, bar: int, a_bar: int) -> str:
    letters = line.replace(" ", "")
    first = bar % (len(letters) // a_bar) * a_bar
    return letters[first : first + a_bar]


def _drum_bar(band: _Band, pattern: Pattern, bar: int, fills: bool, half_time: bool) -> None:
    style, rng = band.style, band.rng
    a_bar = style.beats_per_bar * style.steps_per_beat
    longest = style.beats_per_bar if rng.random() < style.loose else max(1, style.beats_per_bar // 2)
    fill_from = a_bar - style.steps_per_beat * int(rng.integers(1, 1 + longest))
    fill_from = fill_from if fills else a_bar
    for name, line in pattern.items():
        letters = _letters(line, bar, a_bar)
        if half_time and name in ("kick", "snare", "clap", "rim", "kick2"):
            stretched = _letters(line, bar // 2, a_bar)
            half = stretched[: a_bar // 2] if bar % 2 == 0 else stretched[a_bar // 2 :]
            letters = "".join(letter + "." for letter in half)
        letters = _varied(letters, name, style.loose, rng)
        for step, letter in enumerate(letters[:fill_from]):
            if letter == "." or (letter == "g" and rng.random() < 0.25):
                continue
            loud = _LETTERS[letter] * (0.92 if step % style.steps_per_beat else 1.0)
            band.play("drums", bar * a_bar + step, 1, DRUMS[name], loud, name)
    drums = list(_TOMS) if rng.random() < 0.5 else ["snare"]
    for step in range(fill_from, a_bar):
        if rng.random() < 0.75:
            place = (step - fill_from) / max(1, a_bar - fill_from)
            name = drums[int(place * len(drums))]
            band.play("drums", bar * a_bar + step, 1, DRUMS[name], 0.5 + 0.4 * rng.random(), "snare")
    if fills and rng.random() < 0.6:
        band.play("drums", bar * a_bar + fill_from, 1, DRUMS["kick"], 0.9)


def _varied(letters: str, name: str, loose: float, rng: np.random.Generator) -> str:
    """The bar as a hand plays it that does not only repeat: strokes left out, moved by a step, ghosts put in."""
    if loose == 0 or rng.random() > 2 * loose:
        return letters
    played = list(letters)
    for step, letter in enumerate(letters):
        chance = rng.random()
        if letter != "." and chance < 0.12 * loose:
            played[step] = "."
        elif letter != "." and chance < 0.24 * loose:
            played[step], played[(step + 1) % len(played)] = ".", letter
        elif letter == "." and chance < 0.2 * loose and name in ("snare", "kick", "conga_high", "bongo_low"):
            played[step] = "x" if name == "kick" else "g"
    return "".join(played)


@dataclass(frozen=True)
class _Chord:
    root: int  # 0 to 11
    scale: tuple[int, ...]
    degree: int

    def tones(self, low: int, count: int) -> list[int]:
        """So many tones of the chord, each over the last, none under `low`."""
        key = self.root
        pitches = sorted(
            12 * octave + key + self.scale[(self.degree + third) % 7]
            for octave in range(1, 9)
            for third in (0, 2, 4)
        )
        return [pitch for pitch in pitches if pitch >= low][:count]

    @property
    def bass(self) -> int:
        """The root as a bass plays it."""
        return 28 + (self.root + self.scale[self.degree] - 28) % 12


def _chords(style: Style, bars: int, rng: np.random.Generator) -> list[_Chord]:
    scale = _MINOR if rng.random() < style.minor else _MAJOR
    key, degrees = int(rng.integers(12)), _PROGRESSIONS[int(rng.integers(len(_PROGRESSIONS)))]
    return [_Chord(key, scale, degrees[int(bar / style.bars_a_chord) % 4]) for bar in range(bars + 1)]


def _hits(letters: str) -> Iterator[tuple[int, int, str]]:
    """Step, steps until the next, letter."""
    steps = [step for step, letter in enumerate(letters) if letter != "."]
    if not steps:
        return
    for step, following in zip(steps, [*steps[1:], len(letters)], strict=True):
        yield step, following - step, letters[step]


def _bass(band: _Band, bars: list[int], a_bar: int, chords: list[_Chord]) -> None:
    lines = [band.style.bass[int(band.rng.integers(len(band.style.bass)))] for _ in range(2)]
    legato = band.rng.uniform(0.5, 0.95)
    for bar in bars:
        root, line = chords[bar].bass, lines[bar // 8 % 2]
        third = 3 if 3 in chords[bar].scale else 4
        for step, steps, letter in _hits(_letters(line, bar, a_bar)):
            over = {"R": 0, "5": 7, "8": 12, "3": third}[letter]
            band.play("bass", bar * a_bar + step, steps * legato, root + over, 0.8 if step == 0 else 0.68)


def _comp(band: _Band, bars: list[int], a_bar: int, chords: list[_Chord]) -> None:
    lines = [band.style.comp[int(band.rng.integers(len(band.style.comp)))] for _ in range(2)]
    low, broken = int(band.rng.integers(50, 62)), band.rng.random() < 0.25
    for bar in bars:
        for number, (step, steps, letter) in enumerate(_hits(_letters(lines[bar // 8 % 2], bar, a_bar))):
            tones = chords[bar].tones(low, 4)
            sounding = [tones[number % 4]] if broken and letter == "S" else tones[:3]
            length = float(steps) if letter == "L" else min(steps, 1.2)
            for pitch in sounding:
                band.play("comp", bar * a_bar + step, length, pitch, 0.6 if step else 0.68)


def _pad(band: _Band, bars: list[int], a_bar: int, chords: list[_Chord]) -> None:
    low = int(band.rng.integers(48, 58))
    for bar in bars:
        if bar % max(1, int(band.style.bars_a_chord)) == 0:
            length = a_bar * max(1, int(band.style.bars_a_chord))
            for pitch in chords[bar].tones(low, 3):
                band.play("pad", bar * a_bar, length, pitch, 0.45)


def _lead(band: _Band, bars: list[int], a_bar: int, chords: list[_Chord]) -> None:
    """A tune from two motifs of two bars, syncopated as the seed has it."""
    rng, a_beat = band.rng, band.style.steps_per_beat
    weights = np.full(2 * a_bar, 0.18)
    weights[::a_beat] = 0.45
    weights[0] = 0.7
    syncopation = rng.uniform(0, 0.5)
    weights = (1 - syncopation) * weights + syncopation * np.roll(weights, -(a_beat // 2))
    motifs = [np.flatnonzero(rng.random(2 * a_bar) < weights) for _ in range(2)]
    pitch, low = int(rng.integers(65, 76)), int(rng.integers(62, 67))
    for bar in bars:
        steps = motifs[bar // 4 % 2]
        here = steps[(steps >= bar % 2 * a_bar) & (steps < (bar % 2 + 1) * a_bar)] - bar % 2 * a_bar
        scale = sorted(
            12 * octave + chords[bar].root + over for octave in range(4, 8) for over in chords[bar].scale
        )
        for step, steps_long in zip(here, np.diff([*here, a_bar]), strict=True):
            near = int(np.argmin(np.abs(np.array(scale) - pitch)))
            pitch = scale[int(np.clip(near + rng.integers(-2, 3), 0, len(scale) - 1))]
            pitch = pitch - 12 if pitch > low + 19 else pitch + 12 if pitch < low else pitch
            band.play(
                "lead", bar * a_bar + int(step), 0.9 * float(steps_long), pitch, 0.62 + 0.15 * rng.random()
            )
