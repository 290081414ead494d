"""Engines of cards, on a card: the same dance as on the processor. Without one each says what it lacks."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from groovecast.model.manifest import read_manifest
from groovecast.share import shared_path
from realtime.engines.cache import EngineCache
from realtime.engines.choice import all_kinds, choose
from realtime.engines.engine import Engine
from realtime.engines.kind import EngineKind, Obstacle, Opening
from realtime.engines.warm_up import example_inputs
from realtime.settings import BUNDLED_MODEL

_MEAN_DEGREES = {"fp32": 0.01, "fp16": 0.2}
_PLANS = 8


def needed(kind: EngineKind) -> None:
    """Skip the test on a machine where this engine cannot start, and say why."""
    obstacle = kind.obstacle()
    if obstacle is not None:
        pytest.skip(f"engine {kind.name} needs what is not here: {obstacle.found}")


def mean_degrees(ours: Mapping[str, np.ndarray], theirs: np.ndarray) -> float:
    """How far the joints are turned apart."""
    a, b = ours["local_quat_wxyz"].astype(np.float64), theirs.astype(np.float64)
    # by the chord, for the cosine of a small angle is lost in single precision; q and -q are one rotation
    chord = np.minimum(np.linalg.norm(a - b, axis=-1), np.linalg.norm(a + b, axis=-1))
    return float(np.degrees(4 * np.arcsin(chord / 2)).mean())


def opened(name: str, precision: str, cache: Path) -> Engine:
    """The bundled model on an engine."""
    folder = shared_path("models", BUNDLED_MODEL)
    opening = Opening(folder, read_manifest(folder), precision, 1, EngineCache(cache, print), print)
    return choose(name, opening).engine


@pytest.mark.gpu
@pytest.mark.parametrize("precision", ["fp32", "fp16"])
@pytest.mark.parametrize("name", ["rtx", "tensorrt", "cuda", "directml", "coreml"])
def test_a_card_dances_as_the_processor_does(name: str, precision: str, tmp_path: Path) -> None:
    kind = next(kind for kind in all_kinds() if kind.name == name)
    needed(kind)
    if precision not in kind.precisions():
        pytest.skip(f"engine {name} takes no {precision}")
    card, cpu = opened(name, precision, tmp_path), opened("cpu", "fp32", tmp_path)
    rng, apart = np.random.default_rng(1), []
    inputs = example_inputs(cpu.graph, 1)
    for _ in range(_PLANS):
        inputs["noise"] = rng.standard_normal(inputs["noise"].shape, np.float32)
        inputs["music"] = rng.random(inputs["music"].shape, np.float32)
        theirs = cpu.run(inputs)
        apart.append(mean_degrees(card.run(inputs), theirs["local_quat_wxyz"]))
        inputs["history"] = theirs["plan"][:, -inputs["history"].shape[1] :].copy()
    assert np.mean(apart) <= _MEAN_DEGREES[precision]


def test_what_a_card_is_needed_for_says_what_is_missing() -> None:
    class Missing:
        name = "cuda"

        def obstacle(self) -> Obstacle:
            return Obstacle("no card", "buy one")

    with pytest.raises(pytest.skip.Exception, match=r"^engine cuda needs what is not here: no card$"):
        needed(Missing())  # type: ignore[arg-type]


def test_a_turned_joint_is_seen() -> None:
    still = np.array([[[[1.0, 0, 0, 0]]]])
    turned = np.array([[[[np.cos(np.radians(5)), np.sin(np.radians(5)), 0, 0]]]])
    assert mean_degrees({"local_quat_wxyz": still}, still) == 0
    assert mean_degrees({"local_quat_wxyz": still}, -turned) == pytest.approx(10)
