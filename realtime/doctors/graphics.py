"""What a graphics card needs to dance, from the driver to the engines: what is here, and what to install."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from realtime.doctors.check import Check
from realtime.doctors.machine import RUNTIMES, Machine

# What the wheels of the extras are made for; tests hold pyproject.toml to it.
OLDEST_RUNTIME = (1, 24)  # the first ONNX Runtime that takes a graph's tensors from memory
CUDA_OF_WHEELS = (13, 0)
OLDEST_DRIVER = "580"  # that takes CUDA 13 (CUDA's release notes, table of drivers)
OLDEST_CARD = (7, 5)  # that CUDA 13 takes: Turing (the same notes)
OLDEST_RTX_CARD = (8, 0)  # that the engine for TensorRT for RTX is built for: Ampere
RTX_WHEELS = ("tensorrt-rtx-cu13-bindings", "tensorrt-rtx-cu13-libs")
TENSORRT_WHEEL = "tensorrt-cu13-libs"
TENSORRT_OF_RUNTIME = "10"  # the provider of onnxruntime-gpu 1.31 is linked with libnvinfer.so.10
# as a person asks for them
_PROVIDER_NAMES = {
    "CPUExecutionProvider": "cpu",
    "CUDAExecutionProvider": "cuda",
    "TensorrtExecutionProvider": "tensorrt",
    "DmlExecutionProvider": "directml",
    "CoreMLExecutionProvider": "coreml",
}
_CPU = 'pip install "groovecast[cpu]"'
_GPU = 'pip install "groovecast[gpu]"'
_RTX = 'pip install "groovecast[rtx]"'
_NOT_LOOKED_FOR = "not looked for: the ONNX Runtime that is installed wants none"


@dataclass(frozen=True)
class _Library:
    """A shared library by its names, none where it is not needed, and the wheel that brings it."""

    linux: str
    windows: str
    wheel: str

    def file(self, platform: str) -> str:
        """Its name on this system."""
        return self.windows if platform == "win32" else self.linux


def of_graphics(machine: Machine, rtx_engine: Callable[[], str]) -> list[Check]:
    """Everything between a card and a dance; calm where there is no card and nothing was installed for one.

    `rtx_engine` says how the model's engine for TensorRT for RTX fits; it is asked only where that loads.
    """
    # first, for below libraries are loaded by hand that a show may not find
    providers = _providers(machine)
    return [
        _engine(machine),
        _driver(machine),
        _card(machine),
        _cuda(machine),
        _cudnn(machine),
        _rtx(machine, rtx_engine),
        _tensorrt(machine),
        providers,
    ]


def _engine(machine: Machine) -> Check:
    installed = [name for name in RUNTIMES if machine.version(name) is not None]
    if not installed:
        return Check("engine", False, "no ONNX Runtime", _CPU)
    if len(installed) > 1:
        mend = f"pip uninstall {' '.join(installed)}, then install one: they overwrite each other"
        return Check("engine", False, f"{' and '.join(installed)} together", mend)
    found = f"{installed[0]} {machine.version(installed[0])}"
    if _first_two(machine.version(installed[0]) or "") < OLDEST_RUNTIME:
        mend = f'pip install "{installed[0]}>={_dotted(OLDEST_RUNTIME)}"'
        return Check("engine", False, f"{found}, but models need {_dotted(OLDEST_RUNTIME)} or newer", mend)
    return Check("engine", True, found)


def _for_nvidia(machine: Machine) -> list[str]:
    """The installed wheels that dance only with an NVIDIA card."""
    wheels = ("onnxruntime-gpu", *RTX_WHEELS, TENSORRT_WHEEL)
    return [name for name in wheels if machine.version(name) is not None]


def _driver(machine: Machine) -> Check:
    wheels, cards = _for_nvidia(machine), machine.cards()
    newer = f"install NVIDIA's driver {OLDEST_DRIVER} or newer (nvidia.com/drivers)"
    if cards:
        found = f"NVIDIA {cards[0].driver}"
        if wheels and (0, 0) < cards[0].cuda < CUDA_OF_WHEELS:
            wanted = f"the installed wheels want CUDA {_dotted(CUDA_OF_WHEELS)}"
            return Check("driver", False, f"{found}, but {wanted}", newer)
        return Check("driver", True, found)
    trouble = machine.driver_trouble() or "no card"
    if not wheels:
        return Check("driver", True, f"NVIDIA: {trouble}, and nothing that needs one")
    then = f", then {_CPU}" if "onnxruntime-gpu" in wheels else ""
    mend = f"{newer}, or, without such a card, pip uninstall {' '.join(wheels)}{then}"
    return Check("driver", False, f"NVIDIA: {trouble}, but wheels that dance only with one", mend)


def _card(machine: Machine) -> Check:
    cards = machine.cards()
    if not cards:
        return Check("card", True, "no NVIDIA card: the cpu engine dances")
    told = ", ".join(
        f"{one.name} (compute capability {_dotted(one.capability)}, {one.memory_mib / 1024:.0f} GiB)"
        for one in cards
    )
    wheels, newest = _for_nvidia(machine), max(one.capability for one in cards)
    if wheels and newest < OLDEST_CARD:
        wanted = f"CUDA 13 takes {_dotted(OLDEST_CARD)} (RTX 20, GTX 16) and newer"
        return Check("card", False, f"{told}, but {wanted}", "choose --engine cpu")
    if set(RTX_WHEELS) & set(wheels) and newest < OLDEST_RTX_CARD:
        wanted = f"--engine rtx takes {_dotted(OLDEST_RTX_CARD)} (RTX 30) and newer"
        mend = f"pip uninstall onnxruntime {' '.join(RTX_WHEELS)}, then {_GPU} for --engine cuda"
        return Check("card", False, f"{told}, but {wanted}", mend)
    return Check("card", True, told)


def _cuda(machine: Machine) -> Check:
    major = _cuda_major(machine)
    if not major:
        return Check("cuda", True, _NOT_LOOKED_FOR)
    suffix = f"-cu{major}" if int(major) < 13 else ""  # NVIDIA's wheels said their CUDA by name until 12
    libraries = (
        _Library(f"libcudart.so.{major}", f"cudart64_{major}.dll", f"nvidia-cuda-runtime{suffix}"),
        # in this order: the second is linked with the first
        _Library(f"libcublasLt.so.{major}", f"cublasLt64_{major}.dll", f"nvidia-cublas{suffix}"),
        _Library(f"libcublas.so.{major}", f"cublas64_{major}.dll", f"nvidia-cublas{suffix}"),
        _Library("libcurand.so.10", "", f"nvidia-curand{suffix}"),
    )
    return _loaded(machine, "cuda", libraries)


def _cudnn(machine: Machine) -> Check:
    major = _cuda_major(machine)
    if not major:
        return Check("cudnn", True, _NOT_LOOKED_FOR)
    return _loaded(machine, "cudnn", [_Library("libcudnn.so.9", "cudnn64_9.dll", f"nvidia-cudnn-cu{major}")])


def _cuda_major(machine: Machine) -> str:
    """Of the CUDA that the installed ONNX Runtime wants; "" if it wants none."""
    if machine.version("onnxruntime-gpu") is None:
        return ""
    return machine.cuda_of_runtime().partition(".")[0]


def _loaded(machine: Machine, name: str, libraries: Sequence[_Library]) -> Check:
    found: dict[str, str] = {}
    missing: list[str] = []
    for one in libraries:
        file = one.file(machine.platform)
        if file and machine.trouble_with(file, one.wheel):
            missing.append(file)
        elif file:
            found[one.wheel] = machine.version(one.wheel) or "(the system's)"
    if missing:
        verb = "does" if len(missing) == 1 else "do"
        return Check(name, False, f"{', '.join(missing)} {verb} not load", f"{_GPU} again")
    return Check(name, True, ", ".join(f"{wheel} {version}" for wheel, version in found.items()))


def _rtx(machine: Machine, rtx_engine: Callable[[], str]) -> Check:
    versions = {name: machine.version(name) for name in RTX_WHEELS}
    if set(versions.values()) == {None}:
        wanted = f", which --engine rtx needs: {_RTX}" if machine.cards() else ""
        return Check("rtx", True, f"no TensorRT for RTX{wanted}")
    if len(set(versions.values())) > 1:
        told = ", ".join(f"{name} {version or 'missing'}" for name, version in versions.items())
        return Check("rtx", False, told, f"{_RTX}: both of one version")
    version = versions[RTX_WHEELS[0]]
    trouble = machine.trouble_importing("tensorrt_rtx_bindings")
    if trouble:
        return Check("rtx", False, f"TensorRT for RTX {version} does not load ({trouble})", f"{_RTX} again")
    return Check("rtx", True, f"TensorRT for RTX {version}, {rtx_engine()}")


def _tensorrt(machine: Machine) -> Check:
    version, major = machine.version(TENSORRT_WHEEL), TENSORRT_OF_RUNTIME
    library = _Library(f"libnvinfer.so.{major}", f"nvinfer_{major}.dll", TENSORRT_WHEEL)
    trouble = machine.trouble_with(library.file(machine.platform), library.wheel)
    if not trouble:
        return Check("tensorrt", True, f"TensorRT {version or f'{major} (the system has it)'}")
    if version is None:
        return Check("tensorrt", True, "no TensorRT, which only --engine tensorrt needs")
    mend = f'pip install "{TENSORRT_WHEEL}=={major}.*", or pip uninstall {TENSORRT_WHEEL}'
    return Check("tensorrt", False, f"TensorRT {version}, but {trouble}", mend)


def _providers(machine: Machine) -> Check:
    """Every provider on a graph of one node: one that does not load is a session on the processor, unsaid."""
    built_in = machine.providers()
    if not built_in:
        broken = [name for name in RUNTIMES if machine.version(name) is not None]
        # pip would find them installed, and leave them as they are
        again = f"pip uninstall {' '.join(broken)}, then install one again" if broken else _CPU
        return Check("provider", False, "none: no ONNX Runtime that can be imported", again)
    starting, failing, mends = [], [], []
    for provider, name in _PROVIDER_NAMES.items():
        # TensorRT's provider is in every wheel with CUDA; whether TensorRT is there has its own line
        if provider not in built_in or name == "tensorrt":
            continue
        trouble = machine.trouble_starting(provider)
        if not trouble:
            starting.append(name)
        else:
            failing.append(f", {name} does not ({_why(machine, name, trouble)})")
            mends.append(_mend(machine, name))
    verb = "start" if len(starting) > 1 else "starts"
    found = f"{' and '.join(starting) or 'none'} {verb}{''.join(failing)}"
    return Check("provider", not mends, found, "; ".join(mends))


def _why(machine: Machine, name: str, trouble: str) -> str:
    """ONNX Runtime only logs why CUDA's provider did not load; the system says it when it is asked again."""
    if name != "cuda":
        return trouble
    stem = "onnxruntime_providers_cuda"
    library = _Library(f"lib{stem}.so", f"{stem}.dll", "onnxruntime-gpu")
    return machine.trouble_with(library.file(machine.platform), library.wheel) or trouble


def _mend(machine: Machine, name: str) -> str:
    if name == "cuda":
        return "see driver, card, cuda and cudnn above" if machine.cards() else "see driver above"
    if name == "cpu":
        return f"{_CPU} again"
    return "update the system and the card's driver, or choose --engine cpu"


def _first_two(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".")[:2] if part.isdigit())


def _dotted(version: tuple[int, int]) -> str:
    return f"{version[0]}.{version[1]}"
