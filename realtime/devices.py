"""The devices that can be heard: found by name, opened through PortAudio, stamped with the time of each sample."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float32

from realtime.clock import Clock
from realtime.sources import Hear

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
    """All devices that sound can be captured from. Raises OSError with the mend when PortAudio cannot say."""
    portaudio = _portaudio()
    try:
        apis, entries = portaudio.query_hostapis(), portaudio.query_devices()
        default = portaudio.default.device[0]
    except portaudio.PortAudioError as error:
        raise _mute(error) from error
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
        for index, entry in enumerate(entries)
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
    except Exception as error:  # its PortAudioError, which has no better base and no name before it is loaded
        if type(error).__name__ != "PortAudioError":
            raise
        raise _mute(error) from error
    return sounddevice


def _mute(error: Exception) -> OSError:
    reason = " ".join(str(error).split())
    mend = "check that the system's sound service runs, or play a file instead"
    return OSError(f"asked for the sound devices, PortAudio says {reason}: {mend}")
