"""How late a dance has to be shown for its frames to be there in time: usually not at all."""

import math
from collections import deque

_REMEMBERED = 600  # frames: ten seconds of 60 a second
_LOOK_EVERY = 15  # frames
_SPARE_FRAMES = 1.5  # a frame is needed when the one before it is due, and a little earlier
_OUTLIERS = 0.01  # of the frames may come too late: those are bridged
_MOST_S = 0.5
_SLEW = 0.05  # of the time that goes by: nobody sees a dance 5 % faster or slower
_ENOUGH_S = 0.02  # less than this is not worth giving back


class PlayOut:
    """Measures how long before their time frames come, and delays what is shown where that is too short.

    A look-ahead of 0.25 s needs no delay on almost any network. A server that gives less, or a network that is
    slower, is made up for here, so that nobody has to turn a knob.
    """

    def __init__(self) -> None:
        self._lead_s: deque[float] = deque(maxlen=_REMEMBERED)
        self._seen = 0
        self._wanted_s = 0.0
        self._delay_s = 0.0
        self._last_s = -math.inf

    @property
    def delay_s(self) -> float:
        """By how much the dance is shown later than its time."""
        return self._delay_s

    def came(self, lead_s: float, frame_s: float) -> None:
        """A frame came that long before its time; frames are `frame_s` apart."""
        self._lead_s.append(lead_s)
        self._seen += 1
        if self._seen % _LOOK_EVERY and self._seen > _LOOK_EVERY:
            return
        ordered = sorted(self._lead_s)
        late_s = _SPARE_FRAMES * frame_s - ordered[int(len(ordered) * _OUTLIERS)]
        wanted_s = min(max(0.0, late_s), _MOST_S)
        if wanted_s > self._wanted_s or wanted_s < self._wanted_s - _ENOUGH_S or wanted_s == 0.0:
            self._wanted_s = wanted_s

    def at(self, now_s: float, playing: bool) -> float:
        """The delay to use now: while a figure dances it changes too slowly to be seen."""
        room_s = _SLEW * max(0.0, now_s - self._last_s) if playing else math.inf
        self._delay_s += min(max(self._wanted_s - self._delay_s, -room_s), room_s)
        self._last_s = max(self._last_s, now_s)
        return self._delay_s
