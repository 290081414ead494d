"""What every training has in common: a budget of time, a falling rate, averaged weights, a folder to go on from."""

import copy
import json
from abc import ABC, abstractmethod
from collections.abc import Callable
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

import numpy as np
import torch
from safetensors.torch import save_file
from torch import nn

Net = TypeVar("Net", bound=nn.Module)


class Pace(Protocol):
    """How long and how hard to train: the part of the settings that every training has."""

    @property
    def minutes(self) -> float:
        """The budget of wall-clock time."""

    @property
    def learning_rate(self) -> float:
        """The highest; it falls along a cosine over the budget."""

    @property
    def warmup_steps(self) -> int:
        """Over which it rises."""

    @property
    def ema(self) -> float:
        """How much of the averaged weights stays at each step."""

    @property
    def save_every_s(self) -> float:
        """How often the folder is written."""

    @property
    def device(self) -> str:
        """Where to train: cpu or cuda."""


class RunFolder:
    """`state.pt`, `NAME.safetensors` and `log.jsonl` of one run; each file is complete or not there at all."""

    def __init__(self, folder: Path, name: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.name = folder, name

    @property
    def weights(self) -> Path:
        """The averaged weights."""
        return self.folder / f"{self.name}.safetensors"

    def save(self, shown: nn.Module, said: dict[str, str], state: dict[str, Any]) -> None:
        """Write the weights with what is said of them, and the state to go on from."""
        part = self.weights.with_suffix(".safetensors.part")
        tensors = {name: value.detach().cpu().contiguous() for name, value in shown.state_dict().items()}
        save_file(tensors, part, metadata=said)
        part.replace(self.weights)
        part = self.folder / "state.pt.part"
        torch.save(state, part)
        part.replace(self.folder / "state.pt")

    def state(self, device: str) -> dict[str, Any] | None:
        """Where an earlier run in this folder stopped; None: there was none."""
        path = self.folder / "state.pt"
        if not path.exists():
            return None
        state: dict[str, Any] = torch.load(path, map_location=device, weights_only=True)
        return state

    def log(self, line: dict[str, float]) -> None:
        """One JSON line more."""
        with (self.folder / "log.jsonl").open("a", encoding="utf-8") as log:
            log.write(json.dumps({name: round(value, 5) for name, value in line.items()}) + "\n")


class Training(ABC, Generic[Net]):
    """One run of steps; everything that a resumed run needs is in its folder."""

    log_every_steps = 50

    def __init__(
        self,
        pace: Pace,
        folder: RunFolder,
        model: Net,
        now_s: Callable[[], float],
        *,
        betas: tuple[float, float] = (0.9, 0.98),
        weight_decay: float,
    ) -> None:
        self.pace, self.folder = pace, folder
        self.model = model
        self.shown = copy.deepcopy(model).requires_grad_(False)  # the averaged weights
        self._optimiser = torch.optim.AdamW(
            model.parameters(), lr=pace.learning_rate, betas=betas, weight_decay=weight_decay, fused=True
        )
        self.step, self.spent_s = 0, 0.0
        self._now_s = now_s
        state = folder.state(pace.device)
        if state is not None:
            self.model.load_state_dict(state["model"])
            self.shown.load_state_dict(state["shown"])
            self._optimiser.load_state_dict(state["optimiser"])
            self.step, self.spent_s = state["step"], state["spent_s"]

    @abstractmethod
    def losses(self, done: float) -> tuple[torch.Tensor, dict[str, float]]:
        """What to descend in this step, at this share of the budget, and the parts of it for the log."""

    @abstractmethod
    def examine(self) -> dict[str, float]:
        """Figures of the averaged weights on what is never trained on."""

    @abstractmethod
    def said(self) -> dict[str, str]:
        """What the file of weights says of itself beside its step and minutes."""

    def fit(self, told: Callable[[dict[str, float]], None]) -> None:
        """Train until the budget is spent; `told` gets a line of figures now and then."""
        budget_s = self.pace.minutes * 60
        saved_s, before_s = self.spent_s, self._now_s()
        recent: list[dict[str, float]] = []
        while self.spent_s < budget_s:
            recent.append(self._descend(self.spent_s / budget_s))
            now_s = self._now_s()
            self.spent_s, before_s = self.spent_s + now_s - before_s, now_s
            if self.step % self.log_every_steps == 0:
                line = {name: float(np.mean([one[name] for one in recent])) for name in recent[0]}
                line |= {"step": self.step, "minutes": self.spent_s / 60, **self.examine()}
                recent.clear()
                self.folder.log(line)
                told(line)
            if self.spent_s - saved_s > self.pace.save_every_s:
                self.save()
                saved_s = self.spent_s
        self.save()

    def _descend(self, done: float) -> dict[str, float]:
        for group in self._optimiser.param_groups:
            group["lr"] = fallen(self.pace, done, self.step)
        loss, terms = self.losses(done)
        self._optimiser.zero_grad(set_to_none=True)
        torch.autograd.backward(loss)
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self._optimiser.step()
        average(self.shown, self.model, self.pace.ema, self.step)
        self.step += 1
        return terms

    def save(self) -> None:
        """Weights to show, and all that a resumed run needs."""
        state = {
            "model": self.model.state_dict(), "shown": self.shown.state_dict(),
            "optimiser": self._optimiser.state_dict(), "step": self.step, "spent_s": self.spent_s,
        }  # fmt: skip
        said = {"step": str(self.step), "minutes": f"{self.spent_s / 60:.1f}"}
        self.folder.save(self.shown, said | self.said(), state)


def fallen(pace: Pace, done: float, step: int) -> float:
    """The learning rate after a share of the budget: a short rise, then a cosine down to a fiftieth."""
    warm = min(1.0, (step + 1) / pace.warmup_steps)
    return pace.learning_rate * warm * (0.02 + 0.98 * 0.5 * (1 + float(np.cos(np.pi * min(done, 1.0)))))


def average(shown: nn.Module, live: nn.Module, share: float, step: int) -> None:
    """Let the averaged weights follow: `share` of them stays, less in the first steps."""
    share = min(share, (step + 1) / (step + 10))
    with torch.no_grad():
        for old, new in zip(shown.parameters(), live.parameters(), strict=True):
            old.lerp_(new, 1 - share)
