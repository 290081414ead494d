"""One plan from a model's graph, whether its sampler is unrolled in it or asked for step by step."""

from collections.abc import Callable, Mapping

import numpy as np

# A sampler of more steps than this is exported as one step, which takes seconds to export and not a quarter of an hour.
MOST_UNROLLED = 8

# A graph at work: its inputs by their names in, its outputs by theirs out.
Run = Callable[[Mapping[str, np.ndarray]], Mapping[str, np.ndarray]]


def sampled(run: Run, inputs: Mapping[str, np.ndarray], steps: int) -> Mapping[str, np.ndarray]:
    """What a graph answers in the end: run once, or `steps` times, each on what the one before made of the noise."""
    if steps <= MOST_UNROLLED:
        return run(inputs)
    asked = dict(inputs)
    answer: Mapping[str, np.ndarray] = {}
    for step in range(steps):
        answer = run({**asked, "step": np.array([step])})
        asked["noise"] = answer["onward"]
    return answer
