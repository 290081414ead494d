"""The engine of TensorRT for RTX: built without a card, judged by its header, listed in the manifest as a whole."""

import gc
import hashlib
import os
import signal
import subprocess
import sys
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest
from fakes.rtx_stand_in import STANDS_FOR, RtxStandIn
from fakes.tiny_model import tiny_model

import export.to_rtx as exporting
from export.to_rtx import with_rtx
from export.to_tensorrt import Wishes, kept_for_this_card
from groovecast.model import rtx_builder
from groovecast.model.graph import Graph, graph_of
from groovecast.model.manifest import MANIFEST, checked_file, read_manifest
from groovecast.model.rtx_builder import (
    LARGEST_BATCH,
    RTX_FILE,
    RtxError,
    built_rtx,
    rtx_bindings,
    rtx_entry,
    rtx_library,
    rtx_troubles,
)

_MODELS = Path(__file__).resolve().parents[2] / "models"
# int8 is for processors: its zero points are ones that TensorRT does not know
_SHIPPED = sorted(path for path in _MODELS.glob("*/dancer*.onnx") if "int8" not in path.name)
_MOST_BYTES = 40_000_000


def _made(folder: Path) -> Path:
    tiny_model(folder, ("fp32", "fp16"))
    return folder


def _graph(folder: Path, precision: str = "fp16") -> Graph:
    return graph_of(folder, read_manifest(folder), precision)


@pytest.fixture(scope="session")
def bindings() -> Any:
    """TensorRT for RTX; it needs no card to build."""
    return pytest.importorskip(
        "tensorrt_rtx_bindings", reason='no TensorRT for RTX: pip install "groovecast[rtx]"'
    )


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a small model."""
    return _made(tmp_path_factory.mktemp("models") / "small")


@pytest.fixture(scope="module")
def engine(model: Path, bindings: Any) -> bytes:
    """Its engine."""
    return built_rtx(_graph(model), bindings)


def test_an_engine_is_built_without_a_card_and_its_header_is_sound(engine: bytes, bindings: Any) -> None:
    assert len(engine) > 10_000 and rtx_troubles(engine, bindings) == ()


def test_an_engine_of_single_precision_is_built_too(model: Path, bindings: Any) -> None:
    assert rtx_troubles(built_rtx(_graph(model, "fp32"), bindings), bindings) == ()


def test_an_engine_of_a_sampler_that_is_asked_step_by_step_is_built_too(
    tmp_path: Path, bindings: Any
) -> None:
    manifest = tiny_model(tmp_path, ("fp16",), steps=12)
    graph = graph_of(tmp_path, manifest, "fp16")
    assert "step" in graph.inputs(1)
    assert rtx_troubles(built_rtx(graph, bindings), bindings) == ()


@pytest.mark.parametrize("path", _SHIPPED, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_the_parser_takes_every_graph_that_is_shipped(path: Path, bindings: Any) -> None:
    logger = bindings.Logger(bindings.Logger.ERROR)
    typed = 1 << int(bindings.NetworkDefinitionCreationFlag.STRONGLY_TYPED)
    network = bindings.Builder(logger).create_network(typed)
    parser = bindings.OnnxParser(network, logger)
    taken = parser.parse_from_file(str(path))
    assert taken, [str(parser.get_error(index)) for index in range(parser.num_errors)]
    assert {network.get_output(index).name for index in range(network.num_outputs)} >= {"plan", "root_m"}
    for index in range(network.num_inputs):
        one = network.get_input(index)
        assert one.shape[0] == -1 and one.dtype == bindings.DataType.FLOAT


@pytest.mark.parametrize("path", _SHIPPED, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_an_engine_of_every_graph_that_is_shipped_is_built(path: Path, bindings: Any) -> None:
    manifest = read_manifest(path.parent)
    precision = next(one.precision for one in manifest.artefacts if one.file == path.name)
    engine = built_rtx(graph_of(path.parent, manifest, precision), bindings)
    assert rtx_troubles(engine, bindings) == ()
    assert precision != exporting.PRECISION or len(engine) <= _MOST_BYTES


@pytest.mark.parametrize("harm", ["other file", "too short", "empty"])
def test_a_header_that_is_not_an_engines_is_found(engine: bytes, bindings: Any, harm: str) -> None:
    harmed = {"other file": b"PK" + engine[2:], "too short": engine[:20], "empty": b""}[harm]
    assert rtx_troubles(harmed, bindings) == ("MALFORMED_ENGINE",)


def test_a_header_alone_is_enough(engine: bytes, bindings: Any) -> None:
    assert rtx_troubles(engine[: bindings.Runtime(bindings.Logger()).engine_header_size], bindings) == ()


def test_a_graph_that_the_parser_refuses_is_told_in_its_words(model: Path, bindings: Any) -> None:
    graph = _graph(model)
    graph = replace(graph, content=graph.content.replace(b"ReduceMean", b"ReduceLean"))
    with pytest.raises(
        RtxError, match=r"asked for an RTX engine of dancer\.fp16\.onnx of model 'small', its parser"
    ):
        built_rtx(graph, bindings)


def test_weights_that_are_missing_are_told_without_naming_folders_of_this_machine(
    model: Path, bindings: Any
) -> None:
    with pytest.raises(RtxError, match="Failed to import initializer: weights") as raised:
        built_rtx(replace(_graph(model), needs={}), bindings)
    assert "/tmp" not in str(raised.value) and "\n" not in str(raised.value)


def test_the_engine_is_written_beside_the_graph_and_listed_with_what_it_was_made_of(
    tmp_path: Path, bindings: Any
) -> None:
    folder = _made(tmp_path / "small")
    before = read_manifest(folder)
    entry = with_rtx(folder)
    after = read_manifest(folder)
    assert after.engines == (entry,) and after.artefacts == before.artefacts
    assert rtx_troubles(checked_file(folder, after.files, RTX_FILE), bindings) == ()
    assert (entry.made_of, entry.library) == (_graph(folder).sha256, rtx_library(bindings))
    assert (entry.precision, entry.largest_batch) == ("fp16", LARGEST_BATCH)
    with_rtx(folder)
    assert len(read_manifest(folder).engines) == 1
    assert not list(folder.glob("*.part"))


def test_out_is_a_copy_and_the_original_stays_as_it_is(tmp_path: Path, bindings: Any) -> None:
    folder = _made(tmp_path / "small")
    before = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}
    out = tmp_path / "out" / "small"
    with_rtx(folder, out)
    assert {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()} == before
    assert {path.name for path in out.iterdir()} == {*before, RTX_FILE}
    manifest = read_manifest(out)
    for name in manifest.files:
        checked_file(out, manifest.files, name)
    with_rtx(out, tmp_path / "again")
    assert (tmp_path / "again" / RTX_FILE).is_file()


def test_a_manifest_lists_no_engine_that_could_not_be_written(
    tmp_path: Path, bindings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = _made(tmp_path / "small")
    before = (folder / MANIFEST).read_bytes()

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        with_rtx(folder)
    assert (folder / MANIFEST).read_bytes() == before
    assert not list(folder.glob("*.part")) and not (folder / RTX_FILE).exists()


@pytest.mark.parametrize("step", [1, 2, 3])
def test_an_engine_in_the_place_of_another_is_never_listed_with_bytes_that_are_not_its_own(
    tmp_path: Path, bindings: Any, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    folder = _made(tmp_path / "small")
    (folder / RTX_FILE).write_bytes(b"older")
    manifest = exporting.listed(read_manifest(folder), rtx_entry(_graph(folder), bindings), folder)
    (folder / MANIFEST).write_bytes(msgspec.json.encode(manifest))
    written: list[int] = []

    def full_at_last(number: int) -> None:
        written.append(number)
        if len(written) == step:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full_at_last)
    with pytest.raises(OSError, match="No space left"):
        with_rtx(folder)
    after = read_manifest(folder)
    for name in after.files:
        checked_file(folder, after.files, name)


def test_a_disk_without_room_for_what_the_parser_reads_is_told_with_the_mend(
    model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    graph = _graph(model)

    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(RtxError, match=r"cannot be written \(No space left on device\): make room"):
        built_rtx(graph, RtxStandIn("no driver", graph))


def test_it_is_built_for_one_to_sixteen_dancers_and_single_precision_is_not_shortened(model: Path) -> None:
    graph = _graph(model, "fp32")
    rtx = RtxStandIn("no driver", graph)
    built_rtx(graph, rtx)
    assert rtx.flags == {rtx.BuilderFlag.DISABLE_TIMING_CACHE}
    (profile,) = rtx.profiles
    one, most = graph.inputs(1), graph.inputs(16)
    assert profile == {name: (one[name], one[name], most[name]) for name in one}
    assert {shapes[0][0] for shapes in profile.values()} == {1}
    assert {shapes[2][0] for shapes in profile.values()} == {16}


def test_an_interrupt_while_it_is_built_is_not_lost(model: Path) -> None:
    rtx = RtxStandIn("no driver", _graph(model))
    rtx.interrupted = True
    # what a shell started in the background ignores it
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            built_rtx(_graph(model), rtx)
    finally:
        signal.signal(signal.SIGINT, before)


def test_an_engine_that_is_built_in_another_way_is_another_engine(
    model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rtx = RtxStandIn("no driver", _graph(model))
    before = rtx_library(rtx)
    monkeypatch.setattr(rtx_builder, "RECIPE", rtx_builder.RECIPE + 1)
    assert rtx_library(rtx) != before and rtx_entry(_graph(model), rtx).library == rtx_library(rtx)


def test_a_model_without_half_precision_is_told_what_it_has(tmp_path: Path, bindings: Any) -> None:
    folder = _made(tmp_path / "small")
    manifest = read_manifest(folder)
    manifest = msgspec.structs.replace(manifest, artefacts=manifest.artefacts[:1])
    (folder / MANIFEST).write_bytes(msgspec.json.encode(manifest))
    with pytest.raises(ValueError, match="asked for fp16 of model 'small', it has fp32"):
        with_rtx(folder)


def test_missing_bindings_are_told_with_the_mend(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tensorrt_rtx_bindings", None)
    with pytest.raises(RtxError, match=r'asked for TensorRT for RTX, it .*: pip install "groovecast\[rtx\]"'):
        rtx_bindings()


def test_nothing_of_tensorrt_is_loaded_before_it_is_asked_for() -> None:
    asked = "import sys, export.cli, export.to_rtx, realtime.engines.rtx; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True).stdout
    assert "groovecast.model.rtx_builder" in loaded and "tensorrt_rtx" not in loaded and "torch" not in loaded


def test_the_verb_prints_seconds_and_bytes(tmp_path: Path, bindings: Any) -> None:
    folder = _made(tmp_path / "small")
    words = ["export", "tensorrt", "--model", str(folder), "--out", str(tmp_path / "out"), "--json"]
    done = subprocess.run(
        [sys.executable, "-m", "realtime.cli", *words], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    told = msgspec.json.decode(done.stdout)
    assert told["bytes"] == (tmp_path / "out" / RTX_FILE).stat().st_size and told["seconds"] < 60


def test_classic_tensorrt_is_built_by_opening_the_model_as_the_show_does(tmp_path: Path) -> None:
    class Opened:
        announcement = "engine tensorrt, fp16, on a card"
        closed = False

        def close(self) -> None:
            self.closed = True

    asked: list[tuple[Path, Wishes]] = []
    opened = Opened()

    def opener(folder: Path, wishes: Wishes) -> Opened:
        asked.append((folder, wishes))
        return opened

    assert kept_for_this_card(tmp_path, opener) == opened.announcement
    assert asked == [(tmp_path, Wishes("tensorrt", "fp16"))] and opened.closed


def test_the_stand_in_for_the_bindings_knows_no_call_that_they_lack(bindings: Any) -> None:
    for ours, theirs in STANDS_FOR.items():
        named = {name for name in vars(ours) if not name.startswith("_")}
        assert named and named <= set(dir(getattr(bindings, theirs))), theirs
    for settable in ("cuda_graph_strategy", "dynamic_shapes_kernel_specialization_strategy"):
        assert getattr(bindings.IRuntimeConfig, settable).fset is not None
    for kind in (
        "CudaGraphStrategy",
        "DynamicShapesKernelSpecializationStrategy",
        "EngineInvalidityDiagnostics",
        "BuilderFlag",
        "NetworkDefinitionCreationFlag",
    ):
        members = getattr(bindings, kind).__members__
        for one in getattr(RtxStandIn, kind):
            assert int(members[one.name]) == one, one
    assert bindings.Builder(bindings.Logger()).create_builder_config().get_flag(bindings.BuilderFlag.TF32)
    for one in RtxStandIn.ILogger.Severity:
        assert int(bindings.ILogger.Severity.__members__[one.name]) == one


@pytest.mark.parametrize("fails", [False, True])
def test_nothing_is_collected_while_an_engine_is_built(monkeypatch: pytest.MonkeyPatch, fails: bool) -> None:
    collecting: list[bool] = []

    def built(graph: object, bindings: object) -> bytes:
        collecting.append(gc.isenabled())
        if fails:
            raise RtxError("asked for an engine, found a reason")
        return b"engine"

    monkeypatch.setattr(rtx_builder, "_built", built)
    with pytest.raises(RtxError) if fails else nullcontext():
        assert rtx_builder.built_rtx(None, None) == b"engine"  # type: ignore[arg-type]
    assert collecting == [False] and gc.isenabled()
