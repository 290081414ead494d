"""What makes a figure worth keeping: machine, commit, artefact and command beside it, in one line of JSON a run."""

import hashlib
import json
import os
import platform
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic

import numpy as np

RESULTS = Path(__file__).parent / "results"
_SHARES = {"p50": 50, "p95": 95, "p99": 99, "max": 100}


def origin(name: str) -> dict[str, object]:
    """Where a line comes from: `python -m benchmarks.NAME` as it was called, now, here."""
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": " ".join([f"python -m benchmarks.{name}", *map(_nameless, sys.argv[1:])]),
        "commit": commit(),
        "machine": machine(),
        "load": [round(load, 2) for load in os.getloadavg()] if hasattr(os, "getloadavg") else None,
    }


def _nameless(word: str) -> str:
    """A path without the folders of the machine that it was typed on."""
    return Path(word).name if Path(word).is_absolute() else word


def machine() -> str:
    """The processor by its name, and how many there are."""
    name = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        models = [
            line.partition(":")[2].strip()
            for line in info.read_text().splitlines()
            if line.startswith("model name")
        ]
        name = models[0] if models else name
    return f"{name}, {os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}"


def commit() -> str:
    """The commit that is measured; with + when the files differ from it."""
    here = Path(__file__).parent
    try:
        said = subprocess.run(
            ["git", "describe", "--always", "--dirty=+"], cwd=here, capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return "none"
    return said.stdout.strip()


def artefact(file: Path) -> str:
    """The first twelve digits of a file's SHA-256."""
    return hashlib.sha256(file.read_bytes()).hexdigest()[:12]


def percentiles(values: Sequence[float] | np.ndarray, digits: int = 3) -> dict[str, float]:
    """p50, p95, p99 and max of some milliseconds."""
    return {
        name: round(float(np.percentile(values, share)), digits) if len(values) else 0.0
        for name, share in _SHARES.items()
    }


def print_table(unit: str, rows: Mapping[str, Mapping[str, float]]) -> None:
    """Percentiles, one row a name."""
    width = max(22, *(len(name) + 2 for name in rows))
    print(f"{unit:{width}}" + "".join(f"{name:>10}" for name in _SHARES))
    for name, row in rows.items():
        print(f"{name:{width}}" + "".join(f"{row[share]:10.4g}" for share in _SHARES))


def keep(name: str, line: Mapping[str, object]) -> None:
    """Append a line to `benchmarks/results/NAME.jsonl`."""
    RESULTS.mkdir(exist_ok=True)
    with (RESULTS / f"{name}.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")


class Neighbours:
    """What else the machine did while something was measured; None for all where Linux is not."""

    def __init__(self) -> None:
        self._begin = _times_s()

    def figures(self) -> dict[str, float | None]:
        """Cores that other programs took (ended child processes count as ours), and seconds the host took away."""
        if self._begin is None or (now := _times_s()) is None:
            return {"neighbours_cores": None, "stolen_s": None}
        busy_s, stolen_s, ours_s, wall_s = (b - a for a, b in zip(self._begin, now, strict=True))
        cores = max(0.0, busy_s - ours_s) / max(wall_s, 1e-9)
        return {"neighbours_cores": round(cores, 2), "stolen_s": round(stolen_s, 2)}


def _times_s() -> tuple[float, float, float, float] | None:
    """Of all processors: busy, stolen by the host; of this process and its ended children: busy; and the wall's."""
    stat = Path("/proc/stat")
    if not stat.exists():
        return None
    ticks = os.sysconf("SC_CLK_TCK")
    user, nice, system, _, _, irq, soft_irq, stolen, *_ = map(
        int, stat.read_text().split("\n", 1)[0].split()[1:]
    )
    ours = os.times()
    ours_s = ours.user + ours.system + ours.children_user + ours.children_system
    return (user + nice + system + irq + soft_irq) / ticks, stolen / ticks, ours_s, ours.elapsed


class Metronome:
    """A control: how late a thread that does nothing but sleep wakes up here, sixty times a second.

    What the loop cannot be blamed for shows in it too.
    """

    def __init__(self) -> None:
        self._late_ms: list[float] = []
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._tick, daemon=True)

    def __enter__(self) -> "Metronome":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ending.set()
        self._thread.join()

    def late_ms(self) -> dict[str, float]:
        """How late it woke up."""
        return percentiles(self._late_ms)

    def _tick(self) -> None:
        due_s = monotonic()
        while not self._ending.wait(max(0.0, due_s - monotonic())):
            self._late_ms.append(1000 * max(0.0, monotonic() - due_s))
            due_s = max(due_s + 1 / 60, monotonic())
