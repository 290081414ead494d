"""The network and its sampler: shapes, noise levels, and a sampler that arrives where an oracle points."""

import math

import pytest
import torch
from torch import Tensor

from groovecast.model.config import ModelConfig
from groovecast.model.denoiser import LOG_SNR_HIGH, PURE_NOISE, Denoiser, alpha_bar, sample_ddim

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
            self, history: Tensor, noised: Tensor, music: Tensor, log_snr: Tensor, style: Tensor
        ) -> Tensor:
            return torch.full_like(noised, 0.7)

    history, music, style, noise = _inputs(2)
    plan = sample_ddim(Oracle(_TINY), history, music, style, noise, _TINY.log_snrs, inflate)
    torch.testing.assert_close(plan, torch.full_like(noise, 0.7))


def test_a_gaussian_is_sampled_with_most_of_its_spread() -> None:
    """For data of spread s the best answer to x is s^2 k / (s^2 k^2 + 1 - k^2) x: four steps must keep the spread."""
    spread = 8.0

    class Gaussian(Denoiser):
        def forward(
            self, history: Tensor, noised: Tensor, music: Tensor, log_snr: Tensor, style: Tensor
        ) -> Tensor:
            keep = alpha_bar(log_snr)[:, None, None]
            return spread**2 * keep.sqrt() / (spread**2 * keep + 1 - keep) * noised

    history, music, style, noise = _inputs(4)
    plan = sample_ddim(Gaussian(_TINY), history, music, style, noise, _TINY.log_snrs, _TINY.inflate)
    assert 0.6 * spread < float(plan.std()) < 1.3 * spread
    coarse = sample_ddim(Gaussian(_TINY), history, music, style, noise, (-1.8, 0.0, 1.8), 1.0)
    assert float(coarse.std()) < 0.5 * spread, (
        "levels that start at a seventh signal lose the strong movements"
    )
