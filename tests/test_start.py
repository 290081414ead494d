"""The first command that a newcomer types: one line for what is in the way, and no second installation."""

import os
import signal
import subprocess
import sys
import tomllib
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest

_ROOT = Path(__file__).resolve().parents[1]
_spec = spec_from_file_location("start", _ROOT / "start.py")
assert _spec and _spec.loader
start = module_from_spec(_spec)
_spec.loader.exec_module(start)


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small checkout, seen by a Python that is in no virtual environment."""
    (tmp_path / "pyproject.toml").write_text('version = "1"')
    for folder in ("groovecast", "export", "realtime", "protocol", "clients/web/dist", "models"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "content").write_text(folder)
    monkeypatch.setattr(start, "ROOT", tmp_path)
    monkeypatch.setattr(sys, "prefix", sys.base_prefix)
    return tmp_path


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was installed, by a pip that only puts the programs where they belong."""
    wishes: list[str] = []

    def install(environment: Path, words: tuple[str, ...]) -> None:
        wishes.append(words[-1])
        for name in ("groovecast", "python"):
            start.program(environment, name).touch()

    def make_environment(environment: Path) -> None:
        start.program(environment, "python").parent.mkdir(parents=True, exist_ok=True)

    monkeypatch.setattr(start, "install", install)
    monkeypatch.setattr(start, "make_environment", make_environment)
    return wishes


def test_a_second_start_installs_nothing(checkout: Path, installed: list[str]) -> None:
    for _ in range(2):
        assert start.set_up(start.ERRANDS["demo"]) == checkout / ".venv"
    assert installed == [".[cpu]"]


@pytest.mark.parametrize("changed", ["pyproject.toml", "groovecast/content", "models/content"])
def test_whatever_changes_in_the_package_is_installed_again(
    checkout: Path, installed: list[str], changed: str
) -> None:
    start.set_up(start.ERRANDS["demo"])
    (checkout / changed).write_text("other")
    start.set_up(start.ERRANDS["demo"])
    assert installed == [".[cpu]"] * 2


def test_a_lost_program_is_installed_again(checkout: Path, installed: list[str]) -> None:
    environment = start.set_up(start.ERRANDS["demo"])
    start.program(environment, "groovecast").unlink()
    start.set_up(start.ERRANDS["demo"])
    assert len(installed) == 2


def test_what_python_leaves_behind_is_no_change(checkout: Path) -> None:
    before = start.fingerprint(start.ERRANDS["demo"], checkout)
    (checkout / "groovecast" / "__pycache__").mkdir()
    (checkout / "groovecast" / "__pycache__" / "pose.pyc").write_bytes(b"x")
    assert start.fingerprint(start.ERRANDS["demo"], checkout) == before


def test_the_tests_have_an_environment_of_their_own(checkout: Path, installed: list[str]) -> None:
    assert start.set_up(start.ERRANDS["test"]) == checkout / ".venv-dev"
    assert installed == [".[dev]"]


def test_an_active_environment_is_used_and_serves_one_errand_at_a_time(
    checkout: Path, installed: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "prefix", str(checkout / "mine"))
    for errand in ("demo", "test", "test", "demo"):
        assert start.set_up(start.ERRANDS[errand]) == checkout / "mine"
    assert installed == [".[cpu]", ".[dev]", ".[cpu]"]


def test_all_that_the_wheel_is_made_of_is_watched() -> None:
    built = tomllib.loads((_ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["hatch"]["build"]["targets"]
    made_of = [*built["wheel"]["packages"], *built["wheel"]["force-include"]]
    watched = start.ERRANDS["demo"].made_from
    assert not [name for name in made_of if not name.startswith(watched)]
    assert all((_ROOT / name).exists() for name in watched)


def test_a_benchmark_that_was_run_calls_for_no_new_installation(tmp_path: Path) -> None:
    (tmp_path / "benchmarks" / "results").mkdir(parents=True)
    demo = start.ERRANDS["demo"]
    before = start.fingerprint(demo, tmp_path)
    (tmp_path / "benchmarks" / "results" / "update.jsonl").write_text("{}")
    assert start.fingerprint(demo, tmp_path) == before
    (tmp_path / "benchmarks" / "update.py").write_text("pass")
    assert start.fingerprint(demo, tmp_path) != before


def test_what_is_installed_are_extras_that_exist() -> None:
    extras = tomllib.loads((_ROOT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]
    for errand in start.ERRANDS.values():
        assert errand.install[-1].removeprefix(".[").removesuffix("]") in extras


def test_an_old_python_is_told_so_in_one_line() -> None:
    start.refuse_if_old((3, 11, 0))
    with pytest.raises(start.SetupError, match=r"Python 3\.10\.4: install 3\.11") as told:
        start.refuse_if_old((3, 10, 4))
    assert "\n" not in str(told.value)


def test_a_debian_without_venv_is_told_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(start.importlib.util, "find_spec", lambda _name: None)
    with pytest.raises(start.SetupError, match="sudo apt install python3-venv"):
        start.make_environment(tmp_path / ".venv")
    assert not (tmp_path / ".venv").exists()


def test_without_network_the_last_word_of_pip_and_the_mend_are_one_line() -> None:
    complaints = [
        "WARNING: Retrying (Retry(total=1)) after connection broken by 'NameResolutionError'\n",
        "ERROR: Could not find a version that satisfies the requirement numpy\n",
        "      ERROR: No matching distribution found for numpy\n",
        "error: subprocess-exited-with-error\n",
        "note: This error originates from a subprocess, and is likely not a problem with pip.\n",
    ]
    told = start.pip_failure(".[cpu]", complaints)
    assert "`ERROR: No matching distribution found for numpy`: check the network connection" in told
    assert "\n" not in told


def test_another_failure_of_pip_is_not_blamed_on_the_network() -> None:
    told = start.pip_failure(".[cpu]", ["ERROR: Could not install packages: No space left on device\n"])
    assert "No space left on device" in told and "network" not in told
    assert "nothing" in start.pip_failure(".[cpu]", [])


def test_a_failed_set_up_is_one_line_and_status_1(
    checkout: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(start.importlib.util, "find_spec", lambda _name: None)
    assert start.main(["demo"]) == 1
    assert capfd.readouterr().err.splitlines()[-1].startswith("start.py: asked for a virtual environment")


@pytest.mark.parametrize(("words", "status"), [([], 2), (["dance"], 2), (["--help"], 0)])
def test_without_an_errand_the_usage_is_shown(
    words: list[str], status: int, capfd: pytest.CaptureFixture[str]
) -> None:
    assert start.main(words) == status
    assert capfd.readouterr().err.startswith("usage: start.py demo")


def _begun(code: str) -> "subprocess.Popen[str]":
    follow = f"import sys, start; sys.exit(start.follow([sys.executable, '-c', {code!r}], None))"
    return subprocess.Popen([sys.executable, "-c", follow], cwd=_ROOT, stdout=subprocess.PIPE, text=True)


def test_the_exit_status_is_passed_on() -> None:
    with _begun("raise SystemExit(7)") as running:
        assert running.wait(timeout=20) == 7


_ENDS_IN_GOOD_ORDER = """
import signal, sys, time
signal.signal(signal.SIGTERM, lambda *_: sys.exit(3))
print('ready', flush=True)
time.sleep(60)
"""


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGTERM to pass on")
def test_a_request_to_end_reaches_the_program_and_its_status_comes_back() -> None:
    with _begun(_ENDS_IN_GOOD_ORDER) as running:
        assert running.stdout and running.stdout.readline() == "ready\n"
        running.send_signal(signal.SIGTERM)
        assert running.wait(timeout=20) == 3
