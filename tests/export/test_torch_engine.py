"""PyTorch as an engine: it dances as the exported graph does, and comes from the model's own weights."""

from pathlib import Path

import msgspec
import numpy as np
import pytest
import torch

from export.to_onnx import OneStep, Sampler, example_inputs
from export.torch_engine import TorchEngine, TorchTensorrtEngine, weights_of
from export.weights_file import save_weights
from groovecast.model.config import ModelConfig
from groovecast.model.denoiser import Denoiser
from groovecast.model.graph import Graph, graph_of
from groovecast.model.manifest import (
    MANIFEST,
    ONNX_FILE,
    WEIGHTS_FILE,
    Artefact,
    Manifest,
    Parity,
    entry_of,
)

_PARITY = Parity(1, 0.0, 0.0, 0.0, 0.0)


def written(folder: Path, config: ModelConfig, half: bool = False) -> tuple[Denoiser, Graph]:
    """A network with random weights in a model folder; its graph is empty, for PyTorch does not read it."""
    torch.manual_seed(3)
    model = Denoiser(config).eval()
    torch.nn.init.normal_(model.motion_out.weight, std=0.2)
    model.get_buffer("mean").uniform_(-0.5, 0.5)
    save_weights(model, folder / WEIGHTS_FILE, half)
    (folder / ONNX_FILE).write_bytes(b"")
    manifest = Manifest(
        name="tiny", config=config, parameters=1, trained_steps=0, trained_minutes=0.0, trained_on="nothing",
        licence="Apache-2.0", credit="", half_weights=half,
        artefacts=(Artefact(ONNX_FILE, "fp32", _PARITY), Artefact(ONNX_FILE, "fp16", _PARITY)),
        files={name: entry_of(folder / name) for name in (ONNX_FILE, WEIGHTS_FILE)},
    )  # fmt: skip
    (folder / MANIFEST).write_bytes(msgspec.json.encode(manifest))
    return model, graph_of(folder, manifest, "fp32")


@pytest.fixture(autouse=True)
def threads() -> object:
    """The engine takes one thread; the other tests get theirs back."""
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


@pytest.mark.skipif(torch.cuda.is_available(), reason="the card has tests of its own")
@pytest.mark.parametrize("editable", [False, True])
@pytest.mark.parametrize("warm", [False, True])
def test_it_answers_as_the_weights_do(tmp_path: Path, warm: bool, editable: bool) -> None:
    config = ModelConfig(width=32, layers=1, heads=2, log_snrs=(-2.5,), warm=warm, editable=editable)
    model, graph = written(tmp_path, config)
    said: list[str] = []
    engine = TorchEngine(tmp_path, graph, 2, said.append)
    inputs = example_inputs(model, 2)
    answer = engine.run({name: value.numpy() for name, value in inputs.items()})
    with torch.no_grad():
        expected = Sampler(model).eval()(**inputs)
    for (name, shape), wanted in zip(graph.outputs(2).items(), expected, strict=True):
        assert answer[name].shape == shape
        np.testing.assert_allclose(answer[name], wanted.numpy(), atol=1e-6)
    assert (engine.name, engine.batch, said) == ("torch", 2, []) and engine.device.endswith("1 thread")
    engine.close()
    engine.close()
    with pytest.raises(ValueError, match="asked engine torch for a plan, it is closed"):
        engine.run({name: value.numpy() for name, value in inputs.items()})


@pytest.mark.skipif(torch.cuda.is_available(), reason="the card has tests of its own")
def test_a_sampler_of_many_steps_answers_what_goes_onward(tmp_path: Path) -> None:
    levels = tuple(np.linspace(-5, 1, 9).tolist())
    config = ModelConfig(width=32, layers=1, heads=2, log_snrs=levels, editable=True)
    model, graph = written(tmp_path, config)
    inputs = example_inputs(model, 1) | {"step": torch.tensor([4])}
    answer = TorchEngine(tmp_path, graph, 1, print).run({name: one.numpy() for name, one in inputs.items()})
    with torch.no_grad():
        *_, onward = OneStep(model).eval()(**inputs)
    np.testing.assert_allclose(answer["onward"], onward.numpy(), atol=1e-6)


@pytest.mark.skipif(torch.cuda.is_available(), reason="with a card half precision is taken")
def test_half_precision_is_refused_where_there_is_no_card(tmp_path: Path) -> None:
    _, graph = written(tmp_path, ModelConfig(width=32, layers=1, heads=2))
    half = Graph(graph.model, graph.config, Artefact(ONNX_FILE, "fp16", _PARITY), b"", {})
    with pytest.raises(ValueError, match="asked for fp16 of engine torch, it takes fp32 here: choose one"):
        TorchEngine(tmp_path, half, 1, print)
    with pytest.raises(RuntimeError, match="engine torch-tensorrt, PyTorch finds no CUDA card: choose"):
        TorchTensorrtEngine(tmp_path, graph, 1, print)


def test_inputs_of_other_shapes_are_refused(tmp_path: Path) -> None:
    model, graph = written(tmp_path, ModelConfig(width=32, layers=1, heads=2))
    engine = TorchEngine(tmp_path, graph, 1, print)
    with pytest.raises(ValueError, match=r"asked engine torch with .*: give "):
        engine.run({name: value.numpy() for name, value in example_inputs(model, 2).items()})


def test_weights_stored_in_half_precision_are_single_again_and_a_changed_file_is_refused(
    tmp_path: Path,
) -> None:
    model, graph = written(tmp_path, ModelConfig(width=64, layers=1, heads=2), half=True)
    back = weights_of(tmp_path, graph.config).state_dict()
    for name, tensor in model.state_dict().items():
        assert back[name].dtype == tensor.dtype
        torch.testing.assert_close(back[name], tensor, atol=1e-3, rtol=1e-3)
    assert any(not torch.equal(back[name], tensor) for name, tensor in model.state_dict().items())
    content = (tmp_path / WEIGHTS_FILE).read_bytes()
    (tmp_path / WEIGHTS_FILE).write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    with pytest.raises(ValueError, match="the file has changed, install the model again"):
        weights_of(tmp_path, graph.config)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="PyTorch finds no CUDA card")
@pytest.mark.parametrize("precision", ["fp32", "fp16"])
def test_on_a_card_it_answers_as_on_the_processor(tmp_path: Path, precision: str) -> None:
    model, graph = written(tmp_path, ModelConfig(width=32, layers=1, heads=2))
    graph = Graph(graph.model, graph.config, Artefact(ONNX_FILE, precision, _PARITY), b"", {})
    engine = TorchEngine(tmp_path, graph, 1, print)
    for seed in (1, 2):  # the second shows that a replay reads what is new
        inputs = example_inputs(model, 1, seed)
        answer = engine.run({name: value.numpy() for name, value in inputs.items()})
        with torch.no_grad():
            plan, *_ = Sampler(model).eval()(**inputs)
        np.testing.assert_allclose(answer["plan"], plan.numpy(), atol=1e-3 if precision == "fp32" else 5e-2)
