"""What a plan must hold whatever the model would like: known numbers, and how strictly each is known."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float32

from groovecast.model.config import ModelConfig
from groovecast.motion.pose import Motion
from groovecast.motion.representation import BODY_JOINTS, JOINTS, TILT
from groovecast.motion.rotation import (
    quat_continuous,
    quat_from_six,
    quat_from_yaw,
    quat_inverse,
    quat_multiply,
    yaw_from_quat,
)


@dataclass(frozen=True)
class Edit:
    """Numbers of a plan that are known, in natural units, and where: mask 0 leaves the model free, 1 is as known.

    Between 0 and 1 a number is drawn towards what is known: a ramp in time lets the dance arrive and leave.
    """

    known: Float32[np.ndarray, "plan 141"]
    mask: Float32[np.ndarray, "plan 141"]


def no_edit(config: ModelConfig) -> Edit:
    """The edit that leaves a plan as it is."""
    nothing = np.zeros((config.plan_frames, config.numbers), np.float32)
    return Edit(nothing, nothing)


def held(motion: Motion, edit: Edit) -> Motion:
    """The motion, its tilt and joints turned towards what is known of them, as far as the mask says in each frame.

    Place, heading and the hips' height are as they were: their numbers were mixed by the model. Those of a rotation
    cannot be, for what lies between the six numbers of two rotations is no rotation between them.
    """
    weight = np.concatenate((edit.mask[:, TILT], edit.mask[:, JOINTS]), axis=-1)
    weight = weight.reshape(len(weight), BODY_JOINTS, 6).mean(axis=-1, dtype=np.float64)
    if not weight.any():
        return motion
    six = np.concatenate((edit.known[:, TILT], edit.known[:, JOINTS]), axis=-1).astype(np.float64)
    known = quat_from_six(six.reshape(len(six), BODY_JOINTS, 6))
    quat = motion.local_quat_wxyz[:, :BODY_JOINTS].astype(np.float64)
    heading = quat_from_yaw(yaw_from_quat(quat[:, 0]))
    known[:, 0] = quat_multiply(heading, known[:, 0])
    turn = _one_way_round(quat_multiply(known, quat_inverse(quat)), weight)
    turned = quat_multiply(_share_of(turn, weight), quat)
    return Motion(motion.fps, motion.root_m, np.where(weight[..., None] > 0, turned, quat).astype(np.float32))


def _one_way_round(
    turn: Float[np.ndarray, "frames joints 4"], weight: Float[np.ndarray, "frames joints"]
) -> Float[np.ndarray, "frames joints 4"]:
    """The same turns with signs such that none changes its way round from one frame to the next while it has weight.

    The short way is the one where the weight is greatest. Half a turn away from what is known, the short way at each
    frame would jump from one side to the other.
    """
    signed = turn.copy()
    for joint in range(turn.shape[1]):
        held = np.concatenate(([False], weight[:, joint] > 0, [False]))
        for first, last in np.flatnonzero(np.diff(held)).reshape(-1, 2):
            run = quat_continuous(turn[first:last, joint])
            most = int(np.argmax(weight[first:last, joint]))
            signed[first:last, joint] = run if run[most, 0] >= 0 else -run
    return signed


def _share_of(
    turn: Float[np.ndarray, "frames joints 4"], share: Float[np.ndarray, "frames joints"]
) -> Float[np.ndarray, "frames joints 4"]:
    """That share of each turn, about its axis; a turn whose first number is negative is more than half a turn."""
    sine = np.linalg.norm(turn[..., 1:], axis=-1, keepdims=True)
    half = np.arctan2(sine, turn[..., :1]) * share[..., None]
    axis = turn[..., 1:] / np.where(sine < 1e-9, 1, sine)
    return np.concatenate((np.cos(half), np.sin(half) * axis), axis=-1)
