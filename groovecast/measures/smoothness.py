"""Whether a dance flows and lasts: jerk, the longest stillness, and what drifts over minutes.

Jerk is the third difference of a joint's place times fps^3 (Flash & Hogan 1985 make its square the measure of smooth
movement); its 95th percentile over joints and frames is where seams and shaking show. Stillness is a run of frames in
which no joint is faster than 0.15 m/s. Drift is the slope of a straight line through height and tilt of the root.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from groovecast.motion.rotation import quat_rotate

STILL_M_S = 0.15

Places = Float[np.ndarray, "frames joints 3"]


@dataclass(frozen=True)
class Drift:
    """How height and tilt of the root changed over a dance."""

    height_m_per_min: float
    tilt_degrees_per_min: float
    height_m: tuple[float, float]  # means of the first and the last minute
    tilt_degrees: tuple[float, float]


def jerk(place_m: Places, fps: float) -> Float[np.ndarray, "frames joints"]:
    """Size of the third derivative of each joint's place, m/s^3; row k stands between frames k + 1 and k + 2."""
    return np.asarray(np.linalg.norm(np.diff(place_m, n=3, axis=0), axis=-1) * fps**3)


def jerk_p95(place_m: Places, fps: float) -> float:
    """The jerk that one joint in twenty exceeds at any time, m/s^3."""
    return float(np.percentile(jerk(place_m, fps), 95))


def longest_run(flags: Bool[np.ndarray, " frames"]) -> int:
    """The longest run of true flags."""
    edges = np.flatnonzero(np.diff(np.concatenate(([0], flags.astype(np.int8), [0]))))
    return int((edges[1::2] - edges[::2]).max(initial=0))


def longest_stillness_s(place_m: Places, fps: float) -> float:
    """The longest time in which no joint moves faster than 0.15 m/s."""
    speed = np.linalg.norm(np.diff(place_m, axis=0), axis=-1) * fps
    return longest_run(speed.max(axis=-1) < STILL_M_S) / fps


def tilt_degrees(root_quat_wxyz: Float[np.ndarray, "frames 4"]) -> Float[np.ndarray, " frames"]:
    """How far the root leans out of the upright."""
    upright = quat_rotate(root_quat_wxyz.astype(np.float64), np.array([0, 1.0, 0]))
    return np.asarray(np.degrees(np.arccos(np.clip(upright[:, 1], -1, 1))))


def drift(height_m: Float[np.ndarray, " frames"], tilt: Float[np.ndarray, " frames"], fps: float) -> Drift:
    """What height and tilt of the root do over the whole dance."""
    minutes = np.arange(len(height_m)) / fps / 60
    first, last = slice(0, int(60 * fps)), slice(-int(60 * fps), None)
    return Drift(
        float(np.polyfit(minutes, height_m, 1)[0]),
        float(np.polyfit(minutes, tilt, 1)[0]),
        (float(height_m[first].mean()), float(height_m[last].mean())),
        (float(tilt[first].mean()), float(tilt[last].mean())),
    )
