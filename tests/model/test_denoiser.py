"""The network and its sampler: shapes, noise levels, and a sampler that arrives where an oracle points."""

import math

import msgspec
import pytest
import torch
from torch import Tensor

from groovecast.model.config import ModelConfig
from groovecast.model.denoiser import (
    LOG_SNR_HIGH,
    PLAN_KERNEL,
    PURE_NOISE,
    Denoiser,
    alpha_bar,
    band_limited,
    sample_ddim,
    sample_warm,
)

_TINY = ModelConfig(width=32, layers=2, heads=2)


def _inputs(batch: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    torch.manual_seed(0)
    history, music = torch.randn(batch, 40, 141), torch.randn(batch, 90, 10)
    return history, music, torch.zeros(batch, dtype=torch.long), torch.randn(batch, 50, 141)


def test_noise_levels_run_from_pure_noise_to_mostly_signal() -> None:
    levels = torch.tensor([PURE_NOISE, math.log(1e-3), 0.0, LOG_SNR_HIGH])
    shares = alpha_bar(levels)
    assert shares[0] == 0 and (torch.diff(shares) > 0).all()
    torch.testing.assert_close(shares[2], torch.tensor(0.5))
    ratio = shares[3] / (1 - shares[3])
    torch.testing.assert_close(ratio.log(), torch.tensor(LOG_SNR_HIGH))


def test_a_plan_does_not_depend_on_its_neighbours_in_the_batch() -> None:
    model = Denoiser(_TINY).eval()
    torch.nn.init.normal_(model.motion_out.weight, std=0.1)
    history, music, style, noise = _inputs(3)
    together = sample_ddim(model, history, music, style, noise, _TINY.log_snrs, _TINY.inflate)
    alone = sample_ddim(
        model, history[1:2], music[1:2], style[1:2], noise[1:2], _TINY.log_snrs, _TINY.inflate
    )
    torch.testing.assert_close(together[1:2], alone, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("inflate", [1.0, 1.2])
def test_the_sampler_arrives_where_an_oracle_points(inflate: float) -> None:
    class Oracle(Denoiser):
        def forward(
            self, history: Tensor, noised: Tensor, music: Tensor, log_snr: Tensor, *told: object
        ) -> Tensor:
            return torch.full_like(noised, 0.7)

    history, music, style, noise = _inputs(2)
    history = torch.full_like(history, 0.7)
    plan = sample_ddim(Oracle(_TINY), history, music, style, noise, _TINY.log_snrs, inflate)
    torch.testing.assert_close(plan, torch.full_like(noise, 0.7), atol=1e-4, rtol=0)


def test_a_gaussian_is_sampled_with_most_of_its_spread() -> None:
    """For data of spread s the best answer to x is s^2 k / (s^2 k^2 + 1 - k^2) x: four steps must keep the spread."""
    spread = 8.0

    class Gaussian(Denoiser):
        def forward(
            self, history: Tensor, noised: Tensor, music: Tensor, log_snr: Tensor, *told: object
        ) -> Tensor:
            keep = alpha_bar(log_snr)[:, None, None]
            return spread**2 * keep.sqrt() / (spread**2 * keep + 1 - keep) * noised

    history, music, style, noise = _inputs(4)
    noise = noise[:, :1].expand_as(noise)  # a pose that stands, so that no filter along time matters
    plan = sample_ddim(Gaussian(_TINY), history, music, style, noise, _TINY.log_snrs, _TINY.inflate)[:, 8:]
    assert 0.6 * spread < float(plan.std()) < 1.3 * spread
    coarse = sample_ddim(Gaussian(_TINY), history, music, style, noise, (-1.8, 0.0, 1.8), 1.0)[:, 8:]
    assert float(coarse.std()) < 0.5 * spread, (
        "levels that start at a seventh signal lose the strong movements"
    )


class _Half(Denoiser):
    """Answers half of what it sees."""

    def forward(
        self, history: Tensor, noised: Tensor, music: Tensor, log_snr: Tensor, *told: object
    ) -> Tensor:
        return 0.5 * noised


def test_a_warm_plan_is_one_answer_to_the_plan_before_under_noise() -> None:
    config = msgspec.structs.replace(_TINY, log_snrs=(-2.5,), inflate=1.0, warm=True)
    history, music, style, noise = _inputs(2)
    before = torch.randn(noise.shape, generator=torch.Generator().manual_seed(3))
    keep = 1 / (1 + math.exp(2.5))
    wanted = band_limited(
        0.5 * (math.sqrt(keep) * before + math.sqrt(1 - keep) * noise), history, PLAN_KERNEL
    )
    torch.testing.assert_close(sample_warm(_Half(config), history, music, style, noise, before), wanted)


@pytest.mark.parametrize("inflate", [1.0, 1.2])
def test_a_warm_plan_from_what_the_first_step_would_answer_is_the_plan_of_both_steps(inflate: float) -> None:
    config = msgspec.structs.replace(_TINY, log_snrs=(-2.5,), inflate=inflate)
    model = Denoiser(config).eval()
    torch.nn.init.normal_(model.motion_out.weight, std=0.1)
    history, music, style, noise = _inputs(2)
    with torch.no_grad():
        first = model(history, noise, music, model.new_level(PURE_NOISE, 2), style)
        both = sample_ddim(model, history, music, style, noise, config.log_snrs, inflate)
        warm = sample_warm(model, history, music, style, noise, first)
        other = sample_warm(model, history, music, style, noise, first + 0.5)
    torch.testing.assert_close(warm, both, atol=1e-5, rtol=1e-4)
    assert (other - both).abs().max() > 0.01


def test_what_no_take_holds_is_taken_out_and_what_a_dance_is_made_of_stays() -> None:
    frames = torch.arange(90) / 30
    slow, fast = (torch.sin(2 * math.pi * hertz * frames)[None, :, None] for hertz in (2.5, 12.0))
    for wave, least, most in ((slow, 0.95, 1.08), (fast, 0.0, 0.08)):
        plan = band_limited(wave[:, 40:], wave[:, :40], PLAN_KERNEL)[:, :40]
        assert least <= float(plan.abs().max() / wave.abs().max()) <= most
    still = torch.ones(1, 90, 1)
    torch.testing.assert_close(band_limited(still[:, 40:], still[:, :40], PLAN_KERNEL), still[:, 40:])
