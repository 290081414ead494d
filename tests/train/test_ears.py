"""The ear's training: lessons tell the truth, resuming goes on, and the artefact is the weights."""

import time
from pathlib import Path

import numpy as np
import pytest
import torch

from export.ear_to_onnx import bundle_ear
from groovecast.audio.ear import ANSWER_LAG_S, EAR_FILE, HOPS_PER_STEP, INPUTS, EarConfig
from groovecast.audio.features import HOP_S, MEL_BANDS
from groovecast.model.ear_network import Ear
from groovecast.train.ear_data import EarSongs
from groovecast.train.ears import EarSettings, EarTrainer, load_ear

HOPS = 1200
SMALL = EarConfig(width=16, kernel=3, dilations=(1, 2, 4))


@pytest.fixture
def songs(tmp_path: Path) -> Path:
    """Forty songs of noise with a loud hop on each beat, as `groovecast train songs` would write them."""
    folder = tmp_path / "songs"
    folder.mkdir()
    rng, count = np.random.default_rng(0), 40
    drums = rng.integers(60, 90, (count * HOPS, MEL_BANDS)).astype(np.uint8)
    beats = [np.arange(0.3, HOPS * HOP_S - 0.5, 60 / rng.uniform(80, 160)) for _ in range(count)]
    for song, beats_s in enumerate(beats):
        drums[song * HOPS + np.round(beats_s / HOP_S).astype(int) + 1] = 220
    np.savez(
        folder / "songs_00000.npz",
        drums=drums,
        rest=np.zeros_like(drums),
        first=np.arange(count + 1) * HOPS,
        beats_s=np.concatenate(beats).astype(np.float32),
        in_bar=np.concatenate([np.arange(len(one)) % 4 for one in beats]).astype(np.int8),
        first_beat=np.cumsum([0, *map(len, beats)]),
        beats_per_bar=np.full(count, 4, np.int8),
        style=np.array(["clicks"] * count),
        pulse=np.ones(count, bool),
    )
    return folder


def test_the_marks_of_a_lesson_lie_on_its_beats(songs: Path) -> None:
    lesson = EarSongs(songs).draw(np.random.default_rng(1), 16, 1000)
    assert lesson.inputs.shape == (16, 1000 // HOPS_PER_STEP, INPUTS)
    loud = lesson.inputs[..., : HOPS_PER_STEP * MEL_BANDS].reshape(16, 1000, MEL_BANDS).mean(-1)
    late = round(ANSWER_LAG_S / HOP_S) - 1
    near = []
    for beat, level in zip(lesson.beat, loud, strict=True):
        marks = np.flatnonzero(beat == 1.0)
        marks = marks[(marks > 10) & (marks < 990)]
        near += [level[mark - late - 2 : mark - late + 3].max() > level.mean() for mark in marks]
    assert np.mean(near) > 0.9
    assert np.all(lesson.downbeat <= lesson.beat)
    assert set(np.unique(lesson.pulse)) <= {0.0, 1.0}


def test_an_ear_hears_the_same_in_pieces_and_at_once() -> None:
    torch.manual_seed(0)
    ear, inputs = Ear(SMALL).eval(), torch.rand(2, 60, INPUTS)
    with torch.no_grad():
        whole, _ = ear(inputs)
        first, memory = ear(inputs[:, :7])
        second, memory = ear(inputs[:, 7:8], memory)
        third, _ = ear(inputs[:, 8:], memory)
    torch.testing.assert_close(torch.cat((first, second, third), dim=1), whole, atol=1e-5, rtol=1e-5)


def test_an_ear_hears_nothing_of_the_future() -> None:
    ear, inputs = Ear(SMALL).eval(), torch.rand(1, 60, INPUTS)
    other = inputs.clone()
    other[:, 30:] += 1
    with torch.no_grad():
        torch.testing.assert_close(ear(inputs)[0][:, :30], ear(other)[0][:, :30], atol=0, rtol=0)


def test_training_learns_is_resumed_and_its_artefact_is_the_weights(songs: Path, tmp_path: Path) -> None:
    settings = EarSettings(minutes=0.06, batch=4, hops=400)
    run = tmp_path / "run"
    trainer = EarTrainer(songs, run, settings, SMALL, time.monotonic)
    before = trainer.examine()["test_beat"]
    trainer.fit(lambda line: None)
    assert trainer.examine()["test_beat"] < before
    assert trainer.step > 3
    again = EarTrainer(songs, run, settings, SMALL, time.monotonic)
    assert (again.step, again.spent_s) == (trainer.step, trainer.spent_s)
    manifest = bundle_ear(run / "ear.safetensors", tmp_path / "small-ears")
    assert manifest.logit_error < 1e-3
    assert (tmp_path / "small-ears" / EAR_FILE).stat().st_size == manifest.files[EAR_FILE].bytes
    assert load_ear(run / "ear.safetensors")[1]["step"] == str(trainer.step)


def test_an_empty_folder_is_refused_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="groovecast train songs"):
        EarSongs(tmp_path)
