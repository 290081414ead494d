"""Trackers that were run elsewhere: what they said of each track, read from a folder of JSON files."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.ears.measuring_set import file_name
from benchmarks.ears.track import Track
from benchmarks.ears.tracker import Tracked, extrapolated, periods_of

_HOP_S = 0.01


@dataclass(frozen=True)
class RivalFiles:
    """One tracker's folder: NAME.json for each track, beside the WAV files that `--write-wavs` has written."""

    name: str
    folder: Path

    def heard(self, track: Track) -> bool:
        """Whether it has an answer for this track."""
        return (self.folder / f"{file_name(track.name)}.json").exists()

    def track(self, track: Track) -> Tracked:
        """What it said; who announces nothing is taken to go on at the period of its last beats."""
        told = json.loads((self.folder / f"{file_name(track.name)}.json").read_text(encoding="utf-8"))
        beats_s = np.sort(np.array(told.get("beats") or [], dtype=np.float64))
        if told.get("announced"):
            announced_s = np.array(told["announced"], dtype=np.float64).reshape(-1, 2)
        else:
            found = [
                (float(x), float(x), float(p)) for x, p in zip(beats_s, periods_of(beats_s), strict=True)
            ]
            announced_s = extrapolated(found, track.seconds, _HOP_S)
        downbeats_s = np.sort(np.array(told["downbeats"])) if told.get("downbeats") else None
        cpu_percent = told.get("cpu_percent")
        cpu_percent = float("nan") if cpu_percent is None else float(cpu_percent)
        return Tracked(beats_s, downbeats_s, announced_s, None, cpu_percent)


def rivals(folder: Path) -> list[RivalFiles]:
    """One for each folder that holds JSON files."""
    found = [RivalFiles(path.name, path) for path in sorted(folder.iterdir()) if any(path.glob("*.json"))]
    if not found:
        raise ValueError(
            f"asked for rivals in {folder.name}, it has no folder of JSON files: run their scripts first"
        )
    return found
