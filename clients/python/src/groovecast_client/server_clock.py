"""What time the server has: four stamps a ping, the quickest ping counts, and what is shown never jumps."""

import math
from collections import deque

_KEPT_PINGS = 16
_SLEW = 0.05  # of the time that has gone by, at most: nobody sees a dance 5 % faster or slower
_JUMP_S = 0.25  # further off than this, slewing would take too long
_NEGATIVE_S = 1e-3  # a way there and back below zero by more than rounding is nonsense


class ServerClock:
    """Maps this machine's seconds to the server's. It is told the time, and reads none itself."""

    def __init__(self) -> None:
        self.jumps = 0  # how often the time to show has jumped
        self.reset()

    def reset(self) -> None:
        """Forget everything: another server may answer."""
        self._pings: deque[tuple[float, float]] = deque(maxlen=_KEPT_PINGS)  # there and back, offset
        self._guess_s: float | None = None
        self._shown_s: float | None = None  # the offset that is in use
        self._slewed_at_s = -math.inf

    def guess(self, server_s: float, local_s: float) -> None:
        """A message carried the server's time: late by its way here, which no ping has measured yet."""
        self._guess_s = server_s - local_s

    def pong(self, t0_s: float, t1_s: float, t2_s: float, t3_s: float) -> None:
        """A ping that left at t0 came back at t3, on this clock; t1 and t2 are the server's."""
        there_and_back_s = t3_s - t0_s - (t2_s - t1_s)
        offset_s = ((t1_s - t0_s) + (t2_s - t3_s)) / 2
        if math.isfinite(offset_s) and math.isfinite(there_and_back_s) and there_and_back_s >= -_NEGATIVE_S:
            self._pings.append((there_and_back_s, offset_s))

    @property
    def synced(self) -> bool:
        """Whether a ping has come back."""
        return bool(self._pings)

    @property
    def offset_s(self) -> float | None:
        """Server minus local by the quickest of the last pings; a first guess until there is one; None before."""
        return min(self._pings)[1] if self._pings else self._guess_s

    @property
    def round_trip_s(self) -> float | None:
        """The quickest way there and back of the last pings."""
        return min(self._pings)[0] if self._pings else None

    def measured(self, local_s: float) -> float | None:
        """The server's time at a local time as it is known best, jumps and all; None while unknown."""
        offset_s = self.offset_s
        return None if offset_s is None else local_s + offset_s

    def at(self, local_s: float) -> float | None:
        """The server's time to show at a local time: it follows what is measured without a jump, and never turns back.

        It jumps only when it is off by more than a quarter of a second.
        """
        offset_s = self.offset_s
        if offset_s is None:
            return None
        if self._shown_s is None or abs(offset_s - self._shown_s) > _JUMP_S:
            self._shown_s = offset_s
            self.jumps += 1
        else:
            room_s = _SLEW * max(0.0, local_s - self._slewed_at_s)
            self._shown_s += min(max(offset_s - self._shown_s, -room_s), room_s)
        self._slewed_at_s = max(self._slewed_at_s, local_s)
        return local_s + self._shown_s
