"""What a Windows machine plays, heard through WASAPI's loopback by PyAudioWPatch where that is installed."""

import sys
import threading
from contextlib import suppress
from importlib.util import find_spec
from typing import Any

import numpy as np
from jaxtyping import Float32

from groovecast.audio.resample import Resampler
from realtime.channels import Channels
from realtime.clock import Clock
from realtime.sample_clock import SampleClock
from realtime.sources import Hear

# Written from PyAudioWPatch's documentation and PyAudio's: a loopback device is an input device of its own at the
# end of the list, has the name of its output and " [Loopback]", and gives nothing while nothing is played.
_LOOK_EVERY_S = 0.005
_QUIET_AFTER_S = 0.15  # WASAPI gives nothing while nothing plays: that is silence
_NEAR_S = 0.03  # silence is heard up to so long ago: a block may be on its way
_TRY_EVERY_S = 1.0
_BLOCKS_PER_S = 100
_MOST_CHANNELS = 8


def wasapi_loopback_installed() -> bool:
    """PyAudioWPatch is there, which it is on Windows alone."""
    return sys.platform == "win32" and find_spec("pyaudiowpatch") is not None


class LoopbackSource:
    """What the chosen output of a Windows machine plays; it is looked for again when it goes away.

    One thread of its own asks for sound and delivers it, and silence while there is none.
    """

    def __init__(self, clock: Clock, *, input_latency_s: float = 0.0) -> None:
        self._pyaudio = _pyaudio()
        self.blocks = self.overruns = self.losses = 0
        self.connected = False
        self.trouble = ""
        self.input_latency_s = input_latency_s
        self._clock = clock
        self._system: Any = None  # PyAudio has no types
        self._stream: Any = None
        device = self._default_output()
        self.title = str(device["name"])
        self.sample_rate_hz = int(device["defaultSampleRate"])
        self._delivered_until_s = clock.now_s()
        self._running = False
        self._thread: threading.Thread | None = None

    def start(self, hear: Hear) -> None:
        """Open the output's loopback and deliver what it plays, from a thread of its own."""
        if self._running:
            raise ValueError(f"asked to open {self.title!r}, it is open already: stop it first")
        self._open(self._default_output())
        self._running = self.connected = True
        self._thread = threading.Thread(
            target=self._read, args=(hear,), name="groovecast-loopback", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """Close it; returns when the last block is through."""
        self._running = False
        if self._thread is not None:
            self._thread.join()
        self._thread = None
        self._close()

    def _default_output(self) -> Any:
        """Begin anew, which finds what was plugged in since; raises OSError with the mend when there is no loopback."""
        if self._system is not None:
            self._system.terminate()
        self._system = self._pyaudio.PyAudio()
        try:
            return self._system.get_default_wasapi_loopback()
        except (OSError, LookupError) as why:
            reason = " ".join(str(why).split()) or "there is none"
            mend = "choose an output in Windows' sound settings"
            raise OSError(f"asked for what this machine plays, WASAPI says {reason}: {mend}") from why

    def _open(self, device: Any) -> None:
        """Another output, or one that was set up anew, may have another rate: it is turned into ours."""
        rate_hz = int(device["defaultSampleRate"])
        self._resampler, self._samples = Resampler(rate_hz, self.sample_rate_hz), SampleClock(rate_hz)
        self._taken = self._given = 0  # samples of the resampler since its beginning, in and out
        self._channels = Channels(tuple(range(min(int(device["maxInputChannels"]), _MOST_CHANNELS))))
        self._stream = self._system.open(
            format=self._pyaudio.paFloat32,
            channels=self._channels.fewest,
            rate=rate_hz,
            input=True,
            input_device_index=device["index"],
            frames_per_buffer=rate_hz // _BLOCKS_PER_S,
        )
        self.title = str(device["name"])

    def _close(self) -> None:
        self.connected = False
        stream, self._stream = self._stream, None
        if stream is not None:
            with suppress(OSError):  # what is gone need not be closed
                stream.close()

    # -- the loopback's own thread --------------------------------------------------------------------------

    def _read(self, hear: Hear) -> None:
        clock, sounded_s, tried_s = self._clock, self._clock.now_s(), 0.0
        while self._running:
            clock.sleep_until_s(clock.now_s() + _LOOK_EVERY_S)
            now_s, count = clock.now_s(), 0
            try:
                if self._stream is not None and (count := self._stream.get_read_available()):
                    heard = np.frombuffer(
                        self._stream.read(count, exception_on_overflow=False), np.float32
                    ).reshape(-1, self._channels.fewest)
            except OSError:
                count = 0
                self._close()
                self.losses += 1
                self.trouble = self._gone
                tried_s = now_s
            if count:
                sounded_s = now_s
                self._deliver(heard, now_s, hear)
            elif now_s - sounded_s > _QUIET_AFTER_S:
                self._be_silent(hear, now_s - _NEAR_S)
                self._samples = SampleClock(self._resampler.from_hz)  # its count has stood still
                self._resampler.reset()
                self._taken = self._given = 0
            if self._stream is None and now_s - tried_s >= _TRY_EVERY_S:
                tried_s = now_s
                self._try_again()

    def _deliver(self, heard: Float32[np.ndarray, "samples channels"], now_s: float, hear: Hear) -> None:
        mono, rate_hz = np.empty(len(heard), np.float32), self._resampler.from_hz
        self._channels.mixed(heard, mono)
        begin_s = self._samples.stamp(len(mono), now_s) - self.input_latency_s - self._taken / rate_hz
        first_s = begin_s + self._given / self.sample_rate_hz
        block = self._resampler.push(mono)
        self._taken += len(mono)
        self._given += len(block)
        self.blocks += 1
        if len(block):
            hear(block, first_s)
            self._delivered_until_s = first_s + len(block) / self.sample_rate_hz

    def _be_silent(self, hear: Hear, until_s: float) -> None:
        begin_s = max(self._delivered_until_s, until_s - 1.0)
        count = int((until_s - begin_s) * self.sample_rate_hz)
        if count > 0:
            hear(np.zeros(count, np.float32), begin_s)
            self._delivered_until_s = begin_s + count / self.sample_rate_hz

    @property
    def _gone(self) -> str:
        return f"{self.title} is gone: it is looked for every second"

    def _try_again(self) -> None:
        try:
            device = self._default_output()
        except OSError:  # not there yet
            self.trouble = self._gone
            return
        try:
            self._open(device)
        except (OSError, ValueError) as why:
            self.trouble = f"{self.title} is looked for every second: {' '.join(str(why).split())}"
            return
        self.connected, self.trouble = True, ""


def _pyaudio() -> Any:
    """The pyaudiowpatch module, loaded only when the machine's own sound is wanted."""
    try:
        import pyaudiowpatch
    except ImportError as why:
        raise OSError(
            'asked for what this machine plays, PyAudioWPatch is missing: pip install "groovecast[loopback]"'
        ) from why
    return pyaudiowpatch
