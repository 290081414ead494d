"""Speech: espeak-ng in a process of its own where it is installed, else a babble of vowels."""

import io
import shutil
import subprocess

import numpy as np
import soundfile
from jaxtyping import Float32

from groovecast.audio.features import SAMPLE_RATE_HZ
from groovecast.audio.resample import Resampler
from groovecast.train.songs.kit import banded, between, hiss

Mono = Float32[np.ndarray, " samples"]
Random = np.random.Generator
_VOICES = ("en-us", "en-gb", "de", "fr", "es", "it", "pl", "sv", "nl", "pt", "ru", "cs", "tr", "fi", "el")
_VARIANTS = ("", "+m1", "+m3", "+m5", "+m7", "+f1", "+f2", "+f3", "+f4", "+f5", "+croak", "+whisper")
_WORDS = (
    "the", "a", "my", "your", "that", "this", "old", "young", "green", "long", "little", "open", "river",
    "market", "window", "letter", "garden", "train", "water", "kitchen", "morning", "number", "paper",
    "people", "story", "weather", "street", "music", "doctor", "summer", "mother", "winter", "engine",
    "table", "walks", "sees", "takes", "brings", "opens", "follows", "remembers", "asks", "tells",
    "waits", "finds", "sings", "carries", "slowly", "never", "often", "today", "under", "over", "behind",
    "without", "because", "although", "when", "perhaps", "seven", "hundred", "twelve", "and", "but",
    "so", "oh", "well", "no", "hello", "yes", "please", "thank", "ladies", "gentlemen", "tonight",
    "everybody", "listen",
)  # fmt: skip


def can_speak() -> bool:
    """Whether espeak-ng is installed."""
    return shutil.which("espeak-ng") is not None


def spoken(samples: int, random: Random) -> Mono:
    """That much talk by one or a few speakers, one after the other, with pauses."""
    out = np.zeros(samples, np.float32)
    at = int(random.uniform(0, 2) * SAMPLE_RATE_HZ)
    speakers = [_speaker(random) for _ in range(int(random.choice([1, 1, 2, 3])))]
    while at < samples:
        voice, speed, pitch = speakers[random.integers(len(speakers))]
        count = int(random.integers(4, 40))
        words = [_WORDS[random.integers(len(_WORDS))] for _ in range(count)]
        text = " ".join(word + ("," if random.random() < 0.12 else "") for word in words) + "."
        said = _said(text, voice, speed, pitch, random)
        end = min(samples, at + len(said))
        out[at:end] += said[: end - at]
        at = end + int(random.exponential(0.5) * SAMPLE_RATE_HZ)
    return out


def _speaker(random: Random) -> tuple[str, int, int]:
    voice = str(random.choice(_VOICES)) + str(random.choice(_VARIANTS))
    return voice, int(random.uniform(110, 260)), int(random.uniform(10, 90))


def _said(text: str, voice: str, speed: int, pitch: int, random: Random) -> Mono:
    if can_speak():
        command = ["espeak-ng", "-v", voice, "-s", str(speed), "-p", str(pitch), "--stdout", text]
        done = subprocess.run(command, capture_output=True)
        if done.returncode == 0 and len(done.stdout) > 100:
            sound, rate_hz = soundfile.read(io.BytesIO(done.stdout), dtype="float32")
            return Resampler(rate_hz, SAMPLE_RATE_HZ).whole(sound)
    return _vowels(len(text.split()), random)


def _vowels(words: int, random: Random) -> Mono:
    """Syllables of a buzz through three moving formants, consonants of noise between them."""
    base_hz, pieces = between(85, 240, random), []
    for _ in range(words * 2):
        samples = int(between(0.06, 0.3, random) * SAMPLE_RATE_HZ)
        t = np.arange(samples) / SAMPLE_RATE_HZ
        hz = base_hz * between(0.8, 1.3, random)
        buzz = np.asarray(((t * hz + 0.02 * np.sin(30 * t)) % 1) - 0.5, np.float32)
        formants = zip((500, 1500, 2500), (1, 0.5, 0.2), strict=True)
        voiced = sum(_formant(buzz, f * between(0.6, 1.5, random)) * level for f, level in formants)
        shape = np.sin(np.pi * np.linspace(0, 1, samples)) ** 0.5
        pieces.append(np.asarray(voiced * shape, np.float32))
        pieces.append(hiss(int(between(0.02, 0.1, random) * SAMPLE_RATE_HZ), random) * np.float32(0.05))
    return np.concatenate(pieces)


def _formant(buzz: Mono, hz: float) -> Mono:
    return banded(buzz, hz * 0.9, hz * 1.1, 1)
