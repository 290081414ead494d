"""What makes a figure worth keeping: machine, commit, artefact and command beside it, in one line of JSON a run."""

import json
import os
import platform
import re
import shlex
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from time import monotonic, perf_counter, process_time
from typing import TextIO

import numpy as np
import platformdirs

from groovecast.model.graph import graph_of
from groovecast.model.manifest import read_manifest

_PACKAGE = Path(__file__).resolve().parent
# Each of them changes what a plan costs; what is not installed is not named.
_LIBRARIES = (
    "groovecast",
    "numpy",
    "onnxruntime",
    "onnxruntime-gpu",
    "onnxruntime-directml",
    "tensorrt-rtx-cu13-bindings",
    "tensorrt-rtx-cu13-libs",
    "tensorrt-cu13",
    "tensorrt-cu13-libs",
    "nvidia-cudnn-cu12",
    "nvidia-cudnn-cu13",
    "nvidia-cublas-cu12",
    "nvidia-cublas",  # of CUDA 13
    "torch",
    "torch-tensorrt",
)
# An absolute path, Windows' too. It begins where no word and no other path goes on, or after a flag as in -I/usr; in
# quotes it may hold spaces. What stands before :// belongs to no machine, but for file://.
_START = (
    r"(?:(?<![\w./\\~])|(?<=\s-\w))"
    r"(?:file:/+|(?<!:)/+(?=\w)|/(?=[\w.~])|[A-Za-z]:[\\/]+(?!/)|\\\\+(?=[\w?.])|~[\w.-]*[\\/]+)"
)
_PART = r"[^\s'\"`()\[\]{}<>|,;:=*?\\/]+"
_PATH = re.compile(
    rf"(?P<quote>['\"`])(?P<option>--?[\w-]+=)?(?P<quoted>{_START}(?:(?!(?P=quote)).)+)(?P=quote)"
    rf"|(?P<plain>{_START}{_PART}(?:[\\/]+{_PART})*[\\/]*)"
)
_PEOPLE = {"home", "users"}  # folders whose own are named after people
_SHARES = {"p50": 50, "p95": 95, "p99": 99, "max": 100}


def origin(name: str) -> dict[str, object]:
    """Where a line comes from: `groovecast bench NAME` or `python -m benchmarks.NAME` as it was called, now, here."""
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": command_of(name, sys.argv[1:]),
        "commit": commit(),
        "machine": machine(),
        "load": [round(load, 2) for load in os.getloadavg()] if hasattr(os, "getloadavg") else None,
    }


def command_of(name: str, words: Sequence[str]) -> str:
    """The command that somebody else types to run this program in the same way."""
    begin = "groovecast" if words[:2] == ["bench", name] else f"python -m benchmarks.{name}"
    return nameless(f"{begin} {shlex.join(words)}".strip())


def nameless(told: str) -> str:
    """Words whose absolute paths have lost the folders of the machine that they were told on."""
    home = str(Path.home())
    if len(Path(home).parts) > 1:  # it may hold spaces, which end a path elsewhere
        told = re.sub(re.escape(home) + r"(?=$|[^\w.-])", "~", told)
    return _PATH.sub(_named, told)


def _named(found: "re.Match[str]") -> str:
    if found["plain"] is not None:
        return _name(found["plain"])
    return f"{found['quote']}{found['option'] or ''}{_name(found['quoted'])}{found['quote']}"


def _name(path: str) -> str:
    """The last part of a path, and nobody's own name."""
    parts = [part for part in re.split(r"[\\/]+", path) if part]
    if len(parts) < 2:
        return path  # no folder to lose
    return "~" if parts[-2].lower() in _PEOPLE else parts[-1]


def nameless_line(line: Mapping[str, object]) -> dict[str, object]:
    """A line without the folders of this machine, however deep they lie in it."""
    return {name: _nameless(value) for name, value in line.items()}


def _nameless(value: object) -> object:
    if isinstance(value, str):
        return nameless(value)
    if isinstance(value, Mapping):
        return nameless_line(value)
    return [_nameless(one) for one in value] if isinstance(value, list | tuple) else value


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


def commit(package: Path = _PACKAGE) -> str:
    """The commit that is measured, with + when the files differ from it; outside a checkout the version.

    An installed package may lie inside somebody else's repository, whose commit says nothing.
    """
    checkout = package.parent
    if _in_checkout(package) and (checkout / ".git").exists():
        try:
            command = ["git", "describe", "--always", "--dirty=+"]
            said = subprocess.run(command, cwd=checkout, capture_output=True, text=True, check=True)
        except (OSError, subprocess.CalledProcessError):
            pass  # no git, or it does not trust the folder's owner: the version is all that is known
        else:
            return said.stdout.strip()
    try:
        return f"groovecast {version('groovecast')}"
    except PackageNotFoundError:
        return "none"


def _in_checkout(package: Path) -> bool:
    """Whether our own pyproject.toml lies beside the package."""
    project = package.parent / "pyproject.toml"
    return project.is_file() and 'name = "groovecast"' in project.read_text(encoding="utf-8")


def libraries() -> dict[str, str]:
    """The versions of what reckons here."""
    found = {}
    for name in _LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def artefact(folder: Path, precision: str = "fp32") -> str:
    """The first twelve digits of the hash of a model's graph, weights included."""
    return graph_of(folder, read_manifest(folder), precision).sha256[:12]


def percentiles(values: Sequence[float] | np.ndarray, digits: int = 3) -> dict[str, float]:
    """p50, p95, p99 and max of some milliseconds."""
    return {
        name: round(float(np.percentile(values, share)), digits) if len(values) else 0.0
        for name, share in _SHARES.items()
    }


def print_table(unit: str, rows: Mapping[str, Mapping[str, float]], file: TextIO | None = None) -> None:
    """Percentiles, one row a name, on standard output without a file."""
    width = max(22, *(len(name) + 2 for name in rows))
    print(f"{unit:{width}}" + "".join(f"{name:>10}" for name in _SHARES), file=file)
    for name, row in rows.items():
        print(f"{name:{width}}" + "".join(f"{row[share]:10.4g}" for share in _SHARES), file=file)


def results_folder(package: Path = _PACKAGE) -> Path:
    """Where lines are kept: with the code in a checkout, otherwise in the user's own data folder."""
    if _in_checkout(package):
        return package / "results"
    return Path(platformdirs.user_data_dir("groovecast", appauthor=False)) / "benchmarks"


def keep(name: str, line: Mapping[str, object]) -> Path:
    """Append a line to `NAME.jsonl` among the results, and say where that is; the path of that file."""
    path = results_folder() / f"{name}.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(nameless_line(line)) + "\n")
    print(f"the line is in {path}", file=sys.stderr)
    return path


class Stopwatch:
    """What something took each time that it was done: by the clock, and of the time of this process on all cores."""

    def __init__(self) -> None:
        self.took_ms: list[float] = []
        self._core_ms: list[float] = []

    def __enter__(self) -> "Stopwatch":
        self._begin = perf_counter(), process_time()
        return self

    def __exit__(self, *_: object) -> None:
        wall_s, core_s = self._begin
        self.took_ms.append(1000 * (perf_counter() - wall_s))
        self._core_ms.append(1000 * (process_time() - core_s))

    @property
    def core_ms(self) -> float:
        """The mean of the cores' time, which other programs hardly change; its clock is coarse on Windows."""
        return round(float(np.mean(self._core_ms)), 3) if self._core_ms else 0.0

    def add(self, other: "Stopwatch") -> None:
        """Count what another has taken."""
        self.took_ms += other.took_ms
        self._core_ms += other._core_ms

    def without(self, first: int) -> "Stopwatch":
        """The same without the first ones, which warm up."""
        rest = Stopwatch()
        rest.took_ms, rest._core_ms = self.took_ms[first:], self._core_ms[first:]
        return rest


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
