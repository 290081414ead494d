"""Training: the losses see what the body does, a run can be resumed, and it learns."""

from pathlib import Path

import numpy as np
import pytest
import torch
from fakes.stepper import stepping, takes
from fakes.ticks import Ticks

from groovecast.model.config import ModelConfig
from groovecast.model.denoiser import Denoiser
from groovecast.motion.kinematics import world_from_local
from groovecast.motion.representation import numbers_from_motion
from groovecast.motion.skeleton import groovecast_skeleton
from groovecast.train.losses import Kinematics
from groovecast.train.takes import save_takes
from groovecast.train.teacher import TeacherSettings, TeacherTrainer, begin_from, heard_less, load_dancer

_TINY = ModelConfig(width=32, layers=1, heads=2)


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    """A take cache with two made-up takes."""
    save_takes(tmp_path / "takes.npz", takes(3, 6.0))
    return tmp_path / "takes.npz"


def test_the_losses_kinematics_are_the_figures() -> None:
    skeleton, motion, body = groovecast_skeleton(), stepping(3, 100), Kinematics()
    numbers = torch.from_numpy(numbers_from_motion(motion, np.zeros((motion.frames, 4))))[None]
    places = body.places(numbers)[0].numpy()
    world, _ = world_from_local(
        motion.root_m, motion.local_quat_wxyz, skeleton.rest_offset_m.astype(np.float64), skeleton.parents
    )
    np.testing.assert_allclose(places[..., 1], world[..., 1], atol=1e-4)
    spans = np.linalg.norm(places - places[:, :1], axis=-1)
    np.testing.assert_allclose(spans, np.linalg.norm(world - world[:, :1], axis=-1), atol=1e-4)
    steps = body.foot_steps(numbers, body.places(numbers), 30.0)[0].numpy()
    moved = np.linalg.norm(np.diff(world[:, body.feet], axis=0), axis=-1)
    np.testing.assert_allclose(steps, moved, atol=2e-4)


def test_a_run_learns_saves_and_goes_on_where_it_stopped(cache: Path, tmp_path: Path) -> None:
    lines: list[dict[str, float]] = []
    quick = TeacherSettings(minutes=1.0, batch=8, warmup_steps=5, rollout_from=0.7, learning_rate=3e-3)
    trainer = TeacherTrainer(cache, tmp_path / "run", quick, _TINY, Ticks())
    trainer.fit(lines.append)
    assert trainer.step == 60 and lines[0]["step"] == 50
    more = TeacherSettings(minutes=1.5, batch=8, learning_rate=3e-3)
    resumed = TeacherTrainer(cache, tmp_path / "run", more, _TINY, Ticks())
    assert resumed.step == 60 and resumed.spent_s == 60
    for before, after in zip(trainer.model.parameters(), resumed.model.parameters(), strict=True):
        assert torch.equal(before, after)
    resumed.fit(lines.append)
    assert resumed.step == 90
    model, said = load_dancer(tmp_path / "run" / "dancer.safetensors")
    assert model.config == _TINY and said["step"] == "90"


def test_a_deeper_network_that_begins_from_smaller_weights_first_answers_as_they_do(
    cache: Path, tmp_path: Path
) -> None:
    quick = TeacherSettings(minutes=0.5, batch=8, learning_rate=3e-3)
    TeacherTrainer(cache, tmp_path / "run", quick, _TINY, Ticks()).fit(lambda line: None)
    small, _ = load_dancer(tmp_path / "run" / "dancer.safetensors")
    deep = Denoiser(ModelConfig(width=32, layers=3, heads=2, look_ahead=True)).eval()
    begin_from(deep, tmp_path / "run" / "dancer.safetensors")
    inputs = (
        torch.randn(2, 40, 141),
        torch.randn(2, 50, 141),
        torch.randn(2, 90, 10),
        torch.zeros(2),
        torch.tensor([0, 3]),
    )
    with torch.no_grad():
        before = small(*inputs)
        torch.testing.assert_close(deep(*inputs, torch.tensor([0.0, 1.0])), before, atol=1e-5, rtol=1e-4)
    with pytest.raises(ValueError, match="does not fit"):
        begin_from(
            Denoiser(ModelConfig(width=64, layers=1, heads=2)), tmp_path / "run" / "dancer.safetensors"
        )


def test_a_plan_made_earlier_had_heard_less() -> None:
    music = torch.ones(2, 90, 10)
    music[0, 40:, 6:8], music[0, 40:, 9] = 0, 0
    less = heard_less(music, 16)
    assert less[0, :, 9].sum() == 24 and less[0, :, 6].sum() == 24
    assert torch.equal(less[..., :6], music[..., :6])
    assert torch.equal(less[1], music[1]), "a song that is known as a whole was known before"


def test_weights_of_another_kind_are_refused_in_one_line(tmp_path: Path) -> None:
    from safetensors.torch import save_file

    save_file({"x": torch.zeros(1)}, tmp_path / "other.safetensors")
    with pytest.raises(ValueError, match=r"asked for a dancer in other.safetensors"):
        load_dancer(tmp_path / "other.safetensors")
