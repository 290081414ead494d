"""From a teacher of many steps to a student of two: consistency distillation with the conditions of the live loop.

Each step of the student is one leg of the teacher's path from noise to plan, and is answered with where that leg ends
(Heek et al. 2024, "Multistep Consistency Models", section 3, with the legs walked by the teacher itself: two levels are
all that the student is asked at, and no step has to wait until later ones are learned). The guidance weight is an input
(Luo et al. 2023, "Latent Consistency Models", eq. 8 to 13), so that a plan costs one evaluation a step. Joint places,
changes and feet count against the same ends, not against the takes: from noise alone the take's own plan cannot be
known, and a student held to it there learns the mean of all that could follow, which hardly moves. Half of the later
legs begin where the student itself arrives; its last stage continues its own plans, or begins from the plan before,
which was itself begun from one half of the time, as live nearly always.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, fields
from itertools import pairwise
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
    sample_warm,
    stronger,
)
from groovecast.train.losses import Judge, number_weights
from groovecast.train.run import RunFolder, Training
from groovecast.train.teacher import (
    Lesson,
    Windows,
    few_steps,
    heard_less,
    held_out,
    load_dancer,
    weathered,
    without_now_and_then,
)

_HUBER = 0.03
_OWN_SHARE = 0.5  # how often a later leg begins where the student's own first step leads
_WARM_SHARE = 0.5  # how often, after own plans, the last leg begins from the plan before
_HELD_SHARE = 0.05  # how often, after none, from a held pose: live, a plan that has none before it does
_STRIDE_FRAMES = 8  # live, so much is danced of a plan before the next one
_STALLED_SHARE = 0.5  # how often a lesson begins later than that, by up to so many strides
_MOST_STRIDES = 5
_CHAINED_SHARE = 0.5  # how often the plan before was itself begun from one


@dataclass(frozen=True)
class StudentSettings:
    """How long and how hard to distil, and for which sampler."""

    minutes: float = 60.0
    batch: int = 32
    learning_rate: float = 3e-4
    warmup_steps: int = 50
    ema: float = 0.99
    leg: int = 4  # guided evaluations of the teacher for one of the student's
    reuse: int = 4  # how often a walked path is learned from
    kept: int = 12  # how many walked batches are kept for that
    guidance: tuple[float, float] = (1.0, 2.5)
    rollout_from: float = 0.3
    rollout_most: float = 0.6
    judged: float = 0.5  # how much the teacher's losses count, its path's end in the place of the take
    log_snrs: tuple[float, ...] = (-2.5,)  # of the sampler that the student will dance with
    seed: int = 11
    save_every_s: float = 120.0
    device: str = "cpu"


def legs(log_snrs: tuple[float, ...], evaluations: int) -> list[Tensor]:
    """The levels at which the teacher is asked on each of the student's steps, which begin at noise and `log_snrs`."""
    starts = (LOG_SNR_LOW, *log_snrs, LOG_SNR_HIGH)
    found = []
    for number, (start, end) in enumerate(pairwise(starts)):
        last = number == len(log_snrs)
        levels = torch.linspace(start, end, evaluations if last or number == 0 else evaluations + 1)
        if number == 0:  # noise alone, then up to the next leg, where that one begins
            levels = torch.cat((torch.tensor([PURE_NOISE]), levels))
        found.append(levels if last else levels[:evaluations])
    return found


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
        self.teacher, self._of_teacher = load_dancer(teacher)
        self.teacher.to(self.device).requires_grad_(False)
        config = student_config(self.teacher.config, settings)
        self.data = Windows(takes, config, self.device)
        student = Denoiser(config).to(self.device)
        student.load_state_dict(self.teacher.state_dict(), strict=False)
        super().__init__(settings, RunFolder(run, "dancer"), student, now_s, weight_decay=0.0)
        self.judge, self.weights = Judge(self.device), number_weights().to(self.device)
        self.legs = [leg.to(self.device) for leg in legs(settings.log_snrs, settings.leg)]
        self.walks: deque[_Walk] = deque(maxlen=settings.kept)
        self.rng = np.random.default_rng([settings.seed, self.step])
        torch.manual_seed(settings.seed + self.step)

    def losses(self, done: float) -> tuple[Tensor, dict[str, float]]:
        """How far the student's answer at each leg's beginning is from where the teacher's walk leads."""
        if not self.walks or self.step % self.settings.reuse == 0:
            self.walks.append(self._walk(done))
        walk = self.walks[int(self.rng.integers(len(self.walks)))]
        told, count = walk.told, len(self.legs)
        asked = told.repeated(count)
        level = torch.cat([leg[:1].expand(len(told.style)) for leg in self.legs])
        clean = asked.answer(self.model, torch.cat(walk.begins), level)
        aim = torch.cat(walk.aims)
        apart = ((clean - aim).square() * self.weights).mean(dim=(1, 2))
        consistency = (torch.sqrt(apart + _HUBER**2) - _HUBER).mean()
        # the last leg's answer is the plan: its feet are told to stay, where a noisier answer cannot know yet
        final = torch.zeros_like(level)
        final[-len(told.style) :] = 1
        judged = self.judge(self.model, clean, aim, asked.history[:, -1:], asked.music, final)
        parts = apart.detach().view(count, -1).mean(dim=1)
        return consistency + self.settings.judged * judged.total, {
            "consistency": float(consistency.detach()),
            **{f"leg_{number + 1}": float(part) for number, part in enumerate(parts)},
            **judged.terms,
        }

    @torch.no_grad()
    def _walk(self, done: float) -> "_Walk":
        """A batch of lessons, and the teacher's way through each leg of them."""
        config, settings = self.model.config, self.settings
        begun = max(0.0, (done - settings.rollout_from) / max(1 - settings.rollout_from, 1e-6))
        rolled = self.rng.random() < settings.rollout_most * min(1.0, 2 * begun)
        strides = strides_danced(self.rng) if rolled else ()
        earlier = sum(strides)
        lesson = self.data.lesson(self.model, self.data.train, self.rng, settings.batch, earlier)
        rows = len(lesson.style)
        weight = torch.empty(rows, device=self.device).uniform_(*settings.guidance)
        # live, noise belongs to a frame of the dance: plans that share frames share their noise
        noises = torch.randn(rows, earlier + config.plan_frames, config.numbers, device=self.device)
        past, before = self._danced(lesson, strides, noises)
        noise, warm_share = noises[:, earlier:], _WARM_SHARE if rolled else _HELD_SHARE
        music, style = without_now_and_then(lesson.music[:, earlier:], lesson.style, self.model.unknown)
        told = _Told(weathered(past), music, style, lesson.look_ahead, weight)
        begins, aims, x = [], [], noise
        for number, leg in enumerate(self.legs):
            begins.append(x)
            end = self.legs[number + 1][0] if number + 1 < len(self.legs) else None
            aim, arrived = self._led(told, x, leg, end)
            aims.append(aim)
            if end is None:
                return _Walk(told, tuple(begins), tuple(aims))
            own = told.answer(self.shown, x, leg[:1].expand(rows))
            x = _mixed(_onward(x, own, leg[0], end), arrived, _OWN_SHARE)
            if number + 2 == len(self.legs):
                keep = alpha_bar(end)
                x = _mixed(keep.sqrt() * before + (1 - keep).sqrt() * noise, x, warm_share)
        raise AssertionError("the loop above returns")

    def _danced(self, lesson: Lesson, strides: tuple[int, ...], noises: Tensor) -> tuple[Tensor, Tensor]:
        """The history after the student danced so much of each of its plans, and its last plan, moved on.

        The first plan is from noise alone, each that follows from the one before. Without any plan: what the take
        holds, and its last pose held.
        """
        config, left, at = self.model.config, sum(strides), 0
        past = lesson.motion[:, : config.history_frames]
        before = past[:, -1:].expand(-1, config.plan_frames, -1)
        for stride in strides:
            music = heard_less(lesson.music, left - at)[:, at : at + config.window_frames]
            noise = noises[:, at : at + config.plan_frames]
            if at == 0:
                plan = few_steps(self.shown, past, music, lesson, noise)
            else:
                plan = sample_warm(self.shown, past, music, lesson.style, noise, before, lesson.look_ahead)
            past = torch.cat((past, plan[:, :stride]), dim=1)[:, -config.history_frames :]
            before, at = moved_on(plan, stride), at + stride
        return past, before

    def _led(self, told: "_Told", x: Tensor, leg: Tensor, end: Tensor | None) -> tuple[Tensor, Tensor]:
        """The one answer that leads from `x` where the guided teacher's walk leads, and where that is."""
        begin = x
        for number, level in enumerate(leg):
            clean = self._taught(told, x, level.expand(len(x)))
            there = leg[number + 1] if number + 1 < len(leg) else end
            if there is None:
                return clean, clean
            x = _onward(x, clean, level, there)
        assert end is not None
        here, there_keep = alpha_bar(leg[0]), alpha_bar(end)
        noise_left = ((1 - there_keep) / (1 - here)).sqrt()
        return (x - noise_left * begin) / (there_keep.sqrt() - noise_left * here.sqrt()), x

    def _taught(self, told: "_Told", noised: Tensor, level: Tensor) -> Tensor:
        """The teacher's clean plan, guided."""
        with_it = self.teacher(told.history, noised, told.music, level, told.style, told.look_ahead)
        unknown = torch.full_like(told.style, self.teacher.unknown)
        without = self.teacher(told.history, noised, torch.zeros_like(told.music), level, unknown)
        return stronger(with_it, without, told.guidance[:, None, None])

    def examine(self) -> dict[str, float]:
        """The averaged student on held-out windows, sampled as it will dance, beside the takes."""
        return held_out(self.shown, self.data, self.judge)

    def said(self) -> dict[str, str]:
        """Its size, its sampler, and how long its teacher learned."""
        return {
            "config": msgspec.json.encode(self.model.config).decode(),
            "teacher_minutes": self._of_teacher["minutes"],
            "teacher_step": self._of_teacher["step"],
        }


@dataclass(frozen=True)
class _Told:
    """What one evaluation is told beside the noised plan and its level."""

    history: Tensor
    music: Tensor
    style: Tensor
    look_ahead: Tensor
    guidance: Tensor

    def repeated(self, count: int) -> "_Told":
        """The same so many times over, row after row."""
        return _Told(*(torch.cat([getattr(self, one.name)] * count) for one in fields(self)))

    def answer(self, model: Denoiser, noised: Tensor, level: Tensor) -> Tensor:
        """The clean plan that a student answers."""
        clean: Tensor = model(
            self.history, noised, self.music, level, self.style, self.look_ahead, self.guidance
        )
        return clean


@dataclass(frozen=True)
class _Walk:
    """Lessons, where each leg of theirs begins, and the answers that lead to where it ends."""

    told: _Told
    begins: tuple[Tensor, ...]
    aims: tuple[Tensor, ...]


def strides_danced(rng: np.random.Generator) -> tuple[int, ...]:
    """How many frames are danced of each own plan before a lesson: live one stride, after a stall more."""
    stalled = rng.random() < _STALLED_SHARE
    last = int(rng.integers(2, _MOST_STRIDES + 1)) * _STRIDE_FRAMES if stalled else _STRIDE_FRAMES
    return (_STRIDE_FRAMES, last) if rng.random() < _CHAINED_SHARE else (last,)


def moved_on(plan: Tensor, frames: int) -> Tensor:
    """What a plan (b, 50, n) said of the frames from `frames` later on; its last one is held."""
    return torch.cat((plan[:, frames:], plan[:, -1:].expand(-1, frames, -1)), dim=1)


def _onward(x: Tensor, clean: Tensor, here: Tensor, there: Tensor) -> Tensor:
    """One step of DDIM, from one level to the next."""
    keep, less = alpha_bar(here), alpha_bar(there)
    return less.sqrt() * clean + (1 - less).sqrt() * (x - keep.sqrt() * clean) / (1 - keep).sqrt()


def _mixed(one: Tensor, other: Tensor, share: float) -> Tensor:
    """Rows of `one`, as often as `share` says, among rows of the other."""
    chosen = torch.rand(len(one), device=one.device) < share
    return torch.where(chosen[:, None, None], one, other)
