"""What a Linux desktop's sound service can hear, by its own names: PulseAudio, or PipeWire in its place."""

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

# PortAudio reaches the service through ALSA's plugin of this name alone, which hears what the environment names.
PULSE_PCM = "pulse"
DEFAULT_MONITOR = "@DEFAULT_MONITOR@"  # the service's word for what the chosen output plays
_PATIENCE_S = 2.0
_SPECIFICATION = re.compile(r"\S+ (\d+)ch (\d+)Hz")


@dataclass(frozen=True)
class PulseSource:
    """Something that the sound service can hear."""

    name: str
    channels: int
    rate_hz: int

    @property
    def monitor(self) -> bool:
        """It carries what an output plays."""
        return self.name.endswith(".monitor")


def pulse_sources() -> list[PulseSource]:
    """All that the service can hear; none where it does not run, or its tool `pactl` is not installed."""
    try:
        told = subprocess.run(
            ["pactl", "list", "short", "sources"],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True, timeout=_PATIENCE_S,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError, UnicodeDecodeError):
        return []
    return sources_from_list(told.stdout)


def sources_from_list(text: str) -> list[PulseSource]:
    """What `pactl list short sources` says: number, name, driver, specification, state, a line each."""
    sources = []
    for line in text.splitlines():
        fields = line.split("\t")
        if len(fields) >= 4 and (found := _SPECIFICATION.fullmatch(fields[3])):
            sources.append(PulseSource(fields[1], int(found[1]), int(found[2])))
    return sources


def settings_without_shared_memory(environment: Mapping[str, str], home: Path) -> str:
    """The person's own settings of PulseAudio's library, but that it shares no memory with the service.

    Where it does, and the service dies while a block is being read, the library waits for its own reader for ever.
    """
    before = _settings_file(environment, home)
    parts = [before, *sorted(Path(f"{before}.d").glob("*.conf"))]
    return "".join(f".include {part}\n" for part in parts if part.is_file()) + "enable-shm = no\n"


def _settings_file(environment: Mapping[str, str], home: Path) -> Path:
    """The file that the library would read, looked for where it looks."""
    if named := environment.get("PULSE_CLIENTCONFIG"):
        return Path(named)
    config = Path(environment.get("XDG_CONFIG_HOME") or home / ".config")
    own = [Path(environment["PULSE_HOME"])] if environment.get("PULSE_HOME") else []
    for folder in (*own, config / "pulse", home / ".pulse"):
        if (file := folder / "client.conf").is_file():
            return file
    return Path("/etc/pulse/client.conf")


@contextmanager
def heard_by_plugin(name: str | None) -> Iterator[None]:
    """While this lasts, ALSA's plugin opens that source, or its usual one, and outlives the sound service."""
    # There is no other way to tell the plugin, which PortAudio opens without further words.
    with ExitStack() as until_then:
        if sys.platform == "linux":
            file = until_then.enter_context(
                tempfile.NamedTemporaryFile("w", suffix=".conf", encoding="utf-8")
            )
            file.write(settings_without_shared_memory(os.environ, Path.home()))
            file.flush()
            until_then.enter_context(_set("PULSE_CLIENTCONFIG", file.name))
        if name is not None:
            until_then.enter_context(_set("PULSE_SOURCE", name))
        yield


@contextmanager
def _set(variable: str, value: str) -> Iterator[None]:
    """While this lasts, the environment says so."""
    before = os.environ.get(variable)
    os.environ[variable] = value
    try:
        yield
    finally:
        if before is None:
            del os.environ[variable]
        else:
            os.environ[variable] = before
