"""What is done to a dance on its way to the outlets: mirrored, placed, frozen, hidden, brought to rest."""

import math
from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from groovecast.motion.footing import lowest_sole_m
from groovecast.motion.hands import flexed, hands_of
from groovecast.motion.idle import standing
from groovecast.motion.pose import Pose
from groovecast.motion.rotation import quat_from_yaw, quat_multiply, yaw_from_quat
from groovecast.motion.skeleton import groovecast_skeleton
from groovecast.motion.stretch import in_the_mirror
from realtime.crew import Member
from realtime.desk.board import Board
from realtime.desk.controls import DANCE, POSTURES, STANDING
from realtime.roles import HIDDEN_M
from realtime.turnings import Turnings

# From a frozen pose back into the dance.
_THAW_S = 0.5
# How high the soles are lifted half way into the mirror: each foot goes to another place, and does not slide there.
_HOP_M = 0.04
# So long after it came or went a figure is told without a way from where it was: the first picture at 15 a second.
_CUT_S = 0.07
# A pose of longer ago than this is not looked up anew for who shows it at another offset: the plan forgets.
_LONG_AGO_S = 1.0
_MOST_KEPT = 512
# A place that is nearer to where it is wanted than this has arrived.
_ARRIVED = 1e-4

Danced = Callable[[float], Pose]  # what one of the crew dances, by the time when it is shown


class _Shown(NamedTuple):
    """Who is shown, and by an outlet that shows everything so much later than the music."""

    dancer: int
    offset_ms: int
    danced: Danced
    board: Board


class Stagecraft:
    """Frame loop. What the desk does to every figure; times may be asked for in any order, a little ahead and behind.

    What is seen at a time depends on that time and on when the controls were turned, not on what was asked before.
    """

    def __init__(self) -> None:
        self._freeze, self._mirror = Turnings("freeze", False), Turnings("mirror", False)
        self._posture, self._blackout = Turnings("posture", DANCE), Turnings("blackout", False)
        # poses of times that matter for long: by what for, dancer and time, and then by offset
        self._kept: dict[tuple[str, int, float], dict[int, Pose]] = {}

    def staged(
        self, member: Member, danced: Danced, board: Board, at_s: float, offset_s: float
    ) -> tuple[Pose, bool]:
        """The pose as it is seen then, and whether it is not to be joined to the one before."""
        self._follow(board, at_s)
        shown = _Shown(member.dancer, round(1000 * offset_s), danced, board)
        pose = placed(self._rested(shown, at_s), member, board, at_s)
        pose = _with_hands(pose, board.number("hands", at_s))
        if board.switch("blackout", at_s):
            pose = replace(pose, root_m=pose.root_m + np.array([0, HIDDEN_M, 0], np.float32))
        return replace(pose, time_s=at_s), self._blackout.turned_within(at_s, _CUT_S)

    def _follow(self, board: Board, at_s: float) -> None:
        everything = self._freeze, self._mirror, self._posture, self._blackout
        for turnings in everything:
            turnings.follow(board, at_s)
        if len(self._kept) > _MOST_KEPT:
            matter = set[float]().union(*(turnings.starts_s() for turnings in everything))
            self._kept = {key: poses for key, poses in self._kept.items() if key[2] in matter}

    # -- one after the other --------------------------------------------------------------------------------

    def _frozen(self, shown: _Shown, at_s: float, before_s: float = math.inf) -> Pose:
        """The dance, or the pose that is held, or on the way back; of what was frozen sooner than `before_s`."""
        for stretch in reversed(self._freeze.times_on()):
            since_s, until_s = stretch.since_s, stretch.until_s
            if since_s > at_s or since_s >= before_s:
                continue
            thawed = 0.0 if until_s is None or at_s < until_s else _eased((at_s - until_s) / _THAW_S)
            if thawed >= 1:
                break

            def then(time_s: float, before_s: float = since_s) -> Pose:
                return self._frozen(shown, time_s, before_s)

            held = self._of("freeze", shown, since_s, at_s, then)
            if until_s is None or thawed <= 0:
                return held
            live_then = self._of("thaw", shown, until_s, at_s, shown.danced)
            return faded(held, shown.danced(at_s), thawed, (held, live_then))
        return shown.danced(at_s)

    def _reflected(self, shown: _Shown, at_s: float) -> Pose:
        """The same as the mirror shows it, as far as it is turned on."""
        pose, share = self._frozen(shown, at_s), shown.board.number("mirror", at_s)
        if share <= 0:
            return pose
        other = in_the_mirror(pose)
        if share >= 1:
            return other
        since_s = self._mirror.under_way_since_s(at_s)
        begun = self._of("mirror", shown, since_s, at_s, lambda time_s: self._frozen(shown, time_s))
        return faded(pose, other, share, (begun, in_the_mirror(begun)), _HOP_M)

    def _rested(self, shown: _Shown, at_s: float) -> Pose:
        """The same, or standing where it was when it was to rest, or on the way."""
        shares = shown.board.shares("posture", at_s)
        resting = 1 - shares.get(DANCE, 0.0)
        if resting <= 0:
            return self._reflected(shown, at_s)
        away = [stretch for stretch in self._posture.times_away() if stretch.since_s <= at_s]
        since_s = away[-1].since_s if away else at_s
        place = self._of("rest", shown, since_s, at_s, lambda time_s: self._reflected(shown, time_s))
        rest = _rest_of(place, at_s, shares)
        if resting >= 1:
            return rest
        begun_s = self._posture.under_way_since_s(at_s)
        begun = self._of("posture", shown, begun_s, at_s, lambda time_s: self._reflected(shown, time_s))
        return faded(
            self._reflected(shown, at_s), rest, resting, (begun, _rest_of(place, at_s, {STANDING: 1.0}))
        )

    def _of(self, what: str, shown: _Shown, time_s: float, now_s: float, then: Danced) -> Pose:
        """What was, or is to be, seen at a time that matters for long."""
        kept = self._kept.setdefault((what, shown.dancer, time_s), {})
        if shown.offset_ms in kept:
            return kept[shown.offset_ms]
        # an offset that was turned meanwhile moves nobody who rests
        if kept and now_s - time_s > _LONG_AGO_S:
            return kept[min(kept, key=lambda offset_ms: abs(offset_ms - shown.offset_ms))]
        pose = then(time_s)
        if time_s <= now_s:  # what is to come may still be planned anew
            kept[shown.offset_ms] = pose
        return pose


def placed(pose: Pose, member: Member, board: Board, at_s: float) -> Pose:
    """A dance, turned and put where its dancer stands in the crew, and the crew where it stands on the stage."""
    heading_deg = board.number("heading_deg", at_s)
    stage = board.number("place_x_m", at_s), board.number("place_z_m", at_s)
    root, quat = pose.root_m, pose.local_quat_wxyz
    turn_rad = math.radians(heading_deg)
    if member.heading_rad or turn_rad:
        quat = quat.copy()
        quat[0] = quat_multiply(
            quat_from_yaw(np.array(member.heading_rad + turn_rad)), quat[0].astype(np.float64)
        )
    x_m, z_m = _turned(float(root[0]), float(root[2]), member.heading_rad)
    x_m, z_m = _turned(x_m + member.x_m, z_m + member.z_m, turn_rad)
    contacts = pose.contacts
    if contacts.any() and not _stays(board, at_s, heading_deg, *stage):
        contacts = np.zeros(4, bool)  # a foot that is carried along stands nowhere
    at_m = np.array([x_m + stage[0], root[1], z_m + stage[1]], np.float32)
    return replace(pose, root_m=at_m, local_quat_wxyz=quat, contacts=contacts)


def _stays(board: Board, at_s: float, heading_deg: float, x_m: float, z_m: float) -> bool:
    wanted = (board.wanted(name, at_s) for name in ("heading_deg", "place_x_m", "place_z_m"))
    return all(abs(a - b) < _ARRIVED for a, b in zip((heading_deg, x_m, z_m), wanted, strict=True))


def _turned(x_m: float, z_m: float, turn_rad: float) -> tuple[float, float]:
    cos, sin = math.cos(turn_rad), math.sin(turn_rad)
    return cos * x_m + sin * z_m, cos * z_m - sin * x_m


def faded(a: Pose, b: Pose, share: float, begun: tuple[Pose, Pose], lift_m: float = 0.0) -> Pose:
    """From `a` (share 0) to `b` (1), each joint all the way round the side that was the shorter one between `begun`.

    The shorter side at each time would change in the middle of the way, and the joint jump. The lower sole is between
    where both have it, and half way `lift_m` higher; no foot is said to stand.
    """
    one, other = (_near(pose, then) for pose, then in zip((a, b), begun, strict=True))
    other = other * np.where(_dots(begun[0].local_quat_wxyz, begun[1].local_quat_wxyz) < 0, -1, 1)
    quat = (1 - share) * one + share * other
    length = np.linalg.norm(quat, axis=-1, keepdims=True)
    # two that are half a turn and more apart by now have no middle
    quat = np.where(length > _ARRIVED, quat / np.maximum(length, _ARRIVED), one)
    root = ((1 - share) * a.root_m + share * b.root_m).astype(np.float64)
    roots = np.stack((a.root_m, b.root_m, root))
    low_a, low_b, low = lowest_sole_m(roots, np.stack((a.local_quat_wxyz, b.local_quat_wxyz, quat)))
    root[1] += (1 - share) * low_a + share * low_b + lift_m * 4 * share * (1 - share) - low
    return Pose(a.time_s, root.astype(np.float32), quat.astype(np.float32), np.zeros(4, bool))


def _near(pose: Pose, then: Pose) -> np.ndarray:
    """Its rotations, with the signs that they had then or have come to have since."""
    signs = np.where(_dots(pose.local_quat_wxyz, then.local_quat_wxyz) < 0, -1, 1)
    return np.asarray(pose.local_quat_wxyz.astype(np.float64) * signs)


def _dots(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.asarray(np.einsum("jk,jk->j", a, b)[:, None])


def _rest_of(place: Pose, at_s: float, shares: dict[str, float]) -> Pose:
    """Standing at ease or in a T-pose, or between them, where that pose was."""
    upright = standing_at(place, at_s)
    share = {posture: shares.get(posture, 0.0) for posture in POSTURES if posture != DANCE}
    t_share = 1 - share[STANDING] / (sum(share.values()) or 1.0)
    if t_share <= 0:
        return upright
    t_pose = t_pose_at(place)
    if t_share >= 1:
        return replace(t_pose, time_s=at_s)
    both = faded(upright, t_pose, t_share, (upright, t_pose))
    return replace(both, contacts=np.ones(4, bool))


def standing_at(place: Pose, at_s: float) -> Pose:
    """At ease, breathing, where a pose was and facing where it faced."""
    root, body = standing(place.root_m, place.local_quat_wxyz[: groovecast_skeleton().body_joints], at_s)
    quat = np.concatenate((body, hands_of(body, at_s)))
    return Pose(at_s, root.astype(np.float32), quat.astype(np.float32), np.ones(4, bool))


def t_pose_at(place: Pose) -> Pose:
    """Arms out, where a pose was and facing where it faced."""
    skeleton = groovecast_skeleton()
    quat = np.zeros((skeleton.joints, 4), np.float32)
    quat[:, 0] = 1
    quat[0] = quat_from_yaw(np.asarray(yaw_from_quat(place.local_quat_wxyz[0].astype(np.float64))))
    root = np.array([place.root_m[0], skeleton.hips_height_m, place.root_m[2]], np.float32)
    return Pose(place.time_s, root, quat, np.ones(4, bool))


def _with_hands(pose: Pose, share: float) -> Pose:
    if share == 1:
        return pose
    body = groovecast_skeleton().body_joints
    quat = pose.local_quat_wxyz.copy()
    quat[body:] = flexed(quat[body:], share)
    return replace(pose, local_quat_wxyz=quat)


def _eased(gone: float) -> float:
    gone = min(max(gone, 0.0), 1.0)
    return gone * gone * (3 - 2 * gone)
