"""aubio's beat tracker, as a separate program where it is installed."""

import shutil
import subprocess
import tempfile
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage

import numpy as np
import soundfile

from benchmarks.ears.track import Track
from benchmarks.ears.tracker import Tracked, extrapolated, periods_of

_HOP_S = 512 / 44100


class Aubio:
    """`aubiotrack` of Debian's aubio-tools; it says beats only, so its predictions are its beats continued."""

    name = "aubio"

    @staticmethod
    def found() -> bool:
        """Whether it is installed."""
        return shutil.which("aubiotrack") is not None

    def track(self, track: Track) -> Tracked:
        """The beats it prints."""
        before_s = _busy_s()
        with tempfile.TemporaryDirectory() as folder:
            sound = Path(folder, "track.wav")
            soundfile.write(sound, track.samples, track.rate_hz, subtype="PCM_16")
            ran = subprocess.run(
                ["aubiotrack", "-i", str(sound)], capture_output=True, text=True, check=True, timeout=120
            )
        lines = [line.split()[0] for line in ran.stdout.splitlines() if line.strip()]
        beats_s = np.array([float(line) for line in lines], dtype=np.float64)
        found = [(float(x), float(x), float(p)) for x, p in zip(beats_s, periods_of(beats_s), strict=True)]
        cpu_percent = 100 * (_busy_s() - before_s) / track.seconds
        return Tracked(beats_s, None, extrapolated(found, track.seconds, _HOP_S), None, cpu_percent)


def _busy_s() -> float:
    used = getrusage(RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
