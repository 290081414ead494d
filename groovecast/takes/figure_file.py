"""A dance as a figure that everybody can open: our mannequin in a binary glTF, with the dance as its animation."""

from collections.abc import Iterable
from typing import BinaryIO

import msgspec

from groovecast.motion.skeleton import groovecast_skeleton
from groovecast.share import shared_path
from groovecast.takes.dance_keys import DanceKeys, KeyBlock
from groovecast.takes.gltf import Asset, Buffer, Node, glb_chunks, glb_head

_Parts = tuple[msgspec.Raw, ...]


class _Figure(msgspec.Struct, frozen=True, omit_defaults=True, rename="camel"):
    """The mannequin's description, its parts as they are; what says that it is an avatar is left out."""

    asset: Asset
    scene: int
    scenes: _Parts
    nodes: _Parts
    meshes: _Parts
    skins: _Parts
    materials: _Parts
    textures: _Parts
    images: _Parts
    samplers: _Parts
    accessors: _Parts
    buffer_views: _Parts
    buffers: tuple[Buffer, ...]
    animations: _Parts = ()


def stream_figure(file: BinaryIO, frames: int, fps: float, blocks: Iterable[KeyBlock]) -> None:
    """Write the mannequin that dances so many frames, block by block.

    Raises ValueError when it would be longer than a glTF can be.
    """
    described, content = glb_chunks(shared_path("web", "mannequin.vrm").read_bytes(), "mannequin.vrm")
    figure = msgspec.json.decode(described, type=_Figure)
    content += b"\0" * (-len(content) % 4)
    names = [msgspec.json.decode(node, type=Node).name for node in figure.nodes]
    bones = tuple(names.index(name) for name in groovecast_skeleton().names)
    keys = DanceKeys(frames, len(bones), fps, start=len(content))
    danced = msgspec.structs.replace(
        figure,
        asset=Asset("2.0", "groovecast"),
        accessors=(*figure.accessors, *map(_raw, keys.accessors(len(figure.buffer_views)))),
        buffer_views=(*figure.buffer_views, *map(_raw, keys.views())),
        buffers=(Buffer(len(content) + keys.size),),
        animations=(_raw(keys.animation(bones, len(figure.accessors))),),
    )
    head = glb_head(msgspec.json.encode(danced), len(content) + keys.size)
    file.write(head + content)
    keys.write(file, len(head), blocks)


def _raw(part: msgspec.Struct) -> msgspec.Raw:
    return msgspec.Raw(msgspec.json.encode(part))
