"""The graph with its large multiplications in 8-bit integers, scaled by what training windows put through them.

Static quantisation (ONNX Runtime's): weights per output number, activations per layer, for each multiplication by a
block's weights. What steers, the way in and the way out, norms, attention's own products and the sampler's sums stay of
single precision. For processors and ONNX Runtime alone, whose operator it names; cards have half precision.
"""

import logging
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import onnx

from export.to_onnx import without_traces
from groovecast.model.onnx_runtime import onnx_runtime

CALIBRATION_WINDOWS = 192
_BLOCK = ".blocks."
_RUNTIME_DOMAIN, _INTEGER_MATMUL = "com.microsoft", "MatMulIntegerToFloat"
_HOW = {
    "OpTypesToExcludeOutputQuantization": ["MatMul"],  # answers stay floats: exacter, and quicker
    "CalibMovingAverage": True,  # ranges are what windows reach on average: 0.37 degrees off instead of 0.49
}


class _Windows:
    def __init__(self, inputs: Sequence[Mapping[str, np.ndarray]]) -> None:
        self._left: Iterator[Mapping[str, np.ndarray]] = iter(inputs)

    def get_next(self) -> Mapping[str, np.ndarray] | None:
        """The next window, or none."""
        return next(self._left, None)


def in_int8(single: onnx.ModelProto, windows: Sequence[Mapping[str, np.ndarray]]) -> onnx.ModelProto:
    """The quantised graph of one in single precision, its ranges from what it is asked in `windows`.

    Raises ValueError when it finds no multiplication to quantise.
    """
    proto = onnx.ModelProto()
    proto.CopyFrom(single)
    del proto.graph.value_info[:]  # the quantiser infers shapes itself, and trips over those of the exporter
    turned = _block_weights_turned(proto)
    nodes = [node.name for node in proto.graph.node if node.op_type == "MatMul" and node.input[1] in turned]
    if not nodes:
        raise ValueError(
            "asked for int8, the graph's blocks are too small to be multiplied in integers: leave int8 out"
        )
    onnx_runtime()  # loaded as everywhere here, before its tools are
    from onnxruntime.quantization import CalibrationMethod, QuantFormat, QuantType, quantize_static

    with tempfile.TemporaryDirectory() as folder:
        before, after = Path(folder) / "before.onnx", Path(folder) / "after.onnx"
        onnx.save(proto, before)
        root = logging.getLogger()
        level = root.level
        root.setLevel(logging.ERROR)  # it gives advice there
        try:
            quantize_static(
                before, after, _Windows(windows), quant_format=QuantFormat.QDQ, per_channel=True,
                nodes_to_quantize=nodes, activation_type=QuantType.QUInt8, weight_type=QuantType.QInt8,
                calibrate_method=CalibrationMethod.MinMax, extra_options=_HOW,
            )  # fmt: skip
        finally:
            root.setLevel(level)
        return without_traces(_multiplied_as_integers(onnx.load(after)))


def _block_weights_turned(proto: onnx.ModelProto) -> set[str]:
    """Lay the blocks' weights down as they are multiplied by, each once; their names."""
    graph = proto.graph
    constants = {tensor.name: tensor for tensor in graph.initializer if _BLOCK in tensor.name}
    turned: dict[str, str] = {}
    renamed: dict[str, str] = {}
    kept = []
    for node in graph.node:
        if node.op_type != "Transpose" or node.input[0] not in constants:
            kept.append(node)
            continue
        name = node.input[0]
        if name not in turned:
            turned[name] = f"{name}.turned"
            weight = onnx.numpy_helper.to_array(constants[name]).transpose(node.attribute[0].ints)
            graph.initializer.append(onnx.numpy_helper.from_array(np.ascontiguousarray(weight), turned[name]))
        renamed[node.output[0]] = turned[name]
    del graph.node[:]
    graph.node.extend(kept)
    for node in graph.node:
        for place, name in enumerate(node.input):
            node.input[place] = renamed.get(name, name)
    used = {name for node in graph.node for name in node.input}
    left = [tensor for tensor in graph.initializer if tensor.name in used]
    del graph.initializer[:]
    graph.initializer.extend(left)
    return set(turned.values())


def _multiplied_as_integers(proto: onnx.ModelProto) -> onnx.ModelProto:
    """Each DequantizeLinear, DequantizeLinear, MatMul, Add as the one operator that it stands for.

    Left to itself, ONNX Runtime first makes MatMul and Add one, and then multiplies floats after all.
    """
    graph = proto.graph
    made_by = {name: node for node in graph.node for name in node.output}
    asked_by: dict[str, list[onnx.NodeProto]] = {}
    for node in graph.node:
        for name in node.input:
            asked_by.setdefault(name, []).append(node)
    gone: set[str] = set()
    nodes = []
    for node in graph.node:
        halves = [made_by.get(name) for name in node.input]
        if node.op_type != "MatMul" or any(
            half is None or half.op_type != "DequantizeLinear" for half in halves
        ):
            nodes.append(node)
            continue
        left, right = (half.input for half in halves if half is not None)
        inputs = [left[0], right[0], left[1], right[1], left[2], right[2]]
        (after,) = asked_by[node.output[0]]
        if after.op_type != "Add":
            raise ValueError(
                f"asked for int8, {node.name} has no bias: quantise multiplications that have one"
            )
        inputs.append(next(name for name in after.input if name != node.output[0]))
        gone.add(after.output[0])
        nodes.append(
            onnx.helper.make_node(
                _INTEGER_MATMUL, inputs, after.output, name=node.name, domain=_RUNTIME_DOMAIN
            )
        )
    nodes = [node for node in nodes if node.output[0] not in gone or node.op_type == _INTEGER_MATMUL]
    used = {name for node in nodes for name in node.input}
    nodes = [node for node in nodes if node.op_type != "DequantizeLinear" or node.output[0] in used]
    del graph.node[:]
    graph.node.extend(nodes)
    proto.opset_import.append(onnx.helper.make_opsetid(_RUNTIME_DOMAIN, 1))
    return proto
