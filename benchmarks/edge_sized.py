"""A dance network of the size of EDGE, with random weights, written from the paper: what a user would otherwise run.

python -m benchmarks.edge_sized [--runtime torch|onnx] [--device cpu|cuda] [--threads 1 2] [--encoded-once]
    [--precision fp32|fp16] [--compiled]

Tseng, Castellano and Liu, "EDGE: Editable Dance Generation From Music", CVPR 2023: 8 layers of width 512 with 8 heads
and 1024 in between, over 150 frames (5 s at 30 a second) of 151 numbers; each layer looks at itself, at the music
and through FiLM at the diffusion step; music is 4800 numbers a frame (Jukebox), encoded by two more layers. A dance of
5 s takes 50 DDIM steps, each with music and without: 100 evaluations. Few are timed here, and multiplied. As published,
every evaluation encodes the music again; with --encoded-once none does. On a card evaluations are timed as they are
made for a dance: each begins with the answer of the one before, inputs are there once, and one waits at the end.

What is left out is in its favour: no Jukebox (minutes a song), no sampler arithmetic, no overlap of windows.
"""

import argparse
import json
import logging
import math
import tempfile
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any  # ONNX Runtime has no types

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.record import Stopwatch, percentiles
from groovecast.model.onnx_runtime import onnx_runtime
from realtime.engines.nvidia_libraries import preload_cuda

FRAMES, NUMBERS, MUSIC_NUMBERS = 150, 151, 4800
WIDTH, LAYERS, HEADS, BETWEEN, MUSIC_LAYERS = 512, 8, 8, 1024, 2
SECONDS, EVALUATIONS = 5.0, 100  # of dance, and what it takes: 50 steps, with music and without
_STEP_WIDTH, _STEP_TOKENS = 4 * WIDTH, 2
_UNCOUNTED = 2
_STRETCHES = 5  # of chained evaluations, on a card
_INPUTS = ("dance", "music", "step")
_NUMBERS = {"fp32": torch.float32, "fp16": torch.float16}

# So many evaluations, each of the answer of the one before, and the last answer, on the processor.
Chain = Callable[[int], np.ndarray]


class Attention(nn.Module):
    """Queries of one sequence about another, eight heads."""

    cos: Tensor
    sin: Tensor

    def __init__(self) -> None:
        super().__init__()
        half = WIDTH // 2
        rate = 10000.0 ** (-torch.arange(half) / half)
        angle = torch.arange(FRAMES + _STEP_TOKENS)[:, None] * rate
        self.register_buffer("cos", angle.cos(), persistent=False)
        self.register_buffer("sin", angle.sin(), persistent=False)
        self.ask, self.offer, self.value, self.out = (nn.Linear(WIDTH, WIDTH) for _ in range(4))

    def forward(
        self, x: Float[Tensor, "batch frames width"], about: Float[Tensor, "batch tokens width"]
    ) -> Float[Tensor, "batch frames width"]:
        """What `x` learns of `about`."""
        asked, offered, values = (
            part.unflatten(-1, (HEADS, -1)).transpose(1, 2)
            for part in (self.ask(self._turned(x)), self.offer(self._turned(about)), self.value(about))
        )
        seen = F.scaled_dot_product_attention(asked, offered, values)
        told: Tensor = self.out(seen.transpose(1, 2).flatten(2))
        return told

    def _turned(self, x: Float[Tensor, "batch frames width"]) -> Float[Tensor, "batch frames width"]:
        """Rotary places (Su et al. 2021): pairs of numbers turned by an angle that grows with the frame."""
        cos, sin = self.cos[: x.shape[1]], self.sin[: x.shape[1]]
        a, b = x.chunk(2, dim=-1)
        return torch.cat((a * cos - b * sin, a * sin + b * cos), dim=-1)


def _between() -> nn.Sequential:
    return nn.Sequential(nn.Linear(WIDTH, BETWEEN), nn.GELU(), nn.Linear(BETWEEN, WIDTH))


class Film(nn.Module):
    """A scale and a shift for every number, told by step and music (Perez et al. 2018)."""

    def __init__(self) -> None:
        super().__init__()
        self.told = nn.Sequential(nn.Mish(), nn.Linear(WIDTH, 2 * WIDTH))

    def forward(
        self, x: Float[Tensor, "batch frames width"], condition: Float[Tensor, "batch width"]
    ) -> Float[Tensor, "batch frames width"]:
        """The numbers, scaled and shifted."""
        scale, shift = self.told(condition)[:, None].chunk(2, dim=-1)
        moved: Tensor = (scale + 1) * x + shift
        return moved


class MusicLayer(nn.Module):
    """One layer of the music's encoder."""

    def __init__(self) -> None:
        super().__init__()
        self.norms = nn.ModuleList(nn.LayerNorm(WIDTH) for _ in range(2))
        self.itself, self.between = Attention(), _between()

    def forward(self, x: Float[Tensor, "batch frames width"]) -> Float[Tensor, "batch frames width"]:
        """Music, in the light of the music around it."""
        normed = self.norms[0](x)
        x = x + self.itself(normed, normed)
        told: Tensor = x + self.between(self.norms[1](x))
        return told


class DanceLayer(nn.Module):
    """One layer of the dance: itself, the music, then each number alone; FiLM after each."""

    def __init__(self) -> None:
        super().__init__()
        self.norms = nn.ModuleList(nn.LayerNorm(WIDTH) for _ in range(3))
        self.films = nn.ModuleList(Film() for _ in range(3))
        self.itself, self.music, self.between = Attention(), Attention(), _between()

    def forward(
        self,
        x: Float[Tensor, "batch frames width"],
        tokens: Float[Tensor, "batch tokens width"],
        condition: Float[Tensor, "batch width"],
    ) -> Float[Tensor, "batch frames width"]:
        """The dance, a layer less noisy."""
        normed = self.norms[0](x)
        x = x + self.films[0](self.itself(normed, normed), condition)
        x = x + self.films[1](self.music(self.norms[1](x), tokens), condition)
        told: Tensor = x + self.films[2](self.between(self.norms[2](x)), condition)
        return told


class EdgeSized(nn.Module):
    """The whole network, for one evaluation: noisy dance, its music and the step in, clean dance out.

    `encoded_once` leaves the music's encoder out: a kinder way to run it than the one that was published.
    """

    def __init__(self, encoded_once: bool = False) -> None:
        super().__init__()
        self.encoded_once = encoded_once
        self.dance_in, self.music_in = nn.Linear(NUMBERS, WIDTH), nn.Linear(MUSIC_NUMBERS, WIDTH)
        self.encoder = nn.Sequential(*(MusicLayer() for _ in range(MUSIC_LAYERS)))
        self.whole_music = nn.Sequential(
            nn.LayerNorm(WIDTH), nn.Linear(WIDTH, WIDTH), nn.SiLU(), nn.Linear(WIDTH, WIDTH)
        )
        self.step = nn.Sequential(nn.Linear(WIDTH, _STEP_WIDTH), nn.Mish())
        self.step_condition = nn.Linear(_STEP_WIDTH, WIDTH)
        self.step_tokens = nn.Linear(_STEP_WIDTH, _STEP_TOKENS * WIDTH)
        # what stands for the music where it is left out for guidance
        self.no_tokens = nn.Parameter(torch.randn(1, FRAMES, WIDTH))
        self.no_music = nn.Parameter(torch.randn(1, WIDTH))
        self.token_norm = nn.LayerNorm(WIDTH)
        self.layers = nn.ModuleList(DanceLayer() for _ in range(LAYERS))
        self.dance_out = nn.Linear(WIDTH, NUMBERS)

    def forward(
        self,
        dance: Float[Tensor, "batch frames 151"],
        music: Float[Tensor, "batch frames 4800"] | Float[Tensor, "batch frames 512"],
        step: Float[Tensor, " batch"],
    ) -> Float[Tensor, "batch frames 151"]:
        """The clean dance that the network believes in at this step."""
        tokens = music if self.encoded_once else self.encoder(self.music_in(music))
        places = torch.arange(WIDTH // 2, device=step.device, dtype=torch.float32)
        wave = step[:, None].float() * torch.exp(-math.log(10000.0) * places / (WIDTH // 2 - 1))
        told = self.step(torch.cat((wave.sin(), wave.cos()), dim=-1).to(dance.dtype))
        condition = self.whole_music(tokens.mean(dim=1)) + self.step_condition(told)
        steps = self.step_tokens(told).unflatten(-1, (_STEP_TOKENS, WIDTH))
        tokens = self.token_norm(torch.cat((tokens, steps), dim=1))
        x = self.dance_in(dance)
        for layer in self.layers:
            x = layer(x, tokens, condition)
        clean: Tensor = self.dance_out(x)
        return clean


def random_inputs(encoded_once: bool = False, seed: int = 0) -> tuple[Tensor, Tensor, Tensor]:
    """A dance of noise, music of noise, and a step in the middle: timing does not depend on what they say."""
    made = torch.Generator().manual_seed(seed)
    dance = torch.randn(1, FRAMES, NUMBERS, generator=made)
    music = torch.randn(1, FRAMES, WIDTH if encoded_once else MUSIC_NUMBERS, generator=made)
    return dance, music, torch.full((1,), 500.0)


def write_edge_sized(network: EdgeSized, path: Path) -> None:
    """The network as an ONNX file, for a batch of one."""
    # each of its notes is about operators that are not used here
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the exporter's own deprecations
        program = torch.onnx.export(
            network.eval(),
            random_inputs(network.encoded_once),
            input_names=list(_INPUTS),
            output_names=["clean"],
            dynamo=True,
            verbose=False,
        )
    if program is None:
        raise RuntimeError("asked for an ONNX graph, the exporter gave none: see its messages above")
    program.save(str(path))


@dataclass(frozen=True)
class Way:
    """A way to run the network."""

    runtime: str = "torch"  # or onnx
    device: str = "cpu"  # or cuda
    encoded_once: bool = False
    precision: str = "fp32"  # or fp16, in PyTorch alone
    compiled: bool = False  # by torch.compile, with CUDA graphs; otherwise eager, as such code is run

    def __post_init__(self) -> None:
        if self.runtime == "onnx" and (self.compiled or self.precision != "fp32"):
            raise ValueError("asked for fp16 or compiled in ONNX Runtime: choose --runtime torch")

    def chains(self, threads: Sequence[int]) -> Iterator[Chain]:
        """The network, with each number of threads."""
        torch.manual_seed(0)
        network = EdgeSized(self.encoded_once).eval()
        if self.runtime == "torch":
            return (self._in_torch(network, number) for number in threads)
        return self._in_onnx(network, threads)

    def _in_torch(self, network: EdgeSized, threads: int) -> Chain:
        torch.set_num_threads(threads)
        numbers = _NUMBERS[self.precision]
        network.to(self.device, numbers)
        first, music, step = (one.to(self.device, numbers) for one in random_inputs(self.encoded_once))
        evaluate = torch.compile(network, mode="reduce-overhead") if self.compiled else network

        def chain(evaluations: int) -> np.ndarray:
            dance = first
            with torch.no_grad() if self.compiled else torch.inference_mode():
                for _ in range(evaluations):
                    if self.compiled:
                        torch.compiler.cudagraph_mark_step_begin()  # type: ignore[no-untyped-call]
                    dance = evaluate(dance, music, step)
                    if self.compiled:
                        dance = dance.clone()  # a CUDA graph writes its next answer where this one lies
                answer: np.ndarray = dance.float().cpu().numpy()  # the one wait
            return answer

        return chain

    def _in_onnx(self, network: EdgeSized, threads: Sequence[int]) -> Iterator[Chain]:
        runtime = onnx_runtime()
        inputs = dict(zip(_INPUTS, (one.numpy() for one in random_inputs(self.encoded_once)), strict=True))
        # TF32 would not be single precision
        cuda = ("CUDAExecutionProvider", {"device_id": "0", "use_tf32": "0"})
        provider, settings = ("CPUExecutionProvider", {}) if self.device == "cpu" else cuda
        if self.device == "cuda":
            preload_cuda(runtime)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "edge_sized.onnx"
            write_edge_sized(network, path)
            for number in threads:
                options = session_options(runtime, number)
                session = runtime.InferenceSession(str(path), options, providers=[(provider, settings)])
                if session.get_providers()[0] != provider:
                    raise RuntimeError(f"asked for {provider}, {session.get_providers()[0]} came instead")
                yield bound_chain(session, runtime, inputs, self.device)


def session_options(runtime: Any, threads: int) -> Any:
    """So many threads. Several spin, as is their default; a single one has nobody to wait for, as ours has not."""
    options = runtime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    if threads == 1:
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 3
    return options


def bound_chain(session: Any, runtime: Any, given: Mapping[str, np.ndarray], device: str) -> Chain:
    """Inputs are put where the session reckons once; two places take turns as dance in and dance out."""
    value = runtime.OrtValue.ortvalue_from_numpy
    place = () if device == "cpu" else (device, 0)
    held = {name: value(given[name], *place) for name in _INPUTS[1:]}
    dances = [value(given["dance"].copy(), *place) for _ in range(2)]
    ways = []
    for turn in range(2):
        binding = session.io_binding()
        binding.bind_ortvalue_input("dance", dances[turn])
        for name, bound in held.items():
            binding.bind_ortvalue_input(name, bound)
        binding.bind_ortvalue_output("clean", dances[1 - turn])
        ways.append(binding)
    options = runtime.RunOptions()
    if device != "cpu":
        # otherwise every evaluation waits for the card
        options.add_run_config_entry("disable_synchronize_execution_providers", "1")

    def chain(evaluations: int) -> np.ndarray:
        for turn in range(evaluations):
            session.run_with_iobinding(ways[turn % 2], options)
        ways[(evaluations - 1) % 2].synchronize_outputs()  # the one wait
        answer: np.ndarray = dances[evaluations % 2].numpy()
        return answer

    return chain


def timed(chain: Chain, stretches: int, chained: int = 1) -> Stopwatch:
    """Each stretch of so many evaluations, after two that are not counted."""
    watch = Stopwatch()
    for _ in range(stretches + _UNCOUNTED):
        with watch:
            chain(chained)
    return watch.without(_UNCOUNTED)


def measured(way: Way, threads: Sequence[int], evaluations: int) -> list[dict[str, object]]:
    """What an evaluation takes, and by multiplication a second of dance, with each number of threads.

    On a processor each of so many is timed; on a card several stretches of so many, each as a whole.
    """
    stretches, chained = (evaluations, 1) if way.device == "cpu" else (_STRETCHES, evaluations)
    rows: list[dict[str, object]] = []
    for number, chain in zip(threads, way.chains(threads), strict=True):
        watch = timed(chain, stretches, chained)
        evaluation_ms = percentiles([took_ms / chained for took_ms in watch.took_ms])
        core_ms = watch.core_ms / chained
        rows.append(
            {
                **asdict(way),
                "threads": number,
                "parameters": sum(weight.numel() for weight in EdgeSized().parameters()),
                "evaluation_ms": evaluation_ms,
                "evaluation_core_ms": round(core_ms, 3),
                "evaluations_timed": stretches * chained,
                "evaluations_chained": chained,
                "evaluations_needed": EVALUATIONS,
                "ms_per_second_of_dance": round(evaluation_ms["p50"] * EVALUATIONS / SECONDS, 1),
                "core_ms_per_second_of_dance": round(core_ms * EVALUATIONS / SECONDS, 1),
            }
        )
    return rows


def main() -> None:
    """Measure one way of running it, in this process alone, and print it as JSON."""
    arguments = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    arguments.add_argument("--runtime", choices=("torch", "onnx"), default="torch")
    arguments.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    arguments.add_argument("--encoded-once", action="store_true", help="the music's encoder left out")
    arguments.add_argument("--precision", choices=tuple(_NUMBERS), default="fp32")
    arguments.add_argument("--compiled", action="store_true", help="by torch.compile")
    arguments.add_argument("--threads", type=int, nargs="+", default=[1])
    arguments.add_argument("--evaluations", type=int, default=20)
    asked = arguments.parse_args()
    way = Way(asked.runtime, asked.device, asked.encoded_once, asked.precision, asked.compiled)
    print(json.dumps(measured(way, asked.threads, asked.evaluations)))


if __name__ == "__main__":
    main()
