"""NVIDIA's libraries that ONNX Runtime needs: loaded from their wheels, and named when one is missing."""

import contextlib
import ctypes
import importlib
import io
import sys
from pathlib import Path
from typing import Any  # ONNX Runtime has no types


def preload_cuda(runtime: Any) -> None:
    """Load CUDA and cuDNN from NVIDIA's wheels: the system does not find them there. What is missing is seen later."""
    if hasattr(runtime, "preload_dlls"):
        with contextlib.redirect_stdout(io.StringIO()):  # it prints, and standard output may be JSON
            runtime.preload_dlls()


def tensorrt_version() -> str:
    """Of TensorRT 10, from its wheel or from the system; empty where it does not load."""
    with contextlib.suppress(ImportError):
        importlib.import_module("tensorrt_libs")  # of its wheel; it loads all that is in it
    with contextlib.suppress(OSError, AttributeError):
        library = ctypes.CDLL("nvinfer_10.dll" if sys.platform == "win32" else "libnvinfer.so.10")
        return str(library.getInferLibVersion())
    return ""


def why_not_loaded(runtime: Any, part: str | None) -> str:
    """What the system lacks for a provider's library, `part` of its name; ONNX Runtime only logs it. "" if nothing."""
    if part is None:
        return ""
    pattern = "onnxruntime_providers_{}.dll" if sys.platform == "win32" else "libonnxruntime_providers_{}.so"
    folder = Path(runtime.__file__).parent / "capi"
    for one in ("shared", part):
        try:
            ctypes.CDLL(str(folder / pattern.format(one)), mode=ctypes.RTLD_GLOBAL)
        except OSError as why:
            return str(why).replace(str(folder), "").lstrip("/\\")
    return ""
