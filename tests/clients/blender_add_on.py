"""Blender's add-on as the tests load it: its parts by name, without Blender."""

import importlib
import importlib.util
import sys
from pathlib import Path
from types import ModuleType

ADD_ON = Path(__file__).resolve().parents[2] / "clients" / "blender" / "groovecast_blender"


def part(name: str) -> ModuleType:
    """A file of the add-on, as Blender would load it."""
    if "groovecast_blender" not in sys.modules:
        spec = importlib.util.spec_from_file_location(
            "groovecast_blender", ADD_ON / "__init__.py", submodule_search_locations=[str(ADD_ON)]
        )
        assert spec is not None and spec.loader is not None
        sys.modules["groovecast_blender"] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules["groovecast_blender"])
    return importlib.import_module(f"groovecast_blender.{name}")
