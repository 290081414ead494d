"""A glTF binary (.glb, .vrma) as nodes and arrays: just what animations need, read and written by hand.

The format is https://registry.khronos.org/glTF/specs/2.0/glTF-2.0.html; the whole of it lies in one file: a header, a
JSON chunk, a chunk of bytes.
"""

import struct
from dataclasses import dataclass
from typing import Annotated, Literal

import msgspec
import numpy as np
from jaxtyping import Float64

MOST_GLB_BYTES = (1 << 32) - 4
_MAGIC, _VERSION = b"glTF", 2
_JSON, _BIN = b"JSON", b"BIN\0"
_HEADER, _CHUNK = struct.Struct("<4sII"), struct.Struct("<I4s")
_DTYPES = {5120: "<i1", 5121: "<u1", 5122: "<i2", 5123: "<u2", 5126: "<f4"}
_FLOAT = 5126
_COLUMNS = {"SCALAR": 1, "VEC3": 3, "VEC4": 4}


class Node(msgspec.Struct, frozen=True, omit_defaults=True):
    """One place in the tree; `rotation` is x y z w, `matrix` column by column."""

    name: str = ""
    children: tuple[int, ...] = ()
    translation: tuple[float, float, float] = (0.0, 0.0, 0.0)
    rotation: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 1.0)
    scale: tuple[float, float, float] = (1.0, 1.0, 1.0)
    matrix: Annotated[tuple[float, ...], msgspec.Meta(min_length=16, max_length=16)] | None = None


class Accessor(msgspec.Struct, frozen=True, omit_defaults=True, rename="camel"):
    """Where an array lies and what its numbers are."""

    component_type: int
    count: int
    type: str
    buffer_view: int | None = None
    byte_offset: int = 0
    normalized: bool = False
    min: tuple[float, ...] | None = None
    max: tuple[float, ...] | None = None
    sparse: msgspec.Raw | None = None


class BufferView(msgspec.Struct, frozen=True, omit_defaults=True, rename="camel"):
    """A stretch of the bytes."""

    buffer: int
    byte_length: int
    byte_offset: int = 0
    byte_stride: int | None = None


class Buffer(msgspec.Struct, frozen=True, omit_defaults=True, rename="camel"):
    """The bytes; without `uri` those of this file."""

    byte_length: int
    uri: str | None = None


class Target(msgspec.Struct, frozen=True, omit_defaults=True):
    """What of which node is moved."""

    path: str
    node: int | None = None


class Channel(msgspec.Struct, frozen=True):
    """A sampler and what it moves."""

    sampler: int
    target: Target


class Sampler(msgspec.Struct, frozen=True, omit_defaults=True):
    """The accessors of its times and values, and what lies between."""

    input: int
    output: int
    interpolation: Literal["LINEAR", "STEP", "CUBICSPLINE"] = "LINEAR"


class Animation(msgspec.Struct, frozen=True, omit_defaults=True):
    """Channels played together."""

    channels: tuple[Channel, ...]
    samplers: tuple[Sampler, ...]
    name: str = ""


class Scene(msgspec.Struct, frozen=True):
    """The nodes at the top."""

    nodes: tuple[int, ...] = ()


class Asset(msgspec.Struct, frozen=True, omit_defaults=True):
    """Which glTF this is, and who wrote it."""

    version: str
    generator: str = ""


class Document(msgspec.Struct, frozen=True, omit_defaults=True, rename="camel"):
    """The JSON of a file; what is not named here is not looked at."""

    asset: Asset
    nodes: tuple[Node, ...] = ()
    animations: tuple[Animation, ...] = ()
    accessors: tuple[Accessor, ...] = ()
    buffer_views: tuple[BufferView, ...] = ()
    buffers: tuple[Buffer, ...] = ()
    scenes: tuple[Scene, ...] = ()
    scene: int | None = None
    extensions_used: tuple[str, ...] = ()
    extensions: dict[str, msgspec.Raw] = {}


@dataclass(frozen=True)
class Glb:
    """A file: its JSON and its bytes."""

    document: Document
    content: bytes


def parse_glb(data: bytes, title: str = "glTF") -> Glb:
    """The file in such bytes; `title` names it in errors. Raises ValueError in one line."""
    described, content = glb_chunks(data, title)
    try:
        document = msgspec.json.decode(described, type=Document)
    except (msgspec.MsgspecError, RecursionError) as why:
        what = f"its description is no glTF ({why})"
        raise ValueError(f"asked for glTF in {title}, {what}: export it again") from None
    return Glb(document, content)


def glb_chunks(data: bytes, title: str = "glTF") -> tuple[bytes, bytes]:
    """The JSON and the content of the file in such bytes. Raises ValueError in one line."""
    asked = f"asked for glTF in {title}"
    if len(data) < _HEADER.size:
        raise ValueError(f"{asked}, found {len(data)} bytes: export it again as a binary")
    magic, version, length = _HEADER.unpack_from(data)
    if magic != _MAGIC or version != _VERSION:
        raise ValueError(f"{asked}, its bytes are no glTF 2.0 binary: export it again as one")
    chunks: dict[bytes, bytes] = {}
    at = _HEADER.size
    while at + _CHUNK.size <= min(length, len(data)):
        size, kind = _CHUNK.unpack_from(data, at)
        at += _CHUNK.size
        if at + size > len(data):
            raise ValueError(f"{asked}, it breaks off at byte {len(data)}: copy or download it again")
        chunks.setdefault(kind, data[at : at + size])
        at += size
    if length > len(data) or _JSON not in chunks:
        raise ValueError(f"{asked}, it breaks off at byte {len(data)}: copy or download it again")
    return chunks[_JSON], chunks.get(_BIN, b"")


def glb_bytes(glb: Glb) -> bytes:
    """The bytes of a file, chunks padded to four as the format asks."""
    content = glb.content + b"\0" * (-len(glb.content) % 4)
    return glb_head(msgspec.json.encode(glb.document), len(content)) + content


def glb_head(described: bytes, content_bytes: int) -> bytes:
    """All of a file before its content, which is a multiple of four bytes long. Raises ValueError if it is too long."""
    described += b" " * (-len(described) % 4)
    length = _HEADER.size + 2 * _CHUNK.size + len(described) + content_bytes
    if length > MOST_GLB_BYTES:
        raise ValueError(
            f"asked for a glTF of {length / 1e9:.1f} GB, a file holds {MOST_GLB_BYTES / 1e9:.1f}"
        )
    head = _HEADER.pack(_MAGIC, _VERSION, length) + _CHUNK.pack(len(described), _JSON)
    return head + described + _CHUNK.pack(content_bytes, _BIN)


def array_of(glb: Glb, index: int) -> Float64[np.ndarray, "rows columns"]:
    """The numbers of an accessor; whole numbers that stand for -1 .. 1 become that. Raises ValueError in one line."""
    asked, accessors, views = (
        f"asked for array {index} of a glTF",
        glb.document.accessors,
        glb.document.buffer_views,
    )
    if not 0 <= index < len(accessors):
        raise ValueError(f"{asked}, found {len(accessors)}: export it again")
    accessor = accessors[index]
    if accessor.sparse is not None or accessor.buffer_view is None:
        raise ValueError(f"{asked}, it is sparse: export it with plain arrays")
    if not 0 <= accessor.buffer_view < len(views):
        raise ValueError(
            f"{asked}, it lies in stretch {accessor.buffer_view} of {len(views)}: export it again"
        )
    view = views[accessor.buffer_view]
    if view.buffer != 0 or (glb.document.buffers and glb.document.buffers[0].uri is not None):
        raise ValueError(f"{asked}, its bytes lie in another file: export it as one binary")
    try:
        columns, dtype = _COLUMNS[accessor.type], np.dtype(_DTYPES[accessor.component_type])
        rows = np.ndarray(
            (accessor.count, columns),
            dtype,
            glb.content[view.byte_offset : view.byte_offset + view.byte_length],
            accessor.byte_offset,
            (view.byte_stride or columns * dtype.itemsize, dtype.itemsize),
        )
    except (KeyError, TypeError, ValueError) as why:
        raise ValueError(f"{asked}, found none that can be read ({why}): export it again") from None
    if accessor.component_type == _FLOAT:
        return rows.astype(np.float64)
    if not accessor.normalized:
        raise ValueError(f"{asked}, found whole numbers that stand for themselves: export it with floats")
    return np.maximum(rows / np.iinfo(dtype).max, -1.0)
