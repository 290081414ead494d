"""Where sound comes from: a song played in real time, or a device that hears the room or the mixer."""

import re
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float32

from groovecast.audio.decode import Audio
from realtime.clock import Clock

# hear(mono block, time at which its first sample was captured): called on the source's own thread.
Hear = Callable[[Float32[np.ndarray, " samples"], float], None]


@runtime_checkable
class Source(Protocol):
    """Sound that arrives in blocks, each stamped with the time of its first sample."""

    sample_rate_hz: int
    title: str
    blocks: int  # delivered so far
    overruns: int  # times that sound was lost, or came so late that it counts as lost

    def start(self, hear: Hear) -> None:
        """Deliver blocks from now on, from a thread of its own."""
        ...

    def stop(self) -> None:
        """Deliver no more; returns when the last block is through."""
        ...


_BLOCKS_PER_S = 100  # 10 ms: the ears' hop
_LATE_S = 0.05  # a song's block later than this is an overrun: half of what the ears look back on


@dataclass(frozen=True)
class Transport:
    """Where a song stands: while playing, media position p is heard at `at_s + (p - position_s)`."""

    playing: bool
    position_s: float
    at_s: float
    duration_s: float
    ended: bool


@dataclass(frozen=True)
class _Cue:
    """From stream sample `from_sample` on, the song stands at `position` and plays or not."""

    playing: bool
    position: int
    from_sample: int
    origin_s: float


class FileSource:
    """A decoded song, paced as a sound card would deliver it: a block comes when its last sample is past.

    Audio time never stops: paused, or after the end, it delivers silence. Target times are counted from the
    start, so pacing never drifts. `start` runs it on a thread; `cue` and `blocks_until` give the very same
    blocks without one.
    """

    def __init__(
        self,
        audio: Audio,
        clock: Clock,
        block_samples: int | None = None,
        *,
        title: str = "",
        loop: bool = False,
    ) -> None:
        if not len(audio.samples):
            raise ValueError("asked to play a song, found 0 samples: choose a file that holds sound")
        self.sample_rate_hz = audio.sample_rate_hz
        self.title = title
        self.blocks = 0
        self.overruns = 0
        self._samples = np.ascontiguousarray(audio.samples.mean(axis=1), np.float32)
        self._clock = clock
        self._block_samples = block_samples or max(1, audio.sample_rate_hz // _BLOCKS_PER_S)
        self._loop = loop
        self._next = 0  # the stream sample that the next block begins with
        self._cue = _Cue(True, 0, 0, clock.now_s())
        self._turn = threading.Lock()  # one command or one block at a time; readers take `_cue` as it is
        self._running = False
        self._thread: threading.Thread | None = None

    @property
    def duration_s(self) -> float:
        """How long the song is."""
        return len(self._samples) / self.sample_rate_hz

    def cue(self, start_s: float) -> None:
        """Set the time at which the stream begins. `start` does it by itself."""
        with self._turn:
            self._next = 0
            self._cue = replace(self._cue, from_sample=0, origin_s=start_s)

    def start(self, hear: Hear) -> None:
        """Deliver blocks from now on, from a thread of its own."""
        if self._running:
            raise ValueError(f"asked to start {self.title!r}, it runs already: stop it first")
        self.cue(self._clock.now_s())
        self._running = True
        self._thread = threading.Thread(target=self._pace, args=(hear,), name="groovecast-song", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Deliver no more; returns when the last block is through."""
        self._running = False
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join()
        self._thread = None

    def blocks_until(self, now_s: float) -> Iterator[tuple[Float32[np.ndarray, " samples"], float]]:
        """The blocks that are complete by `now_s` and were not asked for before, each with its time."""
        while self._due_s() <= now_s + 1e-9:  # a nanosecond: 0.01 * 3 is not 0.03
            yield self._block()

    def pause(self) -> None:
        """Any thread. Silence from the next block on."""
        self._command(playing=False)

    def resume(self) -> None:
        """Any thread. Play on; from the beginning when the song was over."""
        self._command(playing=True)

    def seek(self, position_s: float) -> None:
        """Any thread. Go to that place, clipped to the song; a paused song stays paused."""
        self._command(position=round(position_s * self.sample_rate_hz))

    def transport(self) -> Transport:
        """Any thread. Where the song stands; the same value until something changes."""
        cue, song, rate = self._cue, len(self._samples), self.sample_rate_hz
        reached = self._place(cue, self._next)
        ended = reached >= song and not self._loop
        position, from_sample = cue.position, cue.from_sample
        if ended:
            position, from_sample = song, from_sample + song - position
        elif reached >= song:  # a loop: count from the beginning of this pass
            whole = reached // song * song
            position, from_sample = 0, from_sample + whole - position
        at_s = cue.origin_s + from_sample / rate
        return Transport(cue.playing and not ended, position / rate, at_s, song / rate, ended)

    def _command(self, playing: bool | None = None, position: int | None = None) -> None:
        song = len(self._samples)
        with self._turn:
            cue = self._cue
            reached = self._place(cue, self._next)
            reached = reached % song if self._loop else min(reached, song)
            if playing and position is None and reached == song:
                reached = 0
            place = reached if position is None else min(max(position, 0), song)
            self._cue = replace(
                cue,
                playing=cue.playing if playing is None else playing,
                position=place,
                from_sample=self._next,
            )

    @staticmethod
    def _place(cue: _Cue, stream_sample: int) -> int:
        return cue.position + (stream_sample - cue.from_sample if cue.playing else 0)

    def _due_s(self) -> float:
        return self._cue.origin_s + (self._next + self._block_samples) / self.sample_rate_hz

    def _block(self) -> tuple[Float32[np.ndarray, " samples"], float]:
        with self._turn:
            cue, count = self._cue, self._block_samples
            time_s = cue.origin_s + self._next / self.sample_rate_hz
            place = self._place(cue, self._next)
            self._next += count
            self.blocks += 1
        if not cue.playing:
            return np.zeros(count, np.float32), time_s
        if self._loop:
            return self._samples.take(np.arange(place, place + count), mode="wrap"), time_s
        block = np.zeros(count, np.float32)
        heard = self._samples[place : place + count]
        block[: len(heard)] = heard
        return block, time_s

    def _pace(self, hear: Hear) -> None:
        while self._running:
            due_s = self._due_s()
            self._clock.sleep_until_s(due_s)
            if not self._running:
                return
            self.overruns += self._clock.now_s() - due_s > _LATE_S
            hear(*self._block())


_WINDOW_S = 1.0  # the lowest lateness is taken over the last one to two of these
_FOLLOW_S_PER_S = 1e-3  # quartz differs by less than 0.1 ms/s; wireless devices by less than this
_LOST_S = 0.05  # a standing change beyond this is lost sound, not drift


class SampleClock:
    """The time of each captured sample, from the sample count and the times at which blocks arrived.

    Blocks arrive late by a varying amount and never early, so the lowest lateness of the last seconds is
    the mapping: jitter does not move it, drift is followed by 1 ms a second at most, and a standing jump
    (sound that the system lost) is taken over once it is sure. What even the quickest block is late by stays
    in: a constant, for the user's offset.
    """

    def __init__(self, sample_rate_hz: int) -> None:
        self._rate = sample_rate_hz
        self._counted = 0
        self._started = False
        self._offset_s = 0.0  # time of sample 0
        self._low_s = self._older_low_s = float("inf")
        self._window_ends = 0

    def stamp(self, samples: int, arrived_s: float) -> float:
        """Audio thread. The time of the first sample of a block that arrived then; call once a block."""
        first, rate = self._counted, self._rate
        self._counted += samples
        seen_s = arrived_s - self._counted / rate
        if self._counted >= self._window_ends:
            self._older_low_s, self._low_s = self._low_s, seen_s
            self._window_ends = self._counted + int(_WINDOW_S * rate)
        self._low_s = min(self._low_s, seen_s)
        low_s = min(self._low_s, self._older_low_s)
        settling = self._counted < _WINDOW_S * rate and low_s < self._offset_s
        if not self._started or settling or abs(low_s - self._offset_s) > _LOST_S:
            self._started = True
            self._offset_s = low_s
        else:
            most_s = _FOLLOW_S_PER_S * samples / rate
            self._offset_s += min(max(low_s - self._offset_s, -most_s), most_s)
        return self._offset_s + first / rate


@dataclass(frozen=True)
class Device:
    """Something that can be listened to."""

    index: int
    name: str
    host_api: str
    channels: int
    default_rate_hz: int
    default: bool
    loopback: bool  # carries what the machine itself plays


# What systems and virtual cables call a device that carries the machine's own sound.
_LOOPBACK = re.compile("monitor|loopback|stereo mix|what u hear|blackhole|soundflower|cable output", re.I)
# One device under several names (Windows): the first of these is meant. MME cuts names at 31 letters.
_HOST_APIS = ("ASIO", "WASAPI", "Core Audio", "JACK", "ALSA", "DirectSound", "MME")


def devices() -> list[Device]:
    """All devices that sound can be captured from. Raises OSError with the mend when PortAudio is missing."""
    portaudio = _portaudio()
    apis = portaudio.query_hostapis()
    default = portaudio.default.device[0]
    return [
        Device(
            index=index,
            name=entry["name"],
            host_api=apis[entry["hostapi"]]["name"],
            channels=entry["max_input_channels"],
            default_rate_hz=int(entry["default_samplerate"]),
            default=index == default,
            loopback=_LOOPBACK.search(entry["name"]) is not None,
        )
        for index, entry in enumerate(portaudio.query_devices())
        if entry["max_input_channels"] > 0
    ]


def find_device(asked: str | None, found: Sequence[Device], *, loopback: bool = False) -> Device:
    """The one device whose name (or "name, host API") holds `asked`, in any case; None: the default one.

    `loopback` looks only among those that carry the machine's own sound. Raises ValueError naming what was
    asked, what there is and the mend.
    """
    wish = f"device {asked!r}" if asked is not None else "the default device"
    wish += " with the machine's own sound" if loopback else ""
    names = ", ".join(sorted({device.name for device in found})) or "none"
    some = [device for device in found if device.loopback or not loopback]
    if asked is not None:
        word = asked.lower()
        whole = [device for device in some if word in (device.name.lower(), _full_name(device).lower())]
        some = whole or [device for device in some if word in _full_name(device).lower()]
    elif not loopback:
        some = [device for device in some if device.default] or some[:1]
    if not some:
        raise ValueError(
            f"asked for {wish}, devices found: {names}; `groovecast devices` lists what can be heard"
        )
    best = min(_rank(device) for device in some)
    preferred = [device for device in some if _rank(device) == best]
    if len(preferred) > 1:
        candidates = ", ".join(repr(_full_name(device)) for device in preferred)
        raise ValueError(f"asked for {wish}, {len(preferred)} fit: {candidates}; give more of the name")
    return preferred[0]


def _full_name(device: Device) -> str:
    return f"{device.name}, {device.host_api}"


def _rank(device: Device) -> int:
    places = (place for place, api in enumerate(_HOST_APIS) if api in device.host_api)
    return next(places, len(_HOST_APIS))


_LATENCY_S = 0.02  # asked of the driver; it may give more
_MOST_CHANNELS = 2  # a mixer's further inputs are other signals


class DeviceSource:
    """A capture device, found by name and opened through PortAudio.

    The callback mixes to mono into memory that it owns, takes no lock, and stamps blocks by a `SampleClock`.
    """

    def __init__(self, asked: str | None, clock: Clock, *, loopback: bool = False) -> None:
        self.device = find_device(asked, devices(), loopback=loopback)
        self.sample_rate_hz = self.device.default_rate_hz
        self.title = self.device.name
        self.blocks = 0
        self.overruns = 0
        self.connected = False  # False again when the device went away by itself
        self._clock = clock
        self._channels = min(self.device.channels, _MOST_CHANNELS)
        self._mono = np.zeros(self.sample_rate_hz, np.float32)
        self._samples = SampleClock(self.sample_rate_hz)
        self._stream: Any = None  # sounddevice has no types

    def start(self, hear: Hear) -> None:
        """Open the device and deliver what it hears, on PortAudio's thread."""
        if self._stream is not None:
            raise ValueError(f"asked to open {self.title!r}, it is open already: stop it first")
        portaudio = _portaudio()
        clock, samples, buffer = self._clock, self._samples, self._mono
        share = np.float32(1 / self._channels)

        def callback(
            heard: Float32[np.ndarray, "samples channels"], count: int, _time: object, status: Any
        ) -> None:
            # Audio thread.
            time_s = samples.stamp(count, clock.now_s())
            mono = buffer[:count]
            np.add.reduce(heard, axis=1, out=mono)
            np.multiply(mono, share, out=mono)
            hear(mono, time_s)
            self.blocks += 1
            if status:
                self.overruns += status.input_overflow

        try:
            self._stream = portaudio.InputStream(
                device=self.device.index,
                samplerate=self.sample_rate_hz,
                channels=self._channels,
                dtype="float32",
                latency=_LATENCY_S,
                callback=callback,
                finished_callback=self._gone,
            )
            self._stream.start()
        except portaudio.PortAudioError as error:
            self.stop()
            reason = " ".join(str(error).split())
            mend = "close what else uses it, or choose another of `groovecast devices`"
            raise OSError(f"asked to open {self.title!r}, PortAudio says {reason}; {mend}") from error
        self.connected = True

    def stop(self) -> None:
        """Close the device; returns when the last block is through."""
        stream, self._stream = self._stream, None
        self.connected = False
        if stream is not None:
            stream.close()

    def _gone(self) -> None:
        self.connected = False


def _portaudio() -> Any:
    """The sounddevice module (untyped), loaded only when a device is wanted."""
    try:
        import sounddevice
    except OSError as error:
        mend = "`sudo apt install libportaudio2` on Debian or Ubuntu, `brew install portaudio` on macOS"
        raise OSError(f"asked for a sound device, the PortAudio library was not found: {mend}") from error
    return sounddevice
