"""A small file that a person may edit too: read as it is, put aside when it is broken, written whole or not at all."""

import json
import os
import tempfile
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import msgspec

_INDENT = 2


def read_kept(file: Path) -> tuple[dict[str, object] | None, str]:
    """What the file says, and in one line why it cannot be read; nothing of either when there is none."""
    try:
        return msgspec.json.decode(file.read_bytes(), type=dict[str, object]), ""
    except FileNotFoundError:
        return None, ""
    except (OSError, msgspec.MsgspecError, UnicodeError) as why:
        reason = " ".join(str(why).split())
        then = f"mend it, or it becomes {_aside(file).name} when something is kept anew"
        return None, f"{file} cannot be read ({reason}), so nothing of it is known: {then}"


def write_kept(file: Path, content: Mapping[str, object]) -> str:
    """Replace the file as a whole, or not at all; the problem in one line, "" when it went well."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        number, part = tempfile.mkstemp(dir=file.parent, prefix=file.name, suffix=".part")
        try:
            with os.fdopen(number, "w", encoding="utf-8") as opened:
                opened.write(readable(content) + "\n")
            if read_kept(file)[1]:  # a person may have written it, and can mend it
                file.replace(_aside(file))
            Path(part).replace(file)
        except OSError:
            with suppress(OSError):
                Path(part).unlink()
            raise
    except OSError as why:
        return f"{file} cannot be written ({why.strerror or why}), so what changes is lost at the end"
    return ""


def readable(value: object, depth: int = 0) -> str:
    """JSON as a person writes it: one line for each name, and lists of plain values in one line."""
    begin, end = "\n" + " " * _INDENT * (depth + 1), "\n" + " " * _INDENT * depth
    if isinstance(value, Mapping) and value:
        lines = (
            f"{json.dumps(str(key), ensure_ascii=False)}: {readable(one, depth + 1)}"
            for key, one in value.items()
        )
        return "{" + begin + f",{begin}".join(lines) + end + "}"
    if isinstance(value, Sequence) and any(isinstance(one, Mapping | list | tuple) for one in value):
        return "[" + begin + f",{begin}".join(readable(one, depth + 1) for one in value) + end + "]"
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def signature_of(file: Path) -> tuple[int, int, int] | None:
    """What is another when somebody wrote the file; None: there is none."""
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


class Scribe:
    """Reads and writes in a thread of its own, in order, so that no picture waits for a disk."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="groovecast-files")
        self._jobs: deque[Future[None]] = deque()

    def do(self, job: Callable[[], None]) -> None:
        """Frame loop. Later, after what it was asked before. Raises what an earlier job raised."""
        while self._jobs and self._jobs[0].done():
            self._jobs.popleft().result()
        self._jobs.append(self._pool.submit(job))

    def close(self) -> None:
        """Frame loop. Wait until all is done."""
        self._pool.shutdown(wait=True)


def _aside(file: Path) -> Path:
    return file.with_name(f"{file.name}.bad")
