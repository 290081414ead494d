"""A whole show on a fake clock, desk and all, with nobody watching: what is turned, and how it is danced."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from groovecast.audio.decode import Audio
from groovecast.motion.kinematics import world_from_local
from groovecast.motion.skeleton import groovecast_skeleton
from groovecast.wire.desk_messages import Value
from realtime.clock import FakeClock
from realtime.dance import Dancer
from realtime.generator import Generator
from realtime.input_desk import Track
from realtime.live import Show
from realtime.server import ServerSettings
from realtime.sources import FileSource

FPS = 60
SKELETON = groovecast_skeleton()

Turns = Mapping[float, Sequence[tuple[str, Value]]]
Watch = Callable[[Dancer, float], None]


@dataclass(frozen=True)
class Seen:
    """What was shown, 60 frames a second: where every body joint was, how it was turned, and the dancer at the end."""

    place_m: np.ndarray
    quat: np.ndarray
    dancer: Dancer
    show: Show

    def speed_m_s(self, from_s: float = 4.0, until_s: float = np.inf) -> float:
        """The median over time of how fast the body moves, all joints averaged."""
        stretch = self.place_m[int(from_s * FPS) : int(min(until_s, 1e6) * FPS)]
        return float(np.median(np.linalg.norm(np.diff(stretch, axis=0), axis=-1).mean(axis=-1)) * FPS)

    def height_m(self, joint: str = "hips") -> np.ndarray:
        """How high a joint was."""
        return np.asarray(self.place_m[:, SKELETON.index(joint), 1])

    def hardest_m_s2(self, from_s: float, until_s: float = np.inf) -> float:
        """The hardest acceleration of any joint: what a jump would show in."""
        stretch = self.place_m[int(from_s * FPS) : int(min(until_s, 1e6) * FPS)]
        return float(np.linalg.norm(np.diff(stretch, n=2, axis=0), axis=-1).max() * FPS**2)

    def apart_m(self, other: "Seen") -> np.ndarray:
        """How far it is from another dance, frame by frame, all joints averaged."""
        count = min(len(self.place_m), len(other.place_m))
        off = self.place_m[:count] - other.place_m[:count]
        return np.asarray(np.linalg.norm(off, axis=-1).mean(axis=-1))


def danced(
    generator: Generator,
    sound: Audio,
    turns: Turns | None = None,
    watch: Watch | None = None,
    lost_s: tuple[float, float] = (np.inf, np.inf),
) -> Seen:
    """Dance to the whole sound, each control turned at its time; between `lost_s` no sound comes at all."""
    clock = FakeClock(0.0)
    source = FileSource(sound, clock)
    source.cue(0.0)
    show = Show(
        generator, source, clock, model="test", engine="test",
        server=ServerSettings(port=0), page_dir=Path(), track=Track("sound"),
    )  # fmt: skip
    show.dancer.begin(0.0)
    coming = sorted((turns or {}).items())
    poses = []
    for frame in range(round(len(sound.samples) / sound.sample_rate_hz * FPS)):
        clock.sleep_until_s(frame / FPS)
        now_s = clock.now_s()
        while coming and coming[0][0] <= now_s:
            for name, value in coming.pop(0)[1]:
                show.desk.turn(name, value, "test")
        show.room.tick(now_s)
        for block, first_s in source.blocks_until(now_s):
            if not lost_s[0] <= first_s < lost_s[1]:
                show.dancer.hear(block, first_s)
        while show.dancer.imagine(now_s):
            if watch is not None:
                watch(show.dancer, now_s)
        poses.append(show.dancer.show(now_s))
    root = np.stack([pose.root_m for pose in poses]).astype(np.float64)
    quat = np.stack([pose.local_quat_wxyz[: SKELETON.body_joints] for pose in poses]).astype(np.float64)
    offset = SKELETON.rest_offset_m[: SKELETON.body_joints].astype(np.float64)
    place, _ = world_from_local(root, quat, offset, SKELETON.parents)
    return Seen(place, quat, show.dancer, show)
