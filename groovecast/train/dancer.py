"""How a dancer is trained: native few-step diffusion on windows of takes, the last part on its own rollouts.

The network learns at noise levels drawn from a continuum, a share of them noise alone, where sampling starts. It is
sampled in the few steps that its config names, so nothing has to be distilled. In the last part half of the steps
continue a plan of the network's own, which is what it will live on (Zhao et al. 2024, "DartControl", section 3.2).
"""

import copy
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from groovecast.model.config import ModelConfig
from groovecast.model.denoiser import LOG_SNR_HIGH, LOG_SNR_LOW, PURE_NOISE, Denoiser, alpha_bar, sample_ddim
from groovecast.train.losses import Judged, Kinematics, judge
from groovecast.train.takes import load_takes
from groovecast.train.windows import Batch, WindowStore

# How often a step starts from noise alone: that is where sampling starts.
_PURE_SHARE = 0.15


@dataclass(frozen=True)
class TrainSettings:
    """How long and how hard to train. The learning rate falls along a cosine over the wall-clock budget."""

    minutes: float = 90.0
    batch: int = 32
    learning_rate: float = 6e-4
    warmup_steps: int = 100
    ema: float = 0.998
    rollout_from: float = 0.6
    seed: int = 7
    save_every_s: float = 120.0


class Trainer:
    """One training run; everything that a resumed run needs is in its folder."""

    def __init__(
        self, takes: Path, run: Path, settings: TrainSettings, config: ModelConfig, now_s: Callable[[], float]
    ) -> None:
        torch.manual_seed(settings.seed)
        torch.set_num_threads(1)
        self.settings, self.run = settings, run
        run.mkdir(parents=True, exist_ok=True)
        everything = load_takes(takes)
        self.train = WindowStore([take for take in everything if take.casting.split == "train"], config)
        self.test = WindowStore([take for take in everything if take.casting.split == "test"], config, (1.0,))
        self.model = Denoiser(config)
        mean, std = self.train.statistics()
        self.model.get_buffer("mean").copy_(torch.from_numpy(mean))
        self.model.get_buffer("std").copy_(torch.from_numpy(std))
        self.shown = copy.deepcopy(self.model)  # the averaged weights
        self.optimiser = torch.optim.AdamW(
            self.model.parameters(),
            lr=settings.learning_rate,
            betas=(0.9, 0.98),
            weight_decay=0.02,
            fused=True,
        )
        self.body = Kinematics()
        self.step, self.spent_s = 0, 0.0
        self.now_s = now_s
        if (run / "state.pt").exists():
            self._resume()
        self.rng = np.random.default_rng(settings.seed + self.step)

    def fit(self, told: Callable[[dict[str, float]], None]) -> None:
        """Train until the budget is spent; `told` hears a line of figures every 50 steps."""
        budget_s = self.settings.minutes * 60
        saved, before = self.spent_s, self.now_s()
        while self.spent_s < budget_s:
            done = self.spent_s / budget_s
            for group in self.optimiser.param_groups:
                group["lr"] = self._rate(done)
            judged = self._descend(rolled=done > self.settings.rollout_from and self.rng.random() < 0.5)
            self.step += 1
            now = self.now_s()
            self.spent_s, before = self.spent_s + now - before, now
            if self.step % 50 == 0:
                line = {
                    "step": self.step,
                    "minutes": round(self.spent_s / 60, 2),
                    **judged.terms,
                    **self.examine(),
                }
                with (self.run / "log.jsonl").open("a") as log:
                    log.write(json.dumps(line) + "\n")
                told(line)
            if self.spent_s - saved > self.settings.save_every_s:
                self.save()
                saved = self.spent_s
        self.save()

    def _rate(self, done: float) -> float:
        warm = min(1.0, (self.step + 1) / self.settings.warmup_steps)
        return (
            self.settings.learning_rate
            * warm
            * (0.02 + 0.98 * 0.5 * (1 + float(np.cos(np.pi * min(done, 1.0)))))
        )

    def _tensors(self, batch: Batch) -> tuple[Tensor, Tensor, Tensor]:
        mean, std = self.model.get_buffer("mean"), self.model.get_buffer("std")
        return (
            (torch.from_numpy(batch.motion) - mean) / std,
            torch.from_numpy(batch.music),
            torch.from_numpy(batch.style),
        )

    def _descend(self, rolled: bool) -> Judged:
        config = self.model.config
        go_on = int(self.rng.integers(1, 6)) * 8 if rolled else 0
        motion, music, style = self._tensors(self.train.draw(self.rng, self.settings.batch, go_on))
        history = motion[:, go_on : go_on + config.history_frames]
        if rolled:
            history = self._rolled(motion, music, style, go_on)
        target = motion[:, go_on + config.history_frames :]
        music = music[:, go_on:]
        history = self._weathered(history)
        if self.rng.random() < 0.05:
            music = torch.zeros_like(music)
        level = torch.empty(len(style)).uniform_(LOG_SNR_LOW, LOG_SNR_HIGH)
        level = torch.where(torch.rand(len(style)) < _PURE_SHARE, torch.full_like(level, PURE_NOISE), level)
        keep = alpha_bar(level)[:, None, None]
        noised = keep.sqrt() * target + (1 - keep).sqrt() * torch.randn_like(target)
        clean = self.model(history, noised, music, level, style)
        judged = judge(self.model, self.body, clean, target, history[:, -1:], keep[:, 0, 0])
        self.optimiser.zero_grad(set_to_none=True)
        torch.autograd.backward(judged.total)
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimiser.step()
        self._average()
        return judged

    def _weathered(self, history: Tensor) -> Tensor:
        """History as it will be live: a little off, and sometimes of no help at all."""
        off = (torch.rand(len(history), 1, 1) < 0.5) * 0.08 * torch.randn_like(history)
        gone = torch.rand(len(history), 1, 1) < 0.04
        return torch.where(gone, torch.zeros_like(history), history + off)

    def _rolled(self, motion: Tensor, music: Tensor, style: Tensor, go_on: int) -> Tensor:
        """The history that the network itself would have danced after its first `go_on` frames."""
        config = self.model.config
        past = motion[:, : config.history_frames]
        with torch.no_grad():
            noise = torch.randn(len(past), config.plan_frames, config.numbers)
            plan = self._sampled(self.model, past, music[:, : config.window_frames], style, noise)
        return torch.cat((past, plan[:, :go_on]), dim=1)[:, -config.history_frames :]

    @staticmethod
    def _sampled(model: Denoiser, past: Tensor, music: Tensor, style: Tensor, noise: Tensor) -> Tensor:
        return sample_ddim(model, past, music, style, noise, model.config.log_snrs, model.config.inflate)

    def _average(self) -> None:
        share = min(self.settings.ema, (self.step + 1) / (self.step + 10))
        with torch.no_grad():
            for shown, live in zip(self.shown.parameters(), self.model.parameters(), strict=True):
                shown.lerp_(live, 1 - share)

    def examine(self) -> dict[str, float]:
        """The averaged weights on held-out windows, from pure noise: error of the whole sampled plan."""
        config = self.model.config
        motion, music, style = self._tensors(self.test.draw(np.random.default_rng(0), 32))
        past, target = motion[:, : config.history_frames], motion[:, config.history_frames :]
        noise = torch.randn(target.shape, generator=torch.Generator().manual_seed(0))
        with torch.no_grad():
            plan = self._sampled(self.shown, past, music, style, noise)
            judged = judge(self.shown, self.body, plan, target, past[:, -1:], torch.ones(len(plan)))
            near = (plan[:, :8] - target[:, :8]).pow(2).mean()
        return {"test_near": float(near), **{f"test_{name}": value for name, value in judged.terms.items()}}

    def save(self) -> None:
        """Weights to show, and all that a resumed run needs; complete or not there at all."""
        meta = {
            "config": msgspec.json.encode(self.model.config).decode(),
            "step": str(self.step),
            "minutes": f"{self.spent_s / 60:.1f}",
        }
        part = self.run / "dancer.safetensors.part"
        save_file(
            {name: value.contiguous() for name, value in self.shown.state_dict().items()}, part, metadata=meta
        )
        part.replace(self.run / "dancer.safetensors")
        state = {
            "model": self.model.state_dict(), "shown": self.shown.state_dict(),
            "optimiser": self.optimiser.state_dict(), "step": self.step, "spent_s": self.spent_s,
        }  # fmt: skip
        part = self.run / "state.pt.part"
        torch.save(state, part)
        part.replace(self.run / "state.pt")

    def _resume(self) -> None:
        state = torch.load(self.run / "state.pt", weights_only=True)
        self.model.load_state_dict(state["model"])
        self.shown.load_state_dict(state["shown"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.step, self.spent_s = state["step"], state["spent_s"]


def load_dancer(path: Path) -> tuple[Denoiser, dict[str, str]]:
    """The network of a .safetensors file and what its file says of it."""
    from safetensors import safe_open

    with safe_open(path, "pt") as file:
        meta = dict(file.metadata() or {})
    if "config" not in meta:
        raise ValueError(
            f"asked for a dancer in {path.name}, no model size is named: make one with `groovecast train dancer`"
        )
    model = Denoiser(msgspec.json.decode(meta["config"], type=ModelConfig))
    model.load_state_dict(load_file(path))
    return model.eval(), meta
