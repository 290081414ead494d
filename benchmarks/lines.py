"""The lines that were kept, and the newest of each kind among them."""

import json
from collections.abc import Callable, Hashable, Iterable, Mapping
from pathlib import Path
from typing import Any  # lines of JSON

Line = Mapping[str, Any]


def lines_of(folder: Path) -> dict[str, list[Line]]:
    """All lines by the name of their benchmark, as they were appended."""
    return {
        path.stem: [
            json.loads(text) for text in path.read_text(encoding="utf-8").splitlines() if text.strip()
        ]
        for path in sorted(folder.glob("*.jsonl"))
    }


def newest(lines: Iterable[Line], key: Callable[[Line], Hashable]) -> list[Line]:
    """The newest line of each key, in the order in which the keys first came."""
    found: dict[Hashable, Line] = {}
    for line in lines:
        known = found.get(key(line))
        if known is None or line["at"] >= known["at"]:
            found[key(line)] = line
    return list(found.values())


def machine_of(line: Line) -> str:
    """The machine and its cards, as one machine is told from another."""
    cards = "".join(f"; {card['name']}, driver {card['driver']}" for card in line.get("cards") or ())
    return f"{line['machine']}{cards}"


def by_machine(lines: Iterable[Line]) -> dict[str, list[Line]]:
    """Lines by their machine."""
    found: dict[str, list[Line]] = {}
    for line in lines:
        found.setdefault(machine_of(line), []).append(line)
    return found


def engine_rows(line: Line) -> list[Line]:
    """The engines of a line of `bench update`, each with where it comes from.

    The first lines had one engine, and did not say its precision: it was the only one.
    """
    origin = {name: line.get(name) for name in ("at", "command", "commit", "load", "note", "libraries")}
    return [{"precision": "fp32", **row, **origin} for row in line.get("engines") or (line,)]


def engine_of(line: Line) -> str:
    """Engine and precision as they are asked for; in the first lines there was nothing else to choose."""
    return f"{line.get('engine', 'cpu')}:{line.get('precision', 'fp32')}"
