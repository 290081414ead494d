"""The parts of BENCHMARKS.md about the desk: how soon a control is seen, and what a crew costs."""

from collections.abc import Sequence

from benchmarks.lines import Line, machine_of, newest
from benchmarks.tables import Columns, figure, made_by, spread, table_of

_CONTROL: Columns = {
    "client": lambda row: row["client"],
    "what is turned": lambda row: row["what"],
    "until its first pose arrives": lambda row: spread(row),
    "one update and 50 ms": lambda row: row["promised_ms"],
    "arrived by then": lambda row: row["kept"],
}
_CREW: Columns = {
    "dancers": lambda row: row["dancers"],
    "a call of the model for all": lambda row: spread(row["batch"]),
    "an update, each its own dance": lambda row: spread(row["update"]),
    "a picture of all": lambda row: spread(row["picture"]),
    "kB a second to each client": lambda row: row["kb_per_s"],
}


def control_section(lines: Sequence[Line]) -> list[str]:
    """How soon what a performer turns is on its way to who watches."""
    used = newest(lines, machine_of)
    rows = []
    for line in used:
        for name, told in line.items():
            client, colon, what = name.partition(": ")
            if colon and "promised_ms" in told:
                rows.append({**told, "client": client, "what": what})
    return [
        "## From a control to the wire",
        "The real demo; a client turns a control at any time and two watch. On the way out: place, heading, mirror,",
        "blackout. In the plan: style, intensity. Milliseconds, as p50 / p95 / p99 / max.",
        "",
        *table_of(rows, _CONTROL),
        *made_by(used),
    ]


def crew_section(lines: Sequence[Line]) -> list[str]:
    """What several dancers cost."""
    used = newest(lines, machine_of)
    rows, said = [], []
    for line in used:
        fit = line["fit"]
        one = f"{machine_of(line)}: a dance takes {fit['dance_ms']} ms, so {fit['at_once']} of their own fit"
        said.append(f"{one} into one plan and {fit['own']} take turns.")
        if show := line.get("show"):
            pairs = ", ".join(
                f"{name} {figure(value)}" for name, value in show.items() if not isinstance(value, dict)
            )
            said.append(f"In a show: {pairs}.")
        for dancers, batch in line["batch_ms"].items():
            stream = line["stream"][dancers]
            rows.append(
                {
                    "dancers": dancers,
                    "batch": batch,
                    "update": line["update_ms"][dancers],
                    "picture": line["picture_ms"][dancers],
                    "kb_per_s": next(iter(stream.values()))["kb_per_s_each"],
                }
            )
    return [
        "## A crew",
        "One thread, one call of the model after the other or for all at once. Milliseconds, as p50 / p95 / p99 / max.",
        "",
        *table_of(rows, _CREW),
        *said,
        "",
        *made_by(used),
    ]
