"""From a model's folder to its engine of TensorRT for RTX, built without a card and listed in the manifest."""

import os
import shutil
import tempfile
from contextlib import suppress
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

PRECISION = "fp16"  # what such cards are best at
CARD = "README.md"


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
    replaced(folder / RTX_FILE, engine)
    entry = rtx_entry(graph, bindings)
    _write(folder, listed(read_manifest(folder), entry, folder))
    return entry


def _sound(engine: bytes, graph: Graph) -> bytes:
    if troubles := rtx_troubles(engine, rtx_bindings()):
        found = ", ".join(TROUBLES[one] for one in troubles)
        raise RtxError(
            f"asked for an RTX engine of model {graph.model!r}, found that {found}: build it again"
        )
    return engine


def listed(manifest: Manifest, entry: BuiltEngine, folder: Path) -> Manifest:
    """The manifest with this engine, in the place of any other in the same file."""
    others = tuple(one for one in manifest.engines if one.file != entry.file)
    files = manifest.files | {entry.file: entry_of(folder / entry.file)}
    return msgspec.structs.replace(manifest, engines=(*others, entry), files=files)


def copied(folder: Path, out: Path) -> None:
    """A model without its engines: each file checked, its card, and the manifest last."""
    manifest = read_manifest(folder)
    engines = {one.file for one in manifest.engines}
    files = {name: entry for name, entry in manifest.files.items() if name not in engines}
    out.mkdir(parents=True, exist_ok=True)
    for name in files:
        replaced(out / name, checked_file(folder, files, name))
    if (folder / CARD).is_file():
        shutil.copyfile(folder / CARD, out / CARD)
    _write(out, msgspec.structs.replace(manifest, engines=(), files=files))


def _write(folder: Path, manifest: Manifest) -> None:
    replaced(folder / MANIFEST, msgspec.json.format(msgspec.json.encode(manifest), indent=2) + b"\n")


def replaced(path: Path, content: bytes) -> None:
    """The file has this content, or is as it was."""
    number, part = tempfile.mkstemp(dir=path.parent, prefix=path.name, suffix=".part")
    try:
        with os.fdopen(number, "wb") as opened:
            opened.write(content)
            opened.flush()
            os.fsync(opened.fileno())
        Path(part).chmod(0o644)  # as any other file of the model: a temporary one is its maker's alone
        Path(part).replace(path)
    except OSError:
        with suppress(OSError):
            Path(part).unlink()
        raise
