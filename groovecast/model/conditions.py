"""What the model is told of the music: ten channels a frame, the same in training and live.

In order: sine and cosine of the beat phase, sine and cosine of the bar phase (4 beats), tempo in octaves from
120 bpm, trust in the beat, onset strength, energy, slow energy, and whether the frame has been heard yet. Beat
channels fade to zero with the trust; onset and energy are zero where nothing has been heard.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

MUSIC_CHANNELS = 10


@dataclass(frozen=True)
class MusicFrames:
    """The music over a window of motion frames, past and extrapolated future."""

    beat: Float[np.ndarray, " frames"]  # running beat count; whole numbers on beats
    bar: Float[np.ndarray, " frames"]  # running bar count of bars of 4 beats; of 3 in a waltz
    tempo_bpm: Float[np.ndarray, " frames"]
    trust: Float[np.ndarray, " frames"]  # 0 unknown .. 1 sure
    onset: Float[np.ndarray, " frames"]  # 0 .. 1
    energy: Float[np.ndarray, " frames"]  # 0 .. 1, about 0.3 s
    energy_slow: Float[np.ndarray, " frames"]  # 0 .. 1, about 2 s
    heard: Bool[np.ndarray, " frames"]


def channels_from_music(music: MusicFrames) -> Float[np.ndarray, "frames 10"]:
    """The ten channels of those frames, float32."""
    beat_rad, bar_rad = 2 * np.pi * music.beat, 2 * np.pi * music.bar
    trust, heard = music.trust, music.heard.astype(np.float64)
    octaves = np.log2(np.clip(music.tempo_bpm, 30, 480) / 120)
    channels = (
        np.sin(beat_rad) * trust,
        np.cos(beat_rad) * trust,
        np.sin(bar_rad) * trust,
        np.cos(bar_rad) * trust,
        octaves * trust,
        trust,
        music.onset * heard,
        music.energy * heard,
        music.energy_slow,
        heard,
    )
    return np.stack(channels, axis=-1).astype(np.float32)
