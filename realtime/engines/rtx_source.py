"""Which engine of TensorRT for RTX runs: the one that shipped, one built here before, or one that is built now."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any  # TensorRT's bindings have no types

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from groovecast.model.graph import Graph
from groovecast.model.manifest import Manifest, checked_file
from groovecast.model.rtx_builder import (
    LARGEST_BATCH,
    RTX_KIND,
    TROUBLES,
    built_rtx,
    rtx_library,
    rtx_troubles,
)
from realtime.engines.cache import CacheKey, EngineCache
from realtime.engines.card import Card, cards
from realtime.engines.cuda_driver import CudaDriver
from realtime.engines.engine import EngineError

CPU_MEND = "see groovecast doctor, or choose --engine cpu"
_LEAST_CUDA = (13, 0)  # the wheels of the rtx extra are made for it, and any later 13 takes them
_LEAST_CAPABILITY = (8, 0)  # Ampere: TensorRT for RTX multiplies no single precision on Turing
_DRIVER_MEND = "install a newer driver from nvidia.com/drivers, or choose --engine cpu"
_CARD_MEND = "an RTX card of the 30 series or later runs it, choose --engine cuda or cpu"
_MENDS = {
    "UNSUPPORTED_CC": _CARD_MEND,
    "OLD_CUDA_DRIVER": _DRIVER_MEND,
    "OLD_CUDA_RUNTIME": _DRIVER_MEND,
    "INSUFFICIENT_GPU_MEMORY": "close what else uses the card, or choose --engine cpu",
}
_MENDED_BY_BUILDING = {"MALFORMED_ENGINE", "VERSION_MISMATCH"}

# What shipped with the model for this version of the library, if anything did.
Shipped = Callable[[str], bytes | None]


@dataclass(frozen=True)
class Installed:
    """What an engine takes of NVIDIA's: that of this machine, unless tests name other bindings or another driver."""

    bindings: Any = None
    driver: str | None = None


THIS_MACHINE = Installed()


def shipped_rtx(
    folder: Path, manifest: Manifest, graph: Graph, library: str, say: Callable[[str], None]
) -> bytes | None:
    """The engine that came with a model, if this library built it of this graph; None, and said, if it does not fit."""
    for built in manifest.engines:
        if built.kind != RTX_KIND or built.precision != graph.artefact.precision:
            continue
        its = f"{built.file} of model {manifest.name!r}"
        if built.made_of != graph.sha256:
            say(f"{its} was made of another graph, so it is not used")
        elif built.library != library:
            say(f"{its} was built by {built.library} and here is {library}, so it is not used")
        else:
            try:
                return checked_file(folder, manifest.files, built.file)
            except ValueError as why:
                say(f"{why}; until then it is built here")
    return None


@dataclass(frozen=True)
class RtxSource:
    """Where a card's engine of a graph is looked for."""

    graph: Graph
    bindings: Any
    card: Card
    cache: EngineCache
    say: Callable[[str], None]

    @property
    def library(self) -> str:
        """The library and its version, the part of every key that updates change."""
        return rtx_library(self.bindings)

    def engine(self, shipped: Shipped) -> bytes:
        """One that fits. Raises EngineError with the mend when none would, and RtxError when none can be built.

        The card's context must be entered: TensorRT looks at the card when it judges.
        """
        key = CacheKey(
            "engine", RTX_KIND, self.graph.sha256, self.graph.artefact.precision, LARGEST_BATCH, self.library
        )
        places: tuple[tuple[str, Callable[[], bytes | None]], ...] = (
            ("that shipped", lambda: shipped(self.library)),
            ("kept", lambda: self.cache.read(key)),
        )
        for whence, found in places:
            content = found()
            if content is None:
                continue
            troubles = self._troubles(content)
            if not troubles:
                return content
            self.say(f"the RTX engine {whence} is not used, for {in_words(troubles)}")
        with waiting(f"building its engine of {self.graph.artefact.file}, once: some seconds", self.say):
            content = built_rtx(self.graph, self.bindings)
        if troubles := self._troubles(content):
            raise EngineError(
                f"asked for engine rtx, TensorRT says of what it built that {in_words(troubles)}: {CPU_MEND}"
            )
        self.cache.write(key, content)
        return content

    def kernels_key(self, batch: int) -> CacheKey:
        """Under which what was compiled for this card is kept."""
        return CacheKey(
            what="kernels",
            engine=RTX_KIND,
            graph=self.graph.sha256,
            precision=self.graph.artefact.precision,
            batch=batch,
            library=self.library,
            device=self.card.name,
            capability=self.card.capability,
            driver=self.card.driver,
        )

    def _troubles(self, content: bytes) -> tuple[str, ...]:
        """What building again mends. Raises EngineError for what it does not."""
        troubles = rtx_troubles(content, self.bindings)
        if lasting := [one for one in troubles if one not in _MENDED_BY_BUILDING]:
            mend = next((_MENDS[one] for one in lasting if one in _MENDS), CPU_MEND)
            card = f"{self.card.name}, compute capability {version(self.card.capability)}, driver {self.card.driver}"
            raise EngineError(
                f"asked for engine rtx on {card}, TensorRT says of its engine that {in_words(troubles)}: {mend}"
            )
        return troubles


def chosen_card(library: str | None) -> tuple[CudaDriver, int, Card]:
    """The first card that TensorRT for RTX may take, its number and its driver. Raises EngineError with the mend."""
    there = cards(library, library)
    if not there:
        raise EngineError(
            "asked for engine rtx, found no NVIDIA card with a driver: "
            "install its driver from nvidia.com/drivers, or choose --engine cpu"
        )
    number = next((place for place, one in enumerate(there) if one.capability >= _LEAST_CAPABILITY), None)
    if number is None:
        found = ", ".join(f"{one.name} (compute capability {version(one.capability)})" for one in there)
        raise EngineError(f"asked for engine rtx, found {found}: {_CARD_MEND}")
    card = there[number]
    if card.cuda < _LEAST_CUDA:
        found = f"{card.name} with driver {card.driver}, and CUDA {version(_LEAST_CUDA)} is needed"
        raise EngineError(f"asked for engine rtx, found {found}: {_DRIVER_MEND}")
    return CudaDriver(library), number, card


@contextmanager
def waiting(what: str, say: Callable[[str], None], shown: Console | None = None) -> Iterator[None]:
    """Say it once, and where standard error is a terminal show a bar and the seconds for as long as it takes.

    The bar knows no end: what a card compiles is reported by nobody, and what the builder reports (`IProgressMonitor`)
    stands still for nine tenths of the time.
    """
    say(f"engine rtx is {what}")
    console = shown or Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        progress.add_task(what, total=None)
        yield


def in_words(troubles: tuple[str, ...]) -> str:
    """What is wrong with an engine."""
    return " and ".join(TROUBLES[one] for one in troubles)


def version(numbers: tuple[int, int]) -> str:
    """A version of two numbers."""
    return ".".join(str(one) for one in numbers)
