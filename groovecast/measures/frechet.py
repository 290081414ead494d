"""How far one lot of dances is from another: the Frechet distance between their features.

Both lots are seen as Gaussians (Heusel et al. 2017, "GANs Trained by a Two Time-Scale Update Rule", eq. 6):

    d^2 = |m1 - m2|^2 + tr(S1) + tr(S2) - 2 tr((S1 S2)^(1/2))

after each number was brought to mean 0 and spread 1 over the ground truth (Bailando). The root's trace is that of
(R S2 R)^(1/2), R = S1^(1/2), which is symmetric: its eigenvalues are real, and stay so where a covariance is singular
because there are fewer dances than numbers, so that no ridge is needed. Few dances still make the distance too large:
compare distances only between lots of the same size.
"""

import numpy as np
from jaxtyping import Float

Features = Float[np.ndarray, "clips numbers"]

_NEVER = 1e-8  # a spread below this: the ground truth never shows the feature


def normalised(truth: Features, *others: Features, least_spread: float = 0.0) -> tuple[Features, ...]:
    """The ground truth and the others, each number at mean 0 and spread 1 over the ground truth.

    A number that never varies there is left out: it has no spread to be counted in. `least_spread` keeps numbers that
    hardly vary from drowning the rest; published figures have none.
    """
    mean, spread = truth.mean(axis=0), truth.std(axis=0)
    used = spread > _NEVER
    spread = np.maximum(spread[used], least_spread)
    return tuple((lot[:, used] - mean[used]) / spread for lot in (truth, *others))


def frechet_distance(one: Features, other: Features) -> float:
    """The squared distance d^2 of two lots of feature vectors, two or more in each."""
    if min(len(one), len(other)) < 2:
        raise ValueError(
            f"asked for a Frechet distance of {len(one)} and {len(other)} clips: give 2 or more of each"
        )
    gap = one.mean(axis=0) - other.mean(axis=0)
    return gaussian_distance(gap, _covariance(one), _covariance(other))


def gaussian_distance(
    gap: Float[np.ndarray, " numbers"],
    one: Float[np.ndarray, "numbers numbers"],
    other: Float[np.ndarray, "numbers numbers"],
) -> float:
    """The squared distance of two Gaussians whose means are `gap` apart, from their covariances."""
    value, vector = np.linalg.eigh(one)
    root = (vector * np.sqrt(np.clip(value, 0, None))) @ vector.T
    shared = np.sqrt(np.clip(np.linalg.eigvalsh(root @ other @ root), 0, None)).sum()
    return max(0.0, float(gap @ gap + np.trace(one) + np.trace(other) - 2 * shared))


def _covariance(lot: Features) -> Float[np.ndarray, "numbers numbers"]:
    return np.asarray(np.atleast_2d(np.cov(lot, rowvar=False)))
