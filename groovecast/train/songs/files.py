"""Songs to judge a dancer by: steady ones that nobody trained on, written as sound files with their beats beside.

    python -m groovecast.train.songs.files --out DIR [--songs 5] [--seconds 60] [--seed 970001]

writes NAME.flac and NAME.json (beats_s, downbeats_s, tempo_bpm) of each; those that are there are kept.
"""

import argparse
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import soundfile

from groovecast.audio.features import SAMPLE_RATE_HZ
from groovecast.train.songs.compose import composed
from groovecast.train.songs.perform import performed
from groovecast.train.songs.render import STYLES
from groovecast.train.songs.sound import stems

# Danced to, and of tempos and metres far apart. Seeds of training sets are below a thousand.
DANCED = ("house", "hip-hop", "salsa", "funk", "pop", "reggaeton", "disco", "techno", "rock", "samba")
_SEED = 970001


def write_songs(out: Path, songs: int, seconds: float, seed: int) -> list[Path]:
    """Render what is not there yet; the sound files in order."""
    out.mkdir(parents=True, exist_ok=True)
    named = {style.name: style for style in STYLES}
    paths = []
    for number in range(songs):
        name = DANCED[number % len(DANCED)]
        path = out / f"{name}_{seed}_{number}.flac"
        paths.append(path)
        if path.exists() and path.with_suffix(".json").exists():
            continue
        random = np.random.default_rng((seed, number, 0))
        style = replace(named[name], steadiness=1.0, drum_chance=1.0)  # one tempo, with drums
        played = performed(composed(style, seconds, random), seconds, random)
        drums, rest = stems([(played, random)])[0]
        mix = drums + rest
        about = {
            "title": f"{name} {number}",
            "tempo_bpm": round(60 / float(np.median(np.diff(played.beats_s))), 3),
            "beats_per_bar": style.metre,
            "beats_s": played.beats_s.round(5).tolist(),
            "downbeats_s": played.beats_s[played.in_bar == 0].round(5).tolist(),
        }
        path.with_suffix(".json").write_text(json.dumps(about) + "\n")
        soundfile.write(path, 0.9 * mix / max(float(np.abs(mix).max()), 1e-6), SAMPLE_RATE_HZ)
    return paths


def main() -> None:
    """Render and say where the songs are."""
    words = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    words.add_argument("--out", type=Path, required=True)
    words.add_argument("--songs", type=int, default=5)
    words.add_argument("--seconds", type=float, default=60.0)
    words.add_argument("--seed", type=int, default=_SEED)
    asked = words.parse_args()
    for path in write_songs(asked.out, asked.songs, asked.seconds, asked.seed):
        print(path)


if __name__ == "__main__":
    main()
