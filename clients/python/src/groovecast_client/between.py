"""The pose of a moment: on a smooth curve through the frames around it, and a little beyond the last one."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from groovecast_client.frame import Frame
from groovecast_client.rotation import Quats, inverse, multiply, near, slerp, unit

_FAR_S = 0.1  # frames further apart than this say nothing about the speed between
_WIDE = (
    0.9  # cosine of half the angle between two frames below which a curve through numbers is no arc any more
)
# Beyond the last frame the figure goes on with its last speed and comes to rest without a jerk, 100 ms of way in all.
_FULL_SPEED_S = 0.05
_BRAKING_S = 0.1
REST_S = _FULL_SPEED_S + _BRAKING_S

Places = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Stance:
    """How a figure stands, in double precision: what is blended before it is shown."""

    root_m: Places
    quat: Quats  # (joints, 4), of length one


@dataclass(frozen=True, eq=False)
class Kept:
    """A frame and its quaternions made ready once."""

    frame: Frame
    stance: Stance

    @property
    def time_s(self) -> float:
        """When it is to be seen."""
        return self.frame.t_present_s


def kept(frame: Frame) -> Kept:
    """Make a frame ready to be blended."""
    return Kept(frame, Stance(frame.root_m.astype(np.float64), unit(frame.local_quat_wxyz)))


def joined(before: Kept | None, after: Kept | None) -> bool:
    """Whether the dance flows from one into the other: no cut, the same joints."""
    if before is None or after is None or after.frame.cut:
        return False
    return len(before.stance.quat) == len(after.stance.quat)


def stance_between(around: tuple[Kept | None, Kept, Kept, Kept | None], time_s: float) -> Stance:
    """Between the middle two of four frames; the outer two, where there are any, give the speeds.

    A cubic Hermite curve: its speed does not jump at a frame, and a lost frame leaves no corner.
    """
    p, a, b, n = around
    if not joined(a, b) or time_s <= a.time_s:
        return b.stance if time_s >= b.time_s else a.stance
    span_s = b.time_s - a.time_s
    share = (time_s - a.time_s) / span_s
    pace, b_quat = (b.stance.root_m - a.stance.root_m) / span_s, near(b.stance.quat, a.stance.quat)
    turn = (b_quat - a.stance.quat) / span_s
    speed_a = speed_b = pace
    turn_a = turn_b = turn
    if p is not None and joined(p, a) and a.time_s - p.time_s < _FAR_S:
        gap_s = a.time_s - p.time_s
        speed_a = _middle((a.stance.root_m - p.stance.root_m) / gap_s, gap_s, pace, span_s)
        turn_a = _middle((a.stance.quat - near(p.stance.quat, a.stance.quat)) / gap_s, gap_s, turn, span_s)
    if n is not None and joined(b, n) and n.time_s - b.time_s < _FAR_S:
        gap_s = n.time_s - b.time_s
        speed_b = _middle((n.stance.root_m - b.stance.root_m) / gap_s, gap_s, pace, span_s)
        turn_b = _middle((near(n.stance.quat, b_quat) - b_quat) / gap_s, gap_s, turn, span_s)
    root_m = _hermite(a.stance.root_m, speed_a * span_s, b.stance.root_m, speed_b * span_s, share)
    quat = unit(_hermite(a.stance.quat, turn_a * span_s, b_quat, turn_b * span_s, share))
    wide = (a.stance.quat * b_quat).sum(axis=-1, keepdims=True) < _WIDE
    if wide.any():
        quat = np.where(wide, slerp(a.stance.quat, b.stance.quat, share), quat)
    return Stance(root_m, quat)


def stance_beyond(before: Kept | None, last: Kept, time_s: float) -> Stance:
    """After the last frame: on with its speed, then at rest."""
    beyond_s = time_s - last.time_s
    if before is None or not joined(before, last) or last.time_s - before.time_s > _FAR_S or beyond_s <= 0:
        return last.stance
    braking_s = min(max(0.0, beyond_s - _FULL_SPEED_S), _BRAKING_S)
    way_s = min(beyond_s, _FULL_SPEED_S) + braking_s - braking_s**2 / (2 * _BRAKING_S)
    share = 1 + way_s / (last.time_s - before.time_s)
    root_m = before.stance.root_m + (last.stance.root_m - before.stance.root_m) * share
    return Stance(root_m, slerp(before.stance.quat, last.stance.quat, share))


def lag(shown: Stance, meant: Stance) -> Stance:
    """What turns one stance into the other, to be put on top of what is meant."""
    return Stance(shown.root_m - meant.root_m, multiply(shown.quat, inverse(meant.quat)))


def with_lag(meant: Stance, behind: Stance, share: float) -> Stance:
    """A stance with a share of a lag on top of it."""
    still = np.zeros_like(behind.quat)
    still[..., 0] = 1
    return Stance(
        meant.root_m + share * behind.root_m, unit(multiply(slerp(still, behind.quat, share), meant.quat))
    )


def apart(one: Stance, other: Stance) -> float:
    """The greatest difference of any number of two stances of as many joints."""
    turned = np.abs(near(one.quat, other.quat) - other.quat).max(initial=0.0)
    return max(float(turned), float(np.abs(one.root_m - other.root_m).max()))


def _middle(before: Places, before_s: float, after: Places, after_s: float) -> Places:
    """The speed at a frame of a parabola through it and its two neighbours."""
    return (before * after_s + after * before_s) / (before_s + after_s)


def _hermite(a: Places, way_a: Places, b: Places, way_b: Places, share: float) -> Places:
    """From a to b, leaving and arriving at these speeds (way in the whole span)."""
    s2, s3 = share * share, share * share * share
    return (
        (2 * s3 - 3 * s2 + 1) * a + (s3 - 2 * s2 + share) * way_a + (3 * s2 - 2 * s3) * b + (s3 - s2) * way_b
    )
