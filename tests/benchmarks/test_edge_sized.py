"""The network of EDGE's size: its shape is the paper's, and what it is timed by is arithmetic."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch

from benchmarks import edge_sized
from benchmarks.edge_sized import EdgeSized, random_inputs, timed, write_edge_sized


@pytest.fixture(scope="module")
def network() -> EdgeSized:
    """The whole of it."""
    torch.manual_seed(0)
    return EdgeSized().eval()


@pytest.fixture
def shallow(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A network of one layer each, which is exported quickly."""
    monkeypatch.setattr(edge_sized, "LAYERS", 1)
    monkeypatch.setattr(edge_sized, "MUSIC_LAYERS", 1)
    monkeypatch.setattr(edge_sized, "MUSIC_NUMBERS", 16)
    yield


def test_it_has_the_49_million_parameters_that_the_paper_says(network: EdgeSized) -> None:
    """8 x 512 with FiLM, two layers for the music, 4800 numbers of music a frame: 49 million (Tseng et al. 2023)."""
    linear = lambda wide, out: wide * out + out  # noqa: E731
    attention, between = 4 * linear(512, 512), linear(512, 1024) + linear(1024, 512)
    dance = 2 * attention + between + 3 * linear(512, 2 * 512) + 3 * 2 * 512
    music = attention + between + 2 * 2 * 512
    step = linear(512, 2048) + linear(2048, 512) + linear(2048, 2 * 512)
    ends = linear(151, 512) + linear(4800, 512) + linear(512, 151)
    rest = 2 * linear(512, 512) + 2 * 2 * 512 + 150 * 512 + 512
    count = sum(weight.numel() for weight in network.parameters())
    assert count == 8 * dance + 2 * music + step + ends + rest == 49_464_471


def test_it_answers_5_s_of_dance_and_hears_music_and_step(network: EdgeSized) -> None:
    dance, music, step = random_inputs()
    assert dance.shape == (1, 150, 151) and music.shape == (1, 150, 4800)
    with torch.inference_mode():
        clean = network(dance, music, step)
        assert clean.shape == (1, 150, 151) and bool(torch.isfinite(clean).all())
        for other in ((dance, -music, step), (dance, music, step / 2), (-dance, music, step)):
            assert float((network(*other) - clean).abs().max()) > 1e-3


def test_its_graph_answers_as_it_does(shallow: None, tmp_path: Path) -> None:
    torch.manual_seed(0)
    made = EdgeSized().eval()
    write_edge_sized(made, tmp_path / "sized.onnx")
    session = onnxruntime.InferenceSession(str(tmp_path / "sized.onnx"), providers=["CPUExecutionProvider"])
    inputs = random_inputs()
    names = [one.name for one in session.get_inputs()]
    found = session.run(None, {name: one.numpy() for name, one in zip(names, inputs, strict=True)})[0]
    with torch.inference_mode():
        np.testing.assert_allclose(found, made(*inputs).numpy(), atol=1e-4)


def test_music_that_was_encoded_once_is_not_encoded_again(shallow: None) -> None:
    made = EdgeSized(encoded_once=True).eval()
    made.encoder.register_forward_hook(lambda *_: pytest.fail("the encoder was asked"))
    with torch.inference_mode():
        assert made(*random_inputs(encoded_once=True)).shape == (1, 150, 151)


def test_the_first_evaluations_are_not_counted() -> None:
    asked = []
    assert len(timed(lambda: asked.append(1), 5).took_ms) == 5 and len(asked) == 7


def test_a_second_of_dance_is_twenty_evaluations(shallow: None) -> None:
    way = edge_sized.Way()
    threads = torch.get_num_threads()
    rows = edge_sized.measured(way, [1], 3)
    torch.set_num_threads(threads)
    evaluation_ms = rows[0]["evaluation_ms"]
    assert isinstance(evaluation_ms, dict) and rows[0]["evaluations_needed"] == 100
    assert rows[0]["ms_per_second_of_dance"] == pytest.approx(20 * evaluation_ms["p50"], abs=0.06)
