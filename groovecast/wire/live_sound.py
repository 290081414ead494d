"""Sound that a client hears now, on its way to the dancer: samples block by block, each with its time."""

import math
import struct
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float32

from groovecast.audio.decode import MOST_CHANNELS
from groovecast.audio.gain import LOUDEST
from groovecast.wire.errors import WireError

LIVE_SOUND_MAGIC = b"GCLS"
LIVE_SOUND_MAX_BYTES = 65536  # of samples
# What sound cards run at. Any rate in between would be a filter of its own, up to seconds of work to make.
LIVE_RATES_HZ = (
    8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000, 88200, 96000, 176400, 192000,
)  # fmt: skip
SampleEncoding = Literal["i16", "f32"]

# magic, u8 encoding, u8 channels, u16 zero, u32 seq, u32 sample rate, f64 time of the first sample
_HEADER = struct.Struct("<4sBBHIId")
_ENCODINGS: dict[int, SampleEncoding] = {1: "i16", 2: "f32"}
_NUMBERS: dict[SampleEncoding, int] = {"i16": 1, "f32": 2}
_TYPES: dict[SampleEncoding, str] = {"i16": "<i2", "f32": "<f4"}
_I16_ONE = 32767
LIVE_SOUND_HEADER_BYTES = _HEADER.size


@dataclass(frozen=True)
class LiveSound:
    """A block of sound: when its first sample was heard, on the server's clock, and its place in the row of blocks."""

    seq: int
    first_sample_time_s: float
    sample_rate_hz: int
    samples: Float32[np.ndarray, "samples channels"]


def encode_live_sound(sound: LiveSound, encoding: SampleEncoding = "i16") -> bytes:
    """The message. What is louder than full scale is clipped as i16."""
    channels = sound.samples.shape[1]
    head = _HEADER.pack(
        LIVE_SOUND_MAGIC, _NUMBERS[encoding], channels, 0, sound.seq, sound.sample_rate_hz,
        sound.first_sample_time_s,
    )  # fmt: skip
    pcm = sound.samples if encoding == "f32" else np.rint(np.clip(sound.samples, -1, 1) * _I16_ONE)
    body: bytes = pcm.astype(_TYPES[encoding]).tobytes()
    return head + body


def decode_live_sound(message: bytes) -> LiveSound:
    """The block. Raises WireError when the message is not one."""
    if message[:4] != LIVE_SOUND_MAGIC or len(message) < _HEADER.size:
        raise WireError(f"live sound has {_HEADER.size} bytes of header and begins with {LIVE_SOUND_MAGIC!r}")
    _, number, channels, _, seq, rate_hz, time_s = _HEADER.unpack_from(message)
    encoding = _ENCODINGS.get(number)
    if encoding is None:
        raise WireError(f"live sound is of encoding {', '.join(map(str, _ENCODINGS))}, found {number}")
    if not 1 <= channels <= MOST_CHANNELS:
        raise WireError(f"live sound has 1 to {MOST_CHANNELS} channels, found {channels}")
    if rate_hz not in LIVE_RATES_HZ:
        known = ", ".join(map(str, LIVE_RATES_HZ))
        raise WireError(f"live sound has one of {known} Hz, found {rate_hz}: set the device to one of them")
    if not math.isfinite(time_s):
        raise WireError(f"live sound says when it was heard, found {time_s}")
    pcm = memoryview(message)[_HEADER.size :]
    frame_bytes = channels * np.dtype(_TYPES[encoding]).itemsize
    if not len(pcm) or len(pcm) % frame_bytes or len(pcm) > LIVE_SOUND_MAX_BYTES:
        whole = f"whole samples of {channels} channels, at most {LIVE_SOUND_MAX_BYTES} bytes"
        raise WireError(f"live sound holds {whole}, found {len(pcm)} bytes")
    samples = np.frombuffer(pcm, _TYPES[encoding]).astype(np.float32).reshape(-1, channels)
    if encoding == "i16":
        samples /= np.float32(_I16_ONE)
    elif not (np.abs(samples) <= LOUDEST).all():
        raise WireError(
            f"live sound is made of numbers from -{LOUDEST:g} to {LOUDEST:g}, found one that is not"
        )
    return LiveSound(seq, time_s, rate_hz, samples)
