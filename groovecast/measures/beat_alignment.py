"""Whether a dance pauses on the beats of its music: the published score, and what of it is not chance.

BAS as Bailando and Lodge compute it: the speed s(i) is the mean over joints of |p(i + 1) - p(i)|, smoothed by a
Gaussian of 5 frames; motion beats b are its local minima; with the music's beats m, both in frames,

    BAS = mean over m of exp(-min_b (b - m)^2 / (2 * 3^2))

It asks nothing of the dance between the beats: white noise scores 0.28 at 30 frames a second, as many dances do.
The lift is what a dance scores above the mean over circular shifts of its own music, and above other songs.
"""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float, Int64

from groovecast.measures.bootstrap import Interval, mean_interval

_SMOOTH_FRAMES, _TRUNCATE = 5, 4.0
_SIGMA_FRAMES = 3.0
_SHIFTS = 64
_GOLDEN = (5**0.5 - 1) / 2  # shifts by its multiples fall evenly into every period

Beats = Int64[np.ndarray, " beats"]


def motion_beats(place_m: Float[np.ndarray, "frames joints 3"]) -> Beats:
    """The frames in which the joints' mean speed is least."""
    return lows(np.linalg.norm(np.diff(place_m, axis=0), axis=-1).mean(axis=-1))


def lows(speed: Float[np.ndarray, " frames"]) -> Beats:
    """The local minima of a speed after the published smoothing."""
    reach = int(_TRUNCATE * _SMOOTH_FRAMES + 0.5)
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / _SMOOTH_FRAMES) ** 2)
    smooth = np.convolve(np.pad(speed, reach, mode="symmetric"), kernel / kernel.sum(), "valid")
    return np.flatnonzero((smooth[1:-1] < smooth[:-2]) & (smooth[1:-1] < smooth[2:])) + 1


def alignment(music: Beats, motion: Beats) -> float:
    """BAS of beats that are counted in frames; 0 when the dance has none, which the published code cannot say."""
    if not len(music):
        raise ValueError("asked for a beat alignment with 0 beats of music: give 1 or more")
    if not len(motion):
        return 0.0
    gaps = np.abs(music[:, None] - motion[None]).min(axis=1)
    return float(np.exp(-(gaps**2) / (2 * _SIGMA_FRAMES**2)).mean())


def music_beats(beats_s: Float[np.ndarray, " beats"], fps: float, frames: int) -> Beats:
    """Beat times as whole frames of a clip, those outside left out."""
    beats = np.round(np.asarray(beats_s) * fps).astype(np.int64)
    return beats[(beats >= 0) & (beats < frames)]


def alignment_by_chance(music: Beats, motion: Beats, frames: int) -> float:
    """The mean BAS over circular shifts of the music: what this dance scores with beats that mean nothing to it."""
    shifts = (np.arange(1, _SHIFTS + 1) * _GOLDEN % 1.0 * frames).astype(np.int64)
    return float(np.mean([alignment((music + int(shift)) % frames, motion) for shift in shifts]))


def lift(paired: Sequence[float], chance: Sequence[float]) -> Interval:
    """How far each song's own BAS is above chance, on average over songs, with its interval."""
    return mean_interval(np.asarray(paired) - np.asarray(chance))
