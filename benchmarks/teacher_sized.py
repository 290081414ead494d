"""A plan as the 50-step teacher makes it: the model's own network, each step with music and without.

python -m benchmarks.teacher_sized [--model NAME] [--teacher FOLDER] [--engine cpu] [--plans 3]

Without the folder of a teacher, a network of the same size with random weights: what a plan takes does not depend on
them.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import msgspec
import torch

from benchmarks.opening import AskedEngine, opened_as
from benchmarks.record import Stopwatch, percentiles
from export.bundle import Sampling, sampled_otherwise
from export.to_onnx import write_onnx
from groovecast.model.config import ModelConfig
from groovecast.model.denoiser import Denoiser
from groovecast.model.manifest import MANIFEST, ONNX_FILE, Artefact, Manifest, Parity, entry_of, read_manifest
from groovecast.model.sampling import sampled
from realtime.engine import ModelGenerator
from realtime.engines.warm_up import example_inputs
from realtime.settings import BUNDLED_MODEL
from realtime.shows import model_folder

STEPS = 50
GUIDANCE = 1.5  # any but 1 costs the same


def teacher_config(student: ModelConfig) -> ModelConfig:
    """A network of the same size, asked 50 times, each time with music and without."""
    unguided = msgspec.structs.replace(student, guided=False, warm=False)
    return sampled_otherwise(unguided, Sampling(steps=STEPS, guidance=GUIDANCE))


def write_random_model(
    config: ModelConfig, folder: Path, write: Callable[[Denoiser, Path], None] = write_onnx
) -> Manifest:
    """A model folder that dances nonsense, in single precision; `write` makes its graph."""
    torch.manual_seed(0)
    network = Denoiser(config).eval()
    write(network, folder / ONNX_FILE)
    nothing = Parity(windows=0, mean_degrees=0.0, max_degrees=0.0, mean_mm=0.0, max_mm=0.0)
    manifest = Manifest(
        name="random weights",
        config=config,
        parameters=sum(weight.numel() for weight in network.parameters()),
        trained_steps=0,
        trained_minutes=0.0,
        trained_on="nothing",
        licence="none",
        credit="",
        artefacts=(Artefact(ONNX_FILE, "fp32", nothing),),
        files={ONNX_FILE: entry_of(folder / ONNX_FILE)},
    )
    (folder / MANIFEST).write_bytes(msgspec.json.encode(manifest))
    return manifest


def timed(generator: ModelGenerator, plans: int) -> Stopwatch:
    """Each of so many plans, the engine being warm."""
    inputs = example_inputs(generator.engine.graph, 1)
    inputs.pop("step", None)  # the sampler says which
    watch = Stopwatch()
    for _ in range(plans):
        with watch:
            sampled(generator.engine.run, inputs, generator.config.steps)
    return watch


def measured(folder: Path, engine: str, plans: int, random_weights: bool) -> dict[str, object]:
    """What a plan of the teacher takes, the engine alone."""
    generator = opened_as(folder, AskedEngine(engine, "fp32"))
    watch = timed(generator, plans)
    row = {
        "steps": generator.config.steps,
        "evaluations": generator.config.steps * (2 if generator.config.guided_outside else 1),
        "engine": generator.name,
        "precision": generator.precision,
        "device": generator.device,
        "parameters": generator.manifest.parameters,
        "random_weights": random_weights,
        "plan_ms": percentiles(watch.took_ms),
        "plan_core_ms": watch.core_ms,
        "plans_timed": plans,
    }
    generator.close()
    return row


def main() -> None:
    """Measure it, and print the row as JSON."""
    arguments = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    arguments.add_argument("--model", default=BUNDLED_MODEL)
    arguments.add_argument("--teacher", type=Path)
    arguments.add_argument("--engine", default="cpu")
    arguments.add_argument("--plans", type=int, default=3)
    asked = arguments.parse_args()
    with tempfile.TemporaryDirectory() as made:
        folder = asked.teacher or Path(made)
        if asked.teacher is None:
            write_random_model(teacher_config(read_manifest(model_folder(asked.model)).config), folder)
        print(json.dumps(measured(folder, asked.engine, asked.plans, asked.teacher is None)))


if __name__ == "__main__":
    try:
        main()
    except (OSError, ValueError, ImportError, RuntimeError) as why:
        # the caller tells why the row is left out
        sys.exit(" ".join(str(why).split()))
