"""How loud an input is: RMS and peak since one last looked, in decibels of full scale."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32

QUIETEST_DB = -120.0


@dataclass(frozen=True)
class Level:
    """RMS and peak of a stretch of sound."""

    rms_db: float = QUIETEST_DB
    peak_db: float = QUIETEST_DB


class Meter:
    """Measures what passes; one thread writes, another reads."""

    def __init__(self) -> None:
        # The writer alone sets these; a block that falls between the reader's two looks is counted in the next.
        self._samples = 0
        self._energy = 0.0
        self._peaks = [0.0, 0.0]  # of this look and of the next, by turns
        self._turn = 0
        self._read_samples, self._read_energy = 0, 0.0  # the reader's

    def hear(self, block: Float32[np.ndarray, " samples"]) -> None:
        """Audio thread. Measure a block; allocates no array."""
        if not len(block):
            return
        turn = self._turn
        self._peaks[turn] = max(self._peaks[turn], float(block.max()), -float(block.min()))
        self._energy += float(np.dot(block, block))
        self._samples += len(block)

    def read(self) -> Level:
        """Reading thread. The level since the last look; the quietest when nothing was heard."""
        samples, energy = self._samples, self._energy
        turn = self._turn
        self._turn = 1 - turn
        peak, self._peaks[turn] = self._peaks[turn], 0.0
        count, self._read_samples = samples - self._read_samples, samples
        power = (energy - self._read_energy) / max(count, 1)
        self._read_energy = energy
        if not np.isfinite(energy):  # a broken sample would stay in the sum for ever
            self._energy = self._read_energy = 0.0
            return Level()
        return Level(decibels(max(power, 0.0) ** 0.5), decibels(peak))


def decibels(amplitude: float) -> float:
    """Of full scale, -120 at the least."""
    return max(QUIETEST_DB, 20 * float(np.log10(amplitude))) if amplitude > 0 else QUIETEST_DB
