"""What one update costs: engines and precisions side by side, cold and warm, alone and in a show, and against others.

python -m benchmarks.update [--engines cpu:fp32,cpu:int8] [--seconds 60] [--model NAME] [--note TEXT] [--no-keep]

The same as `groovecast bench update`, which explains each option. Every engine and every rival runs in a process of
its own, one after the other; what cannot run here is left out, with the reason in the line.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

from cyclopts import App, Parameter

from benchmarks.answered import answered
from benchmarks.opening import Candidate, candidates
from benchmarks.per_second import comparisons, disturbed_cores
from benchmarks.record import Neighbours, keep, libraries, nameless, nameless_line, origin, print_table
from realtime.engines.card import cards
from realtime.engines.kind import MOST_DANCERS
from realtime.settings import BUNDLED_MODEL
from realtime.shows import model_folder

_TEACHES_ON = ("cuda", "directml")  # cards' engines that take any graph as it is
_MILLISECONDS = ("update_ms", "engine_ms", "update_alone_ms", "engine_alone_ms")


@Parameter(name="*")
@dataclass(frozen=True)
class UpdateWishes:
    """What to measure."""

    engines: str | None = None
    """Of these engines alone, as cpu:fp32,cpu:int8,cuda; all that can start here without it."""
    model: str = BUNDLED_MODEL
    """A bundled model's name, or a model folder."""
    seconds: float = 60.0
    """How long each engine's show runs."""
    batches: str = "1,2,4,8,16"
    """How many dancers at once."""
    teacher: Path | None = None
    """The model folder of a teacher; without it a network of its size with random weights."""
    rivals: bool = True
    """Measure teacher and EDGE-sized network too; they need the train extra."""
    evaluations: int = 20
    """How often the EDGE-sized network is timed; a dance of 5 s needs 100."""
    note: str = ""
    """What else the machine was doing."""
    keep: bool = True
    """Append the line to the results."""
    json: Annotated[bool, Parameter(negative=())] = False
    """Print one JSON object, and nothing else, to standard output."""

    def __post_init__(self) -> None:
        if not 2 <= self.seconds < float("inf"):
            raise ValueError(f"asked for a show of {self.seconds} s: give 2 or more")
        if self.evaluations < 1:
            raise ValueError(f"asked for {self.evaluations} evaluations: give 1 or more")

    @property
    def dancers(self) -> list[int]:
        """The batches. Raises ValueError with the mend."""
        words = self.batches.split(",")
        if not all(word.strip().isdecimal() and 1 <= int(word) <= MOST_DANCERS for word in words):
            raise ValueError(
                f"asked for --batches {self.batches}: give 1 to {MOST_DANCERS}, with commas between"
            )
        return [int(word) for word in words]


class LeftOut(Exception):
    """Something could not be measured here, and why."""


Row = dict[str, Any]  # of JSON
Run = Callable[[str, Sequence[str]], Row | list[Row]]


def in_own_process(module: str, words: Sequence[str]) -> Row | list[Row]:
    """What `python -m benchmarks.MODULE words...` prints as JSON. Raises LeftOut with its last line."""
    command = [sys.executable, "-m", f"benchmarks.{module}", *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        said = (done.stderr.strip().splitlines() or [f"it ended with {done.returncode}"])[-1]
        mend = ': pip install "groovecast[train]"' if said.startswith("ModuleNotFoundError") else ""
        raise LeftOut(said + mend)
    try:  # libraries may have talked before
        told: Row | list[Row] = json.loads(done.stdout.strip().splitlines()[-1])
    except (ValueError, IndexError):
        raise LeftOut("it ended without figures") from None
    return told


@dataclass(frozen=True)
class Bench:
    """One run of everything; `run` starts each part, `say` hears what is being measured."""

    wishes: UpdateWishes
    run: Run
    say: Callable[[str], None]

    def line(self) -> dict[str, object]:
        """The line of this run. Raises ValueError for bad wishes, RuntimeError when no engine could be measured."""
        wishes, neighbours = self.wishes, Neighbours()
        line = origin("update") | {
            "cards": [asdict(card) for card in cards()],
            "libraries": libraries(),
            "seconds": wishes.seconds,
        }
        left_out: dict[str, str] = {}
        rows = self.engine_rows(left_out)
        if not rows:
            reasons = "; ".join(f"{what}: {why}" for what, why in left_out.items())
            raise RuntimeError(f"asked to measure engines, none could be ({reasons}): see groovecast doctor")
        line |= rows[0] | {"engines": rows}
        if wishes.rivals:
            line |= {"teachers": self.teacher_rows(rows, left_out)}
            line |= {"edge_sized": self.edge_sized_rows(left_out)}
            line["against"] = comparisons(line)
        return line | {"left_out": left_out, **neighbours.figures(), "note": wishes.note}

    def engine_rows(self, left_out: dict[str, str]) -> list[Row]:
        """Every engine at every precision that was asked for."""
        folder = model_folder(self.wishes.model)
        rows: list[Row] = []
        for candidate in candidates(self.wishes.engines, folder):
            rows += self._part(candidate.name, left_out, self._engine_words(candidate), candidate.reason)
        return rows

    def teacher_rows(self, engines: Sequence[Row], left_out: dict[str, str]) -> list[Row]:
        """The teacher on the card and on the processor, wherever one of these engines ran that is compared with it."""
        words = ["--model", self.wishes.model]
        if self.wishes.teacher is not None:
            words += ["--teacher", str(self.wishes.teacher)]
        rows: list[Row] = []
        for on_card in sorted({bool(row.get("on_card")) for row in engines}):
            names = [str(row["engine"]) for row in engines]
            engine = next((name for name in names if name in _TEACHES_ON), "") if on_card else "cpu"
            reason = "" if engine else f"no {' or '.join(_TEACHES_ON)} was measured"
            what = f"50-step teacher on {'a card' if on_card else 'the processor'}"
            rows += self._part(what, left_out, ("teacher_sized", [*words, "--engine", engine]), reason)
        return rows

    def edge_sized_rows(self, left_out: dict[str, str]) -> list[Row]:
        """The EDGE-sized network in every way that it can be run here."""
        cores = str(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)
        threads = ["--threads", *dict.fromkeys((cores, "1"))]
        ways = {
            "EDGE-sized, PyTorch": ["--runtime", "torch", *threads],
            "EDGE-sized, ONNX Runtime": ["--runtime", "onnx", *threads],
            "EDGE-sized, ONNX Runtime, music encoded once": ["--runtime", "onnx", "--encoded-once", *threads],
        }
        if cards():
            for runtime, name in (("torch", "PyTorch"), ("onnx", "ONNX Runtime")):
                ways[f"EDGE-sized, {name} on cuda"] = ["--runtime", runtime, "--device", "cuda"]
            halves = ["--runtime", "torch", "--device", "cuda", "--precision", "fp16", "--compiled"]
            ways["EDGE-sized, PyTorch on cuda, fp16, compiled"] = halves
        rows: list[Row] = []
        for name, words in ways.items():
            words += ["--evaluations", str(self.wishes.evaluations)]
            rows += self._part(name, left_out, ("edge_sized", words))
        return rows

    def _engine_words(self, candidate: Candidate) -> tuple[str, list[str]]:
        wishes = self.wishes
        words = [candidate.engine, candidate.precision, "--model", wishes.model]
        words += ["--seconds", str(wishes.seconds), "--batches", *map(str, wishes.dancers)]
        return "engine_row", words

    def _part(
        self, what: str, left_out: dict[str, str], module_words: tuple[str, list[str]], reason: str = ""
    ) -> list[Row]:
        """The rows of one process, with what others took of the machine meanwhile; none if it is left out."""
        neighbours = Neighbours()
        try:
            if reason:
                raise LeftOut(reason)
            self.say(f"measuring {what}")
            told = self.run(*module_words)
        except LeftOut as why:
            left_out[what] = nameless(str(why))
            self.say(f"left out {what}: {left_out[what]}")
            return []
        return [row | neighbours.figures() for row in (told if isinstance(told, list) else [told])]


def _core(times: float | None) -> str:
    return "(of a card there is no core time)" if times is None else f"x{times} in core time"


def show(line: dict[str, Any]) -> None:
    """The line as tables."""
    for row in line["engines"]:
        print(
            f"{row['engine']}:{row['precision']} on {row['device']}, model {row['model']} {row['artefact']}"
        )
        print_table("ms", {name: row[name] for name in _MILLISECONDS})
        for name in ("load_ms", "first_plan_ms", "update_mean_ms", "realtime_factor", "misses", "rejected"):
            print(f"{name:22}{row[name]}")
        for dancers, took in row["batch_ms"].items():
            print(f"{dancers + ' at once':22}{took['p50']} ms, {took['p50'] / int(dancers):.3g} each")
        print()
    for one in line.get("against", ()):
        print(
            f"{one['rival']}, {one['rival_threads']} threads, against {one['ours']} ({one['precisions']}): "
            f"x{one['engine_times']} by the clock and {_core(one['engine_core_times'])} what the engine alone takes, "
            f"x{one['update_times']} by the clock and {_core(one['update_core_times'])} what a whole update takes"
        )
    print(f"neighbours took {line['neighbours_cores']} cores, load {line['load']}")
    if cores := disturbed_cores([*line["engines"], *line.get("edge_sized", ()), *line.get("teachers", ())]):
        print(f"other programs took up to {cores} cores meanwhile: do not trust these figures")


_USUAL = UpdateWishes()


def update(*, wishes: UpdateWishes = _USUAL) -> dict[str, object]:
    """Measure, tell, and append the line."""

    def say(told: str) -> None:
        print(told, file=sys.stderr, flush=True)

    line = nameless_line(Bench(wishes, in_own_process, say).line())
    if wishes.json:
        print(json.dumps(line))
    else:
        show(line)
    if wishes.keep:
        keep("update", line)
    return line


if __name__ == "__main__":
    alone = App(name="update", help=__doc__, result_action="return_value", help_on_error=False)
    alone.default(update)
    sys.exit(answered(alone, sys.argv[1:]))
