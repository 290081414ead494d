"""A while in which C libraries cannot print, so that their warnings do not stand beside what a person is told."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TextIO


@contextmanager
def wordless() -> Iterator[None]:
    """Libraries that write to standard error by themselves are not heard; what Python prints there is."""
    try:
        kept = os.dup(2)
    except OSError:  # there is no standard error to keep clean
        yield
        return
    python = sys.stderr
    if python is sys.__stderr__:
        sys.stderr = _python_only()
    try:
        with Path(os.devnull).open("wb") as nowhere:
            os.dup2(nowhere.fileno(), 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        sys.stderr = python


@cache
def _python_only() -> TextIO:
    """Standard error by another number; never closed, because another thread may just be printing to it."""
    return os.fdopen(os.dup(2), "w", buffering=1, errors="backslashreplace")
