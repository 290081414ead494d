"""Classic TensorRT's engine of a model, built by ONNX Runtime for the card in this machine and kept in its cache.

Unrun: it needs a card and NVIDIA's TensorRT.
"""

from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import entry_points
from pathlib import Path
from typing import Protocol

_OPENERS_GROUP = "groovecast.openers"  # nothing here imports the show


class Opened(Protocol):
    """A model on an engine."""

    @property
    def announcement(self) -> str:
        """Which engine it is, on what, and what starting it cost."""
        ...

    def close(self) -> None:
        """Give the device back."""
        ...


@dataclass(frozen=True)
class Wishes:
    """What is asked of the show's engines."""

    engine: str = "tensorrt"
    precision: str = "fp16"


Opener = Callable[[Path, Wishes], Opened]


def kept_for_this_card(folder: Path, opener: Opener | None = None) -> str:
    """Open the model as the show does, which builds and keeps its engine; what the show says of it.

    Raises what the show raises when the engine cannot start, with the mend.
    """
    opened = (opener or _shows_own())(folder, Wishes())
    opened.close()
    return opened.announcement


def _shows_own() -> Opener:
    for entry in entry_points(group=_OPENERS_GROUP, name="live"):
        opener: Opener = entry.load()
        return opener
    raise ImportError(
        "asked to open a model as the show does, this installation lacks its engines: install it again"
    )
