"""Where a line comes from: machine, commit and command are told, and nobody's folders are."""

import os
import shutil
import subprocess
import sys
import threading
from importlib.metadata import version
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import benchmarks
from benchmarks.record import (
    Stopwatch,
    command_of,
    commit,
    libraries,
    nameless,
    nameless_line,
    results_folder,
)


def test_lines_are_kept_with_the_code_in_a_checkout_and_elsewhere_in_the_users_own_folder(
    tmp_path: Path,
) -> None:
    package = Path(benchmarks.__path__[0])
    assert results_folder() == package / "results"
    shutil.copytree(package, tmp_path / "site" / "benchmarks", ignore=shutil.ignore_patterns("results"))
    code = "import sys; from benchmarks.record import keep; print(keep('update', {'steps': 2}))"
    home = {"HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path / "data"), "LOCALAPPDATA": str(tmp_path)}
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, "-P", "-c", code], cwd="/", capture_output=True, text=True, check=True,
            env={**os.environ, **home, "PYTHONPATH": str(tmp_path / "site")},
        )  # fmt: skip
    path = Path(done.stdout.strip())
    assert path.is_relative_to(tmp_path) and not path.is_relative_to(tmp_path / "site")
    assert "groovecast" in path.parts and path.name == "update.jsonl"
    assert path.read_text(encoding="utf-8") == '{"steps": 2}\n' * 2


def test_a_core_is_busy_while_it_reckons_and_not_while_it_waits() -> None:
    reckoned, waited, done = Stopwatch(), Stopwatch(), threading.Event()
    with reckoned:
        sum(number * number for number in range(200_000))  # no library whose threads go on spinning
    with waited:
        done.wait(0.1)
    assert waited.took_ms[0] >= 99 and waited.core_ms < 50 and reckoned.core_ms > 0
    reckoned.add(waited)
    assert len(reckoned.took_ms) == 2 and reckoned.without(1).took_ms == waited.took_ms


def test_the_command_of_a_line_is_what_somebody_else_types() -> None:
    assert (
        command_of("update", ["bench", "update", "--seconds", "5"]) == "groovecast bench update --seconds 5"
    )
    assert command_of("update", []) == "python -m benchmarks.update"
    assert command_of("loop", ["--note", "a b"]) == "python -m benchmarks.loop --note 'a b'"
    assert command_of("dance", [str(Path.cwd() / "song.ogg")]) == "python -m benchmarks.dance song.ogg"
    assert command_of("loop", ["--model=/home/bob/x", "--note", "in /srv/a b"]) == (
        "python -m benchmarks.loop --model=x --note 'in a b'"
    )
    assert command_of("dance", ["/home/bob/my song.ogg"]) == "python -m benchmarks.dance 'my song.ogg'"


@pytest.mark.parametrize(
    ("told", "without"),
    [
        ("no '/home/bob/x.onnx' there", "no 'x.onnx' there"),
        ('no "/home/bob smith/x.onnx" there', 'no "x.onnx" there'),
        ("no `/home/bob/x.onnx` there", "no `x.onnx` there"),
        ("it failed (/home/bob/x.py:12: why)", "it failed (x.py:12: why)"),
        ("--model=/home/bob/x.onnx", "--model=x.onnx"),
        ("failed:/home/bob/x.onnx, /srv/bob/y", "failed:x.onnx, y"),
        ("cc -I/usr/bob/include -L/usr/bob/lib", "cc -Iinclude -Llib"),
        ("in file:///home/bob/x.onnx", "in x.onnx"),
        ("in //home/bob/x", "in x"),
        ("of /home/bob/ and /home/bob", "of ~ and ~"),
        (r"no C:\Users\bob\x.onnx there", "no x.onnx there"),
        (r"no 'C:\\Users\\bob smith\\x.onnx' there", "no 'x.onnx' there"),
        ("--model=d:/films/bob/x.onnx", "--model=x.onnx"),
        (r"(\\server\share\x.dll)", "(x.dll)"),
        (r"C:\Users\bob", "~"),
        ("~/songs/x.ogg", "x.ogg"),
        ("~bob/songs/x.ogg", "x.ogg"),
    ],
)
def test_a_path_loses_its_folders_wherever_it_stands(told: str, without: str) -> None:
    assert nameless(told) == without


@pytest.mark.parametrize(
    "told",
    [
        "see https://github.com/x/y and http://127.0.0.1:80/a/b", "18.2 / 20 / 23 ms", "and/or", "models/small/x.onnx",
        "../x/y.onnx ./z/y", "cpu:fp32,cuda:fp16", "AMD EPYC, 2 cores", "'a' / 'b'", "no int8: choose fp32",
        "2/3 of a/b",
    ],
)  # fmt: skip
def test_what_is_no_path_of_this_machine_stays(told: str) -> None:
    assert nameless(told) == told


def test_the_users_own_folder_may_hold_spaces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "home", lambda: Path("/people/bob smith"))
    assert nameless("no /people/bob smith/songs/x.ogg there") == "no x.ogg there"
    assert nameless("in /people/bob smith") == "in ~"


_PART = st.text("abcxyz019_.-", min_size=1, max_size=6).filter(lambda part: part.strip(".-"))


@given(
    st.lists(_PART, min_size=1, max_size=4),
    st.sampled_from([("/", "/"), ("C:\\", "\\"), ("D:/", "/")]),
    st.sampled_from(["", "'", '"', "(", "=", " ", ": "]),
)
def test_no_folder_is_told_whatever_stands_before_it(
    folders: list[str], root: tuple[str, str], before: str
) -> None:
    path = root[0] + root[1].join(["SECRET", *folders, "last"])
    after = before if before in ("'", '"') else ""
    assert nameless(f"it{before and ' '}{before}{path}{after}" if before else path) == (
        f"it {before}last{after}" if before else "last"
    )


def test_nothing_in_a_line_tells_a_folder_however_deep_it_lies() -> None:
    line = {"at": 1.5, "left_out": {"x": "no /home/bob/x"}, "rows": [{"model": "/home/bob/y"}], "ok": True}
    assert nameless_line(line) == {
        "at": 1.5, "left_out": {"x": "no x"}, "rows": [{"model": "y"}], "ok": True,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("place", "project", "is_checkout"),
    [
        (".", "groovecast", True),
        (".", "another", False),  # somebody's repository, installed into its root
        ("lib/site-packages", "", False),  # or into a folder of it
        ("unpacked", "groovecast", False),  # our files without our repository, inside theirs
    ],
)
def test_only_a_checkout_tells_a_commit_and_nothing_tells_a_foreign_one(
    tmp_path: Path, place: str, project: str, is_checkout: bool
) -> None:
    git = ["git", "-c", "user.name=x", "-c", "user.email=x@x"]
    subprocess.run([*git, "init", "-q"], cwd=tmp_path, check=True)
    subprocess.run([*git, "commit", "-q", "--allow-empty", "-m", "first"], cwd=tmp_path, check=True)
    package = tmp_path / place / "benchmarks"
    package.mkdir(parents=True)
    if project:
        (package.parent / "pyproject.toml").write_text(f'[project]\nname = "{project}"\n')
    told = f"groovecast {version('groovecast')}"
    assert (commit(package) == told) is not is_checkout


def test_a_line_says_which_groovecast_it_is_of() -> None:
    assert libraries()["groovecast"] == version("groovecast")
