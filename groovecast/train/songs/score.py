"""A piece of music on paper: who plays which note at which beat, and the same once it has been played.

The beat is the felt beat of the style: house, techno and rock count their quarters; trap, drill and dubstep count
the fast pulse, snare on three; drum and bass and jungle count about 174 a minute; 6/8 and 12/8 count dotted quarters;
a waltz counts three quarters; a march or polka counts two.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64, Int8

from groovecast.train.songs.styles import Style


@dataclass(frozen=True)
class Note:
    """One note: `start` and `length` in beats on paper, in seconds once played."""

    start: float
    length: float
    pitch: float  # MIDI; in a drum part the General MIDI number of the drum
    velocity: float  # up to one


@dataclass(frozen=True)
class Part:
    """What one player plays."""

    role: str
    palette: str  # which sounds may play it
    notes: tuple[Note, ...]
    drums: bool = False


@dataclass(frozen=True)
class Score:
    """A whole piece on paper."""

    style: Style
    bars: int
    tempo_bpm: float
    parts: tuple[Part, ...]
    sections: tuple[tuple[str, int], ...]  # name and first bar


@dataclass(frozen=True)
class Played:
    """A whole piece as it was played: every time in seconds from the first sample."""

    style: Style
    parts: tuple[Part, ...]
    beats_s: Float64[np.ndarray, " beats"]
    in_bar: Int8[np.ndarray, " beats"]  # 0 is the downbeat
    duration_s: float
