"""How sure a figure is: its value, and the interval in which it would lie for other songs of the same kind.

Songs (or clips) are drawn with replacement as often as there are, the figure is computed anew, again and again
(Efron 1979, "Bootstrap Methods"); the interval holds the middle 95 %. Some figures, such as a Frechet distance,
come out higher when songs repeat: the interval is therefore moved so that its middle falls on the figure itself.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int64

_DRAWS, _SEED = 400, 7


@dataclass(frozen=True)
class Interval:
    """A figure and its 95 % interval."""

    value: float
    low: float
    high: float


def bootstrapped(
    count: int, figure: Callable[[Int64[np.ndarray, " drawn"]], float], draws: int = _DRAWS
) -> Interval:
    """The figure of all `count` songs, and its interval; `figure` is told which songs to count, some more than once."""
    if count < 1:
        raise ValueError("asked for an interval over 0 songs: give 1 or more")
    rng = np.random.default_rng(_SEED)
    value = float(figure(np.arange(count)))
    drawn = [float(figure(rng.integers(0, count, count))) for _ in range(draws)]
    finite = np.array([one for one in drawn if np.isfinite(one)])
    if not len(finite):
        return Interval(value, float("nan"), float("nan"))
    low, middle, high = np.percentile(finite, (2.5, 50, 97.5))
    return Interval(value, float(value + low - middle), float(value + high - middle))


def mean_interval(values: Float[np.ndarray, " songs"]) -> Interval:
    """The mean of one value a song, and its interval."""
    return bootstrapped(len(values), lambda drawn: float(np.mean(values[drawn])))
