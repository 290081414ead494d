"""New dances from old: the arms and head of one take over the legs of another, on the same beat.

Legs and hips lead; the other take's upper body is played at the pace at which its beats fall on theirs, bar on bar, and
the spine between them is shared out. A pair is right when its hands stay out of the body, its chest stays over its
feet as well as in the takes, and both were danced with alike energy; the rest is thrown away.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64

from groovecast.audio.beat import BEATS_PER_BAR
from groovecast.motion.energy import limb_speeds
from groovecast.motion.pose import Motion
from groovecast.motion.rotation import quat_continuous, slerp
from groovecast.motion.skeleton import groovecast_skeleton
from groovecast.train.checks import Seen
from groovecast.train.pulse import Pulse
from groovecast.train.roster import Casting
from groovecast.train.takes import Take

# Tempi differ by at most this, as a share, or one of the two looks hurried.
TEMPO_APART = 0.08
# How many bars a new dance lasts: more than a window of training, less than either take gets out of shape.
_BARS = 4
# From the hips up: how much of each joint is the upper take's. The spine bends into it.
_UPPER_SHARE = {"spine": 0.3, "chest": 0.65}
_UPPER = (
    "upperChest", "neck", "head", "leftShoulder", "leftUpperArm", "leftLowerArm", "leftHand",
    "rightShoulder", "rightUpperArm", "rightLowerArm", "rightHand",
)  # fmt: skip
# A hand this near to the line from hips to neck, or to a thigh's, is inside the body.
_TRUNK_M, _THIGH_M = 0.11, 0.07
_HAND_INSIDE_SHARE = 0.03
# How far (m) the chest may be beside its feet beyond what the lower take had, at the 95th percentile.
_LEANS_M = 0.06
# How much lower over the hips the neck may come than in the lower take, whose chest made up for its hips.
_BOWS_M = 0.06
# How many times as fast the limbs of the one may be as those of the other.
_ENERGY_RATIO = 1.7


def recombined(lower: Take, upper: Take, lower_bar: int, upper_bar: int) -> Take | None:
    """Four bars with the legs of one take and the upper body of another; None where either has not that many."""
    if lower.pulse is None or upper.pulse is None:
        return None
    begin, there = lower_bar * BEATS_PER_BAR, upper_bar * BEATS_PER_BAR
    beats = lower.pulse.beat_frames[begin : begin + _BARS * BEATS_PER_BAR + 1]
    others = upper.pulse.beat_frames[there : there + _BARS * BEATS_PER_BAR + 1]
    if min(len(beats), len(others)) <= _BARS * BEATS_PER_BAR:
        return None
    frames = np.arange(int(np.ceil(beats[0])), int(np.floor(beats[-1])) + 1)
    at = np.interp(frames, beats, others)
    if frames[0] < 0 or frames[-1] >= lower.motion.frames or at[0] < 0 or at[-1] > upper.motion.frames - 1:
        return None
    motion = _joined(lower.motion, upper.motion, frames, at)
    pulse = Pulse(beats - frames[0], lower.pulse.tempo_bpm, min(lower.pulse.salience, upper.pulse.salience))
    name = f"{lower.id}+{upper.id}@{lower_bar}/{upper_bar}"
    return Take(name, Casting(lower.casting.style, lower.casting.split), motion, pulse)


def _joined(lower: Motion, upper: Motion, frames: np.ndarray, at: Float64[np.ndarray, " frames"]) -> Motion:
    skeleton = groovecast_skeleton()
    first = np.minimum(at.astype(int), upper.frames - 2)
    above = quat_continuous(upper.local_quat_wxyz)
    joints = above.shape[1]
    share = np.broadcast_to((at - first)[:, None], (len(at), joints))
    above = slerp(above[first], above[first + 1], share)
    quat = lower.local_quat_wxyz[frames].copy()
    for name, part in _UPPER_SHARE.items():
        joint = skeleton.index(name)
        quat[:, joint] = slerp(quat[:, joint], above[:, joint], part)
    for name in _UPPER:
        quat[:, skeleton.index(name)] = above[:, skeleton.index(name)]
    return Motion(lower.fps, lower.root_m[frames], quat_continuous(quat))


def why_wrong(made: Take, lower: Motion, upper_speed_m_s: float) -> str | None:
    """What a person would see at once in a recombination, or None: it looks right.

    `lower` is the same stretch of the take that gave the legs; `upper_speed_m_s` how fast the hands' own take moved.
    """
    seen = Seen(made.motion)
    inside = np.zeros(made.motion.frames, bool)
    for hand in ("leftHand", "rightHand"):
        inside |= _from_line(seen.joint(hand), seen.joint("hips"), seen.joint("neck")) < _TRUNK_M
        for side in ("left", "right"):
            thigh = _from_line(seen.joint(hand), seen.joint(f"{side}UpperLeg"), seen.joint(f"{side}LowerLeg"))
            inside |= thigh < _THIGH_M
    before = Seen(lower)
    if inside.mean() > _HAND_INSIDE_SHARE:
        return "hands in the body"
    if np.quantile(_beside_feet(seen), 0.95) > np.quantile(_beside_feet(before), 0.95) + _LEANS_M:
        return "out of balance"
    if np.min(_upright(seen)) < np.min(_upright(before)) - _BOWS_M:
        return "bent over"
    speed = float(limb_speeds(lower).sum(axis=1).mean())
    if max(speed, upper_speed_m_s) > _ENERGY_RATIO * min(speed, upper_speed_m_s):
        return "energies apart"
    return None


def _from_line(
    point: Float64[np.ndarray, "frames 3"],
    start: Float64[np.ndarray, "frames 3"],
    end: Float64[np.ndarray, "frames 3"],
) -> Float64[np.ndarray, " frames"]:
    """How far a point is from a line between two others."""
    line = end - start
    share = np.sum((point - start) * line, axis=-1) / np.maximum(np.sum(line * line, axis=-1), 1e-9)
    return np.asarray(np.linalg.norm(point - start - np.clip(share, 0, 1)[:, None] * line, axis=-1))


def _upright(seen: Seen) -> Float64[np.ndarray, " frames"]:
    """How high the neck is over the hips."""
    return np.asarray((seen.joint("neck") - seen.joint("hips"))[:, 1])


def _beside_feet(seen: Seen) -> Float64[np.ndarray, " frames"]:
    """How far the chest is, seen from above, from the line between the feet."""
    flat = np.array([1.0, 0, 1.0])
    return _from_line(
        seen.joint("upperChest") * flat, seen.joint("leftFoot") * flat, seen.joint("rightFoot") * flat
    )


@dataclass(frozen=True)
class Recombined:
    """What came of trying: the takes that look right, how many were tried, and why the others do not."""

    takes: list[Take]
    tried: int
    wrong: dict[str, int]


def recombinations(takes: Sequence[Take], tries: int, seed: int = 0) -> Recombined:
    """New takes from pairs of takes with alike tempo, drawn at random; both must have beats and be of one split."""
    danced = [take for take in takes if take.pulse is not None]
    pairs = [
        (lower, upper)
        for lower in danced
        for upper in danced
        if lower is not upper and lower.casting.split == upper.casting.split and _alike(lower, upper)
    ]
    rng = np.random.default_rng(seed)
    made: list[Take] = []
    wrong: dict[str, int] = {}
    tried = 0
    for _ in range(tries if pairs else 0):
        lower, upper = pairs[int(rng.integers(len(pairs)))]
        bars = [
            (len(take.pulse.beat_frames) - 1) // BEATS_PER_BAR if take.pulse else 0 for take in (lower, upper)
        ]
        if min(bars) <= _BARS:
            continue
        lower_bar, upper_bar = (int(rng.integers(count - _BARS + 1)) for count in bars)
        new = recombined(lower, upper, lower_bar, upper_bar)
        if new is None:
            continue
        tried += 1
        reason = why_wrong(
            new, _stretch(lower, lower_bar), float(limb_speeds(_stretch(upper, upper_bar)).sum(axis=1).mean())
        )
        if reason is None:
            made.append(new)
        else:
            wrong[reason] = wrong.get(reason, 0) + 1
    return Recombined(made, tried, wrong)


def _alike(lower: Take, upper: Take) -> bool:
    if lower.pulse is None or upper.pulse is None:
        return False
    return bool(abs(np.log(lower.pulse.tempo_bpm / upper.pulse.tempo_bpm)) <= np.log(1 + TEMPO_APART))


def _stretch(take: Take, bar: int) -> Motion:
    """The bars of a take that a recombination uses."""
    if take.pulse is None:
        raise ValueError(f"asked for a bar of {take.id}, its beats are unknown: choose a take with beats")
    beats = take.pulse.beat_frames[bar * BEATS_PER_BAR :][: _BARS * BEATS_PER_BAR + 1]
    part = slice(int(np.ceil(beats[0])), int(np.floor(beats[-1])) + 1)
    return Motion(take.motion.fps, take.motion.root_m[part], take.motion.local_quat_wxyz[part])
