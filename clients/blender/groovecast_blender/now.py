"""The only place of this add-on that reads the time."""

import time


def now_s() -> float:
    """Seconds on this machine's monotonic clock."""
    return time.perf_counter()
