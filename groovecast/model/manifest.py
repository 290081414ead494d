"""What stands beside a model's weights: its size, how it came about, and the hash of every file."""

import hashlib
from pathlib import Path
from typing import TypeVar

import msgspec

from groovecast.audio.ear import EarConfig
from groovecast.model.config import ModelConfig

MANIFEST = "manifest.json"
ONNX_FILE = "dancer.onnx"
WEIGHTS_FILE = "dancer.safetensors"  # the tensors that the graphs share


class FileEntry(msgspec.Struct, frozen=True):
    """One file of a model."""

    sha256: str
    bytes: int


class Parity(msgspec.Struct, frozen=True):
    """How far the artefact is from the weights it was made of, over `windows` real windows."""

    windows: int
    mean_degrees: float
    max_degrees: float
    mean_mm: float
    max_mm: float


class Rollout(msgspec.Struct, frozen=True):
    """How far an artefact's dance is from its weights' after `seconds` on its own, each fed what it danced."""

    seconds: float
    mean_mm: float  # between joints, over the last ten seconds
    seeds_mm: float  # the same between two seeds of the weights: dances that may differ


class Artefact(msgspec.Struct, frozen=True):
    """One graph of a model: what it reckons with, and how exact that is."""

    file: str
    precision: str  # fp32, fp16 or int8
    parity: Parity
    needs: tuple[str, ...] = ()  # files that hold its tensors
    rollout: Rollout | None = None


class BuiltEngine(msgspec.Struct, frozen=True):
    """An engine built ahead of time, which one library of one version runs."""

    file: str
    kind: str  # rtx
    made_of: str  # the hash of the graph
    library: str  # version of the library that built it
    precision: str
    largest_batch: int


class Manifest(msgspec.Struct, frozen=True):
    """The contents of `manifest.json`."""

    name: str
    config: ModelConfig
    parameters: int
    trained_steps: int
    trained_minutes: float
    trained_on: str
    licence: str
    credit: str
    artefacts: tuple[Artefact, ...]
    files: dict[str, FileEntry]
    engines: tuple[BuiltEngine, ...] = ()
    half_weights: bool = False  # whether they are stored in half precision
    # of a student: how long its teacher was trained
    teacher_minutes: float | None = None
    teacher_steps: int | None = None
    hardware: str | None = None  # on which it was trained


class EarManifest(msgspec.Struct, frozen=True):
    """The contents of an ear's `manifest.json`."""

    name: str
    config: EarConfig
    parameters: int
    trained_steps: int
    trained_minutes: float
    trained_on: str
    licence: str
    credit: str
    logit_error: float  # between artefact and weights, the worst over a minute
    files: dict[str, FileEntry]


AnyManifest = TypeVar("AnyManifest", Manifest, EarManifest)


def entry_of(path: Path) -> FileEntry:
    """The hash and the size of a file."""
    content = path.read_bytes()
    return FileEntry(hashlib.sha256(content).hexdigest(), len(content))


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a model folder.

    Raises FileNotFoundError when there is none and ValueError when it cannot be read, each with the mend.
    """
    return _read(folder, Manifest)


def read_ear_manifest(folder: Path) -> EarManifest:
    """The manifest of an ear's folder; raises as `read_manifest` does."""
    return _read(folder, EarManifest)


def _read(folder: Path, kind: type[AnyManifest]) -> AnyManifest:
    path = folder / MANIFEST
    if not path.is_file():
        raise FileNotFoundError(
            f"asked for model {folder.name!r}, {path.name} is missing there: name a model folder"
        )
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except msgspec.DecodeError as why:
        raise ValueError(
            f"asked for model {folder.name!r}, its {path.name} cannot be read ({why}): "
            "install it again, or export it again with groovecast export"
        ) from None


def checked_file(folder: Path, files: dict[str, FileEntry], name: str) -> bytes:
    """The bytes of one of the model's files, exactly as they were when the manifest was written.

    Raises ValueError when the file is missing or has changed by as much as a byte.
    """
    path, wanted = folder / name, files.get(name)
    if wanted is None or not path.is_file():
        raise ValueError(f"asked for {name} of model {folder.name!r}, it is missing: install the model again")
    content = path.read_bytes()
    found = hashlib.sha256(content).hexdigest()
    if found != wanted.sha256:
        raise ValueError(
            f"asked for {name} of model {folder.name!r} with hash {wanted.sha256[:12]}, found {found[:12]}: "
            "the file has changed, install the model again"
        )
    return content
