"""One track of the measuring set: sound, where it belongs, and the truth about its beats."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float32

Spans = tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Truth:
    """When the beats are, and where anybody may be judged by them."""

    beats_s: Float[np.ndarray, " beats"]
    downbeats_s: Float[np.ndarray, " downbeats"]
    scored_s: Spans  # from, to
    sound_from_s: float = 0.0  # the first sound, from which locking is timed
    jump_s: float | None = None  # the first beat of another tempo


@dataclass(frozen=True)
class Track:
    """A piece of sound; without truth it is no music, and nobody should hear a beat in it."""

    name: str
    style: str
    labels: frozenset[str]
    samples: Float32[np.ndarray, " samples"]
    rate_hz: int
    truth: Truth | None

    @property
    def seconds(self) -> float:
        """How long it lasts."""
        return len(self.samples) / self.rate_hz
