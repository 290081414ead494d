"""How an ear is trained: short stretches of rendered music, weathered anew each time, and the truth for each hop."""

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
from torch.nn import functional

from groovecast.audio.ear import BEAT, DOWNBEAT, HOPS_PER_STEP, PULSE, TEMPO, EarConfig
from groovecast.model.ear_network import Ear
from groovecast.train.ear_data import EarSongs, Lesson

_PULSE_WEIGHT, _TEMPO_WEIGHT = (
    0.05,
    0.02,
)  # beside beat and downbeat, whose losses are small: most hops are easy
_SCALE = 10.0  # brings the sum near one


@dataclass(frozen=True)
class EarSettings:
    """How long and how hard to train. The learning rate falls along a cosine over the wall-clock budget."""

    minutes: float = 60.0
    batch: int = 12
    hops: int = 2000  # 20 s
    learning_rate: float = 2e-3
    warmup_steps: int = 50
    ema: float = 0.995
    seed: int = 3
    save_every_s: float = 120.0


class EarTrainer:
    """One training run; everything that a resumed run needs is in its folder."""

    def __init__(
        self, songs: Path, run: Path, settings: EarSettings, config: EarConfig, now_s: Callable[[], float]
    ) -> None:
        torch.manual_seed(settings.seed)
        torch.set_num_threads(1)
        self.settings, self.run = settings, run
        run.mkdir(parents=True, exist_ok=True)
        self.data = EarSongs(songs)
        self.model = Ear(config)
        self.shown = copy.deepcopy(self.model)
        self.optimiser = torch.optim.AdamW(
            self.model.parameters(),
            lr=settings.learning_rate,
            weight_decay=0.01,
            betas=(0.9, 0.98),
            fused=True,
        )
        self.step, self.spent_s = 0, 0.0
        self._now_s = now_s
        if (run / "state.pt").exists():
            self._resume()
        self.rng = np.random.default_rng([settings.seed, self.step])
        self._test = self.data.draw(np.random.default_rng(0), 48, settings.hops, held_out=True)

    def fit(self, told: Callable[[dict[str, float]], None]) -> None:
        """Train until the budget is spent; `told` gets a line now and then."""
        settings, begun_s, saved_s = self.settings, self._now_s() - self.spent_s, self._now_s()
        recent: list[dict[str, float]] = []
        while self.spent_s < settings.minutes * 60:
            for group in self.optimiser.param_groups:
                group["lr"] = self._rate()
            recent.append(self._descend())
            self.step += 1
            self.spent_s = self._now_s() - begun_s
            if self.step % 100 == 0:
                self.data.read_more()
                line = {name: float(np.mean([one[name] for one in recent])) for name in recent[0]}
                line |= {"step": self.step, "minutes": self.spent_s / 60, **self.examine()}
                recent.clear()
                with (self.run / "log.jsonl").open("a", encoding="utf-8") as log:
                    log.write(json.dumps({name: round(value, 5) for name, value in line.items()}) + "\n")
                told(line)
            if self._now_s() - saved_s > settings.save_every_s:
                self.save()
                saved_s = self._now_s()
        self.save()

    def _rate(self) -> float:
        done = min(1.0, self.spent_s / (self.settings.minutes * 60))
        warm = min(1.0, (self.step + 1) / self.settings.warmup_steps)
        return float(self.settings.learning_rate * warm * (0.02 + 0.98 * 0.5 * (1 + np.cos(np.pi * done))))

    def _descend(self) -> dict[str, float]:
        lesson = self.data.draw(self.rng, self.settings.batch, self.settings.hops)
        terms = judged(self.model, lesson)
        self.optimiser.zero_grad(set_to_none=True)
        torch.autograd.backward(_SCALE * torch.stack(list(terms.values())).sum())
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimiser.step()
        share = min(self.settings.ema, (self.step + 1) / (self.step + 10))
        with torch.no_grad():
            for shown, live in zip(self.shown.parameters(), self.model.parameters(), strict=True):
                shown.lerp_(live, 1 - share)
        return {name: value.item() for name, value in terms.items()}

    def examine(self) -> dict[str, float]:
        """The averaged weights on songs that are never trained on."""
        with torch.no_grad():
            terms = judged(self.shown, self._test)
        return {f"test_{name}": float(value) for name, value in terms.items()}

    def save(self) -> None:
        """Weights to show, and all that a resumed run needs; complete or not there at all."""
        meta = {
            "config": msgspec.json.encode(self.model.config).decode(),
            "step": str(self.step), "minutes": f"{self.spent_s / 60:.1f}", "songs": str(len(self.data.songs)),
        }  # fmt: skip
        part = self.run / "ear.safetensors.part"
        save_file(
            {name: value.contiguous() for name, value in self.shown.state_dict().items()}, part, metadata=meta
        )
        part.replace(self.run / "ear.safetensors")
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


def judged(model: Ear, lesson: Lesson) -> dict[str, Tensor]:
    """The loss in its parts: cross-entropies of beat and downbeat for each hop, of pulse and tempo for each step."""
    logits, _ = model(torch.from_numpy(lesson.inputs))
    steps = logits.shape[1]
    truth = {name: torch.from_numpy(value) for name, value in vars(lesson).items()}
    shape = (-1, steps, HOPS_PER_STEP)
    known = truth["tempo"] >= 0
    tempo = functional.cross_entropy(logits[..., TEMPO][known], truth["tempo"][known], label_smoothing=0.05)
    cross = functional.binary_cross_entropy_with_logits
    return {
        "beat": cross(logits[..., BEAT], truth["beat"].reshape(shape)),
        "downbeat": cross(logits[..., DOWNBEAT], truth["downbeat"].reshape(shape)),
        "pulse": _PULSE_WEIGHT * cross(logits[..., PULSE].squeeze(-1), truth["pulse"]),
        "tempo": _TEMPO_WEIGHT * tempo,
    }


def load_ear(path: Path) -> tuple[Ear, dict[str, str]]:
    """The network of a .safetensors file and what its file says of it."""
    from safetensors import safe_open

    with safe_open(path, "pt") as file:
        meta = dict(file.metadata() or {})
    if "config" not in meta:
        raise ValueError(
            f"asked for an ear in {path.name}, no size is named: make one with `groovecast train ears`"
        )
    model = Ear(msgspec.json.decode(meta["config"], type=EarConfig))
    model.load_state_dict(load_file(path))
    return model.eval(), meta
