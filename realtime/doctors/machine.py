"""What can be seen of this machine without changing it: cards, wheels, libraries, and what ONNX Runtime starts on."""

import contextlib
import ctypes
import importlib
import sys
from importlib import metadata
from typing import Any, Protocol  # ONNX Runtime has no types

from groovecast.model.onnx_runtime import onnx_runtime
from realtime.engines.card import Card, cards
from realtime.engines.cuda_driver import CudaDriver, CudaError

# The smallest graph, y = x + x for one number, in ONNX (IR 9, opset 20): a provider that cannot run it cannot start.
ONE_NODE = (
    b'\x08\t\x12\x00:7\n\x0e\n\x01x\n\x01x\x12\x01y"\x03Add\x12\x03oneZ\x0f\n\x01x\x12\n\n\x08\x08\x01\x12\x04\n'
    b"\x02\x08\x01b\x0f\n\x01y\x12\n\n\x08\x08\x01\x12\x04\n\x02\x08\x01B\x04\n\x00\x10\x14"
)
RUNTIMES = ("onnxruntime", "onnxruntime-gpu", "onnxruntime-directml")  # all of them are `import onnxruntime`
_ONLY_WHAT_ENDS_THE_PROCESS = 4  # of ONNX Runtime's severities: the rest we say ourselves


class Machine(Protocol):
    """What the doctor asks; a test answers as a machine that is not here."""

    @property
    def platform(self) -> str:
        """As `sys.platform` says it."""
        ...

    def cards(self) -> list[Card]:
        """The NVIDIA cards that a driver sees."""
        ...

    def driver_trouble(self) -> str:
        """Why the driver shows no card; "" if it does."""
        ...

    def version(self, wheel: str) -> str | None:
        """Of a wheel that pip installed; None if it did not."""
        ...

    def cuda_of_runtime(self) -> str:
        """The CUDA that ONNX Runtime was built with, 13.0; "" if with none."""
        ...

    def trouble_with(self, library: str, wheel: str) -> str:
        """Why a shared library of a wheel, or of the system, does not load; "" if it does."""
        ...

    def trouble_importing(self, module: str) -> str:
        """Why a module cannot be imported; "" if it can."""
        ...

    def providers(self) -> list[str]:
        """Those that ONNX Runtime was built with, by its own names; none without ONNX Runtime."""
        ...

    def trouble_starting(self, provider: str) -> str:
        """Why ONNX Runtime does not run the smallest graph on a provider; "" if it does."""
        ...


class ThisMachine:
    """The machine that we run on."""

    platform = sys.platform

    def cards(self) -> list[Card]:
        """The NVIDIA cards that a driver sees."""
        return cards()

    def driver_trouble(self) -> str:
        """Why the driver shows no card; "" if it does."""
        try:
            return "" if CudaDriver().count else "a driver, but no card"
        except CudaError as why:
            return "no driver" if "cannot be loaded" in str(why) else str(why)

    def version(self, wheel: str) -> str | None:
        """Of a wheel that pip installed; None if it did not."""
        try:
            return metadata.version(wheel)
        except metadata.PackageNotFoundError:
            return None

    def cuda_of_runtime(self) -> str:
        """The CUDA that ONNX Runtime was built with, 13.0; "" if with none."""
        return str(getattr(_runtime(), "cuda_version", "") or "")

    def trouble_with(self, library: str, wheel: str) -> str:
        """Why a shared library of a wheel, or of the system, does not load; "" if it does."""
        path = library
        with contextlib.suppress(metadata.PackageNotFoundError):
            for file in metadata.files(wheel) or ():
                if file.name == library:
                    path = str(file.locate())
        try:
            ctypes.CDLL(path)
        except OSError as why:
            return _one_line(why).replace(path, library)
        return ""

    def trouble_importing(self, module: str) -> str:
        """Why a module cannot be imported; "" if it can."""
        try:
            importlib.import_module(module)
        except Exception as why:  # foreign code raises what it likes
            return _one_line(why)
        return ""

    def providers(self) -> list[str]:
        """Those that ONNX Runtime was built with, by its own names; none without ONNX Runtime."""
        return list(getattr(_runtime(), "get_available_providers", list)())

    def trouble_starting(self, provider: str) -> str:
        """Why ONNX Runtime does not run the smallest graph on a provider; "" if it does."""
        runtime = _runtime()
        runtime.set_default_logger_severity(_ONLY_WHAT_ENDS_THE_PROCESS)
        options = runtime.SessionOptions()
        options.log_severity_level = _ONLY_WHAT_ENDS_THE_PROCESS
        options.intra_op_num_threads = 1
        try:
            with contextlib.redirect_stdout(sys.stderr):  # it prints, and standard output may be JSON
                if "CUDA" in provider or "Tensorrt" in provider:
                    runtime.preload_dlls()
                session = runtime.InferenceSession(ONE_NODE, options, providers=[provider], enable_fallback=0)
        except Exception as why:  # it raises several kinds, of which some are its own
            return _one_line(why)
        # without an exception, what does not load is a session on the processor
        took = session.get_providers()[0]
        return "" if took == provider else f"it gives {took} instead"


def _runtime() -> Any:
    try:
        return onnx_runtime()
    except Exception:  # half an installation fails in many ways; the wheels are looked at apart
        return None


def _one_line(why: Exception) -> str:
    return " ".join(str(why).split()) or type(why).__name__
