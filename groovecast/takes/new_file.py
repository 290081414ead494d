"""The file of a take: where it may lie, never over another one, and every byte of it or an error."""

import errno
import io
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

if sys.platform != "win32":
    import fcntl

_MOST_LEFT_OVERS = 999


def checked_take_path(path: Path | str, endings: tuple[str, ...]) -> Path:
    """The path, if a take can be begun there. Raises ValueError or OSError with the mend."""
    path = Path(path)
    if path.suffix.lower() not in endings:
        known = " or ".join(filter(None, (", ".join(endings[:-1]), endings[-1])))
        raise ValueError(f"asked to record {path}, its ending is {path.suffix!r}; end it in {known}")
    if not path.parent.is_dir():
        raise FileNotFoundError(f"asked to record {path}, there is no folder {path.parent}; make it first")
    if path.is_dir():
        raise ValueError(f"asked to record {path}, that is a folder; choose another name")
    if path.exists():
        raise FileExistsError(
            f"asked to record {path}, that is there already; move it or choose another name"
        )
    return path


def opened_beside(path: Path, named: Callable[[str], str], beginning: bytes) -> tuple[Path, io.FileIO]:
    """A new file next to the path that begins so, named after a number ("" for the first).

    An older one, of a take that was cut off, is never written over. Raises OSError, and then there is no new file.
    """
    for number in range(1, _MOST_LEFT_OVERS + 1):
        part = path.with_name(named(str(number) if number > 1 else ""))
        try:
            file = io.FileIO(part, "xb")
        except FileExistsError:
            continue
        try:
            write_all(file, beginning)
        except OSError:
            file.close()
            part.unlink()
            raise
        return part, file
    raise FileExistsError(errno.EEXIST, f"{named('')} to {named(str(_MOST_LEFT_OVERS))} exist already")


def hold(file: io.FileIO) -> None:
    """Let others see that the file is being written, until it is closed or this program ends."""
    if sys.platform != "win32":  # Windows lets nobody take an open file away
        with suppress(OSError):  # some network folders know no locks
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def being_written(path: Path) -> bool:
    """Whether somebody holds the file."""
    if sys.platform != "win32":
        with path.open("rb") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
            except OSError:  # no locks here
                return False
    return False


def moved_to_free(file: Path, path: Path) -> None:
    """Give a file its final name. Raises OSError; then another take has come by that name, or the file is gone."""
    if path.exists():  # two shows were told the same name
        raise FileExistsError(errno.EEXIST, "that is there by now")
    file.replace(path)


def write_all(file: io.FileIO, data: bytes) -> None:
    """Every byte of it, however few the system takes at once."""
    while data:
        data = data[file.write(data) or 0 :]


def reason(error: OSError) -> str:
    """Why the system refused, in few words."""
    return (error.strerror or str(error)).lower()
