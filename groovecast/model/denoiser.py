"""The dance model: a transformer that sees a window of motion and music and answers what the future part should be.

A window is history (known) and plan (noised); two frames are one token, music is added to the motion of its token,
attention is full, and the noise level and the style steer every block (adaLN, Peebles & Xie 2023, in the form whose
modulation is computed once and shifted per block, Chen et al. 2023). It answers the clean plan itself (x0).
"""

import functools
import math

import torch
from torch import Tensor, nn

from groovecast.model.config import ModelConfig

# How much of a plan's variance is signal, in natural logarithm of signal to noise, from hardly any to plenty. The
# strongest movements of a window vary a thousand times more than the noise is strong, so they are decided where
# almost all is noise (see docs/log.md); a schedule that starts at a seventh signal never moves a foot.
LOG_SNR_LOW, LOG_SNR_HIGH = math.log(1e-3), math.log(4.0)
PURE_NOISE = LOG_SNR_LOW - 2.0


def alpha_bar(log_snr: Tensor) -> Tensor:
    """Share of signal variance at a logarithm of signal to noise; none at all where that is `PURE_NOISE`."""
    return torch.where(log_snr <= PURE_NOISE, torch.zeros_like(log_snr), torch.sigmoid(log_snr))


# Takes hold nothing above 8 Hz. The first kernel passes 97 % at 4 Hz and nothing at 15 Hz, where the two frames of a
# token would otherwise differ from their neighbours'; it is part of every answer. What is sampled passes the second
# as well, which lets 95 % through at 4 Hz, half at 6 Hz and 7 % at 8 Hz (least squares, pass to 4 Hz, stop from 8 Hz).
ANSWER_KERNEL = (-1 / 16, 4 / 16, 10 / 16, 4 / 16, -1 / 16)
PLAN_KERNEL = (-0.042, -0.045, 0.085, 0.299, 0.406, 0.299, 0.085, -0.045, -0.042)


def band_limited(plan: Tensor, history: Tensor, kernel: tuple[float, ...]) -> Tensor:
    """(b, 50, n), filtered along time; before it lies history (b, 40, n), and its end is held."""
    reach = len(kernel) // 2
    weights = torch.tensor(_filter(plan.shape[1], kernel), dtype=plan.dtype, device=plan.device)
    return weights @ torch.cat((history[:, -reach:], plan), dim=1)


@functools.cache
def _filter(frames: int, kernel: tuple[float, ...]) -> list[list[float]]:
    """The filter as a matrix (frames, reach + frames): one multiplication, in a graph as here."""
    rows = [[0.0] * (len(kernel) // 2 + frames) for _ in range(frames)]
    for frame, row in enumerate(rows):
        for lag, weight in enumerate(kernel):
            row[min(frame + lag, len(row) - 1)] += weight
    return rows


def level_features(log_snr: Tensor, width: int) -> Tensor:
    """(b,) -> (b, width): sines and cosines of the noise level."""
    place = (log_snr - PURE_NOISE) / (LOG_SNR_HIGH - PURE_NOISE)
    octaves = torch.exp(torch.linspace(0, math.log(64), width // 2, device=log_snr.device))
    angle = place[:, None] * octaves * math.pi
    return torch.cat((torch.sin(angle), torch.cos(angle)), dim=-1)


class Block(nn.Module):
    """One transformer block, modulated."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.norm_1 = nn.LayerNorm(width, elementwise_affine=False)
        self.norm_2 = nn.LayerNorm(width, elementwise_affine=False)
        self.qkv = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)
        self.mlp = nn.Sequential(
            nn.Linear(width, 4 * width), nn.GELU(approximate="tanh"), nn.Linear(4 * width, width)
        )
        # both branches are open from the beginning: 0.3 of each is let through
        gates = torch.zeros(6, width)
        gates[[2, 5]] = 0.3
        self.shift = nn.Parameter(gates.flatten())

    def forward(self, x: Tensor, modulation: Tensor) -> Tensor:
        """`x` (batch, tokens, width), `modulation` (batch, 6 width) -> (batch, tokens, width)."""
        move_1, scale_1, gate_1, move_2, scale_2, gate_2 = (
            (modulation + self.shift).to(x.dtype).unsqueeze(1).chunk(6, dim=-1)
        )
        batch, tokens, width = x.shape
        h = self.norm_1(x) * (1 + scale_1) + move_1
        q, k, v = self.qkv(h).view(batch, tokens, 3, self.heads, width // self.heads).permute(2, 0, 3, 1, 4)
        attended = nn.functional.scaled_dot_product_attention(q, k, v)
        x = x + gate_1 * self.out(attended.transpose(1, 2).reshape(batch, tokens, width))
        h = self.norm_2(x) * (1 + scale_2) + move_2
        out: Tensor = x + gate_2 * self.mlp(h)
        return out


class Denoiser(nn.Module):
    """Clean plan from noised plan, history, music, noise level and style. All motion is normalised."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config = config
        width, pack = config.width, config.frames_per_token
        self.motion_in = nn.Linear(config.numbers * pack, width)
        self.music_in = nn.Linear(config.music_channels * pack, width)
        self.place = nn.Parameter(torch.randn(config.tokens, width) * 0.02)
        self.level = nn.Sequential(nn.Linear(width, width), nn.SiLU(), nn.Linear(width, width))
        self.style = nn.Embedding(len(config.styles) + 1, width)  # the last one: unknown
        self.look_ahead = _from_nothing(width) if config.look_ahead else None
        self.guidance = _from_nothing(width) if config.guided else None
        modulate = nn.Linear(width, 6 * width)
        nn.init.normal_(modulate.weight, std=0.01)
        self.steer = nn.Sequential(nn.SiLU(), nn.Linear(width, width), nn.SiLU(), modulate)
        self.blocks = nn.ModuleList(Block(width, config.heads) for _ in range(config.layers))
        self.norm = nn.LayerNorm(width)
        self.motion_out = nn.Linear(width, config.numbers * pack)
        # a plan begins where history ends: the last pose is carried on and fades
        self.carry = nn.Parameter(torch.exp(-torch.arange(config.plan_frames) / 8.0)[:, None])
        self.register_buffer("mean", torch.zeros(config.numbers))
        self.register_buffer("std", torch.ones(config.numbers))
        nn.init.zeros_(self.motion_out.weight)
        nn.init.zeros_(self.motion_out.bias)

    def forward(
        self,
        history: Tensor,
        noised: Tensor,
        music: Tensor,
        log_snr: Tensor,
        style: Tensor,
        look_ahead: Tensor | None = None,
        guidance: Tensor | None = None,
    ) -> Tensor:
        """history (b, 40, n), noised (b, 50, n), music (b, 90, c), the rest (b,) -> clean plan (b, 50, n)."""
        asked = self.asked(style, look_ahead, guidance)
        level = self.level(level_features(log_snr, self.config.width))
        plan: Tensor = self.clean(history, noised, music, level + asked)
        return plan

    def asked(
        self, style: Tensor, look_ahead: Tensor | None = None, guidance: Tensor | None = None
    ) -> Tensor:
        """What steers beside the noise level, (b, width), from numbers (b,).

        `look_ahead` is the share of the plan whose music is known, none if not given; `guidance` is as in `stronger`,
        the config's if not given. `style` may be weights (b, styles + 1).
        """
        blend: Tensor = style @ self.style.weight if style.is_floating_point() else self.style(style)
        if self.look_ahead is not None:
            share = torch.zeros_like(blend[:, 0]) if look_ahead is None else look_ahead
            blend = blend + self.look_ahead(share[:, None])
        if self.guidance is not None:
            weight = torch.full_like(blend[:, 0], self.config.guidance) if guidance is None else guidance
            blend = blend + self.guidance(weight[:, None] - 1)
        return blend

    @property
    def unknown(self) -> int:
        """The number of the style that is none."""
        return len(self.config.styles)

    def new_level(self, log_snr: float, batch: int) -> Tensor:
        """One noise level for a whole batch."""
        return torch.full((batch,), log_snr, device=self.place.device)

    def clean(self, history: Tensor, noised: Tensor, music: Tensor, steer: Tensor) -> Tensor:
        """The same for a steering vector (b, width): the noise level's and the style's, or a blend of styles."""
        batch, pack = history.shape[0], self.config.frames_per_token
        motion = torch.cat((history, noised), dim=1).reshape(batch, self.config.tokens, -1)
        heard = music.reshape(batch, self.config.tokens, -1)
        kind = (
            self.motion_in.weight.dtype
        )  # half in a model that was halved for cards; the outside stays single
        x = self.motion_in(motion.to(kind)) + self.music_in(heard.to(kind)) + self.place.to(kind)
        modulation = self.steer(steer)
        for block in self.blocks:
            x = block(x, modulation)
        planned = self.motion_out(self.norm(x[:, self.config.history_frames // pack :])).float()
        planned = planned.reshape(batch, self.config.plan_frames, self.config.numbers)
        return band_limited(planned + self.carry * history[:, -1:], history, ANSWER_KERNEL)


def _from_nothing(width: int) -> nn.Sequential:
    """A number's way into the steering, that steers nowhere at first."""
    out = nn.Linear(width, width)
    nn.init.zeros_(out.weight)
    nn.init.zeros_(out.bias)
    return nn.Sequential(nn.Linear(1, width), nn.SiLU(), out)


def stronger(told: Tensor, untold: Tensor, weight: Tensor | float) -> Tensor:
    """The answer with music and style `weight` times as strong as without them (Ho and Salimans 2022, eq. 6)."""
    return untold + weight * (told - untold)


def sample_ddim(
    model: Denoiser,
    history: Tensor,
    music: Tensor,
    style: Tensor,
    noise: Tensor,
    log_snrs: tuple[float, ...],
    inflate: float,
    look_ahead: Tensor | None = None,
) -> Tensor:
    """A plan from noise, through the levels `log_snrs` (rising), in one evaluation each. All normalised.

    DDIM with eta 0 (Song et al. 2021, eq. 12). Few large steps shrink what they sample; `inflate` > 1 makes up
    for it in the noise that is carried on.
    """
    x, level = noise, model.new_level(PURE_NOISE, len(noise))
    for log_snr in (*log_snrs, None):
        clean = _followed(model, history, x, music, level, style, look_ahead)
        if log_snr is None:
            return band_limited(clean, history, PLAN_KERNEL)
        here = alpha_bar(level)[:, None, None]
        level = model.new_level(log_snr, len(noise))
        there = alpha_bar(level)[:, None, None]
        rest = (x - here.sqrt() * clean) / (1 - here).sqrt()
        x = there.sqrt() * clean + (1 - there).sqrt() * rest * inflate
    raise AssertionError("the loop above returns")


def sample_warm(
    model: Denoiser,
    history: Tensor,
    music: Tensor,
    style: Tensor,
    noise: Tensor,
    before: Tensor,
    look_ahead: Tensor | None = None,
) -> Tensor:
    """A plan in one evaluation, from the plan `before` moved on to its frames. All normalised.

    It is the last evaluation of `sample_ddim` from noise alone, with `before` where the clean plan of the evaluation
    that precedes it would be, and the same noise.
    """
    config = model.config
    level = model.new_level(config.log_snrs[-1], len(noise))
    keep = alpha_bar(level)[:, None, None]
    x = keep.sqrt() * before + (1 - keep).sqrt() * noise * config.inflate
    return band_limited(_followed(model, history, x, music, level, style, look_ahead), history, PLAN_KERNEL)


def _followed(
    model: Denoiser,
    history: Tensor,
    x: Tensor,
    music: Tensor,
    level: Tensor,
    style: Tensor,
    look_ahead: Tensor | None,
) -> Tensor:
    """The clean plan, with music and style as strong as the config says."""
    clean: Tensor = model(history, x, music, level, style, look_ahead)
    if not model.config.guided_outside:
        return clean
    unknown = torch.full((len(x),), model.unknown, device=x.device)
    untold = model(history, x, torch.zeros_like(music), level, unknown)
    return stronger(clean, untold, model.config.guidance)
