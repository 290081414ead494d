"""From a trained ear to its model folder: one step as an ONNX graph with its memory outside, manifest and card."""

import warnings
from pathlib import Path

import msgspec
import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from export.to_onnx import OPSET, without_traces
from groovecast.audio.ear import EAR_FILE, HOPS_PER_STEP, INPUTS
from groovecast.model.ear_network import LEAST_VARIANCE, Block, Ear
from groovecast.model.manifest import MANIFEST, EarManifest, entry_of
from groovecast.model.onnx_runtime import onnx_runtime
from groovecast.train.ears import load_ear

# The artefact may differ from the weights by this much in any logit, after a minute of carrying its own memory.
MOST_LOGIT_ERROR = 1e-3
_PARITY_STEPS = 1500
CREDIT = (
    "sounds of the training music: MuseScore General (MIT) and OPL-3 FM 128M (CC BY-SA 4.0) sound fonts, samples and "
    "loops of Sonic Pi (CC0), Hydrogen's kits Audiophob (CC0) and rumpf (CC BY 3.0), speech of espeak-ng, own synthesis"
)


class EarStep(nn.Module):
    """One step of an ear, written for one: products of matrices, and one gather for all that is remembered.

    Inputs (1, inputs) and memory (memory steps, width) to logits (1, outputs) and the memory after. The same numbers
    as the network's own convolutions, at a fraction of their cost.
    """

    def __init__(self, ear: Ear) -> None:
        super().__init__()
        self.ear = ear
        kernel, width = ear.config.kernel, ear.config.width
        taps, shifted, first = [], [], 0
        new = ear.config.memory_steps  # where the new rows stand, one for each block
        for number, dilation in enumerate(ear.config.dilations):
            reach = (kernel - 1) * dilation
            taps += [first + tap * dilation for tap in range(kernel - 1)]
            shifted += [*range(first + 1, first + reach), new + number]
            first += reach
        self.register_buffer("taps", torch.tensor(taps))
        self.register_buffer("shifted", torch.tensor(shifted))
        for number, block in enumerate(_blocks(ear)):
            look = block.look.weight.detach().permute(0, 2, 1).reshape(width, kernel * width)
            self.register_buffer(f"look_{number}", look.contiguous())
            self.register_buffer(f"mix_{number}", block.mix.weight.detach()[:, :, 0].contiguous())

    def forward(self, inputs: Tensor, memory: Tensor) -> tuple[Tensor, Tensor]:
        """The next step."""
        width = self.ear.config.width
        past = memory[self.get_buffer("taps")].reshape(len(self.ear.blocks), -1)
        x, levels = self.ear.front(inputs), []
        for number, block in enumerate(_blocks(self.ear)):
            level = functional.layer_norm(x, (width,), block.gain[:, 0], block.offset[:, 0], LEAST_VARIANCE)
            known = torch.cat((past[number : number + 1], level), dim=1)
            looked = functional.silu(
                functional.linear(known, self.get_buffer(f"look_{number}"), block.look.bias)
            )
            x = x + functional.linear(looked, self.get_buffer(f"mix_{number}"), block.mix.bias)
            levels.append(level)
        logits: Tensor = self.ear.answer(self.ear.norm(x))
        return logits, torch.cat((memory, *levels))[self.get_buffer("shifted")]


def _blocks(ear: Ear) -> list[Block]:
    return [block for block in ear.blocks if isinstance(block, Block)]


def write_ear(ear: Ear, path: Path) -> None:
    """Write one step of the ear; the file is complete or not there at all."""
    example = torch.randn(1, INPUTS), torch.zeros(ear.config.memory_steps, ear.config.width)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the exporter's own deprecations
        program = torch.onnx.export(
            EarStep(ear).eval(), example, input_names=["inputs", "memory"], output_names=["logits", "memory_after"],
            opset_version=OPSET, dynamo=True, verbose=False,
        )  # fmt: skip
    if program is None:
        raise RuntimeError("asked for an ONNX graph, the exporter gave none: see its messages above")
    part = path.with_name(path.name + ".part")
    part.write_bytes(without_traces(program.model_proto).SerializeToString())
    part.replace(path)


def logit_error(ear: Ear, artefact: Path, inputs: np.ndarray) -> float:
    """How far the artefact's logits get from the weights' over so many steps, each with its own memory."""
    with torch.no_grad():
        wanted = ear(torch.from_numpy(inputs)[None])[0][0].numpy()
    session = onnx_runtime().InferenceSession(str(artefact), providers=["CPUExecutionProvider"])
    memory = np.zeros((ear.config.memory_steps, ear.config.width), np.float32)
    worst = 0.0
    for now, logits in zip(inputs, wanted, strict=True):
        found, memory = session.run(None, {"inputs": now[None], "memory": memory})
        worst = max(worst, float(np.abs(found[0] - logits).max()))
    return worst


def bundle_ear(weights: Path, folder: Path) -> EarManifest:
    """Make the model folder of a trained ear.

    Raises ValueError when the artefact is further from its weights than is shipped.
    """
    ear, said = load_ear(weights)
    folder.mkdir(parents=True, exist_ok=True)
    artefact = folder / EAR_FILE
    write_ear(ear, artefact)
    inputs = np.random.default_rng(0).random((_PARITY_STEPS, INPUTS)).astype(np.float32)
    error = logit_error(ear, artefact, inputs)
    if error > MOST_LOGIT_ERROR:
        artefact.unlink()
        raise ValueError(
            f"asked for logits within {MOST_LOGIT_ERROR} of the weights, found {error}: check the exporter"
        )
    manifest = EarManifest(
        name=folder.name,
        config=ear.config,
        parameters=sum(parameter.numel() for parameter in ear.parameters()),
        trained_steps=int(said["step"]),
        trained_minutes=float(said["minutes"]),
        trained_on=f"{said['songs']} songs that `groovecast train songs` composed and rendered",
        credit=CREDIT,
        licence="Apache-2.0",
        logit_error=error,
        files={EAR_FILE: entry_of(artefact)},
    )
    (folder / MANIFEST).write_bytes(msgspec.json.format(msgspec.json.encode(manifest), indent=2) + b"\n")
    (folder / "README.md").write_text(_card(manifest), encoding="utf-8")
    return manifest


def _card(manifest: EarManifest) -> str:
    lines = (
        f"# {manifest.name}",
        "",
        "The trained ear of Groovecast: a causal convolution network that hears beats, downbeats and tempo in live "
        f"sound, {HOPS_PER_STEP} hops of 10 ms at a time. `realtime/ear.py` runs it; `groovecast/audio/beat.py` makes "
        "a beat clock of its answers.",
        "",
        f"- {manifest.parameters:,} parameters; {manifest.trained_steps:,} steps in "
        f"{manifest.trained_minutes:.0f} minutes on one CPU core",
        f"- learned from {manifest.trained_on}: nobody's songs, no recorded music but single strokes and drum loops",
        f"- {manifest.credit}",
        f"- the artefact's logits stay within {manifest.logit_error:.1e} of the weights over a minute of noise",
        f"- licence: {manifest.licence}",
        "",
        "How well it hears is measured by `python -m benchmarks.ears`; the figures are lines in "
        "`benchmarks/results/ears.jsonl`.",
    )
    return "\n".join(lines) + "\n"
