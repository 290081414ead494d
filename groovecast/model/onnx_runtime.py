"""ONNX Runtime as everything here loads it: it reports nothing to its maker."""

import os
from typing import Any  # ONNX Runtime has no types

# Its wheels (1.31; not yet 1.26) keep an identifier of the machine and report usage to Microsoft, unless this is set
# before they are loaded: Privacy.md in the wheel.
NO_REPORTS = "ORT_DISABLE_TELEMETRY"


def onnx_runtime() -> Any:
    """The module, loaded now. Raises ImportError where it is missing; whoever sets the variable to 0 is heard."""
    os.environ.setdefault(NO_REPORTS, "1")
    import onnxruntime

    return onnxruntime
