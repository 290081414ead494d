"""From a seed to shards of songs and noises: composed, performed, sounded, mixed, heard."""

from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np

from groovecast.audio.features import whole
from groovecast.train.songs.acoustic import ACOUSTIC
from groovecast.train.songs.band import BAND
from groovecast.train.songs.beats import BEATS
from groovecast.train.songs.cache import Noise, Song, packed, save_noises, save_songs
from groovecast.train.songs.club import CLUB
from groovecast.train.songs.compose import composed
from groovecast.train.songs.noises import drawn_noise
from groovecast.train.songs.perform import performed
from groovecast.train.songs.score import Played
from groovecast.train.songs.sound import missing, stems

STYLES = CLUB + BEATS + BAND + ACOUSTIC
SONGS_A_SHARD, NOISES_A_SHARD = 40, 20


def render_cache(
    out: Path, songs: int, noises: int, seed: int, workers: int, told: Callable[[str], None]
) -> None:
    """Write all shards that are not there yet; those that are there are kept."""
    for line in missing():
        told(line)
    jobs: list[partial[str]] = []
    for first in range(0, songs, SONGS_A_SHARD):
        path = out / f"songs_{first // SONGS_A_SHARD:05d}.npz"
        jobs.append(partial(_song_shard, path, range(first, min(songs, first + SONGS_A_SHARD)), seed))
    for first in range(0, noises, NOISES_A_SHARD):
        path = out / f"noise_{first // NOISES_A_SHARD:05d}.npz"
        # noises between the songs, so that an unfinished cache has both
        place = min(len(jobs), 1 + 2 * (first // NOISES_A_SHARD))
        jobs.insert(
            place, partial(_noise_shard, path, range(first, min(noises, first + NOISES_A_SHARD)), seed)
        )
    jobs = [job for job in jobs if not Path(job.args[0]).exists()]
    if workers <= 1:
        for job in jobs:
            told(job())
        return
    with ProcessPoolExecutor(workers) as pool:
        for line in pool.map(_call, jobs):
            told(line)


def _call(job: partial[str]) -> str:
    return job()


def _song_shard(path: Path, numbers: Sequence[int], seed: int) -> str:
    made = rendered_songs(numbers, seed)
    save_songs(path, made)
    return f"{path.name}: {len(made)} songs, {sum(len(song.drums) for song in made) / 6000:.1f} minutes"


def _noise_shard(path: Path, numbers: Sequence[int], seed: int) -> str:
    made = []
    for number in numbers:
        kind, sound = drawn_noise(np.random.default_rng((seed, number, 1)))
        made.append(Noise(packed(whole(sound).log_mel_db), kind))
    save_noises(path, made)
    return f"{path.name}: {len(made)} noises, {sum(len(noise.mel) for noise in made) / 6000:.1f} minutes"


def rendered_songs(numbers: Sequence[int], seed: int) -> list[Song]:
    """The songs of these numbers; the same for the same seed and the same installed sounds."""
    weights = np.array([style.weight for style in STYLES])
    plays: list[tuple[Played, np.random.Generator]] = []
    for number in numbers:
        random = np.random.default_rng((seed, number, 0))
        style = STYLES[random.choice(len(STYLES), p=weights / weights.sum())]
        duration_s = float(random.integers(250, 450)) / 10
        plays.append((performed(composed(style, duration_s, random), duration_s, random), random))
    songs = []
    for (played, _), (drums, rest) in zip(plays, stems(plays), strict=True):
        songs.append(
            Song(
                packed(whole(drums).log_mel_db),
                packed(whole(rest).log_mel_db),
                played.beats_s,
                played.in_bar,
                played.style.metre,
                played.style.name,
                played.style.pulse,
            )
        )
    return songs
