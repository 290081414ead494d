"""Our dances as BVH, written while they happen: never lost, never half a file.

Lengths in centimetres, Y up, facing +Z; the root's OFFSET is zero and its position channels are absolute
(programs disagree on what a root OFFSET adds); rotations in degrees in the order Z X Y; positions on the root
only.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from jaxtyping import Float, Float64

from groovecast.motion.pose import Pose
from groovecast.motion.rotation import matrix_from_quat, unit
from groovecast.motion.skeleton import Skeleton, groovecast_skeleton
from groovecast.takes.new_file import (
    checked_take_path,
    moved_to_free,
    opened_beside,
    reason,
    write_all,
)

_CM_PER_M = 100
_AXES = "XYZ"


def euler_zxy_degrees(quat_wxyz: Float[np.ndarray, "*batch 4"]) -> Float64[np.ndarray, "*batch 3"]:
    """The angles z, x, y whose product Rz Rx Ry is that rotation; where z and y turn alike, y is 0."""
    matrix = matrix_from_quat(unit(quat_wxyz.astype(np.float64)))
    level = np.hypot(matrix[..., 0, 1], matrix[..., 1, 1])  # |cos x|
    locked = level < 1e-6  # beyond float32's own error of a locked rotation there is nothing to tell apart
    x = np.arctan2(matrix[..., 2, 1], level)
    z_free = np.arctan2(-matrix[..., 0, 1], matrix[..., 1, 1])
    z_locked = np.arctan2(matrix[..., 1, 0], matrix[..., 0, 0])
    y = np.where(locked, 0.0, np.arctan2(-matrix[..., 2, 0], matrix[..., 2, 2]))
    return np.asarray(np.degrees(np.stack((np.where(locked, z_locked, z_free), x, y), axis=-1)))


def _nearest(
    angles: Float64[np.ndarray, "joints 3"], before: Float64[np.ndarray, "joints 3"]
) -> Float64[np.ndarray, "joints 3"]:
    """The same rotations in the angles nearest to those of the frame before: programs interpolate angles."""
    other = np.array([180.0, 180.0, 180.0]) + angles * np.array([1, -1, 1])
    angles = angles + 360 * np.round((before - angles) / 360)
    other = other + 360 * np.round((before - other) / 360)
    farther = np.abs(angles - before).sum(axis=-1) > np.abs(other - before).sum(axis=-1)
    nearest: Float64[np.ndarray, "joints 3"] = np.where(farther[:, None], other, angles)
    return nearest


_COUNT_DIGITS = 10


class BvhWriter:
    """Writes a take frame by frame in constant memory.

    While it is written, the take stands beside the final name as `name.part.bvh`; its count of frames is
    brought up to date every second, so that even after a power cut it is a whole file. `close` gives it its
    name.
    """

    def __init__(self, path: Path | str, fps: float) -> None:
        self.path = checked_take_path(path, (".bvh",))
        self.frames = 0
        self._skeleton = groovecast_skeleton()
        self._order = _depth_first(self._skeleton)
        self._line = " ".join(["%.4f"] * (3 + 3 * len(self._order))) + "\n"
        self._angles = np.zeros((len(self._order), 3))
        self._flush_frames = max(1, round(fps))
        self._lines: list[str] = []
        self._written = 0  # frames in the file
        header = f"{_hierarchy(self._skeleton)}MOTION\nFrames: "
        self._count_at = len(header)
        header += f"{0:<{_COUNT_DIGITS}}\nFrame Time: {1 / fps:.9f}\n"
        self._end = len(header)
        try:
            stem = self.path.stem
            self._part, self._file = opened_beside(
                self.path, lambda number: f"{stem}.part{number}.bvh", header.encode()
            )
        except OSError as error:
            raise OSError(f"asked to record {self.path}, {reason(error)}; choose another place") from error

    def write(self, pose: Pose, beat: float | None = None) -> None:
        """Add a frame; a BVH has no room for the beat.

        Raises OSError in one line when the disk takes no more; what was written by then gets the final name.
        """
        if self._file.closed:
            raise ValueError(f"asked to write to {self.path.name}, the take is closed: open a new one")
        quat = pose.local_quat_wxyz[self._order]
        self._angles = _nearest(euler_zxy_degrees(quat), self._angles)
        root_cm = pose.root_m.astype(np.float64) * _CM_PER_M
        self._lines.append(self._line % (*root_cm.tolist(), *self._angles.ravel().tolist()))
        self.frames += 1
        if len(self._lines) >= self._flush_frames:
            self._flush()

    def close(self) -> None:
        """Finish the take and give the file its name; without a frame there is no take and no file.

        A second call does nothing. Raises OSError in one line when it cannot have that name; the frames stay.
        """
        if self._file.closed:
            return
        self._flush()
        self._give_name()

    def _give_name(self) -> None:
        self._file.close()
        if not self._written:
            self._part.unlink(missing_ok=True)
            return
        try:
            moved_to_free(self._part, self.path)
        except OSError as error:
            safe = f"all {self._written} frames are safe in {self._part.name}: give it another name"
            if not self._part.exists():
                safe = f"{self._part.name} is gone: leave the folder alone while a show runs"
            raise OSError(f"asked to record {self.path}, {reason(error)}; {safe}") from error

    def _flush(self) -> None:
        lines = "".join(self._lines).encode()
        self._lines.clear()
        try:
            self._file.seek(self._end)
            write_all(self._file, lines)
        except OSError as error:
            self._file.truncate(self._end)
            self._give_name()
            kept, self.frames = self._written, self._written
            what = f"asked to record {self.path}, {reason(error)}"
            raise OSError(f"{what}; its first {kept} frames are safe: free space and record again") from error
        self._end += len(lines)
        self._written = self.frames
        self._file.seek(self._count_at)
        write_all(self._file, f"{self._written:<{_COUNT_DIGITS}}".encode())


def _depth_first(skeleton: Skeleton, joint: int = 0) -> list[int]:
    children = [child for child, parent in enumerate(skeleton.parents) if parent == joint]
    return [joint, *(below for child in children for below in _depth_first(skeleton, child))]


def _hierarchy(skeleton: Skeleton) -> str:
    return "HIERARCHY\n" + "".join(f"{line}\n" for line in _joint_lines(skeleton, 0, ""))


def _joint_lines(skeleton: Skeleton, joint: int, indent: str) -> Iterator[str]:
    rotations = " ".join(f"{axis}rotation" for axis in "ZXY")
    positions = " ".join(f"{axis}position" for axis in _AXES)
    offset = skeleton.rest_offset_m[joint] * _CM_PER_M if joint else np.zeros(3)
    yield f"{indent}{'JOINT' if joint else 'ROOT'} {skeleton.names[joint]}"
    yield f"{indent}{{"
    yield f"{indent}  OFFSET {offset[0]:.4f} {offset[1]:.4f} {offset[2]:.4f}"
    yield f"{indent}  CHANNELS 3 {rotations}" if joint else f"{indent}  CHANNELS 6 {positions} {rotations}"
    for child, parent in enumerate(skeleton.parents):
        if parent == joint:
            yield from _joint_lines(skeleton, child, f"{indent}  ")
    for parent, end_m in zip(skeleton.end_parents, skeleton.end_offset_m, strict=True):
        if parent == joint:
            x, y, z = end_m * _CM_PER_M
            yield from (f"{indent}  End Site", f"{indent}  {{", f"{indent}    OFFSET {x:.4f} {y:.4f} {z:.4f}")
            yield f"{indent}  }}"
    yield f"{indent}}}"
