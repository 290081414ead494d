"""From trained weights to one ONNX file: the sampler unrolled in one graph, natural units in and out."""

import copy
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import torch
from torch import Tensor, nn

from export.pose_head import PoseHead
from export.weights_file import HALVED_FROM_BYTES, READABLE, kept_apart
from groovecast.model.denoiser import (
    PLAN_KERNEL,
    PURE_NOISE,
    Denoiser,
    alpha_bar,
    band_limited,
    level_features,
    stronger,
)
from groovecast.model.editing import WHOLLY
from groovecast.model.sampling import MOST_UNROLLED
from groovecast.motion.representation import JOINTS, TILT
from groovecast.whole_file import write_whole

OPSET = 20  # 17 comes out invalid, 23 and later use operators that older runtimes lack


class Sampler(nn.Module):
    """A plan from history, music, style weights and noise: normalisation, all DDIM steps, and back to a moving body.

    Of a warm model the last step alone, from the plan before. Of an editable one it keeps to what is known.
    """

    def __init__(self, model: Denoiser) -> None:
        super().__init__()
        self.model = model
        self.head = PoseHead(model.config.plan_frames, model.config.fps)
        self.levels: list[Tensor] = []
        self.keep: list[float] = []
        with torch.no_grad():
            levels = (PURE_NOISE, *model.config.log_snrs)
            for log_snr in levels[-1:] if model.config.warm else levels:
                one = model.new_level(log_snr, 1)
                self.levels.append(model.level(level_features(one, model.config.width)).clone())
                self.keep.append(float(alpha_bar(one)))

    def forward(
        self,
        history: Tensor,
        music: Tensor,
        style: Tensor,
        noise: Tensor,
        before: Tensor | None = None,
        known: Tensor | None = None,
        mask: Tensor | None = None,
    ) -> tuple[Tensor, Tensor, Tensor]:
        """(b, 40, 141), (b, 90, 10), (b, styles + 1), (b, 50, 141) -> (b, 50, 141); `style` sums to 1.

        Then the motion that the plan means, from the origin facing +Z: root (b, 50, 3), rotations (b, 50, 22, 4).
        A warm model is also given the plan before, moved on, (b, 50, 141) in natural units; an editable one what is
        known, in natural units, and its mask, both (b, 50, 141).
        """
        model, last = self.model, len(self.levels) - 1
        mean, std = model.get_buffer("mean"), model.get_buffer("std")
        past, x = (history - mean) / std, noise
        if model.config.warm and before is None:
            raise ValueError("asked a warm model for a plan, the plan before is missing: give `before`")
        edited, kept = self.edit(known, mask), self.edit(known, None if mask is None else self.final(mask))
        if before is not None:
            keep = self.keep[0]
            begun = edited((before - mean) / std)
            x = keep**0.5 * begun + (1 - keep) ** 0.5 * model.config.inflate * noise
        for step, level in enumerate(self.levels):
            clean = self.clean(past, x, music, style, level)
            if step == last:
                x = kept(band_limited(clean, past, PLAN_KERNEL))
                break
            clean = edited(clean)
            here, there = self.keep[step], self.keep[step + 1]
            rest = (x - here**0.5 * clean) / (1 - here) ** 0.5
            x = there**0.5 * clean + (1 - there) ** 0.5 * model.config.inflate * rest
        plan = x * std + mean
        return plan, *self.head(plan)

    def edit(self, known: Tensor | None, mask: Tensor | None) -> Callable[[Tensor], Tensor]:
        """What puts the known numbers (natural units) into a clean plan (normalised); nothing where none are given.

        A clean plan that is edited after each evaluation is also noised with them inside, by the sampler itself: at the
        next one what is known is at that step's own level, as in EDGE's editing (Tseng et al. 2023, section 3.3).
        """
        if known is None or mask is None:
            return lambda clean: clean
        wanted = (known - self.model.get_buffer("mean")) / self.model.get_buffer("std")
        return lambda clean: clean + mask * (wanted - clean)

    @staticmethod
    def final(mask: Tensor) -> Tensor:
        """What of a mask still holds for a plan when it is done: of a rotation, only where it is wholly known.

        Halfway between the six numbers of two rotations there is none on the way between them, and a joint would flip
        over; `held` in groovecast/model/editing.py goes that way afterwards.
        """
        turns = torch.zeros(mask.shape[-1], device=mask.device)
        turns[TILT], turns[JOINTS] = 1.0, 1.0
        return mask * (1 - turns * (mask < WHOLLY).to(mask.dtype))

    def clean(self, past: Tensor, x: Tensor, music: Tensor, style: Tensor, level: Tensor) -> Tensor:
        """One answer of the network, guided from outside if it must be; normalised."""
        model = self.model
        clean = model.clean(past, x, music, level + model.asked(style))
        if not model.config.guided_outside:
            return clean
        nothing = model.asked(torch.full((1,), model.unknown, device=music.device))
        untold = model.clean(past, x, torch.zeros_like(music), level + nothing)
        return stronger(clean, untold, model.config.guidance)


class OneStep(nn.Module):
    """One step of a sampler of many, the number of the step an input: what it would end as here, and the way onward."""

    def __init__(self, model: Denoiser) -> None:
        super().__init__()
        self.sampler = Sampler(model)
        keep = torch.tensor([*self.sampler.keep, self.sampler.keep[-1]])
        self.register_buffer("levels", torch.cat(self.sampler.levels))
        self.register_buffer("here", keep[:-1])
        self.register_buffer("there", keep[1:])

    def forward(
        self,
        history: Tensor,
        music: Tensor,
        style: Tensor,
        noise: Tensor,
        step: Tensor,
        known: Tensor | None = None,
        mask: Tensor | None = None,
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """As the sampler's; `step` is (1,). Last comes what is the next step's `noise`."""
        model = self.sampler.model
        mean, std = model.get_buffer("mean"), model.get_buffer("std")
        level, here, there = (
            self.get_buffer(name).index_select(0, step) for name in ("levels", "here", "there")
        )
        past, edited = (history - mean) / std, self.sampler.edit(known, mask)
        kept = self.sampler.edit(known, None if mask is None else self.sampler.final(mask))
        answer = self.sampler.clean(past, noise, music, style, level)
        clean = edited(answer)
        rest = (noise - here**0.5 * clean) / (1 - here) ** 0.5
        onward = there**0.5 * clean + (1 - there) ** 0.5 * model.config.inflate * rest
        plan = kept(band_limited(answer, past, PLAN_KERNEL)) * std + mean
        return plan, *self.sampler.head(plan), onward


def example_inputs(model: Denoiser, batch: int, seed: int = 0) -> dict[str, Tensor]:
    """Inputs of the right shapes and of plausible sizes."""
    config = model.config
    rng = torch.Generator().manual_seed(seed)
    style = torch.zeros(batch, len(config.styles) + 1)
    style[:, 0] = 1

    def motion(frames: int) -> Tensor:
        normal = torch.randn(batch, frames, config.numbers, generator=rng)
        return normal * model.get_buffer("std") + model.get_buffer("mean")

    inputs = {
        "history": motion(config.history_frames),
        "music": torch.rand(batch, config.window_frames, config.music_channels, generator=rng),
        "style": style,
        "noise": torch.randn(batch, config.plan_frames, config.numbers, generator=rng),
    }
    if config.warm:
        inputs["before"] = motion(config.plan_frames)
    if config.editable:
        inputs["known"] = motion(config.plan_frames)
        inputs["mask"] = torch.rand(batch, config.plan_frames, config.numbers, generator=rng)
    return inputs


def halved(model: Denoiser) -> Denoiser:
    """The network with matrices, norms and attention in half precision, for cards.

    What steers it, the sampler's sums, normalisation and the body stay of single precision, and so do all inputs and
    outputs: they cost next to nothing, and they are where half precision would be seen.
    """
    half = copy.deepcopy(model)
    parts: list[nn.Module] = [half.motion_in, half.music_in, half.norm, half.motion_out]
    for part in (*parts, *(part for block in half.blocks for part in block.children())):
        part.half()
    return half


def exported(model: Denoiser) -> onnx.ModelProto:
    """The graph of the sampler of `model`; the batch may be any.

    A sampler of very many steps becomes one step, with `step` as a further input (groovecast/model/sampling.py).
    """
    inputs = example_inputs(model, 2)  # a batch of one would be frozen into the graph
    batch = torch.export.Dim("batch", min=1, max=64)
    shapes: dict[str, dict[int, object]] = {name: {0: batch} for name in inputs}
    sampler: nn.Module = Sampler(model).eval()
    outputs = ["plan", "root_m", "local_quat_wxyz"]
    if model.config.steps > MOST_UNROLLED:
        sampler, outputs = OneStep(model).eval(), [*outputs, "onward"]
        inputs["step"], shapes["step"] = torch.zeros(1, dtype=torch.int64), {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the exporter's own deprecations
        program = torch.onnx.export(
            sampler,
            kwargs=inputs,
            input_names=list(inputs),
            output_names=outputs,
            opset_version=OPSET,
            dynamo=True,
            dynamic_shapes=shapes,
            verbose=False,
        )
    if program is None:
        raise RuntimeError("asked for an ONNX graph, the exporter gave none: see its messages above")
    return without_traces(program.model_proto)


def write_onnx(model: Denoiser, path: Path) -> None:
    """Write the graph of `model` with all that it needs inside; complete or not there at all."""
    save_graph(exported(model), path)


def save_graph(
    proto: onnx.ModelProto, path: Path, half_weights: bool = False, weights: Path | None = None
) -> None:
    """Write a graph. The file is complete or not there at all.

    With `half_weights` its matrices take half the room; what it reckons with stays as it was. Tensors that the file
    `weights` holds, which lies beside it, are taken from there.
    """
    if half_weights:
        proto = with_half_weights(proto)
    if weights is not None:
        proto = kept_apart(proto, weights)
    write_whole(path, proto.SerializeToString(), mode=READABLE)


def without_traces(proto: onnx.ModelProto) -> onnx.ModelProto:
    """The graph without the exporter's notes on each node, which name files of the machine that it ran on."""
    del proto.metadata_props[:]
    for graph in (proto.graph, *proto.functions):
        del graph.metadata_props[:]
        graph.doc_string = ""
        for entry in (*graph.node, *graph.value_info):
            del entry.metadata_props[:]
            entry.doc_string = ""
    for value in (*proto.graph.input, *proto.graph.output, *proto.graph.initializer):
        del value.metadata_props[:]
    return proto


def with_half_weights(proto: onnx.ModelProto) -> onnx.ModelProto:
    """The graph with its matrices stored in half precision, and widened again when a session begins.

    The runtime folds each Cast of a constant once, so a plan costs what it cost. Raises ValueError for a weight that
    half precision does not hold.
    """
    casts = []
    for tensor in proto.graph.initializer:
        if tensor.data_type != onnx.TensorProto.FLOAT:
            continue
        weight = onnx.numpy_helper.to_array(tensor)
        if weight.nbytes < HALVED_FROM_BYTES:
            continue
        if np.abs(weight).max() > np.finfo(np.float16).max:
            raise ValueError(
                f"asked for half precision, {tensor.name} holds {np.abs(weight).max():.0f}: use --no-half-weights"
            )
        name = tensor.name
        tensor.CopyFrom(onnx.numpy_helper.from_array(weight.astype(np.float16), f"{name}.half"))
        casts.append(onnx.helper.make_node("Cast", [tensor.name], [name], to=onnx.TensorProto.FLOAT))
    nodes = [*casts, *proto.graph.node]
    del proto.graph.node[:]
    proto.graph.node.extend(nodes)
    return proto


def torch_plan(model: Denoiser, inputs: dict[str, Tensor]) -> np.ndarray:
    """What PyTorch itself answers to such inputs."""
    with torch.no_grad():
        plan: np.ndarray = Sampler(model).eval()(**inputs)[0].numpy()
    return plan
