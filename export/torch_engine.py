"""PyTorch as an engine, for developers: the model's own weights, run as they were trained or compiled for a card.

Found by the show through the entry points `groovecast.engines`, so that it never loads PyTorch itself. The path of a
card was not run by us so far.
"""

import platform
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any  # torch_tensorrt has no types

import numpy as np
import torch
from safetensors.torch import load
from torch import Tensor, nn

from export.to_onnx import OneStep, Sampler, halved
from groovecast.model.config import ModelConfig
from groovecast.model.denoiser import Denoiser
from groovecast.model.graph import Graph
from groovecast.model.manifest import WEIGHTS_FILE, checked_file, read_manifest
from groovecast.model.sampling import MOST_UNROLLED

Body = Callable[..., tuple[Tensor, ...]]
_UNRECORDED = 3  # calls before a CUDA graph is recorded, in which libraries make room


def weights_of(folder: Path, config: ModelConfig) -> Denoiser:
    """The network of a model folder, in single precision. Raises ValueError with the mend for a file that changed."""
    content = checked_file(folder, read_manifest(folder).files, WEIGHTS_FILE)
    model = Denoiser(config).eval()
    model.load_state_dict(load(content))  # halves become single again
    return model.requires_grad_(False)


class TorchEngine:
    """The sampler in PyTorch: compiled and recorded as a CUDA graph on a card, plain and on one thread without one."""

    name = "torch"

    def __init__(self, folder: Path, graph: Graph, batch: int, say: Callable[[str], None]) -> None:
        self.graph = graph
        self.batch = batch
        self._shapes = graph.inputs(batch)
        self._names = tuple(graph.outputs(batch))  # in the order in which the sampler answers
        on_card = torch.cuda.is_available()
        if graph.artefact.precision not in self.precisions():
            raise ValueError(
                f"asked for {graph.artefact.precision} of engine {self.name}, it takes "
                f"{', '.join(self.precisions())} here: choose one"
            )
        model = weights_of(folder, graph.config)
        if graph.artefact.precision == "fp16":
            model = halved(model)
        device = torch.device("cuda" if on_card else "cpu")
        # the sampler keeps some tensors of its own where the network is when it is made
        made = (OneStep if graph.config.steps > MOST_UNROLLED else Sampler)(model.to(device))
        sampler = _Named(made, tuple(self._shapes)).to(device).eval()
        if on_card:
            self.device = torch.cuda.get_device_name()
            self._called: Body | None = _Recorded(self._compiled(sampler, device, say), self._empty(device))
            return
        torch.set_num_threads(1)  # the page and the sound need the other core
        self.device = f"{platform.processor() or platform.machine()}, 1 thread"
        self._called = sampler

    @classmethod
    def precisions(cls) -> tuple[str, ...]:
        """What it reckons with on this machine, the best first."""
        return ("fp16", "fp32") if torch.cuda.is_available() else ("fp32",)

    def run(self, inputs: Mapping[str, np.ndarray]) -> Mapping[str, np.ndarray]:
        """Dance thread. All outputs, of inputs in the graph's shapes. What it answers holds until the next call."""
        found = {name: np.shape(value) for name, value in inputs.items()}
        if found != self._shapes:
            raise ValueError(f"asked engine {self.name} with {found}: give {self._shapes}")
        if self._called is None:
            raise ValueError(f"asked engine {self.name} for a plan, it is closed: open another")
        with torch.inference_mode():
            tensors = [torch.from_numpy(np.ascontiguousarray(inputs[name])) for name in self._shapes]
            answers = self._called(*tensors)
        return {name: answer.numpy() for name, answer in zip(self._names, answers, strict=True)}

    def close(self) -> None:
        """Give the device back. Nothing may be asked afterwards; a second time does nothing."""
        self._called = None
        if torch.cuda.is_available():
            torch.cuda.empty_cache()

    def _compiled(self, sampler: nn.Module, device: torch.device, say: Callable[[str], None]) -> Body:
        # Not mode="reduce-overhead": its CUDA graphs belong to the thread that recorded them, and the dance has a
        # thread of its own. They are recorded here instead.
        say("PyTorch compiles the model for this card: about a minute")
        compiled: Body = torch.compile(sampler, dynamic=False, fullgraph=True)
        return compiled

    def _empty(self, device: torch.device) -> list[Tensor]:
        """Inputs of the right shapes."""
        return [
            torch.zeros(shape, dtype=torch.int64 if name == "step" else torch.float32, device=device)
            for name, shape in self._shapes.items()
        ]


class TorchTensorrtEngine(TorchEngine):
    """The same, compiled by Torch-TensorRT. Needs a card."""

    name = "torch-tensorrt"

    def __init__(self, folder: Path, graph: Graph, batch: int, say: Callable[[str], None]) -> None:
        if not torch.cuda.is_available():
            raise RuntimeError(
                f"asked for engine {self.name}, PyTorch finds no CUDA card: choose --engine torch"
            )
        super().__init__(folder, graph, batch, say)

    @classmethod
    def precisions(cls) -> tuple[str, ...]:
        """What it reckons with, the best first. Raises ImportError where its package is missing."""
        import torch_tensorrt  # noqa: F401

        return ("fp16", "fp32")

    def _compiled(self, sampler: nn.Module, device: torch.device, say: Callable[[str], None]) -> Body:
        import torch_tensorrt

        say("Torch-TensorRT builds an engine for this card: some minutes")
        given = tuple(self._empty(device))
        compiler: Any = torch_tensorrt.dynamo
        built: Body = compiler.compile(
            torch.export.export(sampler, given),
            arg_inputs=given,
            use_explicit_typing=True,  # the network says what is reckoned in half precision
            min_block_size=1,
            truncate_double=True,
        )
        return built


class _Named(nn.Module):
    """A sampler that is given its inputs in the order of the graph's; which there are depends on the model."""

    def __init__(self, sampler: nn.Module, names: tuple[str, ...]) -> None:
        super().__init__()
        self.sampler = sampler
        self.names = names

    def forward(self, *given: Tensor) -> tuple[Tensor, ...]:
        """What the sampler answers."""
        answers: tuple[Tensor, ...] = self.sampler(**dict(zip(self.names, given, strict=True)))
        return answers


class _Recorded:
    """A function on a card as one CUDA graph, with pinned memory on this side: a call takes no new memory anywhere."""

    def __init__(self, body: Body, inputs: list[Tensor]) -> None:
        self._inputs = inputs
        self._given = [torch.zeros_like(one, device="cpu", pin_memory=True) for one in inputs]
        self._stream = torch.cuda.Stream()  # type: ignore[no-untyped-call]  # PyTorch
        self._graph = torch.cuda.CUDAGraph()
        with torch.inference_mode():
            self._stream.wait_stream(torch.cuda.current_stream())
            with torch.cuda.stream(self._stream):
                for _ in range(_UNRECORDED):
                    body(*inputs)
            self._stream.synchronize()
            with torch.cuda.graph(self._graph, stream=self._stream):
                self._outputs = body(*inputs)
            self._answers = tuple(
                torch.zeros_like(one, device="cpu", pin_memory=True) for one in self._outputs
            )

    def __call__(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        with torch.cuda.stream(self._stream):
            for given, value, there in zip(self._given, inputs, self._inputs, strict=True):
                given.copy_(value)
                there.copy_(given, non_blocking=True)
            self._graph.replay()
            for answer, made in zip(self._answers, self._outputs, strict=True):
                answer.copy_(made, non_blocking=True)
        self._stream.synchronize()
        return self._answers
