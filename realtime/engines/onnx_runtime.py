"""The engines of ONNX Runtime: this machine's processor, and the cards that it has a provider for.

Only `cpu` was run by us so far; the others are written from its documentation.
"""

import re
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any  # ONNX Runtime has no types

import numpy as np

from groovecast.model.onnx_runtime import onnx_runtime
from realtime.engines.bound_session import BoundSession, agreed
from realtime.engines.cache import CacheKey
from realtime.engines.card import Card, cards
from realtime.engines.eight_bits import added_exactly
from realtime.engines.engine import Engine, EngineError
from realtime.engines.kind import Obstacle, Opening
from realtime.engines.nvidia_libraries import preload_cuda, tensorrt_version, why_not_loaded
from realtime.engines.processor import processor_name
from realtime.engines.warm_up import warmed

# What `--precision auto` is on a processor, the first that the model has: int8 dances as well as fp32 in half the time
# (docs/evaluation.md); halves are slower than singles there.
CPU_PRECISIONS = ("int8", "fp32", "fp16")

# Severities of ONNX Runtime's own log: what it begins with; errors; and only what ends the process, where we say the
# rest in one line.
_WARNINGS, _ERRORS, _FATAL = 2, 3, 4
NO_CARD = Obstacle(
    "no NVIDIA card with a driver", "install its driver from nvidia.com/drivers, or choose --engine cpu"
)
_DOCTOR = "see groovecast doctor, or choose --engine cpu"
_CPU = "CPUExecutionProvider"


@dataclass(frozen=True)
class Provider:
    """What ONNX Runtime has to be told for one engine."""

    name: str
    of: str  # as ONNX Runtime calls it
    wheel: str  # how to get it
    precisions: tuple[str, ...]
    only_on: tuple[str, str] | None = None  # a system, as sys.platform says it and as people do
    library: str | None = None  # of NVIDIA's two, the part of a file's name
    device: str = ""  # in words, where no card says its own


# all of them: what pip leaves of one it does not see in another, and their files have the same names
_UNINSTALL = "pip uninstall onnxruntime onnxruntime-gpu onnxruntime-directml"
_GPU = f'{_UNINSTALL}, then pip install "groovecast[gpu]"'
PROVIDERS = (
    Provider(
        "cpu", _CPU, 'pip install "groovecast[cpu]"', CPU_PRECISIONS,
    ),
    Provider("cuda", "CUDAExecutionProvider", _GPU, ("fp16", "fp32"), library="cuda"),
    Provider(
        "tensorrt", "TensorrtExecutionProvider", f"{_GPU} and TensorRT 10 as docs/engines.md says", ("fp16", "fp32"),
        library="tensorrt",
    ),
    Provider(
        "directml", "DmlExecutionProvider", f'{_UNINSTALL}, then pip install "groovecast[directml]"',
        ("fp16", "fp32"), only_on=("win32", "Windows"), device="the first DirectX 12 adapter",
    ),
    Provider(
        "coreml", "CoreMLExecutionProvider", 'pip install "groovecast[cpu]"', ("fp32",),
        only_on=("darwin", "macOS"), device="what Core ML chooses",
    ),
)  # fmt: skip


def cpu_session(content: bytes, asked: str) -> Any:
    """A graph ready to run on one CPU thread; ImportError naming what was `asked` when the runtime is missing."""
    try:
        runtime = onnx_runtime()
    except ImportError:
        raise ImportError(
            f'asked for {asked}, ONNX Runtime is missing: pip install "groovecast[cpu]"'
        ) from None
    options = _one_thread(runtime)
    return runtime.InferenceSession(content, options, providers=[_CPU])


def _one_thread(runtime: Any) -> Any:
    options = runtime.SessionOptions()
    # One thread that does not spin: the page and the sound need the other core. A second one gains little on idle
    # cores and loses on busy ones.
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = _ERRORS
    return options


class OnnxRuntimeKind:
    """One provider of ONNX Runtime. A provider that does not start is an error, never a processor in its place."""

    def __init__(
        self,
        provider: Provider,
        load: Callable[[], Any] = onnx_runtime,
        found_cards: Callable[[], list[Card]] = cards,
        platform: str = sys.platform,
        tensorrt: Callable[[], str] = tensorrt_version,
        int8_is_exact: Callable[[], bool] = added_exactly,
    ) -> None:
        self._provider = provider
        self._tensorrt = tensorrt
        self._int8_is_exact = int8_is_exact
        self._load = load
        self._cards = found_cards
        self._platform = platform

    @property
    def name(self) -> str:
        """As it is asked for."""
        return self._provider.name

    def precisions(self) -> tuple[str, ...]:
        """What it reckons with, the best first; int8 comes last on a processor that is not exact in it."""
        told = self._provider.precisions
        if "int8" in told and not self._int8_is_exact():
            return (*(one for one in told if one != "int8"), "int8")
        return told

    def obstacle(self) -> Obstacle | None:
        """Another system, no card, no ONNX Runtime, or one without this provider."""
        provider = self._provider
        if provider.only_on is not None and provider.only_on[0] != self._platform:
            return Obstacle(f"no {provider.only_on[1]}", "choose --engine auto")
        if provider.library is not None and not self._cards():
            return NO_CARD
        try:
            runtime = self._load()
        except ImportError:
            return Obstacle("no ONNX Runtime", provider.wheel)
        if provider.of not in runtime.get_available_providers():
            return Obstacle(f"ONNX Runtime {runtime.__version__} without {provider.of}", provider.wheel)
        if provider.library == "tensorrt":
            preload_cuda(runtime)  # TensorRT wants CUDA
            if not self._tensorrt():
                return Obstacle(
                    "no TensorRT 10", "install it as docs/engines.md says, or choose --engine cuda"
                )
        return None

    def ready(self, opening: Opening) -> bool:
        """TensorRT builds for minutes where it has not built yet."""
        if self.name != "tensorrt":
            return True
        folder = opening.cache.folder_of(self._key(opening))
        if any(folder.iterdir()):
            return True
        folder.rmdir()
        return False

    def open(self, opening: Opening) -> Engine:
        """The engine. Raises EngineError with the mend when it cannot start; never another engine in its place."""
        if opening.precision == "int8" and not self._int8_is_exact():
            raise EngineError(
                "asked for int8, found a processor that does not add 8-bit products exactly: choose --precision fp32"
            )
        if self.name != "tensorrt":
            return self._opened(opening, self._options(opening))
        key = self._key(opening)
        folder = opening.cache.folder_of(key)
        new = not any(folder.iterdir())
        if new:
            opening.say("TensorRT builds its engine for this card, once: some minutes")
        try:
            engine = self._tried(opening, self._options(opening, folder))
        except BaseException:  # Ctrl-C too, in minutes of building
            if new:  # nobody would ever ask for it again; what was kept before is as good as it was
                shutil.rmtree(folder, ignore_errors=True)
            raise
        opening.cache.keep(key, folder)
        return engine

    def _tried(self, opening: Opening, options: dict[str, str]) -> "OnnxRuntimeEngine":
        """An engine that has answered: by then TensorRT has written its files."""
        engine = self._opened(opening, options)
        try:
            with _quiet(self._load()):
                warmed(engine, opening.clock)
        except BaseException:
            engine.close()  # before its files are removed
            raise
        return engine

    def _options(self, opening: Opening, folder: Path | None = None) -> dict[str, str]:
        """What the provider is told; the names are those of its documentation."""
        if self.name == "cuda":
            # TF32 keeps ten bits: single precision is asked for by those who want to compare
            return {"device_id": "0", "enable_cuda_graph": "1", "use_tf32": "0"}
        if self.name == "tensorrt":
            # No trt_fp16_enable: any flag of a precision makes ONNX Runtime drop strong typing
            # (microsoft/onnxruntime 18707), and then not the graph says what is reckoned in halves.
            return {
                "device_id": "0",
                "trt_cuda_graph_enable": "1",
                "trt_engine_cache_enable": "1",
                "trt_engine_cache_path": str(folder),
            }
        if self.name == "coreml":
            return {"ModelFormat": "MLProgram", "MLComputeUnits": "ALL", "RequireStaticInputShapes": "1"}
        return {}

    def _key(self, opening: Opening) -> CacheKey:
        card = next(iter(self._cards()), None) or Card("none", (0, 0), "", 0)
        return CacheKey(
            what="engine",
            engine=self.name,
            graph=opening.graph.sha256,
            precision=opening.precision,
            batch=opening.batch,
            library=f"onnxruntime {self._load().__version__}, tensorrt {self._tensorrt()}",
            device=card.name,
            capability=card.capability,
            driver=card.driver,
        )

    def _opened(self, opening: Opening, options: dict[str, str]) -> "OnnxRuntimeEngine":
        runtime, provider = self._load(), self._provider
        if provider.library is None:
            session = self._session(runtime, opening, options)
        else:
            with _quiet(runtime):
                preload_cuda(runtime)
                session = self._session(runtime, opening, options)
        if session.get_providers()[0] != provider.of:
            raise self._not_loaded(
                why_not_loaded(runtime, provider.library) or "ONNX Runtime does not say why"
            )
        agreed(session, opening.graph)
        try:
            session.disable_fallback()
            return OnnxRuntimeEngine(self.name, self._device(session), opening, session, runtime)
        except EngineError:
            raise
        except Exception as why:  # a card without memory, for one
            raise self._error(f"{type(why).__name__} ({_one_line(why)})", _DOCTOR) from why

    def _session(self, runtime: Any, opening: Opening, options: dict[str, str]) -> Any:
        """A session, without a CUDA graph where none can be had, which is said."""
        try:
            return self._begun(runtime, opening, options)
        except Exception as why:  # ONNX Runtime's own have no common base
            said = _one_line(why)
            graphs = {name for name in options if "cuda_graph" in name}
            if not graphs or not re.search("graph capture|cuda graph", said, re.IGNORECASE):
                if missing := why_not_loaded(runtime, self._provider.library):
                    raise self._not_loaded(missing) from why
                raise self._error(said, _DOCTOR) from why
        # some nodes stay on the processor, and a CUDA graph must hold them all
        opening.say(f"engine {self.name} runs without a CUDA graph: {said}")
        return self._session(
            runtime, opening, {name: value for name, value in options.items() if name not in graphs}
        )

    def _begun(self, runtime: Any, opening: Opening, options: dict[str, str]) -> Any:
        provider, graph = self._provider, opening.graph
        asked = _one_thread(runtime)
        asked.add_free_dimension_override_by_name("batch", opening.batch)
        if graph.needs:
            names, contents = zip(*graph.needs.items(), strict=True)
            asked.add_external_initializers_from_files_in_memory(
                list(names), list(contents), [len(one) for one in contents]
            )
        if provider.of != _CPU:
            asked.add_session_config_entry("session.record_ep_graph_assignment_info", "1")
        if provider.library is not None:
            asked.log_severity_level = _FATAL
        if self.name == "directml":
            asked.enable_mem_pattern = False  # its documentation demands it
        names_and_options: list[object] = [(provider.of, options)]
        if self.name == "tensorrt":
            names_and_options.append("CUDAExecutionProvider")  # for nodes that TensorRT does not take
        if provider.of != _CPU:
            names_and_options.append(_CPU)
        return runtime.InferenceSession(graph.content, asked, providers=names_and_options, enable_fallback=0)

    def _device(self, session: Any) -> str:
        """Where it runs, in words, and how much of the graph does not."""
        provider = self._provider
        if provider.of == _CPU:
            return f"{processor_name()}, 1 thread"
        device = self._cards()[0].name if provider.library is not None else provider.device
        told = getattr(session, "get_provider_graph_assignment_info", None)  # since 1.24
        if told is None:
            return device
        nodes = {part.ep_name: len(part.get_nodes()) for part in told()}
        if not nodes.get(provider.of):
            raise self._error("that it takes no part of the graph", _DOCTOR)
        left = sum(nodes.values()) - nodes[provider.of]
        return f"{device}, but {left} of {sum(nodes.values())} nodes elsewhere" if left else device

    def _not_loaded(self, why: str) -> EngineError:
        return self._error(f"that its provider does not load ({why})", _DOCTOR)

    def _error(self, found: str, mend: str) -> EngineError:
        return EngineError(f"asked for engine {self.name}, found {found}: {mend}")


class OnnxRuntimeEngine:
    """A graph in a session of ONNX Runtime, all it reads and writes bound once."""

    def __init__(self, name: str, device: str, opening: Opening, session: Any, runtime: Any) -> None:
        self.name = name
        self.device = device
        self.graph = opening.graph
        self.batch = opening.batch
        on_card = name in ("cuda", "tensorrt")  # a CUDA graph reads and writes the card's own memory
        self._bound = BoundSession(session, runtime, self.graph, opening.batch, "cuda" if on_card else "cpu")

    def run(self, inputs: Mapping[str, np.ndarray]) -> Mapping[str, np.ndarray]:
        """Dance thread. All outputs, of inputs in the graph's shapes. What it answers holds until the next call."""
        return self._bound.run(inputs)

    def close(self) -> None:
        """Give the device back. Nothing may be asked afterwards."""
        self._bound.close()


@contextmanager
def _quiet(runtime: Any) -> Iterator[None]:
    """ONNX Runtime logs only what ends the process, and afterwards what it always does: it cannot be asked what."""
    runtime.set_default_logger_severity(_FATAL)
    try:
        yield
    finally:
        runtime.set_default_logger_severity(_WARNINGS)


def _one_line(why: Exception) -> str:
    return " ".join(str(why).split())
