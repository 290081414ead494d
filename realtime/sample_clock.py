"""When each captured sample sounded, from the count of samples and the times at which blocks arrived."""

_WINDOW_S = 1.0  # the lowest lateness is taken over the last one to two of these
_FOLLOW_S_PER_S = 1e-3  # quartz differs by less than 0.1 ms/s; wireless devices by less than this
_LOST_S = 0.05  # a standing change beyond this is lost sound, not drift


class SampleClock:
    """The time of each captured sample, from the sample count and the times at which blocks arrived.

    Blocks arrive late by a varying amount and never early, so the lowest lateness of the last seconds is
    the mapping: jitter does not move it, drift is followed by 1 ms a second at most, and a standing jump
    (sound that the system lost) is taken over once it is sure. What even the quickest block is late by stays
    in: a constant, for the user's offset.
    """

    def __init__(self, sample_rate_hz: int) -> None:
        self._rate = sample_rate_hz
        self._counted = 0
        self._started = False
        self._offset_s = 0.0  # time of sample 0
        self._low_s = self._older_low_s = float("inf")
        self._window_ends = 0

    def stamp(self, samples: int, arrived_s: float) -> float:
        """Audio thread. The time of the first sample of a block that arrived then; call once a block."""
        first, rate = self._counted, self._rate
        self._counted += samples
        seen_s = arrived_s - self._counted / rate
        if self._counted >= self._window_ends:
            self._older_low_s, self._low_s = self._low_s, seen_s
            self._window_ends = self._counted + int(_WINDOW_S * rate)
        self._low_s = min(self._low_s, seen_s)
        low_s = min(self._low_s, self._older_low_s)
        settling = self._counted < _WINDOW_S * rate and low_s < self._offset_s
        if not self._started or settling or abs(low_s - self._offset_s) > _LOST_S:
            self._started = True
            self._offset_s = low_s
        else:
            most_s = _FOLLOW_S_PER_S * samples / rate
            self._offset_s += min(max(low_s - self._offset_s, -most_s), most_s)
        return self._offset_s + first / rate
