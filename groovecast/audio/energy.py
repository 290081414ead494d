"""How energetic the music is, 0 to 1, whatever the input gain: measured against its own loud passages.

Three bands (bass, middle, treble) count alike, each in dB below its own reference, a running high percentile, and
beside them the punch: how much is new at each moment in bass and treble. So a breakdown, where kick and hats are
silent, reads low even when its chords are loud; a drop reads high.
"""

from dataclasses import dataclass, field
from functools import cache

import numpy as np
from jaxtyping import Float, Float32

from groovecast.audio.features import HIGH_ABOVE_HZ, HOP_S, LOW_BELOW_HZ, Features, bin_hz

FAST_S = 0.3
SLOW_S = 8.0  # the slow energy has made 95 % of a change after this
SECTION_S = 2.0, 16.0  # likewise: what happens now, and in which part of the song
SILENT_BELOW_DB = -54.0  # of full scale, RMS

_RANGE_DB = 20.0  # this far below its reference a band counts nothing
_PUNCH_SHARE = 0.6  # of the energy is lost without any punch
_PUNCH_S = 0.8
_FULL = 0.82  # what is measured at the most energetic
_CONTRAST = 1.4  # spreads what is measured over 0 to 1
_REFERENCE_S = 1.0  # loudness is averaged over this for the reference, so that single strokes do not set it
_PERCENTILE = 0.9  # of a band's loudness is below its reference
_REFERENCE_DB_PER_S = 0.12  # its fall; it forgets a loud passage at 7 dB a minute
_CATCH_UP_DB = 2.0  # further above it, the reference follows within a second
# bass, middle, treble in dB RMS, punch in dB of newness: fainter ones are never made music
_LINE_REFERENCE_DB = np.array([-20.0, -23.0, -35.0])  # of a loud song at line level, assumed at first
_DOUBT_DB_PER_S = 1.5  # how fast that is given up in the first half minute of a fainter input
_DOUBT_S = 30.0
_LEAST_REFERENCE_DB = np.array([-44.0, -48.0, -56.0])
_LEAST_PUNCH_DB = 0.5
_STEADY_DB = np.array([5.0, 3.0])  # newness of bass and treble that steady noise has as well
_PUNCH_FALL_PER_S = 0.01  # the reference of the punch fades by this share
_SILENT_AFTER_S = 0.25
_LOUDER_BY_DB = 3.0  # needed to end silence


@dataclass
class EnergyMeter:
    """Fast and slow energy, and silence, hop by hop."""

    fast: float = 0.0  # 0 to 1, settles within about 0.3 s
    slow: float = 0.0  # 0 to 1, over about 8 s
    section_2s: float = 0.0  # likewise, over about 2 s
    section_16s: float = 0.0  # over about 16 s
    silent: bool = True
    reference_db: Float[np.ndarray, " 3"] = field(default_factory=lambda: _LINE_REFERENCE_DB.copy())
    reference_punch_db: float = _LEAST_PUNCH_DB
    _power: Float[np.ndarray, " 3"] = field(default_factory=lambda: np.zeros(3))
    _long_power: Float[np.ndarray, " 3"] = field(default_factory=lambda: np.zeros(3))
    _punch_db: float = 0.0
    _quiet_s: float = _SILENT_AFTER_S
    _heard_s: float = 0.0  # silence not counted

    def hear(self, features: Features) -> None:
        """One hop passes."""
        self._hear_silence(20 * float(np.log10(features.rms + 1e-9)))
        power = features.power @ band_sums()
        self._power += (power - self._power) * (HOP_S / (FAST_S / 2))
        self._long_power += (power - self._long_power) * (HOP_S / _REFERENCE_S)
        if not self.silent:
            self._heard_s += HOP_S
            self._move_reference(10 * np.log10(self._long_power + 1e-12) - self.reference_db)
        above_db = 10 * np.log10(self._power + 1e-12) - self.reference_db
        bands = float(np.minimum(np.maximum(1 + above_db / _RANGE_DB, 0), 1).sum()) / len(above_db)
        measured = bands * (1 - _PUNCH_SHARE * (1 - self._punch(features)))
        self.fast = 0.0 if self.silent else min(1.0, measured / _FULL) ** _CONTRAST
        self.slow += (self.fast - self.slow) * (HOP_S / (SLOW_S / 3))
        self.section_2s += (self.fast - self.section_2s) * (HOP_S / (SECTION_S[0] / 3))
        self.section_16s += (self.fast - self.section_16s) * (HOP_S / (SECTION_S[1] / 3))

    def _move_reference(self, above_db: Float[np.ndarray, " 3"]) -> None:
        rise_db = _REFERENCE_DB_PER_S * _PERCENTILE / (1 - _PERCENTILE) * HOP_S
        catch_up_db = np.maximum(above_db - _CATCH_UP_DB, 0) * (HOP_S / 0.3)
        fall_db = (_DOUBT_DB_PER_S if self._heard_s < _DOUBT_S else _REFERENCE_DB_PER_S) * HOP_S
        moved_db = np.where(above_db > 0, rise_db + catch_up_db, -fall_db)
        self.reference_db = np.maximum(self.reference_db + moved_db, _LEAST_REFERENCE_DB)

    def _punch(self, features: Features) -> float:
        newness_db = float(np.maximum(features.flux[:3:2] - _STEADY_DB, 0).sum()) / len(_STEADY_DB)
        self._punch_db += (newness_db - self._punch_db) * (HOP_S / _PUNCH_S)
        above_db = self._punch_db - self.reference_punch_db
        faded_db = self.reference_punch_db * (1 - _PUNCH_FALL_PER_S * HOP_S)
        self.reference_punch_db = max(faded_db + max(above_db, 0) * (HOP_S / 2), _LEAST_PUNCH_DB)
        return min(1.0, self._punch_db / self.reference_punch_db)

    def _hear_silence(self, level_db: float) -> None:
        ends_above_db = SILENT_BELOW_DB + (_LOUDER_BY_DB if self.silent else 0.0)
        self._quiet_s = 0.0 if level_db > ends_above_db else self._quiet_s + HOP_S
        self.silent = self._quiet_s >= _SILENT_AFTER_S


@cache
def band_sums() -> Float32[np.ndarray, "bins 3"]:
    """From the power spectrum to the mean square of the sound in three bands."""
    low, high = bin_hz() < LOW_BELOW_HZ, bin_hz() > HIGH_ABOVE_HZ
    bands = np.stack((low, ~low & ~high, high), axis=-1)
    # Parseval, one side of the spectrum; the squares of a Hann window sum to 3/8 of its length
    samples = 2 * (len(bin_hz()) - 1)
    return (bands * 2 / (samples * samples * 3 / 8)).astype(np.float32)
