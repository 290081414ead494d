"""A sound device that is listened to: opened by name, missed when it goes, opened again when it returns."""

import threading
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float32

from groovecast.wordless import wordless
from realtime.channels import channels_from_text
from realtime.clock import Clock
from realtime.devices import Device, begin_anew, devices, find_device, found_again, portaudio
from realtime.pulse import heard_by_plugin
from realtime.sample_clock import SampleClock
from realtime.sources import Hear

_LATENCY_S = 0.02  # asked of the driver; it may give more
_LOOK_EVERY_S = 0.05
_SILENT_FOR_S = 1.0  # no block for so long: the device has gone, whatever the driver says
_SLOW_START_S = 4.0  # the first block of a stream may take this long
_TRY_EVERY_S = 1.0
_CLOSES_IN_S = 0.25  # mostly; silence waits for so long at most
_CLOSING_S = 3.0  # a stream that takes longer to close is given up


@dataclass(frozen=True)
class Latency:
    """How long sound takes from the device to the callback, as PortAudio claims it; 0 where it says nothing."""

    stream_ms: float = 0.0  # what the stream said when it was opened
    callback_ms: float = 0.0  # what the last callback said


class DeviceSource:
    """A capture device, found by name and opened through PortAudio.

    The callback mixes to mono into memory that it owns, takes no lock, and stamps blocks by a `SampleClock`, earlier
    by the latency that was measured. A thread of its own looks whether the device is still there. While it is not,
    silence is delivered, and each second the device is looked for by its name.
    """

    def __init__(
        self,
        asked: str | None,
        clock: Clock,
        *,
        loopback: bool = False,
        channels: str | None = None,
        input_latency_s: float = 0.0,
        rate_hz: int | None = None,  # None: the device's own
    ) -> None:
        self.device = find_device(asked, devices(), loopback=loopback)
        self.sample_rate_hz = rate_hz or self.device.default_rate_hz
        self.title = self.device.name
        self.blocks = 0
        self.overruns = 0
        self.losses = 0  # times that the device went away
        self.connected = False
        self.trouble = ""
        self.input_latency_s = input_latency_s
        self._clock = clock
        self._asked_channels = channels
        self._channels = channels_from_text(channels, self.device.channels)
        self._mono = np.zeros(self.sample_rate_hz, np.float32)
        self._stream: Any = None  # sounddevice has no types
        self._claimed_ms = self._adc_ms = 0.0
        self._delivered_until_s = 0.0
        self._muted = False  # the callback delivers nothing: the other thread still delivers silence
        self._running = False
        self._thread: threading.Thread | None = None
        self._closing: threading.Thread | None = None
        self._opened = (
            0  # grows with each stream: one that closes, or never does, is not heard beside the next
        )

    @property
    def latency(self) -> Latency:
        """What PortAudio claims."""
        return Latency(self._claimed_ms, self._adc_ms)

    def start(self, hear: Hear) -> None:
        """Open the device and deliver what it hears, on PortAudio's thread."""
        if self._stream is not None or self._running:
            raise ValueError(f"asked to open {self.title!r}, it is open already: stop it first")
        self._muted = False
        self._open(self.device, hear)
        self.connected = self._running = True
        self._thread = threading.Thread(
            target=self._watch, args=(hear,), name="groovecast-device", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """Close the device; returns when the last block is through."""
        self._running = False
        if self._thread is not None:
            self._thread.join()
        self._thread = None
        self._close()
        if self._closing is not None:
            self._closing.join(_CLOSING_S)

    # -- audio thread ---------------------------------------------------------------------------------------

    def _open(self, device: Device, hear: Hear) -> None:
        """Raises OSError with the mend."""
        sounds, clock, samples = portaudio(), self._clock, SampleClock(self.sample_rate_hz)
        buffer, mixed, early_s = self._mono, self._channels.mixed, self.input_latency_s
        self._opened += 1
        opened = self._opened

        def callback(
            heard: Float32[np.ndarray, "samples channels"], count: int, time: Any, status: Any
        ) -> None:
            # Audio thread.
            if opened != self._opened:
                return
            time_s = samples.stamp(count, clock.now_s()) - early_s
            if not self._muted:
                mono = buffer[:count]
                mixed(heard, mono)
                hear(mono, time_s)
                self._delivered_until_s = time_s + count / self.sample_rate_hz
            self.blocks += 1
            self._adc_ms = 1000 * (time.currentTime - time.inputBufferAdcTime)
            if status:
                self.overruns += status.input_overflow

        try:
            with heard_by_plugin(device.pulse_source):
                self._stream = sounds.InputStream(
                    device=device.index,
                    samplerate=self.sample_rate_hz,
                    channels=self._channels.fewest,
                    dtype="float32",
                    latency=_LATENCY_S,
                    callback=callback,
                )
                self._stream.start()
            self._claimed_ms = 1000 * float(self._stream.latency)
        except sounds.PortAudioError as error:
            self._close()
            reason = " ".join(str(error).split())
            mend = "close what else uses it, or choose another of `groovecast devices`"
            raise OSError(f"asked to open {self.title!r}, PortAudio says {reason}; {mend}") from error

    # -- the device's own thread ----------------------------------------------------------------------------

    def _watch(self, hear: Hear) -> None:
        """Notice that the device has gone, be silent in its place, and open it when it is there again."""
        clock, seen, patience_s = self._clock, self.blocks, _SLOW_START_S
        changed_s = tried_s = clock.now_s()
        gone = f"{self.title} is gone: plug it in again, it is looked for every second"
        while self._running:
            clock.sleep_until_s(clock.now_s() + _LOOK_EVERY_S)
            now_s = clock.now_s()
            if self.blocks != seen:
                seen, changed_s, patience_s = self.blocks, now_s, _SILENT_FOR_S
                if self._muted and self._stream is not None:
                    # It is heard again: from here on the callback delivers, and nobody else.
                    self._muted, self.connected, self.trouble = False, True, ""
            if self._stream is not None and not (self._active() and now_s - changed_s < patience_s):
                self.losses += not self._muted
                self._muted, self.trouble, tried_s = True, gone, now_s
                self._close()
            if not self._muted:
                continue
            self._be_silent(hear, now_s)
            closed = self._closing is None or not self._closing.is_alive()
            wait_s = _TRY_EVERY_S if closed else _CLOSING_S
            if self._stream is None and now_s - tried_s >= wait_s:
                self._closing = None
                self.trouble = self._look_for_it(hear) or gone
                tried_s = changed_s = clock.now_s()
                seen, patience_s = self.blocks, _SLOW_START_S

    def _active(self) -> bool:
        try:
            return bool(self._stream.active)
        except portaudio().PortAudioError:
            return False

    def _look_for_it(self, hear: Hear) -> str:
        """Open it where it is there again; what stands in the way of that, "" for nothing but that it is gone."""
        device: Device | None = None
        # what is not there yet is nothing new, but PortAudio and ALSA would say it each second
        with wordless():
            try:
                begin_anew()
                device = found_again(self.device, devices())
                if device is not None:
                    self._channels = channels_from_text(self._asked_channels, device.channels)
                    self._open(device, hear)
                    self.device = device
            except (OSError, ValueError) as why:
                rate_hz, has = self.sample_rate_hz, None if device is None else device.default_rate_hz
                mend = f"; it has {has} Hz now: set it to {rate_hz} Hz, or start again"
                mend = "" if has in (None, rate_hz) else mend
                return f"{self.title} is looked for every second: {why}{mend}"
        return ""

    def _be_silent(self, hear: Hear, now_s: float) -> None:
        until_s = now_s - self.input_latency_s
        most = len(self._mono)  # after a longer sleep the listener begins anew by itself
        count = min(int((until_s - self._delivered_until_s) * self.sample_rate_hz), most)
        if count > 0:
            hear(np.zeros(count, np.float32), until_s - count / self.sample_rate_hz)
            self._delivered_until_s = until_s

    def _close(self) -> None:
        """Close the stream on a thread of its own: what is gone may keep its driver waiting for ever."""
        stream, self._stream = self._stream, None
        self._opened += 1
        self.connected = False
        if stream is not None:
            self._closing = threading.Thread(
                target=_close, args=(stream,), name="groovecast-closing", daemon=True
            )
            self._closing.start()
            self._closing.join(_CLOSES_IN_S)


def _close(stream: Any) -> None:
    with suppress(portaudio().PortAudioError):  # what is gone need not be closed
        stream.close()
