"""Plans of several dancers in one call: each is the one that it would have been alone."""

from pathlib import Path

import numpy as np
import pytest
from fakes.tiny_model import tiny_inputs, tiny_model, tiny_plan

from groovecast.model.config import ModelConfig
from groovecast.model.editing import no_edit
from realtime.ask import Ask
from realtime.engine import ModelGenerator, opened
from realtime.settings import DanceWishes


def generator(folder: Path, batch: int) -> ModelGenerator:
    """A tiny model for so many dancers."""
    tiny_model(folder)
    return opened(folder, DanceWishes(engine="cpu", precision="fp32"), batch)


@pytest.mark.parametrize("count", [1, 2, 3])
def test_as_many_plans_as_dancers_and_each_is_its_own(tmp_path: Path, count: int) -> None:
    asks = [Ask(**tiny_inputs(seed=number)) for number in range(count)]
    plans = generator(tmp_path, 3).plan_all(asks)
    assert len(plans) == count
    for number, plan in enumerate(plans):
        alone = tiny_plan(**tiny_inputs(1, seed=number))[0]
        np.testing.assert_allclose(plan.numbers, alone, atol=1e-4)


def test_a_plan_stays_as_it_was_when_the_next_is_made(tmp_path: Path) -> None:
    crew = generator(tmp_path, 2)
    first, _ = crew.plan_all([Ask(**tiny_inputs(seed=1))] * 2)
    kept = first.numbers.copy()
    crew.plan(**tiny_inputs(seed=2))
    np.testing.assert_array_equal(first.numbers, kept)


def test_more_dancers_than_the_engine_was_opened_for_are_refused_in_words(tmp_path: Path) -> None:
    asks = [Ask(**tiny_inputs(seed=number)) for number in range(3)]
    with pytest.raises(
        ValueError, match="asked for 3 plans at once, the engine makes 1 to 2: open it for more"
    ):
        generator(tmp_path, 2).plan_all(asks)


def test_a_model_that_takes_no_edits_says_so_and_how_to_get_one_that_does(tmp_path: Path) -> None:
    ask = Ask(**tiny_inputs(), edit=no_edit(ModelConfig()))
    with pytest.raises(ValueError, match=r"to hold a pose, it was exported without that: export it again"):
        generator(tmp_path, 1).plan_all([ask])
