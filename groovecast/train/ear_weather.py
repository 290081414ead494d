"""What happens to music on its way to the ear, done to mel spectra: rooms, crowds, cheap speakers, tempo, gain.

Everything works on power in mel bands, where sounds add. It is approximate and cheap, so that no song is heard
twice the same; the measuring set makes its rooms and crowds from samples instead.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32
from numpy.typing import NDArray

from groovecast.audio.features import HOP_S, MEL_BANDS

Mel = Float32[np.ndarray, "hops mels"]

STEP_DB = 0.6  # of the cache's quantisation
LEAST_DB = -100.0
_POWER = (10 ** ((LEAST_DB + STEP_DB * np.arange(256)) / 10)).astype(np.float32)
_LEAST_POWER = np.float32(1e-10)


def power_of(quantised: NDArray[np.uint8]) -> Mel:
    """The power that a quantised spectrum stands for."""
    return _POWER[quantised]


def decibels(power: Mel) -> Mel:
    """Back to dB, as the features have them."""
    return np.asarray(np.float32(10 / np.log(10)) * np.log(np.maximum(power, _LEAST_POWER)), np.float32)


def course(hops: int, rate: float, rng: np.random.Generator) -> NDArray[np.float64]:
    """Where in the song each hop is when it is played `rate` times as fast, with a jump or a drift now and then."""
    rates = np.full(hops, rate)
    chance = rng.random()
    if chance < 0.28:
        rates[int(rng.uniform(0.2, 0.8) * hops) :] *= np.exp(rng.uniform(0.04, 0.3) * rng.choice((-1, 1)))
    elif chance < 0.42:
        turns = rng.uniform(0.2, 1.5) * np.arange(hops) / hops + rng.random()
        rates *= 1 + rng.uniform(0.01, 0.06) * np.sin(2 * np.pi * turns)
    return np.concatenate(([0.0], np.cumsum(rates)[:-1]))


def played(quantised: NDArray[np.uint8], at: NDArray[np.float64]) -> NDArray[np.uint8]:
    """The spectrum at these places, in hops; beyond its end the last hop stays."""
    low = np.minimum(at.astype(np.int64), len(quantised) - 1)
    high = np.minimum(low + 1, len(quantised) - 1)
    share = (at - np.floor(at)).astype(np.float32)[:, None]
    mixed = quantised[low] * (1 - share) + quantised[high] * share
    return np.asarray(mixed + 0.5, np.uint8)


def moved_up(quantised: NDArray[np.uint8], bands: int) -> NDArray[np.uint8]:
    """The spectrum moved up or down by whole bands; the edge band fills the gap."""
    if bands == 0:
        return quantised
    source = np.clip(np.arange(MEL_BANDS) - bands, 0, MEL_BANDS - 1)
    return quantised[:, source]


def gain_db(rng: np.random.Generator) -> Float32[np.ndarray, " mels"]:
    """A channel: tilt, bumps, and now and then no bass or no treble."""
    place = np.linspace(-1, 1, MEL_BANDS)
    curve = rng.normal(0, 3) * place + rng.normal(0, 3) * np.sin(
        np.pi * (rng.uniform(0.5, 2.5) * place + rng.uniform(0, 2))
    )
    if rng.random() < 0.12:  # a phone's speaker
        curve = curve - 2.5 * np.maximum(0, rng.uniform(6, 22) - np.arange(MEL_BANDS))
    if rng.random() < 0.15:  # through a wall, or an old recording
        curve = curve - 2.0 * np.maximum(0, np.arange(MEL_BANDS) - rng.uniform(30, 70))
    return curve.astype(np.float32)


def in_a_room(power: Mel, rng: np.random.Generator) -> Mel:
    """The tail of a room: each band's power fades exponentially, treble faster, and is added to the direct sound."""
    reverb_s = np.exp(rng.uniform(np.log(0.25), np.log(2.5))) * np.linspace(
        1.2, rng.uniform(0.3, 0.9), MEL_BANDS
    )
    kept = np.exp(-6 * np.log(10) * HOP_S / reverb_s).astype(np.float32)
    wet = np.float32(10 ** rng.uniform(-1.6, 0.0))
    tail = np.empty_like(power)
    now = np.zeros(MEL_BANDS, np.float32)
    for hop, fresh in enumerate(power):
        now = now * kept + fresh * (1 - kept)
        tail[hop] = now
    later = int(rng.uniform(1, 5))  # the first reflection comes after the direct sound
    out = power.copy()
    out[later:] += wet * tail[: len(power) - later]
    return out


def squeezed(power_db: Mel, rng: np.random.Generator) -> Mel:
    """A limiter: loud hops are brought down together, at once or slowly."""
    loud_db = power_db.max(axis=1)
    over = np.maximum(loud_db - (loud_db.max() - rng.uniform(3, 15)), 0) * rng.uniform(0.3, 0.9)
    return np.asarray(power_db - over[:, None], np.float32)


@dataclass(frozen=True)
class Bed:
    """A noise to lay under or over music."""

    kind: str
    mel: NDArray[np.uint8]


def laid_under(power: Mel, bed: Bed, rng: np.random.Generator, snr_db: float) -> Mel:
    """The music with a noise bed at this ratio of mean powers."""
    hops = len(power)
    begin = int(rng.integers(0, max(1, len(bed.mel) - hops + 1)))
    noise = power_of(np.resize(bed.mel[begin : begin + hops], (hops, MEL_BANDS)))
    loud, quiet = float(power.mean()), float(noise.mean())
    if quiet <= _LEAST_POWER or loud <= _LEAST_POWER:
        return power
    return power + noise * np.float32(loud / quiet / 10 ** (snr_db / 10))
