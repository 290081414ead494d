"""The folder of one training run: what is needed to go on, the weights to show, and a log line per interval."""

import json
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch import nn


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

    def state(self, device: str = "cpu") -> dict[str, Any] | None:
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


def average(shown: nn.Module, live: nn.Module, share: float, step: int) -> None:
    """Let the averaged weights follow: `share` of them stays, less in the first steps."""
    share = min(share, (step + 1) / (step + 10))
    with torch.no_grad():
        for old, new in zip(shown.parameters(), live.parameters(), strict=True):
            old.lerp_(new, 1 - share)
