"""A library that stands in for NVIDIA's driver, compiled from the C source beside this file."""

import ctypes
import shutil
import subprocess
from pathlib import Path

import pytest


def compiled_cuda_stand_in(folder: Path) -> Path:
    """The library, made. Loaded from another path it is another one, with a state of its own: copy it."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        pytest.skip("no C compiler is here to make a stand-in for CUDA's driver")
    made = folder / "libcuda_stand_in.so"
    source = Path(__file__).with_suffix(".c")
    subprocess.run([compiler, "-shared", "-fPIC", "-w", "-o", str(made), str(source)], check=True, timeout=60)
    return made


def told(library: str) -> ctypes.CDLL:
    """The same library, to ask what only a test asks."""
    loaded = ctypes.CDLL(library)
    loaded.stand_in_seen.argtypes = (ctypes.c_uint64, ctypes.c_size_t)
    loaded.stand_in_seen.restype = ctypes.c_void_p
    return loaded
