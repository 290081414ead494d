"""The sound of a song on its way from a client: i16 mono samples, message by message."""

import numpy as np
from jaxtyping import Int16

from groovecast.wire.errors import WireError
from groovecast.wire.messages import Song

# binary message: magic, u32 index of the first sample, then i16 samples
SONG_MAGIC = b"GCPC"
SONG_HEADER_BYTES = 8
SONG_MAX_PCM_BYTES = 65536
SONG_MAX_S = 600
SONG_RATES_HZ = (8000, 48000)


def song_samples(message: bytes) -> tuple[int, bytes]:
    """First sample's index and the i16 bytes of a song message. Raises WireError when it is not one."""
    if message[:4] != SONG_MAGIC or len(message) < SONG_HEADER_BYTES:
        raise WireError(f"a binary message begins with {SONG_MAGIC!r} and an index, found {message[:8]!r}")
    pcm = message[SONG_HEADER_BYTES:]
    if len(pcm) % 2 or len(pcm) > SONG_MAX_PCM_BYTES:
        raise WireError(
            f"a song message holds whole samples, at most {SONG_MAX_PCM_BYTES} bytes, found {len(pcm)}"
        )
    return int.from_bytes(message[4:8], "little"), pcm


class ComingSong:
    """A song that a client is sending."""

    def __init__(self, song: Song) -> None:
        low, high = SONG_RATES_HZ
        if not low <= song.sample_rate_hz <= high:
            raise ValueError(f"asked with {song.sample_rate_hz} samples a second: send {low} to {high}")
        if not 0 < song.samples <= SONG_MAX_S * song.sample_rate_hz:
            length_s = song.samples / song.sample_rate_hz
            raise ValueError(
                f"asked with a song of {length_s:.0f} s: a song lasts up to {SONG_MAX_S // 60} minutes"
            )
        self.title = song.title[:200]
        self.sample_rate_hz = song.sample_rate_hz
        self.samples: Int16[np.ndarray, " samples"] = np.zeros(song.samples, "<i2")
        self._got = 0

    def take(self, first: int, pcm: bytes) -> bool:
        """Add samples; True when the song is whole. Raises WireError when they are not the next ones."""
        end = first + len(pcm) // 2
        if first != self._got or end > len(self.samples):
            expected = f"expected samples from {self._got} and up to {len(self.samples)}"
            raise WireError(f"{expected}, found {first} to {end}: send the song again")
        self.samples[first:end] = np.frombuffer(pcm, "<i2")
        self._got = end
        return end == len(self.samples)
