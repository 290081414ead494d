"""What a Linux desktop's sound service can hear, by its own names: PulseAudio, or PipeWire in its place."""

import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

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


@contextmanager
def heard_by_plugin(name: str | None) -> Iterator[None]:
    """While this lasts, ALSA's plugin opens that source; None changes nothing."""
    if name is None:
        yield
        return
    # There is no other way to tell the plugin, which PortAudio opens without further words.
    before = os.environ.get("PULSE_SOURCE")
    os.environ["PULSE_SOURCE"] = name
    try:
        yield
    finally:
        if before is None:
            del os.environ["PULSE_SOURCE"]
        else:
            os.environ["PULSE_SOURCE"] = before
