"""A PortAudio whose devices can be pulled out: its time passes while somebody sleeps on its clock."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType, SimpleNamespace

import numpy as np

Callback = Callable[[np.ndarray, int, object, object], None]
BLOCK_S = 0.01


class PortAudioError(Exception):
    """As sounddevice's own: no OSError."""


@dataclass(frozen=True)
class Flags:
    """What a callback is told."""

    input_overflow: bool = False

    def __bool__(self) -> bool:
        return self.input_overflow


class World:
    """A clock, and on it one input of a constant level that is plugged in, or not."""

    def __init__(self, rate_hz: int = 48000, channels: int = 2) -> None:
        self.now_at_s = 100.0
        self.rate_hz, self.channels = rate_hz, channels
        self.plugged, self.flowing = True, True
        self.listed = True  # as PortAudio knows it, which looks at its beginning only
        self.name = "Desk"
        self.fixed_rate = False  # a host that converts no rates
        self.overflow = False
        self.closes = threading.Event()  # where it is not set, closing a stream never ends
        self.closes.set()
        self.streams: list[Stream] = []
        self.opened = 0
        self.begun = 1
        self.plan: dict[float, Callable[[], None]] = {}  # seconds from the start -> what happens
        self.reached_s = 100.0

    # -- a clock --------------------------------------------------------------------------------------------

    def now_s(self) -> float:
        """The world's time."""
        return self.now_at_s

    def sleep_until_s(self, wake_s: float) -> None:
        """The world goes on: events of the plan happen, blocks come."""
        while self.reached_s + BLOCK_S <= wake_s:
            self.reached_s += BLOCK_S
            self.now_at_s = self.reached_s
            for at_s in [at_s for at_s in self.plan if at_s <= self.now_at_s - 100]:
                self.plan.pop(at_s)()
            for stream in list(self.streams):
                if stream.active and self.flowing:
                    stream.deliver()
        self.now_at_s = max(self.now_at_s, wake_s)

    def pull(self) -> None:
        """What is open goes dead, and what is plugged in is another device, or changed."""
        for stream in self.streams:
            stream.alive = False

    # -- PortAudio ------------------------------------------------------------------------------------------

    def module(self) -> ModuleType:
        """What `import sounddevice` finds."""
        fake = ModuleType("sounddevice")
        vars(fake).update(
            PortAudioError=PortAudioError,
            query_hostapis=lambda: [{"name": "Core Audio"}],
            query_devices=self._devices,
            default=SimpleNamespace(device=(0, 0)),
            InputStream=lambda **wishes: Stream(self, **wishes),
            _initialized=1,
            _terminate=lambda: vars(fake).update(_initialized=0),
            _initialize=self._begin(fake),
        )
        return fake

    def _begin(self, fake: ModuleType) -> Callable[[], None]:
        def begin() -> None:
            if self.streams:
                raise AssertionError("begun anew while a stream is open")
            vars(fake).update(_initialized=1)
            self.listed = self.plugged
            self.begun += 1

        return begin

    def _devices(self) -> list[dict[str, object]]:
        other = {"name": "Webcam", "hostapi": 0, "max_input_channels": 1, "default_samplerate": 16000.0}
        desk = {"name": self.name, "hostapi": 0, "max_input_channels": self.channels}
        return [other, {**desk, "default_samplerate": float(self.rate_hz)}][: 1 + self.listed]


class Stream:
    """An open input: channel k carries (k + 1) / 10."""

    latency = 0.012

    def __init__(
        self,
        world: World,
        device: int,
        channels: int,
        callback: Callback,
        samplerate: int,
        **_more: object,
    ) -> None:
        if not world.plugged:
            raise PortAudioError("Error opening InputStream: Device unavailable [-9985]")
        if channels > world.channels:
            raise PortAudioError("Error opening InputStream: Invalid number of channels [-9998]")
        if world.fixed_rate and samplerate != world.rate_hz:
            raise PortAudioError("Error opening InputStream: Invalid sample rate [-9997]")
        self.world, self.callback, self.alive = world, callback, True
        count = round(BLOCK_S * world.rate_hz)
        self.heard = np.tile((np.arange(channels, dtype=np.float32) + 1) / 10, (count, 1))
        self.time = SimpleNamespace(currentTime=5.0, inputBufferAdcTime=4.99)
        world.opened += 1

    @property
    def active(self) -> bool:
        """As PortAudio says it: some hosts notice, ours is told by `plugged`."""
        return self.alive and self.world.plugged

    def start(self) -> None:
        """Blocks come from now on."""
        self.world.streams.append(self)

    def deliver(self) -> None:
        """One block."""
        self.callback(self.heard, len(self.heard), self.time, Flags(self.world.overflow))

    def close(self) -> None:
        """No more blocks."""
        if self in self.world.streams:
            self.world.streams.remove(self)
        self.world.closes.wait()
