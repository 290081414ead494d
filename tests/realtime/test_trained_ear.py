"""The bundled ear: it loads, it streams, and a model folder that was changed is refused."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from groovecast.audio.ear import EAR_FILE, HOPS_PER_STEP
from groovecast.audio.features import MEL_BANDS
from groovecast.share import shared_path
from realtime.ear import BUNDLED_EAR, TrainedEar

RNG = np.random.default_rng(0)
STEPS = [RNG.normal(0, 15, (HOPS_PER_STEP, MEL_BANDS)).astype(np.float32) for _ in range(20)]


def test_a_reset_ear_answers_as_at_first() -> None:
    ear = TrainedEar()
    first = [ear.hear(step) for step in STEPS]
    ear.reset()
    again = [ear.hear(step) for step in STEPS]
    for one, other in zip(first, again, strict=True):
        np.testing.assert_array_equal(one.beat, other.beat)
        np.testing.assert_array_equal(one.tempo, other.tempo)


def test_two_ears_hear_each_its_own_stream() -> None:
    alone, one, other = TrainedEar(), TrainedEar(), TrainedEar()
    for step in STEPS:
        other.hear(-step)
        np.testing.assert_array_equal(alone.hear(step).beat, one.hear(step).beat)


def test_what_was_heard_long_ago_is_forgotten() -> None:
    """Its memory is finite: 16 s and 13 steps on nothing is left of another past."""
    one, other = TrainedEar(), TrainedEar()
    for step in STEPS:
        one.hear(step)
    quiet = np.full((HOPS_PER_STEP, MEL_BANDS), -100, np.float32)
    for _ in range(900):
        last, expected = one.hear(quiet), other.hear(quiet)
    np.testing.assert_allclose(last.beat, expected.beat, atol=1e-6)


def test_an_ear_with_a_changed_byte_is_refused_in_one_line(tmp_path: Path) -> None:
    folder = tmp_path / "ears"
    shutil.copytree(shared_path("models", BUNDLED_EAR), folder)
    content = bytearray((folder / EAR_FILE).read_bytes())
    content[1000] ^= 1
    (folder / EAR_FILE).write_bytes(content)
    with pytest.raises(ValueError, match="the file has changed"):
        TrainedEar(folder)
