"""Belief over every tempo and every place in the beat, moved on hop by hop: the exact bar-pointer filter.

The forward algorithm of Krebs, Böck and Widmer 2015 ("An efficient state-space model for joint tempo and meter
tracking") on one beat: a state is a beat interval of whole hops and a place in it; tempo may change at beats only.
"""

import cmath
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32

from groovecast.audio.ear import HOPS_PER_STEP, TEMPO_BINS, bin_bpm
from groovecast.audio.features import HOP_S

LEAST_TEMPO_BPM, MOST_TEMPO_BPM = 52, 220

# Found by benchmarks/ears on its first seed, each value between neighbours that were worse or alike.
_BEAT_HOPS = 3  # in which a beat is answered
_BEAT_RATE = 1 / 16  # share of all hops that belong to a beat, about
_LEAST_CHANCE, _MOST_CHANCE = 0.004, 0.95  # the ear is never surer than this
_TEMPO_STIFFNESS = 60.0  # how strongly tempo stays from beat to beat (the same, lambda)
_PRIOR_BPM, _PRIOR_OCTAVES = 118.0, 0.7  # favourite tempo and how far from it is still welcome
_PRIOR_PER_BEAT = 0.25  # how much of the favour is given again at each beat
_TEMPO_TRUST = 0.6  # how much the ear's own guess at the tempo counts at each beat
_USUAL_TRUST = 10.0  # how much its guesses of the last seconds count beside the present one
_USUAL_SHARE = HOP_S * HOPS_PER_STEP / 4.0  # which are averaged over 4 s
_NEW_LEVEL = (
    3e-2  # how often, a beat, the beat is found to be another level of the metre: double, half, two thirds
)
_GUIDE_OCTAVES = 0.1  # how near to a tempo that is told others must be
_LEAST_DENSITY = 1e-2  # no tempo is ruled out
_FORGET_PER_HOP = 1e-4  # share of belief spread anew over all states, so that a tempo jump can be found
_NEAR = 0.06  # tempi this near to each other are one


@dataclass(frozen=True)
class Belief:
    """The bar pointer's best answer at one hop."""

    period_s: float
    phase: float  # 0 to 1
    mass: float  # share of all belief that lies near this tempo
    sharpness: float  # 0: any phase, 1: one phase


class BarPointer:
    """Belief over every beat interval from 28 to 115 hops and every place in it, one hop after the other."""

    def __init__(self) -> None:
        least, most = int(60 / MOST_TEMPO_BPM / HOP_S) + 1, int(60 / LEAST_TEMPO_BPM / HOP_S)
        self.intervals = np.arange(least, most + 1)
        ends = np.cumsum(self.intervals)
        self._firsts, self._lasts = ends - self.intervals, ends - 1
        turns = np.concatenate([np.arange(interval) / interval for interval in self.intervals])
        self._phasor = np.exp(2j * np.pi * turns).astype(np.complex64)
        self._on_beat = (self._firsts[:, None] + np.arange(_BEAT_HOPS)).ravel()
        tempi = 60 / (self.intervals * HOP_S)
        prior = np.exp(-0.5 * (np.log2(tempi / _PRIOR_BPM) / _PRIOR_OCTAVES) ** 2)
        ratio = self.intervals[None, :] / self.intervals[:, None]
        change = np.exp(-_TEMPO_STIFFNESS * np.abs(ratio - 1))
        change /= change.sum(axis=1, keepdims=True)
        for level in (0.5, 2 / 3, 1.5, 2.0):
            near = np.exp(-_TEMPO_STIFFNESS * np.abs(ratio / level - 1))
            change += _NEW_LEVEL * near / np.maximum(near.sum(axis=1, keepdims=True), 1.0)
        self._change = change.astype(np.float32)
        self._prior = prior**_PRIOR_PER_BEAT
        self._log_bins = np.log2(bin_bpm())
        self._log_tempi = np.log2(tempi)
        self._usual = np.full(TEMPO_BINS, 1 / TEMPO_BINS)
        self._guide = self._tempo = np.ones(len(tempi))
        self.guided_bpm: float | None = None
        self._favour = self._prior
        start = np.repeat(prior / self.intervals, self.intervals)
        self._belief = (start / start.sum()).astype(np.float32)
        self._spare, self._anew = np.empty_like(self._belief), self._belief * np.float32(_FORGET_PER_HOP)
        centre = self.intervals[:, None]
        near = np.abs(self.intervals / centre - 1) < _NEAR
        self._near = np.argmax(near, axis=1), len(near) - np.argmax(near[:, ::-1], axis=1)

    def favour(self, tempo: Float32[np.ndarray, " bins"]) -> None:
        """Which tempo the ear believes in, for the beats that begin from now on."""
        self._usual += (tempo - self._usual) * _USUAL_SHARE
        density = np.interp(self._log_tempi, self._log_bins, tempo + _USUAL_TRUST * self._usual)
        # relative to the likeliest: a beat of that tempo costs nothing, so that many beats are not dearer than few
        self._tempo = ((density + _LEAST_DENSITY) / (density.max() + _LEAST_DENSITY)) ** _TEMPO_TRUST
        self._favour = self._prior * self._guide * self._tempo

    def guide(self, tempo_bpm: float | None) -> None:
        """Prefer tempi near this one from now on; None: no more."""
        self.guided_bpm = tempo_bpm
        self._guide = np.ones(len(self._log_tempi))
        if tempo_bpm is not None:
            away = (self._log_tempi - np.log2(tempo_bpm)) / _GUIDE_OCTAVES
            self._guide = np.exp(-0.5 * away**2) + 1e-9  # never nothing: belief must not run dry
        self._favour = self._prior * self._guide * self._tempo

    def believe(self, period_s: float, phase: float) -> None:
        """Forget what was believed but a little: the beat is this long, and it is here in it."""
        near = np.exp(-0.5 * (np.log(self.intervals * HOP_S / period_s) / 0.02) ** 2)
        turn = np.angle(self._phasor * np.exp(-2j * np.pi * phase)) / (2 * np.pi)
        told = np.repeat(near, self.intervals) * np.exp(-0.5 * (turn / 0.03) ** 2)
        self._belief = (0.9 * told / told.sum() + 0.1 * self._belief).astype(np.float32)

    def hear(self, chance: float) -> None:
        """One hop passes, which is a beat with this probability."""
        chance = min(max(chance, _LEAST_CHANCE), _MOST_CHANCE)
        # against how likely any hop is to be a beat's
        odds = chance / (1 - chance) * (1 / _BEAT_RATE - 1)
        belief, before = self._spare, self._belief
        belief[1:] = before[:-1]
        belief[self._firsts] = (before[self._lasts] @ self._change) * self._favour
        belief[self._on_beat] *= np.float32(odds)
        belief *= np.float32(1 - _FORGET_PER_HOP) / np.add.reduce(belief)
        belief += self._anew
        self._belief, self._spare = belief, before

    def best(self) -> Belief:
        """The most believed tempo, the mean phase there, and how concentrated belief is."""
        mass = np.add.reduceat(self._belief, self._firsts)
        centre = np.argmax(np.convolve(mass, np.ones(5, np.float32), "same"))
        first, end = self._near[0][centre], self._near[1][centre]
        states, near = slice(self._firsts[first], self._lasts[end - 1] + 1), slice(first, end)
        total = float(mass[near].sum())
        mean = complex(np.dot(self._belief[states], self._phasor[states])) / total
        period_s = float(np.dot(mass[near], self.intervals[near])) / total * HOP_S
        return Belief(period_s, cmath.phase(mean) / (2 * np.pi) % 1.0, total, abs(mean))
