"""The trained ear: from mel spectra as they come to how likely each hop is a beat, a downbeat, and which tempo.

A causal temporal convolution network in the manner of Davies and Böck 2019 ("Temporal convolutional networks for
musical audio beat tracking"): dilated convolutions over steps of 40 ms, 16 s of memory in all. Its outputs are
logits, four hops of 10 ms to a step; `groovecast.audio.ear` says which is which.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from groovecast.audio.ear import BEAT, DOWNBEAT, INPUTS, OUTPUTS, EarConfig

LEAST_VARIANCE = 1e-4


class Block(nn.Module):
    """One look back: each channel made comparable at every step, a dilated convolution, and a mix of channels."""

    def __init__(self, config: EarConfig, dilation: int) -> None:
        super().__init__()
        width = config.width
        self.reach = (config.kernel - 1) * dilation
        self.gain, self.offset = nn.Parameter(torch.ones(width, 1)), nn.Parameter(torch.zeros(width, 1))
        self.look = nn.Conv1d(width, width, config.kernel, dilation=dilation)
        self.mix = nn.Conv1d(width, width, 1)
        with torch.no_grad():
            self.mix.weight *= 0.5

    def forward(self, x: Tensor, before: Tensor) -> tuple[Tensor, Tensor]:
        """(b, width, steps) and what it remembers (b, width, reach) -> the same, and what to remember next."""
        away = x - x.mean(1, keepdim=True)
        level = (
            away * torch.rsqrt(away.pow(2).mean(1, keepdim=True) + LEAST_VARIANCE) * self.gain + self.offset
        )
        known = torch.cat((before, level), dim=2)
        mixed: Tensor = self.mix(functional.silu(self.look(known)))
        return x + mixed, known[:, :, -self.reach :]


class Ear(nn.Module):
    """Inputs of many steps in, logits of as many out, the memory carried from call to call."""

    def __init__(self, config: EarConfig) -> None:
        super().__init__()
        self.config = config
        width = config.width
        self.front = nn.Sequential(
            nn.Linear(INPUTS, width), nn.LayerNorm(width), nn.SiLU(), nn.Linear(width, width)
        )
        self.blocks = nn.ModuleList(Block(config, dilation) for dilation in config.dilations)
        self.norm = nn.LayerNorm(width)
        self.answer = nn.Linear(width, OUTPUTS)
        with torch.no_grad():  # most hops are no beat
            self.answer.bias[BEAT] = -4.0
            self.answer.bias[DOWNBEAT] = -5.0

    def forward(self, inputs: Tensor, memory: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """(b, steps, inputs) -> (b, steps, outputs), and the memory after: (b, width, sum of reaches)."""
        reaches = [(self.config.kernel - 1) * dilation for dilation in self.config.dilations]
        if memory is None:
            memory = inputs.new_zeros(len(inputs), self.config.width, sum(reaches))
        x, after = self.front(inputs).transpose(1, 2), []
        for block, before in zip(self.blocks, torch.split(memory, reaches, dim=2), strict=True):
            x, kept = block(x, before)
            after.append(kept)
        logits: Tensor = self.answer(self.norm(x.transpose(1, 2)))
        return logits, torch.cat(after, dim=2)
