"""A straight line through counted moments, some of which come late, early, in bunches, or are no part of it."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

_ROUNDS = 4
_TUKEY = 4.685  # deviations beyond which a moment counts nothing (Beaton and Tukey 1974)
_SIGMA_FROM_MEDIAN = 1.4826  # of a normal distribution
_LEAST_SIGMA_S = 3e-4
_FEW = 5  # with fewer there is no telling who is wrong


@dataclass(frozen=True)
class Line:
    """Moment number `count` is at `count_s`, the others `period_s` apart."""

    count: float
    count_s: float
    period_s: float
    sigma_s: float  # how far moments are from it

    def time_at(self, count: float) -> float:
        """When moment number `count` is."""
        return self.count_s + (count - self.count) * self.period_s

    def count_at(self, time_s: float) -> float:
        """How many moments there are up to then, with fraction."""
        return self.count + (time_s - self.count_s) / self.period_s


def line_through(
    counts: Float[np.ndarray, " n"], times_s: Float[np.ndarray, " n"], least_sigma_s: float = _LEAST_SIGMA_S
) -> Line:
    """The line most of at least two moments agree on: median slope first, then least squares that lets strays go."""
    n = len(counts)
    middle = float(counts.mean())
    x, half = counts - middle, n // 2
    period_s = float(np.median((times_s[n - half :] - times_s[:half]) / (x[n - half :] - x[:half])))
    late_s = times_s - period_s * x
    offset_s = float(np.median(late_s))
    weights = np.ones(n)
    for _ in range(_ROUNDS):
        if n >= _FEW:
            away_s = times_s - offset_s - period_s * x
            sigma_s = max(_SIGMA_FROM_MEDIAN * float(np.median(np.abs(away_s))), least_sigma_s)
            weights = np.square(np.maximum(1 - np.square(away_s / (_TUKEY * sigma_s)), 0))
        total = weights.sum()
        mean_x, mean_s = float(weights @ x) / total, float(weights @ times_s) / total
        spread = float(weights @ np.square(x - mean_x))
        if spread <= 0:
            break
        period_s = float(weights @ ((x - mean_x) * (times_s - mean_s))) / spread
        offset_s = mean_s - period_s * mean_x
    away_s = np.abs(times_s - offset_s - period_s * x)
    return Line(middle, offset_s, period_s, _SIGMA_FROM_MEDIAN * float(np.median(away_s)))


def jitter_s(times_s: Float[np.ndarray, " n"]) -> float:
    """How far single moments of a steady count are off, by their second differences: blind to a change of tempo."""
    if len(times_s) < 3:
        return 0.0
    return _SIGMA_FROM_MEDIAN * float(np.median(np.abs(np.diff(times_s, 2)))) / 6**0.5
