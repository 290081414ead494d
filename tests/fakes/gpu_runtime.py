"""ONNX Runtime as its wheels for cards are, on this machine's processor, and the kinds of engine that stand on it."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import onnxruntime

from fakes.tiny_model import tiny_model
from realtime.engines.cache import EngineCache
from realtime.engines.card import Card
from realtime.engines.kind import Opening
from realtime.engines.onnx_runtime import PROVIDERS, OnnxRuntimeKind

CARD = Card("NVIDIA Abacus 9000", (9, 9), "999.9", 1 << 20)
BY_NAME = {provider.name: provider for provider in PROVIDERS}


class Runtime:
    """ONNX Runtime as its GPU wheels are, on this machine's processor.

    The card's memory is memory of its own: only `update_inplace` writes there, and `numpy` copies out of it.
    """

    __file__ = onnxruntime.__file__
    __version__ = "9.9"
    SessionOptions = onnxruntime.SessionOptions

    def __init__(
        self, *providers: str, starts: bool = True, whole: bool = True, memory: bool = True, runs: bool = True
    ) -> None:
        self.providers, self.starts, self.whole = providers, starts, whole
        self.memory, self.runs = memory, runs  # whether the card has any left, and whether it reckons
        self.levels: list[int] = []
        self.asked: list[dict[str, str]] = []
        self.preloaded = 0
        self.fallback = True
        self.OrtValue = SimpleNamespace(ortvalue_from_numpy=self._value)

    def get_available_providers(self) -> list[str]:
        """Those of the wheel, whether they can start or not."""
        return [*self.providers, "CPUExecutionProvider"]

    def set_default_logger_severity(self, level: int) -> None:
        """As the real one; 2 is what it begins with."""
        self.levels.append(level)

    def preload_dlls(self) -> None:
        """Prints, as the real one does."""
        print("Failed to load something")
        self.preloaded += 1

    def InferenceSession(
        self, content: bytes, options: object, providers: list[object], enable_fallback: int
    ) -> "Session":
        """A session on the processor, that may say otherwise; nothing is raised when a provider does not load."""
        assert not enable_fallback
        first = providers[0]
        assert isinstance(first, tuple)
        self.asked.append(first[1])
        if first[1].get("enable_cuda_graph") and not self.whole:
            raise RuntimeError("This session cannot use the graph capture feature as requested\n by the user")
        return Session(self, content, options, first[0])

    def _value(self, array: np.ndarray, device: str = "cpu", _number: int = 0) -> onnxruntime.OrtValue:
        if device == "cuda" and not self.memory:
            raise RuntimeError("CUDA failure 2: out of memory\n; GPU=0")
        value = onnxruntime.OrtValue.ortvalue_from_numpy(array.copy() if device == "cuda" else array)
        return value


class Session:
    """A real session that says it is on a card."""

    def __init__(self, runtime: Runtime, content: bytes, options: object, provider: str) -> None:
        self._runtime, self._provider = runtime, provider
        self._real = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
        self.get_inputs, self.get_outputs = self._real.get_inputs, self._real.get_outputs
        self.io_binding = self._real.io_binding

    def run_with_iobinding(self, binding: object) -> None:
        """As the real one; on a card the memory for what lies between comes only now."""
        if not self._runtime.runs:
            raise RuntimeError("CUDA failure 2: out of memory")
        self._real.run_with_iobinding(binding)

    def get_providers(self) -> list[str]:
        """The provider, or silently the processor."""
        return [self._provider, "CPUExecutionProvider"] if self._runtime.starts else ["CPUExecutionProvider"]

    def disable_fallback(self) -> None:
        """As the real one."""
        self._runtime.fallback = False

    def get_provider_graph_assignment_info(self) -> list[SimpleNamespace]:
        """Nine nodes on the card; a tenth on the processor when a CUDA graph cannot hold all."""
        parts = {self._provider: 9} if self._runtime.whole else {self._provider: 9, "CPUExecutionProvider": 1}
        return [
            SimpleNamespace(ep_name=name, get_nodes=lambda count=count: range(count))
            for name, count in parts.items()
        ]


class Builder(Runtime):
    """One whose TensorRT leaves its engine in the folder that it was told."""

    def InferenceSession(
        self, content: bytes, options: object, providers: list[object], enable_fallback: int
    ) -> Session:
        """A session, when the engine is built."""
        (_, told), *_ = providers  # type: ignore[misc]
        Path(told["trt_engine_cache_path"], "tiny.engine").write_bytes(b"built")
        return super().InferenceSession(content, options, providers, enable_fallback)


def kind(
    name: str,
    runtime: object,
    cards: tuple[Card, ...] = (CARD,),
    platform: str = "linux",
    tensorrt: str = "101600",
) -> OnnxRuntimeKind:
    """A kind of engine on this runtime."""
    return OnnxRuntimeKind(BY_NAME[name], lambda: runtime, lambda: list(cards), platform, lambda: tensorrt)


def opening(folder: Path, precision: str = "fp32", batch: int = 1, steps: int = 2) -> Opening:
    """A tiny model, to be opened; what is said is kept in a list of its own."""
    manifest = tiny_model(folder / "tiny", ("fp32", "fp16"), steps)
    said: list[str] = []
    return Opening(
        folder / "tiny", manifest, precision, batch, EngineCache(folder / "cache", said.append), said.append
    )
