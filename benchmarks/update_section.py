"""The part of BENCHMARKS.md about one update: every engine, many dancers at once, and others beside it."""

from collections.abc import Sequence

from benchmarks.lines import Line, by_machine, engine_rows, newest
from benchmarks.per_second import Cost, disturbed_cores, engine_cost, rival_costs, update_cost
from benchmarks.tables import Columns, figure, made_by, spread, table, table_of

_ENGINES: Columns = {
    "engine": lambda row: f"{row['engine']}:{row['precision']}",
    "runs on": lambda row: row.get("device", f"{row['threads']} thread"),
    "load": lambda row: row["load_ms"],
    "first plan": lambda row: row["first_plan_ms"],
    "engine alone": lambda row: spread(row["engine_alone_ms"]),
    "update alone": lambda row: spread(row["update_alone_ms"]),
    "engine in the show": lambda row: spread(row["engine_ms"]),
    "update in the show": lambda row: spread(row["update_ms"]),
    "x real time": lambda row: row["realtime_factor"],
    "updates, misses": lambda row: [row["updates"], row["misses"]],
    "cores that others took": lambda row: row.get("neighbours_cores"),
    "model": lambda row: f"{row['model']} {row['artefact']}, {row['steps']} steps",
}


def update_section(lines: Sequence[Line]) -> list[str]:
    """All machines, one after the other."""
    told = [
        "## One update: eight frames planned, every 267 ms",
        "Milliseconds, as p50 / p95 / p99 / max. *Engine*: the model alone; *update*: ears, engine, seam and feet.",
        "*Alone*: nothing else runs. *In the show*: the whole loop in real time, watched from another process.",
        "*Load* and *first plan*: in a fresh process.",
        "",
    ]
    for machine, here in by_machine(lines).items():
        rows = [row for line in here for row in engine_rows(line)]
        rows = newest(rows, lambda row: (row["engine"], row["precision"]))
        told += [f"### {machine}", *_doubt(rows), *table_of(rows, _ENGINES)]
        told += _libraries(here[-1])
        told += _dancers([row for row in rows if row.get("batch_ms")])
        told += _left_out(here[-1])
        told += made_by(rows)
        compared = [line for line in here if line.get("edge_sized") or line.get("teacher")]
        if compared:
            told += _against(max(compared, key=lambda line: str(line["at"])))
    return told


def _libraries(line: Line) -> list[str]:
    found = line.get("libraries")
    return ["With " + ", ".join(f"{name} {of}" for name, of in found.items()) + ".", ""] if found else []


def _dancers(rows: Sequence[Line]) -> list[str]:
    if not rows:
        return []
    counts = list(dict.fromkeys(count for row in rows for count in row["batch_ms"]))

    def cell(row: Line, count: str) -> str:
        took = row["batch_ms"].get(count)
        return "-" if took is None else f"{figure(took['p50'])} ({figure(took['p50'] / int(count))})"

    told = ["Many dancers in one call: p50 of the engine alone, in brackets for each dancer.", ""]
    names = [f"{row['engine']}:{row['precision']}" for row in rows]
    cells = ([name, *(cell(row, count) for count in counts)] for name, row in zip(names, rows, strict=True))
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
    rivals = rival_costs(line)

    def times(rival: Cost) -> list[str]:
        pairs = zip(engines, updates, strict=True)
        return [f"{_times(rival, engine)}; {_times(rival, update)}" for engine, update in pairs]

    told = [
        "What a second of dance costs, all from one run: by the clock, and in *core ms*, the time that processor cores",
        "are busy with it. *x cpu:fp32* is how many times the engine alone that is, by the clock and in brackets in",
        "core ms; after the semicolon how many times a whole update.",
        "",
        *_doubt([*line["engines"], *line.get("edge_sized", ()), line.get("teacher") or {}]),
        *table(
            ("per second of dance", "threads", "ms", "core ms", *(f"x {one.name}" for one in engines)),
            (
                *(
                    [one.what, one.threads, one.ms, one.core_ms, *[None] * len(engines)]
                    for one in engines + updates
                ),
                *([one.what, one.threads, one.ms, one.core_ms, *times(one)] for one in rivals),
            ),
        ),
    ]
    if sized := line.get("edge_sized"):
        told += [
            f"EDGE-sized: {figure(sized[0]['parameters'] / 1e6)} million parameters, random weights, single precision; "
            f"{sized[0]['evaluations_timed']} evaluations were timed, "
            f"5 s of dance take {sized[0]['evaluations_needed']}.",
        ]
    if teacher := line.get("teacher"):
        whose = "random weights" if teacher["random_weights"] else "its own weights"
        told += [
            f"Teacher: our network, {teacher['steps']} steps, each with music and without, {whose}; "
            f"a plan takes {spread(teacher['plan_ms'])} ms."
        ]
    return [*told, "", *made_by([line])]


def _times(cost: Cost, engine: Cost) -> str:
    core = cost.core_times(engine)
    return figure(cost.times(engine)) + ("" if core is None else f" ({figure(core)})")


def _doubt(rows: Sequence[Line]) -> list[str]:
    if not (cores := disturbed_cores(rows)):
        return []
    return [f"**Other programs took up to {figure(cores)} cores meanwhile: do not trust these figures.**", ""]
