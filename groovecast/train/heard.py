"""What our ears made of a song that was danced to: cut to a take, stretched with it, and as a beat grid."""

import numpy as np
from jaxtyping import Float

from groovecast.audio.beat import BEATS_PER_BAR
from groovecast.model.conditions import MusicFrames
from groovecast.train.pulse import Pulse

FPS = 30.0
# The dancer is told a beat at all from this trust on; a song sure of it for less than this share has no pulse.
_SURE, _SURE_SHARE = 0.5, 0.4
_WALTZ_BEATS = 3  # the one other bar that a dancer is told of


def music_within(music: MusicFrames, start: int, stop: int) -> MusicFrames:
    """The music from one frame to another; after its end nothing is heard, and the beat counts on untrusted."""
    frames = np.arange(start, stop)
    last = len(music.beat) - 1
    kept = np.minimum(frames, last)
    beyond, inside = np.maximum(frames - last, 0), frames <= last
    more = beyond * music.tempo_bpm[last] / 60 / FPS
    return MusicFrames(
        beat=music.beat[kept] + more,
        bar=music.bar[kept] + more / _bar_beats(music)[last],
        tempo_bpm=music.tempo_bpm[kept],
        trust=music.trust[kept] * inside,
        onset=music.onset[kept] * inside,
        energy=music.energy[kept] * inside,
        energy_slow=music.energy_slow[kept] * inside,
        heard=music.heard[kept] & inside,
    )


def pulse_of_music(music: MusicFrames) -> Pulse | None:
    """The beats as announced, in frames, from the first one that begins a bar.

    None where they were rarely sure, and for a waltz: a pulse has ones at every fourth beat, and would be wrong of it.
    Before the ears were sure, and where they were not for a moment, the beats of their count stand in.
    """
    sure = music.trust >= _SURE
    if sure.mean() < _SURE_SHARE or np.median(_bar_beats(music)[sure]) == _WALTZ_BEATS:
        return None
    first = int(np.argmax(sure))
    rate = music.tempo_bpm[first] / 60 / FPS
    frames = np.arange(len(music.beat), dtype=np.float64)
    # what was counted before the ears were sure was a guess: the sure beat is counted back instead
    count = np.where(frames < first, music.beat[first] - (first - frames) * rate, music.beat)
    whole = np.arange(np.ceil(count[0]), np.floor(count[-1]) + 1)
    beats = np.interp(whole, count, frames)
    ones = _downbeat(music, sure)
    skipped = int((ones - whole[0]) % BEATS_PER_BAR) if len(whole) else 0
    if len(beats) - skipped < 2:
        return None
    return Pulse(beats[skipped:], float(np.median(music.tempo_bpm[sure])), float(music.trust[sure].mean()))


def _downbeat(music: MusicFrames, sure: np.ndarray) -> int:
    """Which count of four most bars began on, while the beat was sure."""
    began = np.round(music.beat - BEATS_PER_BAR * (music.bar % 1.0)).astype(np.int64) % BEATS_PER_BAR
    return int(np.argmax(np.bincount(began[sure], minlength=BEATS_PER_BAR)))


def stretched_music(music: MusicFrames, factor: float, frames: int) -> MusicFrames:
    """The music `factor` times as long, at so many frames: as fast a song as the stretched dance would need."""
    at = np.minimum(np.arange(frames) / factor, len(music.beat) - 1)
    near = np.round(at).astype(np.int64)
    beat = _between(music.beat, at)
    return MusicFrames(
        beat=beat,
        # a bar found to begin elsewhere jumps: there is nothing between before and after
        bar=music.bar[near] + (beat - music.beat[near]) / _bar_beats(music)[near],
        tempo_bpm=_between(music.tempo_bpm, at) / factor,
        trust=_between(music.trust, at),
        onset=_between(music.onset, at),
        energy=_between(music.energy, at),
        energy_slow=_between(music.energy_slow, at),
        heard=music.heard[near],
    )


def _bar_beats(music: MusicFrames) -> Float[np.ndarray, " frames"]:
    """How many beats the bar of each frame has: three or four, by how fast the bars are counted."""
    if len(music.beat) < 2:
        return np.full(len(music.beat), BEATS_PER_BAR, np.float64)
    bars = np.diff(music.bar) / np.maximum(np.diff(music.beat), 1e-9)
    # nearer to a third than to a fourth; beyond, the bar was found to begin elsewhere
    waltz = np.abs(bars - 1 / _WALTZ_BEATS) < 1 / 24
    return np.where(np.append(waltz[:1], waltz), _WALTZ_BEATS, BEATS_PER_BAR).astype(np.float64)


def _between(values: Float[np.ndarray, " frames"], at: Float[np.ndarray, " n"]) -> Float[np.ndarray, " n"]:
    between: np.ndarray = np.interp(at, np.arange(len(values)), values)
    return between
