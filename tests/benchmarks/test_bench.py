"""`groovecast bench`: what it prints, what it leaves out and says so, and where its lines are kept."""

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
import soundfile
from fakes.tiny_model import tiny_model

from benchmarks.opening import Candidate, candidates
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
    assert 0 < line["engine_ms"]["p50"] < line["update_ms"]["p50"] <= line["update_ms"]["max"]
    mean_ms = line["update_mean_ms"]
    assert line["engine_ms"]["p50"] / 2 < mean_ms < line["update_ms"]["max"]
    assert line["realtime_factor"] == pytest.approx(8 / 30 * 1000 / mean_ms, abs=0.01)
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
    assert line["teachers"] == [] and line["edge_sized"] == [] and line["against"] == []
    left_out = line["left_out"]
    assert isinstance(left_out, dict) and set(left_out.values()) == {"it is out of order"}
    assert {"50-step teacher on the processor", "EDGE-sized, PyTorch", "EDGE-sized, ONNX Runtime"} <= set(
        left_out
    )
    assert "left out 50-step teacher on the processor: it is out of order" in said


def test_what_keeps_an_engine_from_starting_is_told_without_this_machines_folders(tiny: Path) -> None:
    left_out: dict[str, str] = {}
    said: list[str] = []
    bench = Bench(UpdateWishes(model=str(tiny)), Parts({}), said.append)
    bench._part("turbine", left_out, ("engine_row", []), "no '/home/bob/turbine.so' there")
    assert left_out == {"turbine": "no 'turbine.so' there"} and "bob" not in said[0]


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
    assert asked["teacher_sized"][2:] == ["--teacher", "wise", "--engine", "cpu"]
    assert asked["edge_sized"][-2:] == ["--evaluations", "7"]


@pytest.mark.parametrize(
    ("engines", "on"),
    [
        (["cpu"], ["cpu"]), (["rtx", "cuda", "cpu"], ["cpu", "cuda"]), (["rtx", "cuda"], ["cuda"]),
        (["rtx", "cpu"], ["cpu"]),
    ],
)  # fmt: skip
def test_a_teacher_is_measured_on_the_like_of_every_engine(
    tiny: Path, engines: list[str], on: list[str]
) -> None:
    parts, left_out = Parts({"teacher_sized": {}}), {}
    rows: list[Row] = [{"engine": name, "on_card": name != "cpu"} for name in engines]
    Bench(UpdateWishes(model=str(tiny)), parts, lambda told: None).teacher_rows(rows, left_out)
    assert [words[-1] for _, words in parts.asked] == on
    unlike = {"50-step teacher on a card": "no cuda or directml was measured"}
    assert left_out == (unlike if engines == ["rtx", "cpu"] else {})


def test_edges_size_is_measured_on_a_card_single_and_half_compiled(
    tiny: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts = Parts({"edge_sized": []})
    monkeypatch.setattr("benchmarks.update.cards", lambda: ["one"])
    Bench(UpdateWishes(model=str(tiny)), parts, lambda told: None).edge_sized_rows({})
    on_card = [words[:-2] for _, words in parts.asked if "cuda" in words]
    assert on_card == [
        ["--runtime", "torch", "--device", "cuda"],
        ["--runtime", "onnx", "--device", "cuda"],
        ["--runtime", "torch", "--device", "cuda", "--precision", "fp16", "--compiled"],
    ]


def test_with_no_engine_at_all_there_is_no_line(tiny: Path) -> None:
    with pytest.raises(RuntimeError, match=r"none could be \(cpu:fp32: it is out of order\)"):
        Bench(UpdateWishes(engines="cpu:fp32", model=str(tiny)), Parts({}), lambda told: None).line()


def test_a_part_that_fails_is_left_out_with_its_last_words(tiny: Path) -> None:
    with pytest.raises(LeftOut, match="asked for int8 of model"):
        in_own_process("engine_row", ["cpu", "int8", "--model", str(tiny)])


def test_a_part_may_talk_before_its_figures_and_is_left_out_without_any(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "benchmarks"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "talks.py").write_text("print('hello')\nprint('{\"ms\": 2}')")
    (package / "only_talks.py").write_text("print('hello')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    assert in_own_process("talks", []) == {"ms": 2}
    with pytest.raises(LeftOut, match="without figures"):
        in_own_process("only_talks", [])


@pytest.mark.parametrize("precision", ["fp32", "fp16"])
def test_a_line_names_the_graph_that_danced(tiny: Path, tmp_path: Path, precision: str) -> None:
    soundfile.write(tmp_path / "still.wav", np.zeros(24_000, np.float32), 24_000)
    words = ["offline", str(tmp_path / "still.wav"), "--runs", "1", "--no-keep", "--json"]
    done = _bench(*words, "--model", str(tiny), "--engine", "cpu", "--precision", precision)
    assert done.returncode == 0, done.stderr
    line = json.loads(done.stdout)
    danced = graph_of(tiny, read_manifest(tiny), precision).sha256[:12]
    assert (line["engine"], line["precision"], line["artefact"]) == ("cpu", precision, danced)
    assert line["model"] == "tiny" and str(tmp_path) not in done.stdout


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
