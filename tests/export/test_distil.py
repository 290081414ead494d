"""Distillation: a student learns to answer in two steps what a guided teacher answers in many, and can be resumed."""

from pathlib import Path

import numpy as np
import pytest
import torch
from fakes.stepper import takes
from fakes.ticks import Ticks
from torch import Tensor

from export.distil import Distiller, StudentSettings, _Told, legs, moved_on
from groovecast.model.config import ModelConfig
from groovecast.model.denoiser import (
    LOG_SNR_HIGH,
    LOG_SNR_LOW,
    PLAN_KERNEL,
    PURE_NOISE,
    alpha_bar,
    band_limited,
    sample_ddim,
    sample_warm,
)
from groovecast.train.takes import save_takes
from groovecast.train.teacher import TeacherSettings, TeacherTrainer, load_dancer

_TINY = ModelConfig(width=32, layers=1, heads=2, look_ahead=True)


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    """A take cache with made-up takes."""
    save_takes(tmp_path / "takes.npz", takes(3, 6.0))
    return tmp_path / "takes.npz"


@pytest.fixture
def teacher(cache: Path, tmp_path: Path) -> Path:
    """A teacher that has learned a little."""
    quick = TeacherSettings(minutes=1.5, batch=8, warmup_steps=5, learning_rate=3e-3)
    TeacherTrainer(cache, tmp_path / "teacher", quick, _TINY, Ticks()).fit(lambda line: None)
    return tmp_path / "teacher" / "dancer.safetensors"


def test_the_legs_are_one_way_from_noise_alone_to_the_least_noise() -> None:
    for between in ((-2.5,), (-4.0, -1.0)):
        each = legs(between, 4)
        levels = torch.cat(each)
        assert [len(leg) for leg in each] == [4] * (len(between) + 1)
        assert [float(leg[0]) for leg in each] == pytest.approx([PURE_NOISE, *between])
        assert alpha_bar(each[0][0]) == 0
        assert float(levels[-1]) == pytest.approx(LOG_SNR_HIGH)
        assert (torch.diff(alpha_bar(levels)) > 0).all()


def test_the_one_answer_asked_of_the_student_leads_where_the_teacher_walks(
    cache: Path, teacher: Path, tmp_path: Path
) -> None:
    distiller = Distiller(teacher, cache, tmp_path / "student", StudentSettings(batch=4), Ticks())
    walk = distiller._walk(0.0)
    told, first, second = walk.told, *distiller.legs
    x = walk.begins[0]
    for level, there in zip(first, (*first[1:], second[0]), strict=True):
        clean = distiller._taught(told, x, level.expand(4))
        keep, less = alpha_bar(level), alpha_bar(there)
        x = less.sqrt() * clean + (1 - less).sqrt() * (x - keep.sqrt() * clean) / (1 - keep).sqrt()
    less = alpha_bar(second[0])
    led = less.sqrt() * walk.aims[0] + (1 - less).sqrt() * walk.begins[0]
    assert torch.allclose(led, x, atol=1e-4)


def test_a_plan_moved_on_begins_later_and_holds_its_end() -> None:
    plan = torch.arange(5.0)[None, :, None]
    assert moved_on(plan, 2).flatten().tolist() == [2, 3, 4, 4, 4]
    assert moved_on(plan, 0).equal(plan)


def _far(distiller: Distiller, guidance: float) -> float:
    """How far the student's two steps end from the guided teacher's forty, on held-out windows."""
    lesson = distiller.data.lesson(distiller.model, distiller.data.test, np.random.default_rng(0), 8)
    past = lesson.motion[:, :40]
    noise = torch.randn(8, 50, 141, generator=torch.Generator().manual_seed(1))

    def ended(model: torch.nn.Module, log_snrs: tuple[float, ...]) -> Tensor:
        with torch.no_grad():
            return sample_ddim(model, past, lesson.music, lesson.style, noise, log_snrs, 1.0)  # type: ignore[arg-type]

    import msgspec

    taught, student = distiller.teacher, distiller.shown
    taught.config = msgspec.structs.replace(taught.config, guidance=guidance)
    student.config = msgspec.structs.replace(student.config, guidance=guidance)
    aim = ended(taught, tuple(torch.linspace(LOG_SNR_LOW, LOG_SNR_HIGH, 40).tolist()))
    return float((ended(student, (-2.5,)) - aim).square().mean())


def test_a_student_comes_nearer_to_its_teachers_end_in_two_steps_and_goes_on_where_it_stopped(
    cache: Path, teacher: Path, tmp_path: Path
) -> None:
    settings = StudentSettings(minutes=2.0, batch=8, warmup_steps=5, learning_rate=2e-3, ema=0.9)
    distiller = Distiller(teacher, cache, tmp_path / "student", settings, Ticks())
    before = _far(distiller, 2.0)
    distiller.fit(lambda line: None)
    assert _far(distiller, 2.0) < 0.8 * before
    resumed = Distiller(teacher, cache, tmp_path / "student", settings, Ticks())
    assert resumed.step == distiller.step and resumed.spent_s == distiller.spent_s
    for name, value in resumed.shown.state_dict().items():
        assert torch.equal(value, distiller.shown.state_dict()[name])


def _warm_apart(distiller: Distiller) -> float:
    """How far one evaluation, begun from plans of takes, ends from where the guided teacher walks from there."""
    lesson = distiller.data.lesson(distiller.model, distiller.data.test, np.random.default_rng(0), 8)
    past, before = lesson.motion[:, :40], lesson.motion[:, 40:]
    noise = torch.randn(before.shape, generator=torch.Generator().manual_seed(1))
    level = distiller.legs[-1][0]
    keep = alpha_bar(level)
    weight = torch.full((8,), distiller.shown.config.guidance)
    told = _Told(past, lesson.music, lesson.style, lesson.look_ahead, weight)
    with torch.no_grad():
        end, _ = distiller._led(
            told, keep.sqrt() * before + (1 - keep).sqrt() * noise, distiller.legs[-1], None
        )
        ours = sample_warm(
            distiller.shown, past, lesson.music, lesson.style, noise, before, lesson.look_ahead
        )
    return float((ours - band_limited(end, past, PLAN_KERNEL)).square().mean())


def test_a_student_that_has_met_plans_before_answers_them_as_its_teacher_walks_on_from_there(
    cache: Path, teacher: Path, tmp_path: Path
) -> None:
    settings = StudentSettings(
        minutes=2.0, batch=8, warmup_steps=5, learning_rate=2e-3, ema=0.9, rollout_from=0.0, rollout_most=1.0
    )
    distiller = Distiller(teacher, cache, tmp_path / "student", settings, Ticks())
    before = _warm_apart(distiller)
    distiller.fit(lambda line: None)
    assert _warm_apart(distiller) < 0.8 * before


def test_a_student_is_saved_with_the_sampler_that_it_was_made_for(
    cache: Path, teacher: Path, tmp_path: Path
) -> None:
    settings = StudentSettings(minutes=0.05, batch=4)
    Distiller(teacher, cache, tmp_path / "student", settings, Ticks()).fit(lambda line: None)
    student, said = load_dancer(tmp_path / "student" / "dancer.safetensors")
    assert student.config.steps == 2 and student.config.guided and not student.config.guided_outside
    assert int(said["step"]) > 0
