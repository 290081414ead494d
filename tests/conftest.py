"""What all tests share: how long Hypothesis may think, and the motion capture that may lie beside the checkout."""

from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("house", deadline=None, max_examples=60, derandomize=True)
settings.load_profile("house")


@pytest.fixture(scope="session")
def capture_folder() -> Path:
    """The motion capture beside the checkout; tests that want it are skipped where it is not."""
    folder = Path(__file__).resolve().parents[2] / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("no motion capture lies beside this checkout")
    return folder
