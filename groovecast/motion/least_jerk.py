"""The smoothest way to correct a motion: a small offset that does what is asked of it and never jerks.

One linear least-squares problem a plan. It looks ahead, so it begins to act before it must, and lets go as gently.
"""

import numpy as np
from jaxtyping import Float

# So many frames of the past decide how an offset goes on: its place, rate and acceleration.
REMEMBERED = 3


def least_jerk(
    slide: Float[np.ndarray, "frames axes"],
    hold: Float[np.ndarray, " frames"],
    towards: Float[np.ndarray, "frames axes"],
    near: Float[np.ndarray, " frames"],
    jerk: float,
    before: Float[np.ndarray, "known axes"],
) -> Float[np.ndarray, "frames axes"]:
    """The offset x of each frame that goes on from the known ones and costs least:

        sum of hold |x_t - x_(t-1) + slide_t|^2 + near |x_t - towards_t|^2 + jerk |third difference of x|^2

    `hold` is how dear it is that something slides, `near` how dear to be elsewhere than `towards`. Solved anew from any
    of its frames on it gives the same again (Bellman 1957), so a plan may be cut anywhere.
    """
    frames, known = len(slide), len(before)
    step = np.eye(known + frames)[known:] - np.eye(known + frames, k=-1)[known:]
    third = np.diff(np.eye(known + frames), n=3, axis=0)
    cost = step.T @ (hold[:, None] * step) + jerk * (third.T @ third)
    cost[known:, known:] += np.diag(near)
    wanted = -(step.T @ (hold[:, None] * slide))[known:] + near[:, None] * towards
    return np.asarray(np.linalg.solve(cost[known:, known:], wanted - cost[known:, :known] @ before))
