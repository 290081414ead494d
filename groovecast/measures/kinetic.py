"""The kinetic features of a dance: how fast and how abruptly each joint moves, three numbers a joint.

Mean squared horizontal velocity, mean squared vertical velocity and mean acceleration of each joint over a clip
(Onuma et al. 2008, "FMDistance"; as fairmotion and after it AIST++, Bailando and Lodge compute them). With D the
difference of neighbouring frames and W(i) the frames i - 2 .. i + 2 that exist:

    v(i) = mean over W(i) of D p / dt        e_h = mean_i (v_x^2 + v_z^2)   e_v = mean_i v_y^2
    a(i) = mean over W(i) of D D p / dt^2    x = mean_i |a(i)|

66 numbers of 22 joints, 72 of 24, over i = 1 .. frames - 1, places taken from the root's first one.

Published figures hold two faults, kept in `kinetic_features` so that figures can be set beside them: dt is 1/60 s
whatever the frame rate, and the earlier velocity is p(i) - p(i - 1) / dt, its bracket slipped, so that the third
number says mostly how far a joint is from where the root began. `kinetic_features_corrected` has neither.
"""

import numpy as np
from jaxtyping import Float

_REACH = 2  # frames to each side
_PUBLISHED_FPS = 60.0


def kinetic_features(place_m: Float[np.ndarray, "frames joints 3"]) -> Float[np.ndarray, " numbers"]:
    """The features as published, fault for fault."""
    return _features(place_m, _PUBLISHED_FPS, slipped=True)


def kinetic_features_corrected(
    place_m: Float[np.ndarray, "frames joints 3"], fps: float
) -> Float[np.ndarray, " numbers"]:
    """The same features with the true frame rate and the bracket where it belongs: m^2/s^2 and m/s^2."""
    return _features(place_m, fps, slipped=False)


def _features(
    place_m: Float[np.ndarray, "frames joints 3"], fps: float, slipped: bool
) -> Float[np.ndarray, " numbers"]:
    if len(place_m) < 3:
        raise ValueError(f"asked for kinetic features of {len(place_m)} frames: give 3 or more")
    place = place_m.astype(np.float64) - place_m[:1, :1]
    frames = len(place)
    velocity = _windowed(np.diff(place, axis=0) * fps, 1, frames)
    before, here, after = place[:-2], place[1:-1], place[2:]
    earlier = here - before * fps if slipped else (here - before) * fps
    acceleration = _windowed(((after - here) * fps - earlier) * fps, 1, frames)
    horizontal = np.sum(velocity[..., [0, 2]] ** 2, axis=-1).mean(axis=0)
    vertical = (velocity[..., 1] ** 2).mean(axis=0)
    effort = np.linalg.norm(acceleration, axis=-1).mean(axis=0)
    return np.stack((horizontal, vertical, effort), axis=-1).reshape(-1)


def _windowed(
    values: Float[np.ndarray, "values joints 3"], first: int, frames: int
) -> Float[np.ndarray, "rows joints 3"]:
    """For the frames 1 .. `frames` - 1 the mean of what exists two to each side; `values[0]` is of frame `first`."""
    total = np.concatenate((np.zeros_like(values[:1]), np.cumsum(values, axis=0)))
    middle = np.arange(1, frames) - first
    low = np.clip(middle - _REACH, 0, len(values))
    high = np.clip(middle + _REACH + 1, 0, len(values))
    return np.asarray((total[high] - total[low]) / (high - low)[:, None, None])
