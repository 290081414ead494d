"""Which input a person means: a device by its name, the machine's own sound, standard input, or a page."""

import sys

import msgspec
from rich.console import Console

from realtime.capture import DeviceSource
from realtime.channels import channels_from_text
from realtime.clock import Clock
from realtime.devices import devices
from realtime.memory import Memory, memory_file, read_memory, write_memory
from realtime.page_sound import PageSource
from realtime.pipe import PcmFormat, PipeSource
from realtime.settings import SoundWishes
from realtime.sources import Source
from realtime.wasapi import LoopbackSource, wasapi_loopback_installed

_MOST_CHANNELS_OF_A_PIPE = 8
_told = Console(stderr=True, highlight=False)


def opened_input(wishes: SoundWishes, clock: Clock) -> Source:
    """The source that was asked for. Raises ValueError or OSError with the mend when there is none."""
    if wishes.stdin:
        raw = channels_from_text(wishes.channels or "2", _MOST_CHANNELS_OF_A_PIPE)
        if raw.fewest != len(raw.picked):
            found = f"asked for --channels {wishes.channels} of standard input"
            raise ValueError(f"{found}: give how many it has, all of them are heard")
        return PipeSource(sys.stdin.fileno(), PcmFormat(wishes.format, wishes.rate, raw.fewest), clock)
    if wishes.from_page:
        return PageSource(clock.now_s)
    memory = read_memory(memory_file())
    if wishes.loopback and wishes.device is None and wasapi_loopback_installed():
        return LoopbackSource(clock, input_latency_s=(wishes.input_latency_ms or 0.0) / 1000)
    asked = wishes.device
    before = None if wishes.loopback else memory.device
    if asked is None and before in {device.full_name for device in devices()}:
        asked = before
        _told.print(f"hearing {asked}, chosen before; another with --device", soft_wrap=True)
    source = DeviceSource(asked, clock, loopback=wishes.loopback, channels=wishes.channels)
    name = source.device.full_name
    latency_ms = wishes.input_latency_ms
    if latency_ms is None:
        latency_ms = memory.input_latency_ms.get(name, 0.0)
    source.input_latency_s = latency_ms / 1000
    if wishes.device is not None:
        remember(msgspec.structs.replace(memory, device=name))
    return source


def remember(memory: Memory) -> None:
    """Keep it for the next time; that it cannot be kept is one line and no fault."""
    problem = write_memory(memory_file(), memory)
    if problem:
        print(f"groovecast: {problem}", file=sys.stderr)
