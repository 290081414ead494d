"""When the beats of a piece are: steady, drifting like a person, ramping, jumping."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray


@dataclass(frozen=True)
class Grid:
    """The beats of a piece; beat 0 is a downbeat."""

    beats_s: Float[np.ndarray, " beats"]
    beats_per_bar: int
    jump_s: float | None = None  # the beat from which another tempo holds

    def time_at(self, beat: float) -> float:
        """When a beat is, with fraction; before the first and after the last their tempo goes on."""
        last = len(self.beats_s) - 1
        whole = int(np.clip(np.floor(beat), 0, last - 1))
        period_s = self.beats_s[whole + 1] - self.beats_s[whole]
        return float(self.beats_s[whole] + (beat - whole) * period_s)


def _grid(
    tempo_at: Callable[[float], float], seconds: float, lead_in_s: float, beats_per_bar: int
) -> NDArray[np.float64]:
    times = [lead_in_s]
    while times[-1] < seconds + 4.0 or len(times) % beats_per_bar != 1:
        middle_s = times[-1] + 30 / tempo_at(times[-1])
        times.append(times[-1] + 60 / tempo_at(middle_s))
    return np.array(times)


def steady(
    tempo_bpm: float,
    seconds: float,
    beats_per_bar: int,
    rng: np.random.Generator,
    wander: float = 0.0,
) -> Grid:
    """One tempo; with `wander` the share by which a player's tempo strays slowly from it."""
    turns_s, phases = rng.uniform(9, 25, 2), rng.uniform(0, 2 * np.pi, 2)

    def tempo_at(time_s: float) -> float:
        stray = np.sin(2 * np.pi * time_s / turns_s + phases).mean()
        return tempo_bpm * (1 + wander * float(stray))

    return Grid(_grid(tempo_at, seconds, rng.uniform(0.1, 0.7), beats_per_bar), beats_per_bar)


def ramp(
    tempo_bpm: float, to_bpm: float, seconds: float, beats_per_bar: int, rng: np.random.Generator
) -> Grid:
    """From one tempo to another, evenly, between a fifth and four fifths of the piece."""

    def tempo_at(time_s: float) -> float:
        return float(np.interp(time_s, (0.2 * seconds, 0.8 * seconds), (tempo_bpm, to_bpm)))

    return Grid(_grid(tempo_at, seconds, rng.uniform(0.1, 0.7), beats_per_bar), beats_per_bar)


def jump(
    tempo_bpm: float, ratio: float, seconds: float, beats_per_bar: int, rng: np.random.Generator
) -> Grid:
    """One tempo, and from a bar line near the middle on another."""
    lead_in_s = rng.uniform(0.1, 0.7)
    bar_s = 60 * beats_per_bar / tempo_bpm
    bars = round((seconds * rng.uniform(0.42, 0.55) - lead_in_s) / bar_s)
    first = lead_in_s + np.arange(bars * beats_per_bar) * 60 / tempo_bpm
    jump_s = lead_in_s + bars * bar_s
    count = int((seconds + 4 - jump_s) / (60 / (tempo_bpm * ratio)) // beats_per_bar + 1) * beats_per_bar + 1
    second = jump_s + np.arange(count) * 60 / (tempo_bpm * ratio)
    return Grid(np.concatenate((first, second)), beats_per_bar, float(jump_s))
