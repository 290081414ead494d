"""What the judge says of engines: the model's and the teacher's, each at its precision, and both given back."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from fakes.tiny_model import tiny_model

from realtime.dance_settings import DanceSettings
from realtime.engine import ModelGenerator, opened
from realtime.engines.engine import EngineError
from realtime.evaluation.evaluate import Cast, Told, evaluated, teacher_of
from realtime.evaluation.wishes import EvaluationWishes
from realtime.settings import DanceWishes
from realtime.shows import Company


@pytest.mark.parametrize(
    ("has", "asked", "taken"),
    [
        (("fp32", "fp16"), "fp16", "fp16"),
        (("fp32",), "fp16", "fp32"),
        (("fp32",), "int8", "fp32"),
        (("fp16", "fp32"), "auto", "fp32"),  # what a processor is best at of these
    ],
)
def test_the_teacher_is_reckoned_with_as_asked_or_exactly(
    tmp_path: Path, has: tuple[str, ...], asked: Any, taken: str
) -> None:
    tiny_model(tmp_path / "slow", has)
    teacher = teacher_of(str(tmp_path / "slow"), EvaluationWishes(engine="cpu", precision=asked))
    assert teacher.precision == taken
    teacher.close()


@pytest.mark.parametrize("fails", [True, False])
def test_the_report_names_both_engines_and_the_teacher_s_is_given_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fails: bool
) -> None:
    tiny_model(tmp_path / "quick", ("fp32", "fp16"))
    tiny_model(tmp_path / "slow", steps=10)
    casts: list[Cast] = []

    def judged(cast: Cast, songs: Sequence[object], told: Told) -> tuple[dict[str, Any], list[Any]]:
        casts.append(cast)
        if fails:
            raise ValueError("asked for a dance, found none")
        return {"about": {}}, []

    monkeypatch.setattr("realtime.evaluation.evaluate.judged", judged)
    monkeypatch.setattr("realtime.evaluation.evaluate.our_songs", lambda seconds: [])
    wishes = EvaluationWishes(engine="cpu", precision="fp16", teacher=str(tmp_path / "slow"))
    model = opened(tmp_path / "quick", DanceWishes(engine="cpu", precision="fp16"))
    company, said = Company(model, DanceSettings()), list[str]()
    if fails:
        with pytest.raises(ValueError, match="found none"):
            evaluated(wishes, company, said.append)
    else:
        report, _ = evaluated(wishes, company, said.append)
        assert report["about"] == {
            "model": "quick", "steps": 2, "engine": "cpu", "precision": "fp16",
            "teacher_model": "slow", "teacher_steps": 10, "teacher_engine": "cpu", "teacher_precision": "fp32",
        }  # fmt: skip
    assert said[0].startswith("the teacher: engine cpu, fp32, on ")
    teacher = casts[0].teacher
    assert isinstance(teacher, ModelGenerator)
    with pytest.raises(EngineError):
        teacher.warm()  # its device is given back
    model.warm()
    model.close()
