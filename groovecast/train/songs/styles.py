"""What makes a style: its tempo, its metre, its drum patterns and what the other players do."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Line:
    """What one player may do in a style; `patterns` are written in the language of `lines.py`."""

    role: str
    palette: str
    patterns: tuple[str, ...]
    register: int = 60  # the middle of its range
    chance: float = 1.0
    rings: bool = False  # each note lasts until the next
    level: float = 0.75


@dataclass(frozen=True)
class Style:
    """A kind of music; `drums` are written in the language of `drumming.py`."""

    name: str
    bpm: tuple[float, float]
    drums: tuple[str, ...]
    lines: tuple[Line, ...]
    harmony: tuple[str, ...]
    kits: tuple[str, ...] = ("drums",)
    metre: int = 4
    grid: int = 4  # steps a beat
    drum_chance: float = 0.9
    swing: tuple[float, float] = (0.5, 0.5)  # where the second of each pair falls
    swung: float = 0.5  # length of the pair that swings, in beats
    steadiness: float = 0.3  # chance of a machine's constant tempo
    loose_ms: float = 8.0  # how far players stray from the grid
    pulse: bool = True
    weight: float = 1.0
    pump: float = 0.0  # chance that the kick pushes the rest away
    breaks: float = 0.0  # chance that sliced drum loops play along
