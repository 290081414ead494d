"""What the doctor says of the engine for RTX cards that lies beside a model."""

from pathlib import Path

import msgspec
import pytest
from fakes.tiny_model import tiny_model

from groovecast.model.graph import graph_of
from groovecast.model.manifest import MANIFEST, Manifest, entry_of, read_manifest
from groovecast.model.rtx_builder import built_rtx, rtx_bindings, rtx_entry
from realtime.doctors.shipped_engine import shipped_engine


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    pytest.importorskip("tensorrt_rtx_bindings", reason='no TensorRT for RTX: pip install "groovecast[rtx]"')
    folder = tmp_path_factory.mktemp("tiny")
    return built_rtx(graph_of(folder, tiny_model(folder, ("fp16",)), "fp16"), rtx_bindings())


def _with(folder: Path, engine: bytes, library: str | None = None) -> Path:
    """A model that ships this engine, built by a library that is here or by another."""
    manifest = tiny_model(folder, ("fp16",))
    entry = rtx_entry(graph_of(folder, manifest, "fp16"), rtx_bindings())
    (folder / entry.file).write_bytes(engine)
    if library is not None:
        entry = msgspec.structs.replace(entry, library=library)
    files = manifest.files | {entry.file: entry_of(folder / entry.file)}
    _write(folder, msgspec.structs.replace(manifest, engines=(entry,), files=files))
    return folder


def _write(folder: Path, manifest: Manifest) -> None:
    (folder / MANIFEST).write_bytes(msgspec.json.encode(manifest))


def test_an_engine_that_was_built_by_this_library_fits(tmp_path: Path, engine: bytes) -> None:
    assert shipped_engine(_with(tmp_path, engine)) == "the model's engine fits it"


def test_an_engine_of_another_version_is_built_again(tmp_path: Path, engine: bytes) -> None:
    said = shipped_engine(_with(tmp_path, engine, "tensorrt-rtx 1.6.1.120"))
    assert said == "the model's engine is of tensorrt-rtx 1.6.1.120: the first start builds one"


def test_an_engine_of_another_graph_is_built_again(tmp_path: Path, engine: bytes) -> None:
    folder = _with(tmp_path, engine)
    manifest = read_manifest(folder)
    older = msgspec.structs.replace(manifest.engines[0], made_of="ab" * 32)
    _write(folder, msgspec.structs.replace(manifest, engines=(older,)))
    said = shipped_engine(folder)
    assert said == "the model's engine was made of another graph: the first start builds one"


def test_an_engine_that_is_none_is_found_out_by_its_first_bytes(tmp_path: Path, engine: bytes) -> None:
    said = shipped_engine(_with(tmp_path, b"\0" * len(engine)))
    assert said == "of the model's engine it says that it is damaged: the first start builds one"


def test_an_engine_that_changed_since_the_manifest_was_written_is_not_used(
    tmp_path: Path, engine: bytes
) -> None:
    folder = _with(tmp_path, engine)
    (folder / read_manifest(folder).engines[0].file).write_bytes(engine[:-1])
    said = shipped_engine(folder)
    assert said.startswith("the model's engine cannot be used (asked for dancer.rtx") and "changed" in said


def test_a_model_without_an_engine_is_told_of_the_first_start(tmp_path: Path, engine: bytes) -> None:
    tiny_model(tmp_path, ("fp16",))
    assert shipped_engine(tmp_path) == "the model ships no engine: the first start builds one"
