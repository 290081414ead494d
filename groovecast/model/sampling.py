"""One plan from a model's graph, whether its sampler is unrolled in it or asked for step by step."""

from typing import Any

import numpy as np
from jaxtyping import Float32

# A sampler of more steps than this is exported as one step, which takes seconds to export and not a quarter of an hour.
MOST_UNROLLED = 8


def plan_from(
    session: Any, inputs: dict[str, np.ndarray], steps: int
) -> Float32[np.ndarray, "batch plan 141"]:
    """Run an ONNX Runtime session: once, or `steps` times, each on what the one before made of the noise."""
    if steps <= MOST_UNROLLED:
        plan: np.ndarray = session.run(["plan"], inputs)[0]
        return plan
    asked = dict(inputs)
    for step in range(steps):
        plan, asked["noise"] = session.run(["plan", "onward"], asked | {"step": np.array([step])})
    return plan
