"""What a plan is judged by in training: numbers, their changes, joint places, feet that stay, limbs at rest on beats.

The first four terms are those of Tseng et al. 2023 ("EDGE", eq. 2 to 5) on our representation, kinematic ones scaled
to a spread of about one; the weights began as theirs and were moved where training showed why (docs/log.md).
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from groovecast.model.denoiser import Denoiser
from groovecast.motion.representation import CONTACTS, HEIGHT, JOINTS, NUMBERS, TILT, VELOCITY, YAW
from groovecast.motion.skeleton import groovecast_skeleton
from groovecast.train.accents import Accents

WEIGHTS = {"simple": 0.636, "velocity": 5.928, "place": 0.646, "foot": 0.5, "accent": 3.0}
_PLACE_SPREAD_M, _FOOT_SPREAD_M = 0.15, 0.02
# The root is eleven numbers of 141, and every joint hangs on it; unweighed, a network leaves it standing still.
_ROOT_WEIGHT, _VELOCITY_WEIGHT, _LEG_WEIGHT = 3.0, 8.0, 1.5
_LEG_JOINTS = (1, 2, 4, 5, 7, 8)


def number_weights() -> Tensor:
    """How much each of the 141 numbers counts."""
    weights = torch.ones(NUMBERS)
    weights[: TILT.stop] = _ROOT_WEIGHT
    weights[VELOCITY] = _VELOCITY_WEIGHT
    for joint in _LEG_JOINTS:
        weights[JOINTS.start + 6 * (joint - 1) : JOINTS.start + 6 * joint] = _LEG_WEIGHT
    return weights


def matrix_from_six(six: Tensor) -> Tensor:
    """(..., 6) -> (..., 3, 3), columns by Gram-Schmidt (Zhou et al. 2019, eq. 15)."""
    first = torch.nn.functional.normalize(six[..., :3], dim=-1, eps=1e-6)
    second = six[..., 3:] - (first * six[..., 3:]).sum(-1, keepdim=True) * first
    second = torch.nn.functional.normalize(second, dim=-1, eps=1e-6)
    return torch.stack((first, second, torch.cross(first, second, dim=-1)), dim=-1)


class Kinematics:
    """Joint places in the heading frame, root over the origin, from the model's numbers."""

    def __init__(self, device: str = "cpu") -> None:
        skeleton = groovecast_skeleton()
        self.parents = skeleton.parents[: skeleton.body_joints]
        self.offset = torch.tensor(skeleton.rest_offset_m[: skeleton.body_joints], device=device)
        self.feet = [skeleton.index(name) for name in ("leftFoot", "leftToes", "rightFoot", "rightToes")]

    def places(self, numbers: Tensor) -> Tensor:
        """(b, frames, 141) in natural units -> (b, frames, 22, 3) metres."""
        tilt = matrix_from_six(numbers[..., TILT])
        joints = matrix_from_six(numbers[..., JOINTS].reshape(*numbers.shape[:-1], -1, 6))
        root = torch.zeros_like(numbers[..., :3])
        root[..., 1] = numbers[..., HEIGHT]
        place, turn = [root], [tilt]
        for joint in range(1, len(self.parents)):
            parent = self.parents[joint]
            place.append(place[parent] + turn[parent] @ self.offset[joint])
            turn.append(turn[parent] @ joints[..., joint - 1, :, :])
        return torch.stack(place, dim=-2)

    def foot_steps(self, numbers: Tensor, places: Tensor, fps: float) -> Tensor:
        """How far (m) each foot point moves over the floor from one frame to the next: (b, frames - 1, 4)."""
        feet = places[..., self.feet, :]
        yaw = torch.atan2(numbers[:, 1:, YAW.start], numbers[:, 1:, YAW.start + 1])[..., None]
        x, y, z = feet[:, 1:].unbind(-1)
        turned = torch.stack(
            (torch.cos(yaw) * x + torch.sin(yaw) * z, y, torch.cos(yaw) * z - torch.sin(yaw) * x), -1
        )
        go = numbers[:, 1:, VELOCITY] / fps
        moved = turned + torch.stack((go[..., 0], torch.zeros_like(go[..., 0]), go[..., 1]), -1)[..., None, :]
        length: Tensor = torch.linalg.vector_norm(moved - feet[:, :-1], dim=-1)
        return length


@dataclass(frozen=True)
class Judged:
    """The weighed sum to descend, and each term for the log."""

    total: Tensor
    terms: dict[str, float]


class Judge:
    """The losses, with what they need of the body."""

    def __init__(self, device: str = "cpu") -> None:
        self.body, self.accents = Kinematics(device), Accents()
        self.weights = number_weights().to(device)

    def __call__(
        self, model: Denoiser, clean: Tensor, target: Tensor, last: Tensor, music: Tensor, sure: Tensor
    ) -> Judged:
        """The loss of normalised plans `clean` against `target` (b, 50, n); `last` (b, 1, n) is the frame before.

        `music` (b, 90, c) is what was told; `sure` (b,) is how much of each plan was visible through the noise. Feet
        are held only that far: a plan that cannot know yet when the step comes would learn never to take one.
        """
        simple = ((clean - target).pow(2) * self.weights).mean()
        change = torch.diff(torch.cat((last, clean), dim=1), dim=1) - torch.diff(
            torch.cat((last, target), dim=1), dim=1
        )
        velocity = (change.pow(2) * self.weights).mean()
        mean, std = model.get_buffer("mean"), model.get_buffer("std")
        numbers, wanted = clean * std + mean, target * std + mean
        places, wanted_places = self.body.places(numbers), self.body.places(wanted)
        place = ((places - wanted_places) / _PLACE_SPREAD_M).pow(2).mean()
        fps = model.config.fps
        planted = wanted[:, 1:, CONTACTS] > 0.5
        steps = self.body.foot_steps(numbers, places, fps)
        foot = ((steps / _FOOT_SPREAD_M).pow(2) * planted * sure[:, None, None]).mean()
        slide, wanted_slide = (
            (moved.detach() * planted).mean(dim=(1, 2))
            for moved in (steps, self.body.foot_steps(wanted, wanted_places, fps))
        )
        told = music[:, model.config.history_frames :]
        accent = self.accents.loss(places, wanted_places, slide, wanted_slide, told, fps)
        terms = {"simple": simple, "velocity": velocity, "place": place, "foot": foot, "accent": accent}
        total = torch.stack([WEIGHTS[name] * value for name, value in terms.items()]).sum()
        return Judged(total, {name: float(value.detach()) for name, value in terms.items()})
