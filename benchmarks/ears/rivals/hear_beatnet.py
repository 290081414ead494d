"""BeatNet with its online particle filter over a folder of WAV files: what it said of each.

Run inside an environment that has BeatNet (see README.md); it imports nothing of ours:
python hear_beatnet.py WAVS OUT
"""

import json
import sys
import types
from pathlib import Path
from resource import RUSAGE_SELF, getrusage

import librosa
import numpy as np
import torch

# BeatNet imports pyaudio for its microphone mode, which is not used here, and needs its headers to build
sys.modules.setdefault("pyaudio", types.ModuleType("pyaudio"))

from BeatNet.BeatNet import BeatNet  # noqa: E402
from BeatNet.particle_filtering_cascade import particle_filter_cascade  # noqa: E402

_RATE_HZ = 22050


def busy_s() -> float:
    """Time that this process has kept a core busy."""
    used = getrusage(RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def begin_anew(net: BeatNet) -> None:
    """Forget the song before: the network's memory, the particles and the seed."""
    net.model.hidden = torch.zeros_like(net.model.hidden)
    net.model.cell = torch.zeros_like(net.model.cell)
    np.random.seed(1)  # noqa: NPY002 - BeatNet draws from the old global generator
    net.estimator = particle_filter_cascade(beats_per_bar=[], fps=50, plot=[], mode="online")


def main(wavs: Path, out: Path) -> None:
    """One JSON file for each WAV file; it announces nothing, so the referee continues its beats."""
    torch.set_num_threads(1)
    # model 1: the one not trained on GTZAN; mode "online" runs the causal network and filter over the whole file
    net = BeatNet(1, mode="online", inference_model="PF", plot=[], thread=False)
    out.mkdir(parents=True, exist_ok=True)
    for path in sorted(wavs.glob("*.wav")):
        if (out / f"{path.stem}.json").exists():
            continue  # a run that was broken off goes on
        samples, _ = librosa.load(str(path), sr=_RATE_HZ)
        begin_anew(net)
        before_s = busy_s()
        found = net.process(samples)
        busy = busy_s() - before_s
        told = {
            "tracker": "BeatNet 1.1.3 online particle filter",
            "beats": [round(float(time_s), 4) for time_s, _ in found],
            "downbeats": [round(float(time_s), 4) for time_s, kind in found if kind == 1],
            "announced": [],
            "cpu_percent": round(100 * busy / (len(samples) / _RATE_HZ), 2),
        }
        (out / f"{path.stem}.json").write_text(json.dumps(told), encoding="utf-8")
    print(f"{len(list(out.glob('*.json')))} tracks, {busy_s():.0f} s of one core")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
