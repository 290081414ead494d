"""The engines of ONNX Runtime: the processor's for real, a card's on a runtime that behaves as it is documented."""

import contextlib
from dataclasses import replace
from pathlib import Path

import msgspec
import numpy as np
import onnxruntime
import pytest
from fakes.gpu_runtime import BY_NAME, CARD, Runtime, kind, opening
from fakes.plain_session import plan_from
from fakes.tiny_model import tiny_inputs, tiny_plan

from groovecast.model.sampling import sampled
from realtime.clock import FakeClock
from realtime.engines.choice import choose
from realtime.engines.eight_bits import added_exactly
from realtime.engines.engine import Engine, EngineError
from realtime.engines.kind import Opening
from realtime.engines.onnx_runtime import OnnxRuntimeKind
from realtime.engines.warm_up import example_inputs, warmed


def cpu(asked: Opening) -> Engine:
    """The processor's engine."""
    return OnnxRuntimeKind(BY_NAME["cpu"]).open(asked)


def test_this_processor_adds_8_bit_products_exactly_or_int8_is_not_taken_unasked(tmp_path: Path) -> None:
    first = OnnxRuntimeKind(BY_NAME["cpu"]).precisions()[0]
    assert first == ("int8" if added_exactly() else "fp32")


def test_a_processor_that_cuts_8_bit_products_short_dances_in_single_precision(tmp_path: Path) -> None:
    old = OnnxRuntimeKind(BY_NAME["cpu"], int8_is_exact=lambda: False)
    assert old.precisions() == ("fp32", "fp16", "int8")
    with pytest.raises(EngineError, match="does not add 8-bit products exactly: choose --precision fp32"):
        old.open(opening(tmp_path, "int8"))
    assert OnnxRuntimeKind(BY_NAME["cpu"], int8_is_exact=lambda: True).precisions()[0] == "int8"


# -- the processor --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("batch", [1, 4])
def test_an_engine_answers_as_its_graph_means_and_as_a_plain_session_does(tmp_path: Path, batch: int) -> None:
    asked = opening(tmp_path, batch=batch)
    engine, inputs = cpu(asked), tiny_inputs(batch, seed=batch)
    answer = engine.run(inputs)
    expected = tiny_plan(**inputs)
    np.testing.assert_allclose(answer["plan"], expected, atol=1e-5)
    np.testing.assert_allclose(answer["root_m"], expected[..., :3], atol=1e-5)
    np.testing.assert_allclose(
        answer["local_quat_wxyz"], expected[..., :88].reshape(batch, 50, 22, 4), atol=1e-5
    )
    plain = onnxruntime.InferenceSession(
        tmp_path / "tiny" / "dancer.onnx", providers=["CPUExecutionProvider"]
    )
    np.testing.assert_allclose(answer["plan"], plan_from(plain, inputs, 2), atol=1e-6)
    assert {name: one.shape for name, one in answer.items()} == asked.graph.outputs(batch)
    assert (engine.name, engine.batch) == ("cpu", batch) and engine.device.endswith(", 1 thread")


def test_a_plan_takes_no_new_memory(tmp_path: Path) -> None:
    engine = cpu(opening(tmp_path))
    first = engine.run(tiny_inputs(1, seed=1))
    places = {name: one.ctypes.data for name, one in first.items()}
    before = first["plan"].copy()
    second = engine.run(tiny_inputs(1, seed=2))
    assert {name: one.ctypes.data for name, one in second.items()} == places
    assert not np.array_equal(second["plan"], before)
    np.testing.assert_array_equal(engine.run(tiny_inputs(1, seed=1))["plan"], before)


def test_half_precision_answers_almost_the_same(tmp_path: Path) -> None:
    inputs = tiny_inputs(1)
    off = np.abs(cpu(opening(tmp_path, "fp16")).run(inputs)["plan"] - tiny_plan(**inputs))
    assert 0 < off.max() < 0.01


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (
            {"noise": np.zeros((1, 49, 141), np.float32)},
            r"noise of shape \(1, 49, 141\): give \(1, 50, 141\)",
        ),
        ({"noise": np.zeros((50, 141), np.float32)}, r"noise of shape \(50, 141\): give \(1, 50, 141\)"),
        ({"before": np.zeros((1, 50, 141), np.float32)}, "noise, before: give history, music, style, noise$"),
    ],
)
def test_inputs_of_other_shapes_or_names_are_refused_in_one_line(
    tmp_path: Path, change: dict[str, np.ndarray], says: str
) -> None:
    engine = cpu(opening(tmp_path))
    with pytest.raises(ValueError, match=says):
        engine.run(tiny_inputs(1) | change)


def test_a_sampler_of_many_steps_is_called_as_often(tmp_path: Path) -> None:
    engine, inputs = cpu(opening(tmp_path, steps=10)), tiny_inputs(1)
    noise = inputs["noise"]
    for step in range(10):
        plan = tiny_plan(**inputs | {"noise": noise}, step=step)
        noise = plan * 0.5
    np.testing.assert_allclose(sampled(engine.run, inputs, 10)["plan"], plan, atol=1e-4)


def test_a_graph_of_another_kind_is_refused(tmp_path: Path) -> None:
    asked = opening(tmp_path)
    config = msgspec.structs.replace(asked.manifest.config, warm=True)  # it would take the plan before
    other = replace(asked, manifest=msgspec.structs.replace(asked.manifest, config=config))
    with pytest.raises(
        ValueError, match=r"it takes history, music, noise, style and answers .*: export the model again"
    ):
        cpu(other)


# -- warm-up --------------------------------------------------------------------------------------------------


class Slow:
    """An engine whose calls take as long as it is told."""

    name, device, batch = "slow", "an abacus", 1

    def __init__(
        self, asked: Opening, clock: FakeClock, *took_s: float, spoilt: str = "", silent: str = ""
    ) -> None:
        self.graph, self._clock, self._took_s = asked.graph, clock, list(took_s)
        self._spoilt, self._silent = spoilt, silent

    def run(self, inputs: object) -> dict[str, np.ndarray]:
        """Let time pass."""
        if not self._took_s:
            raise OSError("the beads\nare gone")
        self._clock.advance(self._took_s.pop(0))
        return {
            name: np.full(shape, np.nan if name == self._spoilt else 0, np.float32)
            for name, shape in self.graph.outputs(1).items()
            if name != self._silent
        }

    def close(self) -> None:
        """As any engine."""


def test_the_first_and_the_last_call_of_the_warm_up_are_told(tmp_path: Path) -> None:
    clock = FakeClock()
    warm = warmed(Slow(opening(tmp_path), clock, 0.5, 0.2, 0.02), clock)
    assert (round(warm.first_ms), round(warm.last_ms)) == (500, 20)


def test_an_engine_that_fails_or_answers_no_numbers_never_reaches_the_stage(tmp_path: Path) -> None:
    clock, asked = FakeClock(), opening(tmp_path)
    with pytest.raises(EngineError, match=r"raised OSError \(the beads are gone\): see groovecast doctor"):
        warmed(Slow(asked, clock, 0.1), clock)
    with pytest.raises(
        EngineError, match=r"asked engine slow for a first plan, .* no root_m: see groovecast doctor"
    ):
        warmed(Slow(asked, clock, 0.1, 0.1, 0.1, silent="root_m"), clock)


@pytest.mark.parametrize("output", ["plan", "root_m", "local_quat_wxyz"])
def test_no_output_may_hold_what_is_no_number(tmp_path: Path, output: str) -> None:
    clock = FakeClock()
    slow = Slow(opening(tmp_path), clock, 0.1, 0.1, 0.1, spoilt=output)
    with pytest.raises(
        EngineError, match=f"{output} with numbers that are not finite: choose --precision fp32"
    ):
        warmed(slow, clock)


def test_the_warm_up_asks_in_the_shapes_of_the_graph(tmp_path: Path) -> None:
    asked = opening(tmp_path, batch=3, steps=10)
    given = example_inputs(asked.graph, 3)
    assert {name: one.shape for name, one in given.items()} == asked.graph.inputs(3)
    np.testing.assert_array_equal(given["style"].sum(axis=1), np.ones(3))


# -- cards ----------------------------------------------------------------------------------------------------


def test_on_a_card_every_plan_is_of_the_newest_inputs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    runtime = Runtime("CUDAExecutionProvider")
    engine = kind("cuda", runtime).open(opening(tmp_path, batch=2))
    for seed in (1, 2, 1):
        inputs = tiny_inputs(2, seed)
        np.testing.assert_allclose(engine.run(inputs)["plan"], tiny_plan(**inputs), atol=1e-5)
    assert engine.device == CARD.name and runtime.preloaded == 1 and not runtime.fallback
    assert runtime.asked == [{"device_id": "0", "enable_cuda_graph": "1", "use_tf32": "0"}]
    assert capsys.readouterr() == (
        "",
        "",
    )  # what a runtime prints would end up in JSON, or beside the one line
    first = engine.run(inputs)["plan"]
    assert engine.run(inputs)["plan"] is first


def test_a_provider_that_is_silently_the_processor_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(
        EngineError, match=r"asked for engine cuda, found that its provider does not load \(.+\): see groov"
    ):
        kind("cuda", Runtime("CUDAExecutionProvider", starts=False)).open(opening(tmp_path))


def test_a_graph_that_no_cuda_graph_can_hold_runs_without_one_and_says_so(tmp_path: Path) -> None:
    asked, runtime = opening(tmp_path), Runtime("CUDAExecutionProvider", whole=False)
    said: list[str] = []
    engine = kind("cuda", runtime).open(replace(asked, say=said.append))
    assert [options.get("enable_cuda_graph") for options in runtime.asked] == ["1", None]
    assert said == [
        "engine cuda runs without a CUDA graph: "
        "This session cannot use the graph capture feature as requested by the user"
    ]
    assert engine.device == f"{CARD.name}, but 1 of 10 nodes elsewhere"


def test_a_card_without_memory_is_an_engine_that_does_not_start(tmp_path: Path) -> None:
    asked = replace(opening(tmp_path), precision="auto")
    full = kind("cuda", Runtime("CUDAExecutionProvider", memory=False))
    with pytest.raises(
        EngineError,
        match=r"^asked for engine cuda, found RuntimeError \(CUDA failure 2: out of memory ; GPU=0\): see groov",
    ):
        choose("cuda", asked, [full])
    chosen = choose("auto", asked, [full, OnnxRuntimeKind(BY_NAME["cpu"])])
    assert chosen.engine.name == "cpu" and "(cuda: asked for engine cuda, found Runt" in chosen.announcement


@pytest.mark.parametrize("starts", [True, False])
def test_the_log_of_onnx_runtime_is_quiet_only_while_a_card_is_tried(tmp_path: Path, starts: bool) -> None:
    runtime = Runtime("CUDAExecutionProvider", starts=starts)
    with contextlib.nullcontext() if starts else pytest.raises(EngineError):
        kind("cuda", runtime).open(opening(tmp_path))
    assert runtime.levels == [4, 2]  # only what ends the process, then its own default


def test_what_is_missing_is_seen_before_anything_is_loaded() -> None:
    def found(name: str, runtime: object, **here: object) -> tuple[str, str]:
        obstacle = kind(name, runtime, **here).obstacle()  # type: ignore[arg-type]
        assert obstacle is not None
        return obstacle.found, obstacle.mend

    plain = Runtime()
    assert found("cuda", plain, cards=())[0] == "no NVIDIA card with a driver"
    assert found("cuda", plain) == (
        "ONNX Runtime 9.9 without CUDAExecutionProvider",
        'pip uninstall onnxruntime onnxruntime-gpu onnxruntime-directml, then pip install "groovecast[gpu]"',
    )
    assert found("directml", plain)[0] == "no Windows" and found("coreml", plain)[0] == "no macOS"
    assert "groovecast[directml]" in found("directml", plain, platform="win32")[1]
    assert kind("coreml", Runtime("CoreMLExecutionProvider"), platform="darwin").obstacle() is None
    assert kind("cpu", plain).obstacle() is None
    wheel = Runtime("TensorrtExecutionProvider")  # it has the provider and not the library
    assert found("tensorrt", wheel, tensorrt="")[0] == "no TensorRT 10" and wheel.preloaded
    assert kind("tensorrt", wheel).obstacle() is None

    def missing() -> object:
        raise ImportError("No module named 'onnxruntime'")

    obstacle = OnnxRuntimeKind(BY_NAME["cpu"], missing).obstacle()
    assert obstacle is not None and obstacle.mend == 'pip install "groovecast[cpu]"'
