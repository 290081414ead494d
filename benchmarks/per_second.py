"""What a second of dance costs, by whatever plans it: the one measure in which all of them can be compared."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any  # lines of JSON


@dataclass(frozen=True)
class Cost:
    """What one second of dance takes, in milliseconds."""

    what: str
    threads: int
    ms: float  # by the clock, from the median
    core_ms: float | None = None  # of the time of processor cores, from the mean; None on a card
    precision: str = "fp32"
    on_card: bool = False

    def is_like(self, other: "Cost") -> bool:
        """Whether the two may be compared: a card with a card, a processor with a processor."""
        return self.on_card == other.on_card

    def times(self, ours: "Cost") -> float:
        """How much longer than ours it takes, by the clock."""
        return self.ms / ours.ms

    def core_times(self, ours: "Cost") -> float | None:
        """How much more of the processor's cores than ours it takes; None where a card does the work."""
        if self.core_ms is None or ours.core_ms is None:
            return None
        return self.core_ms / ours.core_ms


# Engines that a card runs wherever they start.
_ON_CARDS = {"rtx", "tensorrt", "cuda", "directml", "coreml", "torch-tensorrt"}
# Of a core, by other programs: more than this, and a figure is theirs as much as ours.
DISTURBED_CORES = 0.2


def on_card(engine: str, cards: int) -> bool:
    """Whether an engine uses a graphics card on a machine with so many; PyTorch takes one where there is one."""
    return engine in _ON_CARDS or (engine == "torch" and cards > 0)


def disturbed_cores(rows: Sequence[Mapping[str, Any]]) -> float:
    """How many cores others took at most while these were measured; 0 if it was too little to matter."""
    most = max((row.get("neighbours_cores") or 0.0 for row in rows), default=0.0)
    return most if most > DISTURBED_CORES else 0.0


def _cost(row: Mapping[str, Any], what: str, each_ms: float, core: str) -> Cost:
    times, card = 1000 / row["stride_ms"], bool(row.get("on_card"))
    core_ms = None if card or core not in row else row[core] * times
    told = f"ours, {row['engine']}, {what}"
    return Cost(told, row["threads"], each_ms * times, core_ms, row["precision"], card)


def engine_cost(row: Mapping[str, Any]) -> Cost:
    """Of our engine alone: a plan every stride."""
    return _cost(row, "engine alone", row["engine_alone_ms"]["p50"], "engine_alone_core_ms")


def update_cost(row: Mapping[str, Any]) -> Cost:
    """Of a whole update: ears, engine, seam and feet. By the clock in the running show, of the cores alone."""
    return _cost(row, "whole update in the show", row["update_ms"]["p50"], "update_alone_core_ms")


def teacher_cost(teacher: Mapping[str, Any], stride_ms: float) -> Cost:
    """Of the teacher in our engine: one of its plans every stride."""
    what = f"{teacher['steps']}-step teacher ({teacher['evaluations']} evaluations), {teacher['engine']}"
    times, card = 1000 / stride_ms, on_card(teacher["engine"], 0)
    core_ms = None if card else teacher["plan_core_ms"] * times
    return Cost(what, 1, teacher["plan_ms"]["p50"] * times, core_ms, teacher["precision"], card)


def edge_sized_cost(row: Mapping[str, Any]) -> Cost:
    """Of the offline network of EDGE's size."""
    torch = "PyTorch, compiled" if row.get("compiled") else "PyTorch, eager"
    runtime = {"torch": torch, "onnx": "ONNX Runtime"}[row["runtime"]]
    card = row["device"] != "cpu"
    where = f" on {row['device']}" if card else ""
    kinder = ", music encoded once" if row["encoded_once"] else ""
    what = f"EDGE-sized, {runtime}{where}{kinder}"
    core_ms = None if card else row["core_ms_per_second_of_dance"]
    precision = row.get("precision", "fp32")
    return Cost(what, row["threads"], row["ms_per_second_of_dance"], core_ms, precision, card)


def rival_costs(line: Mapping[str, Any]) -> list[Cost]:
    """Of all that a line of `bench update` was measured against."""
    sized = [edge_sized_cost(row) for row in line.get("edge_sized") or ()]
    engines = line.get("engines")
    if not engines:
        return sized
    return [
        *(teacher_cost(teacher, engines[0]["stride_ms"]) for teacher in line.get("teachers") or ()),
        *sized,
    ]


def comparisons(line: Mapping[str, Any]) -> list[dict[str, object]]:
    """Every rival against every engine of ours that runs on the like of it, measured in the same run."""
    rivals = rival_costs(line)
    found: list[dict[str, object]] = []
    for row in line.get("engines") or ():
        engine, update = engine_cost(row), update_cost(row)
        for rival in filter(engine.is_like, rivals):
            core, update_core = rival.core_times(engine), rival.core_times(update)
            found.append(
                {
                    "ours": f"{row['engine']}:{row['precision']}",
                    "rival": rival.what,
                    "rival_threads": rival.threads,
                    "precisions": f"{engine.precision} against {rival.precision}",
                    "engine_times": round(rival.times(engine), 1),
                    "engine_core_times": None if core is None else round(core, 1),
                    "update_times": round(rival.times(update), 1),
                    "update_core_times": None if update_core is None else round(update_core, 1),
                }
            )
    return found
