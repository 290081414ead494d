"""The bars of a salsa, from where the feet land: quick, quick, slow.

That is a step on one, two and three of each bar, and none on four; and the limbs come to rest on one and on three.
Both partners step to the same music, so their landings and rests count together. The tempo is the one at which
landings fold best onto that pattern and at which the feet repeat themselves after two bars, when each foot is where
it was. Bars found from one partner alone fit the rests of the other, who had no say: 10 % more of them than chance.
"""

import numpy as np
from jaxtyping import Float64

from groovecast.motion.energy import LIMBS, limb_speeds
from groovecast.motion.pose import Motion
from groovecast.motion.soles import SIDES
from groovecast.train.checks import Seen
from groovecast.train.ground import smoothed

# What a landing on each beat of a bar says for a bar that begins there, and a rest of the limbs.
_STEPS = np.array([1.0, 1.0, 1.0, -1.0])
_LANDED, _RESTED = (1.0, 0.5, 1.0, -1.0), (1.5, 0.0, 1.5, 0.0)
# A foot is braked that long before the body rests on it.
_BRAKED_BEFORE_S = 0.067
_LOW_M = 0.06
# Tempo may drift by less than a beat over this long; each stretch finds its own phase.
_STRETCH_S = 12.0
# How much bars may differ in length, and what a bar pays for leaving the tempo.
_FREEDOM, _TIGHTNESS = 0.08, 150.0
# A landing stronger than this many times the mean counts no more.
_STRONGEST = 6.0
# Feet braked by less than this (m/s a frame, on average) only stand.
_STANDING = 1e-3


def landings(motion: Motion) -> Float64[np.ndarray, " frames"]:
    """How hard low feet are braked, both feet together, one on average: a foot that comes down comes to a stop."""
    seen = Seen(motion)
    total = np.zeros(motion.frames)
    for number, side in enumerate(SIDES):
        low = seen.soles.height_m[:, 2 * number : 2 * number + 2].min(axis=-1) < _LOW_M
        speed = np.linalg.norm(np.gradient(seen.joint(f"{side}Foot"), axis=0), axis=-1) * motion.fps
        total += np.clip(-np.gradient(smoothed(speed, motion.fps, 6.0)), 0, None) * low
    return np.asarray(np.clip(total / (total.mean() + _STANDING), 0, _STRONGEST))


def restfulness(motion: Motion) -> Float64[np.ndarray, " frames"]:
    """How far hands and feet together are slower against the hips than around that moment, -3 to 3."""
    seen = Seen(motion)
    limbs = np.stack([seen.joint(name) for name in LIMBS], axis=1) - seen.place[:, :1]
    speed = smoothed(
        np.linalg.norm(np.gradient(limbs, axis=0), axis=-1).sum(axis=1) * motion.fps, motion.fps, 4.0
    )
    around = smoothed(speed, motion.fps, 0.5)
    return np.asarray(np.clip((around - speed) / (around + 0.3), -1, 1) * 3)


def step_tempo(motions: list[Motion], low_bpm: float, high_bpm: float) -> tuple[float, float]:
    """The tempo of a salsa, and how many times better it is than the median tempo between those bounds."""
    tempi = np.arange(low_bpm, high_bpm, 0.25)
    folded = np.mean([_folded(motion, tempi) for motion in motions], axis=0)
    repeats = np.mean([_repeats(motion, tempi) for motion in motions], axis=0)
    if np.median(folded) < 1e-9:  # nobody steps
        return float(tempi[0]), 0.0
    score = folded / np.median(folded) * (0.3 + np.clip(repeats, 0, None))
    best = int(np.argmax(score))
    return float(tempi[best]), float(score[best] / np.median(score))


def _folded(motion: Motion, tempi: Float64[np.ndarray, " tempi"]) -> Float64[np.ndarray, " tempi"]:
    """How well landings agree with the steps of a bar, at the best phase of each stretch."""
    landed = landings(motion)
    landed = landed - landed.mean()
    harmonics = np.arange(1, 5)
    steps = np.exp(-2j * np.pi * harmonics[:, None] * np.arange(4) / 4) @ _STEPS
    phases = np.exp(2j * np.pi * harmonics[:, None] * np.arange(48) / 48)
    size = int(_STRETCH_S * motion.fps)
    total = np.zeros(len(tempi))
    for first in range(0, max(1, len(landed) - size // 2), size // 2):
        stretch = landed[first : first + size]
        stretch = stretch * np.hanning(len(stretch))
        turns = np.arange(len(stretch)) / motion.fps / 240
        waves = np.exp(-2j * np.pi * tempi[:, None, None] * harmonics[:, None] * turns)
        total += np.real((waves @ stretch * np.conj(steps)) @ phases).max(axis=-1)
    return total


def _repeats(motion: Motion, tempi: Float64[np.ndarray, " tempi"]) -> Float64[np.ndarray, " tempi"]:
    """How alike the speeds of each foot are to those of two bars before."""
    total = np.zeros(len(tempi))
    for speed in limb_speeds(motion)[:, :2].T:
        count = len(speed)
        spectrum = np.fft.rfft(speed - speed.mean(), 2 * count)
        alike = np.fft.irfft(np.abs(spectrum) ** 2)[: count // 2]
        alike = alike / max(alike[0], 1e-12) * count / (count - np.arange(count // 2))
        total += np.interp(480 / tempi * motion.fps, np.arange(count // 2), alike) / 2
    return total


def step_beats(motions: list[Motion], tempo_bpm: float) -> Float64[np.ndarray, " beats"]:
    """The beats (frames) that all those partners step on, the first of them a one; four to every bar."""
    fps = motions[0].fps
    landed = smoothed(np.mean([landings(motion) for motion in motions], axis=0), fps, 5.0)
    rested = np.mean([restfulness(motion) for motion in motions], axis=0)
    bar, early = 240 / tempo_bpm * fps, _BRAKED_BEFORE_S * fps
    frames = np.arange(len(landed), dtype=np.float64)
    gaps = np.arange(round(bar * (1 - _FREEDOM)), round(bar * (1 + _FREEDOM)) + 1)
    cost = -_TIGHTNESS * np.log(gaps / bar) ** 2
    # what a bar that begins at each frame and lasts `gap` has for it
    own = np.zeros((len(gaps), len(landed)))
    for row, gap in enumerate(gaps):
        for beat, (step, rest) in enumerate(zip(_LANDED, _RESTED, strict=True)):
            at_beat = frames + gap * beat / 4
            own[row] += step * np.interp(at_beat - early, frames, landed) + rest * np.interp(
                at_beat, frames, rested
            )
    score, previous = np.zeros(len(landed)), np.full(len(landed), -1)
    for frame in range(int(gaps[0]), len(landed)):
        use = gaps <= frame
        options = score[frame - gaps[use]] + own[use, frame - gaps[use]] + cost[use]
        best = int(np.argmax(options))
        score[frame], previous[frame] = options[best], frame - gaps[use][best]
    last = int(np.argmax(score[-int(bar) :])) + len(score) - int(bar)
    ones = [last]
    while previous[ones[-1]] >= 0:
        ones.append(int(previous[ones[-1]]))
    at = np.array(ones[::-1], np.float64)
    # the bar that the take begins in, and the one that it ends in
    at = np.concatenate((at[:1] - bar, at, at[-1:] + bar))
    return np.interp(np.arange(4 * (len(at) - 1) + 1) / 4, np.arange(len(at)), at)
