"""What a person can ask of a show; the command line is made from these."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

BUNDLED_MODEL = "groovecast-small"
MOST_OFFSET_MS = 1000.0


@Parameter(name="*")
@dataclass(frozen=True)
class DanceWishes:
    """How to dance."""

    model: str = BUNDLED_MODEL
    """A bundled model's name, or a model folder."""
    style: str = "auto"
    """salsa, street, modern, indian, break, martial, or auto: changes by the phrase."""
    seed: int = 1
    """Another seed, another dance."""
    intensity: float = 1.0
    """How hard to dance; 1 is as the music asks."""
    groove: float = 1.0
    """How deep to sink into every beat; 0 leaves that to the model."""


@Parameter(name="*")
@dataclass(frozen=True)
class ShowWishes:
    """Where the show is seen."""

    port: int = 8765
    """The port of page and stream; 0 takes any that is free."""
    host: str = "127.0.0.1"
    """The address to serve on; anything but this machine's own needs --token."""
    token: str | None = None
    """The word that whoever watches must know."""
    browser: bool = True
    """Open the page in a browser."""
    seconds: float | None = None
    """End by itself after so many seconds."""
    vmc: tuple[str, ...] = ()
    """HOST:PORT of a VMC receiver; may be given again for more."""
    record: Path | None = None
    """Record the dance to this .bvh file."""
    offset_ms: float = 0.0
    """Show everything so much later; negative is earlier."""
    json: Annotated[bool, Parameter(negative=())] = False
    """At the end print one JSON object, and nothing else, to standard output."""

    def __post_init__(self) -> None:
        if not abs(self.offset_ms) <= MOST_OFFSET_MS:
            most = f"-{MOST_OFFSET_MS:g} to {MOST_OFFSET_MS:g}"
            raise ValueError(f"asked for --offset-ms {self.offset_ms}: give {most}, negative is earlier")
        if self.seconds is not None and not 0 < self.seconds < float("inf"):
            raise ValueError(f"asked for --seconds {self.seconds}: give more than 0")
