"""How different dances are from each other: the mean distance between their features.

Div = mean over all pairs of |f_i - f_j|, features normalised by the ground truth (Li et al. 2021, AIST++;
Bailando). Of kinetic features it is called Divk (or Distk), of manual ones Divg.
"""

import numpy as np
from jaxtyping import Float


def diversity(features: Float[np.ndarray, "clips numbers"]) -> float:
    """The mean distance between two different clips; two or more are needed."""
    if len(features) < 2:
        raise ValueError(f"asked for the diversity of {len(features)} clips: give 2 or more")
    squares = np.sum(features**2, axis=1)
    apart = squares[:, None] + squares[None] - 2 * features @ features.T
    pairs = np.triu_indices(len(features), 1)
    return float(np.sqrt(np.clip(apart[pairs], 0, None)).mean())


def pair_distance(
    one: Float[np.ndarray, "clips numbers"], other: Float[np.ndarray, "clips numbers"]
) -> float:
    """The mean distance between the clips of two lots that stand in the same order: two dances to the same music."""
    return float(np.linalg.norm(one - other, axis=1).mean())
