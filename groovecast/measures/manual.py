"""The geometric features of a dance: 32 yes-or-no questions about a pose, each the share of frames with a yes.

Questions of Mueller, Roeder, Clausen (2005, "Efficient Content-Based Retrieval of Motion Capture Data") and of
their motion templates (2006) in the choice of fairmotion, AIST++, Bailando and Lodge: is the right hand in front,
is a knee bent, are the feet apart. With n(...) a unit normal, u(a, b) the direction from a to b, all of one frame,
dt the time to the frame before:

    beyond a plane through a, b, c:  n(c - a, b - a) . (p - a) > theta
    beyond a plane across u(n1, n2): u(n1, n2) . (p - a) > theta
    bent or turned:                  low < angle(u(a, b), u(c, d)) < high
    fast:                            |D p| / dt > theta
    moving along a direction:        u(a, b) . D (p - o) / dt > theta
    moving along a normal:           n(c - a, b - a) . D (p - a) / dt > theta

`manual_features` keeps what published figures hold: dt is 1/120 s whatever the frame rate; lengths are those of one
SMPL body; a movement along a direction is that of the third joint against the first, the fourth being forgotten; and
where a normal is asked for, the right side is asked backwards. `manual_features_corrected` takes the true dt, the
dancer's own bones, the fourth joint against the third, hands that move forwards and feet behind the other leg.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

# The first 22 joints of SMPL, by the names that the questions use.
_JOINTS = (
    "root", "lhip", "rhip", "belly", "lknee", "rknee", "spine", "lankle", "rankle", "chest", "ltoes", "rtoes",
    "neck", "linshoulder", "rinshoulder", "head", "lshoulder", "rshoulder", "lelbow", "relbow", "lwrist", "rwrist",
)  # fmt: skip
_PUBLISHED_FPS = 120.0
# Swapping left and right turns a normal round: forwards for the left hand is backwards for the right.
_ASKED_BACKWARDS = ("rwrist", "rankle")

Places = Float[np.ndarray, "frames joints 3"]
Flags = Bool[np.ndarray, " frames"]


@dataclass(frozen=True)
class Body:
    """The lengths that thresholds are counted in, metres."""

    humerus_m: float
    shoulders_m: float
    hips_m: float


# of the SMPL body that published code measures with
_PUBLISHED_BODY = Body(0.2568381092, 0.3908483585, 0.1192470659)


@dataclass(frozen=True)
class _Question:
    """What is asked (`kind`), of which joints, and from where on the answer is yes."""

    kind: str
    of: tuple[str, ...]
    length: str = ""  # which length of the body `above` counts
    above: float = 0.0
    degrees: tuple[float, float] = (0.0, 0.0)


def _both(kind: str, of: str, length: str, above: float) -> tuple[_Question, _Question]:
    """The question of the right side and of the left; in `of`, ? is the asked side and ! the other."""
    sides = (("r", "l"), ("l", "r"))
    right, left = (tuple(of.replace("?", one).replace("!", other).split()) for one, other in sides)
    return _Question(kind, right, length, above), _Question(kind, left, length, above)


def _angles(of: str, low: float, high: float) -> tuple[_Question, _Question]:
    right, left = (tuple(of.replace("?", side).split()) for side in "rl")
    return _Question("angle", right, degrees=(low, high)), _Question("angle", left, degrees=(low, high))


# In the published order, which the figures do not depend on but whoever compares vectors does.
_QUESTIONS = (
    *_both("moves along normal", "neck ?hip !hip ?wrist", "humerus_m", 1.8),
    *_both("beyond across", "chest neck neck ?wrist", "humerus_m", 0.2),
    *_both("moves along", "belly chest chest ?wrist", "humerus_m", 1.8),
    *_angles("?elbow ?shoulder ?elbow ?wrist", 0, 110),
    _Question("beyond across", ("lshoulder", "rshoulder", "lwrist", "rwrist"), "shoulders_m", 2.5),
    _Question("moves along", ("lwrist", "rwrist", "rwrist", "lwrist"), "humerus_m", 1.4),
    *_both("moves along", "?wrist root !wrist root", "humerus_m", 1.4),
    *_both("fast", "?wrist", "humerus_m", 2.5),
    *_both("beyond plane", "root !hip !toes ?ankle", "humerus_m", 0.38),
    *_both("high", "?ankle", "humerus_m", 1.2),
    _Question("beyond across", ("lhip", "rhip", "lankle", "rankle"), "hips_m", 2.1),
    *_angles("?knee ?hip ?knee ?ankle", 0, 110),
    *_both("fast", "?ankle", "humerus_m", 2.5),
    *_angles("neck root ?shoulder ?elbow", 25, 180),
    *_angles("neck root ?hip ?knee", 50, 180),
    _Question("beyond plane", ("rankle", "neck", "lankle", "root"), "humerus_m", 0.5),
    _Question("lying", ("neck", "root"), degrees=(70, 110)),
    *_both("low", "?wrist", "humerus_m", 1.2),
    _Question("fast", ("root",), "humerus_m", 2.3),
)
FEATURES = len(_QUESTIONS)


def manual_features(place_m: Places) -> Float[np.ndarray, " 32"]:
    """The features as published, fault for fault."""
    return _features(place_m, _PUBLISHED_FPS, _PUBLISHED_BODY, faulty=True)


def manual_features_corrected(place_m: Places, fps: float) -> Float[np.ndarray, " 32"]:
    """The same questions in true speeds, counted in the dancer's own bones, of the joints that were meant."""
    return _features(place_m, fps, body_of(place_m), faulty=False)


def body_of(place_m: Places) -> Body:
    """The dancer's own lengths: medians over the clip."""

    def length(a: str, b: str) -> float:
        gap = place_m[:, _JOINTS.index(a)] - place_m[:, _JOINTS.index(b)]
        return float(np.median(np.linalg.norm(gap, axis=-1)))

    humerus_m = (length("lshoulder", "lelbow") + length("rshoulder", "relbow")) / 2
    return Body(humerus_m, length("lshoulder", "rshoulder"), length("lhip", "rhip"))


def _features(place_m: Places, fps: float, body: Body, faulty: bool) -> Float[np.ndarray, " 32"]:
    if len(place_m) < 2 or place_m.shape[1] < len(_JOINTS):
        found = f"{len(place_m)} frames of {place_m.shape[1]} joints"
        raise ValueError(f"asked for manual features of {found}: give 2 or more of SMPL's {len(_JOINTS)}")
    asker = _Asker(place_m.astype(np.float64), fps, faulty)
    with np.errstate(invalid="ignore", divide="ignore"):  # joints in one place have no direction: no
        yes = [asker.ask(question, body) for question in _QUESTIONS]
    return np.asarray(np.stack(yes, axis=-1).mean(axis=0))


class _Asker:
    """Answers questions of all frames but the first at once."""

    def __init__(self, place_m: Places, fps: float, faulty: bool) -> None:
        self._place, self._fps, self._faulty = place_m, fps, faulty
        self._floor_m = place_m[1:, :, 1].min(axis=-1)

    def ask(self, question: _Question, body: Body) -> Flags:
        """Whether it is so, frame by frame."""
        above = (
            question.above
            * {
                "": 0.0,
                "humerus_m": body.humerus_m,
                "shoulders_m": body.shoulders_m,
                "hips_m": body.hips_m,
            }[question.length]
        )
        match question.kind:
            case "moves along normal":
                value = self._moves_along_normal(*question.of)
            case "moves along":
                value = self._moves_along(*question.of)
            case "beyond across":
                value = self._beyond_across(*question.of)
            case "beyond plane":
                value = self._beyond_plane(*question.of)
            case "fast":
                value = self._fast(*question.of)
            case "high":
                value = self._height(*question.of)
            case "low":
                return np.asarray(self._height(*question.of) < above)
            case _:
                return self._angle(question)
        return np.asarray(value > above)

    def _at(self, joint: str) -> Float[np.ndarray, "frames 3"]:
        return self._place[1:, _JOINTS.index(joint)]

    def _between(self, a: str, b: str) -> Float[np.ndarray, "frames 3"]:
        return np.asarray(self._at(b) - self._at(a))

    def _moved(self, of: str, against: str | None = None) -> Float[np.ndarray, "frames 3"]:
        track = self._place[:, _JOINTS.index(of)]
        if against is not None:
            track = track - self._place[:, _JOINTS.index(against)]
        return np.asarray(np.diff(track, axis=0) * self._fps)

    def _moves_along(self, a: str, b: str, c: str, d: str) -> Float[np.ndarray, " frames"]:
        moved = self._moved(c, a) if self._faulty else self._moved(d, c)
        return _along(moved, self._between(a, b))

    def _moves_along_normal(self, a: str, b: str, c: str, p: str) -> Float[np.ndarray, " frames"]:
        return _along(self._moved(p, a), self._normal(a, b, c, p))

    def _beyond_across(self, n1: str, n2: str, a: str, p: str) -> Float[np.ndarray, " frames"]:
        return _along(self._between(a, p), self._between(n1, n2))

    def _beyond_plane(self, a: str, b: str, c: str, p: str) -> Float[np.ndarray, " frames"]:
        return _along(self._between(a, p), self._normal(a, b, c, p))

    def _normal(self, a: str, b: str, c: str, p: str) -> Float[np.ndarray, "frames 3"]:
        normal = np.cross(self._between(a, c), self._between(a, b))
        return np.asarray(-normal if not self._faulty and p in _ASKED_BACKWARDS else normal)

    def _fast(self, joint: str) -> Float[np.ndarray, " frames"]:
        return np.asarray(np.linalg.norm(self._moved(joint), axis=-1))

    def _height(self, joint: str) -> Float[np.ndarray, " frames"]:
        return np.asarray(self._at(joint)[:, 1] - self._floor_m)

    def _angle(self, question: _Question) -> Flags:
        one = self._between(*question.of[:2])
        other = np.array([0.0, 1.0, 0.0]) if question.kind == "lying" else self._between(*question.of[2:])
        cosine = np.sum(one * other, axis=-1) / np.linalg.norm(one, axis=-1) / np.linalg.norm(other, axis=-1)
        degrees = np.degrees(np.arccos(np.clip(cosine, -1, 1)))
        low, high = question.degrees
        return np.asarray((degrees > low) & (degrees < high))


def _along(
    vector: Float[np.ndarray, "frames 3"], direction: Float[np.ndarray, "frames 3"]
) -> Float[np.ndarray, " frames"]:
    """How far a vector goes in a direction."""
    return np.asarray(np.sum(vector * direction, axis=-1) / np.linalg.norm(direction, axis=-1))
