"""`groovecast bench`: what it prints, what it leaves out and says so, and where its lines are kept."""

import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
from fakes.tiny_model import tiny_model

import benchmarks
from benchmarks.opening import Candidate, candidates
from benchmarks.record import Stopwatch, command_of, nameless, results_folder
from benchmarks.teacher_sized import STEPS, measured, teacher_config, write_random_model
from benchmarks.update import Bench, LeftOut, Row, UpdateWishes, in_own_process
from groovecast.model.config import ModelConfig
from groovecast.model.denoiser import Denoiser
from groovecast.model.graph import graph_of
from groovecast.model.manifest import read_manifest
from realtime.engines.engine import Engine
from realtime.engines.kind import Obstacle, Opening

_TOLD = ("update_ms", "steps", "engine", "threads", "model", "frames_per_update", "realtime_factor")
_ROW = {
    "engine": "cpu", "precision": "fp32", "threads": 1, "stride_ms": 250.0,
    "engine_alone_ms": {"p50": 20.0}, "engine_alone_core_ms": 20.0,
    "update_ms": {"p50": 50.0}, "update_alone_core_ms": 40.0,
}  # fmt: skip


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a model that is one matrix, in two precisions."""
    folder = tmp_path_factory.mktemp("models") / "tiny"
    tiny_model(folder, ("fp32", "fp16"))
    return folder


@dataclass
class Parts:
    """Stands in for the processes: answers what it has, and remembers what it was asked."""

    answers: dict[str, Row | list[Row]]
    asked: list[tuple[str, list[str]]] = field(default_factory=list)

    def __call__(self, module: str, words: Sequence[str]) -> Row | list[Row]:
        self.asked.append((module, list(words)))
        if module not in self.answers:
            raise LeftOut("it is out of order")
        return self.answers[module]


@dataclass(frozen=True)
class Steam:
    """A kind of engine that is there, or not."""

    name: str
    missing: str = ""

    def precisions(self) -> tuple[str, ...]:
        return ("int8", "fp32")

    def obstacle(self) -> Obstacle | None:
        return Obstacle(self.missing, "buy one") if self.missing else None

    def ready(self, opening: Opening) -> bool:
        return True

    def open(self, opening: Opening) -> Engine:
        raise NotImplementedError


def _bench(*words: str, cwd: str | Path | None = None) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "realtime.cli", "bench", *words]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False, timeout=120)


def test_json_is_one_object_with_what_the_engine_cost_alone_in_a_show_and_for_many(tiny: Path) -> None:
    done = _bench(
        "update", "--engines", "cpu:fp32", "--model", str(tiny), "--seconds", "2", "--batches", "1,3",
        "--no-rivals", "--no-keep", "--json", "--note", "a test",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    line = json.loads(done.stdout)
    assert all(name in line for name in _TOLD)
    assert (line["engine"], line["precision"], line["steps"], line["threads"]) == ("cpu", "fp32", 2, 1)
    assert line["frames_per_update"] == 8 and line["note"] == "a test"
    assert set(line["update_ms"]) == {"p50", "p95", "p99", "max"}
    assert 0 < line["engine_ms"]["p50"] < line["update_ms"]["p50"] < 8 / 30 * 1000 * line["realtime_factor"]
    assert line["updates"] > 3 and line["load_ms"] > 0 and line["first_plan_ms"] > 0
    assert set(line["batch_ms"]) == {"1", "3"} and line["left_out"] == {}
    assert str(tiny.parent) not in done.stdout


def test_without_words_every_engine_is_measured_with_all_that_the_model_has_for_it(tiny: Path) -> None:
    kettle = [Candidate("kettle", "fp32"), Candidate("kettle", "int8")]
    found = candidates(None, tiny, [Steam("kettle"), Steam("turbine", missing="no turbine")])
    assert found == [Candidate("kettle", "fp32"), Candidate("turbine", "auto", "no turbine")]
    asked = candidates("kettle:int8,kettle", tiny, [Steam("kettle")])
    assert asked == kettle[::-1]


@pytest.mark.parametrize("words", ["sail", "kettle:fp64", "kettle,,kettle", ""])
def test_engines_that_there_are_not_are_refused_with_those_that_there_are(words: str, tiny: Path) -> None:
    with pytest.raises(ValueError, match=r"there are kettle, each as NAME or NAME:fp32\|fp16\|int8"):
        candidates(words, tiny, [Steam("kettle")])


def test_what_cannot_be_measured_is_left_out_and_the_line_says_why(tiny: Path) -> None:
    said: list[str] = []
    parts = Parts({"engine_row": dict(_ROW)})
    line = Bench(UpdateWishes(engines="cpu:fp32", model=str(tiny)), parts, said.append).line()
    assert line["teacher"] is None and line["edge_sized"] == [] and line["against"] == []
    left_out = line["left_out"]
    assert isinstance(left_out, dict) and set(left_out.values()) == {"it is out of order"}
    assert {"50-step teacher", "EDGE-sized, PyTorch", "EDGE-sized, ONNX Runtime"} <= set(left_out)
    assert "left out 50-step teacher: it is out of order" in said


def test_every_part_is_asked_what_was_wished(tiny: Path) -> None:
    parts = Parts({"engine_row": dict(_ROW), "edge_sized": []})
    wishes = UpdateWishes(
        engines="cpu:fp32", model=str(tiny), seconds=5, batches="2,16", teacher=Path("wise"), evaluations=7
    )
    Bench(wishes, parts, lambda told: None).line()
    asked = dict(parts.asked)
    assert asked["engine_row"] == [
        "cpu", "fp32", "--model", str(tiny), "--seconds", "5", "--batches", "2", "16",
    ]  # fmt: skip
    assert asked["teacher_sized"][-2:] == ["--teacher", "wise"]
    assert asked["edge_sized"][-2:] == ["--evaluations", "7"]


def test_a_teacher_is_measured_on_the_card_where_there_is_one(tiny: Path) -> None:
    for engines, on in ((["cpu"], "cpu"), (["rtx", "cuda", "cpu"], "cuda"), (["rtx", "cpu"], "cpu")):
        parts = Parts({})
        Bench(UpdateWishes(model=str(tiny)), parts, lambda told: None).teacher_row(engines, {})
        assert parts.asked[0][1][-2:] == ["--engine", on]


def test_with_no_engine_at_all_there_is_no_line(tiny: Path) -> None:
    with pytest.raises(RuntimeError, match=r"none could be \(cpu:fp32: it is out of order\)"):
        Bench(UpdateWishes(engines="cpu:fp32", model=str(tiny)), Parts({}), lambda told: None).line()


def test_a_part_that_fails_is_left_out_with_its_last_words(tiny: Path) -> None:
    with pytest.raises(LeftOut, match="asked for int8 of model"):
        in_own_process("engine_row", ["cpu", "int8", "--model", str(tiny)])


def test_a_rival_whose_extra_is_missing_is_left_out_with_the_mend(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "torch.py").write_text("raise ModuleNotFoundError(\"No module named 'torch'\")")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    for module in ("edge_sized", "teacher_sized"):
        with pytest.raises(LeftOut, match=r"No module named 'torch': pip install .groovecast\[train\]"):
            in_own_process(module, [])


def test_a_teachers_plan_is_all_of_its_steps(tmp_path: Path) -> None:
    tiny_model(tmp_path / "few", steps=2)
    tiny_model(tmp_path / "wise", steps=50)
    few, wise = (measured(tmp_path / name, "cpu", 5, False) for name in ("few", "wise"))
    assert (few["steps"], wise["steps"]) == (2, 50) and wise["plans_timed"] == 5
    assert wise["plan_ms"]["p50"] > 3 * few["plan_ms"]["p50"]  # type: ignore[index]


def test_a_network_of_random_weights_stands_in_for_a_teacher(tmp_path: Path) -> None:
    small = ModelConfig(width=32, layers=1, heads=2, log_snrs=(-2.5,), guided=True, guidance=1.5)
    made = write_random_model(teacher_config(small), tmp_path, graph)
    manifest = read_manifest(tmp_path)
    assert manifest == made and manifest.config == teacher_config(small)
    assert graph_of(tmp_path, manifest, "fp32").content == b"50 steps"


def graph(network: Denoiser, path: Path) -> None:
    """A graph that only says how many steps it has."""
    path.write_text(f"{network.config.steps} steps")


def test_the_teacher_has_the_students_network_and_asks_it_a_hundred_times() -> None:
    student = ModelConfig(width=32, layers=1, heads=2, log_snrs=(-2.5,), guided=True, guidance=1.5)
    config = teacher_config(student)
    assert config.steps == STEPS == 50 and config.guided_outside
    assert (config.width, config.layers, config.heads) == (32, 1, 2)


@pytest.mark.parametrize(
    ("wish", "mend"),
    [({"seconds": 1.0}, "give 2 or more"), ({"evaluations": 0}, "give 1 or more")],
)
def test_a_wish_that_cannot_be_measured_is_refused(wish: dict[str, float], mend: str) -> None:
    with pytest.raises(ValueError, match=mend):
        UpdateWishes(**wish)  # type: ignore[arg-type]


@pytest.mark.parametrize("batches", ["", "0", "1,x", "17", "1,,2"])
def test_batches_are_numbers_of_dancers_with_commas_between(batches: str) -> None:
    assert UpdateWishes(batches="1, 16").dancers == [1, 16]
    with pytest.raises(ValueError, match="give 1 to 16, with commas between"):
        _ = UpdateWishes(batches=batches).dancers


def test_wrong_words_are_one_line_and_status_2_or_1(tiny: Path) -> None:
    for words, status in ((("update", "--engine", "x"), 2), (("update", "--engines", "x"), 1)):
        done = _bench(*words, "--model", str(tiny))
        assert done.returncode == status and not done.stdout
        assert len(done.stderr.splitlines()) == 1 and done.stderr.startswith("groovecast: ")


def test_programs_with_words_of_their_own_get_them() -> None:
    done = _bench("wire", "--frames", "50", "--no-keep")
    assert done.returncode == 0 and "vmc_encode_ms" in done.stdout
    assert "--minutes" in _bench("loop", "--help").stdout


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
        np.linalg.inv(np.eye(400) * 2)
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
    assert nameless(f"no {Path.cwd() / 'x.onnx'} there") == "no x.onnx there"
