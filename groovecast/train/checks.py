"""Is a take fit to learn from? Its bones, floor, feet, spikes, facing, knees and stillness, each against a limit.

What is wrong is mended where that is honest (the floor fitted, spikes bridged and smoothed, standing at both ends
cut) and measured again; what is still wrong leaves the take out, with the figure and the limit as the reason.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Bool, Float64

from groovecast.motion.energy import limb_speeds
from groovecast.motion.kinematics import world_from_local
from groovecast.motion.pose import Motion
from groovecast.motion.rotation import quat_continuous, quat_rotate, unit
from groovecast.motion.skeleton import groovecast_skeleton
from groovecast.motion.soles import SIDES, Soles, soles_of
from groovecast.train.capture import Capture
from groovecast.train.ground import FPS, on_the_floor, smoothed
from groovecast.train.roster import landmarks_of
from groovecast.train.spikes import SMOOTHED, bridged, joint_spin, spikes_of

# Styles that are danced: standing at either end of them says nothing, and would teach to stand still on a beat.
DANCED_STYLES = ("salsa", "street", "modern", "indian", "break")
# All four limbs together slower than this is standing; a slow salsa step is 1.5.
_STILL_M_S = 0.4
# A danced take may stand this long between steps, and this long before its first step and after its last.
STILL_S, LEAD_S = 2.0, 0.5
# A sole this low could carry weight; one that carries weight and moves faster than this slides.
_LOW_M, _SLIDE_M_S = 0.04, 0.35
# The floor is sought in stretches of this length, and only where a foot rests in most of them.
_FLOOR_WINDOW_S = 3.0
# Knees and headings say something only where the knee is bent, or the body travels, more than this.
_BENT_RAD, _TRAVEL_M_S = 0.5, 0.9
# A floor that is further off than this is fitted.
FLOOR_OFF_M = 0.015
# How far beside a bridged spike the corners are rounded.
_CORNER_HZ = 4.0
# Bones shorter than this carry nothing; longer ones must keep their length, and be alike on both sides.
_BONE_CM, BONE_SPREAD_LIMIT, LOPSIDED_LIMIT = 5.0, 0.02, 0.15


class Seen:
    """A motion and what is computed of it once: places, turns, soles."""

    def __init__(self, motion: Motion) -> None:
        self.motion = motion
        self.skeleton = groovecast_skeleton()
        self.place, self.turn = world_from_local(
            motion.root_m,
            motion.local_quat_wxyz,
            self.skeleton.rest_offset_m.astype(np.float64),
            self.skeleton.parents,
        )

    @staticmethod
    def foot_joints() -> dict[str, int]:
        """The index of the ankle on each side."""
        return {side: groovecast_skeleton().index(f"{side}Foot") for side in SIDES}

    @cached_property
    def soles(self) -> Soles:
        """Heels and balls."""
        return soles_of(self.place, self.turn, self.skeleton)

    def joint(self, name: str) -> Float64[np.ndarray, "frames 3"]:
        """Where a joint is."""
        return np.asarray(self.place[:, self.skeleton.index(name)])

    def ahead(self, name: str) -> Float64[np.ndarray, "frames 3"]:
        """The level direction a joint faces; short where it faces up or down."""
        facing = quat_rotate(self.turn[:, self.skeleton.index(name)], np.array([0, 0, 1.0]))
        return np.asarray(facing * np.array([1.0, 0, 1.0]))


def floor_by_window(seen: Seen) -> Float64[np.ndarray, " windows"]:
    """How high the lowest sole rests in each three seconds; a jump does not count, a foot at rest does."""
    low = seen.soles.height_m.min(axis=-1)
    count = max(1, round(len(low) / (_FLOOR_WINDOW_S * seen.motion.fps)))
    return np.array([np.quantile(part, 0.1) for part in np.array_split(low, count)])


def _floor_off(seen: Seen) -> float:
    return float(np.abs(np.median(floor_by_window(seen))))


def _floor_drift(seen: Seen) -> float:
    return float(np.ptp(floor_by_window(seen)))


def _slide(seen: Seen) -> float:
    """Share of the frames with weight on the floor in which no low sole rests; a pivot rests on its ball."""
    level = seen.soles.place_m * np.array([1.0, 0, 1.0])
    speed = np.linalg.norm(np.gradient(level, axis=0), axis=-1) * seen.motion.fps
    low = seen.soles.height_m < _LOW_M
    slowest = np.where(low, speed, np.inf).min(axis=-1)
    carried = low.any(axis=-1)
    return float((slowest[carried] > _SLIDE_M_S).mean()) if carried.any() else 1.0


def _speed(seen: Seen) -> float:
    return float(np.linalg.norm(np.diff(seen.place, axis=0), axis=-1).max() * seen.motion.fps)


def _acceleration(seen: Seen) -> float:
    return float(np.linalg.norm(np.diff(seen.place, 2, axis=0), axis=-1).max() * seen.motion.fps**2)


def _spin(seen: Seen) -> float:
    return float(joint_spin(seen.motion).max())


def _twist(seen: Seen) -> float:
    """How far (degrees) the feet face from where the hips face, at the median; much is a figure put together wrong."""
    hips, feet = seen.ahead("hips"), seen.ahead("leftFoot") + seen.ahead("rightFoot")
    cosine = np.sum(unit(hips) * unit(feet), axis=-1)
    sure = (np.linalg.norm(hips, axis=-1) > 0.5) & (np.linalg.norm(feet, axis=-1) > 0.5)
    return float(np.degrees(np.arccos(np.clip(np.median(cosine[sure]), -1, 1)))) if sure.any() else 0.0


def _crossed(seen: Seen) -> float:
    """Share of the frames in which the left foot is on the right of the right one, as the hips see it."""
    left = quat_rotate(seen.turn[:, 0], np.array([1.0, 0, 0]))
    apart = np.sum((seen.joint("leftFoot") - seen.joint("rightFoot")) * left, axis=-1)
    return float((apart < -0.02).mean())


def _knees_back(seen: Seen) -> float:
    """Share of the bent legs whose knee points away from the toes and from where the hips face."""
    wrong, bent, front = 0, 0, seen.ahead("hips")
    for side in SIDES:
        hip, knee, ankle = (seen.joint(side + name) for name in ("UpperLeg", "LowerLeg", "Foot"))
        thigh, shin = unit(knee - hip), unit(ankle - knee)
        folded = np.sum(thigh * shin, axis=-1) < np.cos(_BENT_RAD)
        toes = quat_rotate(seen.turn[:, seen.skeleton.index(f"{side}Foot")], np.array([0, 0, 1.0]))
        out = knee - (hip + ankle) / 2
        back = (np.sum(out * toes, axis=-1) < 0) & (np.sum(out * front, axis=-1) < 0)
        # the toes of a pointed foot go along the shin and say nothing
        told = folded & (np.abs(np.sum(toes * shin, axis=-1)) < 0.7)
        wrong, bent = wrong + int((told & back).sum()), bent + int(told.sum())
    return wrong / bent if bent else 0.0


def _backwards(seen: Seen) -> float:
    """Share of the frames of fast travel in which the hips face away from where they go."""
    moved = np.gradient(smoothed(seen.motion.root_m, seen.motion.fps, 1.0), axis=0) * seen.motion.fps
    moved[:, 1] = 0
    ahead = seen.ahead("hips")
    # upside down in a cartwheel, nothing is ahead
    fast = (np.linalg.norm(moved, axis=-1) > _TRAVEL_M_S) & (
        (seen.joint("neck") - seen.joint("hips"))[:, 1] > 0.3
    )
    return float((np.sum(moved * ahead, axis=-1)[fast] < 0).mean()) if fast.sum() > FPS else 0.0


def still(motion: Motion) -> Bool[np.ndarray, " frames"]:
    """The frames in which nobody moves."""
    return np.asarray(smoothed(limb_speeds(motion).sum(axis=-1), motion.fps, 2.0) < _STILL_M_S)


def _longest_still(seen: Seen) -> float:
    edges = np.flatnonzero(np.diff(np.concatenate(([0], still(seen.motion).astype(int), [0]))))
    return float(np.max(edges[1::2] - edges[::2], initial=0) / seen.motion.fps)


@dataclass(frozen=True)
class Check:
    """One figure of a take, and the limit above which it is a fault."""

    name: str
    unit: str
    limit: float
    measure: Callable[[Seen], float]
    styles: tuple[str, ...] = ()  # empty: all

    def concerns(self, style: str) -> bool:
        """Whether takes of that style are held to it."""
        return not self.styles or style in self.styles


CHECKS = (
    Check("floor", "m", 0.03, _floor_off),
    Check("floor drift", "m", 0.06, _floor_drift),
    Check("foot slide", "of planted frames", 0.45, _slide),
    Check("speed", "m/s", 13.0, _speed),
    Check("acceleration", "m/s2", 350.0, _acceleration),
    Check("spin", "rad/s", 50.0, _spin),
    Check("feet against hips", "degrees", 60.0, _twist),
    Check("feet crossed", "of frames", 0.8, _crossed),
    Check("knees backwards", "of bent legs", 0.1, _knees_back),
    Check("backwards", "of fast travel", 0.5, _backwards, ("move",)),
    Check("stillness", "s", STILL_S + 0.5, _longest_still, DANCED_STYLES),
)


@dataclass(frozen=True)
class Examined:
    """A motion after its mends, what each check says of it, and what was done."""

    motion: Motion
    figures: dict[str, float]
    mends: tuple[str, ...]
    reason: str | None  # why it is left out; None: it is learned from


def examined(motion: Motion, style: str) -> Examined:
    """The motion mended where it had to be, and why it is still not fit to learn from, if so."""
    mends = []
    for name, mend in (("spikes", _without_spikes), ("floor", _on_its_floor)):
        better = mend(motion)
        if better is not None:
            motion = better
            mends.append(name)
    figures = figures_of(motion)
    return Examined(motion, figures, tuple(mends), reason_against(figures, style))


def figures_of(motion: Motion) -> dict[str, float]:
    """What each check measures of a motion."""
    seen = Seen(motion)
    return {check.name: check.measure(seen) for check in CHECKS}


def reason_against(figures: dict[str, float], style: str) -> str | None:
    """The checks that the figures of a take of that style fail, in words, or None."""
    failed = [
        f"{check.name} {figures[check.name]:.2g} {check.unit} (at most {check.limit:.2g})"
        for check in CHECKS
        if check.concerns(style) and figures[check.name] > check.limit
    ]
    return ", ".join(failed) or None


def _without_spikes(motion: Motion) -> Motion | None:
    """Spikes bridged, and the frames beside them smoothed; None when there is none."""
    bad = spikes_of(motion, SMOOTHED)
    if not bad.any():
        return None
    better = bridged(motion, bad)
    quat, root = better.local_quat_wxyz, better.root_m
    # the bridge's two corners are rounded, and nothing else is touched
    beside = smoothed(bad.astype(np.float64), motion.fps, _CORNER_HZ)
    near = np.clip(beside / np.maximum(beside.max(axis=0), 1e-9), 0, 1)
    quat = unit(quat + (smoothed(quat, motion.fps) - quat) * near[..., None])
    root = root + (smoothed(root, motion.fps) - root) * near[:, :1]
    return on_the_floor(Motion(motion.fps, root, quat_continuous(quat)))


def _on_its_floor(motion: Motion) -> Motion | None:
    """The floor brought to zero all along, where it lies or drifts off; None where it does not."""
    windows = floor_by_window(Seen(motion))
    if np.abs(windows).max() <= FLOOR_OFF_M:
        return None
    middle = (np.arange(len(windows)) + 0.5) * motion.frames / len(windows)
    root = motion.root_m.copy()
    root[:, 1] -= smoothed(np.interp(np.arange(motion.frames), middle, windows), motion.fps, 0.2)
    return on_the_floor(Motion(motion.fps, root, motion.local_quat_wxyz))


def reason_against_bones(capture: Capture) -> str | None:
    """What is wrong with the skeleton of a capture, in words, or None: its bones stretch, or its sides differ."""
    place = capture.world()[0]
    worst = 0.0
    for joint, parent in enumerate(capture.parents):
        if parent < 0:
            continue
        length = np.linalg.norm(place[:, joint] - place[:, parent], axis=-1)
        if np.median(length) > _BONE_CM:
            worst = max(worst, float(np.ptp(length) / np.median(length)))
    if worst > BONE_SPREAD_LIMIT:
        return f"bones stretch by {worst:.1%} (at most {BONE_SPREAD_LIMIT:.0%})"
    marks = landmarks_of(capture)
    for upper, lower in (("hip", "knee"), ("knee", "ankle"), ("shoulder", "elbow"), ("elbow", "wrist")):
        left, right = (
            float(
                np.median(
                    np.linalg.norm(
                        place[:, marks[f"{side} {lower}"]] - place[:, marks[f"{side} {upper}"]], axis=-1
                    )
                )
            )
            for side in SIDES
        )
        if abs(left - right) > LOPSIDED_LIMIT * max(left, right):
            return f"{upper} to {lower} is {left:.0f} cm on the left, {right:.0f} cm on the right"
    return None
