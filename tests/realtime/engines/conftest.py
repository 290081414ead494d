"""What tests of engines share: a driver of NVIDIA's cards that is none."""

import shutil
from pathlib import Path

import pytest
from fakes.cuda_stand_in import compiled_cuda_stand_in


@pytest.fixture(scope="session")
def cuda_compiled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The stand-in, compiled once."""
    return compiled_cuda_stand_in(tmp_path_factory.mktemp("cuda"))


@pytest.fixture
def library(cuda_compiled: Path, tmp_path: Path) -> str:
    """The path of one with one card, which no other test has loaded."""
    return shutil.copy(cuda_compiled, tmp_path / "libcuda_stand_in.so").as_posix()
