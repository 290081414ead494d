"""How an ear is trained: short stretches of rendered music, weathered anew each time, and the truth for each hop."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np
import torch
from safetensors.torch import load_file
from torch import Tensor
from torch.nn import functional

from groovecast.audio.ear import BEAT, DOWNBEAT, HOPS_PER_STEP, PULSE, TEMPO, EarConfig
from groovecast.model.ear_network import Ear
from groovecast.train.ear_data import EarSongs, Lesson
from groovecast.train.run import RunFolder, Training

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
    device: str = "cpu"


class EarTrainer(Training[Ear]):
    """One training run; everything that a resumed run needs is in its folder."""

    log_every_steps = 100

    def __init__(
        self, songs: Path, run: Path, settings: EarSettings, config: EarConfig, now_s: Callable[[], float]
    ) -> None:
        torch.manual_seed(settings.seed)
        torch.set_num_threads(1)
        self.settings, self.data = settings, EarSongs(songs)
        super().__init__(settings, RunFolder(run, "ear"), Ear(config), now_s, weight_decay=0.01)
        self.rng = np.random.default_rng([settings.seed, self.step])
        self._test = self.data.draw(np.random.default_rng(0), 48, settings.hops, held_out=True)

    def losses(self, done: float) -> tuple[Tensor, dict[str, float]]:
        """The loss on fresh lessons; songs that were rendered meanwhile are taken in."""
        if self.step % self.log_every_steps == 0:
            self.data.read_more()
        terms = judged(self.model, self.data.draw(self.rng, self.settings.batch, self.settings.hops))
        loss: Tensor = _SCALE * torch.stack(list(terms.values())).sum()
        return loss, {name: value.item() for name, value in terms.items()}

    def examine(self) -> dict[str, float]:
        """The averaged weights on songs that are never trained on."""
        with torch.no_grad():
            terms = judged(self.shown, self._test)
        return {f"test_{name}": float(value) for name, value in terms.items()}

    def said(self) -> dict[str, str]:
        """Its size, and how many songs it learned from."""
        return {
            "config": msgspec.json.encode(self.model.config).decode(),
            "songs": str(len(self.data.songs)),
        }


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
