"""What is remembered from one start to the next: the input chosen last, and how late each device is."""

import os
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

import msgspec
import platformdirs


class Memory(msgspec.Struct, frozen=True):
    """What is remembered, devices by name and host API."""

    device: str | None = None
    input_latency_ms: dict[str, float] = {}


def memory_file() -> Path:
    """Where it is kept: the folder that the system means for settings."""
    return Path(platformdirs.user_config_dir("groovecast", appauthor=False)) / "sound.json"


def read_memory(file: Path) -> Memory:
    """What is remembered; nothing when there is no such file. A file that cannot be read is one line, and ignored."""
    try:
        return msgspec.json.decode(file.read_bytes(), type=Memory)
    except FileNotFoundError:
        return Memory()
    except (OSError, msgspec.MsgspecError, UnicodeError) as why:
        reason = " ".join(str(why).split())
        print(f"groovecast: {file} cannot be read ({reason}), so nothing is remembered", file=sys.stderr)
        return Memory()


def write_memory(file: Path, memory: Memory) -> str:
    """Replace the file as a whole, or not at all; the problem in one line, "" when it went well."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        number, part = tempfile.mkstemp(dir=file.parent, prefix=file.name, suffix=".part")
        try:
            with os.fdopen(number, "wb") as opened:
                opened.write(msgspec.json.format(msgspec.json.encode(memory)) + b"\n")
            Path(part).replace(file)
        except OSError:
            with suppress(OSError):
                Path(part).unlink()
            raise
    except OSError as why:
        return f"{file} cannot be written ({why.strerror or why}), so the device is not remembered"
    return ""
