"""The one hand-off from the audio thread: a ring of samples, with the time at which each was captured."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32

_MARKS = 4096  # blocks whose capture time is remembered: 1.4 s even of 16-sample blocks at 48 kHz


@dataclass(frozen=True)
class Stretch:
    """Samples in a row, and when the first was captured."""

    samples: Float32[np.ndarray, " samples"]
    first_sample_time_s: float


class SampleRing:
    """Mono samples from one writing thread to one reading thread, without a lock.

    The writer never waits: what the reader has not fetched in time is overwritten, oldest first, because a
    live listener wants the sound of now, not of two seconds ago. The reader counts it.
    """

    def __init__(self, capacity_samples: int, sample_rate_hz: int) -> None:
        if capacity_samples < 1 or sample_rate_hz < 1:
            found = f"{capacity_samples} samples at {sample_rate_hz} Hz"
            raise ValueError(f"asked for a ring of {found}: both must be 1 or more")
        self._samples = np.zeros(capacity_samples, np.float32)
        self._sample_rate_hz = sample_rate_hz
        self._mark_index = np.zeros(_MARKS, np.int64)
        self._mark_time_s = np.zeros(_MARKS, np.float64)
        # The writer alone sets these three, in this order; the reader alone sets the two below.
        self._claimed = 0
        self._marks = 0
        self._written = 0
        self._next = 0
        self._lost = 0

    @property
    def capacity_samples(self) -> int:
        """How many samples it holds at most."""
        return len(self._samples)

    @property
    def lost_samples(self) -> int:
        """Any thread. How many written samples the reader never got, as far as it has read."""
        return self._lost

    def write(self, samples: Float32[np.ndarray, " samples"], first_sample_time_s: float) -> None:
        """Audio thread. Keep a block; never waits, allocates no array."""
        count, capacity = len(samples), len(self._samples)
        start = self._written
        end = start + count
        self._claimed = end  # from here on the reader distrusts what lies a whole ring back
        slot = self._marks % _MARKS
        self._mark_index[slot] = start
        self._mark_time_s[slot] = first_sample_time_s
        self._marks += 1
        kept_from = max(0, count - capacity)
        place = (start + kept_from) % capacity
        until_wrap = min(count - kept_from, capacity - place)
        self._samples[place : place + until_wrap] = samples[kept_from : kept_from + until_wrap]
        self._samples[: count - kept_from - until_wrap] = samples[kept_from + until_wrap :]
        self._written = end

    def read(self, at_most_samples: int | None = None) -> Stretch | None:
        """Reading thread. The oldest samples that are still here, as a copy; None when nothing is new."""
        capacity, end = len(self._samples), self._written
        first = max(self._next, end - capacity)
        if at_most_samples is not None:
            end = min(end, first + at_most_samples)
        if first >= end:
            return None
        places = first % capacity, (end - 1) % capacity + 1
        if places[0] < places[1]:
            samples = self._samples[places[0] : places[1]].copy()
        else:
            samples = np.concatenate((self._samples[places[0] :], self._samples[: places[1]]))
        # What the writer has begun to overwrite while we copied may be torn: leave it out.
        sound_from = min(max(first, self._claimed - capacity), end)
        samples = samples[sound_from - first :]
        self._lost += sound_from - self._next
        self._next = end
        if not len(samples):
            return None
        return Stretch(samples, self._time_of(sound_from))

    def _time_of(self, index: int) -> float:
        newest = self._marks - 1
        oldest = max(0, self._marks - _MARKS + 1)
        mark = newest
        while mark > oldest and self._mark_index[mark % _MARKS] > index:
            mark -= 1
        slot = mark % _MARKS
        ahead_samples = index - int(self._mark_index[slot])
        return float(self._mark_time_s[slot]) + ahead_samples / self._sample_rate_hz
