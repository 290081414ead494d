"""Takes by their ending: how a dance is kept while it happens, and how one that was cut off is made whole."""

import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from groovecast.motion.pose import Pose
from groovecast.takes.array_take import stream_arrays
from groovecast.takes.bvh_writer import BvhWriter
from groovecast.takes.dance_keys import DanceKeys, KeyBlock
from groovecast.takes.figure_file import stream_figure
from groovecast.takes.new_file import being_written, checked_take_path, moved_to_free, reason
from groovecast.takes.take_log import PART, LogWriter, TakeLog
from groovecast.takes.vrma import stream_vrma


def _figure(file: BinaryIO, log: TakeLog) -> None:
    stream_figure(file, log.frames, log.fps, _keys(log))


def _vrma(file: BinaryIO, log: TakeLog) -> None:
    stream_vrma(file, DanceKeys(log.frames, len(log.names), log.fps), _keys(log))


def _keys(log: TakeLog) -> Iterator[KeyBlock]:
    return ((block["root_m"], block["local_quat_wxyz"]) for block in log.blocks())


# What makes the file out of a log that is complete.
_MADE_OF_LOGS: dict[str, Callable[[BinaryIO, TakeLog], None]] = {
    ".glb": _figure,
    ".vrma": _vrma,
    ".npz": stream_arrays,
}
ENDINGS = (".bvh", *_MADE_OF_LOGS)


def take_writer(path: Path | str, fps: float) -> "BvhWriter | LoggedWriter":
    """Begin the take that the path's ending asks for.

    Raises ValueError, FileNotFoundError or OSError with the mend.
    """
    path = checked_take_path(path, ENDINGS)
    return BvhWriter(path, fps) if path.suffix.lower() == ".bvh" else LoggedWriter(path, fps)


class LoggedWriter:
    """Keeps a take of a format that cannot be written before its length is known.

    While it is danced the frames lie beside the final name as `name.glb.part`; `close` makes the take of them, in
    memory that does not grow with its length, and takes the log away.
    """

    def __init__(self, path: Path, fps: float) -> None:
        """Raises OSError when nothing can be written there."""
        self.path = path
        try:
            self._log = LogWriter(path, fps)
        except OSError as error:
            raise OSError(f"asked to record {path}, {reason(error)}; choose another place") from error

    @property
    def frames(self) -> int:
        """How many frames the take has."""
        return self._log.frames

    def write(self, pose: Pose, beat: float | None = None) -> None:
        """Add a frame.

        Raises OSError in one line when the disk takes no more; what was written by then is made a take, or stays.
        """
        if self._log.closed:
            raise ValueError(f"asked to write to {self.path.name}, the take is closed: open a new one")
        try:
            self._log.write(pose, beat)
        except OSError as error:
            self._cut_short(error)

    def close(self) -> None:
        """Make the take; without a frame there is none, and no file. A second call does nothing.

        Raises OSError in one line when there is no room for it; the frames stay.
        """
        if self._log.closed:
            return
        try:
            self._log.flush()
        except OSError as error:
            self._cut_short(error)
        self._log.close()
        if self._log.frames:
            finished(self._log.part, self.path)
        else:
            self._log.part.unlink(missing_ok=True)

    def _cut_short(self, error: OSError) -> None:
        """Keep what there is, and say so."""
        self._log.close()
        kept, part = self._log.sealed, self._log.part
        where = f"asked to record {self.path}, {reason(error)}"
        if not kept:
            part.unlink(missing_ok=True)
            raise OSError(f"{where}; nothing was kept: free space and record again") from error
        try:
            finished(part, self.path)
        except (OSError, ValueError):
            mend = f"free space and say groovecast recover {part}"
            raise OSError(f"{where}; its first {kept} frames are safe in {part.name}: {mend}") from error
        raise OSError(f"{where}; its first {kept} frames are safe: free space and record again") from error


def finished(part: Path, path: Path) -> int:
    """Make the take `path` of the log `part`, take the log away, and answer how many frames it has.

    Raises ValueError or OSError in one line; then the log is as it was, and no half of a take is left. A take that
    is there already is never written over.
    """
    log = TakeLog.read(part)
    asked = f"asked to write {path}"
    if not log.frames:
        raise ValueError(f"{asked}, {part.name} holds no whole frame; there is nothing to recover")
    coming = path.with_name(f"{part.name}.coming")  # no other log beside it has that name
    try:
        with coming.open("wb") as file:
            _MADE_OF_LOGS[path.suffix.lower()](file, log)
            file.flush()
            os.fsync(file.fileno())  # before the log goes: a power cut must not find neither
        moved_to_free(coming, path)
    except (OSError, ValueError) as error:
        with suppress(OSError):
            coming.unlink()
        if isinstance(error, FileExistsError):
            why, mend = reason(error), f" --to FILE{path.suffix}"
        elif isinstance(error, OSError):
            why, mend = reason(error), ", when there is room"
        else:
            why, mend = str(error), " --to FILE.npz"
        safe = f"all {log.frames} frames are safe in {part.name}"
        raise OSError(f"{asked}, {why}; {safe}: say groovecast recover {part}{mend}") from error
    with suppress(OSError):  # the take is there; who may not take its log away may keep it
        part.unlink()
    return log.frames


def recovered(part: Path, to: Path | None = None) -> tuple[Path, int]:
    """Make a take of what a recording left behind; `to` is where, or a place beside it.

    Answers the take and how many frames it has. Raises ValueError, FileNotFoundError or OSError with the mend.
    """
    if not part.is_file():
        raise FileNotFoundError(
            f"asked to recover {part}, there is no such file; look for one that ends in {PART}"
        )
    if part.suffix.lower() == ".bvh":
        raise ValueError(f"asked to recover {part.name}, it is a whole take as it is; give it another name")
    ending = TakeLog.read(part).ending
    path = to if to is not None else _name_of(part, ending)
    if path.suffix.lower() not in _MADE_OF_LOGS:
        known = ", ".join(_MADE_OF_LOGS)
        raise ValueError(f"asked to recover {part.name} as {path.name}: end it in one of {known}")
    asked = f"asked to recover {part.name} as {path}"
    if path.exists():
        raise ValueError(f"{asked}, that is there already; give --to FILE{ending}")
    if not path.parent.is_dir():
        raise FileNotFoundError(f"{asked}, there is no folder {path.parent}; make it first")
    if being_written(part):
        raise ValueError(f"{asked}, a show is recording it; end the show, and it makes the take itself")
    return path, finished(part, path)


def _name_of(part: Path, ending: str) -> Path:
    """`take.glb.part2` was to be `take.glb`."""
    name, between, _ = part.name.rpartition(PART)
    return part.with_name(name if between and name.lower().endswith(ending) else f"{part.name}{ending}")
