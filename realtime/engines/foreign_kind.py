"""Engines that other packages bring, found by their names: PyTorch's, which the show itself never loads."""

from importlib.metadata import EntryPoint, entry_points
from typing import Any  # a class of another package

from realtime.engines.engine import Engine, EngineError
from realtime.engines.kind import Obstacle, Opening

ENGINES_GROUP = "groovecast.engines"
_AGAIN = "install it again as docs/engines.md says, or choose --engine cpu"


class ForeignKind:
    """A class named by an entry point.

    It is called with (folder, graph, batch, say), and raises what it likes. Its class method `precisions` says what it
    reckons with on this machine, the best first.
    """

    def __init__(self, entry: EntryPoint) -> None:
        self._entry = entry

    @property
    def name(self) -> str:
        """As it is asked for."""
        return self._entry.name

    def precisions(self) -> tuple[str, ...]:
        """What it reckons with, the best first."""
        precisions: tuple[str, ...] = self._loaded().precisions()
        return precisions

    def obstacle(self) -> Obstacle | None:
        """That its package, or one that it needs, is missing or does not load."""
        try:
            self.precisions()
        except (ImportError, OSError) as why:
            # a package that is there and whose libraries do not load says it only in words
            missing = getattr(why, "name", None) if isinstance(why, ModuleNotFoundError) else None
            if missing is None or "." in missing:
                said = " ".join(str(why).split())
                return Obstacle(f"that it does not load ({said})", _AGAIN)
            train = missing in ("torch", "safetensors", "onnx")
            mend = 'pip install "groovecast[train]"' if train else f"pip install {self.name}"
            return Obstacle(f"no {missing}", mend)
        return None

    def ready(self, opening: Opening) -> bool:
        """Nobody gets it who did not name it."""
        return False

    def open(self, opening: Opening) -> Engine:
        """The engine. Raises EngineError with the mend when it cannot start."""
        try:
            engine = self._loaded()(opening.folder, opening.graph, opening.batch, opening.say)
        except (ImportError, OSError, RuntimeError, ValueError) as why:
            said = " ".join(str(why).split())
            if said.startswith("asked "):
                raise EngineError(said) from why
            raise EngineError(
                f"asked for engine {self.name}, it raised {type(why).__name__} ({said}): choose --engine cpu"
            ) from why
        if not isinstance(engine, Engine):
            raise EngineError(
                f"asked for engine {self.name}, {self._entry.value} is none: install another version"
            )
        return engine

    def _loaded(self) -> Any:
        return self._entry.load()


def foreign_kinds() -> list[ForeignKind]:
    """All that are installed."""
    return [ForeignKind(entry) for entry in entry_points(group=ENGINES_GROUP)]
