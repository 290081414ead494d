"""Resolves every engine's extra again, for every system and Python that we name, from the public index alone.

Nothing is installed, and of the wheels only their metadata is fetched. It wants uv (`pip install uv`), because pip
reads the markers of the machine it runs on even when it is told of another. Run it when a version changes:

    python .ci/extras.py
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

EXTRAS = ("cpu", "gpu", "rtx", "nvidia", "directml")
SYSTEMS = ("x86_64-manylinux_2_28", "x86_64-pc-windows-msvc", "aarch64-apple-darwin")
PYTHONS = ("3.11", "3.12", "3.13")
OLDEST_MACOS = "14.0"  # for which ONNX Runtime has wheels
TOLD = ("onnxruntime", "nvidia", "tensorrt")  # the versions that must fit together
ROOT = Path(__file__).resolve().parents[1]


def resolved(uv: str, extra: str, system: str, python: str) -> subprocess.CompletedProcess[str]:
    """What pip would install there: on standard output a line a wheel."""
    command = [uv, "pip", "compile", "pyproject.toml", f"--extra={extra}"]
    command += [f"--python-platform={system}", f"--python-version={python}", "--only-binary=:all:"]
    command += ["--default-index=https://pypi.org/simple", "--quiet", "--no-header", "--no-annotate"]
    # neither an index nor a folder of wheels of this machine's own
    ours = {name: value for name, value in os.environ.items() if not name.startswith(("PIP_", "UV_"))}
    ours["MACOSX_DEPLOYMENT_TARGET"] = OLDEST_MACOS
    return subprocess.run(command, cwd=ROOT, env=ours, capture_output=True, text=True, check=False)


def main() -> int:
    """A line for each, and the exit status: 1 if one does not resolve."""
    uv = shutil.which("uv", path=os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"])))
    if uv is None:
        print("asked to resolve the extras, uv is missing: pip install uv", file=sys.stderr)
        return 1
    failed = 0
    for extra in EXTRAS:
        for system in SYSTEMS:
            for python in PYTHONS:
                done = resolved(uv, extra, system, python)
                wheels = [line for line in done.stdout.splitlines() if "==" in line]
                told = " ".join(line for line in wheels if line.startswith(TOLD))
                said = f"{len(wheels)} wheels: {told}"
                if done.returncode:
                    failed += 1
                    said = " ".join(done.stderr.split())
                print(
                    f"{'FAILED' if done.returncode else 'ok':6} {extra:8} {system:22} {python} {said}",
                    flush=True,
                )
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
