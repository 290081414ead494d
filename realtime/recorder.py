"""The camera: keeps what was shown as a BVH take at a steady frame rate."""

from pathlib import Path

import numpy as np

from groovecast.motion.pose import Pose
from groovecast.motion.rotation import slerp
from groovecast.takes.bvh_writer import BvhWriter

# A longer hole (a machine that slept) is left out instead of being filled with a slow glide.
_LONGEST_HOLE_S = 10.0
_SAME_S = 1e-6


class BvhRecorder:
    """A sink that writes a BVH file, `fps` frames for every second shown, however evenly the poses came.

    Between two poses it interpolates, so that the take keeps time with the music. When the disk takes no
    more it stops by itself: `problem` says so in one line, what was written remains, and later poses count as
    dropped.
    """

    def __init__(self, path: Path | str, fps: float = 30.0) -> None:
        if fps <= 0:
            raise ValueError(f"asked to record {fps:g} frames a second; give more than 0")
        self.dropped = 0
        self.problem: str | None = None
        self._writer = BvhWriter(path, fps)
        self._fps = fps
        self._before: Pose | None = None
        self._start_s = 0.0  # when frame `_since` was shown
        self._since = 0

    @property
    def path(self) -> Path:
        """Where the take will lie."""
        return self._writer.path

    @property
    def frames(self) -> int:
        """How many frames the take has."""
        return self._writer.frames

    def send(
        self, pose: Pose, beat: float | None, tempo_bpm: float, energy: float, t_capture_s: float
    ) -> None:
        """Frame loop. Keep the frames up to this pose; writes to disk about once a second."""
        before = self._before
        if self.problem is not None or (before is not None and pose.time_s <= before.time_s):
            self.dropped += 1
            return
        if before is None or pose.time_s - before.time_s > _LONGEST_HOLE_S:
            before = pose
            self._start_s, self._since = pose.time_s, self._writer.frames
        self._before = pose
        try:
            while (next_s := self._next_s()) <= pose.time_s + _SAME_S:
                self._writer.write(_between(before, pose, next_s))
        except OSError as error:
            self.problem = str(error)
            self.dropped += 1

    def close(self) -> None:
        """Finish the take. A disk that is full now is told by `problem`."""
        if self.problem is not None:
            return
        try:
            self._writer.close()
        except OSError as error:
            self.problem = str(error)

    def _next_s(self) -> float:
        return self._start_s + (self._writer.frames - self._since) / self._fps


def _between(before: Pose, after: Pose, time_s: float) -> Pose:
    """The pose at a time between two."""
    span_s = after.time_s - before.time_s
    share = min(max((time_s - before.time_s) / span_s, 0.0), 1.0) if span_s > 0 else 1.0
    root_m = (1 - share) * before.root_m + share * after.root_m
    quat = slerp(before.local_quat_wxyz, after.local_quat_wxyz, share)
    contacts = after.contacts if share >= 0.5 else before.contacts
    return Pose(time_s, root_m.astype(np.float32), quat, contacts)
