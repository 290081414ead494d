"""A sound file as samples, and one line that helps when it cannot be read."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
from jaxtyping import Float32

from groovecast.wordless import wordless

LEAST_RATE_HZ, MOST_RATE_HZ = 8000, 192000
MOST_CHANNELS = 8

_READABLE = "WAV, FLAC, OGG, MP3 or AIFF"


@dataclass(frozen=True)
class Audio:
    """Sound as it stood in a file."""

    samples: Float32[np.ndarray, "frames channels"]
    sample_rate_hz: int
    replaced_samples: int = 0  # how many were no finite number, and are silence now

    @property
    def duration_s(self) -> float:
        """How long it lasts."""
        return len(self.samples) / self.sample_rate_hz


def load_audio(path: Path | str) -> Audio:
    """The whole file, or as far as it goes where it breaks off; silence and clipping are sound like any.

    Samples that are not finite numbers become silence and are counted. Raises FileNotFoundError,
    IsADirectoryError or ValueError, each with one line that says what was asked, what was found and the mend.
    """
    path = Path(path)
    asked = f"asked to hear {path.name}"
    if path.is_dir():
        raise IsADirectoryError(f"{asked}, it is a folder: give a sound file in it")
    if not path.is_file():
        raise FileNotFoundError(f"{asked}, there is no such file: check the path {path}")
    if path.stat().st_size == 0:
        raise ValueError(f"{asked}, the file is empty: copy or download it again")
    with wordless():
        samples, sample_rate_hz = _decode(path, asked)
    channels = samples.shape[1]
    if not LEAST_RATE_HZ <= sample_rate_hz <= MOST_RATE_HZ:
        raise ValueError(f"{asked}, it has {sample_rate_hz} Hz: convert it to 8000 to 192000 Hz")
    if channels > MOST_CHANNELS:
        raise ValueError(f"{asked}, it has {channels} channels: mix it down to {MOST_CHANNELS} or fewer")
    if len(samples) == 0:
        raise ValueError(f"{asked}, it holds no sound: copy or download it again")
    broken = ~np.isfinite(samples)
    replaced = int(broken.sum())
    if replaced:
        samples[broken] = 0
    return Audio(samples, sample_rate_hz, replaced)


def mono(samples: Float32[np.ndarray, "frames channels"]) -> Float32[np.ndarray, " frames"]:
    """All channels in one, each as loud as the others."""
    mixed: Float32[np.ndarray, " frames"] = samples.mean(axis=1, dtype=np.float32)
    return mixed


def _decode(path: Path, asked: str) -> tuple[Float32[np.ndarray, "frames channels"], int]:
    blocks: list[Float32[np.ndarray, "frames channels"]] = []
    try:
        with soundfile.SoundFile(path) as file:
            sample_rate_hz, channels = file.samplerate, file.channels
            try:
                while len(block := file.read(sample_rate_hz, dtype="float32", always_2d=True)):
                    blocks.append(block)
            except soundfile.LibsndfileError as broken:
                if not blocks:
                    raise ValueError(
                        f"{asked}, it breaks off before any sound: copy or download it again"
                    ) from broken
    except soundfile.LibsndfileError as unknown:
        raise ValueError(f"{asked}, its bytes are no {_READABLE}: convert it to one of these") from unknown
    if not blocks:
        return np.zeros((0, channels), np.float32), sample_rate_hz
    return np.concatenate(blocks), sample_rate_hz
