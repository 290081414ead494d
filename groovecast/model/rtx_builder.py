"""Engines of TensorRT for RTX: built from a graph without any card, and judged by their first bytes."""

import gc
import tempfile
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from pathlib import Path
from typing import Any  # TensorRT's bindings have no types

from groovecast.model.graph import Graph
from groovecast.model.manifest import BuiltEngine

RTX_KIND = "rtx"
RTX_FILE = "dancer.rtx"
LARGEST_BATCH = 16  # dancers whom one call plans for
RECIPE = 1  # of `built_rtx`: one more with every change of what it builds, and no older engine is used
_BINDINGS = "tensorrt_rtx_bindings"
_MEND = 'pip install "groovecast[rtx]"'

# What TensorRT says of an engine by bits (EngineInvalidityDiagnostics), and what to do about it.
TROUBLES: Mapping[str, str] = {
    "MALFORMED_ENGINE": "it is damaged",
    "VERSION_MISMATCH": "another version of TensorRT for RTX built it",
    "UNSUPPORTED_CC": "it was not built for such a card",
    "OLD_CUDA_DRIVER": "the driver is too old",
    "OLD_CUDA_RUNTIME": "the CUDA runtime is too old",
    "INSUFFICIENT_GPU_MEMORY": "the card has too little memory",
    "CUDA_ERROR": "CUDA failed",
}


class RtxError(RuntimeError):
    """TensorRT for RTX is missing or refused: what was asked, what it said, the mend."""


def rtx_bindings() -> Any:
    """TensorRT for RTX, loaded only now. Raises RtxError with the mend where it is not."""
    try:
        return import_module(_BINDINGS)
    except (ImportError, OSError) as why:  # its own libraries are looked for when it is loaded
        missing = isinstance(why, ModuleNotFoundError) and why.name == _BINDINGS
        found = "is not installed" if missing else f"cannot be loaded ({_one_line(str(why))})"
        raise RtxError(f"asked for TensorRT for RTX, it {found}: {_MEND}") from None


def rtx_library(bindings: Any) -> str:
    """The library, its version and our recipe, all the same where an engine is built and where it runs."""
    return f"tensorrt-rtx {bindings.__version__}, recipe {RECIPE}"


class Told:
    """What TensorRT logs, which alone says why it refused: kept, and never printed."""

    def __init__(self, bindings: Any) -> None:
        severity = bindings.ILogger.Severity
        told: list[str] = []

        class Logger(bindings.ILogger):  # type: ignore[misc]  # a class of a library without types
            def __init__(self) -> None:
                bindings.ILogger.__init__(self)

            def log(self, level: object, message: str) -> None:
                if level in (severity.ERROR, severity.INTERNAL_ERROR):
                    told.append(_one_line(message))

        self.logger = Logger()
        self._told = told

    def why(self) -> str:
        """The first error since this was asked last; what follows is mostly its echo."""
        first = self._told[0] if self._told else "no reason"
        self._told.clear()
        return first


def built_rtx(graph: Graph, bindings: Any) -> bytes:
    """The engine of a graph, for all cards from Ampere on, on Linux and Windows, for 1 to 16 dancers; takes seconds.

    It is built on the processor; no card or driver need be there. Raises RtxError with TensorRT's own reason, or with
    the system's where there is no room for the files that TensorRT reads.
    """
    # TensorRT logs all the while by calling `Told`, and an interrupt that meets such a call is lost; threads meet none.
    # A builder that is thrown away takes the lock under which TensorRT logs: were one collected in the middle of such a
    # call, both would wait for ever
    gc.collect()
    collects = gc.isenabled()
    gc.disable()
    try:
        with ThreadPoolExecutor(max_workers=1) as apart:
            return apart.submit(_built, graph, bindings).result()
    finally:
        if collects:
            gc.enable()


def _built(graph: Graph, bindings: Any) -> bytes:
    asked = f"asked for an RTX engine of {graph.artefact.file} of model {graph.model!r}"
    told = Told(bindings)
    builder = bindings.Builder(told.logger)
    network = builder.create_network(1 << int(bindings.NetworkDefinitionCreationFlag.STRONGLY_TYPED))
    parser = bindings.OnnxParser(network, told.logger)
    try:
        with tempfile.TemporaryDirectory() as name:  # the parser reads tensors in other files by their names
            folder = Path(name)
            for file, content in {**graph.needs, graph.artefact.file: graph.content}.items():
                (folder / file).write_bytes(content)
            if not parser.parse_from_file(str(folder / graph.artefact.file)):
                found = _one_line(str(parser.get_error(0))) if parser.num_errors else told.why()
                raise RtxError(f"{asked}, its parser says {found.replace(name, '')}: export the model again")
    except OSError as why:
        found = why.strerror or str(why)
        raise RtxError(f"{asked}, the temporary folder cannot be written ({found}): make room there") from why
    inputs = {network.get_input(index).name for index in range(network.num_inputs)}
    if inputs != set(graph.inputs(1)):
        raise RtxError(f"{asked}, found inputs {', '.join(sorted(inputs))}: export the model again")
    # No compute capability is named: that means all from Ampere on, those of later cards too.
    config = builder.create_builder_config()
    config.set_flag(bindings.BuilderFlag.DISABLE_TIMING_CACHE)  # it asks for a card
    config.clear_flag(bindings.BuilderFlag.TF32)  # on by default, and then fp32 multiplies with ten bits
    # Not REQUIRE_USER_ALLOCATION, which promises that a CUDA graph can be recorded. The shipped graphs build with it,
    # but then the memory of what executes is ours to give, and how much of it is not said clearly enough to be
    # written without a card. `RtxEngine` says so where nothing can be recorded.
    profile = builder.create_optimization_profile()
    for (tensor, one), many in zip(
        graph.inputs(1).items(), graph.inputs(LARGEST_BATCH).values(), strict=True
    ):
        profile.set_shape(tensor, one, one, many)
    config.add_optimization_profile(profile)
    engine = builder.build_serialized_network(network, config)
    if engine is None:
        raise RtxError(
            f"{asked}, its builder says {told.why()}: export the model again, or see groovecast doctor"
        )
    return bytes(engine)


def rtx_troubles(engine: bytes, bindings: Any) -> tuple[str, ...]:
    """Names of what is wrong with an engine (see `TROUBLES`), by its first bytes; () where it can be run.

    Where there is no driver a sound engine is called invalid for no reason; that is no trouble of the engine.
    """
    runtime = bindings.Runtime(Told(bindings).logger)
    header = engine[: runtime.engine_header_size]
    if len(header) < runtime.engine_header_size:
        return ("MALFORMED_ENGINE",)
    bits = int(runtime.get_engine_validity(header)[1])
    members = bindings.EngineInvalidityDiagnostics.__members__
    return tuple(name for name in TROUBLES if name in members and bits & int(members[name]))


def rtx_entry(graph: Graph, bindings: Any) -> BuiltEngine:
    """What a manifest says of the engine that `built_rtx` makes of this graph."""
    return BuiltEngine(
        file=RTX_FILE,
        kind=RTX_KIND,
        made_of=graph.sha256,
        library=rtx_library(bindings),
        precision=graph.artefact.precision,
        largest_batch=LARGEST_BATCH,
    )


def _one_line(text: str) -> str:
    return " ".join(text.split())
