"""The little of CUDA's driver that an engine needs, by ctypes: cards, memory, copies and one stream.

Written from the documentation of CUDA's driver API; tested with a library that stands in for it, unrun on a card.
"""

import ctypes
import math
import sys
from collections.abc import Callable
from contextlib import suppress
from ctypes import POINTER, byref, c_char_p, c_int, c_size_t, c_uint, c_uint64, c_void_p
from dataclasses import dataclass

import numpy as np

_NAME_BYTES = 256
_CAPABILITY_MAJOR, _CAPABILITY_MINOR = 75, 76  # CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_...
_NON_BLOCKING = 1  # CU_STREAM_NON_BLOCKING: waits for no work of the default stream

# a device's address is 64 bits wide, a handle is a pointer; "_v2" is what the header makes of the bare names
_SIGNATURES: dict[str, tuple[type, ...]] = {
    "cuInit": (c_uint,),
    "cuDriverGetVersion": (POINTER(c_int),),
    "cuDeviceGetCount": (POINTER(c_int),),
    "cuDeviceGet": (POINTER(c_int), c_int),
    "cuDeviceGetName": (c_char_p, c_int, c_int),
    "cuDeviceGetAttribute": (POINTER(c_int), c_int, c_int),
    "cuDeviceTotalMem_v2": (POINTER(c_size_t), c_int),
    "cuDevicePrimaryCtxRetain": (POINTER(c_void_p), c_int),
    "cuDevicePrimaryCtxRelease_v2": (c_int,),
    "cuCtxSetCurrent": (c_void_p,),
    "cuMemHostAlloc": (POINTER(c_void_p), c_size_t, c_uint),
    "cuMemFreeHost": (c_void_p,),
    "cuMemAlloc_v2": (POINTER(c_uint64), c_size_t),
    "cuMemFree_v2": (c_uint64,),
    "cuMemcpyHtoDAsync_v2": (c_uint64, c_void_p, c_size_t, c_void_p),
    "cuMemcpyDtoHAsync_v2": (c_void_p, c_uint64, c_size_t, c_void_p),
    "cuStreamCreate": (POINTER(c_void_p), c_uint),
    "cuStreamDestroy_v2": (c_void_p,),
    "cuStreamSynchronize": (c_void_p,),
    "cuGetErrorString": (c_int, POINTER(c_char_p)),
}


class CudaError(RuntimeError):
    """The driver is missing, or refused: what was asked and what it said."""


class CudaDriver:
    """The driver of this machine's NVIDIA cards. Raises CudaError where there is none, or no card."""

    def __init__(self, library: str | None = None) -> None:
        name = library or ("nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1")
        try:
            found = ctypes.CDLL(name)
            self._calls = {call: getattr(found, call) for call in _SIGNATURES}
        except (OSError, AttributeError) as why:
            raise CudaError(f"asked for {name}, the NVIDIA driver, it cannot be loaded ({why})") from None
        for call, arguments in _SIGNATURES.items():
            self._calls[call].argtypes = arguments
            self._calls[call].restype = c_int
        self.ask("cuInit", 0)
        version, count = c_int(), c_int()
        self.ask("cuDriverGetVersion", byref(version))
        self.ask("cuDeviceGetCount", byref(count))
        self.cuda_version = (version.value // 1000, version.value % 1000 // 10)
        self.count = count.value

    def ask(self, call: str, *arguments: object) -> None:
        """Call this function; raises CudaError, in the driver's words, unless it answers success."""
        code = self._calls[call](*arguments)
        if code:
            said = c_char_p()
            self._calls["cuGetErrorString"](code, byref(said))
            raise CudaError(f"asked {call}, the driver says {code}: {(said.value or b'unknown').decode()}")

    def name(self, device: int) -> str:
        """The card's name: NVIDIA GeForce RTX 4070."""
        said = ctypes.create_string_buffer(_NAME_BYTES)
        self.ask("cuDeviceGetName", said, _NAME_BYTES, self._handle(device))
        return said.value.decode(errors="replace")

    def capability(self, device: int) -> tuple[int, int]:
        """The card's compute capability, which tells its generation."""
        handle, major, minor = self._handle(device), c_int(), c_int()
        self.ask("cuDeviceGetAttribute", byref(major), _CAPABILITY_MAJOR, handle)
        self.ask("cuDeviceGetAttribute", byref(minor), _CAPABILITY_MINOR, handle)
        return major.value, minor.value

    def memory_bytes(self, device: int) -> int:
        """All the memory that the card has."""
        size = c_size_t()
        self.ask("cuDeviceTotalMem_v2", byref(size), self._handle(device))
        return size.value

    def context(self, device: int) -> "CudaContext":
        """The card's primary context, which all libraries of this process share."""
        return CudaContext(self, self._handle(device))

    def _handle(self, device: int) -> int:
        handle = c_int()
        self.ask("cuDeviceGet", byref(handle), device)
        return handle.value


@dataclass(frozen=True)
class Twins:
    """An array in memory that the card reads and writes itself (pinned), and as much memory on the card."""

    array: np.ndarray
    host: int  # their addresses
    card: int
    size_bytes: int


class CudaContext:
    """What one engine holds of a card: memory on both sides and a stream, all given back by `close`."""

    def __init__(self, driver: CudaDriver, device: int) -> None:
        self._driver = driver
        self._given_back: list[Callable[[], None]] = []
        self._context = c_void_p()
        self._hold("cuDevicePrimaryCtxRetain", "cuDevicePrimaryCtxRelease_v2", self._context, device, device)
        try:
            self.enter()
        except CudaError:
            self.close()
            raise

    def enter(self) -> None:
        """Any thread. What this thread asks of CUDA from here on is meant for this card."""
        self._driver.ask("cuCtxSetCurrent", self._context)

    def stream(self) -> int:
        """The handle of a new stream."""
        made = c_void_p()
        self._hold("cuStreamCreate", "cuStreamDestroy_v2", made, None, _NON_BLOCKING)
        return made.value or 0

    def twins(self, shape: tuple[int, ...], dtype: type[np.generic]) -> Twins:
        """An array and as much memory on the card; not to be touched after `close`."""
        host, card, size = c_void_p(), c_uint64(), math.prod(shape) * np.dtype(dtype).itemsize
        self._hold("cuMemHostAlloc", "cuMemFreeHost", host, None, size, 0)
        self._hold("cuMemAlloc_v2", "cuMemFree_v2", card, None, size)
        seen = (ctypes.c_byte * size).from_address(host.value or 0)
        array: np.ndarray = np.frombuffer(memoryview(seen).cast("B"), dtype).reshape(shape)
        array[...] = 0
        return Twins(array, host.value or 0, card.value, size)

    def to_card(self, twins: Twins, stream: int) -> None:
        """Begin to copy the array to the card."""
        self._driver.ask("cuMemcpyHtoDAsync_v2", twins.card, twins.host, twins.size_bytes, stream)

    def from_card(self, twins: Twins, stream: int) -> None:
        """Begin to copy what the card has into the array, which holds it after `wait`."""
        self._driver.ask("cuMemcpyDtoHAsync_v2", twins.host, twins.card, twins.size_bytes, stream)

    def wait(self, stream: int) -> None:
        """Until all that was begun on this stream is done."""
        self._driver.ask("cuStreamSynchronize", stream)

    def close(self) -> None:
        """Give all back, the newest first. A second time does nothing."""
        if self._given_back:
            with suppress(CudaError):  # a context that a fault destroyed gives its memory back by itself
                self.enter()
        while self._given_back:
            with suppress(CudaError):
                self._given_back.pop()()

    def _hold(
        self, take: str, give_back: str, made: c_void_p | c_uint64, given: int | None, *arguments: int
    ) -> None:
        """Take something, and remember how it is given back: by its own handle, unless another is named."""
        self._driver.ask(take, byref(made), *arguments)
        self._given_back.append(lambda: self._driver.ask(give_back, made if given is None else given))


def driver_release(library: str | None = None) -> str:
    """The driver's own version, like 580.65.06, as NVIDIA's management library tells it; "" where it does not."""
    name = library or ("nvml.dll" if sys.platform == "win32" else "libnvidia-ml.so.1")
    said = ctypes.create_string_buffer(_NAME_BYTES)
    try:
        nvml = ctypes.CDLL(name)
        if nvml.nvmlInit_v2():
            return ""
        found = nvml.nvmlSystemGetDriverVersion(said, _NAME_BYTES) == 0
        nvml.nvmlShutdown()
    except (OSError, AttributeError):
        return ""
    return said.value.decode(errors="replace") if found else ""
