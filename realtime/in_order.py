"""Blocks in the order of time: what lies before the sound that was heard already is left out."""

import numpy as np
from jaxtyping import Float32

# Times waver by some milliseconds; a listener takes anything further back than 80 ms for a new stream and forgets all.
_WAVER_S = 0.04
_GAP_S = 0.08  # a listener takes a jump forward of this for lost sound
_FOLLOW_S = 5.0  # and follows what is less within some seconds


class InOrder:
    """Where the sound that was heard ends, by its times and by the count of its samples, as a listener counts it."""

    def __init__(self, sample_rate_hz: int, from_s: float) -> None:
        self._rate_hz = sample_rate_hz
        self._told_until_s = self._counted_until_s = from_s

    @property
    def until_s(self) -> float:
        """The end of the newest block."""
        return self._told_until_s

    def next(
        self, block: Float32[np.ndarray, " samples"], first_s: float
    ) -> tuple[Float32[np.ndarray, " samples"], float]:
        """What of the block comes after all that was heard, and when that begins; nothing where it is all older."""
        heard_s = max(self._told_until_s, self._counted_until_s)
        if first_s < heard_s - _WAVER_S:
            old = round((heard_s - first_s) * self._rate_hz)
            block, first_s = block[old:], first_s + old / self._rate_hz
        if len(block):
            length_s = len(block) / self._rate_hz
            late_s = first_s - self._counted_until_s
            self._counted_until_s += late_s * (1.0 if late_s > _GAP_S else min(1.0, length_s / _FOLLOW_S))
            self._counted_until_s += length_s
            self._told_until_s = first_s + length_s
        return block, first_s
