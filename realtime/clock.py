"""The only place that reads the time: the machine's monotonic clock, and a fake one that obeys."""

import time
from typing import Protocol, runtime_checkable


@runtime_checkable
class Clock(Protocol):
    """Seconds on one line that never jumps back; its base is that of `time.monotonic` and asyncio's loop."""

    def now_s(self) -> float:
        """The time now."""
        ...

    def sleep_until_s(self, wake_s: float) -> None:
        """Come back at that time, at once if it is past."""
        ...


# Windows before Python 3.13 moves time.monotonic in steps of 15.6 ms: read its finer counter there, set to
# the same base once, so that asyncio's loop.time() and this clock stay comparable.
_FINE_ENOUGH_S = 1e-3
_COARSE = time.get_clock_info("monotonic").resolution > _FINE_ENOUGH_S
_BASE_S = time.monotonic() - time.perf_counter() if _COARSE else 0.0


class MonotonicClock:
    """The machine's clock. All instances in a process agree."""

    def now_s(self) -> float:
        """Any thread. The time now."""
        return time.perf_counter() + _BASE_S if _COARSE else time.monotonic()

    def sleep_until_s(self, wake_s: float) -> None:
        """Any thread but the audio thread and the frame loop. Sleep; never wakes early."""
        while (left_s := wake_s - self.now_s()) > 0:
            time.sleep(left_s)


class FakeClock:
    """A clock for tests and for rendering faster than real time: it stands still until told to go on.

    Sleeping on it takes no time and moves it to the time of waking.
    """

    def __init__(self, now_s: float = 0.0) -> None:
        self._now_s = now_s

    def now_s(self) -> float:
        """The time that it was last told."""
        return self._now_s

    def sleep_until_s(self, wake_s: float) -> None:
        """Jump to that time; never back."""
        self._now_s = max(self._now_s, wake_s)

    def advance(self, seconds: float) -> None:
        """Go on by so much."""
        if seconds < 0:
            raise ValueError(f"asked to go on by {seconds} s, a clock never goes back: 0 or more")
        self._now_s += seconds
