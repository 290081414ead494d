"""A dance as it was seen: where every joint was in each shown frame, and the music that it was danced to."""

from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Float32

from groovecast.motion.kinematics import world_from_local
from groovecast.motion.pose import Motion
from groovecast.motion.resampled import at_fps
from groovecast.motion.skeleton import groovecast_skeleton
from groovecast.motion.soles import contacts_of, soles_of
from realtime.evaluation.songs import JudgedSong, Times

SHOWN_FPS = 60.0
PLANNED_FPS = 30.0
LIMBS = tuple(
    groovecast_skeleton().index(name) for name in ("leftHand", "rightHand", "leftFoot", "rightFoot")
)
# How high a toe joint stands when its sole is on the floor.
GROUND_M = 0.02


@dataclass(frozen=True)
class Danced:
    """One dance at 60 frames a second; times are seconds after its first frame."""

    name: str
    place_m: Float32[np.ndarray, "frames 22 3"]
    local_quat_wxyz: Float32[np.ndarray, "frames 22 4"]
    contacts: Bool[np.ndarray, "frames 4"]
    beats_s: Times
    song: JudgedSong | None = None
    seams_s: Times = field(default_factory=lambda: np.zeros(0))
    styles: tuple[tuple[str, float], ...] = ()  # how much of the time each was danced
    rejected: int = 0
    misses: int = 0
    begin_s: float = 0.0  # where in the whole song its first frame is

    @property
    def duration_s(self) -> float:
        """How long it is."""
        return len(self.place_m) / SHOWN_FPS

    @property
    def planned_place_m(self) -> Float32[np.ndarray, "frames 22 3"]:
        """The frames that were planned, 30 a second."""
        return self.place_m[::2]

    def from_s(self, begin_s: float, end_s: float | None = None) -> "Danced":
        """That stretch of the dance, its song cut alike."""
        end_s = self.duration_s if end_s is None else min(end_s, self.duration_s)
        # an even frame, so that planned frames stay planned frames
        first, last = 2 * round(begin_s * PLANNED_FPS), round(end_s * SHOWN_FPS)
        begin_s, end_s = first / SHOWN_FPS, last / SHOWN_FPS

        def inside(times: Times) -> Times:
            return np.asarray(times[(times >= begin_s) & (times < end_s)] - begin_s)

        return replace(
            self,
            place_m=self.place_m[first:last],
            local_quat_wxyz=self.local_quat_wxyz[first:last],
            contacts=self.contacts[first:last],
            beats_s=inside(self.beats_s),
            seams_s=inside(self.seams_s),
            song=None if self.song is None else self.song.cut(begin_s, end_s),
            begin_s=self.begin_s + begin_s,
        )


def keep(danced: Danced, folder: Path) -> Path:
    """Write a dance as NAME.npz, which `--motion` judges again and `read_motion` reads."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{danced.name}.npz"
    np.savez_compressed(
        path,
        fps=SHOWN_FPS,
        root_m=danced.place_m[:, 0],
        local_quat_wxyz=danced.local_quat_wxyz,
        begin_s=danced.begin_s,
    )
    return path


def danced_from_motion(name: str, motion: Motion, beats_s: Times) -> Danced:
    """A take as it would be shown."""
    shown, skeleton = at_fps(motion, SHOWN_FPS), groovecast_skeleton()
    offset = skeleton.rest_offset_m.astype(np.float64)
    root, quat = shown.root_m.astype(np.float64), shown.local_quat_wxyz[:, :22].astype(np.float64)
    place, world = world_from_local(root, quat, offset, skeleton.parents)
    contacts = contacts_of(soles_of(place, world, skeleton), SHOWN_FPS)
    return Danced(name, place.astype(np.float32), shown.local_quat_wxyz[:, :22], contacts, beats_s)
