"""How the teacher is trained: diffusion on windows of takes, told of the music as it will be live, on its own rollouts.

The network learns at noise levels drawn from a continuum, a share of them noise alone, where sampling starts; it can
be sampled in many steps (the teacher), in the few that its config names (a dancer that needs no distillation), or be
distilled (export/distil.py). Stages: histories of takes, then more and more often plans of the network's own, which
is what it will live on (Zhao et al. 2024, "DartControl", section 3.2). Music and style are left out now and then, so
that they can be followed more strongly than was learned (Ho and Salimans 2022).
"""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np
import torch
from safetensors.torch import load_file
from torch import Tensor

from groovecast.model.config import ModelConfig
from groovecast.model.denoiser import LOG_SNR_HIGH, LOG_SNR_LOW, PURE_NOISE, Denoiser, alpha_bar, sample_ddim
from groovecast.train.losses import Judge
from groovecast.train.recombine import recombinations
from groovecast.train.run import RunFolder, Training
from groovecast.train.takes import load_takes
from groovecast.train.windows import Batch, WindowStore

# How often a step starts from noise alone: that is where sampling starts.
_PURE_SHARE = 0.15
_RECOMBINED_TRIES = 160
_HISTORY_GONE, _MUSIC_GONE, _STYLE_GONE_TOO = 0.15, 0.15, 0.7
_HISTORY_NOISY, _HISTORY_NOISE = 0.5, 0.08  # of the spread of each number
_ONSET, _ENERGY, _HEARD = 6, 7, 9  # music channels that a plan made earlier had less of


@dataclass(frozen=True)
class TeacherSettings:
    """How long and how hard to train. The learning rate falls along a cosine over the wall-clock budget."""

    minutes: float = 90.0
    batch: int = 32
    learning_rate: float = 6e-4
    warmup_steps: int = 100
    ema: float = 0.998
    # shares of the budget after which own plans come in, and after which they come as often as they ever will
    rollout_from: float = 0.35
    rollout_full: float = 0.7
    rollout_most: float = 0.75
    seed: int = 7
    save_every_s: float = 120.0
    device: str = "cpu"
    compiled: bool = False


@dataclass(frozen=True)
class Lesson:
    """A batch on the device: motion normalised, what is told of the music, and the style."""

    motion: Tensor
    music: Tensor
    style: Tensor
    look_ahead: Tensor


class TeacherTrainer(Training[Denoiser]):
    """One training run; everything that a resumed run needs is in its folder.

    `warm` are weights to begin from; the network may be deeper than they are.
    """

    def __init__(
        self,
        takes: Path,
        run: Path,
        settings: TeacherSettings,
        config: ModelConfig,
        now_s: Callable[[], float],
        warm: Path | None = None,
    ) -> None:
        torch.manual_seed(settings.seed)
        torch.set_num_threads(1)
        self.settings, self.device = settings, settings.device
        self.data = Windows(takes, config, self.device)
        model = Denoiser(config)
        mean, std = self.data.train.statistics()
        model.get_buffer("mean").copy_(torch.from_numpy(mean))
        model.get_buffer("std").copy_(torch.from_numpy(std))
        if warm is not None:
            begin_from(model, warm)
        super().__init__(settings, RunFolder(run, "dancer"), model.to(self.device), now_s, weight_decay=0.02)
        self.judge = Judge(self.device)
        self.rng = np.random.default_rng([settings.seed, self.step])
        torch.manual_seed(settings.seed + self.step)
        self._forward = torch.compile(self.model) if settings.compiled else self.model

    def _rollout_share(self, done: float) -> float:
        first, full = self.settings.rollout_from, self.settings.rollout_full
        return self.settings.rollout_most * min(1.0, max(0.0, (done - first) / max(full - first, 1e-6)))

    def losses(self, done: float) -> tuple[Tensor, dict[str, float]]:
        """The losses of clean plans from noised ones, after histories of takes or of the network's own."""
        config = self.model.config
        rolled = self.rng.random() < self._rollout_share(done)
        go_on = int(self.rng.integers(1, 6)) * 8 if rolled else 0
        lesson = self.data.lesson(self.model, self.data.train, self.rng, self.settings.batch, go_on)
        history = lesson.motion[:, go_on : go_on + config.history_frames]
        if rolled:
            history = self._rolled(lesson, go_on)
        target = lesson.motion[:, go_on + config.history_frames :]
        music, style = without_now_and_then(lesson.music[:, go_on:], lesson.style, self.model.unknown)
        history = weathered(history)
        level = torch.empty(len(style), device=self.device).uniform_(LOG_SNR_LOW, LOG_SNR_HIGH)
        pure = torch.rand(len(style), device=self.device) < _PURE_SHARE
        level = torch.where(pure, torch.full_like(level, PURE_NOISE), level)
        keep = alpha_bar(level)[:, None, None]
        noised = keep.sqrt() * target + (1 - keep).sqrt() * torch.randn_like(target)
        with self._half():
            clean = self._forward(history, noised, music, level, style, lesson.look_ahead).float()
        judged = self.judge(self.model, clean, target, history[:, -1:], music, keep[:, 0, 0])
        return judged.total, judged.terms

    def _half(self) -> contextlib.AbstractContextManager[object]:
        """bfloat16 where it is fast."""
        if self.device == "cpu":
            return contextlib.nullcontext()
        return torch.autocast(self.device, torch.bfloat16)

    def _rolled(self, lesson: Lesson, go_on: int) -> Tensor:
        """The history that the network itself would have danced after its first `go_on` frames."""
        config = self.model.config
        past = lesson.motion[:, : config.history_frames]
        music = heard_less(lesson.music, go_on)[:, : config.window_frames]
        with torch.no_grad(), self._half():
            noise = torch.randn(len(past), config.plan_frames, config.numbers, device=self.device)
            plan = few_steps(self.model, past, music, lesson, noise).float()
        return torch.cat((past, plan[:, :go_on]), dim=1)[:, -config.history_frames :]

    def examine(self) -> dict[str, float]:
        """The averaged weights on held-out windows, from pure noise: error of the whole sampled plan."""
        return held_out(self.shown, self.data, self.judge)

    def said(self) -> dict[str, str]:
        """Its size."""
        return {"config": msgspec.json.encode(self.model.config).decode()}


class Windows:
    """The windows of a take cache, for training and for testing, as lessons."""

    def __init__(self, takes: Path, config: ModelConfig, device: str) -> None:
        everything = load_takes(takes)
        learned = [take for take in everything if take.casting.split == "train"]
        self.train = WindowStore(learned, config, recombined=recombinations(learned, _RECOMBINED_TRIES).takes)
        self.test = WindowStore([take for take in everything if take.casting.split == "test"], config, (1.0,))
        self.device = device

    def lesson(
        self, model: Denoiser, store: WindowStore, rng: np.random.Generator, size: int, extra_frames: int = 0
    ) -> Lesson:
        """A batch in the numbers that the network sees."""
        batch: Batch = store.draw(rng, size, extra_frames)
        mean, std = model.get_buffer("mean"), model.get_buffer("std")
        return Lesson(
            (torch.from_numpy(batch.motion).to(self.device) - mean) / std,
            torch.from_numpy(batch.music).to(self.device),
            torch.from_numpy(batch.style).to(self.device),
            torch.from_numpy(batch.look_ahead).to(self.device),
        )


def weathered(history: Tensor) -> Tensor:
    """History as it will be live: a little off, and sometimes of no help at all."""
    one = (len(history), 1, 1)
    noisy = torch.rand(one, device=history.device) < _HISTORY_NOISY
    gone = torch.rand(one, device=history.device) < _HISTORY_GONE
    off = noisy * _HISTORY_NOISE * torch.randn_like(history)
    return torch.where(gone, torch.zeros_like(history), history + off)


def without_now_and_then(music: Tensor, style: Tensor, unknown: int) -> tuple[Tensor, Tensor]:
    """Music and style, now and then left out, so that the network knows what to dance without them."""
    gone = torch.rand(len(style), device=style.device) < _MUSIC_GONE
    too = gone & (torch.rand(len(style), device=style.device) < _STYLE_GONE_TOO)
    return torch.where(gone[:, None, None], torch.zeros_like(music), music), torch.where(too, unknown, style)


def heard_less(music: Tensor, frames: int) -> Tensor:
    """What was known of the music so many frames earlier, where its future is not known as a whole."""
    heard = music[..., _HEARD].sum(dim=1)
    until = torch.where(heard >= music.shape[1], heard, heard - frames)
    known = torch.arange(music.shape[1], device=music.device) < until[:, None]
    less = music.clone()
    for channel in (_ONSET, _ENERGY, _HEARD):
        less[..., channel] = music[..., channel] * known
    return less


def few_steps(model: Denoiser, past: Tensor, music: Tensor, lesson: Lesson, noise: Tensor) -> Tensor:
    """A plan by the sampler of the model's config, told of the lesson's style and look-ahead."""
    config = model.config
    return sample_ddim(
        model, past, music, lesson.style, noise, config.log_snrs, config.inflate, lesson.look_ahead
    )


def held_out(model: Denoiser, data: Windows, judge: Judge) -> dict[str, float]:
    """The losses of plans on the same held-out windows each time, from pure noise by the model's own sampler."""
    history_frames = model.config.history_frames
    lesson = data.lesson(model, data.test, np.random.default_rng(0), 32)
    past, target = lesson.motion[:, :history_frames], lesson.motion[:, history_frames:]
    noise = torch.randn(target.shape, generator=torch.Generator().manual_seed(0)).to(data.device)
    with torch.no_grad():
        plan = few_steps(model, past, lesson.music, lesson, noise)
        sure = torch.ones(len(plan), device=data.device)
        judged = judge(model, plan, target, past[:, -1:], lesson.music, sure)
        near = (plan[:, :8] - target[:, :8]).pow(2).mean()
    return {"test_near": float(near), **{f"test_{name}": value for name, value in judged.terms.items()}}


def begin_from(model: Denoiser, weights: Path) -> None:
    """Take over the weights of a smaller run; blocks that it did not have begin closed, and change nothing.

    Raises ValueError when a tensor is of another size.
    """
    known = load_file(weights)
    own = model.state_dict()
    for name, value in known.items():
        if name not in own or own[name].shape != value.shape:
            raise ValueError(
                f"asked to begin from {weights.name}, its {name} does not fit: give weights of the same width"
            )
    model.load_state_dict(known, strict=False)
    fresh = {name.split(".")[1] for name in own if name.startswith("blocks.") and name not in known}
    with torch.no_grad():
        for number in fresh:
            for last in ("out.weight", "out.bias", "mlp.2.weight", "mlp.2.bias"):
                model.blocks[int(number)].get_parameter(last).zero_()


def load_dancer(path: Path) -> tuple[Denoiser, dict[str, str]]:
    """The network of a .safetensors file and what its file says of it."""
    from safetensors import safe_open

    with safe_open(path, "pt") as file:
        said = dict(file.metadata() or {})
    if "config" not in said:
        raise ValueError(
            f"asked for a dancer in {path.name}, no model size is named: make one with `groovecast train teacher`"
        )
    model = Denoiser(msgspec.json.decode(said["config"], type=ModelConfig))
    model.load_state_dict(load_file(path))
    return model.eval(), said
