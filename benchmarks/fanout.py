"""One dancer to many clients: how old a pose is when it comes, beside a client that never reads too.

python -m benchmarks.fanout [--clients 1 50 200] [--seconds 30] [--show] [--note TEXT] [--no-keep] [--json]

The server is a real one in a process of its own, fed sixty poses a second (52 joints, f32); all clients are in a second
process, on loopback. With --show it is the whole show, with ears and model; then a pose's age counts from when it was
due to leave.
"""

import argparse
import json
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from time import sleep

from benchmarks.fanout_watch import WARM_UP_S
from benchmarks.record import Metronome, Neighbours, keep, nameless_line, origin, print_table

_FPS = 60
_JOINTS, _ENCODING = 52, "f32"
_END_S = 10.0
# What is measured last, beside so many that never read.
_STUCK = 1


class Server:
    """The server's process: where it serves, and what it has taken so far."""

    def __init__(self, show: bool) -> None:
        words = (
            ["realtime.cli", "demo", "--no-browser", "--fresh", "--port", "0"]
            if show
            else ["benchmarks.fanout_server"]
        )
        command = [sys.executable, "-m", *words]
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(
            command, stdin=pipe, stdout=subprocess.DEVNULL, stderr=pipe, text=True
        )
        assert self._process.stderr is not None
        said = ""
        for line in self._process.stderr:
            said += line
            if found := re.search(r"http://127\.0\.0\.1:(\d+)/", line):
                self.port = int(found[1])
                return
        raise RuntimeError(f"asked for a server, it ended: {said.strip()}")

    def __enter__(self) -> "Server":
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.communicate(timeout=_END_S)

    def cpu_s(self) -> float | None:
        """What its threads have taken of the cores; None where Linux is not."""
        stat = Path(f"/proc/{self._process.pid}/stat")
        if not stat.exists():
            return None
        fields = stat.read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def memory_mb(self) -> float | None:
        """What it holds; None where Linux is not."""
        status = Path(f"/proc/{self._process.pid}/status")
        if not status.exists():
            return None
        found = re.search(r"VmRSS:\s+(\d+) kB", status.read_text())
        return round(int(found[1]) / 1024, 1) if found else None


def run_of(clients: int, seconds: float, stuck: int = 0, show: bool = False) -> dict[str, object]:
    """What so many clients saw of a fresh server, and what that cost it."""
    with Server(show) as server:
        watch = [
            sys.executable,
            "-m",
            "benchmarks.fanout_watch",
            str(server.port),
            str(clients),
            str(seconds),
        ]
        watch += ["--stuck", str(stuck), *(["--due"] if show else [])]
        with subprocess.Popen(watch, stdout=subprocess.PIPE, text=True) as watcher:
            assert watcher.stdout is not None
            if watcher.stdout.readline().strip() != "ready":
                raise RuntimeError(f"asked for {clients} clients, they did not come: see above")
            sleep(WARM_UP_S)
            before_s, before_mb = server.cpu_s(), server.memory_mb()
            sleep(max(0.0, seconds - 0.2))  # it is asked while the clients are still there
            after_s, after_mb = server.cpu_s(), server.memory_mb()
            seen = json.loads(watcher.stdout.read())
    cpu_s = None if before_s is None or after_s is None else after_s - before_s
    return {
        "clients": clients,
        "stuck": stuck,
        **seen,
        "cpu_percent": None if cpu_s is None else round(100 * cpu_s / max(seconds - 0.2, 0.1), 1),
        "memory_mb": [before_mb, after_mb],
    }


def main(words: Sequence[str] | None = None) -> None:
    """Measure, print a table, and append the line."""
    arguments = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    arguments.add_argument("--clients", type=int, nargs="+", default=[1, 50, 200])
    arguments.add_argument("--seconds", type=float, default=30)
    arguments.add_argument("--show", action="store_true", help="a whole show instead of a server alone")
    arguments.add_argument("--note", default=None, help="kept in the line")
    arguments.add_argument("--no-keep", action="store_true", help="do not append the line to the results")
    arguments.add_argument("--json", action="store_true", help="print the line instead of a table")
    asked = arguments.parse_args(words)
    if min(asked.clients) < 1 or asked.seconds <= 0:
        arguments.error("asked for no clients or no time: give --clients 1 or more, --seconds more than 0")
    line: dict[str, object] = origin("fanout")
    line |= {"source": "show" if asked.show else "server", "encoding": _ENCODING, "joints": _JOINTS}
    neighbours, most = Neighbours(), max(asked.clients)
    with Metronome() as metronome:
        runs = [run_of(clients, asked.seconds, 0, asked.show) for clients in asked.clients]
        beside = run_of(most, asked.seconds, _STUCK, asked.show)
    largest = next(run for run in runs if run["clients"] == most)
    told = {name: largest[name] for name in ("clients", "latency_ms", "dropped", "cpu_percent")}
    line |= {"fps": _FPS, **told, "runs": [*runs, beside], "seconds": asked.seconds}
    line |= {"control_late_ms": metronome.late_ms(), **neighbours.figures(), "note": asked.note}
    if asked.json:
        print(json.dumps(nameless_line(line)))
    else:
        _show([*runs, beside], line)
    if not asked.no_keep:
        keep("fanout", line)


def _show(runs: Sequence[dict[str, object]], line: dict[str, object]) -> None:
    """The line as a table."""
    rows = {
        f"{run['clients']} clients{', 1 stuck' if run['stuck'] else ''}": run["latency_ms"] for run in runs
    }
    print_table("ms", rows | {"a sleeping thread, late": line["control_late_ms"]})  # type: ignore[arg-type]
    for name in ("poses_per_s", "lost", "dropped", "cpu_percent", "watcher_cpu_percent", "memory_mb"):
        print(f"{name:24}" + "  ".join(str(run[name]) for run in runs))
    for name in ("neighbours_cores", "stolen_s", "load"):
        print(f"{name:24}{line[name]}")


if __name__ == "__main__":
    main()
