"""A model's tensors in one file that all its graphs share: safetensors, which PyTorch reads and ONNX points into."""

import json
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx.external_data_helper import set_external_data
from safetensors.torch import save
from torch import Tensor, nn

from groovecast.whole_file import write_whole

READABLE = 0o644  # by everybody
HALVED_FROM_BYTES = 16384  # what is smaller, biases and statistics, stays as it is: it would save nothing


def halved_tensor(name: str, tensor: Tensor) -> Tensor:
    """A matrix in half precision, anything small as it is. Raises ValueError for what half precision does not hold."""
    if tensor.dtype != torch.float32 or tensor.numel() * 4 < HALVED_FROM_BYTES:
        return tensor
    largest = float(tensor.abs().max())
    if largest > np.finfo(np.float16).max:
        raise ValueError(f"asked for half precision, {name} holds {largest:.0f}: use --no-half-weights")
    return tensor.half()


def save_weights(model: nn.Module, path: Path, half: bool) -> None:
    """Write all tensors of a model. The file is complete or not there at all."""
    tensors = {name: tensor.detach().contiguous().clone() for name, tensor in model.state_dict().items()}
    if half:
        tensors = {name: halved_tensor(name, tensor) for name, tensor in tensors.items()}
    write_whole(path, save(tensors), mode=READABLE)


def places_of(content: bytes) -> dict[bytes, tuple[int, int]]:
    """Where a safetensors file holds what: the bytes of each tensor -> (offset, length) in the file."""
    length = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + length])
    header.pop("__metadata__", None)
    begin = 8 + length
    ends = [tuple(entry["data_offsets"]) for entry in header.values()]
    return {content[begin + first : begin + last]: (begin + first, last - first) for first, last in ends}


def kept_apart(proto: onnx.ModelProto, weights: Path) -> onnx.ModelProto:
    """The graph with each large tensor that the weights file holds, byte for byte, taken from there."""
    places = places_of(weights.read_bytes())
    for tensor in proto.graph.initializer:
        content = onnx.numpy_helper.to_array(tensor).tobytes()
        if len(content) < HALVED_FROM_BYTES // 2 or content not in places:
            continue
        offset, length = places[content]
        tensor.raw_data = content  # the helper wants it there
        set_external_data(tensor, weights.name, offset, length)
        tensor.ClearField("raw_data")
    return proto
