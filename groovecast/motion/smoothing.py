"""Smoothness: what is quick in a dance is smoothed away, and nothing of it comes later or sooner than before.

A plan knows what came before it and what comes after, so the average is taken over both sides of each frame: no delay.
A foot is brought to where it was on average, not to where averaged joints would put it: who stands goes on standing.
"""

import numpy as np
from jaxtyping import Float

from groovecast.motion.kinematics import local_from_world, reach, world_from_local
from groovecast.motion.pose import Motion
from groovecast.motion.rotation import quat_continuous, unit
from groovecast.motion.skeleton import Skeleton
from groovecast.motion.soles import SIDES

# At smoothness 1 a movement so often in a second is shown half as strong (in power), a quicker one less.
SLOWEST_HZ = 1.5
# A bell's width for one of those: of what it leaves of a frequency f, exp(-2 (pi width f)^2), the square is a half.
_WIDEST_S = float(np.sqrt(np.log(2) / 4) / (np.pi * SLOWEST_HZ))
# The bell is cut off so many widths from its middle.
_WIDTHS = 3.0


def reach_frames(smoothness: float, fps: float) -> int:
    """How many frames before and after it a smoothed frame depends on."""
    return int(np.ceil(_WIDTHS * smoothness * _WIDEST_S * fps))


def smoothed(motion: Motion, smoothness: float, skeleton: Skeleton) -> Motion:
    """The motion with what is quick smoothed away: 0 nothing, 1 all above `SLOWEST_HZ`. Its ends stand in for more."""
    wide = reach_frames(smoothness, motion.fps)
    if not wide:
        return motion
    bell = np.exp(-0.5 * (np.arange(-wide, wide + 1) / (smoothness * _WIDEST_S * motion.fps)) ** 2)
    bell /= bell.sum()
    offset = skeleton.rest_offset_m.astype(np.float64)
    danced_m, danced = world_from_local(
        motion.root_m.astype(np.float64),
        motion.local_quat_wxyz.astype(np.float64),
        offset,
        skeleton.parents,
    )
    root = _averaged(motion.root_m.astype(np.float64), bell)
    quat = _turned(motion.local_quat_wxyz.astype(np.float64), bell)
    place, world = world_from_local(root, quat, offset, skeleton.parents)
    for side in SIDES:
        thigh, shin, foot, toes = (
            skeleton.index(f"{side}{bone}") for bone in ("UpperLeg", "LowerLeg", "Foot", "Toes")
        )
        world[:, thigh], world[:, shin] = reach(
            place[:, thigh], _averaged(danced_m[:, foot], bell), world[:, thigh], world[:, shin],
            float(-offset[shin, 1]), float(-offset[foot, 1]),
        )  # fmt: skip
        world[:, [foot, toes]] = _turned(danced[:, [foot, toes]], bell)
    quat = local_from_world(world, skeleton.parents)
    return Motion(motion.fps, root.astype(np.float32), quat.astype(np.float32))


def _averaged(
    values: Float[np.ndarray, "frames *rest"], bell: Float[np.ndarray, " width"]
) -> Float[np.ndarray, "frames *rest"]:
    wide = len(bell) // 2
    padded = np.concatenate((np.repeat(values[:1], wide, 0), values, np.repeat(values[-1:], wide, 0)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, len(bell), axis=0)
    return np.asarray(windows @ bell)


def _turned(
    quat: Float[np.ndarray, "frames joints 4"], bell: Float[np.ndarray, " width"]
) -> Float[np.ndarray, "frames joints 4"]:
    # neighbouring frames are near each other: there the chord's average is the arc's
    return unit(_averaged(quat_continuous(quat), bell))
