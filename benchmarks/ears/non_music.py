"""What is no music: speech, noise, applause, a crowd, silence. Nobody should hear a beat in it."""

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from jaxtyping import Float32

from benchmarks.ears.club import applause, crowd_sound
from benchmarks.ears.track import Track
from groovecast.audio.decode import load_audio, mono

RATE_HZ = 44100
SECONDS = 30.0

_VOICES = {"en-gb": 165, "en-us+f3": 190, "de": 150}  # of espeak-ng, and their words a minute
_TEXT = """The doors open at nine, and most people come an hour later than that. Please leave your coats with the
person on the left. If you have lost something, ask at the bar; they keep what they find for two weeks. We thank the
neighbours for their patience, and everybody who stayed to carry the chairs. There will be another evening in March.
Nobody knows yet who is going to play, but it is rumoured that the band from the coast will come again."""


def speech_found() -> bool:
    """Whether something that speaks is installed."""
    return shutil.which("espeak-ng") is not None


def non_music(seed: int) -> Iterator[Track]:
    """Each sound that is no music, 30 s."""
    rng = np.random.default_rng([seed, 77])
    count = round(SECONDS * RATE_HZ)
    white = rng.standard_normal(count)
    yield _track("white noise", 0.1 * white)
    spectrum = np.fft.rfft(rng.standard_normal(count))
    pink = np.fft.irfft(spectrum / np.sqrt(np.maximum(1, np.arange(len(spectrum)))), count)
    yield _track("pink noise", 0.1 * pink / pink.std())
    for take in (1, 2):
        yield _track(f"applause {take}", applause(count, RATE_HZ, rng))
        yield _track(f"crowd {take}", 0.1 * crowd_sound(count, RATE_HZ, rng))
    yield _track("silence", np.zeros(count))
    yield _track("quiet hiss", 3e-4 * rng.standard_normal(count))
    if speech_found():
        for voice, words_a_minute in _VOICES.items():
            yield _spoken(voice, words_a_minute)


def spoken_recordings(folder: Path) -> Iterator[Track]:
    """Recordings of the folder whose names begin with speech."""
    for path in sorted(folder.glob("speech*")):
        audio = load_audio(path)
        yield _track(f"recorded {path.stem}", mono(audio.samples), audio.sample_rate_hz)


def _track(name: str, samples: np.ndarray, rate_hz: int = RATE_HZ) -> Track:
    return Track(name, "no music", frozenset({"no_music"}), samples.astype(np.float32), rate_hz, None)


def _spoken(voice: str, words_a_minute: int) -> Track:
    with tempfile.TemporaryDirectory() as folder:
        sound = Path(folder, "speech.wav")
        said = [
            "espeak-ng",
            "-v",
            voice,
            "-s",
            str(words_a_minute),
            "-w",
            str(sound),
            " ".join(_TEXT.split()),
        ]
        subprocess.run(said, check=True, capture_output=True, timeout=60)
        audio = load_audio(sound)
    samples: Float32[np.ndarray, " samples"] = mono(audio.samples)[: round(SECONDS * audio.sample_rate_hz)]
    return _track(f"speech {voice}", samples, audio.sample_rate_hz)
