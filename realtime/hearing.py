"""A whole song heard as live, for those who train: at each frame, what a dancer would have known by then."""

import numpy as np

from groovecast.audio.beat import BEATS_PER_BAR
from groovecast.audio.decode import Audio, mono
from groovecast.audio.features import HOP_S
from groovecast.model.conditions import MusicFrames
from realtime.listener import Listener
from realtime.occasion import energy_told, trust_of

FPS = 30.0


def heard_music(audio: Audio) -> MusicFrames:
    """Beat, trust, onsets and energy at 30 frames a second, each frame from the sound up to it and nothing later.

    The beat counts on where it is unsure, and the trust says how sure it is; energy is on the dancer's own scale.
    """
    listener = Listener(audio.sample_rate_hz)
    samples, block = mono(audio.samples), max(1, audio.sample_rate_hz // 100)
    rows: list[tuple[float, ...]] = []
    for first in range(0, len(samples), block):
        listener.listen(samples[first : first + block], first / audio.sample_rate_hz)
        # half a hop less: what lies on the edge of what was heard falls into the hop that is not
        while len(rows) / FPS < listener.heard_until_s - HOP_S / 2:
            rows.append(_known(listener, len(rows) / FPS))
    beat, bar, tempo_bpm, trust, onset, energy, energy_slow = np.array(rows).reshape(-1, 7).T
    return MusicFrames(beat, bar, tempo_bpm, trust, onset, energy, energy_slow, np.ones(len(rows), bool))


def _known(listener: Listener, time_s: float) -> tuple[float, ...]:
    clock = listener.clock
    beat = float(clock.beat_at(time_s))
    bar = (beat - clock.downbeat) / (
        3 if clock.beats_per_bar == 3 else BEATS_PER_BAR
    )  # as the dancer is told
    onset, energy = (float(at(np.array(time_s))) for at in (listener.onset_at, listener.energy_at))
    told = (0.0, 0.0) if listener.silent else (energy_told(energy), energy_told(listener.energy_slow))
    return beat, bar, clock.tempo_bpm, trust_of(listener, clock), onset, *told
