"""Tunes: phrases with rests, motifs that come back, long and short notes that fit the chords."""

import numpy as np

from groovecast.train.songs.lines import Where, near
from groovecast.train.songs.score import Note

# lengths in beats; what a singer, a fiddler and a jazz player choose from
_LENGTHS: dict[str, tuple[tuple[float, float], ...]] = {
    "slow": ((1, 3), (2, 3), (0.5, 1), (4, 1), (1.5, 1)),
    "sung": ((0.5, 4), (1, 3), (1.5, 1), (0.25, 0.7), (2, 1), (0.75, 0.6)),
    "quick": ((0.5, 4), (0.25, 3), (1, 1.5)),
    "even": ((0.5, 6), (1, 1)),
    "running": ((0.25, 8), (0.5, 1)),
    "triplet": ((1 / 3, 4), (2 / 3, 3), (1, 2), (4 / 3, 0.5)),
}


class Tune:
    """One singer's way: the same motif returns, changed to fit the chord."""

    def __init__(self, manner: str, register: int, level: float, random: np.random.Generator) -> None:
        if manner not in _LENGTHS:
            raise ValueError(f"asked for a tune '{manner}': {', '.join(_LENGTHS)} are known")
        self._lengths = _LENGTHS[manner]
        self._register, self._level, self._random = register, level, random
        self._rest = random.uniform(0.05, 0.35)
        self._phrase_bars = int(random.choice([2, 2, 4]))
        self._syncopation = random.uniform(0, 0.35) if manner in ("sung", "quick") else 0.0
        self._motifs = [self._rhythm(4.0) for _ in range(2)]
        self._last = register

    def _rhythm(self, beats: float) -> list[tuple[float, float, bool]]:
        lengths, weights = zip(*self._lengths, strict=True)
        chances = np.array(weights) / sum(weights)
        at, made = 0.0, []
        while at < beats - 1e-6:
            length = min(float(lengths[self._random.choice(len(lengths), p=chances)]), beats - at)
            made.append((at, length, bool(self._random.random() < self._rest)))
            at += length
        return made

    def bar(self, where: Where) -> list[Note]:
        """The tune's notes in this bar, in beats from the bar's first."""
        random = self._random
        in_phrase = where.bar % self._phrase_bars
        motif = self._motifs[in_phrase % 2] if random.random() < 0.65 else self._rhythm(where.metre)
        if in_phrase == self._phrase_bars - 1 and random.random() < 0.6:  # the phrase comes to rest
            motif = [entry for entry in motif if entry[0] < where.metre / 2]
        notes = []
        for at, length, silent in motif:
            if silent or at >= where.metre:
                continue
            chord = where.chord(at)
            if at == int(at) and random.random() < 0.6:  # chord tones on the beat
                pitch = near(
                    chord.root + chord.tone(int(random.integers(3))), self._last + random.normal(0, 3)
                )
            else:
                step = int(random.choice([-2, -1, -1, 1, 1, 2]))
                pitch = self._nearest_in_scale(self._last + 1.7 * step, chord.scale)
            if abs(pitch - self._register) > 10:
                pitch = near(pitch % 12, self._register)
            self._last = pitch
            early = 0.5 if random.random() < self._syncopation and at >= 0.5 else 0.0
            level = self._level * random.uniform(0.8, 1.1)
            notes.append(Note(at - early, length * random.uniform(0.75, 1.05), pitch, min(1.0, level)))
        return notes

    @staticmethod
    def _nearest_in_scale(pitch: float, scale: tuple[int, ...]) -> int:
        return min((near(name, pitch) for name in scale), key=lambda note: abs(note - pitch))
