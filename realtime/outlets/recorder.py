"""The camera: keeps what was shown as a take at a steady frame rate, in the format that its name ends in."""

from dataclasses import replace
from pathlib import Path
from typing import Protocol

import numpy as np

from groovecast.motion.pose import Pose
from groovecast.motion.rotation import slerp
from groovecast.takes.take_writer import take_writer
from groovecast.wire.moment import Moment
from realtime.roles import HIDDEN_M

# A longer hole (a machine that slept) is left out instead of being filled with a slow glide.
_LONGEST_HOLE_S = 10.0
_SAME_S = 1e-6


class TakeWriter(Protocol):
    """A take that grows frame by frame. Both methods raise OSError in one line when the disk takes no more."""

    path: Path

    @property
    def frames(self) -> int:
        """How many frames the take has."""
        ...

    def write(self, pose: Pose, beat: float | None) -> None:
        """Add a frame."""

    def close(self) -> None:
        """Finish the take."""


class TakeRecorder:
    """A sink that writes a take, `fps` frames for every second shown, however evenly the poses came.

    Between two poses it interpolates, so that the take keeps time with the music. When the disk takes no
    more it stops by itself: `problem` says so in one line, what was written remains, and later poses count as
    dropped. It keeps one dancer; the others are for others. A take that is to begin before its first moment holds the
    figure under the floor until then.
    """

    FPS = 30.0  # of a take, unless told otherwise

    def __init__(
        self, path: Path | str, fps: float = FPS, dancer: int = 0, since_s: float | None = None
    ) -> None:
        if fps <= 0:
            raise ValueError(f"asked to record {fps:g} frames a second; give more than 0")
        self.dropped = 0
        self.problem: str | None = None
        self._writer: TakeWriter = take_writer(path, fps)
        self._fps = fps
        self._dancer = dancer
        self._since_s = since_s
        self._before: Moment | None = None
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

    @property
    def name(self) -> str:
        """What it is and where it goes."""
        return f"take {self._writer.path}"

    def send(self, moment: Moment) -> None:
        """Keep the frames up to this pose; writes to disk about once a second."""
        if moment.dancer != self._dancer:
            return
        time_s, before = moment.pose.time_s, self._before
        late = before is not None and time_s <= before.pose.time_s
        if self.problem is not None or late or not moment.finite:
            self.dropped += 1
            return
        if before is None and self._since_s is not None and self._since_s < time_s:
            root_m = moment.pose.root_m + np.array([0, HIDDEN_M, 0], np.float32)
            before = replace(moment, pose=replace(moment.pose, time_s=self._since_s, root_m=root_m))
            moment = replace(moment, cut=True)
            self._start_s, self._since = self._since_s, 0
        elif before is None or time_s - before.pose.time_s > _LONGEST_HOLE_S:
            before = moment
            self._start_s, self._since = time_s, self._writer.frames
        self._before = moment
        try:
            while (next_s := self._next_s()) <= time_s + _SAME_S:
                self._writer.write(*_between(before, moment, next_s))
        except OSError as error:
            self.problem = str(error)
            self.dropped += 1

    def close(self) -> None:
        """Finish the take. A disk that is full now, or has lost what was written, is told by `problem`."""
        if self.problem is not None:
            return
        try:
            self._writer.close()
        except (OSError, ValueError) as error:
            self.problem = str(error)

    def _next_s(self) -> float:
        return self._start_s + (self._writer.frames - self._since) / self._fps


def _between(before: Moment, after: Moment, time_s: float) -> tuple[Pose, float | None]:
    """The pose and the beat at a time between two; up to a cut, what was before it."""
    first, last = before.pose, after.pose
    span_s = last.time_s - first.time_s
    share = min(max((time_s - first.time_s) / span_s, 0.0), 1.0) if span_s > 0 else 1.0
    if after.cut and time_s < last.time_s - _SAME_S:
        share = 0.0
    root_m = (1 - share) * first.root_m + share * last.root_m
    quat = slerp(first.local_quat_wxyz, last.local_quat_wxyz, share)
    nearer = after if share >= 0.5 else before
    beat = nearer.beat
    if before.beat is not None and after.beat is not None:
        beat = (1 - share) * before.beat + share * after.beat
    return Pose(time_s, root_m.astype(np.float32), quat, nearer.pose.contacts), beat
