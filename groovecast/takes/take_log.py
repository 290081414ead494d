"""A take while it is danced: frames in small sealed chunks, so that whatever is on the disk can be read.

    header   8s magic, u32 length and u32 CRC-32 of what follows: JSON (ending, fps, names)
    chunk    4s magic, u32 frames, u32 CRC-32 of what follows: the frames, each as `RECORD`

All little-endian. A chunk counts when all of it is there and its CRC is right; the first that is not ends the take.
"""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import msgspec
import numpy as np

from groovecast.motion.pose import Pose
from groovecast.motion.skeleton import groovecast_skeleton
from groovecast.takes.new_file import hold, opened_beside, reason, write_all

JOINTS = 52
RECORD = np.dtype(
    [
        ("time_s", "<f8"),  # when it was shown
        ("beat", "<f8"),  # NaN if unknown
        ("root_m", "<f4", (3,)),
        ("local_quat_wxyz", "<f4", (JOINTS, 4)),
        ("contacts", "?", (4,)),
    ]
)
PART = ".part"
MOST_BLOCK_FRAMES = 1024  # what a reader holds at once: under 1 MB
_MAGIC, _CHUNK_MAGIC = b"GCTAKE01", b"FRMS"
_HEADER, _CHUNK = struct.Struct("<8sII"), struct.Struct("<4sII")
_MOST_HEADER_BYTES = 1 << 16


class _About(msgspec.Struct, frozen=True):
    ending: str
    fps: float
    names: list[str]


class LogWriter:
    """Adds frames to a new log, a chunk about once a second."""

    def __init__(self, path: Path, fps: float) -> None:
        """Begin the log of the take at `path`, beside it. Raises OSError; an older log is never written over."""
        self.frames = 0
        self._flush_frames = max(1, round(fps))
        self._held = np.empty(self._flush_frames, RECORD)
        about = msgspec.json.encode(
            _About(path.suffix.lower(), float(fps), list(groovecast_skeleton().names))
        )
        header = _HEADER.pack(_MAGIC, len(about), zlib.crc32(about)) + about
        self.part, self._file = opened_beside(path, lambda number: f"{path.name}{PART}{number}", header)
        hold(self._file)
        self._end = len(header)
        self.sealed = 0  # frames that are on the disk

    def write(self, pose: Pose, beat: float | None) -> None:
        """Add a frame. Raises OSError when the disk takes no more; what is sealed by then stays readable."""
        record = self._held[self.frames - self.sealed]
        record["time_s"], record["beat"] = pose.time_s, np.nan if beat is None else beat
        record["root_m"], record["contacts"] = pose.root_m, pose.contacts
        record["local_quat_wxyz"] = pose.local_quat_wxyz
        self.frames += 1
        if self.frames - self.sealed == self._flush_frames:
            self.flush()

    def flush(self) -> None:
        """Seal what is held. Raises OSError; then the log ends after the chunk before."""
        count = self.frames - self.sealed
        if not count:
            return
        content = self._held[:count].tobytes()
        chunk = _CHUNK.pack(_CHUNK_MAGIC, count, zlib.crc32(content)) + content
        try:
            write_all(self._file, chunk)
        except OSError:
            self.frames = self.sealed
            self._file.truncate(self._end)
            raise
        self._end += len(chunk)
        self.sealed = self.frames

    def close(self) -> None:
        """Let go of the file; it stays where it is."""
        self._file.close()

    @property
    def closed(self) -> bool:
        """Nothing more can be written."""
        return self._file.closed


@dataclass(frozen=True)
class TakeLog:
    """A log that can be read: what it says of itself, and how many whole frames it has."""

    path: Path
    ending: str
    fps: float
    names: tuple[str, ...]
    frames: int

    @staticmethod
    def read(path: Path) -> "TakeLog":
        """The log in that file, up to the first chunk that is not whole. Raises ValueError or OSError in one line."""
        try:
            with path.open("rb") as file:
                about = _about(file, path.name)
                frames = sum(len(chunk) for chunk in _chunks(file))
        except OSError as error:
            mend = "look where it is, and who may read it"
            raise OSError(f"asked for the frames in {path}, {reason(error)}; {mend}") from error
        return TakeLog(path, about.ending, about.fps, tuple(about.names), frames)

    def blocks(self) -> Iterator[np.ndarray]:
        """All frames in order, as arrays of `RECORD`, some at a time."""
        left = self.frames
        with self.path.open("rb") as file:
            _about(file, self.path.name)
            held: list[np.ndarray] = []
            for chunk in _chunks(file):
                if held and sum(map(len, held)) + len(chunk) > MOST_BLOCK_FRAMES:
                    yield np.concatenate(held)
                    held = []
                held.append(chunk[:left])
                left -= len(held[-1])
                if not left:
                    break
            if held:
                yield np.concatenate(held)


def _about(file: BinaryIO, title: str) -> _About:
    asked = f"asked for the frames in {title}"
    head = file.read(_HEADER.size)
    if head.startswith(_MAGIC[:-2]) and not head.startswith(_MAGIC):
        raise ValueError(f"{asked}, another version of Groovecast recorded it; recover it with that one")
    if len(head) < _HEADER.size or not head.startswith(_MAGIC):
        raise ValueError(f"{asked}, it is no take that was being recorded; give a file that ends in {PART}")
    _, length, crc = _HEADER.unpack(head)
    said = file.read(min(length, _MOST_HEADER_BYTES))
    try:
        about = msgspec.json.decode(said, type=_About) if zlib.crc32(said) == crc else None
    except msgspec.MsgspecError:
        about = None
    if about is None or not (0 < about.fps < 1e6 and len(about.names) == JOINTS):
        raise ValueError(f"{asked}, its beginning is damaged; there is nothing in it that can be read")
    return about


def _chunks(file: BinaryIO) -> Iterator[np.ndarray]:
    """The frames of each whole chunk from here on."""
    while len(head := file.read(_CHUNK.size)) == _CHUNK.size:
        magic, count, crc = _CHUNK.unpack(head)
        if magic != _CHUNK_MAGIC or count > 1 << 20:
            return
        content = file.read(count * RECORD.itemsize)
        if len(content) < count * RECORD.itemsize or zlib.crc32(content) != crc:
            return
        yield np.frombuffer(content, RECORD)
