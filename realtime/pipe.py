"""Sound that another program writes to standard input: raw samples, or a WAV file that has no end yet."""

import os
import select
import struct
import sys
import threading
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float32

from groovecast.audio.decode import LEAST_RATE_HZ, MOST_CHANNELS, MOST_RATE_HZ
from groovecast.audio.gain import LOUDEST
from realtime.channels import Channels
from realtime.clock import Clock
from realtime.in_order import InOrder
from realtime.sample_clock import SampleClock
from realtime.sources import Hear

RawFormat = Literal["s16le", "f32le"]
_Sample = Literal["s16le", "s24le", "s32le", "f32le"]
_BYTES: dict[_Sample, int] = {"s16le": 2, "s24le": 3, "s32le": 4, "f32le": 4}

_BLOCK_S = 0.01
_LOOK_EVERY_S = 0.02  # whether the show is over, and for silence, while nothing comes
_QUIET_AFTER_S = 0.3  # a writer that pauses so long is heard as silence
_NEAR_S = 0.03  # which ends so long ago: a block may be on its way
# What a pipe holds back (64 KiB on Linux) is old sound when we begin to read: it may come as fast as it can. A writer
# that is further ahead reads a file, and is taught real time by letting it wait.
_PIPE_BYTES = 1 << 16
_LEAD_S = 0.1
_LONGEST_LEAD_S = 2.0  # the listener keeps 4 s
_MOST_HEADER_BYTES = 1 << 16
_WAVE_PCM, _WAVE_FLOAT, _WAVE_EXTENSIBLE = 1, 3, 0xFFFE
_UNKNOWN_SIZE = 0x7FFFFFFF  # writers that cannot go back to fill in the size put 0 or something above this


@dataclass(frozen=True)
class PcmFormat:
    """How samples stand in a stream of bytes: little-endian, channels in turn."""

    sample: _Sample
    rate_hz: int
    channels: int

    def __post_init__(self) -> None:
        if not LEAST_RATE_HZ <= self.rate_hz <= MOST_RATE_HZ:
            raise ValueError(
                f"asked to hear {self.rate_hz} Hz: {LEAST_RATE_HZ} to {MOST_RATE_HZ} Hz can be heard"
            )
        if not 1 <= self.channels <= MOST_CHANNELS:
            raise ValueError(f"asked to hear {self.channels} channels: 1 to {MOST_CHANNELS} can be heard")

    @property
    def frame_bytes(self) -> int:
        """Bytes of one sample of every channel."""
        return _BYTES[self.sample] * self.channels

    def samples(self, pcm: bytes) -> Float32[np.ndarray, "samples channels"]:
        """Whole frames as -1 to 1."""
        if self.sample == "f32le":
            flat = np.frombuffer(pcm, "<f4").astype(np.float32)
            flat[~(np.abs(flat) <= LOUDEST)] = (
                0  # NaN too: no sound, and it would stay in the meters for good
            )
        elif self.sample == "s16le":
            flat = np.frombuffer(pcm, "<i2").astype(np.float32) / np.float32(1 << 15)
        elif self.sample == "s32le":
            flat = (np.frombuffer(pcm, "<i4") / float(1 << 31)).astype(np.float32)
        else:
            high = np.zeros((len(pcm) // 3, 4), np.uint8)
            high[:, 1:] = np.frombuffer(pcm, np.uint8).reshape(-1, 3)
            flat = (high.view("<i4")[:, 0] / float(1 << 31)).astype(np.float32)
        return flat.reshape(-1, self.channels)


class PipeSource:
    """What comes out of a pipe, stamped by a `SampleClock` as it arrives; a writer faster than sound has to wait.

    Making one waits for the first bytes, which say whether it is a WAV stream; `raw` is what it is otherwise.
    """

    def __init__(self, file: int, raw: PcmFormat, clock: Clock) -> None:
        asked = "asked to hear standard input"
        if os.isatty(file):
            raise ValueError(f"{asked}, it is the keyboard: pipe sound into it (ffmpeg ... -f s16le - | ...)")
        self._file, self._clock = file, clock
        self._pcm = b""
        self._left: int | None = None  # bytes of sound still to come, where a WAV header says so
        self.format = raw
        while len(self._pcm) < 12 and (more := os.read(file, _PIPE_BYTES)):
            self._pcm += more
        if not self._pcm:
            raise ValueError(f"{asked}, it ended before any sound: check the program before the pipe")
        if self._pcm[:4] == b"RIFF" and self._pcm[8:12] == b"WAVE":
            self._read_header()
        self.sample_rate_hz = self.format.rate_hz
        self.title = "standard input"
        self.blocks = self.overruns = 0
        self.connected = True
        self.trouble = ""
        self.ended_s: float | None = None  # when the last sample had been heard
        self._channels = Channels(tuple(range(self.format.channels)))
        self._samples = SampleClock(self.sample_rate_hz)
        self._thread: threading.Thread | None = None
        self._running = False

    def start(self, hear: Hear) -> None:
        """Deliver what comes, from a thread of its own, until it ends."""
        if self._running:
            raise ValueError(f"asked to start {self.title!r}, it runs already: stop it first")
        self._running = True
        self._thread = threading.Thread(target=self._read, args=(hear,), name="groovecast-pipe", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Deliver no more; returns when the last block is through."""
        self._running = False
        if self._thread is not None and self._thread is not threading.current_thread():
            # where a pipe cannot be asked whether something comes (Windows), a silent writer is left behind
            self._thread.join(None if _CAN_WAIT else 1.0)
        self._thread = None

    # -- the pipe's thread ----------------------------------------------------------------------------------

    def _read(self, hear: Hear) -> None:
        rate, clock = self.sample_rate_hz, self._clock
        block_bytes = max(1, int(_BLOCK_S * rate)) * self.format.frame_bytes
        lead_s = min(_PIPE_BYTES / (self.format.frame_bytes * rate) + _LEAD_S, _LONGEST_LEAD_S)
        due_s = came_s = silent_until_s = (
            clock.now_s()
        )  # due: when a block would come, were the writer in real time
        in_order: InOrder | None = None  # since there was silence; what a pipe holds at first is all heard
        while self._running:
            while len(self._pcm) >= self.format.frame_bytes and self._running:
                block = self._next_block(block_bytes)
                due_s += len(block) / rate
                clock.sleep_until_s(due_s - lead_s)
                came_s = silent_until_s = clock.now_s()
                first_s = self._samples.stamp(len(block), came_s)
                self.blocks += 1
                if (
                    in_order is not None
                ):  # what comes at once after a pause is as old as the silence in its place
                    block, first_s = in_order.next(block, first_s)
                if len(block):
                    hear(block, first_s)
            if self._left == 0 or not self._more():
                break
            now_s = clock.now_s()
            if now_s - came_s > _QUIET_AFTER_S and len(self._pcm) < self.format.frame_bytes:
                silent_until_s = self._hear_silence(hear, silent_until_s, now_s)
                in_order = InOrder(rate, silent_until_s)
                due_s, self._samples = now_s, SampleClock(rate)  # what comes next is counted anew
        self.connected = False
        self.ended_s = clock.now_s()

    def _hear_silence(self, hear: Hear, from_s: float, now_s: float) -> float:
        """Nothing came from then until now: so much silence."""
        count = int((now_s - _NEAR_S - from_s) * self.sample_rate_hz)
        if count > 0:
            hear(np.zeros(count, np.float32), from_s)
        return from_s + max(0, count) / self.sample_rate_hz

    def _next_block(self, most_bytes: int) -> Float32[np.ndarray, " samples"]:
        whole = min(len(self._pcm), most_bytes)
        whole -= whole % self.format.frame_bytes
        samples = self.format.samples(self._pcm[:whole])
        self._pcm = self._pcm[whole:]
        block = np.empty(len(samples), np.float32)
        self._channels.mixed(samples, block)
        return block

    def _more(self) -> bool:
        """Wait a moment for more bytes; False at the end."""
        if _CAN_WAIT and not select.select((self._file,), (), (), _LOOK_EVERY_S)[0]:
            return True
        most = _PIPE_BYTES if self._left is None else min(_PIPE_BYTES, self._left)
        more = os.read(self._file, most)
        self._pcm += more
        if self._left is not None:
            self._left -= len(more)
        return bool(more)

    # -- before the start -----------------------------------------------------------------------------------

    def _read_header(self) -> None:
        """Take the WAV header off the bytes that have come; what follows it is sound."""
        place, found = 12, None
        while True:
            name, size = struct.unpack("<4sI", self._bytes(place, 8))
            place += 8
            if name == b"data":
                break
            if name == b"fmt ":
                found = _wave_format(self._bytes(place, size))
            else:
                self._bytes(place, size)
            place += size + size % 2
        if found is None:
            raise ValueError("asked to hear standard input, its WAV header says no format: write it again")
        self.format = found
        self._pcm = self._pcm[place:]
        if 0 < size < _UNKNOWN_SIZE:
            self._pcm = self._pcm[:size]
            self._left = size - len(self._pcm)

    def _bytes(self, first: int, count: int) -> bytes:
        while len(self._pcm) < first + count:
            more = os.read(self._file, _PIPE_BYTES)
            if not more or first + count > _MOST_HEADER_BYTES:
                raise ValueError("asked to hear standard input, its WAV header breaks off: write it again")
            self._pcm += more
        return self._pcm[first : first + count]


_CAN_WAIT = sys.platform != "win32"  # where select() takes sockets only


def _wave_format(chunk: bytes) -> PcmFormat:
    if len(chunk) < 16:
        raise ValueError("asked to hear standard input, its WAV header is too short: write it again")
    kind, channels, rate_hz, _, _, bits = struct.unpack_from("<HHIIHH", chunk)
    if kind == _WAVE_EXTENSIBLE and len(chunk) >= 26:
        (kind,) = struct.unpack_from("<H", chunk, 24)  # the first two bytes of the sub-format's GUID
    samples: dict[tuple[int, int], _Sample] = {
        (_WAVE_PCM, 16): "s16le",
        (_WAVE_PCM, 24): "s24le",
        (_WAVE_PCM, 32): "s32le",
        (_WAVE_FLOAT, 32): "f32le",
    }
    if (kind, bits) not in samples:
        known = "16, 24 or 32 bits whole, or 32 bits float"
        raise ValueError(
            f"asked to hear standard input, it is WAV of kind {kind} with {bits} bits: send {known}"
        )
    return PcmFormat(samples[kind, bits], rate_hz, channels)
