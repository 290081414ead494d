"""A kind of engine before it is opened: its name, what keeps it from starting here, and what it is opened for."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Protocol

from groovecast.model.graph import Graph, graph_of
from groovecast.model.manifest import Manifest
from groovecast.model.rtx_builder import LARGEST_BATCH
from realtime.clock import Clock, MonotonicClock
from realtime.engines.cache import EngineCache
from realtime.engines.engine import Engine

MOST_DANCERS = LARGEST_BATCH  # in one batch, of any engine


@dataclass(frozen=True)
class Obstacle:
    """Why an engine cannot start on this machine, and what to do about it."""

    found: str
    mend: str


@dataclass(frozen=True)
class Opening:
    """What an engine is opened for, and what it may use meanwhile."""

    folder: Path
    manifest: Manifest
    precision: str  # auto until an engine is chosen
    batch: int
    cache: EngineCache
    say: Callable[[str], None]  # what takes long, and why
    clock: Clock = field(default_factory=MonotonicClock)

    @property
    def precisions(self) -> tuple[str, ...]:
        """Those that the model was exported in."""
        return tuple(one.precision for one in self.manifest.artefacts)

    @cached_property
    def graph(self) -> Graph:
        """What to run. Raises ValueError with the mend when the model has none of this precision."""
        return graph_of(self.folder, self.manifest, self.precision)


class EngineKind(Protocol):
    """One engine by its name. Nothing of it is loaded until it is asked."""

    @property
    def name(self) -> str:
        """As it is asked for."""
        ...

    def precisions(self) -> tuple[str, ...]:
        """What it reckons with, the best first."""
        ...

    def obstacle(self) -> Obstacle | None:
        """What can be seen to be missing before it is opened."""
        ...

    def ready(self, opening: Opening) -> bool:
        """Whether it starts in seconds; one that has to be built for minutes is built for those who name it."""
        ...

    def open(self, opening: Opening) -> Engine:
        """The engine. Raises EngineError with the mend when it cannot start; never another engine in its place."""
        ...
