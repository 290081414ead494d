"""Any input as loud as a record: no constant offset, slowly turned up or down, noise left as faint as it is."""

from collections import deque
from dataclasses import dataclass
from math import log10

import numpy as np
from jaxtyping import Float, Float32

TARGET_DB = -18.0  # RMS, of full scale: about as loud as a record with its peaks below full scale
MOST_GAIN_DB = 30.0
LEAST_GAIN_DB = -20.0
MOST_DB_PER_S = 3.0
# Floats may exceed full scale, and do by some dB where somebody has turned them up. What is 18 dB above it is a broken
# number, not sound; squared as float32, a large one is infinite and would stay in every meter for good.
LOUDEST = 8.0
LEAST_FLOOR_DB, MOST_FLOOR_DB = -54.0, -30.0

_HOP_S = 0.01
_CORNER_HZ = 10.0  # of the high-pass: below every note
_FAINT = 1e-12  # power, -120 dB
_MOMENT_S = 0.4
_SHORT_TERM_S = 3.0
_ATTACK_S = 1.5  # louder is believed this soon
_RELEASE_S = 25.0  # fainter this late: a breakdown is not turned up
_SETTLING_S = 6.0  # of the first sound: the level is not known yet, so it is followed both ways
# Steady sound is noise: of white, pink or brown noise, the middle half of such blocks lies within so many dB.
_STEADY_BLOCK_HOPS = 5
_STEADY_BLOCKS = 30
_FEWEST_BLOCKS = 10  # before these have been heard, no gain moves
_STEADY_DB = 1.5
_FLOOR_ABOVE_NOISE_DB = 6.0
_FORGET_DB_PER_S = 6.0  # what varies is no noise
_QUIET_DB = -90.0
# A pop is held down by itself. Where so much of the last moment would have clipped it is no pop but loud music,
# and the gain falls by so much a hop.
_LOUD_SHARE = 0.25
_LOUD_STEP_DB = 1.0
_NEAR_FULL_SCALE = 0.999  # below it there is nothing to hold down, rounding included


class DcBlocker:
    """A first-order high-pass at 10 Hz; cut into blocks anyhow, the same samples give the same bits."""

    def __init__(self, sample_rate_hz: int) -> None:
        self._hop = max(1, round(sample_rate_hz * _HOP_S))
        pole = float(np.exp(-2 * np.pi * _CORNER_HZ / sample_rate_hz))
        # y[n] = (1 + pole) / 2 * (x[n] - x[n-1]) + pole * y[n-1], summed up hop by hop without a loop: within one
        # hop y[n] = pole^n * sum(pole^-k * ...), which grows by less than two
        steps = np.arange(1, self._hop + 1)
        self._shrink, self._grow = pole**steps, (1 + pole) / 2 * pole**-steps
        self._place = 0  # within the hop
        self._sum = 0.0
        self._before: float | None = None

    def push(self, samples: Float32[np.ndarray, " samples"]) -> Float32[np.ndarray, " samples"]:
        """The same samples without what stays constant; what is no number up to LOUDEST is silence."""
        out = np.empty(len(samples), np.float32)
        heard = np.zeros(len(samples) + 1)  # the sample before, and these
        np.copyto(heard[1:], samples, where=np.abs(samples) <= LOUDEST)
        if len(samples):  # the first sample is no click
            heard[0] = heard[1] if self._before is None else self._before
            self._before = float(heard[-1])
        steps = heard[1:] - heard[:-1]
        first = 0
        while first < len(steps):
            count = min(self._hop - self._place, len(steps) - first)
            out[first : first + count] = self._within_hop(steps[first : first + count])
            first += count
        return out

    def _within_hop(self, steps: Float[np.ndarray, " samples"]) -> Float[np.ndarray, " samples"]:
        place, end = self._place, self._place + len(steps)
        terms = steps * self._grow[place:end]
        terms[0] += self._sum
        sums = np.add.accumulate(terms)
        filtered: Float[np.ndarray, " samples"] = sums * self._shrink[place:end]
        self._place, self._sum = end, float(sums[-1])
        if end == self._hop:
            self._place, self._sum = 0, float(filtered[-1])
        return filtered


@dataclass(frozen=True)
class Levels:
    """What a leveller knows and does."""

    gain_db: float
    level_db: float  # RMS of what is heard, as it is believed
    moment_db: float  # RMS of the last moment
    noise_db: float
    floor_db: float  # fainter sound changes no gain
    frozen: bool


class Leveller:
    """Removes the constant offset and brings music to one loudness, slowly; its output comes without delay.

    The gain of each hop of 10 ms follows from the hops before. It moves by 3 dB a second at most, except that it drops
    sooner where one hop after the other would clip; a single one is held down by itself. It stays while the sound is
    below the floor, which lies above steady noise.
    """

    def __init__(self, sample_rate_hz: int) -> None:
        self._blocker = DcBlocker(sample_rate_hz)
        self._hop = np.zeros(max(1, round(sample_rate_hz * _HOP_S)), np.float32)
        self._hop_s = len(self._hop) / sample_rate_hz
        self._ramp = np.arange(1, len(self._hop) + 1) / len(self._hop)
        self._place = 0
        self._peak = 0.0  # so far in this hop
        self._gain = self._next_gain = 1.0  # at the hop's beginning and at its end
        self._clipping = 0.0  # how much of the last moment would have clipped, 0 to 1
        self._moment = self._short_term = 0.0  # power
        self._hops = 0
        self._heard_s = 0.0  # without what was below the floor
        self._level_db = TARGET_DB
        self._noise_db = _QUIET_DB
        self._block_power = 0.0
        self._blocks_db: deque[float] = deque(maxlen=_STEADY_BLOCKS)
        self._frozen = True

    @property
    def levels(self) -> Levels:
        """What is known after the last whole hop."""
        return Levels(
            gain_db=20 * log10(self._gain),
            level_db=self._level_db,
            moment_db=_db(self._moment),
            noise_db=self._noise_db,
            floor_db=self._floor_db,
            frozen=self._frozen,
        )

    def push(self, samples: Float32[np.ndarray, " samples"]) -> Float32[np.ndarray, " samples"]:
        """As many samples, levelled; the same bits however the sound is cut into blocks."""
        clean = self._blocker.push(samples)
        out = np.empty(len(clean), np.float32)
        first = 0
        while first < len(clean):
            count = min(len(self._hop) - self._place, len(clean) - first)
            out[first : first + count] = self._within_hop(clean[first : first + count])
            first += count
        return out

    def _within_hop(self, clean: Float32[np.ndarray, " samples"]) -> Float[np.ndarray, " samples"]:
        place, end = self._place, self._place + len(clean)
        self._hop[place:end] = clean
        gains: Float[np.ndarray, " samples"] | float = self._gain
        if self._next_gain != self._gain:
            gains = self._gain + (self._next_gain - self._gain) * self._ramp[place:end]
        peak = max(self._peak, float(clean.max()), -float(clean.min()))
        if peak * max(self._gain, self._next_gain) < _NEAR_FULL_SCALE:
            levelled = clean * gains
        else:
            peaks = np.maximum(np.maximum.accumulate(np.abs(clean)), self._peak)
            # the last bit of a peak, no more, is clipped
            levelled = np.clip(clean * np.minimum(gains, 1 / np.maximum(peaks, 1e-9)), -1, 1)
        self._peak, self._place = peak, end
        if end == len(self._hop):
            self._end_hop()
        return levelled

    def _end_hop(self) -> None:
        power = float(np.dot(self._hop, self._hop)) / len(self._hop)
        clips = self._peak * max(self._gain, self._next_gain) > 1
        self._clipping += (clips - self._clipping) * (self._hop_s / _MOMENT_S)
        self._place, self._peak, self._gain = 0, 0.0, self._next_gain
        self._hops += 1
        heard_s = self._hops * self._hop_s
        self._moment += (power - self._moment) * (self._hop_s / min(_MOMENT_S, heard_s))
        self._hear_noise(power)
        self._frozen = len(self._blocks_db) < _FEWEST_BLOCKS or _db(self._moment) < self._floor_db
        now_db = 20 * log10(self._gain)
        most_db = MOST_DB_PER_S * self._hop_s
        step_db = 0.0
        if not self._frozen:
            self._follow(power)
            wanted_db = min(max(TARGET_DB - self._level_db, LEAST_GAIN_DB), MOST_GAIN_DB)
            step_db = min(max(wanted_db - now_db, -most_db), most_db)
        if clips and self._clipping > _LOUD_SHARE:
            step_db = -_LOUD_STEP_DB
        if step_db:
            self._next_gain = 10 ** (max(now_db + step_db, LEAST_GAIN_DB) / 20)

    def _follow(self, power: float) -> None:
        """Believe the loudness of the last seconds: soon when it rises, late when it falls."""
        self._heard_s += self._hop_s
        self._short_term += (power - self._short_term) * (self._hop_s / min(_SHORT_TERM_S, self._heard_s))
        short_term_db = _db(self._short_term)
        if self._heard_s < _SETTLING_S:
            self._level_db = short_term_db
        else:
            time_s = _ATTACK_S if short_term_db > self._level_db else _RELEASE_S
            self._level_db += (short_term_db - self._level_db) * (self._hop_s / time_s)

    def _hear_noise(self, power: float) -> None:
        self._block_power += power / _STEADY_BLOCK_HOPS
        if self._hops % _STEADY_BLOCK_HOPS:
            return
        self._blocks_db.append(max(_db(self._block_power), _QUIET_DB))
        self._block_power = 0.0
        ordered = sorted(self._blocks_db)
        quarter = len(ordered) // 4
        if ordered[-1 - quarter] - ordered[quarter] < _STEADY_DB:
            self._noise_db = ordered[2 * quarter]
        else:
            forgotten_db = _FORGET_DB_PER_S * _STEADY_BLOCK_HOPS * self._hop_s
            self._noise_db = max(self._noise_db - forgotten_db, _QUIET_DB)

    @property
    def _floor_db(self) -> float:
        return min(max(self._noise_db + _FLOOR_ABOVE_NOISE_DB, LEAST_FLOOR_DB), MOST_FLOOR_DB)


def _db(power: float) -> float:
    return 10 * log10(power + _FAINT)
