"""A show's loop for the tests of cues, on a clock that obeys: music, a dancer, a desk with a set list."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
from jaxtyping import Float32

from groovecast.audio.beat_clock import BeatClock
from groovecast.model.config import ModelConfig
from groovecast.model.imagined import Imagined, imagined
from groovecast.motion.idle import standing
from groovecast.motion.pose import Motion, Pose
from groovecast.motion.representation import BODY_JOINTS, numbers_from_motion
from groovecast.wire.desk_messages import Cues
from groovecast.wire.moment import Moment
from realtime.clock import FakeClock
from realtime.clocks.source import MIDI, BeatSource
from realtime.dance import Dancer
from realtime.desk.cues import CueDesk
from realtime.desk.dance_wishes import settings_at
from realtime.desk.kept_file import Scribe
from realtime.desk.set_list_file import SetListFile
from realtime.desk_room import desk_for
from realtime.ensemble import Ensemble

RATE_HZ, FPS = 24000, 60


class AtOnce(Scribe):
    """A scribe that does what it is asked at once."""

    def __init__(self) -> None:
        self.jobs = 0

    def do(self, job: Callable[[], None]) -> None:
        self.jobs += 1
        job()

    def close(self) -> None:
        """Nothing is left to do."""


def clicks(seconds: float, beat_s: float = 0.5, first_s: float = 0.25) -> Float32[np.ndarray, " samples"]:
    """A click on every beat, a higher and louder one on every fourth."""
    sound = np.zeros(int(seconds * RATE_HZ), np.float32)
    time_s = np.arange(int(0.05 * RATE_HZ)) / RATE_HZ
    for beat, at_s in enumerate(np.arange(first_s, seconds - 0.1, beat_s)):
        one = beat % 4 == 0
        hit = (
            np.sin(2 * np.pi * (1600 if one else 900) * time_s) * np.exp(-time_s * 90) * (0.9 if one else 0.5)
        )
        start = int(at_s * RATE_HZ)
        sound[start : start + len(hit)] += hit.astype(np.float32)
    return sound


class Stander:
    """A generator that stands, and so shows what the desk does alone."""

    def __init__(self) -> None:
        self.config = ModelConfig()
        turns = np.zeros((BODY_JOINTS, 4))
        turns[:, 0] = 1
        root, turns = standing(np.zeros(3), turns, 0.0)
        still = numbers_from_motion(Motion(30.0, root[None], turns[None]), np.ones((1, 4)))
        self._plan = np.repeat(still, self.config.plan_frames, axis=0)

    def plan(self, history: np.ndarray, music: np.ndarray, style: np.ndarray, noise: np.ndarray) -> Imagined:
        """Stand on."""
        return imagined(self._plan, self.config.fps)


class Metronome:
    """A sequencer that says where the beat is: beat 0, which begins a bar, falls at `first_s`."""

    name, connected = MIDI, True

    def __init__(self, first_s: float = 0.25, tempo_bpm: float = 120.0) -> None:
        self.first_s, self.bpm = first_s, tempo_bpm
        self.heard_until_s = -np.inf

    def listen(self, until_s: float, origin_s: float) -> None:
        """It is heard at once."""
        self.heard_until_s = until_s

    def clock(self, now_s: float) -> BeatClock:
        """The beat, for sure."""
        return BeatClock(np.array([self.first_s]), np.zeros(1), self.bpm, 1.0, 0)

    def tempo_bpm(self, now_s: float) -> float | None:
        """It says more than that."""
        return None


class CueStage:
    """A dancer who hears a song, and a desk; time goes on picture by picture."""

    def __init__(
        self,
        sound: np.ndarray,
        rate_hz: int = RATE_HZ,
        file: Path | None = None,
        beats: Sequence[BeatSource] = (),
    ) -> None:
        self.clock = FakeClock(0.0)
        self.generator = Stander()
        self.dancer = Dancer(self.generator, rate_hz, 0.0, beats=beats)
        self.desk = desk_for(self.dancer, (), 0.0, self.clock.now_s)
        start = self.dancer.settings
        self.dancer.wishes = lambda at_s: settings_at(self.desk.board, at_s, start)
        self.cues = CueDesk(
            self.desk, SetListFile(file, AtOnce()), lambda: self.dancer.clock, self.clock.now_s
        )
        self.ensemble = Ensemble(self.dancer, lambda: self.desk.board)
        self.said: list[str] = []
        self.told: list[Cues] = []
        self.desk.on_say(self.said.append)
        self.cues.listen(self.told.append)
        self._sound, self._rate_hz, self._heard, self._picture = sound, rate_hz, 0, 0

    def pictures(self, until_s: float) -> Iterator[Moment]:
        """What is seen until then."""
        while (now_s := self._picture / FPS) < until_s:
            self.clock.sleep_until_s(now_s)
            until = min(int(now_s * self._rate_hz), len(self._sound))
            if until > self._heard:
                self.dancer.hear(self._sound[self._heard : until], self._heard / self._rate_hz)
                self._heard = until
            while self.dancer.imagine(now_s):
                pass
            self.cues.tick(now_s)
            self.desk.tick(now_s)
            yield self.ensemble.moments(now_s)[0]
            self._picture += 1

    def run(self, until_s: float) -> None:
        """Let it go on."""
        for _ in self.pictures(until_s):
            pass


def place_m(pose: Pose) -> float:
    """Where the figure stands, towards its left."""
    return float(pose.root_m[0])
