"""Whether this processor adds products of 8-bit integers exactly: those without instructions for it cut them short."""

import functools

import numpy as np

from groovecast.model.onnx_runtime import onnx_runtime

# y = a times 127s, 64 products of 8-bit integers a number, as ONNX Runtime multiplies them (IR 9, opset 20). Older x86
# processors add pairs of them in 16 bits, which 255 * 127 + 255 * 127 does not fit.
_PRODUCTS = (
    b'\x08\t:\xbb\x01\n/\n\x01s\x12\x01b"\x0fConstantOfShape*\x16\n\x05value*\n\x08\x01\x10\x03*\x01\x7fB\x01v\xa0\x01\x04'
    b'\n4\n\x01a\n\x01b\n\x01o\n\x01o\x12\x01y"\x14MatMulIntegerToFloat:\rcom.microsoft\x12\x00*\x19\x08\x02\x10\x07B\x01sJ\x10@'
    b"\x00\x00\x00\x00\x00\x00\x00\x10\x00\x00\x00\x00\x00\x00\x00*\x0b\x10\x01B\x01oJ\x04\x00\x00\x80?Z\x13\n\x01a\x12\x0e\n"
    b"\x0c\x08\x02\x12\x08\n\x02\x08\x01\n\x02\x08@b\x13\n\x01y\x12\x0e\n\x0c\x08\x01\x12\x08\n\x02\x08\x01\n\x02\x08\x10B\x04\n"
    b"\x00\x10\x14B\x11\n\rcom.microsoft\x10\x01"
)
_LONG = 64


@functools.cache
def added_exactly() -> bool:
    """Whether they are, tried on the runtime that is installed; no where there is none."""
    try:
        session = onnx_runtime().InferenceSession(_PRODUCTS, providers=["CPUExecutionProvider"])
        found = session.run(None, {"a": np.full((1, _LONG), 255, np.uint8)})[0]
    except Exception:  # missing, or without this operator: its own errors have no common base
        return False
    return bool((found == _LONG * 255 * 127).all())
