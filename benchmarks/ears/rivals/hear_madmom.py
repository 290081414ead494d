"""madmom's online beat tracker over a folder of WAV files: what it would have said, live, of each.

Run inside an environment that has madmom (see README.md); it imports nothing of ours:
python hear_madmom.py WAVS OUT
"""

import json
import sys
from pathlib import Path
from resource import RUSAGE_SELF, getrusage

import numpy as np
from madmom.audio.signal import Signal
from madmom.features.beats import DBNBeatTrackingProcessor, RNNBeatProcessor

_FPS = 100
_AHEAD_S = 0.2  # a beat is announced when the filter expects it this far away


def busy_s() -> float:
    """Time that this process has kept a core busy."""
    used = getrusage(RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def announcements(forward: np.ndarray, dbn: DBNBeatTrackingProcessor) -> list[tuple[float, float]]:
    """When the most probable state of the filter first said that a beat is 0.2 s away, and where that beat is.

    `forward` has one row a frame, one column a state; madmom itself decides its beats by the same state.
    """
    states = np.argmax(forward, axis=1)
    left_s = (1 - dbn.st.state_positions[states]) * dbn.st.state_intervals[states] / _FPS
    said: list[tuple[float, float]] = []
    for frame, left in enumerate(left_s):
        now_s = frame / _FPS
        soon = _AHEAD_S <= left < _AHEAD_S + 1.5 / _FPS
        period_s = dbn.st.state_intervals[states[frame]] / _FPS
        if soon and (not said or now_s + left - said[-1][1] > 0.5 * period_s):
            said.append((now_s, now_s + left))
    return said


def main(wavs: Path, out: Path) -> None:
    """One JSON file for each WAV file."""
    rnn = RNNBeatProcessor(online=True, origin="online", fps=_FPS)  # causal: each frame ends at its own time
    dbn = DBNBeatTrackingProcessor(online=True, fps=_FPS)
    out.mkdir(parents=True, exist_ok=True)
    for path in sorted(wavs.glob("*.wav")):
        if (out / f"{path.stem}.json").exists():
            continue  # a run that was broken off goes on
        signal = Signal(str(path), sample_rate=44100, num_channels=1)
        before_s = busy_s()
        activations = rnn(signal)
        beats_s = dbn.process_online(activations, reset=True)
        busy = busy_s() - before_s
        dbn.reset()
        told = {
            "tracker": "madmom 0.16.1 online",
            "beats": [round(float(x), 4) for x in beats_s],
            "downbeats": [],  # its downbeat network is not causal
            "announced": [
                (round(s, 4), round(b, 4)) for s, b in announcements(dbn.hmm.forward(activations), dbn)
            ],
            "cpu_percent": round(100 * busy / (len(signal) / signal.sample_rate), 2),
        }
        (out / f"{path.stem}.json").write_text(json.dumps(told), encoding="utf-8")
    print(f"{len(list(out.glob('*.json')))} tracks, {busy_s():.0f} s of one core")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
