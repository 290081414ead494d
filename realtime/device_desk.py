"""The device picker: what can be heard, listed once somebody has a desk open, and changed without ending the show."""

import asyncio

from groovecast.wire.desk_messages import Value
from realtime.capture import DeviceSource
from realtime.clock import Clock
from realtime.desk.control import Control
from realtime.desk.desk import Desk
from realtime.devices import devices
from realtime.input_desk import InputDesk
from realtime.memory import memory_file, read_memory
from realtime.sources import FileSource

DEVICE = "device"
SONG = "the song"


class DeviceDesk:
    """The control `device` and what it does. Everything belongs to the frame loop; devices are asked in other threads.

    Sound devices are not even looked at before there is a desk: a demo runs without PortAudio.
    """

    def __init__(self, desk: Desk, inputs: InputDesk, clock: Clock) -> None:
        self._desk, self._inputs, self._clock = desk, inputs, clock
        self._rate_hz = inputs.music.source.sample_rate_hz  # what the dancer hears at
        self._begun_with = SONG if isinstance(inputs.music.source, FileSource) else inputs.music.source.title
        self._busy: asyncio.Task[None] | None = None
        self._looked = False

    def look(self) -> None:
        """List what can be heard, the first time."""
        if not self._looked:
            self._looked = True
            self._busy = asyncio.get_running_loop().create_task(self._list())

    async def _list(self) -> None:
        try:
            names = await asyncio.to_thread(lambda: [device.full_name for device in devices()])
        except OSError as why:
            names = []
            self._desk.say(str(why))
        source = self._inputs.music.source
        now = source.device.full_name if isinstance(source, DeviceSource) else self._begun_with
        choices = tuple(dict.fromkeys((now, *names)))
        self._desk.add(
            [
                Control(
                    name=DEVICE,
                    kind="choice",
                    group="sound",
                    says="What is heard",
                    choices=choices,
                    start=now,
                    in_cues=False,
                )
            ]
        )
        self._desk.on_turn(DEVICE, self._turned)

    def _turned(self, value: Value, by: str) -> None:
        before = self._desk.value(DEVICE)
        if value == before:
            return
        if self._busy is not None and not self._busy.done():
            raise ValueError(f"asked to hear {value}, another device is being opened: try again in a moment")
        self._busy = asyncio.get_running_loop().create_task(self._pick(str(value), str(before)))

    async def _pick(self, name: str, before: str) -> None:
        try:
            if name == self._begun_with == SONG:
                await self._inputs.leave_device()
            else:
                await self._inputs.device(await asyncio.to_thread(self._opened, name))
        except (OSError, ValueError) as why:
            self._desk.say(str(why))
            self._desk.stand(DEVICE, before, "sound")

    def _opened(self, name: str) -> DeviceSource:
        """In another thread. Raises OSError or ValueError with the mend."""
        late_ms = read_memory(memory_file()).input_latency_ms.get(name, 0.0)
        return DeviceSource(name, self._clock, input_latency_s=late_ms / 1000, rate_hz=self._rate_hz)
