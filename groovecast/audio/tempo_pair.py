"""Whether two tempi are heard at once: two songs that are blended, each with a pulse of its own.

It finds two songs of one kind, as house over house; where one drowns the other's pulse there is one tempo to hear.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
from jaxtyping import Float, Float32

from groovecast.audio.features import HOP_S

_MEMORY_S = 10.0
_EVERY_S = 0.5
_SLOWEST_S, _FASTEST_S = 1.0, 0.3  # a beat
_BEATS = 4  # a pulse recurs after one beat, two, ...
_SAME = 0.025  # nearer lags are one tempo
# A song's own pulse recurs at these multiples of its beat as well: none of them is another tempo.
_ITS_OWN = np.array(
    [1 / 4, 1 / 3, 3 / 8, 1 / 2, 2 / 3, 3 / 4, 1, 5 / 4, 4 / 3, 3 / 2, 5 / 3, 2, 5 / 2, 8 / 3, 3, 4]
)
_AS_STRONG, _LEAST_STRENGTH = 0.62, 0.1
_LASTS_S = 2.0


class TempoPair:
    """Hears newness hop by hop and looks twice a second at how it repeated over the last ten."""

    def __init__(self) -> None:
        self._newness = np.zeros(round(_MEMORY_S / HOP_S))
        self._hops = 0
        self._pair_s = 0.0
        self._beats_s = 0.0, 0.0
        self.blended = False
        self.ratio = 0.0  # how strong the second tempo is against the first

    def hear(self, flux_db: Float32[np.ndarray, " 4"], silent: bool) -> None:
        """One hop's newness by bands."""
        self._newness[self._hops % len(self._newness)] = 0.0 if silent else float(flux_db[0] + flux_db[2])
        self._hops += 1
        if self._hops % round(_EVERY_S / HOP_S) == 0:
            self._look()

    def _look(self) -> None:
        if self._hops < len(self._newness):
            return
        self.ratio, beats_s = _two_tempi(np.roll(self._newness, -(self._hops % len(self._newness))))
        # which of the two is the stronger may change from look to look
        steady = any(abs(beats_s[1] - before_s) <= _SAME * before_s for before_s in self._beats_s)
        self._pair_s = self._pair_s + _EVERY_S if self.ratio > _AS_STRONG and steady else 0.0
        self._beats_s = beats_s
        self.blended = self._pair_s >= _LASTS_S


def _two_tempi(newness: Float[np.ndarray, " hops"]) -> tuple[float, tuple[float, float]]:
    """The strength of the second tempo, as a share of the first's, and their beats; 0: there is one or none."""
    n, tempi = len(newness), _tempi()
    spectrum = np.fft.rfft(newness - newness.mean(), 2 * n)
    repeats = np.fft.irfft(np.square(np.abs(spectrum)))[: n // 2] / np.arange(n, n - n // 2, -1)
    if repeats[0] <= 0:
        return 0.0, (0.0, 0.0)
    strength = np.interp(tempi.recur_at, np.arange(len(repeats)), repeats / repeats[0]).mean(axis=1)
    first = int(np.argmax(strength))
    peak = np.concatenate(
        ([False], (strength[1:-1] >= strength[:-2]) & (strength[1:-1] >= strength[2:]), [False])
    )
    away = np.abs(np.log(tempi.periods)[:, None] - tempi.its_own[first]).min(axis=1)
    others = np.where((away > _SAME) & peak, strength, 0.0)
    second = int(np.argmax(others))
    if strength[first] < _LEAST_STRENGTH or others[second] <= 0:
        return 0.0, (0.0, 0.0)
    beats_s = float(tempi.periods[first]) * HOP_S, float(tempi.periods[second]) * HOP_S
    return float(others[second] / strength[first]), beats_s


@dataclass(frozen=True)
class _Tempi:
    """Every tempo that is looked for."""

    periods: Float[np.ndarray, " tempi"]  # hops
    recur_at: Float[np.ndarray, "tempi beats"]  # the lags at which a pulse of it recurs
    its_own: Float[
        np.ndarray, "tempi ratios"
    ]  # logarithms of the periods that a song of this tempo has itself


@cache
def _tempi() -> _Tempi:
    periods = np.geomspace(_FASTEST_S, _SLOWEST_S, 400) / HOP_S
    return _Tempi(periods, periods[:, None] * np.arange(1, _BEATS + 1), np.log(periods[:, None] * _ITS_OWN))
