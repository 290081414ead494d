"""The only place that reads the time: this machine's monotonic clock, in seconds."""

import time

# Windows before Python 3.13 moves time.monotonic in steps of 15.6 ms: read its finer counter there.
_COARSE = time.get_clock_info("monotonic").resolution > 1e-3


def now_s() -> float:
    """The time now; its zero means nothing, and it never goes back."""
    return time.perf_counter() if _COARSE else time.monotonic()
