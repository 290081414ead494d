"""The part of BENCHMARKS.md about one update: every engine, many dancers at once, and others beside it."""

from collections.abc import Sequence

from benchmarks.lines import Line, by_machine, engine_of, engine_rows, newest
from benchmarks.per_second import comparisons, disturbed_cores, engine_cost, rival_costs, update_cost
from benchmarks.tables import Columns, figure, made_by, spread, table, table_of

_ENGINES: Columns = {
    "engine": engine_of,
    "runs on": lambda row: row.get("device", f"{row['threads']} thread"),
    "load": lambda row: row["load_ms"],
    "first call": lambda row: row["first_plan_ms"],
    "engine alone": lambda row: spread(row["engine_alone_ms"]),
    "update alone": lambda row: spread(row["update_alone_ms"]),
    "engine in the show": lambda row: spread(row["engine_ms"]),
    "update in the show": lambda row: spread(row["update_ms"]),
    "x real time": lambda row: row["realtime_factor"],
    "updates, misses": lambda row: [row["updates"], row["misses"]],
    "cores that others took": lambda row: row.get("neighbours_cores"),
    "model": lambda row: f"{row['model']} {row['artefact']}, {row['steps']} steps",
}
# of what `comparisons` finds, by the head of its column
_RATIOS = {
    "ours": "ours",
    "against": "rival",
    "its threads": "rival_threads",
    "precisions": "precisions",
    "engine alone, by the clock": "engine_times",
    "engine alone, in core time": "engine_core_times",
    "whole update, by the clock": "update_times",
    "whole update, in core time": "update_core_times",
}


def update_section(lines: Sequence[Line]) -> list[str]:
    """All machines, one after the other."""
    told = [
        "## One update: eight frames planned, every 267 ms",
        "Milliseconds, as p50 / p95 / p99 / max. *Engine*: the model alone; *update*: ears, engine, seam and feet.",
        "*Alone*: nothing else runs. *In the show*: the whole loop in real time, watched from another process.",
        "*Load*: in a fresh process, until the engine is open. *First call*: the plan after that; an engine that",
        "compiles or makes a plan while it opens has paid for its first one in *load*.",
        "",
    ]
    for machine, here in by_machine(lines).items():
        rows = [row for line in here for row in engine_rows(line)]
        rows = newest(rows, lambda row: (row["engine"], row["precision"]))
        told += [f"### {machine}", *_doubt(rows), *table_of(rows, _ENGINES)]
        told += _libraries(rows)
        told += _dancers([row for row in rows if row.get("batch_ms")])
        told += _left_out(max(here, key=_at))
        told += made_by(rows)
        compared = [line for line in here if line.get("edge_sized") or line.get("teachers")]
        if compared:
            told += _against(max(compared, key=_at))
    return told


def _at(line: Line) -> str:
    return str(line["at"])


def _libraries(rows: Sequence[Line]) -> list[str]:
    """What each run had, with the engines that are told of it."""
    engines: dict[str, list[str]] = {}
    for row in rows:
        found = ", ".join(f"{name} {of}" for name, of in (row.get("libraries") or {}).items())
        engines.setdefault(found, []).append(engine_of(row))
    told = [f"{', '.join(names)} with {found}.  " for found, names in engines.items() if found]
    return [*told, ""] if told else []


def _dancers(rows: Sequence[Line]) -> list[str]:
    if not rows:
        return []
    counts = list(dict.fromkeys(count for row in rows for count in row["batch_ms"]))

    def cell(row: Line, count: str) -> str:
        took = row["batch_ms"].get(count)
        return "-" if took is None else f"{figure(took['p50'])} ({figure(took['p50'] / int(count))})"

    told = ["Many dancers in one call: p50 of the engine alone, in brackets for each dancer.", ""]
    cells = ([engine_of(row), *(cell(row, count) for count in counts)] for row in rows)
    return told + table(("dancers", *counts), cells)


def _left_out(line: Line) -> list[str]:
    reasons = line.get("left_out") or {}
    if not reasons:
        return []
    told = "; ".join(f"{what}: {why}" for what, why in reasons.items())
    return [f"Left out in the newest run on this machine ({told}).", ""]


def _against(line: Line) -> list[str]:
    engines = [engine_cost(row) for row in line["engines"]]
    updates = [update_cost(row) for row in line["engines"]]
    found = comparisons(line)
    told = [
        "What a second of dance costs, all from one run: by the clock, and in *core ms*, the time that processor cores",
        "are busy with it. A card's work has none.",
        "",
        *_doubt([*line["engines"], *(line.get("edge_sized") or ()), *(line.get("teachers") or ())]),
        *table(
            ("per second of dance", "precision", "threads", "ms", "core ms"),
            (
                [one.what, one.precision, one.threads, one.ms, one.core_ms]
                for one in engines + updates + rival_costs(line)
            ),
        ),
        "How many times as much they take as ours: processors against processors, cards against cards, ours first.",
        "By the clock a whole update is that of the running show.",
        "",
        *table(list(_RATIOS), ([one[name] for name in _RATIOS.values()] for one in found)),
    ]
    if not any(_same(str(one["precisions"])) for one in found):
        told += ["No two of them reckon in the same precision: this run says nothing about equal terms.  "]
    if sized := line.get("edge_sized"):
        told += [
            f"EDGE-sized: {figure(sized[0]['parameters'] / 1e6)} million parameters, random weights; "
            f"{', '.join(_timed(row) for row in _timings(sized))} evaluations were timed, "
            f"5 s of dance take {sized[0]['evaluations_needed']}.  ",
        ]
    for teacher in line.get("teachers") or ():
        whose = "random weights" if teacher["random_weights"] else "its own weights"
        told += [
            f"Teacher on {teacher['engine']}: our network, {teacher['steps']} steps, each with music and without, "
            f"{whose}; a plan takes {spread(teacher['plan_ms'])} ms, of {teacher['plans_timed']} timed.  "
        ]
    return [*told, "", *made_by([line])]


def _same(precisions: str) -> bool:
    ours, theirs = precisions.split(" against ")
    return ours == theirs


def _timings(sized: Sequence[Line]) -> list[Line]:
    """One row of each way of timing."""
    return list({(row["device"], row["evaluations_timed"]): row for row in sized}.values())


def _timed(row: Line) -> str:
    chained = row.get("evaluations_chained", 1)
    told = f"{row['evaluations_timed']} on {row['device']}"
    return told if chained == 1 else f"{told} ({chained} in a row with one wait at their end)"


def _doubt(rows: Sequence[Line]) -> list[str]:
    if not (cores := disturbed_cores(rows)):
        return []
    return [f"**Other programs took up to {figure(cores)} cores meanwhile: do not trust these figures.**", ""]
