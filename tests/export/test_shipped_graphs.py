"""The bundled model: every graph of it says the same dance, and its manifest what is there."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from export.parity import MEAN_DEGREES_MAX, compared
from export.rollout import apart_mm, rolled_out
from groovecast.model.editing import Edit
from groovecast.model.graph import PRECISIONS
from groovecast.model.imagined import Imagined
from groovecast.model.manifest import entry_of, read_manifest
from groovecast.motion.representation import numbers_from_motion
from groovecast.share import shared_path
from realtime.ask import Ask
from realtime.dance import Dancer
from realtime.engine import ModelGenerator, opened
from realtime.settings import BUNDLED_MODEL, DanceWishes

_SECONDS, _REPOSITORY_MB = 16.0, 25.0


@pytest.fixture(scope="module")
def engines() -> dict[str, ModelGenerator]:
    """The bundled model in each of its precisions, on the processor."""
    folder = shared_path("models", BUNDLED_MODEL)
    return {one: opened(folder, DanceWishes(engine="cpu", precision=one)) for one in PRECISIONS}


def _answer(generator: ModelGenerator, asked: Mapping[str, np.ndarray]) -> Imagined:
    given = {name: value[0] for name, value in asked.items()}
    edit = Edit(given.pop("known"), given.pop("mask"))
    return generator.plan_all([Ask(**given, edit=edit)])[0]


@pytest.fixture(scope="module")
def danced(engines: dict[str, ModelGenerator]) -> tuple[np.ndarray, list[dict[str, np.ndarray]]]:
    """Sixteen seconds of its dance in single precision, and all that it was asked meanwhile."""
    single, asked = engines["fp32"], []

    def planner(inputs: Mapping[str, np.ndarray]) -> np.ndarray:
        asked.append(dict(inputs))
        return _answer(single, inputs).numbers[None]

    return rolled_out(planner, single.config, _standing(single), _SECONDS), asked


def _standing(generator: ModelGenerator) -> np.ndarray:
    plan = Dancer(generator, 24000, 0.0).buffer.plan
    frames = generator.config.history_frames
    return numbers_from_motion(plan.danced, plan.contacts.astype(float))[:frames]


@pytest.mark.parametrize("precision", ["fp16", "int8"])
def test_each_precision_plans_what_single_precision_does_within_what_its_card_allows(
    engines: dict[str, ModelGenerator], danced: tuple[np.ndarray, list[dict[str, np.ndarray]]], precision: str
) -> None:
    _, asked = danced

    def pair(index: int) -> tuple[Imagined, Imagined]:
        return _answer(engines[precision], asked[index]), _answer(engines["fp32"], asked[index])

    parity = compared(len(asked), pair)
    assert 0 < parity.mean_degrees < MEAN_DEGREES_MAX[precision]


@pytest.mark.parametrize("precision", ["fp16", "int8"])
def test_on_its_own_each_precision_stays_nearer_to_single_precision_than_another_seed_does(
    engines: dict[str, ModelGenerator], danced: tuple[np.ndarray, list[dict[str, np.ndarray]]], precision: str
) -> None:
    same, _ = danced
    config = engines["fp32"].config

    def own(name: str, seed: int) -> np.ndarray:
        generator = engines[name]
        return rolled_out(
            lambda asked: _answer(generator, asked).numbers[None],
            config,
            _standing(generator),
            _SECONDS,
            seed,
        )

    assert apart_mm(own(precision, 0), same, config.fps) < 0.5 * apart_mm(own("fp32", 1), same, config.fps)


def test_its_manifest_names_every_file_and_each_is_as_it_says() -> None:
    folder = shared_path("models", BUNDLED_MODEL)
    manifest = read_manifest(folder)
    told = {"manifest.json", "README.md", "dancer.rtx"} | set(manifest.files)
    assert {path.name for path in folder.iterdir()} <= told
    assert {name: entry_of(folder / name) for name in manifest.files} == manifest.files
    assert [one.precision for one in manifest.artefacts] == list(PRECISIONS)
    for one in manifest.artefacts:
        assert one.parity.windows == 256 and one.parity.mean_degrees <= MEAN_DEGREES_MAX[one.precision]
        assert one.rollout is not None and one.rollout.seconds == 60
        assert one.rollout.mean_mm < 0.5 * one.rollout.seeds_mm


def test_all_models_together_stay_light() -> None:
    models = Path(shared_path("models", BUNDLED_MODEL)).parent
    files = [path for path in models.rglob("*") if path.is_file() and path.suffix != ".rtx"]
    assert sum(path.stat().st_size for path in files) < _REPOSITORY_MB * 1e6
