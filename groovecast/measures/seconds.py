"""Motion by the second: each one's shape, whatever its place and heading, and a quick search for the nearest known one.

A second is 30 frames of joint places against the hips, seen from where the hips faced in its middle. The distance of
two is the root mean square over frames and joints, in metres. Near ones are found among the 32 strongest principal
components, where nothing is further apart than in full, and then measured in full.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Float32, Int64

from groovecast.motion.kinematics import world_from_local
from groovecast.motion.pose import Motion
from groovecast.motion.rotation import yaw_from_quat
from groovecast.motion.skeleton import groovecast_skeleton

SECOND_FRAMES = 30
_COMPONENTS, _ROUNDS = 32, 4
_QUERIES_A_TIME, _SAMPLED = 64, 2000
# Seconds that are asked for overlap by half; known ones begin at every frame.
_HOP_FRAMES = 15

Places = Float32[np.ndarray, "frames joints 3"]
Seconds = Float32[np.ndarray, "seconds numbers"]


def body_places(motion: Motion) -> tuple[Places, Float[np.ndarray, " frames"]]:
    """Joints against the hips, in the room's directions, and the heading of the hips."""
    skeleton = groovecast_skeleton()
    turns = motion.local_quat_wxyz[:, : skeleton.body_joints].astype(np.float64)
    place, _ = world_from_local(
        motion.root_m.astype(np.float64), turns, skeleton.rest_offset_m.astype(np.float64), skeleton.parents
    )
    yaw = yaw_from_quat(motion.local_quat_wxyz[:, 0].astype(np.float64))
    return (place[:, 1:] - place[:, :1]).astype(np.float32), yaw


def seconds_at(
    places: Places, yaw_rad: Float[np.ndarray, " frames"], starts: Int64[np.ndarray, " seconds"]
) -> Seconds:
    """The seconds that begin at those frames, scaled so that a distance of two is in metres."""
    rows = places[starts[:, None] + np.arange(SECOND_FRAMES)]
    yaw = yaw_rad[starts + SECOND_FRAMES // 2].astype(np.float32)[:, None, None]
    seen = np.empty_like(rows)
    seen[..., 0] = np.cos(yaw) * rows[..., 0] - np.sin(yaw) * rows[..., 2]
    seen[..., 1] = rows[..., 1]
    seen[..., 2] = np.sin(yaw) * rows[..., 0] + np.cos(yaw) * rows[..., 2]
    return (seen / np.float32(np.sqrt(SECOND_FRAMES * places.shape[1]))).reshape(
        len(starts), SECOND_FRAMES * places.shape[1] * 3
    )


def seconds_of(motion: Motion, hop_frames: int = _HOP_FRAMES) -> Seconds:
    """The seconds of a motion, one every `hop_frames`; none where it is shorter than one."""
    return seconds_at(*body_places(motion), np.arange(0, motion.frames - SECOND_FRAMES + 1, hop_frames))


@dataclass(frozen=True)
class Near:
    """For each second asked for: how far the nearest learned one is, in which motion, from which frame on."""

    distance_m: Float32[np.ndarray, " seconds"]
    motion: Int64[np.ndarray, " seconds"]
    frame: Int64[np.ndarray, " seconds"]


class Library:
    """Motions by their seconds, every `hop_frames` the beginning of one; `candidates` are measured in full.

    With them those that begin between them and their neighbours are, so that a second is found whichever frame it
    begins at.
    """

    def __init__(self, motions: Iterable[Motion], hop_frames: int = 1, candidates: int = 24) -> None:
        self._candidates, self._between = candidates, hop_frames // 2
        bodies = [(number, *body_places(motion)) for number, motion in enumerate(motions)]
        bodies = [body for body in bodies if len(body[2]) >= SECOND_FRAMES]
        if not bodies:
            raise ValueError(
                "asked for the nearest second, all known motions are shorter than one: give longer ones"
            )
        frames = np.cumsum([0, *(len(yaw) for *_, yaw in bodies)])
        self._places = np.concatenate([places for _, places, _ in bodies])
        self._yaw = np.concatenate([yaw for *_, yaw in bodies])
        lasts = [len(yaw) - SECOND_FRAMES for *_, yaw in bodies]
        starts = [np.arange(0, last + 1, hop_frames) for last in lasts]
        self._frame = np.concatenate(starts)
        self._start = np.concatenate([first + start for first, start in zip(frames, starts, strict=False)])
        self._motion = np.repeat([number for number, *_ in bodies], [len(start) for start in starts])
        self._last = np.repeat(lasts, [len(start) for start in starts])
        sample = self._full(
            np.linspace(0, len(self._start) - 1, min(_SAMPLED, len(self._start))).astype(np.int64)
        )
        self._mean = sample.mean(axis=0)
        self._axes = _strongest(sample - self._mean)
        every = np.arange(len(self._start))
        self._short = np.concatenate(
            [(self._full(every[row : row + 2048]) - self._mean) @ self._axes for row in every[::2048]]
        )
        self._square = np.sum(self._short**2, axis=1)

    def _full(self, rows: Int64[np.ndarray, " seconds"]) -> Seconds:
        """Known seconds by their number."""
        return seconds_at(self._places, self._yaw, self._start[rows])

    def nearest(self, seconds: Seconds, but: tuple[int, ...] = ()) -> Near:
        """The nearest known second of each, in any motion but those."""
        rows, distances = np.zeros(len(seconds), np.int64), np.zeros(len(seconds), np.float32)
        frames = np.zeros(len(seconds), np.int64)
        out = np.isin(self._motion, but)
        for first in range(0, len(seconds), _QUERIES_A_TIME):
            asked = seconds[first : first + _QUERIES_A_TIME]
            apart = self._square - 2 * ((asked - self._mean) @ self._axes) @ self._short.T
            apart[:, out] = np.inf
            keep = min(self._candidates, apart.shape[1])
            candidates = (
                np.argpartition(apart, keep - 1, axis=1)[:, :keep]
                if keep > 1
                else np.argmin(apart, axis=1)[:, None]
            )
            use = slice(first, first + len(asked))
            rows[use], frames[use], distances[use] = self._measured(asked, candidates, out)
        return Near(distances, self._motion[rows], frames)

    def _measured(
        self, asked: Seconds, candidates: Int64[np.ndarray, "seconds near"], out: Bool[np.ndarray, " known"]
    ) -> tuple[Int64[np.ndarray, " seconds"], Int64[np.ndarray, " seconds"], Float32[np.ndarray, " seconds"]]:
        """The nearest of each second's candidates, or of what begins just before or after one: row, frame, distance."""
        ways = np.arange(-self._between, self._between + 1)
        frame = np.clip(self._frame[candidates][..., None] + ways, 0, self._last[candidates][..., None])
        begin = self._start[candidates][..., None] + frame - self._frame[candidates][..., None]
        full = seconds_at(self._places, self._yaw, begin.ravel()).reshape(len(asked), -1, asked.shape[1])
        distance = np.linalg.norm(full - asked[:, None], axis=-1)
        distance[np.repeat(out[candidates], len(ways), axis=1)] = np.inf
        best = np.argmin(distance, axis=1)[:, None]
        row = np.take_along_axis(candidates, best // len(ways), axis=1)
        return (
            row[:, 0],
            np.take_along_axis(frame.reshape(len(asked), -1), best, axis=1)[:, 0],
            np.take_along_axis(distance, best, axis=1)[:, 0],
        )


def _strongest(rows: Seconds) -> Float32[np.ndarray, "numbers components"]:
    """About the strongest principal axes, by subspace iteration; any axes at all would only cost candidates."""
    axes = np.random.default_rng(0).standard_normal((rows.shape[1], _COMPONENTS)).astype(np.float32)
    for _ in range(_ROUNDS):
        axes = np.linalg.qr(rows.T @ (rows @ axes))[0]
    return axes
