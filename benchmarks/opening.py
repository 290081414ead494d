"""Which engines and precisions a benchmark is to open, and how one is opened cold."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

from groovecast.model.graph import PRECISIONS
from groovecast.model.manifest import read_manifest
from realtime.engine import ModelGenerator, opened
from realtime.engines.cache import EngineCache, engine_folder
from realtime.engines.choice import AUTO, all_kinds
from realtime.engines.kind import EngineKind, Opening
from realtime.engines.warm_up import example_inputs


@dataclass(frozen=True)
class Candidate:
    """An engine at a precision, and why it is left out, if it is."""

    engine: str
    precision: str
    reason: str = ""

    @property
    def name(self) -> str:
        """As it is asked for."""
        return f"{self.engine}:{self.precision}"


def candidates(asked: str | None, folder: Path, kinds: Sequence[EngineKind] | None = None) -> list[Candidate]:
    """What was asked for as `cpu:fp32,cuda`, or without a word every engine, each with all that the model has for it.

    An engine that cannot start here is named with the reason. Raises ValueError for words that name none.
    """
    kinds = all_kinds() if kinds is None else kinds
    known = {kind.name: kind for kind in kinds}
    has = tuple(one.precision for one in read_manifest(folder).artefacts)
    if asked is None:
        return [one for kind in kinds for one in _of_kind(kind, has)]
    found: list[Candidate] = []
    for word in asked.split(","):
        name, _, precision = word.strip().partition(":")
        if name not in known or precision not in ("", *PRECISIONS):
            raise ValueError(
                f"asked for {word.strip()!r}, there are {', '.join(known)}, each as NAME or "
                f"NAME:{'|'.join(PRECISIONS)}: choose of these, with commas between"
            )
        found += [Candidate(name, precision)] if precision else _of_kind(known[name], has)
    return found


def _of_kind(kind: EngineKind, has: Sequence[str]) -> list[Candidate]:
    obstacle = kind.obstacle()
    if obstacle is not None:
        return [Candidate(kind.name, AUTO, obstacle.found)]
    takes = kind.precisions()
    return [Candidate(kind.name, one) for one in has if one in takes]


@dataclass(frozen=True)
class AskedEngine:
    """An engine by its name, at a precision."""

    engine: str
    precision: str


def opened_as(folder: Path, asked: AskedEngine, batch: int = 1) -> ModelGenerator:
    """A model on an engine, warm. Raises as `realtime.engine.opened` does."""
    return opened(folder, asked, batch)


def cold_ms(folder: Path, asked: AskedEngine) -> tuple[float, float]:
    """Loading library and model with its hashes checked, and the very first plan; caches are used as they are found.

    In a process that has opened no engine before. Raises EngineError or ValueError, as the engine does.
    """
    kind = next(one for one in all_kinds() if one.name == asked.engine)
    begin = perf_counter()
    cache = EngineCache(engine_folder(), _unsaid)
    engine = kind.open(Opening(folder, read_manifest(folder), asked.precision, 1, cache, _unsaid))
    loaded = perf_counter()
    engine.run(example_inputs(engine.graph, 1))
    planned = perf_counter()
    engine.close()
    return 1000 * (loaded - begin), 1000 * (planned - loaded)


def _unsaid(line: str) -> None:
    """What an engine says while it is built is said when it is opened in earnest."""
