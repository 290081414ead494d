"""Sets up what it needs, then starts: `python3 start.py demo` dances, `python3 start.py test` runs the tests."""

# Nothing here may need a new Python before `main` has said which one is needed.
from __future__ import annotations

import hashlib
import importlib.util
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent
NEEDED = (3, 11)
STAMP = "groovecast-start.txt"
USAGE = "usage: start.py demo [options of groovecast demo], or start.py test [options of pytest]"


class Errand(NamedTuple):
    """One command: what it installs, where when no environment is active, and what it runs then."""

    folder: str
    install: tuple[str, ...]
    made_from: tuple[str, ...]  # a change in any of these calls for a new installation
    run: tuple[str, ...]


WHEEL = (
    "pyproject.toml",
    "groovecast",
    "export",
    "realtime",
    "benchmarks",
    "protocol",
    "clients/web/dist",
    "models",
)
NOT_INSTALLED = {"__pycache__", "results"}  # what a run leaves in those folders
ERRANDS = {
    "demo": Errand(".venv", (".[cpu]",), WHEEL, ("groovecast", "demo")),
    # an editable installation follows the sources by itself
    "test": Errand(".venv-dev", ("-e", ".[dev]"), ("pyproject.toml",), ("python", "-m", "pytest")),
}


class SetupError(Exception):
    """What could not be set up, and the mend, in one line."""


def fingerprint(errand: Errand, root: Path) -> str:
    """A hash of what an installation is made from, the package's version in pyproject.toml included."""
    digest = hashlib.sha256(" ".join(errand.install).encode())
    for name in errand.made_from:
        for path in sorted((root / name).rglob("*")) or [root / name]:
            if path.is_file() and not NOT_INSTALLED & set(path.relative_to(root).parts):
                content = path.read_bytes()
                digest.update(f"\n{path.relative_to(root).as_posix()} {len(content)}\n".encode() + content)
    return digest.hexdigest()


def program(environment: Path, name: str) -> Path:
    """Where an environment keeps a program."""
    return environment / "Scripts" / f"{name}.exe" if os.name == "nt" else environment / "bin" / name


def up_to_date(environment: Path, errand: Errand, made_of: str) -> bool:
    """Whether the environment was set up for this errand and nothing has changed since."""
    stamp = environment / STAMP
    return program(environment, errand.run[0]).exists() and stamp.is_file() and stamp.read_text() == made_of


def refuse_if_old(version: tuple[int, ...]) -> None:
    """Raise SetupError, with the mend, for a Python that is too old."""
    if version < NEEDED:
        found, needed = ".".join(map(str, version)), ".".join(map(str, NEEDED))
        how = f"py -{needed}" if os.name == "nt" else f"python{needed}"
        raise SetupError(f"asked to run with Python {found}: install {needed}, then `{how} start.py ...`")


def pip_failure(wish: str, complaints: list[str]) -> str:
    """One line from all that pip complained about, and the mend."""
    errors = [line[line.index("ERROR:") :] for line in complaints if "ERROR:" in line]
    said = (errors or complaints or ["nothing"])[-1].strip()
    network = re.search("retrying|connection|name resolution|timed out|proxy", " ".join(complaints), re.I)
    mend = "check the network connection" if network else "mend what pip names"
    return f"asked to install {wish}, pip says `{said}`: {mend}, then run this again"


def runs(*command: str | Path) -> bool:
    """Whether a program is there and ends well."""
    return Path(command[0]).exists() and not subprocess.run(command, capture_output=True).returncode


def make_environment(environment: Path) -> None:
    """A virtual environment with pip, where there is none that works. Raises SetupError with the mend."""
    python = program(environment, "python")
    if runs(python, "-m", "pip", "--version"):
        return
    if importlib.util.find_spec("ensurepip") is None:
        mend = "`sudo apt install python3-venv` on Debian or Ubuntu, then run this again"
        raise SetupError(f"asked for a virtual environment, this Python cannot make one: {mend}")
    renew = (sys.executable, "-m", "venv", "--clear", environment)
    if not runs(*((python, "-m", "ensurepip") if runs(python, "-c", "") else renew)):
        raise SetupError(f"asked for {environment}, Python could not make it: let its folder be written")


def install(environment: Path, words: tuple[str, ...]) -> None:
    """Let pip install the package; its progress goes to standard error. Raises SetupError with the mend."""
    command = [str(program(environment, "python")), "-m", "pip", "install", "--retries=2", *words]
    pip = subprocess.Popen(command, cwd=ROOT, stdout=sys.stderr, stderr=subprocess.PIPE)
    complaints = [line.decode(errors="replace") for line in pip.stderr or ()]
    if pip.wait():
        raise SetupError(pip_failure(words[-1], complaints))


def set_up(errand: Errand) -> Path:
    """The environment to use, with everything in it; the second time there is nothing to do."""
    environment = Path(sys.prefix) if sys.prefix != sys.base_prefix else ROOT / errand.folder
    made_of = fingerprint(errand, ROOT)
    if not up_to_date(environment, errand, made_of):
        print(f"setting up {environment}: only the first time takes long", file=sys.stderr, flush=True)
        make_environment(environment)
        install(environment, errand.install)
        (environment / STAMP).write_text(made_of)
    return environment


def follow(command: list[str | Path], folder: Path | None) -> int:
    """Run to the end, whatever happens to us meanwhile, and pass on the exit status."""
    child = subprocess.Popen(command, cwd=folder)
    signal.signal(signal.SIGTERM, lambda *_: child.terminate())
    signal.signal(signal.SIGINT, lambda *_: None)  # the child hears Ctrl-C too, and ends in good order
    status = child.wait()
    return status if status >= 0 else 128 - status


def main(words: list[str]) -> int:
    """Run one errand; returns its exit status, 1 when it could not be set up, 2 for bad arguments."""
    if not words or words[0] not in ERRANDS:
        print(USAGE, file=sys.stderr)
        return 0 if words[:1] in (["-h"], ["--help"]) else 2
    errand = ERRANDS[words[0]]
    try:
        refuse_if_old(sys.version_info[:3])
        environment = set_up(errand)
    except (SetupError, OSError) as why:
        print(f"start.py: {why}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    name, *first = errand.run
    return follow([program(environment, name), *first, *words[1:]], ROOT if words[0] == "test" else None)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
