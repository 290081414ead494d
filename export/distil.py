"""From a teacher of many steps to a student of two: consistency distillation with the conditions of the live loop.

The student answers, at any noise level, the end of the teacher's path through it (Song et al. 2023, "Consistency
Models", algorithm 2), with the guidance weight as an input (Luo et al. 2023, "Latent Consistency Models", eq. 8 to 13),
so that a plan costs one evaluation a step. Joint places, changes and feet count against the same end of the path, not
against the take: from noise alone the take's own plan cannot be known, and a student held to it there learns the mean of
all that could follow, which hardly moves. Its last stage continues its own plans.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np
import torch
from torch import Tensor

from groovecast.model.config import ModelConfig
from groovecast.model.denoiser import (
    LOG_SNR_HIGH,
    LOG_SNR_LOW,
    PURE_NOISE,
    Denoiser,
    alpha_bar,
    stronger,
)
from groovecast.train.losses import Judge, number_weights
from groovecast.train.run import RunFolder, Training
from groovecast.train.teacher import (
    Windows,
    few_steps,
    heard_less,
    held_out,
    load_dancer,
    weathered,
    without_now_and_then,
)

_PURE_SHARE = 0.25  # how often the first level is drawn, where sampling starts
_HUBER = 0.03


@dataclass(frozen=True)
class StudentSettings:
    """How long and how hard to distil, and for which sampler."""

    minutes: float = 60.0
    batch: int = 32
    learning_rate: float = 2e-4
    warmup_steps: int = 50
    ema: float = 0.995
    levels: int = 20  # between noise and the end, twice as many from half of the budget on
    guidance: tuple[float, float] = (1.0, 3.0)
    rollout_from: float = 0.7
    rollout_most: float = 0.6
    judged: float = 0.5  # how much the teacher's losses count, its path's end in the place of the take
    log_snrs: tuple[float, ...] = (-2.5,)  # of the sampler that the student will dance with
    seed: int = 11
    save_every_s: float = 120.0
    device: str = "cpu"


def boundaries(count: int) -> Tensor:
    """Noise levels (logarithms of signal to noise) from noise alone to the least noise: count + 1 of them."""
    return torch.cat((torch.tensor([PURE_NOISE]), torch.linspace(LOG_SNR_LOW, LOG_SNR_HIGH, count)))


def student_config(teacher: ModelConfig, settings: StudentSettings) -> ModelConfig:
    """The teacher's size, guided from within, with a short sampler."""
    weight = sum(settings.guidance) / 2
    return msgspec.structs.replace(
        teacher, guided=True, log_snrs=settings.log_snrs, inflate=1.0, guidance=weight
    )


class Distiller(Training[Denoiser]):
    """One distillation; everything that a resumed run needs is in its folder."""

    def __init__(
        self, teacher: Path, takes: Path, run: Path, settings: StudentSettings, now_s: Callable[[], float]
    ) -> None:
        torch.manual_seed(settings.seed)
        torch.set_num_threads(1)
        self.settings, self.device = settings, settings.device
        self.teacher, _ = load_dancer(teacher)
        self.teacher.to(self.device).requires_grad_(False)
        config = student_config(self.teacher.config, settings)
        self.data = Windows(takes, config, self.device)
        student = Denoiser(config).to(self.device)
        student.load_state_dict(self.teacher.state_dict(), strict=False)
        super().__init__(settings, RunFolder(run, "dancer"), student, now_s, weight_decay=0.0)
        self.judge, self.weights = Judge(self.device), number_weights().to(self.device)
        self.rng = np.random.default_rng([settings.seed, self.step])
        torch.manual_seed(settings.seed + self.step)

    def losses(self, done: float) -> tuple[Tensor, dict[str, float]]:
        """How far the student's answer is from where the teacher's path leads, and from the takes."""
        config, settings = self.model.config, self.settings
        begun = max(0.0, (done - settings.rollout_from) / (1 - settings.rollout_from))
        rolled = self.rng.random() < settings.rollout_most * begun
        go_on = int(self.rng.integers(1, 6)) * 8 if rolled else 0
        lesson = self.data.lesson(self.model, self.data.train, self.rng, settings.batch, go_on)
        past = lesson.motion[:, : config.history_frames]
        if rolled:
            music = heard_less(lesson.music, go_on)[:, : config.window_frames]
            with torch.no_grad():
                noise = torch.randn(len(past), config.plan_frames, config.numbers, device=self.device)
                plan = few_steps(self.shown, past, music, lesson, noise)
            past = torch.cat((past, plan[:, :go_on]), dim=1)[:, -config.history_frames :]
        target = lesson.motion[:, go_on + config.history_frames :]
        music, style = without_now_and_then(lesson.music[:, go_on:], lesson.style, self.model.unknown)
        told = _Told(weathered(past), music, style, lesson.look_ahead)
        weight = torch.empty(len(style), device=self.device).uniform_(*settings.guidance)

        levels = boundaries(settings.levels if done < 0.5 else 2 * settings.levels).to(self.device)
        number = torch.randint(0, len(levels) - 1, (len(style),), device=self.device)
        number = torch.where(torch.rand(len(style), device=self.device) < _PURE_SHARE, 0, number)
        here, there = levels[number], levels[number + 1]
        keep = alpha_bar(here)[:, None, None]
        noised = keep.sqrt() * target + (1 - keep).sqrt() * torch.randn_like(target)
        aim = self._aim(told, noised, here, there, weight, last=number + 2 == len(levels))
        clean = self.model(told.history, noised, told.music, here, told.style, told.look_ahead, weight)
        apart = ((clean - aim).square() * self.weights).mean(dim=(1, 2))
        consistency = (torch.sqrt(apart + _HUBER**2) - _HUBER).mean()
        judged = self.judge(self.model, clean, aim, told.history[:, -1:], told.music, keep[:, 0, 0])
        return consistency + settings.judged * judged.total, {
            "consistency": float(consistency.detach()),
            **judged.terms,
        }

    def _aim(
        self, told: "_Told", noised: Tensor, here: Tensor, there: Tensor, weight: Tensor, last: Tensor
    ) -> Tensor:
        """What the averaged student answers one step of the guided teacher on; at the end, the teacher itself."""
        with torch.no_grad():
            clean = self._taught(told, noised, here, weight)
            keep, less = alpha_bar(here)[:, None, None], alpha_bar(there)[:, None, None]
            rest = (noised - keep.sqrt() * clean) / (1 - keep).sqrt()
            onward = less.sqrt() * clean + (1 - less).sqrt() * rest
            aim: Tensor = self.shown(
                told.history, onward, told.music, there, told.style, told.look_ahead, weight
            )
            if bool(last.any()):
                end = self._taught(told, onward, there, weight)
                aim = torch.where(last[:, None, None], end, aim)
        return aim

    def _taught(self, told: "_Told", noised: Tensor, level: Tensor, weight: Tensor) -> Tensor:
        """The teacher's clean plan, guided."""
        with_it = self.teacher(told.history, noised, told.music, level, told.style, told.look_ahead)
        unknown = torch.full_like(told.style, self.teacher.unknown)
        without = self.teacher(told.history, noised, torch.zeros_like(told.music), level, unknown)
        return stronger(with_it, without, weight[:, None, None])

    def examine(self) -> dict[str, float]:
        """The averaged student on held-out windows, sampled as it will dance, beside the takes."""
        return held_out(self.shown, self.data, self.judge)

    def said(self) -> dict[str, str]:
        """Its size and its sampler."""
        return {"config": msgspec.json.encode(self.model.config).decode()}


@dataclass(frozen=True)
class _Told:
    """What one evaluation is told beside the noised plan and its level."""

    history: Tensor
    music: Tensor
    style: Tensor
    look_ahead: Tensor
