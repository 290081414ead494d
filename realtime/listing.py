"""What `groovecast devices` shows: the inputs there are, how loud each is, and how late one is."""

from collections.abc import Sequence

import msgspec
from rich.console import Console
from rich.live import Live
from rich.table import Table

from realtime.calibrate import Calibration, calibrate
from realtime.capture import DeviceSource
from realtime.clock import MonotonicClock
from realtime.devices import Device, devices, find_device
from realtime.inputs import remember
from realtime.memory import memory_file, read_memory
from realtime.meter import QUIETEST_DB, Meter
from realtime.settings import ListingWishes

_LOOKS_PER_S = 10
_SECONDS_OF_JSON = 3.0  # measured, where nobody looks on
_BAR_DB, _BAR_LETTERS = 60.0, 24
_CLIPS_DB = -0.1
_shown = Console(highlight=False)


class DeviceLevel(msgspec.Struct, frozen=True):
    """How loud an input was, dB of full scale."""

    name: str
    host_api: str
    rms_db: float
    peak_db: float
    problem: str | None = None  # why it could not be heard


class DeviceList(msgspec.Struct, frozen=True):
    """What `devices --json` prints."""

    devices: list[Device]


class LevelList(msgspec.Struct, frozen=True):
    """What `devices --meter --json` prints: the last second's levels."""

    levels: list[DeviceLevel]


def listed(wishes: ListingWishes) -> DeviceList | LevelList | Calibration:
    """Do what was asked, and show it unless it is wanted as JSON."""
    if wishes.calibrate:
        found = calibrate(wishes.device, wishes.output, wishes.clicks, MonotonicClock())
        _remember(found)
        if not wishes.json:
            _shown.print(_in_words(found), soft_wrap=True)
        return found
    chosen = devices()
    if wishes.device is not None:
        chosen = [find_device(wishes.device, chosen)]
    if wishes.meter:
        return _metered(chosen, wishes)
    if not wishes.json:
        _shown.print(
            _table(chosen) if chosen else "no device to hear: plug one in, or see `groovecast doctor`"
        )
    return DeviceList(chosen)


def _table(found: Sequence[Device]) -> Table:
    table = Table("name", "host API", "channels", "rate", "", box=None)
    for device in found:
        marks = ", ".join(
            word for word, on in (("default", device.default), ("loopback", device.loopback)) if on
        )
        table.add_row(
            device.name, device.host_api, str(device.channels), f"{device.default_rate_hz} Hz", marks
        )
    return table


# -- how loud -----------------------------------------------------------------------------------------------


class _Metered:
    """An input that is measured, or the reason why it cannot be."""

    def __init__(self, device: Device) -> None:
        self.device, self.problem = device, ""
        self.level = DeviceLevel(device.name, device.host_api, QUIETEST_DB, QUIETEST_DB)
        self._meter = Meter()
        self._source: DeviceSource | None = None
        try:
            self._source = DeviceSource(device.full_name, MonotonicClock())
            self._source.start(lambda block, _time_s: self._meter.hear(block))
        except (OSError, ValueError) as why:
            self.problem = str(why)

    def look(self) -> None:
        """Take the level since the last look."""
        level = self._meter.read()
        self.level = DeviceLevel(
            self.device.name, self.device.host_api,
            round(level.rms_db, 1), round(level.peak_db, 1), self.problem or None,
        )  # fmt: skip

    def stop(self) -> None:
        """Measure no more."""
        if self._source is not None:
            self._source.stop()


def _metered(chosen: Sequence[Device], wishes: ListingWishes) -> LevelList:
    clock = MonotonicClock()
    seconds = wishes.seconds or (_SECONDS_OF_JSON if wishes.json else float("inf"))
    inputs = [_Metered(device) for device in chosen]
    end_s = clock.now_s() + seconds
    try:
        if wishes.json:
            clock.sleep_until_s(end_s - 1)
            for one in inputs:
                one.look()
            clock.sleep_until_s(end_s)
        else:
            with Live(_levels(inputs), console=_shown, auto_refresh=False) as screen:
                while (now_s := clock.now_s()) < end_s:
                    clock.sleep_until_s(min(now_s + 1 / _LOOKS_PER_S, end_s))
                    for one in inputs:
                        one.look()
                    screen.update(_levels(inputs), refresh=True)
        if wishes.json:
            for one in inputs:
                one.look()
    finally:
        for one in inputs:
            one.stop()
    return LevelList([one.level for one in inputs])


def _levels(inputs: Sequence[_Metered]) -> Table:
    table = Table("name", "host API", "RMS", "peak", "", box=None)
    for one in inputs:
        level = one.level
        filled = round(_BAR_LETTERS * min(max(1 + level.rms_db / _BAR_DB, 0), 1))
        bar = "█" * filled + "·" * (_BAR_LETTERS - filled)
        bar = f"[red]{bar} clips[/red]" if level.peak_db > _CLIPS_DB else bar
        table.add_row(
            level.name,
            level.host_api,
            f"{level.rms_db:.0f} dB",
            f"{level.peak_db:.0f} dB",
            one.problem or bar,
        )
    return table


# -- how late -----------------------------------------------------------------------------------------------


def _remember(found: Calibration) -> None:
    memory = read_memory(memory_file())
    latencies = {**memory.input_latency_ms, found.input: found.input_latency_ms}
    remember(msgspec.structs.replace(memory, input_latency_ms=latencies))


def _in_words(found: Calibration) -> str:
    claimed_ms = found.claimed_input_ms + found.claimed_output_ms
    return (
        f"{found.heard} of {found.played} chirps from {found.output} were heard by {found.input}\n"
        f"round trip {found.round_trip_ms_p50:.1f} ms (95 % within {found.round_trip_ms_p95:.1f} ms), "
        f"PortAudio claims {claimed_ms:.1f} ms, so {found.unclaimed_ms:.1f} ms are unclaimed\n"
        f"at most {found.input_latency_ms:.1f} ms belong to the input, which `live` now takes off "
        "(another value with --input-latency-ms)"
    )
