"""What could not be done of all that came from outside: counted, and told to the person at most once a second."""

from collections.abc import Callable

_EVERY_S = 1.0


class Complaints:
    """A controller gone wild makes one line a second, not a thousand."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._newest, self._untold = "", 0
        self._told_s = float("-inf")
        self.count = 0  # since the start

    def note(self, text: str) -> None:
        """Count it, and keep its words until it is time."""
        self.count += 1
        self._untold += 1
        self._newest = text

    def tell(self, now_s: float) -> None:
        """Once a tick: tell the newest, and how many more there were."""
        if self._untold and now_s - self._told_s >= _EVERY_S:
            more = f" (and {self._untold - 1} more)" if self._untold > 1 else ""
            self._told_s, self._untold = now_s, 0
            self._say(self._newest + more)
