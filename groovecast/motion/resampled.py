"""A motion at another frame rate, or at any moments: between frames it moves as it is shown between them."""

import numpy as np
from jaxtyping import Float

from groovecast.motion.pose import Motion
from groovecast.motion.rotation import quat_continuous, unit


def frames_at(motion: Motion, at: Float[np.ndarray, " times"], fps: float) -> Motion:
    """The motion at those places, counted in its own frames with fractions, as a motion of `fps` frames a second.

    Catmull-Rom through four frames, as the page is shown; before the first and after the last frame it stands.
    """
    last = motion.frames - 1
    low = np.clip(np.floor(at).astype(np.int64), 0, max(last - 1, 0))
    t = np.clip(at - low, 0, 1)
    weights = 0.5 * np.stack(
        (-t + 2 * t**2 - t**3, 2 - 5 * t**2 + 3 * t**3, t + 4 * t**2 - 3 * t**3, -(t**2) + t**3), axis=-1
    )
    rows = np.clip(low[:, None] + np.arange(-1, 3), 0, last)
    quat = quat_continuous(motion.local_quat_wxyz.astype(np.float64))[rows]
    return Motion(
        fps,
        np.einsum("tf,tfx->tx", weights, motion.root_m.astype(np.float64)[rows]).astype(np.float32),
        unit(np.einsum("tf,tfjq->tjq", weights, quat)).astype(np.float32),
    )


def at_fps(motion: Motion, fps: float) -> Motion:
    """The whole motion at that many frames a second."""
    frames = int((motion.frames - 1) / motion.fps * fps + 1e-6) + 1
    return frames_at(motion, np.arange(frames) / fps * motion.fps, fps)
