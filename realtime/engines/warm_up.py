"""The first calls of an engine, made before the show: they are the slow ones, and what they cost is told."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from groovecast.model.graph import Graph
from realtime.clock import Clock
from realtime.engines.engine import Engine, EngineError

# The first call makes room and loads kernels, the second may record a CUDA graph, the third runs as all others will.
CALLS = 3


@dataclass(frozen=True)
class WarmUp:
    """What the calls took."""

    first_ms: float
    last_ms: float


def example_inputs(graph: Graph, batch: int) -> dict[str, np.ndarray]:
    """Inputs of a size that a model may meet: standing still, no music, the first style."""
    rng = np.random.default_rng(0)
    given: dict[str, np.ndarray] = {}
    for name, shape in graph.inputs(batch).items():
        if name == "step":
            given[name] = np.zeros(shape, np.int64)
        elif name == "noise":
            given[name] = rng.standard_normal(shape, np.float32)
        else:
            given[name] = np.zeros(shape, np.float32)
    given["style"][:, 0] = 1
    return given


def warmed(engine: Engine, clock: Clock) -> WarmUp:
    """Call it until it is as fast as it will be. Raises EngineError when it fails, or answers no numbers."""
    given, took_ms = example_inputs(engine.graph, engine.batch), []
    for _ in range(CALLS):
        begin_s = clock.now_s()
        answer = called(engine, given)
        took_ms.append(1000 * (clock.now_s() - begin_s))
        _sound(engine, answer)
    return WarmUp(took_ms[0], took_ms[-1])


def called(engine: Engine, given: Mapping[str, np.ndarray]) -> Mapping[str, np.ndarray]:
    """What it answers. Raises EngineError, with the mend, when it fails."""
    try:
        return engine.run(given)
    except Exception as why:  # drivers and runtimes raise what they like
        said = " ".join(str(why).split())
        raise EngineError(
            f"asked engine {engine.name} for a first plan, it raised {type(why).__name__} ({said}): "
            "see groovecast doctor, or choose --engine cpu"
        ) from why


def _sound(engine: Engine, answer: Mapping[str, np.ndarray]) -> None:
    """A plan can be whole where the rotations made of it are not, so every output is looked at."""
    for name in engine.graph.outputs(engine.batch):
        if name not in answer:
            raise EngineError(
                f"asked engine {engine.name} for a first plan, found no {name}: "
                "see groovecast doctor, or choose --engine cpu"
            )
        if not np.isfinite(answer[name]).all():
            raise EngineError(
                f"asked engine {engine.name} for a first plan, found {name} with numbers that are not finite: "
                "choose --precision fp32, or --engine cpu"
            )
