"""What all tests share: how long Hypothesis may think, and what may lie beside the checkout."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("house", deadline=None, max_examples=60, derandomize=True)
settings.load_profile("house")


@pytest.fixture(scope="session", autouse=True)
def settings_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where programs keep a person's settings: not with those of the person who runs the tests."""
    folder = tmp_path_factory.mktemp("settings")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CONFIG_HOME", str(folder))
        yield folder


@pytest.fixture(autouse=True)
def forgetful(settings_folder: Path) -> None:
    """No show begins where the desk of another test stood."""
    for name in ("desk.json", "setlist.json"):
        (settings_folder / "groovecast" / name).unlink(missing_ok=True)


@pytest.fixture(scope="session")
def beside() -> Callable[[str], Path]:
    """What lies beside the checkout, by its path there; tests that want it are skipped where it is not."""

    def found(path: str) -> Path:
        there = Path(__file__).resolve().parents[2] / "shared" / path
        if not there.exists():
            pytest.skip(f"no {path} lies beside this checkout")
        return there

    return found


@pytest.fixture(scope="session")
def capture_folder(beside: Callable[[str], Path]) -> Path:
    """The motion capture beside the checkout."""
    return beside("data")
