"""When a pose is shown in TouchDesigner: the server's clock, a buffer for each dancer, and no jumps."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections import deque
from typing import NamedTuple

import numpy as np
from groovecast_wire import Frame

_KEPT_PINGS = 16
_SLEW, _JUMP_S = 0.05, 0.25  # nobody sees a dance 5 % faster; further off than the second it is set
_SAME_S = 1e-6  # frames nearer than this are of one moment
_BEYOND_S = 0.1  # so long the figure goes on without frames, braking, then it holds
_BLEND_S = 0.15  # so long it takes from where it stood back into the dance
_LEAP_S, _BACK_S = 0.25, 0.005  # a step of the time itself: the figure blends over
_FAR_S = 0.1  # frames further apart than this say nothing of the speed between
_KEPT_S, _MOST_KEPT = 0.5, 512


class ServerClock:
    """Maps this machine's seconds to the server's; it is told the time and reads none."""

    def __init__(self) -> None:
        self._pings: deque[tuple[float, float]] = deque(maxlen=_KEPT_PINGS)  # there and back, offset
        self._guess_s: float | None = None
        self._used_s: float | None = None
        self._slewed_at_s = -math.inf

    def guess(self, server_s: float, local_s: float) -> None:
        """A message carried the server's time; until a ping comes back this has to do."""
        if math.isfinite(server_s):
            self._guess_s = server_s - local_s

    def pong(self, t0_s: float, t1_s: float, t2_s: float, t3_s: float) -> None:
        """A ping left at t0 and came back at t3 by this clock; t1 and t2 are the server's."""
        way_s, offset_s = (t3_s - t0_s) - (t2_s - t1_s), ((t1_s - t0_s) + (t2_s - t3_s)) / 2
        if math.isfinite(offset_s) and way_s > -0.001:
            self._pings.append((way_s, offset_s))

    @property
    def round_trip_s(self) -> float | None:
        """The shortest way there and back of the last pings."""
        return min(self._pings)[0] if self._pings else None

    def at(self, local_s: float) -> float | None:
        """The server's time now: it follows what is measured, by 5 % of the time gone by at most. None: unknown."""
        offset_s = min(self._pings)[1] if self._pings else self._guess_s
        if offset_s is None:
            return None
        if self._used_s is None or abs(offset_s - self._used_s) > _JUMP_S:
            self._used_s = offset_s
        else:
            room_s = _SLEW * max(0.0, local_s - self._slewed_at_s)
            self._used_s += min(max(offset_s - self._used_s, -room_s), room_s)
        self._slewed_at_s = max(self._slewed_at_s, local_s)
        return local_s + self._used_s


class Stance(NamedTuple):
    """How a figure stands."""

    root_m: np.ndarray  # (3,)
    quat: np.ndarray  # (joints, 4), of length one


class Shown(NamedTuple):
    """What a dancer shows now, and the music to it."""

    time_s: float  # server time
    stance: Stance
    contacts: tuple[bool, ...]
    beat: float | None  # a count that goes on
    tempo_bpm: float
    energy: float
    next_beat_s: float | None  # server time of the first beat from now on
    bar_position: int  # of that beat; 0 is the downbeat
    beats_per_bar: int
    confidence: float
    held: bool  # nothing came: the figure waits


class Player:
    """One dancer: frames go in as they come, what to show comes out for every moment that is asked for in order."""

    def __init__(self) -> None:
        self.received = self.late = self.starved = 0
        self._frames: list[tuple[float, Frame, Stance]] = []  # by time
        self._at_s = -math.inf  # the moment that was shown last
        self._to_s = -math.inf  # the frame up to which what was shown is made of
        self._shown: Stance | None = None
        self._beyond: list[tuple[float, Frame, Stance]] = []  # the frames past which it goes on
        self._shaken = self._held = False
        self._lag: Stance | None = None  # what was shown, seen from what was meant, when a blend began
        self._lag_from_s = -math.inf

    @property
    def waiting(self) -> int:
        """How many frames are kept."""
        return len(self._frames)

    def push(self, frame: Frame) -> None:
        """Keep a frame for its moment."""
        self.received += 1
        time_s, key = frame.t_present_s, (frame.t_present_s, frame, _stance(frame))
        at = bisect_left([kept[0] for kept in self._frames], time_s - _SAME_S)
        if at < len(self._frames) and self._frames[at][0] <= time_s + _SAME_S:
            if frame.revision >= self._frames[at][1].revision:
                self._shaken |= (
                    self._frames[at][0] <= self._to_s and frame.revision > self._frames[at][1].revision
                )
                self._frames[at] = key
        elif time_s < self._to_s and self._frames:
            self.late += 1
        else:
            self._frames.insert(at, key)
            del self._frames[:-_MOST_KEPT]

    def forget(self) -> None:
        """Another show begins: no old frame is shown, the figure blends over from where it stands."""
        self._frames, self._beyond = [], []
        self._at_s = self._to_s = -math.inf
        self._shaken = True

    def show(self, time_s: float) -> Shown | None:
        """What is to be seen at a server time; None before the first frame."""
        if not self._frames:
            return None
        if not -_BACK_S <= time_s - self._at_s <= _LEAP_S and self._shown is not None:
            self._shaken = True
        at = bisect_left([kept[0] for kept in self._frames], time_s)
        expected = self._lagged(self._past(self._beyond, time_s), time_s) if self._beyond else None
        if at < len(self._frames):
            before, after = self._frames[max(at - 1, 0)], self._frames[at]
            meant, held = _between(before, after, time_s), False
            self._to_s, self._beyond = after[0], []
            if expected is not None:
                self._blend(expected, meant, time_s)
        else:
            before = after = self._frames[-1]
            if self._beyond and self._beyond[-1] is not after:
                fresh = self._frames[-2:]
                self._blend(expected, self._past(fresh, time_s), time_s)
            self._beyond = self._frames[-2:]
            meant, held = self._past(self._beyond, time_s), time_s - after[0] > _BEYOND_S
            self._to_s = after[0]
            self.starved += held and not self._held
        if self._shaken and self._shown is not None:
            self._blend(self._shown, meant, time_s)
        self._shaken, self._held, self._at_s = False, held, time_s
        self._shown = self._lagged(meant, time_s)
        gone = bisect_left([kept[0] for kept in self._frames], time_s - _KEPT_S)
        del self._frames[: min(gone, len(self._frames) - 2)]
        return _shown(time_s, self._shown, (before[1], after[1]), held)

    def _past(self, last: list[tuple[float, Frame, Stance]], time_s: float) -> Stance:
        """Beyond the last frame: on with its speed, braking, then at rest."""
        end_s, end, stance = last[-1]
        if (
            len(last) < 2
            or end.cut
            or end_s - last[0][0] > _FAR_S
            or len(last[0][2].quat) != len(stance.quat)
        ):
            return stance
        gone_s = min(max(time_s - end_s, 0.0), _BEYOND_S)
        share = 1 + (gone_s - gone_s * gone_s / (2 * _BEYOND_S)) / (end_s - last[0][0])
        return _mixed(last[0][2], stance, share)

    def _blend(self, shown: Stance | None, meant: Stance, time_s: float) -> None:
        """From here on what is meant is shown with the lag that it has now, which fades."""
        if shown is None or len(shown.quat) != len(meant.quat):
            self._lag = None
            return
        self._lag = Stance(shown.root_m - meant.root_m, _multiply(shown.quat, _inverse(meant.quat)))
        self._lag_from_s = time_s

    def _lagged(self, meant: Stance, time_s: float) -> Stance:
        if self._lag is None or len(self._lag.quat) != len(meant.quat):
            return meant
        done = (time_s - self._lag_from_s) / _BLEND_S
        if not 0 <= done < 1:
            self._lag = None
            return meant
        share = 1 - done * done * (3 - 2 * done)
        still = np.zeros_like(self._lag.quat)
        still[:, 0] = 1
        quat = _multiply(_slerp(still, self._lag.quat, share), meant.quat)
        return Stance(meant.root_m + share * self._lag.root_m, _unit(quat))


def _stance(frame: Frame) -> Stance:
    return Stance(frame.root_m.astype(np.float64), _unit(frame.local_quat_wxyz.astype(np.float64)))


def _between(
    before: tuple[float, Frame, Stance], after: tuple[float, Frame, Stance], time_s: float
) -> Stance:
    """Between two frames; no blend over a cut."""
    span_s = after[0] - before[0]
    if time_s >= after[0] or span_s <= 0:
        return after[2]
    if after[1].cut or len(before[2].quat) != len(after[2].quat):
        return before[2]
    return _mixed(before[2], after[2], (time_s - before[0]) / span_s)


def _mixed(a: Stance, b: Stance, share: float) -> Stance:
    return Stance(a.root_m + (b.root_m - a.root_m) * share, _slerp(a.quat, b.quat, share))


def _shown(time_s: float, stance: Stance, around: tuple[Frame, Frame], held: bool) -> Shown:
    """The music at a moment: between two frames, or on by its tempo after the last one."""
    before, after = around
    near = after if after.t_present_s <= time_s else before
    beat, told = near.beat, near.next_beat
    if beat is not None:
        span_s = after.t_present_s - before.t_present_s
        if after.beat is not None and before.beat is not None and span_s > 0 and after.beat >= before.beat:
            share = (time_s - before.t_present_s) / span_s
            beat = before.beat + (after.beat - before.beat) * min(max(share, 0.0), 1.0)
        else:
            beat += (time_s - near.t_present_s) * near.tempo_bpm / 60
    per_bar = told.beats_per_bar if told is not None and told.beats_per_bar else 4
    next_beat_s, position = None, 0
    if beat is not None and near.tempo_bpm > 0:
        coming = math.floor(beat) + 1
        next_beat_s, position = time_s + (coming - beat) * 60 / near.tempo_bpm, coming % per_bar
    return Shown(
        time_s=time_s,
        stance=stance,
        contacts=near.contacts,
        beat=beat,
        tempo_bpm=near.tempo_bpm,
        energy=near.energy,
        next_beat_s=next_beat_s,
        bar_position=position,
        beats_per_bar=per_bar,
        confidence=told.confidence if told is not None else float(beat is not None),
        held=held,
    )


def _unit(quat: np.ndarray) -> np.ndarray:
    """At length one; what has no length is no turn."""
    length = np.sqrt((quat * quat).sum(axis=-1, keepdims=True))
    out: np.ndarray = quat / np.maximum(length, 1e-9)
    out[length[..., 0] < 1e-6] = (1, 0, 0, 0)
    return out


def _inverse(quat: np.ndarray) -> np.ndarray:
    out: np.ndarray = quat * np.array([1.0, -1, -1, -1])
    return out


def _multiply(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """The turn that first does `b`, then `a`."""
    aw, ax, ay, az = np.moveaxis(a, -1, 0)
    bw, bx, by, bz = np.moveaxis(b, -1, 0)
    return np.stack(
        (
            aw * bw - ax * bx - ay * by - az * bz,
            aw * bx + ax * bw + ay * bz - az * by,
            aw * by - ax * bz + ay * bw + az * bx,
            aw * bz + ax * by - ay * bx + az * bw,
        ),
        axis=-1,
    )


def _slerp(a: np.ndarray, b: np.ndarray, share: float) -> np.ndarray:
    """From `a` to `b` the short way at a constant speed; a share above 1 goes on."""
    cosine = (a * b).sum(axis=-1, keepdims=True)
    b = np.where(cosine < 0, -b, b)
    angle = np.arccos(np.clip(np.abs(cosine), 0.0, 1.0))
    # sin(share * angle) / sin(angle), as good at an angle of zero
    sine = np.maximum(np.sin(angle), 1e-9)
    small = angle < 1e-4
    to = np.where(small, share, np.sin(share * angle) / sine)
    rest = np.where(small, 1 - share, np.sin((1 - share) * angle) / sine)
    return _unit(rest * a + to * b)
