"""Artefacts: the ONNX graph answers as the weights do, and its folder says what is in it."""

import copy
from pathlib import Path

import msgspec
import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from fakes.stepper import takes
from safetensors.torch import save_file

import export.bundle as bundling
from export.bundle import Packing, Sampling, bundle, sampled_otherwise
from export.card import card_of
from export.parity import compared
from export.to_onnx import example_inputs, torch_plan, with_half_weights, write_onnx
from groovecast.model.config import ModelConfig
from groovecast.model.denoiser import Denoiser, sample_warm
from groovecast.model.manifest import (
    MANIFEST,
    ONNX_FILE,
    FileEntry,
    Manifest,
    Parity,
    checked_file,
    read_manifest,
)
from groovecast.model.sampling import MOST_UNROLLED, plan_from
from groovecast.train.takes import save_takes

_TINY = ModelConfig(width=32, layers=1, heads=2)


@pytest.fixture(scope="module")
def model() -> Denoiser:
    """A small network with random weights, its own mean and spread."""
    torch.manual_seed(1)
    made = Denoiser(_TINY).eval()
    torch.nn.init.normal_(made.motion_out.weight, std=0.2)
    made.get_buffer("mean").uniform_(-0.5, 0.5)
    made.get_buffer("std").uniform_(0.3, 1.5)
    return made


@pytest.fixture(scope="module")
def artefact(model: Denoiser, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its ONNX file."""
    path = tmp_path_factory.mktemp("onnx") / ONNX_FILE
    write_onnx(model, path)
    return path


@pytest.mark.parametrize("batch", [1, 3])
def test_the_graph_answers_as_the_weights_do_for_any_batch(
    model: Denoiser, artefact: Path, batch: int
) -> None:
    inputs = example_inputs(model, batch, seed=batch)
    session = onnxruntime.InferenceSession(str(artefact), providers=["CPUExecutionProvider"])
    plan = np.asarray(session.run(None, {name: value.numpy() for name, value in inputs.items()})[0])
    np.testing.assert_allclose(plan, torch_plan(model, inputs), atol=2e-5)


@pytest.mark.parametrize("guidance", [1.0, 2.0])
def test_a_sampler_of_very_many_steps_is_asked_step_by_step_and_answers_as_the_weights_do(
    model: Denoiser, guidance: float, tmp_path: Path
) -> None:
    model = copy.deepcopy(model)  # the others share it
    many = sampled_otherwise(model.config, Sampling(steps=MOST_UNROLLED + 2, guidance=guidance, inflate=1.05))
    model.config = many
    write_onnx(model, tmp_path / "many.onnx")
    session = onnxruntime.InferenceSession(str(tmp_path / "many.onnx"), providers=["CPUExecutionProvider"])
    inputs = example_inputs(model, 3)
    told = {name: value.numpy() for name, value in inputs.items()}
    np.testing.assert_allclose(plan_from(session, told, many.steps), torch_plan(model, inputs), atol=2e-4)


def test_the_graph_names_no_file_of_the_machine_that_made_it(artefact: Path) -> None:
    content = artefact.read_bytes()
    assert b".py" not in content and str(Path(__file__).parents[2]).encode() not in content


def test_parity_sees_a_difference_where_there_is_one(model: Denoiser) -> None:
    plan = torch_plan(model, example_inputs(model, 1))[0]
    turned = plan.copy()
    turned[:, 11] += 0.1
    same = compared(2, lambda index: (plan, plan), 30.0)
    other = compared(2, lambda index: (turned, plan), 30.0)
    assert same.max_degrees < 1e-3 and same.max_mm < 1e-3
    assert other.max_degrees > 0.5 and other.max_mm > 1


def test_a_bundle_holds_hashes_parity_and_a_card(model: Denoiser, tmp_path: Path) -> None:
    weights = {name: value.contiguous() for name, value in model.state_dict().items()}
    meta = {"config": msgspec.json.encode(_TINY).decode(), "step": "12", "minutes": "3.0"}
    meta |= {"teacher_step": "800", "teacher_minutes": "90.5"}
    weights["motion_out.weight"] = 0.1 * weights["motion_out.weight"]  # nearer to a trained one
    save_file(weights, tmp_path / "w.safetensors", metadata=meta)
    save_takes(tmp_path / "takes.npz", takes(2, 6.0))
    packing = Packing(windows=4, hardware="an abacus")
    manifest = bundle(tmp_path / "w.safetensors", tmp_path / "takes.npz", tmp_path / "tiny", packing=packing)
    assert manifest == read_manifest(tmp_path / "tiny") and manifest.half_weights
    assert (manifest.teacher_minutes, manifest.teacher_steps, manifest.hardware) == (90.5, 800, "an abacus")
    assert manifest.parity.mean_degrees < bundling.MEAN_DEGREES_MAX
    assert checked_file(tmp_path / "tiny", manifest.files, ONNX_FILE)
    card = (tmp_path / "tiny" / "README.md").read_text()
    assert "mocap.cs.cmu.edu" in card and manifest.files[ONNX_FILE].sha256 in card
    with (tmp_path / "tiny" / ONNX_FILE).open("r+b") as file:
        file.seek(1000)
        byte = file.read(1)
        file.seek(1000)
        file.write(bytes([byte[0] ^ 1]))
    with pytest.raises(ValueError, match="the file has changed, install the model again"):
        checked_file(tmp_path / "tiny", manifest.files, ONNX_FILE)


def test_another_sampler_has_as_many_steps_as_asked_for() -> None:
    config = ModelConfig(width=32, layers=1, heads=2)
    for steps in (1, 2, 4, 50):
        other = sampled_otherwise(config, Sampling(steps=steps, guidance=1.5))
        assert other.steps == steps and list(other.log_snrs) == sorted(other.log_snrs)
        assert other.inflate == 1.0 and other.guided_outside
    assert sampled_otherwise(config, Sampling()) == config
    assert sampled_otherwise(config, Sampling(inflate=1.3)).inflate == 1.3
    with pytest.raises(ValueError, match="asked for 0 steps"):
        sampled_otherwise(config, Sampling(steps=0))


def test_a_warm_sampler_is_one_step_and_begins_where_two_steps_meet() -> None:
    student = ModelConfig(width=32, layers=1, heads=2, log_snrs=(-2.5,))
    other = sampled_otherwise(student, Sampling(warm=True))
    assert other.warm and other.steps == 1 and other.log_snrs == student.log_snrs
    with pytest.raises(ValueError, match="begin from noise alone: ask for two"):
        sampled_otherwise(student, Sampling(steps=1, warm=True))


def test_the_graph_of_a_warm_model_is_told_of_the_plan_before_and_answers_as_the_weights_do(
    model: Denoiser, tmp_path: Path
) -> None:
    warm = Denoiser(msgspec.structs.replace(_TINY, warm=True, log_snrs=(-2.5,), inflate=1.2)).eval()
    warm.load_state_dict(model.state_dict())
    write_onnx(warm, tmp_path / "warm.onnx")
    session = onnxruntime.InferenceSession(str(tmp_path / "warm.onnx"), providers=["CPUExecutionProvider"])
    inputs = example_inputs(warm, 3, seed=6)
    assert [one.name for one in session.get_inputs()] == ["history", "music", "style", "noise", "before"]
    plan = session.run(None, {name: value.numpy() for name, value in inputs.items()})[0]
    mean, std = warm.get_buffer("mean"), warm.get_buffer("std")
    with torch.no_grad():
        sampled = sample_warm(
            warm, (inputs["history"] - mean) / std, inputs["music"], inputs["style"], inputs["noise"],
            (inputs["before"] - mean) / std,
        )  # fmt: skip
    np.testing.assert_allclose(plan, (sampled * std + mean).numpy(), atol=2e-5)
    np.testing.assert_allclose(plan, torch_plan(warm, inputs), atol=2e-5)


def test_a_warm_model_is_never_sampled_without_the_plan_before() -> None:
    warm = Denoiser(msgspec.structs.replace(_TINY, warm=True, log_snrs=(-2.5,))).eval()
    inputs = example_inputs(warm, 1)
    del inputs["before"]
    with pytest.raises(ValueError, match="the plan before is missing: give `before`"):
        torch_plan(warm, inputs)


def test_a_card_says_how_its_model_came_about_and_on_what_only_if_told() -> None:
    parity = Parity(4, 0.001, 0.01, 0.1, 1.0)
    made = Manifest(
        "tiny", _TINY, 1000, 12, 3.0, "takes", "Apache-2.0", "", parity, {ONNX_FILE: FileEntry("0" * 64, 10)}
    )  # fmt: skip
    alone = card_of(made, takes(2, 6.0))
    assert "Trained for 3 minutes (12 steps), x0 diffusion" in alone
    assert "Distilled" not in alone and "Trained on " not in alone
    student = msgspec.structs.replace(made, teacher_minutes=90.0, teacher_steps=800, hardware="an abacus")
    card = card_of(student, takes(2, 6.0))
    assert "Distilled for 3 minutes (12 steps) from a teacher trained for 90 minutes (800 steps): " in card
    assert "Trained for" not in card and "- Trained on an abacus.\n" in card


def test_weights_in_half_precision_are_half_as_large_and_answer_almost_the_same(
    model: Denoiser, artefact: Path
) -> None:
    halved = with_half_weights(onnx.load(artefact)).SerializeToString()
    matrices = sum(4 * weight.numel() for weight in model.parameters() if weight.dim() > 1)
    assert artefact.stat().st_size - len(halved) > 0.4 * matrices
    session = onnxruntime.InferenceSession(halved, providers=["CPUExecutionProvider"])
    inputs = example_inputs(model, 2, seed=7)
    plan = session.run(None, {name: value.numpy() for name, value in inputs.items()})[0]
    off = np.abs(plan - torch_plan(model, inputs))
    assert 0 < off.max() < 0.01 * float(plan.std())


def test_a_weight_that_half_precision_does_not_hold_is_refused() -> None:
    proto = onnx.ModelProto()
    proto.graph.initializer.append(onnx.numpy_helper.from_array(np.full((64, 64), 1e5, np.float32), "wide"))
    with pytest.raises(ValueError, match="wide holds 100000: use --no-half-weights"):
        with_half_weights(proto)


def test_a_model_bundled_before_weights_were_halved_or_plans_warm_still_reads(tmp_path: Path) -> None:
    from groovecast.share import shared_path

    old = msgspec.json.decode((shared_path("models", "groovecast-small") / MANIFEST).read_bytes())
    old["config"] = {name: value for name, value in old["config"].items() if name != "warm"}
    for name in ("half_weights", "teacher_minutes", "teacher_steps", "hardware"):
        old.pop(name, None)
    (tmp_path / MANIFEST).write_bytes(msgspec.json.encode(old))
    manifest = read_manifest(tmp_path)
    assert not manifest.config.warm and not manifest.half_weights


@pytest.mark.parametrize("look_ahead", [False, True])
@pytest.mark.parametrize("guided", [False, True])
def test_a_guided_sampler_leaves_pytorch_as_it_is(look_ahead: bool, guided: bool, tmp_path: Path) -> None:
    """The music counts twice as much in the graph too; a batch of three, where it was written for two."""
    size = ModelConfig(width=32, layers=2, heads=2, guidance=2.0, look_ahead=look_ahead, guided=guided)
    model = Denoiser(size).eval()
    if model.guidance is not None:  # it begins by steering nowhere
        torch.nn.init.normal_(model.guidance[2].weight, std=3.0)
    torch.nn.init.normal_(model.motion_out.weight, std=0.1)
    write_onnx(model, tmp_path / "guided.onnx")
    session = onnxruntime.InferenceSession(str(tmp_path / "guided.onnx"), providers=["CPUExecutionProvider"])
    inputs = example_inputs(model, 3, seed=5)
    plan = session.run(None, {name: value.numpy() for name, value in inputs.items()})[0]
    np.testing.assert_allclose(plan, torch_plan(model, inputs), atol=2e-4)
    model.config = msgspec.structs.replace(model.config, guidance=1.0)
    assert np.abs(plan - torch_plan(model, inputs)).max() > 1e-2
