"""What each of the crew shows: on the way from one part to another both are seen, one fading into the other."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from groovecast.motion.pose import Pose
from groovecast.motion.rotation import slerp
from realtime.crew import Member, Part

FADE_S = 0.8
HIDDEN_M = -100.0  # as far under the floor as somebody is who is not to be seen
GONE_S = 1.0  # so long who left is still told of, hidden, so that nobody goes on showing it
_ABSENT_S = 0.25  # who was not seen for longer comes anew


@dataclass(frozen=True)
class Fade:
    """From one part to another: the first until `start_s`, the other `FADE_S` later."""

    before: Part
    after: Part
    start_s: float

    def share(self, at_s: float) -> float:
        """How much of the second there is then."""
        gone = min(max((at_s - self.start_s) / FADE_S, 0.0), 1.0)
        return gone * gone * (3 - 2 * gone)

    def parts(self, at_s: float) -> tuple[tuple[Part, float], ...]:
        """The parts that are seen then, and how much of each."""
        share = self.share(at_s)
        both = (self.before, 1 - share), (self.after, share)
        return tuple(one for one in both if one[1] > 0)


class Roles:
    """Frame loop. Who shows what since when; times are asked for in any order, a little ahead and behind."""

    def __init__(self) -> None:
        self._fades: dict[int, Fade] = {}
        self._came_s: dict[int, float] = {}
        self._seen_s: dict[int, float] = {}

    def follow(self, member: Member, at_s: float) -> None:
        """See what a member is to show then; a part that is another than the last begins to fade in."""
        dancer, fade = member.dancer, self._fades.get(member.dancer)
        if fade is None or at_s - self._seen_s[dancer] > _ABSENT_S:
            self._came_s[dancer] = at_s
            fade = Fade(member.part, member.part, at_s)
        elif member.part != fade.after and at_s >= fade.start_s + FADE_S:
            fade = Fade(fade.after, member.part, at_s)
        self._fades[dancer] = fade
        self._seen_s[dancer] = max(at_s, self._seen_s.get(dancer, at_s))

    def parts(self, dancer: int, at_s: float) -> tuple[tuple[Part, float], ...]:
        """What one of the crew shows then, as far as is known; it was followed before."""
        return self._fades[dancer].parts(at_s)

    def arrives(self, dancer: int, at_s: float, within_s: float) -> bool:
        """Whether it has only just come."""
        return dancer > 0 and at_s < self._came_s.get(dancer, at_s) + within_s

    def gone(self, present: Sequence[Member], at_s: float) -> list[int]:
        """Who left a moment ago."""
        return [
            dancer
            for dancer, seen_s in self._seen_s.items()
            if dancer >= len(present) and at_s - seen_s < GONE_S
        ]


def mixed(poses: Sequence[tuple[Pose, float]]) -> Pose:
    """One pose of several at the same time, so much of each."""
    pose, weight = poses[0]
    for other, more in poses[1:]:
        weight += more
        share = more / weight
        root_m = pose.root_m + np.float32(share) * (other.root_m - pose.root_m)
        quat = slerp(pose.local_quat_wxyz, other.local_quat_wxyz, share).astype(np.float32)
        pose = replace(
            pose,
            root_m=root_m.astype(np.float32),
            local_quat_wxyz=quat,
            contacts=other.contacts if share > 0.5 else pose.contacts,
        )
    return pose
