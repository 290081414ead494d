"""What a person can ask of the referee; the command line is made from it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from realtime.settings import BUNDLED_MODEL


@Parameter(name="*")
@dataclass(frozen=True)
class EvaluationWishes:
    """What to judge, and beside what."""

    model: str = BUNDLED_MODEL
    """A bundled model's name, or a model folder."""
    engine: str = "auto"
    """The engine that it dances on, and the teacher too."""
    precision: Literal["auto", "fp32", "fp16", "int8"] = "auto"
    """What the engine reckons with; auto: what it is best at. The teacher's too, if it has that; else fp32."""
    songs: Path | None = None
    """A folder of songs, NAME.json with the true beats beside each; without it our own are rendered."""
    takes: Path | None = None
    """The take cache of `groovecast train takes`: ground truth, retrieval baseline and all distances need it."""
    teacher: str | None = None
    """The model folder of a slower model, to stand beside."""
    style: str = "auto"
    """What to dance; auto changes by the phrase."""
    seed: int = 1
    """The dancer's seed; the second dance of each song has the next one."""
    seconds: float = 60.0
    """How much of each song."""
    minutes: float = 0.0
    """Dance the bundled track for so long as well (10 as a rule), and compare its last minute with its first."""
    motion: Path | None = None
    """Judge these takes (.bvh, .npz, .npy, .pkl, .vrma) instead of a model; --music has a song of each name."""
    music: Path | None = None
    """The songs of --motion."""
    keep: Path | None = None
    """A folder to write each dance to as NAME.npz, which --motion judges again."""
    pictures: Path | None = None
    """A folder for pictures: stick figures over the beats, feet, and a moving picture, of each song and each genre."""
    json: Annotated[bool, Parameter(negative=())] = False
    """Print one JSON object, and nothing else, to standard output."""

    def __post_init__(self) -> None:
        if (self.motion is None) != (self.music is None):
            raise ValueError("asked for one of --motion and --music: give both")
        if not 20 <= self.seconds <= 600:
            raise ValueError(f"asked for --seconds {self.seconds:g}: give 20 to 600")
        if self.minutes and not 2 <= self.minutes <= 60:
            raise ValueError(f"asked for --minutes {self.minutes:g}: give 2 to 60, or 0 for none")
