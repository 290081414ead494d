"""A graph asked without any engine of ours: what an engine's answers are held against."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from groovecast.model.sampling import sampled


def plan_from(session: Any, inputs: Mapping[str, np.ndarray], steps: int) -> np.ndarray:
    """The plan alone, from an ONNX Runtime session (whose package has no types)."""
    names = [output.name for output in session.get_outputs()]

    def run(asked: Mapping[str, np.ndarray]) -> Mapping[str, np.ndarray]:
        return dict(zip(names, session.run(names, dict(asked)), strict=True))

    return sampled(run, inputs, steps)["plan"]
