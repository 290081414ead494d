"""A dance as a draughtsman needs it: bones as lines, with hands, feet, nose and head, and which soles stand."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Bool, Float

from groovecast.motion.kinematics import world_from_local
from groovecast.motion.rotation import quat_rotate
from groovecast.motion.skeleton import groovecast_skeleton
from groovecast.motion.soles import SIDES, soles_of
from realtime.evaluation.danced import Danced

Colour = tuple[int, int, int]
COLOURS: dict[str, Colour] = {"left": (205, 60, 50), "right": (45, 95, 190), "": (40, 40, 40)}
CONTACT: Colour = (20, 140, 60)
HEAD_RADIUS_M = 0.1

# From their joints: the end of the middle finger, the tip of the shoe's sole, the middle of the skull, and the nose.
_HAND_M, _TIP_M = 0.19, (0.0, -0.02, 0.06)
_SKULL_M, _NOSE_M = (0.0, 0.09, 0.0), (0.0, 0.07, 0.14)

Lines = Float[np.ndarray, "frames lines 2 3"]


@dataclass(frozen=True)
class StickFigures:
    """One figure a frame. `sides` says of each line whose colour it has."""

    lines_m: Lines
    sides: tuple[str, ...]
    skull_m: Float[np.ndarray, "frames 3"]
    soles_m: Float[np.ndarray, "frames 4 3"]  # left heel, left ball, right heel, right ball
    standing: Bool[np.ndarray, "frames 4"]

    @cached_property
    def hips_m(self) -> Float[np.ndarray, "frames 3"]:
        """Where the hips are: the first line begins there."""
        return np.asarray(self.lines_m[:, 0, 0])


def stick_figures(danced: Danced) -> StickFigures:
    """The figures of all shown frames."""
    skeleton = groovecast_skeleton()
    root, quat = danced.place_m[:, 0].astype(np.float64), danced.local_quat_wxyz.astype(np.float64)
    place, turn = world_from_local(root, quat, skeleton.rest_offset_m.astype(np.float64), skeleton.parents)
    soles = soles_of(place, turn, skeleton).place_m
    lines, sides = [], []

    def add(begin: np.ndarray, end: np.ndarray, side: str) -> None:
        lines.append(np.stack((begin, end), axis=1))
        sides.append(side)

    def beyond(joint: int, offset_m: tuple[float, float, float]) -> np.ndarray:
        return np.asarray(place[:, joint] + quat_rotate(turn[:, joint], np.array(offset_m)))

    for joint in range(1, skeleton.body_joints):
        name = skeleton.names[joint]
        if not name.endswith("Toes"):  # a foot is drawn by its sole
            side = next((side for side in SIDES if name.startswith(side)), "")
            add(place[:, skeleton.parents[joint]], place[:, joint], side)
    for number, side in enumerate(SIDES):
        hand, foot, toes = (skeleton.index(f"{side}{part}") for part in ("Hand", "Foot", "Toes"))
        out_m = float(np.sign(skeleton.rest_offset_m[hand, 0])) * _HAND_M
        add(place[:, hand], beyond(hand, (out_m, 0.0, 0.0)), side)
        heel, ball = soles[:, 2 * number], soles[:, 2 * number + 1]
        for begin, end in ((place[:, foot], heel), (heel, ball), (place[:, foot], ball)):
            add(begin, end, side)
        add(ball, beyond(toes, _TIP_M), side)
    head = skeleton.index("head")
    skull = beyond(head, _SKULL_M)
    nose = beyond(head, _NOSE_M)
    add(skull + (nose - skull) * 0.6, nose, "")
    return StickFigures(np.stack(lines, axis=1), tuple(sides), skull, soles, danced.contacts)
