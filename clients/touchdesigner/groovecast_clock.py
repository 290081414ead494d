"""The one place where the TouchDesigner client reads this machine's time; everything else is told it."""

import time


def now_s() -> float:
    """Seconds that never run backwards."""
    return time.perf_counter()
