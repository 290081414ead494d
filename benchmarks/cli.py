"""`groovecast bench`: how fast it is on this machine, and what is in BENCHMARKS.md."""

import importlib
import sys
from typing import Annotated

from cyclopts import App, Parameter

from benchmarks.update import UpdateWishes
from benchmarks.update import update as measured

app = App(
    name="bench",
    help="How fast it is on this machine; every run appends a line to the results.",
    result_action="return_value",
    help_on_error=False,
)

_Words = Annotated[str, Parameter(allow_leading_hyphen=True)]
_UPDATE = UpdateWishes()


@app.command
def update(*, wishes: UpdateWishes = _UPDATE) -> None:
    """One update: engines side by side, alone and in a show, 1 to 16 dancers, against a teacher and EDGE's size."""
    measured(wishes=wishes)


@app.command
def report() -> None:
    """Print BENCHMARKS.md from the lines that are kept on this machine."""
    from benchmarks.report import printed

    sys.stdout.write(printed())


def _handed_on(name: str, *words: str) -> None:
    """A program that reads its own words."""
    importlib.import_module(f"benchmarks.{name}").main(list(words))


@app.command(help_flags=[])
def loop(*words: _Words) -> None:
    """The whole loop for minutes: the real command, and a client that watches; --help explains."""
    _handed_on("loop", *words)


@app.command(help_flags=[])
def dance(*words: _Words) -> None:
    """How well a model dances on a song: alive, whole, on the floor, on the beat; --help explains."""
    _handed_on("dance", *words)


@app.command(help_flags=[])
def offline(*words: _Words) -> None:
    """How much faster than live a song is danced to; --help explains."""
    _handed_on("offline", *words)


@app.command(help_flags=[])
def wire(*words: _Words) -> None:
    """What encoding a pose costs; --help explains."""
    _handed_on("wire", *words)


@app.command(help_flags=[])
def fanout(*words: _Words) -> None:
    """How old a pose is when it reaches 1, 50 and 200 clients; --help explains."""
    _handed_on("fanout", *words)
