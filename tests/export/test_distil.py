"""Distillation: a student learns to answer in two steps what a guided teacher answers in many, and can be resumed."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
import torch
from fakes.stepper import takes
from fakes.ticks import Ticks
from torch import Tensor

import export.distil as distil
from export.distil import Distiller, StudentSettings, legs, moved_on, strides_danced
from groovecast.model.config import ModelConfig
from groovecast.model.denoiser import (
    LOG_SNR_HIGH,
    LOG_SNR_LOW,
    PURE_NOISE,
    Denoiser,
    alpha_bar,
    sample_ddim,
    sample_warm,
)
from groovecast.train.takes import save_takes
from groovecast.train.teacher import Lesson, TeacherSettings, TeacherTrainer, few_steps, load_dancer

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


@dataclass
class _Eavesdropper:
    """It hears each plan that a student makes before a lesson, with its noise and the plan that it began from."""

    noises: list[Tensor] = field(default_factory=list)
    plans: list[Tensor] = field(default_factory=list)
    begun_from: list[Tensor | None] = field(default_factory=list)

    def few_steps(
        self, model: Denoiser, past: Tensor, music: Tensor, lesson: Lesson, noise: Tensor
    ) -> Tensor:
        """As the teacher's, heard."""
        return self._heard(noise, None, few_steps(model, past, music, lesson, noise))

    def sample_warm(
        self,
        model: Denoiser,
        past: Tensor,
        music: Tensor,
        style: Tensor,
        noise: Tensor,
        before: Tensor,
        *rest: Tensor,
    ) -> Tensor:
        """As the denoiser's, heard."""
        return self._heard(noise, before, sample_warm(model, past, music, style, noise, before, *rest))

    def _heard(self, noise: Tensor, before: Tensor | None, plan: Tensor) -> Tensor:
        self.noises.append(noise)
        self.plans.append(plan)
        self.begun_from.append(before)
        return plan


def _begun_from(before: Tensor, noise: Tensor, distiller: Distiller) -> Tensor:
    keep = alpha_bar(distiller.legs[-1][0])
    return keep.sqrt() * before + (1 - keep).sqrt() * noise


@pytest.mark.parametrize("strides", [(8,), (24,), (8, 8), (8, 40)])
def test_after_own_plans_the_last_leg_begins_from_the_last_of_them_and_noise_belongs_to_a_frame_of_the_dance(
    cache: Path, teacher: Path, tmp_path: Path, strides: tuple[int, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    heard = _Eavesdropper()
    monkeypatch.setattr(distil, "few_steps", heard.few_steps)
    monkeypatch.setattr(distil, "sample_warm", heard.sample_warm)
    monkeypatch.setattr(distil, "strides_danced", lambda rng: strides)
    monkeypatch.setattr(distil, "weathered", lambda history: history)
    monkeypatch.setattr(distil, "_WARM_SHARE", 1.0)
    settings = StudentSettings(batch=4, rollout_from=0.0, rollout_most=1.0)
    distiller = Distiller(teacher, cache, tmp_path / "student", settings, Ticks())
    walk = distiller._walk(1.0)
    assert len(heard.plans) == len(strides)
    noises, begun = [*heard.noises, walk.begins[0]], None
    for plan, before, stride, noise, later in zip(
        heard.plans, heard.begun_from, strides, noises, noises[1:], strict=False
    ):
        assert (before is None) if begun is None else torch.equal(before, begun)
        assert torch.equal(noise[:, stride:], later[:, : 50 - stride])
        begun = moved_on(plan, stride)
    danced = [plan[:, :stride] for plan, stride in zip(heard.plans, strides, strict=True)]
    assert begun is not None and torch.equal(
        walk.told.history[:, -sum(strides) :], torch.cat(danced, dim=1)[:, -40:]
    )
    torch.testing.assert_close(walk.begins[-1], _begun_from(begun, walk.begins[0], distiller))


def test_now_and_then_a_lesson_after_no_plan_begins_from_the_last_pose_held(
    cache: Path, teacher: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(distil, "weathered", lambda history: history)
    monkeypatch.setattr(distil, "_HELD_SHARE", 1.0)
    # its own plans would come in when the time is over: never
    settings = StudentSettings(batch=4, rollout_from=1.0)
    distiller = Distiller(teacher, cache, tmp_path / "student", settings, Ticks())
    walk = distiller._walk(0.99)
    held = walk.told.history[:, -1:].expand(-1, 50, -1)
    torch.testing.assert_close(walk.begins[-1], _begun_from(held, walk.begins[0], distiller))


def test_of_half_of_own_plans_one_stride_is_danced_as_live_and_half_were_begun_from_one() -> None:
    rng = np.random.default_rng(0)
    drawn = [strides_danced(rng) for _ in range(2000)]
    assert np.mean([strides[-1] == 8 for strides in drawn]) == pytest.approx(0.5, abs=0.05)
    assert {strides[-1] for strides in drawn} == {8, 16, 24, 32, 40}
    assert np.mean([len(strides) == 2 for strides in drawn]) == pytest.approx(0.5, abs=0.05)
    assert {strides[:-1] for strides in drawn} == {(), (8,)}


def test_a_student_is_saved_with_the_sampler_that_it_was_made_for_and_with_how_long_its_teacher_learned(
    cache: Path, teacher: Path, tmp_path: Path
) -> None:
    settings = StudentSettings(minutes=0.05, batch=4)
    Distiller(teacher, cache, tmp_path / "student", settings, Ticks()).fit(lambda line: None)
    student, said = load_dancer(tmp_path / "student" / "dancer.safetensors")
    assert student.config.steps == 2 and student.config.guided and not student.config.guided_outside
    assert int(said["step"]) > 0
    _, of_teacher = load_dancer(teacher)
    assert (said["teacher_step"], said["teacher_minutes"]) == (of_teacher["step"], of_teacher["minutes"])
