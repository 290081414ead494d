"""TensorRT for RTX, with stand-ins for card and runtime: what runs, what is kept, and what is said when it cannot."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path

import msgspec
import numpy as np
import pytest
from fakes.cuda_stand_in import told
from fakes.rtx_stand_in import RtxStandIn, engine_of
from fakes.tiny_model import tiny_inputs, tiny_model, tiny_plan
from rich.console import Console

from groovecast.model import rtx_builder
from groovecast.model.graph import Graph, graph_of
from groovecast.model.manifest import Manifest, entry_of, read_manifest
from groovecast.model.rtx_builder import RTX_FILE, rtx_entry, rtx_library
from realtime.engines.cache import EngineCache
from realtime.engines.engine import Engine, EngineError
from realtime.engines.rtx import RtxEngine
from realtime.engines.rtx_source import Installed, shipped_rtx, waiting


@dataclass
class _Machine:
    """A computer with a card, and what it said."""

    folder: Path
    library: str
    graph: Graph
    rtx: RtxStandIn
    said: list[str] = field(default_factory=list)

    def open(self, batch: int = 1, shipped: Callable[[str], bytes | None] = lambda _: None) -> RtxEngine:
        """An engine on it."""
        self.said.clear()
        cache = EngineCache(self.folder / "cache", self.said.append)
        of = Installed(self.rtx, self.library)
        return RtxEngine(self.graph, batch, cache=cache, say=self.said.append, shipped=shipped, of=of)

    def refused(self, **how: object) -> str:
        """Why none opens; nothing of the card is held then."""
        with pytest.raises(EngineError) as why:
            self.open(**how)  # type: ignore[arg-type]
        text = str(why.value)
        del why
        assert told(self.library).stand_in_held() == 0
        assert text.startswith("asked ") and "\n" not in text and ": " in text
        return text


@pytest.fixture
def machine(tmp_path: Path, library: str) -> _Machine:
    """One with one card that fits, and an empty cache."""
    tiny_model(tmp_path / "tiny", ("fp32", "fp16"))
    graph = graph_of(tmp_path / "tiny", read_manifest(tmp_path / "tiny"), "fp16")
    return _Machine(tmp_path, library, graph, RtxStandIn(library, graph))


@pytest.mark.parametrize("batch", [1, 4, 16])
def test_it_answers_what_the_graph_means_and_takes_no_more_memory(machine: _Machine, batch: int) -> None:
    engine = machine.open(batch)
    assert isinstance(engine, Engine) and engine.device == "NVIDIA GeForce RTX Pretend"
    taken, places = told(machine.library).stand_in_taken(), set()
    for seed in range(20):
        inputs = tiny_inputs(batch, seed)
        answers = engine.run(inputs)
        np.testing.assert_allclose(answers["plan"], tiny_plan(**inputs), rtol=1e-6)
        np.testing.assert_array_equal(answers["root_m"], answers["plan"][..., :3])
        assert answers["local_quat_wxyz"].shape == (batch, 50, 22, 4)
        places.add(answers["plan"].ctypes.data)
    assert told(machine.library).stand_in_taken() == taken and len(places) == 1
    engine.close()


def test_a_sampler_that_is_asked_step_by_step_is_told_the_step(library: str, tmp_path: Path) -> None:
    manifest = tiny_model(tmp_path / "tiny", ("fp16",), steps=12)
    graph = graph_of(tmp_path / "tiny", manifest, "fp16")
    engine = _Machine(tmp_path, library, graph, RtxStandIn(library, graph)).open(2)
    inputs = tiny_inputs(2)
    answers = engine.run(inputs | {"step": np.array([7])})
    np.testing.assert_allclose(answers["plan"], tiny_plan(**inputs, step=7), rtol=1e-6)
    np.testing.assert_array_equal(answers["onward"], answers["plan"] / 2)
    engine.close()


def test_a_thread_that_did_not_open_it_may_ask(machine: _Machine) -> None:
    engine = machine.open()
    inputs, answers = tiny_inputs(1), []
    thread = threading.Thread(target=lambda: answers.append(engine.run(inputs)["plan"].copy()))
    thread.start()
    thread.join()
    np.testing.assert_allclose(answers[0], tiny_plan(**inputs), rtol=1e-6)
    engine.close()


def test_closed_it_holds_nothing_and_answers_nothing(machine: _Machine) -> None:
    engine = machine.open()
    assert told(machine.library).stand_in_held() and machine.rtx.live == 1
    engine.close()
    engine.close()
    assert told(machine.library).stand_in_held() == 0 and machine.rtx.live == 0
    with pytest.raises(ValueError, match="it is closed"):
        engine.run(tiny_inputs(1))


def test_the_first_start_builds_and_compiles_and_says_so_and_the_second_does_neither(
    machine: _Machine,
) -> None:
    machine.open().close()
    assert machine.said == [
        "engine rtx is building its engine of dancer.fp16.onnx, once: some seconds",
        "engine rtx is compiling for NVIDIA GeForce RTX Pretend, once",
    ]
    machine.open().close()
    assert machine.said == [] and (machine.rtx.built, machine.rtx.compiled) == (1, 1)
    rtx = machine.rtx
    assert set(rtx.strategies) == {
        (rtx.CudaGraphStrategy.WHOLE_GRAPH_CAPTURE, rtx.DynamicShapesKernelSpecializationStrategy.EAGER)
    }


def test_another_batch_is_compiled_but_not_built_again(machine: _Machine) -> None:
    machine.open(1).close()
    machine.open(4).close()
    assert (machine.rtx.built, machine.rtx.compiled) == (1, 2)


def test_another_version_of_the_library_builds_and_compiles_again(machine: _Machine) -> None:
    machine.open().close()
    machine.rtx.__version__ = "1.8.0.1"
    machine.open().close()
    assert (machine.rtx.built, machine.rtx.compiled) == (2, 2)


def test_another_driver_compiles_again_but_does_not_build(machine: _Machine) -> None:
    machine.open().close()
    told(machine.library).stand_in_driver_version(13020)
    machine.open().close()
    assert (machine.rtx.built, machine.rtx.compiled) == (1, 2)


def test_kernels_that_tensorrt_refuses_are_compiled_again_and_that_is_said(machine: _Machine) -> None:
    machine.open().close()
    machine.rtx.refuses.add("kernels")
    machine.open().close()
    assert machine.rtx.compiled == 2 and "no longer takes the kernels" in machine.said[0]


def test_what_was_compiled_though_something_was_kept_is_kept_too(machine: _Machine) -> None:
    machine.rtx.refuses.add("serialize")
    machine.open().close()
    machine.rtx.refuses.clear()
    for _ in range(2):
        machine.open().close()
    assert machine.rtx.compiled == 2 and machine.said == []


def test_a_runtime_that_takes_no_cache_is_said_and_nothing_is_kept(machine: _Machine) -> None:
    machine.rtx.refuses.add("keeping")
    for _ in range(2):
        machine.open().close()
        assert sum("compiles again at every start" in line for line in machine.said) == 1
    assert machine.rtx.compiled == 2 and len(list((machine.folder / "cache").iterdir())) == 1  # the engine


def test_an_engine_that_cannot_be_recorded_is_said(machine: _Machine) -> None:
    machine.open().close()
    machine.rtx.refuses.add("capture")
    machine.open().close()
    assert [line for line in machine.said if "CUDA graph" in line] == machine.said != []


def test_an_engine_that_is_built_in_another_way_is_built_and_compiled_again(
    machine: _Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine.open().close()
    monkeypatch.setattr(rtx_builder, "RECIPE", rtx_builder.RECIPE + 1)
    machine.open().close()
    assert (machine.rtx.built, machine.rtx.compiled) == (2, 2)


def test_on_a_terminal_a_bar_counts_the_seconds_and_elsewhere_there_is_none() -> None:
    for terminal in (True, False):
        said: list[str] = []
        shown = Console(file=StringIO(), force_terminal=terminal, width=100)
        with waiting("compiling for a card", said.append, shown):
            pass
        assert said == ["engine rtx is compiling for a card"]
        assert isinstance(shown.file, StringIO)
        assert ("compiling for a card" in shown.file.getvalue(), "0:00:0" in shown.file.getvalue()) == (
            terminal,
            terminal,
        )


def test_a_damaged_cache_is_said_and_made_again(machine: _Machine) -> None:
    machine.open().close()
    for path in (machine.folder / "cache").iterdir():
        path.write_bytes(path.read_bytes()[:-1])
    machine.open().close()
    assert (machine.rtx.built, machine.rtx.compiled) == (2, 2)
    assert sum("is damaged" in line for line in machine.said) == 2


def test_a_shipped_engine_is_used_and_none_is_built(machine: _Machine) -> None:
    asked: list[str] = []

    def shipped(library: str) -> bytes:
        asked.append(library)
        return engine_of(machine.rtx.__version__)

    machine.open(shipped=shipped).close()
    assert asked == [rtx_library(machine.rtx)] and machine.rtx.built == 0
    assert [line.split(" for ")[0] for line in machine.said] == ["engine rtx is compiling"]


@pytest.mark.parametrize(
    ("content", "said"),
    [(engine_of("1.6.0.1"), "another version of TensorRT"), (b"PK" + bytes(100), "it is damaged")],
)
def test_a_shipped_engine_that_does_not_fit_is_built_here_and_that_is_said(
    machine: _Machine, content: bytes, said: str
) -> None:
    machine.open(shipped=lambda _: content).close()
    assert machine.rtx.built == 1 and said in machine.said[0]


def _manifest_with_engine(folder: Path, machine: _Machine) -> Manifest:
    (folder / RTX_FILE).write_bytes(engine_of(machine.rtx.__version__))
    manifest = read_manifest(folder)
    files = manifest.files | {RTX_FILE: entry_of(folder / RTX_FILE)}
    return msgspec.structs.replace(manifest, engines=(rtx_entry(machine.graph, machine.rtx),), files=files)


def test_what_shipped_is_found_by_graph_library_and_hash(machine: _Machine) -> None:
    folder, library = machine.folder / "tiny", rtx_library(machine.rtx)
    manifest = _manifest_with_engine(folder, machine)
    found, said = engine_of(machine.rtx.__version__), machine.said
    assert shipped_rtx(folder, manifest, machine.graph, library, said.append) == found and not said

    assert shipped_rtx(folder, manifest, machine.graph, "tensorrt-rtx 1.8", said.append) is None
    assert f"built by {library} and here is tensorrt-rtx 1.8" in said.pop()
    older = msgspec.structs.replace(manifest.engines[0], made_of="ab" * 32)
    aged = msgspec.structs.replace(manifest, engines=(older,))
    assert shipped_rtx(folder, aged, machine.graph, library, said.append) is None
    assert "made of another graph" in said.pop()
    (folder / RTX_FILE).write_bytes(found + b"!")
    assert shipped_rtx(folder, manifest, machine.graph, library, said.append) is None
    assert "the file has changed" in said.pop()
    single = graph_of(folder, read_manifest(folder), "fp32")
    assert shipped_rtx(folder, manifest, single, library, said.append) is None and not said


def test_without_a_card_that_is_told(machine: _Machine) -> None:
    told(machine.library).stand_in_cards(0)
    assert "found no NVIDIA card with a driver: install its driver" in machine.refused()


def test_a_driver_that_is_too_old_is_told_with_its_version(machine: _Machine) -> None:
    told(machine.library).stand_in_driver_version(12090)
    text = machine.refused()
    assert "580.65.06 (CUDA 12.9), and CUDA 13.0 is needed: install a newer driver" in text


def test_a_card_that_is_too_old_is_told_with_its_capability(machine: _Machine) -> None:
    told(machine.library).stand_in_oldest_first()
    told(machine.library).stand_in_cards(1)
    assert "found NVIDIA Old Pretend (compute capability 6.1): an RTX card" in machine.refused()


def test_of_two_cards_the_one_that_fits_is_taken(machine: _Machine) -> None:
    told(machine.library).stand_in_oldest_first()
    told(machine.library).stand_in_cards(2)
    engine = machine.open()
    assert engine.device == "NVIDIA GeForce RTX Pretend"
    engine.close()


@pytest.mark.parametrize(
    ("trouble", "found", "mend"),
    [
        (2, "it was not built for such a card", "choose --engine cuda or cpu"),
        (4, "the driver is too old", "install a newer driver"),
        (16, "the card has too little memory", "close what else uses the card"),
        (64, "CUDA failed", "see groovecast doctor"),
    ],
)
def test_what_tensorrt_finds_wrong_is_told_with_the_mend(
    machine: _Machine, trouble: int, found: str, mend: str
) -> None:
    machine.rtx.trouble = trouble
    text = machine.refused(shipped=lambda _: engine_of(machine.rtx.__version__))
    assert "compute capability 8.9, driver 580.65.06 (CUDA 13.0)" in text
    assert found in text and mend in text and machine.rtx.built == 0


@pytest.mark.parametrize("call", ["build", "load", "compile", "run"])
def test_a_call_that_fails_is_told_and_leaves_nothing_on_the_card(machine: _Machine, call: str) -> None:
    machine.rtx.refuses.add(call)
    text = machine.refused()
    assert text.endswith(("choose --engine cpu", "see groovecast doctor"))
    assert call != "load" or "(out of memory)" in text  # in TensorRT's own words


@pytest.mark.parametrize(
    "error", [TypeError("factory function\nreturned nullptr"), OSError(28, "No space left"), MemoryError()]
)
def test_an_error_of_any_kind_is_told_and_leaves_nothing_on_the_card(
    machine: _Machine, error: Exception
) -> None:
    machine.rtx.raises = error
    text = machine.refused(shipped=lambda _: engine_of(machine.rtx.__version__))
    assert type(error).__name__ in text and text.endswith("choose --engine cpu")


def test_a_plan_that_fails_is_told_and_the_next_is_asked_again(machine: _Machine) -> None:
    engine = machine.open()
    machine.rtx.refuses.add("run")
    with pytest.raises(EngineError, match="asked engine rtx for a plan, TensorRT refuses to run"):
        engine.run(tiny_inputs(1))
    machine.rtx.refuses.clear()
    assert np.isfinite(engine.run(tiny_inputs(1))["plan"]).all()
    engine.close()


def test_inputs_of_other_names_or_shapes_are_told(machine: _Machine) -> None:
    engine = machine.open()
    inputs = tiny_inputs(1)
    with pytest.raises(ValueError, match=r"with noise of shape \(2, 50, 141\): give \(1, 50, 141\)"):
        engine.run(inputs | {"noise": tiny_inputs(2)["noise"]})
    del inputs["music"]
    with pytest.raises(ValueError, match="with history, style, noise: give history, music, style, noise"):
        engine.run(inputs)
    engine.close()


@pytest.mark.parametrize("batch", [0, 17])
def test_a_batch_that_no_engine_takes_is_told(machine: _Machine, batch: int) -> None:
    assert f"for {batch} dancers in one batch: give 1 to 16" in machine.refused(batch=batch)


def test_missing_bindings_are_told_with_the_pip_line(
    machine: _Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "tensorrt_rtx_bindings", None)
    machine.rtx = None  # type: ignore[assignment]
    assert 'pip install "groovecast[rtx]"' in machine.refused()
