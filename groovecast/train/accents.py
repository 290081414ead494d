"""What a plan is judged by on the beat: hands and feet come to rest there, as viewers expect, and not by cheating.

Viewers hear a movement on the beat when its end point falls there (Takehana et al. 2019). So the speed of each limb
against the body at a beat is compared with its speed around it, in the plan and in the take; a plan is asked for no
more than rest, and is asked for nothing while it slides or shakes more than the take does.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from groovecast.motion.skeleton import groovecast_skeleton

_LIMBS = ("leftHand", "rightHand", "leftFoot", "rightFoot")
_BEAT_S = 0.035  # how far around a beat counts as on it
_LEAST_SPEED_M_S = 0.3  # a limb slower than this has no accents to put anywhere
_ENOUGH = 0.45  # of its usual speed: slower than this is rest
_SLACK = 1.25  # how much more than the take's a plan may slide or shake and still be asked for accents


@dataclass(frozen=True)
class Beats:
    """How much each planned frame is on a beat, and how far the beat is trusted: (b, frames) each, 0 to 1."""

    on: Tensor
    trust: Tensor


def beats_of(music: Tensor, fps: float) -> Beats:
    """From the conditions of the planned frames (b, frames, 10): the beat that the plan was told of."""
    trust = music[..., 5]
    octaves = music[..., 4] / trust.clamp_min(1e-3)
    turn = torch.atan2(music[..., 0], music[..., 1]) / (2 * torch.pi)
    seconds = turn * 60 / (120 * torch.exp2(octaves))
    return Beats(torch.exp(-0.5 * (seconds / _BEAT_S).square()) * (trust > 0), trust)


class Accents:
    """The accent loss on joint places."""

    def __init__(self) -> None:
        skeleton = groovecast_skeleton()
        self._limbs = [skeleton.index(name) for name in _LIMBS]

    def speeds(self, places: Tensor, fps: float) -> Tensor:
        """Speed (m/s) of hands and feet against the hips: (b, frames, joints, 3) -> (b, frames, 4)."""
        limbs = places[..., self._limbs, :] - places[..., :1, :]
        gone = torch.linalg.vector_norm(torch.diff(limbs, dim=1) + 1e-6, dim=-1) * fps
        around = torch.cat((gone[:, :1], gone, gone[:, -1:]), dim=1)
        return (around[:, 1:] + around[:, :-1]) / 2

    def restlessness(self, speeds: Tensor, beats: Beats) -> Tensor:
        """How fast limbs are on the beats, of their usual speed: (b, frames, 4) -> (b, 4); 1: no accent there."""
        on = beats.on[..., None]
        usual = speeds.mean(dim=1)
        at_beats = (speeds * on).sum(dim=1) / on.sum(dim=1).clamp_min(1e-3)
        return at_beats / usual.clamp_min(_LEAST_SPEED_M_S)

    def loss(
        self, places: Tensor, wanted: Tensor, slide: Tensor, wanted_slide: Tensor, music: Tensor, fps: float
    ) -> Tensor:
        """One number: limbs of the plan that are faster on the beats than rest is.

        `places` and `wanted` (b, frames, joints, 3) in metres, `slide` and `wanted_slide` (b,) how far planted feet
        move, `music` (b, frames, 10). A limb of the take that rests elsewhere is asked for no more than it does.
        """
        beats = beats_of(music, fps)
        plan, take = self.speeds(places, fps), self.speeds(wanted, fps)
        asked = self.restlessness(take, beats).clamp_min(_ENOUGH)
        excess = torch.relu(self.restlessness(plan, beats) - asked)
        honest = (slide <= _SLACK * wanted_slide + 1e-3) & (_shake(places) <= _SLACK * _shake(wanted) + 1e-4)
        sure = beats.trust.mean(dim=1) * (beats.on.sum(dim=1) > 0.5) * honest
        return (excess.square().mean(dim=1) * sure).mean()


def _shake(places: Tensor) -> Tensor:
    """The mean third difference of joint places, (b,): what jerk is made of."""
    with torch.no_grad():
        shake: Tensor = torch.linalg.vector_norm(torch.diff(places, n=3, dim=1), dim=-1).mean(dim=(1, 2))
    return shake
