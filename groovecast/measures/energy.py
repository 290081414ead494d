"""Whether a dance is as lively as its music: rank correlation over sections, and the answer to a breakdown or a drop.

Motion energy is the mean summed speed of hands and feet; music energy the mean square of the sound in dB. Over
sections they are compared by Spearman's rank correlation (1904), the correlation of ranks, ties sharing theirs. The
answer to a change is the ratio of motion energy in two bars that begin one bar after it to that in the two bars
before it: a breakdown must bring it below 1, a drop above.
"""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

_BARS = 2.0  # before and after a change
_ANSWER_BARS = 1.0  # time to answer
_SILENT = 1e-10  # a power of -100 dB

Values = Float[np.ndarray, " values"]


def rank_correlation(one: Values, other: Values) -> float:
    """Spearman's rho; NaN for fewer than three values, or where one side never changes."""
    a, b = _ranks(one), _ranks(other)
    if len(one) < 3 or np.ptp(a) == 0 or np.ptp(b) == 0:
        return float("nan")
    return float(np.corrcoef(a, b)[0, 1])


def _ranks(values: Values) -> Values:
    _, place, count = np.unique(values, return_inverse=True, return_counts=True)
    return np.asarray((np.cumsum(count) - (count - 1) / 2)[place])


def mean_over(curve: Values, fps: float, spans_s: Sequence[tuple[float, float]]) -> Values:
    """The mean of a curve over each span of seconds; NaN where it has no sample."""
    means = []
    for begin_s, end_s in spans_s:
        part = curve[max(0, round(begin_s * fps)) : max(0, round(end_s * fps))]
        means.append(float(part.mean()) if len(part) else np.nan)
    return np.array(means)


def loudness_db(samples: Values, sample_rate_hz: int, spans_s: Sequence[tuple[float, float]]) -> Values:
    """The music's energy over each span, dB of full scale."""
    power = mean_over(samples.astype(np.float64) ** 2, sample_rate_hz, spans_s)
    return np.asarray(10 * np.log10(np.maximum(power, _SILENT)))


def answer_to_change(curve: Values, fps: float, change_s: float, bar_s: float) -> float:
    """How many times as energetic a dance is from one bar after a change than it was before it; NaN near the ends."""
    begin_s = change_s + _ANSWER_BARS * bar_s
    spans = [(change_s - _BARS * bar_s, change_s), (begin_s, begin_s + _BARS * bar_s)]
    if spans[0][0] < 0 or spans[1][1] > len(curve) / fps:
        return float("nan")
    before, after = mean_over(curve, fps, spans)
    return float(after / before) if before > 0 else float("nan")
