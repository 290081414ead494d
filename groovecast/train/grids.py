"""The beat grid of each take: found as its style is danced, moved onto the dancer's rests, and kept only if it fits."""

from dataclasses import dataclass, replace

import numpy as np

from groovecast.measures.accents import accents_s, lags_s, share_by_chance
from groovecast.motion.energy import LIMBS
from groovecast.motion.pose import Motion
from groovecast.motion.skeleton import groovecast_skeleton
from groovecast.train.checks import Seen
from groovecast.train.pulse import Pulse, pulse_of, tempo_of
from groovecast.train.steps import step_beats, step_tempo

# The tempi that each style is danced to here; bars of salsa last 1.25 to 1.5 s.
_TEMPI = {
    "salsa": (155.0, 197.0),
    "street": (92.0, 126.0),
    "break": (85.0, 150.0),
    "modern": (80.0, 150.0),
    "indian": (138.0, 170.0),
}
# Below this a tempo does not stand out, and nearer to a bound than this it was cut off by it.
_SALIENT, _SALIENT_STEPS, _EDGE_BPM = 0.7, 1.3, 1.0
# A tempo that stands out this far needs no other proof: fast steps rest everywhere, and chance is high.
_BEYOND_DOUBT = 3.0
# So much more of a grid's beats must be rested on than by chance; of a salsa's, for it is known by its steps.
_DANCED, _DANCED_STEPS = 0.1, 0.05
# Salsa rests on one and three: there its grid is fitted and judged. All else rests on any beat.
_RESTS_EVERY = {"salsa": 2}
# A grid may be moved this far to where the limbs rest.
_SETTLES_S = 0.1
_NEAR_S = 0.07


@dataclass(frozen=True)
class Grid:
    """The pulse of a take, or None and why; with the share of its beats on which the limbs rest, and by chance."""

    pulse: Pulse | None
    told: str
    hit: float = 0.0
    chance: float = 0.0


def grids_of(motions: list[Motion], style: str) -> list[Grid]:
    """A grid for each partner of one take."""
    if style not in _TEMPI:
        return [Grid(None, "unknown: not danced to music")] * len(motions)
    if style == "salsa":
        tempo, salience = step_tempo(motions, *_TEMPI[style])
        together = len({motion.frames for motion in motions}) == 1
        pulses = [
            Pulse(step_beats(motions if together else [motion], tempo), tempo, salience) for motion in motions
        ]
    else:
        tempo, salience = tempo_of(motions, *_TEMPI[style])
        pulses = [pulse_of(motion, tempo, salience) for motion in motions]
    every = _RESTS_EVERY.get(style, 1)
    found = [
        judged(motion, settled(motion, pulse, every), every)
        for motion, pulse in zip(motions, pulses, strict=True)
    ]
    doubt = _doubt(tempo, salience, float(np.mean([grid.hit - grid.chance for grid in found])), style)
    return [Grid(None, f"unknown: {doubt}", grid.hit, grid.chance) for grid in found] if doubt else found


def _doubt(tempo_bpm: float, salience: float, danced: float, style: str) -> str:
    """Why a grid is not to be trusted, or nothing."""
    low, high = _TEMPI[style]
    salient, least = (_SALIENT_STEPS, _DANCED_STEPS) if style == "salsa" else (_SALIENT, _DANCED)
    if salience < salient:
        return f"no tempo stands out ({tempo_bpm:.0f} bpm by {salience:.1f}, at least {salient})"
    if min(tempo_bpm - low, high - tempo_bpm) < _EDGE_BPM:
        return f"{tempo_bpm:.0f} bpm is at the bound of what {style} is danced to"
    if danced < least and (style == "salsa" or salience < _BEYOND_DOUBT):
        return f"{tempo_bpm:.0f} bpm, but its beats are rested on {danced:+.0%} against chance (at least {least:+.0%})"
    return ""


def rests_s(motion: Motion) -> np.ndarray:
    skeleton = groovecast_skeleton()
    return accents_s(Seen(motion).place, tuple(skeleton.index(name) for name in LIMBS), motion.fps)


def settled(motion: Motion, pulse: Pulse, every: int = 1) -> Pulse:
    """The same grid, moved as a whole so that the most of its beats (or of every other one) have a rest beside them."""
    rests, beats = rests_s(motion), pulse.beat_frames[::every] / motion.fps
    if not len(rests):  # nobody moves
        return pulse
    shifts = np.arange(-_SETTLES_S, _SETTLES_S + 1e-9, 1 / 120)
    gaps = np.abs(rests[None, None] - (beats[None] + shifts[:, None])[..., None]).min(axis=-1)
    near = np.clip(1 - gaps / _NEAR_S, 0, None).sum(axis=1)
    # of equals, the one that moves the grid least
    best = float(shifts[np.argmax(near - 1e-3 * np.abs(shifts))])
    return replace(pulse, beat_frames=pulse.beat_frames + best * motion.fps)


def judged(motion: Motion, pulse: Pulse, every: int = 1) -> Grid:
    """What a grid is worth to a dancer: how many of its beats are danced, against chance."""
    rests, beats = rests_s(motion), pulse.beat_frames[::every] / motion.fps
    beats = beats[(beats >= 0) & (beats <= motion.duration_s)]
    lags = lags_s(rests, beats)
    hit = float((np.abs(lags) < _NEAR_S).mean())
    chance = share_by_chance(rests, beats, motion.duration_s)
    beat = "every other beat" if every == 2 else "beats"
    told = f"{pulse.tempo_bpm:.1f} bpm, {hit:.0%} of {beat} rested on (chance {chance:.0%})"
    return Grid(pulse, told, hit, chance)
