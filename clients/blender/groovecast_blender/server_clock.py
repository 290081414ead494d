"""What the server's clock says now, from pings: it never jumps while the figure dances."""

from collections import deque

_LAST_PINGS = 16
_SLEW = 0.05  # of the time that has passed
_JUMP_S = 0.25


class ServerClock:
    """Of the last pings, the one with the shortest way there and back counts."""

    def __init__(self) -> None:
        self._pings: deque[tuple[float, float]] = deque(maxlen=_LAST_PINGS)
        self._aim: float | None = None
        self._offset: float | None = None
        self._asked_s = 0.0

    def heard(self, t0: float, t1: float, t2: float, t3: float) -> None:
        """Network thread. A pong: t0 and t3 on our clock, t1 and t2 on the server's."""
        self._pings.append(((t3 - t0) - (t2 - t1), ((t1 - t0) + (t2 - t3)) / 2))
        self._aim = min(self._pings)[1]

    def server_s(self, now_s: float) -> float | None:
        """The server's time at our `now_s`; None before the first pong."""
        aim = self._aim
        if aim is None:
            return None
        if self._offset is None or abs(aim - self._offset) > _JUMP_S:
            self._offset = aim
        else:
            most = _SLEW * max(0.0, now_s - self._asked_s)
            self._offset += min(max(aim - self._offset, -most), most)
        self._asked_s = now_s
        return now_s + self._offset

    def forget(self) -> None:
        """Network thread. Another server's clock comes."""
        self._pings.clear()
        self._aim = None
