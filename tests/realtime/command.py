"""The command as a person runs it: a second process, its exit status, and what it said where."""

import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import soundfile

PATIENCE_S = 60
RATE_HZ = 44100


@dataclass(frozen=True)
class Told:
    """How a command ended, and its words."""

    status: int
    out: str
    err: str


def told(*words: str, env: Mapping[str, str] | None = None) -> Told:
    """Run `groovecast words...` to its end in a second process."""
    done = subprocess.run(
        [sys.executable, "-m", "realtime.cli", *words],
        env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=PATIENCE_S,
    )  # fmt: skip
    return Told(done.returncode, done.stdout, done.stderr)


class Stage:
    """A show that runs in a second process; it is ended when the block is left, however it is left."""

    def __init__(self, *words: str, env: Mapping[str, str] | None = None, browser: bool = False) -> None:
        command = [sys.executable, "-m", "realtime.cli", *words, "--port", "0"]
        command += [] if browser else ["--no-browser"]
        self.process = subprocess.Popen(
            command, env=env, stdin=subprocess.DEVNULL, stdout=-1, stderr=-1, text=True
        )

    def __enter__(self) -> "Stage":
        assert self.process.stderr is not None
        said = ""
        while line := self.process.stderr.readline():
            said += line
            if found := re.search(r"http://127\.0\.0\.1:(\d+)/", line):
                self.port = int(found[1])
                return self
        self.process.wait(PATIENCE_S)
        raise AssertionError(f"the show did not begin: {said}")

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()

    def signal(self, number: int) -> None:
        """Tell it to end."""
        self.process.send_signal(number)

    def end(self, timeout_s: float = PATIENCE_S) -> Told:
        """What it said when it was over; TimeoutExpired when it is not over by then."""
        out, err = self.process.communicate(timeout=timeout_s)
        return Told(self.process.returncode, out, err)


def club(seconds: float, rate_hz: int = RATE_HZ, bpm: float = 120.0) -> np.ndarray:
    """A kick on every beat and a hat between, mono."""
    time_s = np.arange(round(seconds * rate_hz)) / rate_hz
    beat = time_s * bpm / 60
    since_s, hat_since_s = (beat % 1) * 60 / bpm, ((beat + 0.5) % 1) * 60 / bpm
    kick = np.sin(2 * np.pi * (50 * since_s + 8 * (1 - np.exp(-since_s * 40)))) * np.exp(-since_s * 18)
    hat = np.random.default_rng(0).standard_normal(len(time_s)) * np.exp(-hat_since_s * 90) * 0.3
    sound: np.ndarray = (0.6 * (kick + hat)).astype(np.float32)
    return sound


def need_portaudio() -> None:
    """Skip the test on a machine that cannot open sound devices."""
    try:
        import sounddevice  # noqa: F401
    except OSError as why:
        pytest.skip(str(why))


def song_file(path: Path, samples: np.ndarray, rate_hz: int = RATE_HZ) -> Path:
    """Write samples as a sound file whose format its ending says."""
    soundfile.write(path, samples, rate_hz)
    return path
