"""A file that is written as a whole or not at all: nobody ever sees half of it."""

import os
import tempfile
from contextlib import suppress
from pathlib import Path

_THEIR_MAKERS_ALONE = 0o600


def write_whole(path: Path, *parts: bytes, mode: int = _THEIR_MAKERS_ALONE) -> None:
    """The file has this content, even if the power fails, or is as it was. Raises OSError when it stays as it was."""
    number, part = tempfile.mkstemp(dir=path.parent, prefix=path.name, suffix=".part")
    try:
        with os.fdopen(number, "wb") as opened:
            opened.writelines(parts)
            opened.flush()
            os.fsync(opened.fileno())
        Path(part).chmod(mode)
        Path(part).replace(path)
    except OSError:
        with suppress(OSError):
            Path(part).unlink()
        raise
