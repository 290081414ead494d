"""The network of EDGE's size: its shape is the paper's, and what it is timed by is arithmetic."""

import ast
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
import torch

import benchmarks
from benchmarks import edge_sized
from benchmarks.edge_sized import EdgeSized, random_inputs, session_options, timed, write_edge_sized
from benchmarks.record import Stopwatch
from groovecast.model.onnx_runtime import onnx_runtime


@pytest.fixture(scope="module")
def network() -> EdgeSized:
    """The whole of it."""
    torch.manual_seed(0)
    return EdgeSized().eval()


def _make_shallow(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(edge_sized, "LAYERS", 1)
    patch.setattr(edge_sized, "MUSIC_LAYERS", 1)
    patch.setattr(edge_sized, "MUSIC_NUMBERS", 16)


@pytest.fixture
def shallow(monkeypatch: pytest.MonkeyPatch) -> None:
    """A network of one layer each, which is exported quickly."""
    _make_shallow(monkeypatch)


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shallow network with the first seed's weights, exported once."""
    path = tmp_path_factory.mktemp("graphs") / "edge_sized.onnx"
    with pytest.MonkeyPatch.context() as patch:
        _make_shallow(patch)
        torch.manual_seed(0)
        write_edge_sized(EdgeSized().eval(), path)
    return path


def test_it_has_the_49_million_parameters_that_the_paper_says(network: EdgeSized) -> None:
    """8 x 512 with FiLM, two layers for the music, 4800 numbers of music a frame: 49 million (Tseng et al. 2023)."""
    linear = lambda wide, out: wide * out + out  # noqa: E731
    attention, between = 4 * linear(512, 512), linear(512, 1024) + linear(1024, 512)
    dance = 2 * attention + between + 3 * linear(512, 2 * 512) + 3 * 2 * 512
    music = attention + between + 2 * 2 * 512
    step = linear(512, 2048) + linear(2048, 512) + linear(2048, 2 * 512)
    ends = linear(151, 512) + linear(4800, 512) + linear(512, 151)
    rest = 2 * linear(512, 512) + 2 * 2 * 512 + 150 * 512 + 512
    count = sum(weight.numel() for weight in network.parameters())
    assert count == 8 * dance + 2 * music + step + ends + rest == 49_464_471


def test_it_answers_5_s_of_dance_and_hears_music_and_step(network: EdgeSized) -> None:
    dance, music, step = random_inputs()
    assert dance.shape == (1, 150, 151) and music.shape == (1, 150, 4800)
    with torch.inference_mode():
        clean = network(dance, music, step)
        assert clean.shape == (1, 150, 151) and bool(torch.isfinite(clean).all())
        for other in ((dance, -music, step), (dance, music, step / 2), (-dance, music, step)):
            assert float((network(*other) - clean).abs().max()) > 1e-3


def test_its_graph_answers_as_it_does(shallow: None, graph: Path) -> None:
    torch.manual_seed(0)
    made = EdgeSized().eval()
    session = onnx_runtime().InferenceSession(str(graph), providers=["CPUExecutionProvider"])
    inputs = random_inputs()
    names = [one.name for one in session.get_inputs()]
    found = session.run(None, {name: one.numpy() for name, one in zip(names, inputs, strict=True)})[0]
    with torch.inference_mode():
        np.testing.assert_allclose(found, made(*inputs).numpy(), atol=1e-4)


def test_all_of_it_is_where_it_was_put(shallow: None) -> None:
    """On another device than the processor's: a tensor that is made on the way must not be left behind there."""
    made = EdgeSized().to("meta")
    assert made(*(one.to("meta") for one in random_inputs())).device.type == "meta"


def test_music_that_was_encoded_once_is_not_encoded_again(shallow: None) -> None:
    made = EdgeSized(encoded_once=True).eval()
    made.encoder.register_forward_hook(lambda *_: pytest.fail("the encoder was asked"))
    with torch.inference_mode():
        assert made(*random_inputs(encoded_once=True)).shape == (1, 150, 151)


def test_the_first_evaluations_are_not_counted() -> None:
    asked: list[int] = []

    def chain(evaluations: int) -> np.ndarray:
        asked.append(evaluations)
        return np.zeros(1)

    assert len(timed(chain, 5).took_ms) == 5 and asked == [1] * 7


def test_a_second_of_dance_is_twenty_evaluations(shallow: None) -> None:
    way = edge_sized.Way()
    threads = torch.get_num_threads()
    rows = edge_sized.measured(way, [1], 3)
    torch.set_num_threads(threads)
    evaluation_ms = rows[0]["evaluation_ms"]
    assert isinstance(evaluation_ms, dict) and rows[0]["evaluations_needed"] == 100
    assert rows[0]["ms_per_second_of_dance"] == pytest.approx(20 * evaluation_ms["p50"], abs=0.06)


@pytest.mark.parametrize("runtime", ["torch", "onnx"])
def test_each_evaluation_begins_with_the_answer_of_the_one_before(
    shallow: None, graph: Path, monkeypatch: pytest.MonkeyPatch, runtime: str
) -> None:
    def copied(_: EdgeSized, path: Path) -> None:
        shutil.copytree(graph.parent, path.parent, dirs_exist_ok=True)  # weights may lie beside it

    monkeypatch.setattr(edge_sized, "write_edge_sized", copied)
    torch.manual_seed(0)
    network, (dance, music, step) = EdgeSized().eval(), random_inputs()
    (chain,) = edge_sized.Way(runtime).chains([1])
    if runtime == "onnx":
        np.testing.assert_array_equal(chain(0), dance.numpy())
    with torch.inference_mode():
        for _ in range(3):
            dance = network(dance, music, step)
    np.testing.assert_allclose(chain(3), dance.numpy(), atol=1e-4)


def test_halves_answer_nearly_as_singles_do(shallow: None) -> None:
    half, single = (next(iter(edge_sized.Way(precision=one).chains([1])))(1) for one in ("fp16", "fp32"))
    assert 0 < np.abs(half - single).max() < 0.02


def test_a_stretch_is_told_for_each_of_its_evaluations(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    def chain(evaluations: int) -> np.ndarray:
        asked.append(evaluations)
        np.linalg.inv(np.eye(50 * evaluations))
        return np.zeros(1)

    monkeypatch.setattr(edge_sized.Way, "chains", lambda way, threads: iter([chain]))
    (row,) = edge_sized.measured(edge_sized.Way(device="cuda"), [1], 8)
    assert asked == [8] * 7  # five stretches, and two that are not counted
    assert (row["evaluations_timed"], row["evaluations_chained"]) == (40, 8)
    (each,) = edge_sized.measured(edge_sized.Way(device="cpu"), [1], 4)
    assert asked[7:] == [1] * 6 and (each["evaluations_timed"], each["evaluations_chained"]) == (4, 1)


def test_a_wait_of_40_ms_for_20_evaluations_is_2_ms_for_each(monkeypatch: pytest.MonkeyPatch) -> None:
    watch = Stopwatch()
    watch.took_ms, watch._core_ms = [40.0] * 5, [20.0] * 5
    monkeypatch.setattr(edge_sized, "timed", lambda chain, stretches, chained: watch)
    monkeypatch.setattr(edge_sized.Way, "chains", lambda way, threads: iter([len]))
    (row,) = edge_sized.measured(edge_sized.Way(device="cuda"), [1], 20)
    assert row["evaluation_ms"] == dict.fromkeys(("p50", "p95", "p99", "max"), 2.0)
    assert (row["ms_per_second_of_dance"], row["core_ms_per_second_of_dance"]) == (40.0, 20.0)


def test_several_threads_spin_as_is_their_default_and_a_single_one_does_not() -> None:
    key = "session.intra_op.allow_spinning"
    assert session_options(onnx_runtime(), 1).get_session_config_entry(key) == "0"
    with pytest.raises(RuntimeError, match=key):
        session_options(onnx_runtime(), 2).get_session_config_entry(key)


@dataclass
class CardRuntime:
    """Stands in for ONNX Runtime with a card: it remembers what it was asked, in order."""

    asked: list[str] = field(default_factory=list)

    def __getattr__(self, name: str) -> Callable[..., "CardRuntime"]:
        def ask(*words: object, **more: object) -> "CardRuntime":
            self.asked.append(name)
            return self

        return ask

    @property
    def OrtValue(self) -> "CardRuntime":
        return self

    def get_providers(self) -> list[str]:
        return ["CUDAExecutionProvider", "CPUExecutionProvider"]


def test_on_a_card_inputs_are_copied_once_and_waited_for_once(monkeypatch: pytest.MonkeyPatch) -> None:
    runtime = CardRuntime()
    monkeypatch.setattr(edge_sized, "onnx_runtime", lambda: runtime)
    monkeypatch.setattr(edge_sized, "write_edge_sized", lambda network, path: None)
    chain = next(iter(edge_sized.Way("onnx", "cuda").chains([1])))
    assert runtime.asked.index("preload_dlls") < runtime.asked.index("InferenceSession")
    assert (
        runtime.asked.count("ortvalue_from_numpy") == 4
    )  # music and step, and the dance to read and to write
    runtime.asked.clear()
    chain(6)
    assert runtime.asked == ["run_with_iobinding"] * 6 + ["synchronize_outputs", "numpy"]


def test_onnx_runtime_is_loaded_nowhere_but_where_it_is_told_to_report_nothing() -> None:
    for path in Path(benchmarks.__path__[0]).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            named = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            named += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            loaded = [name for name in named if name.split(".")[0] == "onnxruntime"]
            assert not loaded, f"{path.name} imports {loaded[0]}: use groovecast.model.onnx_runtime"
