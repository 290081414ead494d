"""Artefacts: the ONNX graph answers as the weights do, and its folder says what is in it."""

import copy
import shutil
from collections import Counter
from pathlib import Path

import msgspec
import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from fakes.plain_session import plan_from
from fakes.stepper import takes
from safetensors.torch import save_file

from export.bundle import FILES, Packing, Sampling, bundle, sampled_otherwise
from export.card import card_of
from export.int8 import in_int8
from export.parity import MEAN_DEGREES_MAX, compared
from export.to_onnx import example_inputs, torch_plan, with_half_weights, write_onnx
from groovecast.model.config import ModelConfig
from groovecast.model.denoiser import Denoiser, sample_warm
from groovecast.model.graph import PRECISIONS, graph_of
from groovecast.model.imagined import imagined
from groovecast.model.manifest import (
    MANIFEST,
    ONNX_FILE,
    WEIGHTS_FILE,
    Artefact,
    FileEntry,
    Manifest,
    Parity,
    read_manifest,
)
from groovecast.model.sampling import MOST_UNROLLED
from groovecast.share import shared_path
from groovecast.train.takes import save_takes

_TINY = ModelConfig(width=96, layers=1, heads=2, log_snrs=(-2.5,))  # the narrowest that int8 takes


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


# What ONNX Runtime's CUDA provider and TensorRT's parser both take. One node that a card does not take costs a graph
# its CUDA graph; Atan was one.
_ON_CARDS = {
    "Add", "Cast", "Concat", "Div", "Expand", "Gather", "Gelu", "Gemm", "Greater", "LayerNormalization", "Less",
    "MatMul", "Max", "Mul", "Neg", "Reciprocal", "ReduceSum", "Reshape", "Shape", "Sigmoid", "Slice", "Softmax",
    "Split", "Sqrt", "Squeeze", "Sub", "Transpose", "Unsqueeze", "Where", "Clip",
}  # fmt: skip


def test_the_graph_keeps_to_operators_that_cards_take(artefact: Path) -> None:
    shipped = shared_path(
        "models", "groovecast-small", FILES["fp16"]
    )  # which can be told what a plan must hold
    for path in (artefact, shipped):
        assert {node.op_type for node in onnx.load(path, load_external_data=False).graph.node} <= _ON_CARDS


def test_the_graph_names_no_file_of_the_machine_that_made_it(artefact: Path) -> None:
    content = artefact.read_bytes()
    assert b".py" not in content and str(Path(__file__).parents[2]).encode() not in content


def test_parity_sees_a_difference_where_there_is_one(model: Denoiser) -> None:
    plan = torch_plan(model, example_inputs(model, 1))[0]
    turned = plan.copy()
    turned[:, 11] += 0.1
    same = compared(2, lambda index: (imagined(plan, 30.0), imagined(plan, 30.0)))
    other = compared(2, lambda index: (imagined(turned, 30.0), imagined(plan, 30.0)))
    assert same.max_degrees < 1e-3 and same.max_mm < 1e-3
    assert other.max_degrees > 0.5 and other.max_mm > 1


def _trained(model: Denoiser, folder: Path) -> tuple[Path, Path]:
    """Weights and takes as training leaves them."""
    weights = {name: value.contiguous() for name, value in model.state_dict().items()}
    meta = {"config": msgspec.json.encode(model.config).decode(), "step": "12", "minutes": "3.0"}
    meta |= {"teacher_step": "800", "teacher_minutes": "90.5"}
    weights["motion_out.weight"] = 0.1 * weights["motion_out.weight"]  # nearer to a trained one
    save_file(weights, folder / "w.safetensors", metadata=meta)
    save_takes(folder / "takes.npz", takes(2, 6.0))
    return folder / "w.safetensors", folder / "takes.npz"


@pytest.fixture(scope="module")
def bundled(model: Denoiser, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its folder, with a graph of every precision."""
    folder = tmp_path_factory.mktemp("bundled")
    packing = Packing(windows=4, rollout_s=0.5, hardware="an abacus")
    bundle(*_trained(model, folder), folder / "tiny", packing=packing)
    return folder / "tiny"


def test_a_bundle_holds_hashes_parity_and_a_card(bundled: Path) -> None:
    manifest, card = read_manifest(bundled), (bundled / "README.md").read_text()
    assert manifest.half_weights and "mocap.cs.cmu.edu" in card
    assert (manifest.teacher_minutes, manifest.teacher_steps, manifest.hardware) == (90.5, 800, "an abacus")
    assert [one.precision for one in manifest.artefacts] == list(PRECISIONS)
    for one in manifest.artefacts:
        assert 0 < one.parity.mean_degrees < MEAN_DEGREES_MAX[one.precision]
        assert f"{one.parity.mean_degrees:g} ({MEAN_DEGREES_MAX[one.precision]:g})" in card
        assert one.rollout is not None and 0 < one.rollout.mean_mm < one.rollout.seeds_mm
        assert one.needs == (WEIGHTS_FILE,)
        assert graph_of(bundled, manifest, one.precision).artefact == one
    assert {file.name for file in bundled.iterdir()} == {*manifest.files, MANIFEST, "README.md"}
    assert all(file.sha256 in card for file in manifest.files.values())
    assert (bundled / WEIGHTS_FILE).stat().st_mode & 0o044 == 0o044


def test_a_byte_that_changed_is_seen(bundled: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(bundled, tmp_path / "tiny"))
    content = bytearray((folder / WEIGHTS_FILE).read_bytes())
    content[-1000] ^= 1
    (folder / WEIGHTS_FILE).write_bytes(content)
    with pytest.raises(ValueError, match="the file has changed, install the model again"):
        graph_of(folder, read_manifest(folder), "fp32")


def test_what_is_too_far_from_its_weights_leaves_the_folder_as_it_was(
    model: Denoiser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "tiny"
    folder.mkdir()
    (folder / ONNX_FILE).write_bytes(b"the one before")
    trained = _trained(model, tmp_path)
    monkeypatch.setitem(MEAN_DEGREES_MAX, "fp32", 1e-9)
    mend = "asked for fp32 within 1e-09 degrees of the weights, found .*: try --no-half-weights"
    with pytest.raises(ValueError, match=mend):
        bundle(*trained, folder, packing=Packing(precisions=("fp32",), windows=2, rollout_s=0))
    assert [file.read_bytes() for file in folder.iterdir()] == [b"the one before"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["takes.npz", "tiny", "w.safetensors"]


@pytest.mark.parametrize("asked", [(), ("fp32", "fp8")])
def test_a_precision_that_nobody_knows_is_refused(
    model: Denoiser, tmp_path: Path, asked: tuple[str, ...]
) -> None:
    with pytest.raises(ValueError, match="there are fp32, fp16, int8: name some of these"):
        bundle(*_trained(model, tmp_path), tmp_path / "tiny", packing=Packing(precisions=asked))


def test_a_sampler_of_very_many_steps_has_one_precision(model: Denoiser, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="of a sampler of 20 steps, which judges others: --precisions fp32"):
        bundle(
            *_trained(model, tmp_path),
            tmp_path / "tiny",
            Sampling(steps=20),
            Packing(precisions=("fp32", "int8")),
        )
    assert not (tmp_path / "tiny").exists()


def test_what_leaves_a_graph_is_the_motion_that_its_numbers_mean(model: Denoiser, artefact: Path) -> None:
    session = onnxruntime.InferenceSession(str(artefact), providers=["CPUExecutionProvider"])
    inputs = {name: value.numpy() for name, value in example_inputs(model, 3, seed=2).items()}
    plan, root, quat = session.run(["plan", "root_m", "local_quat_wxyz"], inputs)
    for one in range(3):
        meant = imagined(plan[one], 30.0)
        np.testing.assert_allclose(root[one], meant.root_m, atol=1e-3)
        assert np.abs(np.sum(quat[one] * meant.local_quat_wxyz, axis=-1)).min() > 1 - 1e-4


def test_graphs_for_processors_and_cards_take_the_same_bytes_for_weights(bundled: Path) -> None:
    places = []
    for name in (FILES["fp32"], FILES["fp16"]):
        tensors = onnx.load(bundled / name, load_external_data=False).graph.initializer
        apart = [
            {one.key: one.value for one in tensor.external_data} for tensor in tensors if tensor.external_data
        ]
        places.append({one["offset"] for one in apart})
        assert {one["location"] for one in apart} == {WEIGHTS_FILE}
    assert len(places[0]) > 4 and places[0] == places[1]


def test_the_typed_graph_multiplies_halves_and_answers_singles(bundled: Path) -> None:
    graph = onnx.shape_inference.infer_shapes(onnx.load(bundled / FILES["fp16"])).graph
    kinds = {value.name: value.type.tensor_type.elem_type for value in graph.value_info}
    products = [node.output[0] for node in graph.node if node.op_type in ("MatMul", "Gemm")]
    halves = [name for name in products if kinds.get(name) == onnx.TensorProto.FLOAT16]
    assert len(halves) >= 8, "two evaluations of a block's four multiplications"
    assert {one.type.tensor_type.elem_type for one in (*graph.input, *graph.output)} == {
        onnx.TensorProto.FLOAT
    }


def test_int8_multiplies_integers(model: Denoiser, bundled: Path) -> None:
    kinds = Counter(node.op_type for node in onnx.load(bundled / FILES["int8"]).graph.node)
    assert kinds["MatMulIntegerToFloat"] == kinds["QuantizeLinear"] == 4 * model.config.steps
    assert kinds["DequantizeLinear"] == 0


def test_int8_of_a_graph_without_large_blocks_is_refused() -> None:
    with pytest.raises(ValueError, match="too small to be multiplied in integers: leave int8 out"):
        in_int8(onnx.ModelProto(), [])


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
    graph = Artefact(ONNX_FILE, "fp32", Parity(4, 0.001, 0.01, 0.1, 1.0))
    made = Manifest(
        "tiny", _TINY, 1000, 12, 3.0, "takes", "Apache-2.0", "", (graph,), {ONNX_FILE: FileEntry("0" * 64, 10)}
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


def test_a_model_exported_before_there_were_precisions_says_to_export_it_again(tmp_path: Path) -> None:
    now = msgspec.json.decode((shared_path("models", "groovecast-small") / MANIFEST).read_bytes())
    old = {name: value for name, value in now.items() if name not in ("artefacts", "engines")}
    (tmp_path / MANIFEST).write_bytes(msgspec.json.encode(old))
    with pytest.raises(ValueError, match=r"missing required field `artefacts`\): .* export it again"):
        read_manifest(tmp_path)


def test_what_a_manifest_need_not_say_is_not_asked_for(tmp_path: Path) -> None:
    said = msgspec.json.decode((shared_path("models", "groovecast-small") / MANIFEST).read_bytes())
    for name in ("half_weights", "teacher_minutes", "teacher_steps", "hardware", "engines"):
        said.pop(name, None)
    (tmp_path / MANIFEST).write_bytes(msgspec.json.encode(said))
    assert not read_manifest(tmp_path).half_weights


@pytest.mark.parametrize("look_ahead", [False, True])
@pytest.mark.parametrize("guided", [False, True])
def test_a_guided_sampler_leaves_pytorch_as_it_is(look_ahead: bool, guided: bool, tmp_path: Path) -> None:
    """The music counts twice as much in the graph too; a batch of three, where it was written for two."""
    size = ModelConfig(
        width=32, layers=2, heads=2, log_snrs=(-2.5,), guidance=2.0, look_ahead=look_ahead, guided=guided
    )
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
