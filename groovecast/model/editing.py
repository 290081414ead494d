"""What a plan must hold whatever the model would like: known numbers, and how strictly each is known."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float32

from groovecast.model.config import ModelConfig
from groovecast.motion.held_pose import drawn
from groovecast.motion.pose import Motion
from groovecast.motion.representation import BODY_JOINTS, JOINTS, TILT
from groovecast.motion.rotation import quat_from_six

# A number whose mask is no less than this is known for good: what a sampler answers is as known there.
WHOLLY = 0.999
_NO_TURN = np.array([1.0, 0, 0, 0, 1, 0])  # as six numbers


@dataclass(frozen=True)
class Edit:
    """Numbers of a plan that are known, in natural units, and where: mask 0 leaves the model free, 1 is as known.

    Between 0 and 1 a number is drawn towards what is known: a ramp in time lets the dance arrive and leave.
    """

    known: Float32[np.ndarray, "plan 141"]
    mask: Float32[np.ndarray, "plan 141"]

    @property
    def weight(self) -> Float[np.ndarray, "plan 22"]:
        """How far the rotation of each joint is known in each frame."""
        return np.asarray(_of_joints(self.mask).mean(axis=-1, dtype=np.float64))


def no_edit(config: ModelConfig) -> Edit:
    """The edit that leaves a plan as it is."""
    nothing = np.zeros((config.plan_frames, config.numbers), np.float32)
    return Edit(nothing, nothing)


def held(motion: Motion, edit: Edit) -> Motion:
    """A plan's motion, its tilt and joints turned to what is known of them, as far as the mask says in each frame.

    A sampler mixes all other numbers itself. Those of a rotation cannot be mixed: what lies between the six numbers
    of two rotations is no rotation between them.
    """
    weight = edit.weight
    if not weight.any():
        return motion
    six = _of_joints(edit.known).astype(np.float64)
    return drawn(motion, quat_from_six(np.where(weight[..., None] > 0, six, _NO_TURN)), weight)


def _of_joints(numbers: Float32[np.ndarray, "plan 141"]) -> Float32[np.ndarray, "plan 22 6"]:
    rotations = np.concatenate((numbers[:, TILT], numbers[:, JOINTS]), axis=-1)
    return np.asarray(rotations.reshape(len(numbers), BODY_JOINTS, 6))
