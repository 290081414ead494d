"""From a model's folder to its engine of TensorRT for RTX, built without a card and listed in the manifest."""

import shutil
from pathlib import Path

import msgspec

from groovecast.model.graph import Graph, graph_of
from groovecast.model.manifest import MANIFEST, BuiltEngine, Manifest, checked_file, entry_of, read_manifest
from groovecast.model.rtx_builder import (
    RTX_FILE,
    TROUBLES,
    RtxError,
    built_rtx,
    rtx_bindings,
    rtx_entry,
    rtx_troubles,
)
from groovecast.whole_file import write_whole

PRECISION = "fp16"  # what such cards are best at
CARD = "README.md"
_EVERYBODY_READS = 0o644  # as any other file of the model


def with_rtx(folder: Path, out: Path | None = None) -> BuiltEngine:
    """Build the engine of a model into its folder, or into `out`, a copy of it; the original then stays as it is.

    The manifest lists the engine only once its file is there. Raises ValueError and RtxError with the mend.
    """
    bindings = rtx_bindings()
    graph = graph_of(folder, read_manifest(folder), PRECISION)
    engine = _sound(built_rtx(graph, bindings), graph)
    if out is not None and out.resolve() != folder.resolve():
        copied(folder, out)
        folder = out
    manifest = read_manifest(folder)
    if RTX_FILE in manifest.files:  # what lies there soon is no longer what the manifest says
        manifest = unlisted(manifest, {RTX_FILE})
        _write(folder, manifest)
    _replace(folder / RTX_FILE, engine)
    entry = rtx_entry(graph, bindings)
    _write(folder, listed(manifest, entry, folder))
    return entry


def _sound(engine: bytes, graph: Graph) -> bytes:
    if troubles := rtx_troubles(engine, rtx_bindings()):
        found = ", ".join(TROUBLES[one] for one in troubles)
        raise RtxError(
            f"asked for an RTX engine of model {graph.model!r}, found that {found}: build it again"
        )
    return engine


def unlisted(manifest: Manifest, names: set[str]) -> Manifest:
    """The manifest without the engines in these files."""
    engines = tuple(one for one in manifest.engines if one.file not in names)
    files = {name: entry for name, entry in manifest.files.items() if name not in names}
    return msgspec.structs.replace(manifest, engines=engines, files=files)


def listed(manifest: Manifest, entry: BuiltEngine, folder: Path) -> Manifest:
    """The manifest with this engine, in the place of any other in the same file."""
    others = tuple(one for one in manifest.engines if one.file != entry.file)
    files = manifest.files | {entry.file: entry_of(folder / entry.file)}
    return msgspec.structs.replace(manifest, engines=(*others, entry), files=files)


def copied(folder: Path, out: Path) -> None:
    """A model without its engines: each file checked, its card, and the manifest last."""
    manifest = read_manifest(folder)
    manifest = unlisted(manifest, {one.file for one in manifest.engines})
    out.mkdir(parents=True, exist_ok=True)
    for name in manifest.files:
        _replace(out / name, checked_file(folder, manifest.files, name))
    if (folder / CARD).is_file():
        shutil.copyfile(folder / CARD, out / CARD)
    _write(out, manifest)


def _write(folder: Path, manifest: Manifest) -> None:
    _replace(folder / MANIFEST, msgspec.json.format(msgspec.json.encode(manifest), indent=2) + b"\n")


def _replace(path: Path, content: bytes) -> None:
    write_whole(path, content, mode=_EVERYBODY_READS)
