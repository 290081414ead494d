"""What every engine promises: a model's graph, ready and warm, from arrays to arrays."""

from collections.abc import Mapping
from typing import Protocol, runtime_checkable

import numpy as np

from groovecast.model.graph import Graph


class EngineError(RuntimeError):
    """A named engine cannot start: what was asked, what was found, the mend."""


@runtime_checkable
class Engine(Protocol):
    """A graph on a device, for a batch that is fixed when it is opened."""

    @property
    def name(self) -> str:
        """As it is asked for: cpu, cuda, rtx, ..."""
        ...

    @property
    def device(self) -> str:
        """What it runs on, in words: a processor and its threads, or a card's name."""
        ...

    @property
    def graph(self) -> Graph:
        """What it runs."""
        ...

    @property
    def batch(self) -> int:
        """How many dancers one call plans for."""
        ...

    def run(self, inputs: Mapping[str, np.ndarray]) -> Mapping[str, np.ndarray]:
        """Dance thread. All outputs of `graph`, of inputs in its shapes. What it answers holds until the next call."""
        ...

    def close(self) -> None:
        """Give the device back. Nothing may be asked afterwards."""
        ...
