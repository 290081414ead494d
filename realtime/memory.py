"""What is remembered from one start to the next: the input chosen last, and how late each device is."""

import os
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

import msgspec
import platformdirs

from realtime.settings import MOST_OFFSET_MS


class Memory(msgspec.Struct, frozen=True):
    """What is remembered, devices by name and host API."""

    device: str | None = None
    input_latency_ms: dict[str, float] = {}


def memory_file() -> Path:
    """Where it is kept: the folder that the system means for settings."""
    return Path(platformdirs.user_config_dir("groovecast", appauthor=False)) / "sound.json"


def read_memory(file: Path) -> Memory:
    """What is remembered; nothing when there is no such file. What cannot be read is one line, and ignored."""
    try:
        memory = msgspec.json.decode(file.read_bytes(), type=Memory)
    except FileNotFoundError:
        return Memory()
    except (OSError, msgspec.MsgspecError, UnicodeError) as why:
        reason = " ".join(str(why).split())
        then = f"mend it, or it becomes {_aside(file).name} when something is remembered anew"
        print(
            f"groovecast: {file} cannot be read ({reason}), so nothing is remembered: {then}", file=sys.stderr
        )
        return Memory()
    known = {name: ms for name, ms in memory.input_latency_ms.items() if 0 <= ms <= MOST_OFFSET_MS}
    if wrong := [f"{name!r} {ms:g}" for name, ms in memory.input_latency_ms.items() if name not in known]:
        mend = f"an input's latency is 0 to {MOST_OFFSET_MS:g} ms, so calibrate it again"
        print(f"groovecast: {file} says {', '.join(wrong)}: {mend}", file=sys.stderr)
    return msgspec.structs.replace(memory, input_latency_ms=known)


def _aside(file: Path) -> Path:
    """Where a broken file is kept."""
    return file.with_name(f"{file.name}.bad")


def _put_aside_if_broken(file: Path) -> None:
    """A broken file may hold what a person measured, and can mend."""
    try:
        msgspec.json.decode(file.read_bytes(), type=Memory)
    except FileNotFoundError:
        return
    except (OSError, msgspec.MsgspecError, UnicodeError):
        file.replace(_aside(file))


def write_memory(file: Path, memory: Memory) -> str:
    """Replace the file as a whole, or not at all; the problem in one line, "" when it went well."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        number, part = tempfile.mkstemp(dir=file.parent, prefix=file.name, suffix=".part")
        try:
            with os.fdopen(number, "wb") as opened:
                opened.write(msgspec.json.format(msgspec.json.encode(memory)) + b"\n")
            _put_aside_if_broken(file)
            Path(part).replace(file)
        except OSError:
            with suppress(OSError):
                Path(part).unlink()
            raise
    except OSError as why:
        return f"{file} cannot be written ({why.strerror or why}), so the device is not remembered"
    return ""
