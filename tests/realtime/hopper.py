"""A fake generator that hops as high as the music is loud: what the dancer's tests dance with."""

import numpy as np

from groovecast.model.config import ModelConfig
from groovecast.model.imagined import Imagined, imagined
from groovecast.motion.idle import standing
from groovecast.motion.pose import Motion
from groovecast.motion.representation import HEIGHT, numbers_from_motion

SPEED_HZ = 2.0


class Hopper:
    """Continues its own hop: the knees stay straight and the hips go up and down with the onsets it was told of."""

    def __init__(self) -> None:
        self.config = ModelConfig()
        self.calls = 0
        self.music: list[np.ndarray] = []
        self.histories: list[np.ndarray] = []
        quat = np.zeros((22, 4))
        quat[:, 0] = 1
        root, pose = standing(np.zeros(3), quat, 0.0)
        still = Motion(30.0, root[None], pose[None])
        self._still = numbers_from_motion(still, np.ones((1, 4)))[0]

    def plan(self, history: np.ndarray, music: np.ndarray, style: np.ndarray, noise: np.ndarray) -> Imagined:
        """Fifty frames of hopping, higher with the energy of the last heard frames, a little apart for each noise."""
        self.calls += 1
        self.music.append(music)
        self.histories.append(history)
        plan = np.repeat(self._still[None], self.config.plan_frames, axis=0)
        time_s = np.arange(1, len(plan) + 1) / 30
        loud = float(music[:34, 7].mean())
        plan[:, HEIGHT] += (0.1 * loud + 0.001 * noise[:, 0]) * np.sin(2 * np.pi * SPEED_HZ * time_s)
        return imagined(plan, self.config.fps)
