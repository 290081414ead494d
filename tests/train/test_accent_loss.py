"""The accent loss asks limbs to rest on the beat, and is not to be had by standing, sliding or shaking."""

import numpy as np
import pytest
import torch
from torch import Tensor

from groovecast.model.conditions import MusicFrames, channels_from_music
from groovecast.motion.skeleton import groovecast_skeleton
from groovecast.train.accents import Accents, beats_of

_FPS, _FRAMES, _TEMPO_BPM = 30.0, 50, 120.0
_STILL = torch.zeros(1)


def _music(trust: float = 1.0, tempo_bpm: float = _TEMPO_BPM) -> Tensor:
    """The conditions of a plan that begins on a beat."""
    beat, same = np.arange(_FRAMES) / _FPS * tempo_bpm / 60, np.ones(_FRAMES)
    told = MusicFrames(beat, beat / 4, tempo_bpm * same, trust * same, same, same, same, same.astype(bool))
    return torch.from_numpy(channels_from_music(told))[None]


def _waving(late_s: float) -> Tensor:
    """Hands and feet that swing once a beat to and fro, so that they rest on each beat, or so much later."""
    places = torch.zeros(1, _FRAMES, 22, 3)
    skeleton = groovecast_skeleton()
    beat = (torch.arange(_FRAMES) / _FPS - late_s) * _TEMPO_BPM / 60
    for name in ("leftHand", "rightHand", "leftFoot", "rightFoot"):
        places[0, :, skeleton.index(name), 0] = 0.3 * torch.cos(torch.pi * beat)
    return places


def _loss(plan: Tensor, music: Tensor, slide: Tensor = _STILL) -> float:
    return float(Accents().loss(plan, _waving(0.0), slide, _STILL, music, _FPS))


def test_beats_are_found_in_what_a_plan_is_told() -> None:
    beats = beats_of(_music(tempo_bpm=150.0), _FPS)
    peaks = [frame for frame in range(1, 49) if beats.on[0, frame] > 0.9]
    assert peaks == [12, 24, 36, 48]
    assert float(beats_of(_music(trust=0.0), _FPS).on.sum()) == 0


def test_limbs_that_rest_on_the_beats_cost_nothing_and_the_later_the_dearer() -> None:
    losses = [_loss(_waving(late_s), _music()) for late_s in (0.0, 0.06, 0.12, 0.25)]
    assert losses[0] == pytest.approx(0, abs=1e-4)
    assert losses == sorted(losses) and losses[3] > 0.3


def test_an_unknown_beat_asks_for_nothing() -> None:
    assert _loss(_waving(0.25), _music(trust=0.0)) == 0


def test_a_plan_that_slides_or_shakes_more_than_the_take_is_not_paid_for_accents() -> None:
    off = _waving(0.25)
    assert _loss(off, _music(), slide=torch.full((1,), 0.05)) == 0
    shaken = off + 0.02 * torch.randn(off.shape, generator=torch.Generator().manual_seed(0))
    assert _loss(shaken, _music()) == 0


def test_the_loss_moves_limbs_towards_the_beat() -> None:
    late_s = torch.tensor(0.1, requires_grad=True)
    beat = (torch.arange(_FRAMES) / _FPS - late_s) * _TEMPO_BPM / 60
    swing = 0.3 * torch.cos(torch.pi * beat)
    places = torch.zeros(1, _FRAMES, 22, 3) + 0.0
    skeleton = groovecast_skeleton()
    hand = torch.nn.functional.one_hot(torch.tensor(skeleton.index("leftHand")), 22).float()
    places = places + (swing[None, :, None] * hand)[..., None] * torch.tensor([1.0, 0.0, 0.0])
    loss = Accents().loss(places, _waving(0.0), _STILL, _STILL, _music(), _FPS)
    loss.backward()
    assert late_s.grad is not None and late_s.grad > 0, "later is dearer, so descent makes it earlier"
