"""A model folder of a few numbers: its graphs take and answer what a dancer's do, and what they answer is known."""

from pathlib import Path

import msgspec
import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from groovecast.model.config import ModelConfig
from groovecast.model.manifest import (
    MANIFEST,
    ONNX_FILE,
    WEIGHTS_FILE,
    Artefact,
    Manifest,
    Parity,
    entry_of,
)
from groovecast.model.sampling import MOST_UNROLLED

WEIGHTS = np.random.default_rng(5).standard_normal((141, 141)).astype(np.float32) / 12
LIKES = np.arange(9, dtype=np.float32)[:, None] / 9
_PARITY = Parity(1, 0.0, 0.0, 0.0, 0.0)
_FILES = {"fp32": ONNX_FILE, "fp16": "dancer.fp16.onnx", "int8": "dancer.int8.onnx"}


def tiny_model(folder: Path, precisions: tuple[str, ...] = ("fp32",), steps: int = 2) -> Manifest:
    """Write the folder: graphs with their weights in a file beside them, and the manifest."""
    folder.mkdir(parents=True, exist_ok=True)
    config = ModelConfig(log_snrs=tuple(np.linspace(-5, 1, steps - 1).tolist()))
    (folder / WEIGHTS_FILE).write_bytes(b"eight!!!" + WEIGHTS.tobytes())
    for precision in precisions:
        (folder / _FILES[precision]).write_bytes(_graph(config, precision).SerializeToString())
    manifest = Manifest(
        name=folder.name, config=config, parameters=WEIGHTS.size, trained_steps=0, trained_minutes=0.0,
        trained_on="nothing", licence="Apache-2.0", credit="",
        artefacts=tuple(Artefact(_FILES[one], one, _PARITY, (WEIGHTS_FILE,)) for one in precisions),
        files={name: entry_of(folder / name) for name in (WEIGHTS_FILE, *(_FILES[one] for one in precisions))},
    )  # fmt: skip
    (folder / MANIFEST).write_bytes(msgspec.json.encode(manifest))
    return manifest


def tiny_plan(
    history: np.ndarray, music: np.ndarray, style: np.ndarray, noise: np.ndarray, step: int = 0
) -> np.ndarray:
    """What the graph means, of arrays with a batch axis."""
    told = music.mean(axis=(1, 2), keepdims=True)
    plan: np.ndarray = noise @ WEIGHTS + history[:, -1:] + told + (style @ LIKES)[:, None] + step
    return plan


def tiny_inputs(batch: int | None = None, seed: int = 0) -> dict[str, np.ndarray]:
    """Inputs of the right shapes; without a batch as a dancer gives them."""
    rng, config = np.random.default_rng(seed), ModelConfig()
    shapes = {
        "history": (config.history_frames, config.numbers),
        "music": (config.window_frames, config.music_channels),
        "style": (len(config.styles) + 1,),
        "noise": (config.plan_frames, config.numbers),
    }
    before = () if batch is None else (batch,)
    return {name: rng.standard_normal((*before, *shape), np.float32) for name, shape in shapes.items()}


class _Sketch:
    """Nodes and constants, written down in the order of the data."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def put(self, value: float | list[int] | np.ndarray) -> str:
        """A constant; its name."""
        name = f"constant_{len(self.constants)}"
        array = np.asarray(value, np.float32 if isinstance(value, float) else None)
        self.constants.append(numpy_helper.from_array(array, name))
        return name

    def do(self, kind: str, *inputs: str, to: str = "", cast: int = 0, **how: int) -> str:
        """A node of one output; its name."""
        name = to or f"value_{len(self.nodes)}"
        how |= {"to": cast} if cast else {}
        self.nodes.append(helper.make_node(kind, list(inputs), [name], **how))
        return name


def _graph(config: ModelConfig, precision: str) -> onnx.ModelProto:
    sketch = _Sketch()
    put, do = sketch.put, sketch.do
    last = do("Slice", "history", put([-1]), put([99]), put([1]))
    told = do("ReduceMean", "music", put([1, 2]), keepdims=1)
    liked = do("Unsqueeze", do("MatMul", "style", put(LIKES)), put([1]))
    noise, weights = "noise", "weights"
    if precision == "fp16":
        noise, weights = (do("Cast", name, cast=TensorProto.FLOAT16) for name in (noise, weights))
    product = do("MatMul", noise, weights)
    if precision == "fp16":
        product = do("Cast", product, cast=TensorProto.FLOAT)
    step = config.steps > MOST_UNROLLED
    number = do("Cast", "step", cast=TensorProto.FLOAT) if step else put(0.0)
    do("Sum", product, last, told, liked, number, to="plan")
    do("Slice", "plan", put([0]), put([3]), put([2]), to="root_m")
    rotations = do("Slice", "plan", put([0]), put([88]), put([2]))
    do("Reshape", rotations, put([0, 50, 22, 4]), to="local_quat_wxyz")
    if step:
        do("Mul", "plan", put(0.5), to="onward")
    inputs = {name: ("batch", *value.shape) for name, value in tiny_inputs().items()}
    outputs = {
        "plan": ("batch", 50, 141),
        "root_m": ("batch", 50, 3),
        "local_quat_wxyz": ("batch", 50, 22, 4),
    }
    if step:
        outputs["onward"] = outputs["plan"]
    value = helper.make_tensor_value_info
    given = [value(name, TensorProto.FLOAT, shape) for name, shape in inputs.items()]
    given += [value("step", TensorProto.INT64, (1,))] if step else []
    made = [value(name, TensorProto.FLOAT, shape) for name, shape in outputs.items()]
    graph = helper.make_graph(sketch.nodes, "tiny", given, made, [*sketch.constants, _beside()])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=9)


def _beside() -> onnx.TensorProto:
    """The weights, which lie in a file of their own."""
    weights = numpy_helper.from_array(WEIGHTS, "weights")
    weights.ClearField("raw_data")
    weights.data_location = TensorProto.EXTERNAL
    for key, value in {"location": WEIGHTS_FILE, "offset": "8", "length": str(WEIGHTS.nbytes)}.items():
        weights.external_data.add(key=key, value=value)
    return weights
