"""Which beats a receiver has been told of: each once, in the moment that passes it, however the count is mended."""

import math
from typing import NamedTuple

from groovecast.wire.moment import Moment

# no music takes so much of a beat from one moment to the next: the beats are counted anew, or time was lost
_COUNTED_ANEW_BEATS = 0.5


class PassedBeat(NamedTuple):
    """The newest beat that came."""

    number: int
    bar: int
    place: int  # in the bar; 0 is the downbeat
    begins_bar: bool  # its bar is another than that of the beat told before


class BeatCount:
    """Watches the moments of one receiver."""

    def __init__(self) -> None:
        self._count: float | None = None
        self._told = 0  # the newest that passed

    def passed(self, moment: Moment) -> PassedBeat | None:
        """The beat that came since the moment before; None without one, and where the count of beats begins."""
        before, self._count = self._count, None
        if moment.beat is None or not math.isfinite(moment.beat):
            return None
        number, self._count = math.floor(moment.beat), moment.beat
        told = self._told
        if before is None or abs(moment.beat - before) > _COUNTED_ANEW_BEATS:
            self._told = number
            return None
        if number <= told:  # a count that is set back by a hundredth does not beat twice
            return None
        self._told = number
        bar, place = divmod(number, moment.beats_per_bar)
        return PassedBeat(number, bar, place, bar > told // moment.beats_per_bar)
