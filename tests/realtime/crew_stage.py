"""A crew for the tests: a desk, a dancer whose plans are a known sway, and what is shown of everybody, tick by tick."""

from collections.abc import Callable

import numpy as np

from groovecast.audio.beat_clock import BeatClock
from groovecast.model.config import ModelConfig
from groovecast.model.imagined import Imagined, imagined
from groovecast.motion.idle import standing
from groovecast.motion.pose import Motion
from groovecast.motion.representation import HEIGHT, numbers_from_motion
from groovecast.wire.moment import Moment
from realtime.crew_budget import CrewBudget
from realtime.dance import Dancer
from realtime.dance_settings import DanceSettings
from realtime.desk.dance_wishes import settings_at
from realtime.desk.desk import Desk
from realtime.desk_room import desk_for
from realtime.ensemble import Ensemble

RATE_HZ, FPS, START_S = 24000, 60, 1000.0


class Bobber:
    """Hips go up and down as the noise of each frame says: each dance is another, no second like another."""

    def __init__(self) -> None:
        self.config = ModelConfig()
        self.asked: list[np.ndarray] = []
        quat = np.zeros((22, 4))
        quat[:, 0] = 1
        root, pose = standing(np.zeros(3), quat, 0.0)
        self._still = numbers_from_motion(Motion(30.0, root[None], pose[None]), np.ones((1, 4)))[0]

    def plan(self, history: np.ndarray, music: np.ndarray, style: np.ndarray, noise: np.ndarray) -> Imagined:
        """Fifty frames; frame f is as high as its own noise, smoothed, whichever plan it is in."""
        self.asked.append(style)
        plan = np.repeat(self._still[None], self.config.plan_frames, axis=0)
        kernel = np.hanning(7) / np.hanning(7).sum()
        plan[:, HEIGHT] += 0.05 * np.convolve(noise[:, 0], kernel, "same")
        return imagined(plan, self.config.fps)


class Beating(Dancer):
    """A dancer who is told the beat by the test."""

    tempo_of: Callable[[float], BeatClock]

    @property
    def clock(self) -> BeatClock:
        """The test's."""
        return self.tempo_of(self.now_s)

    now_s = START_S


def steady(bpm: float) -> Callable[[float], BeatClock]:
    """A beat that never changes."""
    clock = BeatClock(np.array([START_S]), np.zeros(1), bpm, 1.0, 0)
    return lambda now_s: clock


class CrewNight:
    """A show of a crew on a clock that the test turns: silence is heard, and danced to all the same."""

    def __init__(
        self,
        dancers: int,
        generator: Bobber | None = None,
        budget: CrewBudget | None = None,
        tempo_of: Callable[[float], BeatClock] | None = None,
    ) -> None:
        self.now_s, self.budget = START_S, budget or CrewBudget()
        self.generator = generator or Bobber()
        start = DanceSettings(dancers=dancers, groove=0.0, foot_lock=False)
        self.dancer = Beating(self.generator, RATE_HZ, START_S, start)
        self.dancer.tempo_of = tempo_of or steady(120.0)
        self.desk: Desk = desk_for(self.dancer, (), 0.0, lambda: self.now_s)
        self.desk.turn("groove", 0, "test")
        self.dancer.wishes = lambda at_s: settings_at(self.desk.board, at_s, start, self.budget)
        self.ensemble = Ensemble(self.dancer, lambda: self.desk.board, lambda: self.budget.own)
        self.tick_number = 0

    def tick(self) -> tuple[Moment, ...]:
        """A sixtieth of a second goes by; everybody as shown then."""
        self.now_s = self.dancer.now_s = START_S + self.tick_number / FPS
        self.dancer.hear(np.zeros(RATE_HZ // FPS, np.float32), self.now_s - 1 / FPS)
        self.desk.tick(self.now_s)
        while self.dancer.imagine(self.now_s):
            pass
        self.tick_number += 1
        return self.ensemble.moments(self.now_s)

    def ticks(self, seconds: float) -> dict[int, list[Moment]]:
        """So many seconds of each dancer."""
        told: dict[int, list[Moment]] = {}
        for _ in range(round(seconds * FPS)):
            for moment in self.tick():
                told.setdefault(moment.dancer, []).append(moment)
        return told


def heights(moments: list[Moment]) -> np.ndarray:
    """How high the hips are."""
    return np.array([moment.pose.root_m[1] for moment in moments], np.float64)


def apart(one: Moment, other: Moment) -> float:
    """How differently two are posed, wherever they stand."""
    a, b = one.pose, other.pose
    return max(
        abs(float(a.root_m[1] - b.root_m[1])), float(np.abs(a.local_quat_wxyz - b.local_quat_wxyz).max())
    )


def lag_frames(leader: np.ndarray, follower: np.ndarray, most: int) -> int:
    """By how many frames the second is later than the first: where their cross-correlation is highest."""
    a, b = np.diff(leader), np.diff(follower)
    count = len(a) - most
    scores = [
        np.corrcoef(a[most - lag : most - lag + count], b[most : most + count])[0, 1] for lag in range(most)
    ]
    return int(np.argmax(scores))
