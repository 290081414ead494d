"""The dance on another body: whoever's bones it has, its own height, and its soles on the floor where ours are.

Turns are kept in the world. What a bone turns that the body lacks, the next bones below take over; where there are none
below (toes, fingers) it is not seen.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float32, Float64

from groovecast.motion.skeleton import Skeleton, groovecast_skeleton

# What no humanoid lacks (VRM 1.0, "required bones"; VRM 0 asks for more).
_SIDES = ("left", "right")
_PAIRED = ("UpperLeg", "LowerLeg", "Foot", "UpperArm", "LowerArm", "Hand")
REQUIRED = (
    "hips",
    "spine",
    "head",
    *(side + bone for side in _SIDES for bone in _PAIRED),
)
_LEG = ("UpperLeg", "LowerLeg", "Foot", "Toes")
# So high above the floor the soles hold the hips no more: whoever jumps or stands on the hands goes by height alone.
_SOLES_HOLD_M = 0.5
_LEAST_HIPS_M, _FARTHEST_M = 0.01, 1000.0
_SHORTEST_LIMB = 0.001  # as a share of the hips' height

_Vector = tuple[float, float, float]


@dataclass(frozen=True)
class Body:
    """The rest pose of somebody's figure, a T-pose, in our space: which of our joints it has, and where they are.

    Arrays have a row for each of our joints; what it lacks has zeros.
    """

    title: str
    has: Bool[np.ndarray, " joints"]
    above: tuple[int, ...]  # the nearest joint above that it has; -1: none
    rest_offset_m: Float32[np.ndarray, "joints 3"]  # from that joint; the hips': from the floor

    @property
    def hips_height_m(self) -> float:
        """Height of the hips above the floor in the rest pose."""
        return float(self.rest_offset_m[0, 1])


def our_body() -> Body:
    """The body that dances are made for."""
    skeleton = groovecast_skeleton()
    return Body(skeleton.id, np.ones(skeleton.joints, bool), skeleton.parents, skeleton.rest_offset_m)


def body_of(title: str, places_m: dict[str, _Vector]) -> Body:
    """The body whose joints rest at those places in the world. Raises ValueError in one line."""
    skeleton = groovecast_skeleton()
    asked = f"asked for the body of {title}"
    if lacking := [name for name in REQUIRED if name not in places_m]:
        raise ValueError(f"{asked}, it has no {', '.join(lacking)}: export it as a humanoid")
    places = np.array([places_m.get(name, (0.0, 0.0, 0.0)) for name in skeleton.names])
    if not np.abs(places).max() < _FARTHEST_M or not places[0, 1] > _LEAST_HIPS_M:
        found = f"its hips rest {places[0, 1]:g} m above the floor, its farthest bone {np.abs(places).max():g} m away"
        raise ValueError(f"{asked}, {found}: export it standing on the floor, in metres")
    above, offsets = [-1], [places[0]]
    for joint in range(1, skeleton.joints):
        parent = skeleton.parents[joint]
        while skeleton.names[parent] not in places_m:
            parent = skeleton.parents[parent]
        above.append(parent)
        there = skeleton.names[joint] in places_m
        offsets.append(places[joint] - places[parent] if there else np.zeros(3))
    has = np.array([name in places_m for name in skeleton.names])
    _check_upright(asked, places, np.array(offsets))
    return Body(title, has, tuple(above), np.array(offsets, np.float32))


def _check_upright(
    asked: str, places_m: Float64[np.ndarray, "joints 3"], offsets_m: Float64[np.ndarray, "joints 3"]
) -> None:
    """Refuse what no T-pose is: on such bones every turn of the dance would be another one."""
    index = groovecast_skeleton().index
    head, feet, hands = (
        index("head"),
        [index(f"{s}Foot") for s in _SIDES],
        [index(f"{s}Hand") for s in _SIDES],
    )
    if not places_m[head, 1] > places_m[0, 1] > places_m[feet, 1].max():
        found = "its head, hips and feet do not rest one above the other"
        raise ValueError(f"{asked}, {found}: export it in a T-pose, upright with Y up")
    for name in (side + bone for side in _SIDES for bone in ("LowerLeg", "Foot", "LowerArm", "Hand")):
        length_m = float(np.linalg.norm(offsets_m[index(name)]))
        if length_m < _SHORTEST_LIMB * places_m[0, 1]:
            raise ValueError(
                f"{asked}, its {name} rests where the bone before it does: export it in a T-pose"
            )
    if not places_m[hands[0], 0] > places_m[hands[1], 0]:
        found = "its left hand rests on its right side, so it looks backwards"
        raise ValueError(f"{asked}, {found}: export it facing +Z as VRM 1, or -Z as VRM 0")


class Tailor:
    """Makes poses of our body fit another one. In plain numbers: for arrays as short as these take longer."""

    def __init__(self, body: Body) -> None:
        skeleton = groovecast_skeleton()
        self._scale = body.hips_height_m / skeleton.hips_height_m
        handed_on = _handed_on(body)
        # all their turns are taken out of the array at once, and put back at once: one by one takes longer
        self._handing = sorted({joint for pair in handed_on for joint in pair})
        self._handed_on = [(self._handing.index(a), self._handing.index(b)) for a, b in handed_on]
        self._ours, self._theirs = _legs(skeleton, our_body(), 1.0), _legs(skeleton, body, self._scale)
        self._leg_joints = [skeleton.index(side + bone) for side in _SIDES for bone in _LEG]
        self._toes = [bool(body.has[joint]) for joint in self._leg_joints[3::4]]

    @property
    def hands_on(self) -> bool:
        """Whether bones take over the turns of others that the body lacks."""
        return bool(self._handed_on)

    def fitted(
        self, root_m: Float32[np.ndarray, " 3"], quat: Float32[np.ndarray, "joints 4"]
    ) -> tuple[Float32[np.ndarray, " 3"], Float32[np.ndarray, "joints 4"]]:
        """Where the body's hips are, and how the joints that it has are turned; rows of others mean nothing."""
        x, y, z = root_m.tolist()
        ours_m, theirs_m = self._lowest_soles(quat)
        soles_m, scale = y + ours_m, self._scale
        hold = min(max(1 - soles_m / _SOLES_HOLD_M, 0.0), 1.0)
        by_soles_m = scale * soles_m - theirs_m
        height_m = scale * y + hold * (by_soles_m - scale * y)
        if self._handed_on:
            turns, quat = quat[self._handing].tolist(), quat.copy()
            for lacking, below in self._handed_on:
                turns[below] = _product(turns[lacking], turns[below])
            quat[self._handing] = turns
        return np.array((scale * x, height_m, scale * z), np.float32), quat

    def _lowest_soles(self, quat: Float32[np.ndarray, "joints 4"]) -> tuple[float, float]:
        """How high the lowest sole is above the hips' joint, ours and theirs.

        Only heights are asked for: so it follows how each bone sees "up", which is nine turns and no matrix.
        """
        hips_up = _turned_back((0.0, 1.0, 0.0), quat[0].tolist())
        turns = quat[self._leg_joints].tolist()
        ours_m: list[float] = []
        theirs_m: list[float] = []
        for side in (0, 1):
            ups, up = [hips_up], hips_up
            for turn in turns[4 * side : 4 * side + 4]:
                up = _turned_back(up, turn)
                ups.append(up)
            ours_m += _soles(ups, self._ours[side], up)
            theirs_m += _soles(ups, self._theirs[side], up if self._toes[side] else ups[3])
        return min(ours_m), min(theirs_m)


def _handed_on(body: Body) -> list[tuple[int, int]]:
    """Each bone that it lacks with one right below it that takes over its turn; parents first, as they hand on too."""
    parents = groovecast_skeleton().parents
    needed = body.has.copy()  # it, or a bone anywhere below it, is there
    for joint in reversed(range(1, len(parents))):
        needed[parents[joint]] |= needed[joint]
    return [
        (parents[joint], joint)
        for joint in range(1, len(parents))
        if needed[joint] and not body.has[parents[joint]]
    ]


@dataclass(frozen=True)
class _Leg:
    """A leg at rest, each part from the one before it: down to the ankle, its sole, the ball of the foot, its sole."""

    chain_m: tuple[_Vector, _Vector, _Vector]
    heel_m: float  # from the ankle down to the floor
    ball_m: _Vector
    tip_m: float  # from the ball down to the floor


def _legs(skeleton: Skeleton, body: Body, scale: float) -> tuple[_Leg, _Leg]:
    """Both legs; a foot without toes gets ours, `scale` as large."""
    legs = []
    for side in _SIDES:
        joints = [skeleton.index(side + bone) for bone in _LEG]
        thigh, shin, ankle, ball = (_vector(body.rest_offset_m[joint]) for joint in joints)
        ankle_m = body.hips_height_m + thigh[1] + shin[1] + ankle[1]
        if not body.has[joints[3]]:
            ball = _vector(skeleton.rest_offset_m[joints[3]] * scale)
            # it must not reach through the floor on which the ankle rests
            ball = (ball[0], max(ball[1], -ankle_m), ball[2])
        legs.append(_Leg((thigh, shin, ankle), ankle_m, ball, ankle_m + ball[1]))
    return legs[0], legs[1]


def _soles(ups: list[_Vector], leg: _Leg, toes_up: _Vector) -> tuple[float, float]:
    """How high heel and ball of a foot are above the hips' joint, where each bone sees "up" so."""
    hips_up, thigh_up, shin_up, foot_up, _ = ups
    thigh, shin, ankle = leg.chain_m
    ankle_m = _dot(hips_up, thigh) + _dot(thigh_up, shin) + _dot(shin_up, ankle)
    return ankle_m - foot_up[1] * leg.heel_m, ankle_m + _dot(foot_up, leg.ball_m) - toes_up[1] * leg.tip_m


def _product(a: list[float], b: list[float]) -> list[float]:
    """The turn that first does `b`, then `a`."""
    (aw, ax, ay, az), (bw, bx, by, bz) = a, b
    return [
        aw * bw - ax * bx - ay * by - az * bz,
        aw * bx + ax * bw + ay * bz - az * by,
        aw * by - ax * bz + ay * bw + az * bx,
        aw * bz + ax * by - ay * bx + az * bw,
    ]


def _dot(a: _Vector, b: _Vector) -> float:
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


def _vector(row: Float32[np.ndarray, " 3"]) -> _Vector:
    x, y, z = row.tolist()
    return x, y, z


def _turned_back(vector: _Vector, turn_wxyz: list[float]) -> _Vector:
    """The vector as a bone sees it that is turned so."""
    (vx, vy, vz), (w, x, y, z) = vector, turn_wxyz
    tx, ty, tz = 2 * (z * vy - y * vz), 2 * (x * vz - z * vx), 2 * (y * vx - x * vy)
    return vx + w * tx + z * ty - y * tz, vy + w * ty + x * tz - z * tx, vz + w * tz + y * tx - x * ty
