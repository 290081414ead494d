"""A figure as TouchDesigner's channels: where each joint is, how it is turned in degrees, and the beat."""

from __future__ import annotations

import math

import numpy as np
from groovecast_player import Shown, Stance

CHANNELS = ("tx", "ty", "tz", "rx", "ry", "rz")
MUSIC = (
    "beat", "phase", "bar", "beat_in_bar", "bar_phase", "tempo", "energy", "confidence", "next_beat_in", "beat_known",
    "left_heel", "left_toes", "right_heel", "right_toes", "held",
)  # fmt: skip
_LOCKED = 1e-5  # a cosine: straight up or down, two of the angles turn about one axis
_FEWEST = 22  # joints of a body without fingers


class Skeleton:
    """The joints as the server's `skeleton` message tells them."""

    def __init__(self, names: list[str], parents: list[int], offset_m: np.ndarray) -> None:
        self.names, self.parents, self.offset_m = names, parents, offset_m

    @staticmethod
    def from_message(said: dict) -> Skeleton:
        """Read the message. Raises ValueError when it is not one."""
        try:
            names = [str(joint["name"]) for joint in said["joints"]]
            parents = [
                -1 if joint["parent"] is None else names.index(joint["parent"]) for joint in said["joints"]
            ]
            offset_m = np.array([joint["offset_m"] for joint in said["joints"]], np.float64).reshape(-1, 3)
        except (KeyError, TypeError, ValueError) as why:
            raise ValueError(f"a skeleton tells joints with name, parent and offset_m, found {why}") from None
        if len(offset_m) != len(names) or any(parent >= joint for joint, parent in enumerate(parents)):
            raise ValueError("a skeleton tells parents before their children, found one that does not")
        return Skeleton(names, parents, offset_m)

    def transforms(self, stance: Stance, world: bool, fingers: bool) -> np.ndarray:
        """A 4 x 4 for each joint, in the world or from its parent; joints that the stance lacks are at rest."""
        joints = len(self.names) if fingers else min(_FEWEST, len(self.names))
        out = np.tile(np.eye(4), (joints, 1, 1))
        out[:, :3, 3] = self.offset_m[:joints]
        quat = stance.quat[:joints]
        out[: len(quat), :3, :3] = _matrices(quat)
        if joints:
            out[0, :3, 3] = stance.root_m
        if world:
            for joint in range(1, joints):
                if self.parents[joint] >= 0:
                    out[joint] = out[self.parents[joint]] @ out[joint]
        return out


class Angles:
    """Turns as rx ry rz in degrees, in TouchDesigner's own order (about x first, then y, then z).

    Of all angles that say the same turn those nearest to the frame before are given: nothing jumps by 360.
    """

    def __init__(self) -> None:
        self._before = np.zeros((0, 3))

    def of(self, matrix: np.ndarray) -> np.ndarray:
        """The angles of these 3 x 3 matrices."""
        if len(self._before) != len(matrix):
            self._before = np.zeros((len(matrix), 3))
        m, cosine = matrix, np.hypot(matrix[:, 0, 0], matrix[:, 1, 0])
        angles = np.empty((len(m), 3))
        angles[:, 0] = np.degrees(np.arctan2(m[:, 2, 1], m[:, 2, 2]))
        angles[:, 1] = np.degrees(np.arctan2(-m[:, 2, 0], cosine))
        angles[:, 2] = np.degrees(np.arctan2(m[:, 1, 0], m[:, 0, 0]))
        locked = cosine < _LOCKED
        if locked.any():  # only the sum or the difference of rx and rz is known: rx stays as it was
            rx = self._before[locked, 0]
            up = np.where(m[locked, 2, 0] > 0, -1.0, 1.0)
            both = np.degrees(np.arctan2(-m[locked, 0, 1], m[locked, 1, 1]))
            angles[locked, 0], angles[locked, 2] = rx, both + up * rx
        other = angles + 180.0
        other[:, 1] = 180.0 - angles[:, 1]
        near, far = (each + 360.0 * np.rint((self._before - each) / 360.0) for each in (angles, other))
        closer = np.abs(far - self._before).sum(axis=1) < np.abs(near - self._before).sum(axis=1)
        self._before = np.where(closer[:, None], far, near)
        return self._before


def music_of(shown: Shown | None) -> list[float]:
    """The values of the channels MUSIC."""
    if shown is None:
        return [0.0] * (len(MUSIC) - 1) + [1.0]
    known, beat, per_bar = shown.beat is not None, shown.beat or 0.0, shown.beats_per_bar
    wait_s = 0.0 if shown.next_beat_s is None else shown.next_beat_s - shown.time_s
    return [
        float(math.floor(beat)),
        beat % 1,
        float(math.floor(beat / per_bar)),
        float(math.floor(beat) % per_bar),
        beat / per_bar % 1,
        shown.tempo_bpm,
        shown.energy,
        shown.confidence,
        wait_s,
        float(known),
        *(float(down) for down in shown.contacts),
        float(shown.held),
    ]


def _matrices(quat: np.ndarray) -> np.ndarray:
    """The 3 x 3 matrices of unit quaternions w x y z."""
    w, x, y, z = np.moveaxis(quat, -1, 0)
    rows = (
        (1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)),
        (2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)),
        (2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)),
    )
    return np.stack([np.stack(row, axis=-1) for row in rows], axis=-2)
