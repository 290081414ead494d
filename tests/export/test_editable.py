"""A graph that is told what a plan must hold answers as its weights do, and as before where nothing is known."""

from collections.abc import Mapping
from pathlib import Path

import msgspec
import numpy as np
import onnxruntime
import pytest
import torch
from fakes.plain_session import plan_from
from fakes.stepper import takes
from torch import Tensor

from export.bundle import Sampling, sampled_otherwise, windows_of
from export.rollout import rolled_out
from export.to_onnx import OneStep, Sampler, example_inputs, torch_plan, write_onnx
from groovecast.model.config import ModelConfig
from groovecast.model.denoiser import Denoiser
from groovecast.model.sampling import MOST_UNROLLED, sampled
from groovecast.motion.representation import CONTACTS, HEIGHT, JOINTS, TILT, VELOCITY, YAW

_TINY = ModelConfig(width=32, layers=1, heads=2, log_snrs=(-2.5, -0.5), editable=True)
_TWO_WAYS = [_TINY, msgspec.structs.replace(_TINY, warm=True)]


def made(config: ModelConfig) -> Denoiser:
    """A small network with random weights, its own mean and spread."""
    torch.manual_seed(2)
    model = Denoiser(config).eval()
    torch.nn.init.normal_(model.motion_out.weight, std=0.2)
    model.get_buffer("mean").uniform_(-0.5, 0.5)
    model.get_buffer("std").uniform_(0.3, 1.5)
    return model


def unedited(inputs: dict[str, Tensor]) -> dict[str, Tensor]:
    """The same question to a graph that is told nothing."""
    return {name: value for name, value in inputs.items() if name not in ("known", "mask")}


def test_the_graph_answers_as_the_weights_do_and_takes_what_is_known_last(tmp_path: Path) -> None:
    model = made(_TINY)
    write_onnx(model, tmp_path / "one.onnx")
    session = onnxruntime.InferenceSession(str(tmp_path / "one.onnx"), providers=["CPUExecutionProvider"])
    assert [one.name for one in session.get_inputs()][-2:] == ["known", "mask"]
    inputs = example_inputs(model, 3, seed=3)
    told = {name: value.numpy() for name, value in inputs.items()}
    np.testing.assert_allclose(plan_from(session, told, _TINY.steps), torch_plan(model, inputs), atol=2e-5)


def test_a_sampler_of_very_many_steps_keeps_to_what_is_known_at_each() -> None:
    config = sampled_otherwise(_TINY, Sampling(steps=MOST_UNROLLED + 2, editable=True))
    model = made(config)
    inputs, step = example_inputs(model, 2), OneStep(model).eval()

    def run(asked: Mapping[str, np.ndarray]) -> Mapping[str, np.ndarray]:
        with torch.no_grad():
            answer = step(**{name: torch.from_numpy(value) for name, value in asked.items()})
        names = ("plan", "root_m", "local_quat_wxyz", "onward")
        return {name: value.numpy() for name, value in zip(names, answer, strict=True)}

    told = {name: value.numpy() for name, value in inputs.items()}
    np.testing.assert_allclose(sampled(run, told, config.steps)["plan"], torch_plan(model, inputs), atol=3e-4)


@pytest.mark.parametrize("config", _TWO_WAYS)
def test_where_nothing_is_known_the_plan_is_to_the_bit_the_one_before_there_were_edits(
    config: ModelConfig,
) -> None:
    model = made(config)
    inputs = example_inputs(model, 2)
    free = torch_plan(model, {**inputs, "mask": torch.zeros_like(inputs["mask"])})
    np.testing.assert_array_equal(free, torch_plan(model, unedited(inputs)))


@pytest.mark.parametrize("config", _TWO_WAYS)
def test_what_is_wholly_known_comes_out_as_known_and_the_rest_takes_note_of_it(config: ModelConfig) -> None:
    model = made(config)
    inputs = example_inputs(model, 1)
    mask = torch.zeros_like(inputs["mask"])
    mask[:, 20:24, JOINTS] = 1.0
    plan, free = (torch_plan(model, {**inputs, "mask": one}) for one in (mask, torch.zeros_like(mask)))
    known = inputs["known"].numpy()
    np.testing.assert_allclose(plan[:, 20:24, JOINTS], known[:, 20:24, JOINTS], atol=1e-5)
    assert np.abs(plan - free)[:, 30:].max() > 1e-3, "frames that nobody held"
    assert np.abs(plan - free)[:, 20:24, HEIGHT].max() > 1e-3, "numbers that nobody held"


def test_half_known_numbers_are_mixed_but_those_of_rotations_are_left_to_the_network() -> None:
    model = made(_TINY)
    inputs = example_inputs(model, 1)
    half = torch.full_like(inputs["mask"], 0.5)
    far = {**inputs, "mask": half, "known": inputs["known"] + 1e4}
    plan = torch_plan(model, far)
    for numbers in (YAW, VELOCITY, CONTACTS, slice(HEIGHT, HEIGHT + 1)):
        assert plan[..., numbers].min() > 4e3
    final = Sampler.final(half)
    assert final[..., TILT].max() == 0 and final[..., JOINTS].max() == 0
    assert final[..., YAW].min() == final[..., CONTACTS].min() == 0.5


def test_windows_and_a_dance_alone_are_asked_of_an_editable_model_too() -> None:
    model = made(_TINY)
    (window,) = windows_of(_TINY, takes(2, 6.0), 1, seed=0)
    assert not window["mask"].any() and window["known"].shape == window["noise"].shape

    def planner(asked: dict[str, np.ndarray]) -> np.ndarray:
        return torch_plan(model, {name: torch.from_numpy(value).float() for name, value in asked.items()})

    danced = rolled_out(planner, _TINY, window["history"][0], 0.5)  # type: ignore[arg-type]
    assert danced.shape[0] >= 15 and np.isfinite(danced).all()
