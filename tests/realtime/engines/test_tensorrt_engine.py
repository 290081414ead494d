"""TensorRT through ONNX Runtime, on one that behaves as it is documented: what is built is kept whole or not at all."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from fakes.gpu_runtime import CARD, Builder, kind, opening

from realtime.engines.engine import EngineError


def test_tensorrt_keeps_its_engine_where_only_the_same_card_and_graph_find_it(tmp_path: Path) -> None:
    asked = opening(tmp_path, "fp16")
    said: list[str] = []
    asked = replace(asked, say=said.append)

    tensorrt = kind("tensorrt", Builder("TensorrtExecutionProvider"))
    assert not tensorrt.ready(asked)
    tensorrt.open(asked)
    assert said == ["TensorRT builds its engine for this card, once: some minutes"]
    assert tensorrt.ready(asked)
    tensorrt.open(asked)
    assert len(said) == 1
    other = kind("tensorrt", Builder("TensorrtExecutionProvider"), (replace(CARD, driver="1000.0"),))
    newer = kind("tensorrt", Builder("TensorrtExecutionProvider"), tensorrt="101700")
    assert not other.ready(asked) and not newer.ready(asked) and not tensorrt.ready(replace(asked, batch=2))
    kept = [path.name for path in (tmp_path / "cache").iterdir()]
    assert len(kept) == 1 and not kept[0].endswith(".part")


@pytest.mark.parametrize("fault", ["memory", "runs"])
def test_a_tensorrt_engine_that_fails_its_first_plan_is_an_error_and_leaves_nothing(
    tmp_path: Path, fault: str
) -> None:
    asked = replace(opening(tmp_path, "fp16"), say=lambda _: None)
    broken = Builder("TensorrtExecutionProvider", **{fault: False})
    with pytest.raises(EngineError, match=r"engine tensorrt.* RuntimeError \(CUDA failure 2: out of memory"):
        kind("tensorrt", broken).open(asked)
    assert list((tmp_path / "cache").iterdir()) == []


def test_a_kept_tensorrt_engine_outlives_a_show_that_found_the_card_full(tmp_path: Path) -> None:
    asked = replace(opening(tmp_path, "fp16"), say=lambda _: None)
    runtime = Builder("TensorrtExecutionProvider")
    tensorrt = kind("tensorrt", runtime)
    tensorrt.open(asked).close()
    runtime.runs = False
    with pytest.raises(EngineError):
        tensorrt.open(asked)
    assert tensorrt.ready(asked)


@pytest.mark.parametrize("precision", ["fp32", "fp16"])
def test_tensorrt_is_told_no_precision_for_the_graph_says_it(tmp_path: Path, precision: str) -> None:
    # a flag of a precision makes ONNX Runtime drop strong typing (microsoft/onnxruntime 18707)
    runtime = Builder("TensorrtExecutionProvider")
    kind("tensorrt", runtime).open(replace(opening(tmp_path, precision), say=lambda _: None))
    assert runtime.asked and not any(re.search("fp16|bf16|int8", name) for name in runtime.asked[0])
