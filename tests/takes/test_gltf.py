"""A glTF binary comes back as it went, in every kind of number that rotations may have; damage is told in one line."""

import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from groovecast.takes.gltf import (
    Accessor,
    Asset,
    Buffer,
    BufferView,
    Document,
    Glb,
    Node,
    array_of,
    glb_bytes,
    parse_glb,
)


def _glb(content: bytes, accessor: Accessor, stride: int | None = None) -> Glb:
    return Glb(
        Document(
            Asset("2.0"),
            nodes=(Node("a", (1,), (1.0, 2.0, 3.0)), Node("b", rotation=(0.0, 0.6, 0.0, 0.8))),
            accessors=(accessor,),
            buffer_views=(BufferView(0, len(content), byte_stride=stride),),
            buffers=(Buffer(len(content)),),
        ),
        content,
    )


@given(st.integers(0, 2**32 - 1), st.integers(1, 9))
def test_nodes_and_floats_come_back(seed: int, rows: int) -> None:
    values = np.random.default_rng(seed).normal(0, 1, (rows, 3)).astype("<f4")
    glb = _glb(values.tobytes(), Accessor(5126, rows, "VEC3", 0))
    again = parse_glb(glb_bytes(glb))
    assert again.document == glb.document
    np.testing.assert_array_equal(array_of(again, 0), values)


def test_whole_numbers_may_stand_for_fractions() -> None:
    for kind, dtype in ((5120, "<i1"), (5121, "<u1"), (5122, "<i2"), (5123, "<u2")):
        top = np.iinfo(dtype).max
        content = np.array([[0, top, top // 2, 0]], dtype).tobytes()
        found = array_of(_glb(content, Accessor(kind, 1, "VEC4", 0, normalized=True)), 0)
        np.testing.assert_allclose(found, [[0, 1, 0.5, 0]], atol=1 / top)


def test_rows_may_stand_apart() -> None:
    content = np.arange(8, dtype="<f4").tobytes()
    found = array_of(_glb(content, Accessor(5126, 2, "VEC3", 0, byte_offset=4), stride=16), 0)
    np.testing.assert_array_equal(found, [[1, 2, 3], [5, 6, 7]])


_WHOLE = glb_bytes(_glb(np.zeros(3, "<f4").tobytes(), Accessor(5126, 1, "VEC3", 0)))


def _described(text: bytes) -> bytes:
    return struct.pack("<4sIII4s", b"glTF", 2, 20 + len(text), len(text), b"JSON") + text


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (b"", "0 bytes"),
        (b"#VRML V2.0 utf8 and more", "no glTF 2.0 binary"),
        (_WHOLE[:4] + struct.pack("<I", 1) + _WHOLE[8:], "no glTF 2.0 binary"),
        (_WHOLE[:-5], "breaks off"),
        (_WHOLE[:40], "breaks off"),
        (_described(b'{"asset": {"version": 7}}   '), "no glTF"),
        (
            _described(b'{"asset": {"version": "2.0"}, "x": ' + b"[" * 200_000 + b"]" * 200_000 + b"}"),
            "no glTF",
        ),
        (_described(b'{"asset": {"version": "2.0"}, "nodes": [{"matrix": [1, 2]}]}'), "matrix"),
    ],
)
def test_damage_is_told_in_one_line(data: bytes, found: str) -> None:
    with pytest.raises(ValueError, match=found) as told:
        parse_glb(data, "odd.glb")
    assert "odd.glb" in str(told.value) and len(str(told.value).splitlines()) == 1


@pytest.mark.parametrize(
    "accessor",
    [
        Accessor(5126, 2, "VEC3", 0),  # more rows than bytes
        Accessor(5126, 1, "VEC3", 0, byte_offset=4),
        Accessor(5126, -1, "VEC3", 0),
        Accessor(5126, 1, "MAT4", 0),
        Accessor(5125, 1, "VEC3", 0),
        Accessor(5126, 1, "VEC3", 4),
        Accessor(5126, 1, "VEC3", None),
        Accessor(5122, 1, "VEC3", 0),
    ],
)
def test_arrays_that_cannot_be_are_told_in_one_line(accessor: Accessor) -> None:
    glb = _glb(np.zeros(3, "<f4").tobytes(), accessor)
    with pytest.raises(ValueError, match="asked for array 0") as told:
        array_of(glb, 0)
    assert len(str(told.value).splitlines()) == 1
