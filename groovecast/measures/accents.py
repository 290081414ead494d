"""How early or late a dance is: signed milliseconds from each beat of the music to the nearest accent of the limbs.

An accent is where hands and feet come to rest: viewers take the end point of a movement for its beat (Takehana et al.
2019). With s(t) the summed speed of both hands and both feet relative to the root, averaged over 83
ms, accents a are the local minima of s, and for each beat m

    lag = a - m for the a nearest to m, if |a - m| <= half a beat

Negative is early. A beat without an accent that near counts as missed in the share within 70 ms. Restless limbs
rest near any beat: the same share over circular shifts of the beats says what chance gives.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

NEAR_MS = 70.0
_SMOOTH_S = 5 / 60
_SHIFTS = 64
_GOLDEN = (5**0.5 - 1) / 2  # shifts by its multiples fall evenly into every period

Times = Float[np.ndarray, " times"]


@dataclass(frozen=True)
class AccentLag:
    """The lags of some beats; the shares are of all beats, those missed included."""

    median: float  # ms, negative is early
    iqr: float  # ms between the quartiles
    within_70ms: float
    within_70ms_by_chance: float
    beats: int
    missed: int


def limb_speed(
    place_m: Float[np.ndarray, "frames joints 3"], limbs: tuple[int, ...], fps: float
) -> Float[np.ndarray, " frames"]:
    """The summed speed of the limbs against the root, m/s; sample k stands half a frame after frame k."""
    against_root = place_m[:, list(limbs)] - place_m[:, :1]
    return np.asarray(np.linalg.norm(np.diff(against_root, axis=0), axis=-1).sum(axis=-1) * fps)


def accents_s(place_m: Float[np.ndarray, "frames joints 3"], limbs: tuple[int, ...], fps: float) -> Times:
    """When the limbs come to rest, seconds after the first frame."""
    speed = limb_speed(place_m, limbs, fps)
    wide = max(1, round(_SMOOTH_S * fps)) | 1  # odd: a mean that neither leads nor lags
    padded = np.pad(speed, wide // 2, mode="edge")
    return minima_s(np.convolve(padded, np.ones(wide) / wide, "valid"), fps, 0.5 / fps)


def minima_s(curve: Float[np.ndarray, " samples"], fps: float, first_s: float) -> Times:
    """The times of a curve's local minima, by the parabola through each; sample 0 is at `first_s`."""
    rows = np.flatnonzero((curve[1:-1] <= curve[:-2]) & (curve[1:-1] < curve[2:])) + 1
    before, here, after = curve[rows - 1], curve[rows], curve[rows + 1]
    bend = before - 2 * here + after
    offset = np.where(bend > 0, 0.5 * (before - after) / np.where(bend > 0, bend, 1), 0.0)
    return np.asarray(first_s + (rows + np.clip(offset, -0.5, 0.5)) / fps)


def lags_s(accents: Times, beats_s: Times) -> Times:
    """The lag of each beat to the nearest accent within half a beat; NaN where there is none."""
    if not len(accents):
        return np.full(len(beats_s), np.nan)
    gaps = accents[None] - beats_s[:, None]
    nearest = gaps[np.arange(len(beats_s)), np.abs(gaps).argmin(axis=1)]
    return np.asarray(np.where(np.abs(nearest) <= _half_beat_s(beats_s), nearest, np.nan))


def share_by_chance(accents: Times, beats_s: Times, duration_s: float) -> float:
    """The share of beats with an accent within 70 ms, on average over circular shifts of the beats."""
    shares = []
    for shift in np.arange(1, _SHIFTS + 1) * _GOLDEN % 1.0 * duration_s:
        moved = (beats_s + shift) % duration_s
        gaps = np.abs(accents[None] - moved[:, None]).min(axis=1) if len(accents) else np.full(1, np.inf)
        shares.append(np.mean(gaps < NEAR_MS / 1000))
    return float(np.mean(shares))


def accent_lag(lags: Times, by_chance: float) -> AccentLag:
    """The figures of some beats' lags (seconds, NaN where missed), of one song or of many."""
    hit = 1000 * lags[np.isfinite(lags)]
    low, middle, high = np.percentile(hit, (25, 50, 75)) if len(hit) else (np.nan,) * 3
    within = float((np.abs(hit) < NEAR_MS).sum() / len(lags)) if len(lags) else np.nan
    return AccentLag(float(middle), float(high - low), within, by_chance, len(lags), len(lags) - len(hit))


def _half_beat_s(beats_s: Times) -> float:
    return float(np.median(np.diff(beats_s))) / 2 if len(beats_s) > 1 else 0.25
