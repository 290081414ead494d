"""What pip brings with each extra: one ONNX Runtime, versions that fit together, and no name that we only tell of."""

import re
import tomllib
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path

import pytest
from packaging.markers import default_environment
from packaging.requirements import Requirement

from realtime.doctors import graphics
from realtime.doctors.graphics import RTX_WHEELS
from realtime.engines.choice import ORDER
from realtime.engines.foreign_kind import ENGINES_GROUP

_PYPROJECT = Path(__file__).resolve().parents[2] / "pyproject.toml"
_LINUX = {"sys_platform": "linux", "platform_machine": "x86_64"}
_WINDOWS = {"sys_platform": "win32", "platform_machine": "AMD64"}
_MACS = ({"sys_platform": "darwin", "platform_machine": machine} for machine in ("arm64", "x86_64"))
_ARM = (
    {"sys_platform": "linux", "platform_machine": "aarch64"},
    {"sys_platform": "win32", "platform_machine": "ARM64"},
)
_ENGINE_EXTRAS = ("cpu", "gpu", "rtx", "nvidia", "directml")


def _wanted(extra: str, system: dict[str, str]) -> Iterator[Requirement]:
    """What pip would be asked for there, with the extras that an extra names."""
    for line in tomllib.loads(_PYPROJECT.read_text(encoding="utf-8"))["project"]["optional-dependencies"][
        extra
    ]:
        requirement = Requirement(line)
        if requirement.marker is None or requirement.marker.evaluate({**default_environment(), **system}):
            if requirement.name == "groovecast":
                for other in sorted(requirement.extras):
                    yield from _wanted(other, system)
            else:
                yield requirement


def _runtime_of(extra: str, system: dict[str, str]) -> str:
    (found,) = [one.name for one in _wanted(extra, system) if one.name.startswith("onnxruntime")]
    return found


@pytest.mark.parametrize("system", [_LINUX, _WINDOWS, *_MACS, *_ARM], ids=lambda one: "-".join(one.values()))
def test_every_engine_extra_brings_exactly_one_onnx_runtime(system: dict[str, str]) -> None:
    runtimes = {extra: _runtime_of(extra, system) for extra in _ENGINE_EXTRAS}
    nvidia = system in (_LINUX, _WINDOWS)
    assert runtimes == {
        "cpu": "onnxruntime",
        "gpu": "onnxruntime-gpu" if nvidia else "onnxruntime",
        "rtx": "onnxruntime",
        "nvidia": "onnxruntime-gpu" if nvidia else "onnxruntime",
        "directml": "onnxruntime-directml" if system == _WINDOWS else "onnxruntime",
    }


def test_extras_of_two_runtimes_are_declared_to_exclude_each_other() -> None:
    groups = tomllib.loads(_PYPROJECT.read_text(encoding="utf-8"))["tool"]["uv"]["conflicts"]
    declared = {
        frozenset(pair) for group in groups for pair in combinations([one["extra"] for one in group], 2)
    }
    for pair in combinations(_ENGINE_EXTRAS, 2):
        if len({_runtime_of(extra, _WINDOWS) for extra in pair}) > 1:
            assert frozenset(pair) in declared, pair


@pytest.mark.parametrize("system", [_LINUX, _WINDOWS], ids=["linux", "windows"])
def test_the_versions_that_must_fit_together_are_pinned(system: dict[str, str]) -> None:
    rtx = {one.name: str(one.specifier) for one in _wanted("rtx", system) if one.name != "onnxruntime"}
    assert tuple(sorted(rtx)) == RTX_WHEELS
    assert len(set(rtx.values())) == 1 and next(iter(rtx.values())).startswith("==")
    (runtime,) = _wanted("gpu", system)
    assert str(runtime.specifier).startswith("==") and runtime.extras == {"cuda", "cudnn"}
    both = {str(one).split(";")[0] for extra in ("gpu", "rtx") for one in _wanted(extra, system)}
    assert {str(one).split(";")[0] for one in _wanted("nvidia", system)} == both - {"onnxruntime>=1.24"}


def test_the_extras_are_of_the_cuda_that_the_doctor_speaks_of() -> None:
    (cpu,) = _wanted("cpu", _LINUX)
    assert str(cpu.specifier) == ">={}.{}".format(*graphics.OLDEST_RUNTIME)
    major = graphics.CUDA_OF_WHEELS[0]
    assert all(f"-cu{major}-" in wheel for wheel in RTX_WHEELS)
    assert f"tensorrt-cu{major}-libs" == graphics.TENSORRT_WHEEL


def test_every_extra_that_we_tell_people_to_install_exists() -> None:
    extras = tomllib.loads(_PYPROJECT.read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    root = _PYPROJECT.parent
    told = {
        name
        for path in (*root.glob("*.md"), *(root / "docs").glob("*.md"), *(root / "realtime").rglob("*.py"))
        for words in re.findall(r"groovecast\[([a-z,]+)\]", path.read_text(encoding="utf-8"))
        for name in words.split(",")
    }
    assert {"cpu", "gpu", "rtx"} <= told <= set(extras)


def test_the_page_on_engines_names_every_one() -> None:
    page = (_PYPROJECT.parent / "docs" / "engines.md").read_text(encoding="utf-8")
    foreign = tomllib.loads(_PYPROJECT.read_text(encoding="utf-8"))["project"]["entry-points"][ENGINES_GROUP]
    assert [name for name in (*ORDER, *foreign, *_ENGINE_EXTRAS) if f"`{name}`" not in page] == []
