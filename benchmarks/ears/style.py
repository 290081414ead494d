"""What makes a style: its tempi, its metre, who plays which pattern, how tightly."""

from dataclasses import dataclass

Pattern = dict[str, str]


@dataclass(frozen=True)
class Style:
    """Patterns have one letter a step and last one or more bars, blanks are for the eye.

    Drums: X loud, x middling, g a ghost. Bass: R root, 5 fifth, 8 octave, 3 third. Comp: S a short chord, L one that
    lasts to the next. A full stop is a rest.
    """

    tempi_bpm: tuple[float, float]
    drums: tuple[Pattern, ...]
    bass: tuple[str, ...]
    comp: tuple[str, ...]
    beats_per_bar: int = 4
    steps_per_beat: int = 4
    swing: tuple[float, float] = (0.0, 0.0)  # how late every second step is, in steps: from, to
    jitter_ms: float = 0.0  # how far hands stray from the grid
    loose: float = 0.05  # how readily a drummer plays something else than the pattern
    wander: float = 0.0  # the share by which the tempo strays
    lead: float = 0.5  # how likely there is a tune
    pad: float = 0.3
    pumping: bool = False
    kits: tuple[int, ...] = (0,)
    bass_programs: tuple[int, ...] = (33, 34)
    comp_programs: tuple[int, ...] = (0, 4)
    lead_programs: tuple[int, ...] = (80, 81)
    pad_programs: tuple[int, ...] = (48, 89)
    minor: float = 0.5  # how likely in minor
    bars_a_chord: float = 1.0
    # So many beats are counted for each that the patterns have. A half-time groove is counted as a DJ's deck counts
    # it, the backbeat on three: trap at 140 and not at 70, like the half-time drops, whose beat goes on.
    counted: int = 1

    def __post_init__(self) -> None:
        """A pattern of no whole number of bars would slide against the beat."""
        lines = [line for pattern in self.drums for line in pattern.values()]
        for line in (*lines, *self.bass, *self.comp):
            steps, letters = self.beats_per_bar * self.steps_per_beat, len(line.replace(" ", ""))
            if letters == 0 or letters % steps:
                raise ValueError(f"asked for whole bars of {steps} steps, '{line}' has {letters}: mend it")
