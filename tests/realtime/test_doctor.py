"""The doctor on machines that are not here: every line calm where it should be, and with a mend where it must."""

import json
import os
import re
from dataclasses import dataclass, field
from itertools import combinations
from pathlib import Path

import pytest
from command import told

from groovecast.model.onnx_runtime import NO_REPORTS, onnx_runtime
from realtime.doctors.check import Check
from realtime.doctors.graphics import RTX_WHEELS, of_graphics
from realtime.doctors.machine import RUNTIMES, ThisMachine
from realtime.engines.card import Card, cards

_ADA = Card("NVIDIA GeForce RTX 4070", (8, 9), "580.65.06 (CUDA 13.0)", 12282, (13, 0))
_TURING = Card("NVIDIA GeForce RTX 2070", (7, 5), "580.65.06 (CUDA 13.0)", 8192, (13, 0))
_PASCAL = Card("NVIDIA GeForce GTX 1080", (6, 1), "580.65.06 (CUDA 13.0)", 8192, (13, 0))
_OLD_DRIVER = Card("NVIDIA GeForce RTX 4070", (8, 9), "550.54.14 (CUDA 12.4)", 12282, (12, 4))
_CPU = ("CPUExecutionProvider",)
_GPU = ("TensorrtExecutionProvider", "CUDAExecutionProvider", *_CPU)
_GPU_WHEELS = {
    "onnxruntime-gpu": "1.31.1",
    "nvidia-cuda-runtime": "13.5.37",
    "nvidia-cublas": "13.10.0.20",
    "nvidia-curand": "10.4.5.25",
    "nvidia-cudnn-cu13": "9.28.0.42",
}
_RTX = {"onnxruntime": "1.31.1", **dict.fromkeys(RTX_WHEELS, "1.7.1.116")}


@dataclass
class FarMachine:
    """A machine that is described: what is installed, what loads, what starts."""

    wheels: dict[str, str] = field(default_factory=lambda: {"onnxruntime": "1.31.1"})
    has: list[Card] = field(default_factory=list)
    built_in: tuple[str, ...] = _CPU
    driver: str = "no driver"
    fails: dict[str, str] = field(default_factory=dict)  # by library, module or provider
    platform: str = "linux"
    cuda: str = "13.0"
    asked: list[str] = field(default_factory=list)

    def cards(self) -> list[Card]:
        return self.has

    def driver_trouble(self) -> str:
        return "" if self.has else self.driver

    def version(self, wheel: str) -> str | None:
        return self.wheels.get(wheel)

    def cuda_of_runtime(self) -> str:
        return self.cuda if "onnxruntime-gpu" in self.wheels else ""

    def trouble_with(self, library: str, wheel: str) -> str:
        self.asked.append(library)
        if "nvinfer" in library and wheel not in self.wheels:
            return f"{library}: no such file"
        return self.fails.get(library, "")

    def trouble_importing(self, module: str) -> str:
        return self.fails.get(module, "")

    def providers(self) -> list[str]:
        return list(self.built_in)

    def trouble_starting(self, provider: str) -> str:
        return self.fails.get(provider, "")


def _looked(machine: FarMachine, rtx_engine: str = "the model's engine fits it") -> dict[str, Check]:
    checks = of_graphics(machine, lambda: rtx_engine)
    assert all(bool(check.mend) != check.ok for check in checks)
    assert all("\n" not in check.found + check.mend for check in checks)
    return {check.name: check for check in checks}


def test_a_machine_without_a_card_is_well() -> None:
    checks = _looked(FarMachine())
    assert all(check.ok for check in checks.values())
    assert checks["card"].found == "no NVIDIA card: the cpu engine dances"
    assert checks["driver"].found == "NVIDIA: no driver, and nothing that needs one"
    assert checks["provider"].found == "cpu starts"


def test_a_mac_is_well_and_core_ml_is_named() -> None:
    checks = _looked(FarMachine(built_in=("CoreMLExecutionProvider", *_CPU), platform="darwin"))
    assert all(check.ok for check in checks.values())
    assert checks["provider"].found == "cpu and coreml start"


def test_a_card_with_all_that_it_needs_is_well() -> None:
    wheels = {**_GPU_WHEELS, **dict.fromkeys(RTX_WHEELS, "1.7.1.116"), "tensorrt-cu13-libs": "10.16.1.11"}
    checks = _looked(FarMachine(wheels, [_ADA], _GPU))
    assert all(check.ok for check in checks.values())
    assert checks["driver"].found == "NVIDIA 580.65.06 (CUDA 13.0)"
    assert checks["card"].found == "NVIDIA GeForce RTX 4070 (compute capability 8.9, 12 GiB)"
    assert "nvidia-cublas 13.10.0.20" in checks["cuda"].found
    assert checks["cudnn"].found == "nvidia-cudnn-cu13 9.28.0.42"
    assert checks["rtx"].found == "TensorRT for RTX 1.7.1.116, the model's engine fits it"
    assert checks["tensorrt"].found == "TensorRT 10.16.1.11"
    assert checks["provider"].found == "cpu and cuda start"


def test_a_card_with_nothing_installed_for_it_is_told_of_the_extra() -> None:
    checks = _looked(FarMachine(has=[_ADA]))
    assert all(check.ok for check in checks.values())
    assert 'pip install "groovecast[rtx]"' in checks["rtx"].found


@pytest.mark.parametrize(
    ("wheels", "then"), [(_GPU_WHEELS, "groovecast[cpu]"), (_RTX, "uninstall tensorrt-rtx")]
)
def test_wheels_for_a_card_without_a_driver_are_mended_either_way(wheels: dict[str, str], then: str) -> None:
    driver = _looked(FarMachine(wheels))["driver"]
    assert (driver.ok, "no driver" in driver.found) == (False, True)
    assert "driver 580 or newer" in driver.mend and "pip uninstall" in driver.mend and then in driver.mend


def test_a_driver_without_a_card_is_said_in_its_own_words() -> None:
    said = "asked cuInit, the driver says 100: no CUDA-capable device is detected"
    checks = _looked(FarMachine(driver=said))
    assert checks["driver"].ok and said in checks["driver"].found


def test_a_driver_of_an_older_cuda_than_the_wheels_is_to_be_renewed() -> None:
    driver = _looked(FarMachine(_RTX, [_OLD_DRIVER]))["driver"]
    assert not driver.ok and "CUDA 12.4" in driver.found and "CUDA 13.0" in driver.found
    assert "580" in driver.mend
    assert _looked(FarMachine(has=[_OLD_DRIVER]))["driver"].ok  # nothing that wants a newer one


def test_a_card_that_cuda_13_has_dropped_is_told_to_use_the_processor() -> None:
    card = _looked(FarMachine(_GPU_WHEELS, [_PASCAL], _GPU))["card"]
    assert not card.ok and "6.1" in card.found and "7.5" in card.found
    assert card.mend == "choose --engine cpu"
    assert _looked(FarMachine(_GPU_WHEELS, [_PASCAL, _ADA], _GPU))["card"].ok


def test_a_card_that_tensorrt_for_rtx_does_not_take_is_told_of_cuda() -> None:
    card = _looked(FarMachine(_RTX, [_TURING]))["card"]
    assert not card.ok and "7.5" in card.found and "8.0" in card.found
    assert "groovecast[gpu]" in card.mend
    assert _looked(FarMachine(_GPU_WHEELS, [_TURING], _GPU))["card"].ok


@pytest.mark.parametrize(
    ("library", "check", "platform"),
    [
        ("libcublas.so.13", "cuda", "linux"),
        ("libcudart.so.13", "cuda", "linux"),
        ("libcurand.so.10", "cuda", "linux"),
        ("cublasLt64_13.dll", "cuda", "win32"),
        ("libcudnn.so.9", "cudnn", "linux"),
        ("cudnn64_9.dll", "cudnn", "win32"),
    ],
)
def test_a_library_that_does_not_load_is_named(library: str, check: str, platform: str) -> None:
    machine = FarMachine(_GPU_WHEELS, [_ADA], _GPU, fails={library: "no such file"}, platform=platform)
    found = _looked(machine)[check]
    assert (found.ok, found.found) == (False, f"{library} does not load")
    assert "groovecast[gpu]" in found.mend


def test_wheels_of_cuda_12_are_looked_for_by_their_own_names() -> None:
    wheels = {"onnxruntime-gpu": "1.26.0", "nvidia-cublas-cu12": "12.9.1.4", "nvidia-cudnn-cu12": "9.10.2.21"}
    machine = FarMachine(wheels, [_ADA], _GPU, cuda="12.8")
    checks = _looked(machine)
    assert "nvidia-cublas-cu12 12.9.1.4" in checks["cuda"].found
    assert "nvidia-cuda-runtime-cu12 (the system's)" in checks["cuda"].found
    assert checks["cudnn"].found == "nvidia-cudnn-cu12 9.10.2.21"
    assert "libcudart.so.12" in machine.asked


def test_cuda_is_not_looked_for_where_nothing_wants_it() -> None:
    machine = FarMachine(has=[_ADA])
    checks = _looked(machine)
    assert checks["cuda"].ok and checks["cudnn"].ok
    assert not [name for name in machine.asked if "cudart" in name or "cudnn" in name]


def test_two_kinds_of_onnx_runtime_together_are_refused() -> None:
    for pair in combinations(RUNTIMES, 2):
        engine = _looked(FarMachine(dict.fromkeys(pair, "1.31.1")))["engine"]
        assert not engine.ok and all(name in engine.found and name in engine.mend for name in pair)


def test_an_onnx_runtime_from_before_models_had_weights_of_their_own_is_to_be_renewed() -> None:
    engine = _looked(FarMachine({"onnxruntime": "1.23.2"}))["engine"]
    assert (engine.ok, engine.mend) == (False, 'pip install "onnxruntime>=1.24"')
    assert _looked(FarMachine({"onnxruntime": "1.24.0"}))["engine"].ok
    assert _looked(FarMachine({"onnxruntime": "2.0"}))["engine"].ok


def test_no_onnx_runtime_is_to_be_installed() -> None:
    checks = _looked(FarMachine({}, built_in=()))
    assert not checks["engine"].ok and "groovecast[cpu]" in checks["engine"].mend
    assert not checks["provider"].ok and "groovecast[cpu]" in checks["provider"].mend


def test_a_wheel_whose_files_another_one_took_along_is_to_be_uninstalled_first() -> None:
    provider = _looked(FarMachine({"onnxruntime-gpu": "1.31.1"}, built_in=()))["provider"]
    assert not provider.ok and provider.mend.startswith("pip uninstall onnxruntime-gpu")


def test_a_provider_that_gives_a_processor_instead_is_found_out() -> None:
    silent = {
        "CUDAExecutionProvider": "it gives CPUExecutionProvider instead",
        "libonnxruntime_providers_cuda.so": "libcudart.so.13: no such file",
    }
    provider = _looked(FarMachine(_GPU_WHEELS, [_ADA], _GPU, fails=silent))["provider"]
    assert not provider.ok
    assert provider.found == "cpu starts, cuda does not (libcudart.so.13: no such file)"
    assert provider.mend == "see driver, card, cuda and cudnn above"


def test_a_provider_whose_library_loads_and_yet_fails_says_what_onnx_runtime_said() -> None:
    silent = {"CUDAExecutionProvider": "CUDA failure 35"}
    provider = _looked(FarMachine(_GPU_WHEELS, built_in=_GPU, fails=silent))["provider"]
    assert "cuda does not (CUDA failure 35)" in provider.found
    assert provider.mend == "see driver above"


def test_directml_that_does_not_start_is_named() -> None:
    machine = FarMachine(
        {"onnxruntime-directml": "1.24.4"}, built_in=("DmlExecutionProvider", *_CPU), platform="win32",
        fails={"DmlExecutionProvider": "no adapter"},
    )  # fmt: skip
    provider = _looked(machine)["provider"]
    assert not provider.ok and "directml does not (no adapter)" in provider.found
    assert "--engine cpu" in provider.mend


def test_a_processor_that_does_not_start_is_to_be_installed_again() -> None:
    provider = _looked(FarMachine(fails={"CPUExecutionProvider": "half a wheel"}))["provider"]
    assert provider.found == "none starts, cpu does not (half a wheel)"
    assert provider.mend == 'pip install "groovecast[cpu]" again'


def test_classic_tensorrt_of_another_version_than_onnx_runtime_wants_is_found_out() -> None:
    wheels = {**_GPU_WHEELS, "tensorrt-cu13-libs": "11.4.0.106"}
    failing = {"libnvinfer.so.10": "libnvinfer.so.10: no such file"}
    tensorrt = _looked(FarMachine(wheels, [_ADA], _GPU, fails=failing))["tensorrt"]
    assert not tensorrt.ok and "TensorRT 11.4.0.106" in tensorrt.found
    assert '"tensorrt-cu13-libs==10.*"' in tensorrt.mend


@pytest.mark.parametrize(
    ("wheels", "fails", "said"),
    [
        ({RTX_WHEELS[0]: "1.7.1.116"}, {}, f"{RTX_WHEELS[1]} missing"),
        ({RTX_WHEELS[0]: "1.7.1.116", RTX_WHEELS[1]: "1.6.1.120"}, {}, f"{RTX_WHEELS[1]} 1.6.1.120"),
        (_RTX, {"tensorrt_rtx_bindings": "wrong ELF class"}, "does not load (wrong ELF class)"),
    ],
)
def test_half_a_tensorrt_for_rtx_is_mended(wheels: dict[str, str], fails: dict[str, str], said: str) -> None:
    rtx = _looked(FarMachine({"onnxruntime": "1.31.1", **wheels}, [_ADA], fails=fails))["rtx"]
    assert not rtx.ok and said in rtx.found and "groovecast[rtx]" in rtx.mend


# -- this machine -------------------------------------------------------------------------------------------


@pytest.mark.skipif(bool(cards()), reason="a card's own driver keeps files of its own")
def test_examining_this_machine_writes_no_file(tmp_path: Path) -> None:
    homes = ("HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME", "LOCALAPPDATA")
    said = told("doctor", "--json", "--port", "0", env={**os.environ, **dict.fromkeys(homes, str(tmp_path))})
    assert (said.status, said.err) == (0, "")
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
    checks = {check["name"]: check for check in json.loads(said.out)["checks"]}
    assert "cpu" in checks["provider"]["found"]
    assert checks["auto"]["found"].startswith("engine ")
    assert "Apache-2.0" in checks["licence"]["found"] and "mocap.cs.cmu.edu" in checks["licence"]["found"]


@pytest.mark.parametrize(("before", "after"), [(None, "1"), ("0", "0"), ("1", "1")])
def test_onnx_runtime_reports_nothing_unless_a_person_says_so(
    monkeypatch: pytest.MonkeyPatch, before: str | None, after: str
) -> None:
    monkeypatch.delenv(NO_REPORTS, raising=False)
    if before is not None:
        monkeypatch.setenv(NO_REPORTS, before)
    assert onnx_runtime().__name__ == "onnxruntime"
    assert os.environ[NO_REPORTS] == after


def test_a_provider_that_is_not_built_in_does_not_start(capfd: pytest.CaptureFixture[str]) -> None:
    machine = ThisMachine()
    assert machine.trouble_starting("CPUExecutionProvider") == ""
    if "CUDAExecutionProvider" not in machine.providers():
        with pytest.warns(UserWarning, match="CUDAExecutionProvider"):
            assert "CPUExecutionProvider" in machine.trouble_starting("CUDAExecutionProvider")
    assert capfd.readouterr() == ("", "")


def test_a_library_is_found_in_its_wheel_and_a_missing_one_is_said_in_one_line() -> None:
    machine = ThisMachine()
    assert re.fullmatch(r"lib-of-nobody\.so: .+", machine.trouble_with("lib-of-nobody.so", "numpy"))
    assert machine.trouble_with("lib-of-nobody.so", "wheel-of-nobody") != ""
    assert machine.trouble_importing("json") == ""
    assert machine.trouble_importing("module_of_nobody") == "No module named 'module_of_nobody'"
    assert machine.version("wheel-of-nobody") is None
