"""Stands in for the bindings of TensorRT for RTX, as their documentation says that they behave; it runs tiny graphs."""

import ctypes
import signal
from collections.abc import Callable
from contextlib import suppress
from enum import IntEnum
from functools import cached_property, partial
from pathlib import Path
from types import SimpleNamespace

import numpy as np

from fakes.cuda_stand_in import told
from fakes.tiny_model import tiny_plan
from groovecast.model.graph import Graph

_HEADER_BYTES = 64
_MAGIC = b"ftrt"
_WORK = ctypes.CFUNCTYPE(None)


def engine_of(version: str) -> bytes:
    """An engine as the library of a version builds it."""
    return (_MAGIC + version.encode()).ljust(200, b"\0")


class RtxStandIn:
    """The module. What it compiled, and what it was asked for, can be seen."""

    CudaGraphStrategy = IntEnum("CudaGraphStrategy", "DISABLED WHOLE_GRAPH_CAPTURE", start=0)
    DynamicShapesKernelSpecializationStrategy = IntEnum("Strategy", "LAZY EAGER NONE", start=0)
    NetworkDefinitionCreationFlag = IntEnum("Flag", "STRONGLY_TYPED", start=0)
    BuilderFlag = IntEnum("BuilderFlag", {"DISABLE_TIMING_CACHE": 5, "TF32": 6})
    EngineInvalidityDiagnostics = IntEnum(
        "Diagnostics",
        {
            "VERSION_MISMATCH": 1,
            "UNSUPPORTED_CC": 2,
            "OLD_CUDA_DRIVER": 4,
            "OLD_CUDA_RUNTIME": 8,
            "INSUFFICIENT_GPU_MEMORY": 16,
            "MALFORMED_ENGINE": 32,
            "CUDA_ERROR": 64,
        },
    )

    class ILogger:
        """What a caller's logger is derived from."""

        Severity = IntEnum("Severity", "INTERNAL_ERROR ERROR WARNING INFO VERBOSE", start=0)

    def __init__(self, library: str, graph: Graph, version: str = "1.7.1.116") -> None:
        self.__version__ = version
        self._library = library
        self.graph = graph
        self.trouble = 0  # what is wrong with every engine on this card
        self.refuses: set[str] = set()  # calls that fail
        self.raises: Exception | None = (
            None  # by what makes runtimes, as pybind does where a factory gave nothing
        )
        self.built = self.compiled = 0
        self.interrupted = False  # by a person, while it builds
        self.flags: set[int] = set()  # of the last engine that was built
        self.profiles: list[dict[str, tuple[tuple[int, ...], ...]]] = []
        self.strategies: list[tuple[int, int]] = []
        self.live = 0  # contexts that execute and were not let go

    @cached_property
    def cuda(self) -> ctypes.CDLL:
        """The driver, which nothing asks for that only builds."""
        return told(self._library)

    def Runtime(self, logger: object) -> "_Runtime":
        """What loads engines."""
        if self.raises is not None:
            raise self.raises
        return _Runtime(self, logger)

    def Builder(self, logger: object) -> "_Builder":
        """What builds them."""
        return _Builder(self)

    def OnnxParser(self, network: "_Network", logger: object) -> "_Parser":
        """What reads graphs."""
        return _Parser(network)


class _Network:
    def __init__(self, rtx: RtxStandIn) -> None:
        self._names = list(rtx.graph.inputs(1))
        self.num_inputs = len(self._names)

    def get_input(self, index: int) -> SimpleNamespace:
        return SimpleNamespace(name=self._names[index])


class _Parser:
    num_errors = 0

    def __init__(self, network: _Network) -> None:
        self._network = network

    def parse_from_file(self, path: str) -> bool:
        return (
            Path(path).is_file() and len(list(Path(path).parent.iterdir())) == 2
        )  # its weights lie beside it


class _Builder:
    def __init__(self, rtx: RtxStandIn) -> None:
        self._rtx = rtx

    def create_network(self, flags: int) -> _Network:
        assert flags == 1 << RtxStandIn.NetworkDefinitionCreationFlag.STRONGLY_TYPED
        return _Network(self._rtx)

    def create_builder_config(self) -> "_BuilderConfig":
        return _BuilderConfig()

    def create_optimization_profile(self) -> "_Profile":
        return _Profile()

    def build_serialized_network(self, network: _Network, config: "_BuilderConfig") -> bytes | None:
        self._rtx.built += 1
        if self._rtx.interrupted:
            with suppress(KeyboardInterrupt):  # one that meets a call from C++ into Python ends there
                signal.raise_signal(signal.SIGINT)
        self._rtx.flags, self._rtx.profiles = config._on, [profile._shapes for profile in config._profiles]
        return None if "build" in self._rtx.refuses else engine_of(self._rtx.__version__)


class _BuilderConfig:
    def __init__(self) -> None:
        self._on: set[int] = {RtxStandIn.BuilderFlag.TF32}  # unless it is cleared
        self._profiles: list[_Profile] = []

    def set_flag(self, flag: int) -> None:
        self._on.add(flag)

    def clear_flag(self, flag: int) -> None:
        self._on.discard(flag)

    def add_optimization_profile(self, profile: "_Profile") -> int:
        self._profiles.append(profile)
        return len(self._profiles) - 1


class _Profile:
    def __init__(self) -> None:
        self._shapes: dict[str, tuple[tuple[int, ...], ...]] = {}

    def set_shape(self, input: str, min: tuple[int, ...], opt: tuple[int, ...], max: tuple[int, ...]) -> None:
        self._shapes[input] = (min, opt, max)


class _Runtime:
    engine_header_size = _HEADER_BYTES

    def __init__(self, rtx: RtxStandIn, logger: object) -> None:
        self._rtx = rtx
        self._logger = logger

    def get_engine_validity(self, header: bytes) -> tuple[int, int]:
        kinds = self._rtx.EngineInvalidityDiagnostics
        trouble = self._rtx.trouble
        if not header.startswith(_MAGIC):
            trouble |= kinds.MALFORMED_ENGINE
        elif header[4:].rstrip(b"\0").decode() != self._rtx.__version__:
            trouble |= kinds.VERSION_MISMATCH
        return (2 if trouble else 0, trouble)

    def deserialize_cuda_engine(self, content: bytes) -> "_Engine | None":
        if "load" in self._rtx.refuses:
            self._logger.log(self._rtx.ILogger.Severity.ERROR, "out of\nmemory")  # type: ignore[attr-defined]
            return None
        return _Engine(self._rtx)


class _Engine:
    def __init__(self, rtx: RtxStandIn) -> None:
        self._rtx = rtx
        self._names = [*rtx.graph.inputs(1), *rtx.graph.outputs(1)]
        self.num_io_tensors = len(self._names)

    def get_tensor_name(self, index: int) -> str:
        return self._names[index]

    def create_runtime_config(self) -> "_Config":
        return _Config(self._rtx)

    def create_execution_context(self, config: "_Config") -> "_Execution | None":
        if "compile" in self._rtx.refuses:
            return None
        strategies = (config.cuda_graph_strategy, config.dynamic_shapes_kernel_specialization_strategy)
        self._rtx.strategies.append(strategies)
        return _Execution(self._rtx, config)


class _Config:
    cuda_graph_strategy = dynamic_shapes_kernel_specialization_strategy = 0

    def __init__(self, rtx: RtxStandIn) -> None:
        self._rtx = rtx
        self.kernels: _Kernels | None = None

    def create_runtime_cache(self) -> "_Kernels":
        return _Kernels(self._rtx)

    def set_runtime_cache(self, kernels: "_Kernels") -> bool:
        if "keeping" in self._rtx.refuses:
            return False
        self.kernels = kernels
        return True


class _Kernels:
    def __init__(self, rtx: RtxStandIn) -> None:
        self._rtx = rtx
        self.batches: set[int] = set()

    def _head(self) -> bytes:
        return f"kernels {self._rtx.__version__} ".encode()

    def deserialize(self, blob: bytes) -> bool:
        if not blob.startswith(self._head()) or "kernels" in self._rtx.refuses:
            return False
        self.batches = set(blob[len(self._head()) :])
        return True

    def serialize(self) -> bytes:
        return self._head() + (b"" if "serialize" in self._rtx.refuses else bytes(sorted(self.batches)))


class _Execution:
    def __init__(self, rtx: RtxStandIn, config: _Config) -> None:
        self._rtx = rtx
        self._kernels = config.kernels or _Kernels(rtx)
        self._shapes: dict[str, tuple[int, ...]] = {}
        self._places: dict[str, int] = {}
        self._work: list[Callable[[], None]] = []
        rtx.live += 1

    def __del__(self) -> None:
        assert self._rtx.cuda.stand_in_held(), "what executes must go before the card's memory"
        self._rtx.live -= 1

    def set_input_shape(self, name: str, shape: tuple[int, ...]) -> bool:
        self._shapes[name] = shape
        return 1 <= shape[0] <= 16

    def get_tensor_shape(self, name: str) -> tuple[int, ...]:
        return self._rtx.graph.outputs(self._shapes["noise"][0])[name]

    def set_tensor_address(self, name: str, memory: int) -> bool:
        self._places[name] = memory
        return True

    def is_stream_capturable(self, stream: int) -> bool:
        return "capture" not in self._rtx.refuses

    def execute_async_v3(self, stream: int) -> bool:
        if "run" in self._rtx.refuses or len(self._shapes) != len(self._rtx.graph.inputs(1)):
            return False
        batch = self._shapes["noise"][0]
        if batch not in self._kernels.batches:
            self._rtx.compiled += 1
            self._kernels.batches.add(batch)
        work = partial(_reckon, self._rtx, dict(self._shapes), dict(self._places))
        self._work = [_WORK(work)]  # the stream holds no reference
        return not self._rtx.cuda.stand_in_enqueue(ctypes.c_void_p(stream), self._work[0])


def _reckon(rtx: RtxStandIn, shapes: dict[str, tuple[int, ...]], places: dict[str, int]) -> None:
    """The kernels: from the card's own memory to it; a place out of bounds is none."""

    def seen(name: str, shape: tuple[int, ...]) -> np.ndarray:
        dtype = np.dtype(np.int64 if name == "step" else np.float32)
        size = int(np.prod(shape)) * dtype.itemsize
        place = rtx.cuda.stand_in_seen(places[name], size)
        return np.frombuffer((ctypes.c_char * size).from_address(place), dtype).reshape(shape)

    plan = tiny_plan(**{name: seen(name, shape) for name, shape in shapes.items()})
    answers = {"plan": plan, "root_m": plan[..., :3], "local_quat_wxyz": plan[..., :88], "onward": plan * 0.5}
    for name, shape in rtx.graph.outputs(len(plan)).items():
        seen(name, shape)[...] = answers[name].reshape(shape)


# Which class of the bindings each stands for.
STANDS_FOR: dict[type, str] = {
    _Network: "INetworkDefinition",
    _Parser: "OnnxParser",
    _Builder: "Builder",
    _BuilderConfig: "IBuilderConfig",
    _Profile: "IOptimizationProfile",
    _Runtime: "Runtime",
    _Engine: "ICudaEngine",
    _Config: "IRuntimeConfig",
    _Kernels: "IRuntimeCache",
    _Execution: "IExecutionContext",
}
