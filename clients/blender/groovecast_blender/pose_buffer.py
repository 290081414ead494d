"""One dancer's poses between the network and the screen: in order, newest revision, shown at their time."""

import threading
from bisect import bisect_left
from dataclasses import dataclass, replace
from operator import attrgetter

from .turning import ONE, Quat, inverse, multiply, slerp, unit
from .wire import Frame, Place

_SAME_S = 1e-6
_KEPT_S = 0.5  # behind what is shown
_MOST_FRAMES = 1024
_EXTRAPOLATED_S = 0.1
_BLEND_S = 0.15


@dataclass(frozen=True)
class Pose:
    """What is to be seen."""

    root_m: Place
    local_quat_wxyz: tuple[Quat, ...]


@dataclass
class Counts:
    """How the stream fares."""

    received: int = 0
    late: int = 0  # came after their time
    starved: int = 0  # how often there was nothing to show


@dataclass(frozen=True)
class _Gap:
    """What was shown lay so far from the dance when it went on."""

    root_m: Place
    turns: tuple[Quat, ...]
    since_s: float


class PoseBuffer:
    """Keeps the poses to come; asked for a time, answers the pose between the two around it.

    Where poses are missing the figure moves on for a tenth of a second, holds, and blends back into the dance.
    """

    def __init__(self) -> None:
        self.counts = Counts()
        self._lock = threading.Lock()
        self._frames: list[Frame] = []
        self._shown: Pose | None = None
        self._shown_s: float | None = None
        self._starving = False
        self._gap: _Gap | None = None

    def add(self, frame: Frame) -> None:
        """Network thread. Keep a pose; one of the same moment gives way to a revision that is not lower."""
        frame = _whole(frame)
        with self._lock:
            self.counts.received += 1
            if self._shown_s is not None and frame.t_present_s < self._shown_s:
                self.counts.late += 1
            at = bisect_left(self._frames, frame.t_present_s - _SAME_S, key=attrgetter("t_present_s"))
            if at < len(self._frames) and abs(self._frames[at].t_present_s - frame.t_present_s) <= _SAME_S:
                if frame.revision >= self._frames[at].revision:
                    self._frames[at] = frame
            else:
                self._frames.insert(at, frame)
            del self._frames[:-_MOST_FRAMES]

    def forget(self) -> None:
        """Network thread. Another session begins: its times are of another clock. What is shown stays."""
        with self._lock:
            self._frames.clear()
            self._shown_s = None
            self._starving = self._shown is not None
            self._gap = None

    def at(self, time_s: float) -> Pose | None:
        """Main thread. What is to be seen at a server's time; None before the first pose."""
        with self._lock:
            if not self._frames:
                return self._shown
            if self._shown_s is not None:
                time_s = max(time_s, self._shown_s)
            self._drop_before(time_s - _KEPT_S)
            danced = self._danced(time_s)
            if danced is None:
                return self._shown
            if not self._starving and self._gap is not None:
                danced = self._blended(danced, time_s)
            self._shown, self._shown_s = danced, time_s
            return danced

    def _drop_before(self, time_s: float) -> None:
        last_kept = len(self._frames) - 2  # two say how fast it was
        gone = min(bisect_left(self._frames, time_s, key=attrgetter("t_present_s")), max(last_kept, 0))
        del self._frames[:gone]

    def _danced(self, time_s: float) -> Pose | None:
        """The dance at that time, or what stands in for it."""
        frames = self._frames
        after = bisect_left(frames, time_s, key=attrgetter("t_present_s"))
        if after == len(frames):
            return self._beyond(time_s)
        if after == 0 and self._shown is not None and frames[0].t_present_s > time_s + _SAME_S:
            return self._shown  # it goes on soon
        before = frames[max(after - 1, 0)]
        danced = _between(before, frames[after], time_s)
        if self._starving:
            self._starving = False
            self._gap = _gap(self._shown, danced, time_s)
        return danced

    def _beyond(self, time_s: float) -> Pose | None:
        """After the last pose: on with its speed for a moment, then it holds."""
        last = self._frames[-1]
        if not self._starving and time_s > last.t_present_s + _SAME_S:
            self.counts.starved += 1
            self._starving = True
        if len(self._frames) < 2 or last.cut:
            return Pose(last.root_m, last.local_quat_wxyz) if self._gap is None else self._shown
        before = self._frames[-2]
        step_s = last.t_present_s - before.t_present_s
        ahead_s = min(time_s - last.t_present_s, _EXTRAPOLATED_S, step_s * 6)
        if self._gap is not None:
            return self._shown
        return _mixed(before, last, 1 + ahead_s / step_s)

    def _blended(self, danced: Pose, time_s: float) -> Pose:
        """Nearer to the dance with every frame."""
        gap = self._gap
        assert gap is not None
        share = (time_s - gap.since_s) / _BLEND_S
        if share >= 1 or len(gap.turns) != len(danced.local_quat_wxyz):
            self._gap = None
            return danced
        left = 1 - share * share * (3 - 2 * share)
        root = tuple(place + left * far for place, far in zip(danced.root_m, gap.root_m, strict=True))
        quats = zip(gap.turns, danced.local_quat_wxyz, strict=True)
        return Pose(root, tuple(multiply(slerp(ONE, turn, left), quat) for turn, quat in quats))  # type: ignore[arg-type]


def _whole(frame: Frame) -> Frame:
    """With unit quaternions, as the protocol asks of a receiver."""
    return replace(frame, local_quat_wxyz=tuple(map(unit, frame.local_quat_wxyz)))


def _between(before: Frame, after: Frame, time_s: float) -> Pose:
    """The pose at a time between two; up to a cut, the one before."""
    span_s = after.t_present_s - before.t_present_s
    if span_s <= _SAME_S or time_s >= after.t_present_s - _SAME_S:
        return Pose(after.root_m, after.local_quat_wxyz)
    if after.cut or len(before.local_quat_wxyz) != len(after.local_quat_wxyz):
        return Pose(before.root_m, before.local_quat_wxyz)
    return _mixed(before, after, (time_s - before.t_present_s) / span_s)


def _mixed(before: Frame, after: Frame, share: float) -> Pose:
    if len(before.local_quat_wxyz) != len(after.local_quat_wxyz):
        return Pose(after.root_m, after.local_quat_wxyz)
    root = tuple(a + share * (b - a) for a, b in zip(before.root_m, after.root_m, strict=True))
    quats = zip(before.local_quat_wxyz, after.local_quat_wxyz, strict=True)
    return Pose(root, tuple(slerp(a, b, share) for a, b in quats))  # type: ignore[arg-type]


def _gap(shown: Pose | None, danced: Pose, time_s: float) -> _Gap | None:
    """How far what is shown lies from the dance."""
    if shown is None or len(shown.local_quat_wxyz) != len(danced.local_quat_wxyz):
        return None
    root = tuple(a - b for a, b in zip(shown.root_m, danced.root_m, strict=True))
    quats = zip(shown.local_quat_wxyz, danced.local_quat_wxyz, strict=True)
    return _Gap(root, tuple(multiply(a, inverse(b)) for a, b in quats), time_s)  # type: ignore[arg-type]
