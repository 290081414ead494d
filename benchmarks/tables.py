"""Figures as people read them, in tables of Markdown."""

from collections.abc import Callable, Iterable, Mapping, Sequence

from benchmarks.lines import Line

Columns = Mapping[str, Callable[[Line], object]]  # what is found in a line, by the head of its column


def figure(value: object) -> str:
    """A number in three digits that matter, several with commas between, anything else in words."""
    if value is None:
        return "-"
    if isinstance(value, list | tuple):
        return ", ".join(map(figure, value))
    if not isinstance(value, float):
        return str(value)
    if abs(value) >= 100 or value == int(value):
        return f"{value:.0f}"
    return f"{value:.3g}"


def spread(row: Mapping[str, float]) -> str:
    """p50, p95, p99 and max in one cell."""
    return " / ".join(figure(row[share]) for share in ("p50", "p95", "p99", "max"))


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> list[str]:
    """A table in Markdown, and an empty line."""
    told = [" | ".join(map(figure, row)) for row in rows]
    return [f"| {' | '.join(head)} |", "|" + "---|" * len(head), *(f"| {row} |" for row in told), ""]


def table_of(lines: Iterable[Line], columns: Columns) -> list[str]:
    """A table with one row a line."""
    return table(list(columns), ([value(line) for value in columns.values()] for line in lines))


def made_by(lines: Iterable[Line]) -> list[str]:
    """The commands of these lines, each once, with when, of what commit and beside what; two spaces end a line."""
    told = []
    for line in lines:
        load = f", load {figure(line['load'][0])}" if line.get("load") else ""
        note = f", {line['note']}" if line.get("note") else ""
        told.append(f"`{line['command']}` ({line['at'][:10]}, commit {line['commit']}{load}{note})  ")
    return [*dict.fromkeys(told), ""]
