"""The one hand-off from the dance thread to the frame loop: poses stamped ahead of time.

The dance thread puts a new plan in place of the old by one assignment; the frame loop reads whichever plan stands.
A plan that nobody renews is danced to its end, and from there the figure settles into standing: it never freezes.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Float32

from groovecast.motion.hands import hands_of, hands_of_all
from groovecast.motion.idle import standing
from groovecast.motion.pose import Motion, Pose
from groovecast.motion.rotation import quat_continuous, slerp, unit

# How long the figure takes from the end of an unrenewed plan to standing at ease.
SETTLE_S = 0.8
# A pose between two frames depends on the frame after both too: so far before a frame the figure bends towards it.
REACH_FRAMES = 2


@dataclass(frozen=True)
class Plan:
    """Frames `first_frame` onwards on the clock's grid of `fps` a second; frame f is shown at f / fps seconds.

    `danced` is what the model conditions on, `shown` the same with the feet held. Frames before `free_frame` are
    committed; those from it on may still be planned anew.
    """

    first_frame: int
    free_frame: int
    danced: Motion
    shown: Motion
    contacts: Bool[np.ndarray, "frames 4"]
    heard_until_s: float = 0.0  # the newest sound that shaped it
    begun_frame: int | None = (
        None  # from here on it is another than the plan before; None: nobody saw one before
    )

    @property
    def end_frame(self) -> int:
        """The frame after the last."""
        return self.first_frame + self.danced.frames


class MotionBuffer:
    """Holds the plan that stands. One writer, one reader, no lock: a plan is never changed, only replaced."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan

    def put(self, plan: Plan) -> None:
        """Dance thread. From now on this plan is shown."""
        self._plan = plan

    @property
    def plan(self) -> Plan:
        """Any thread. The plan that stands."""
        return self._plan

    def pose(self, time_s: float) -> Pose:
        """Frame loop. The pose at any time: smooth between the plan's frames, settling past its end."""
        return pose_at(self._plan, time_s)


def frames_of(plan: Plan, first: int, count: int) -> Motion:
    """Frames `first` .. `first + count` as danced; before the plan its first pose stands, past its end it settles."""
    wanted = np.arange(first, first + count)
    inside = np.clip(wanted - plan.first_frame, 0, plan.danced.frames - 1)
    root, quat = plan.danced.root_m[inside].copy(), plan.danced.local_quat_wxyz[inside].copy()
    for row in np.flatnonzero(wanted >= plan.end_frame):
        past_s = (int(wanted[row]) - plan.end_frame + 1) / plan.danced.fps
        root[row], quat[row] = _settled(plan.danced, past_s)
    return Motion(plan.danced.fps, root, quat)


def pose_at(plan: Plan, time_s: float) -> Pose:
    """The pose a plan shows at a time, all 52 joints (Catmull-Rom through four frames, so speed does not step)."""
    fps = plan.shown.fps
    at = time_s * fps - plan.first_frame
    last = plan.shown.frames - 1
    if at > last:
        root, body = _settled(plan.shown, (at - last) / fps)
        contacts = np.ones(4, bool)
    else:
        low = int(np.clip(np.floor(at), 0, max(last - 1, 0)))
        rows = np.clip(np.arange(low - 1, low + 3), 0, last)
        weights = _catmull_rom(float(np.clip(at - low, 0, 1)))
        root = weights @ plan.shown.root_m[rows]
        body = unit(np.einsum("f,fjk->jk", weights, quat_continuous(plan.shown.local_quat_wxyz[rows])))
        contacts = plan.contacts[rows[1]]
    quat = np.concatenate((body, hands_of(body, time_s)))
    return Pose(time_s, root.astype(np.float32), quat.astype(np.float32), contacts)


def poses_at(looked_up: Sequence[tuple[Plan, float]]) -> list[Pose]:
    """The same for several plans and times, in a fraction of the time: nearly all of it is the same for one or many."""
    inside = [
        row
        for row, (plan, time_s) in enumerate(looked_up)
        if time_s * plan.shown.fps - plan.first_frame <= plan.shown.frames - 1
    ]
    poses: list[Pose | None] = [None] * len(looked_up)
    if len(inside) > 1:
        weights, roots, bodies, contacts = [], [], [], []
        for row in inside:
            plan, time_s = looked_up[row]
            at, last = time_s * plan.shown.fps - plan.first_frame, plan.shown.frames - 1
            low = min(max(math.floor(at), 0), max(last - 1, 0))
            rows = [min(max(low + step, 0), last) for step in (-1, 0, 1, 2)]
            weights.append(_catmull_rom(min(max(at - low, 0.0), 1.0)))
            roots.append(plan.shown.root_m[rows])
            bodies.append(plan.shown.local_quat_wxyz[rows])
            contacts.append(plan.contacts[rows[1]])
        weight = np.stack(weights)
        root = np.einsum("nf,nfk->nk", weight, np.stack(roots)).astype(np.float32)
        # frames first, as the signs are found from frame to frame
        turns = quat_continuous(np.stack(bodies, axis=1))
        body = unit(np.einsum("nf,fnjk->njk", weight, turns))
        hands = hands_of_all(body, np.array([looked_up[row][1] for row in inside]))
        quat = np.concatenate((body, hands), axis=1).astype(np.float32)
        for place, row in enumerate(inside):
            poses[row] = Pose(looked_up[row][1], root[place], quat[place], contacts[place])
    return [pose or pose_at(*looked_up[row]) for row, pose in enumerate(poses)]


def _catmull_rom(share: float) -> Float[np.ndarray, " 4"]:
    """Weights of four neighbours for a point that far from the second to the third (Catmull & Rom 1974)."""
    t = share
    return 0.5 * np.array(
        (-t + 2 * t**2 - t**3, 2 - 5 * t**2 + 3 * t**3, t + 4 * t**2 - 3 * t**3, -(t**2) + t**3)
    )


def _settled(motion: Motion, past_s: float) -> tuple[Float32[np.ndarray, " 3"], Float32[np.ndarray, "22 4"]]:
    """The last frame, eased into standing at ease where it was."""
    share = min(past_s / SETTLE_S, 1.0)
    ease = share * share * (3 - 2 * share)
    root, quat = standing(motion.root_m[-1], motion.local_quat_wxyz[-1], past_s)
    mixed = slerp(motion.local_quat_wxyz[-1].astype(np.float64), quat, np.full(len(quat), ease))
    place = motion.root_m[-1] + (root - motion.root_m[-1]) * ease
    return place.astype(np.float32), mixed.astype(np.float32)
