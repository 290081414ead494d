"""The hand-off from a thread that is told of beats to the dance thread: what was said, and when."""

from collections import deque
from collections.abc import Iterator
from typing import Generic, TypeVar

Said = TypeVar("Said")


class Mailbox(Generic[Said]):
    """Letters in the order of posting, one writer and one reader; the oldest are lost when nobody reads."""

    def __init__(self, letters: int = 4096) -> None:
        self._letters: deque[tuple[float, Said]] = deque(maxlen=letters)

    def post(self, time_s: float, said: Said) -> None:
        """Writer's thread. Keep what was said at that time; never waits."""
        self._letters.append((time_s, said))

    def until(self, time_s: float) -> Iterator[tuple[float, Said]]:
        """Reader's thread. Take out what was said up to that time, the oldest first."""
        while self._letters and self._letters[0][0] <= time_s:
            yield self._letters.popleft()
