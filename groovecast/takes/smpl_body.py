"""The SMPL figure beside ours: the same joints by the same turns, but legs and pelvis of other measures.

Rotations are taken as they are: both rest in a T-pose whose rotations are identity, though SMPL's bones lie a few
degrees off ours in it (its knees further apart than its ankles, its shoulders drooping). The place is not: the
middle of the hips is scaled by the length of the legs, and our pelvis stands above it by our own measure.
Measures of the rest poses: https://github.com/vchoutas/smplx and, for SMPL, the offsets in EDGE's vis.py.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from groovecast.motion.kinematics import world_from_local
from groovecast.motion.pose import Motion
from groovecast.motion.rotation import quat_from_six, quat_inverse, quat_rotate, six_from_quat
from groovecast.motion.skeleton import groovecast_skeleton

SMPL_JOINTS, OUR_JOINTS = 24, 22  # SMPL's last two are its hands as blocks; we have fingers there
# EDGE's and FineDance's code calls an ankle or a toe planted that moves less than this to the next frame.
_PLANTED_M = 0.01
_ANKLES_AND_TOES = ("leftFoot", "rightFoot", "leftToes", "rightToes")


@dataclass(frozen=True)
class SmplBody:
    """The measures of one body model, metres."""

    pelvis_m: tuple[float, float, float]  # where the pelvis stands while the translation is zero
    leg_m: tuple[
        tuple[float, float, float], ...
    ]  # from joint to joint: hips, knees, ankles, each left and right

    @property
    def hips_m(self) -> Float[np.ndarray, " 3"]:
        """From the pelvis to the middle of the hip joints."""
        middle: np.ndarray = np.mean(self.leg_m[:2], axis=0)
        return middle

    @property
    def scale(self) -> float:
        """From its lengths to ours, by thighs and shins."""
        ours = np.linalg.norm(groovecast_skeleton().rest_offset_m[list(_LEGS[2:])], axis=-1)
        return float(ours.sum() / np.linalg.norm(self.leg_m[2:], axis=-1).sum())


_LEGS = (1, 2, 4, 5, 7, 8)  # hips, knees and ankles in SMPL's order and ours
SMPL = SmplBody(
    (-0.0018, -0.2233, 0.0282),
    ((0.059, -0.082, -0.018), (-0.060, -0.091, -0.014), (0.043, -0.386, 0.008), (-0.043, -0.384, -0.005),
     (-0.015, -0.427, -0.037), (0.019, -0.420, -0.035)),
)  # fmt: skip
SMPL_X = SmplBody(
    (0.0031, -0.3514, 0.0120),
    ((0.058, -0.093, -0.026), (-0.063, -0.104, -0.021), (0.055, -0.379, -0.009), (-0.044, -0.362, -0.017),
     (-0.043, -0.403, -0.032), (0.016, -0.411, -0.020)),
)  # fmt: skip


def root_from_translation(
    translation_m: Float[np.ndarray, "frames 3"],
    root_quat_wxyz: Float[np.ndarray, "frames 4"],
    body: SmplBody,
) -> Float[np.ndarray, "frames 3"]:
    """Where our pelvis is when that body is moved and turned so; the floor stays where the file had it."""
    hips = quat_rotate(root_quat_wxyz, body.hips_m)
    ours = quat_rotate(root_quat_wxyz, _our_hips_m())
    root: np.ndarray = (translation_m + np.array(body.pelvis_m) + hips) * body.scale - ours
    return root


def translation_from_root(
    root_m: Float[np.ndarray, "frames 3"], root_quat_wxyz: Float[np.ndarray, "frames 4"], body: SmplBody
) -> Float[np.ndarray, "frames 3"]:
    """The inverse of `root_from_translation`."""
    hips = quat_rotate(root_quat_wxyz, body.hips_m)
    ours = quat_rotate(root_quat_wxyz, _our_hips_m())
    translation: np.ndarray = (root_m + ours) / body.scale - hips - np.array(body.pelvis_m)
    return translation


def ankles_of(motion: Motion, body: SmplBody) -> dict[str, Float[np.ndarray, "frames 3"]]:
    """Where that body's own ankles are, in our scale: its thighs spread, so ours alone would let feet slide."""
    translation = translation_from_root(motion.root_m.astype(np.float64), motion.local_quat_wxyz[:, 0], body)
    offset = np.zeros((_LEGS[-1] + 1, 3))
    offset[list(_LEGS)] = body.leg_m
    pelvis, legs = translation + np.array(body.pelvis_m), motion.local_quat_wxyz[:, : len(offset)]
    place, _ = world_from_local(pelvis, legs, offset, groovecast_skeleton().parents)
    return {
        side: place[:, joint] * body.scale for side, joint in zip(("left", "right"), _LEGS[4:], strict=True)
    }


def rows_from_quat(quat: Float[np.ndarray, "*batch 4"]) -> Float[np.ndarray, "*batch 6"]:
    """6D as PyTorch3D has it: the first two *rows* of the matrix, where Zhou et al. and we take columns."""
    return six_from_quat(quat_inverse(quat))


def quat_from_rows(rows: Float[np.ndarray, "*batch 6"]) -> Float[np.ndarray, "*batch 4"]:
    """The rotation nearest to any such six numbers."""
    return quat_inverse(quat_from_six(rows))


def planted(motion: Motion) -> Bool[np.ndarray, "frames 4"]:
    """Whether left ankle, right ankle, left toes and right toes stay where they are until the next frame.

    As EDGE's and FineDance's code has it: the last frame counts as still.
    """
    skeleton = groovecast_skeleton()
    offset = skeleton.rest_offset_m.astype(np.float64)
    place, _ = world_from_local(
        motion.root_m, motion.local_quat_wxyz[:, :OUR_JOINTS], offset, skeleton.parents
    )
    feet = place[:, [skeleton.index(name) for name in _ANKLES_AND_TOES]]
    step = np.linalg.norm(np.diff(feet, axis=0, append=feet[-1:]), axis=-1)
    return np.asarray(step < _PLANTED_M)


def with_hands(quat: Float[np.ndarray, "frames joints 4"]) -> Float[np.ndarray, "frames 24 4"]:
    """SMPL's 24 joints: our 22, and its two hands at rest."""
    out = np.zeros((len(quat), SMPL_JOINTS, 4))
    out[..., 0] = 1
    out[:, :OUR_JOINTS] = quat[:, :OUR_JOINTS]
    return out


def checked_numbers(numbers: np.ndarray, widths: tuple[int, ...], what: str) -> Float[np.ndarray, "frames n"]:
    """The numbers as float64, if they are frames of one of those widths. Raises ValueError with what was found."""
    wanted = " or ".join(str(width) for width in widths)
    if numbers.ndim != 2 or numbers.shape[1] not in widths or not len(numbers):
        shape = " x ".join(map(str, numbers.shape))
        raise ValueError(f"asked for {what}, frames of {wanted} numbers, found {shape}: give another file")
    if not np.issubdtype(numbers.dtype, np.floating) or not np.isfinite(numbers).all():
        raise ValueError(f"asked for {what}, found numbers that are not finite: convert the file again")
    return numbers.astype(np.float64)


def _our_hips_m() -> Float[np.ndarray, " 3"]:
    skeleton = groovecast_skeleton()
    sides = [skeleton.index("leftUpperLeg"), skeleton.index("rightUpperLeg")]
    middle: np.ndarray = skeleton.rest_offset_m[sides].mean(axis=0).astype(np.float64)
    return middle
