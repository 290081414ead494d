"""The house itself: imports flow one way, the base stays light, and `import realtime` is ours."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

_ROOT = Path(__file__).resolve().parents[1]
_FLOWS = {
    "groovecast": {"realtime", "export", "benchmarks", "tests"},
    "export": {"realtime", "benchmarks", "tests"},
    "realtime": {"export", "torch", "benchmarks", "tests"},
}
_HEAVY = ("torch", "librosa", "numba", "scipy", "onnx", "matplotlib")


def _imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


@pytest.mark.parametrize("package", sorted(_FLOWS))
def test_imports_flow_one_way(package: str) -> None:
    for path in (_ROOT / package).rglob("*.py"):
        for name in _imports(path):
            assert name.split(".")[0] not in _FLOWS[package], f"{path.name} imports {name}"


def test_the_show_never_imports_the_training() -> None:
    for path in (_ROOT / "realtime").rglob("*.py"):
        assert not [name for name in _imports(path) if name.startswith("groovecast.train")], path.name


def test_what_the_show_needs_never_imports_the_training_either() -> None:
    torch_rooms = {"train", "denoiser.py", "ear_network.py"}
    for path in (_ROOT / "groovecast").rglob("*.py"):
        if torch_rooms.isdisjoint(path.relative_to(_ROOT / "groovecast").parts):
            heavy = [name for name in _imports(path) if name.split(".")[0] in _HEAVY]
            assert not heavy, f"{path.name} imports {heavy}"


def test_only_the_clock_reads_the_time() -> None:
    for package in _FLOWS:
        for path in (_ROOT / package).rglob("*.py"):
            # the training command hands the wall clock to a trainer that knows no show
            if path not in (_ROOT / "realtime" / "clock.py", _ROOT / "groovecast" / "train" / "cli.py"):
                assert "time" not in set(_imports(path)), f"{path} imports time: it should be given now_s"


def test_every_file_opens_with_one_sentence() -> None:
    for package in _FLOWS:
        for path in (_ROOT / package).rglob("*.py"):
            said = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
            assert said and len(said.splitlines()[0]) > 20, f"{path} does not say what it is"


def test_no_file_is_longer_than_400_lines() -> None:
    for package in _FLOWS:
        for path in (_ROOT / package).rglob("*.py"):
            assert len(path.read_text(encoding="utf-8").splitlines()) <= 400, path


def _run_outside(code: str) -> str:
    return subprocess.run(
        [sys.executable, "-c", code], cwd="/", capture_output=True, text=True, check=True, timeout=60
    ).stdout.strip()


def test_import_realtime_from_anywhere_is_ours() -> None:
    ours = (_ROOT / "realtime").resolve()
    found = Path(_run_outside("import realtime; print(realtime.__path__[0])"))
    assert found.samefile(ours) or "site-packages" in found.parts
    assert (found / "dance.py").is_file()


def test_the_show_loads_neither_torch_nor_librosa_nor_portaudio() -> None:
    modules = (
        "realtime.cli, realtime.shows, realtime.doctor, realtime.live, realtime.devices, realtime.listing"
    )
    loaded = _run_outside(f"import sys, {modules}; print(*sorted(sys.modules))").split()
    for heavy in (*_HEAVY, "sounddevice"):
        assert heavy not in loaded, f"{heavy} is loaded before anybody asked for it"


def test_a_show_loads_no_outlet_before_anybody_asked_for_it() -> None:
    loaded = _run_outside("import sys, realtime.cli, realtime.shows; print(*sorted(sys.modules))").split()
    outlets = (
        "realtime.outlets.vmc",
        "realtime.outlets.osc",
        "realtime.outlets.recorder",
        "groovecast.takes",
    )
    assert "realtime.outlets.opened" in loaded
    assert not [name for name in loaded if name.startswith(outlets)], "a show starts later by it"


def test_only_one_file_loads_onnx_runtime_and_it_switches_its_reports_off_first() -> None:
    found = [
        path.relative_to(_ROOT).as_posix()
        for folder in ("groovecast", "export", "realtime", "benchmarks")
        for path in (_ROOT / folder).rglob("*.py")
        if any(line.strip().startswith("import onnxruntime") for line in path.read_text().splitlines())
    ]
    assert found == ["groovecast/model/onnx_runtime.py"]
