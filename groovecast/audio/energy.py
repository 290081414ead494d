"""How energetic the music is, 0 to 1, whatever the input gain: measured against its own loud passages.

Three bands (bass, middle, treble) count alike, each in dB below its own reference, a running high percentile, and
beside them the punch: how much is new at each moment in bass and treble. So a breakdown, where kick and hats are
silent, reads low even when its chords are loud; a drop reads high.
"""

from dataclasses import dataclass, field
from math import log10

from groovecast.audio.features import HOP_S, Features

FAST_S = 0.3
SECTION_S = 2.0, 16.0  # 95 % of a change is made after this: what happens now, and in which part of the song
SILENT_BELOW_DB = -54.0  # of full scale, RMS

_FAINT = 1e-12  # power, -120 dB
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
_LINE_REFERENCE_DB = -20.0, -23.0, -35.0  # of a loud song at line level, assumed at first
_DOUBT_DB_PER_S = 1.5  # how fast that is given up in the first half minute of a fainter input
_DOUBT_S = 30.0
_LEAST_REFERENCE_DB = -44.0, -48.0, -56.0
_LEAST_PUNCH_DB = 0.5
_STEADY_DB = 5.0, 3.0  # newness of bass and treble that steady noise has as well
_PUNCH_FALL_PER_S = 0.01  # the reference of the punch fades by this share
_SILENT_AFTER_S = 0.25
_LOUDER_BY_DB = 3.0  # needed to end silence


@dataclass
class EnergyMeter:
    """Fast and slow energy, and silence, hop by hop."""

    fast: float = 0.0  # 0 to 1, settles within about 0.3 s
    section_2s: float = 0.0  # likewise, over about 2 s
    section_16s: float = 0.0  # over about 16 s
    silent: bool = True
    bands: tuple["BandMeter", ...] = field(
        default_factory=lambda: tuple(map(BandMeter, _LINE_REFERENCE_DB, _LEAST_REFERENCE_DB))
    )  # bass, middle, treble
    reference_punch_db: float = _LEAST_PUNCH_DB
    _punch_db: float = 0.0
    _quiet_s: float = _SILENT_AFTER_S
    _heard_s: float = 0.0  # silence not counted

    def hear(self, features: Features) -> None:
        """One hop passes."""
        self._hear_silence(20 * log10(float(features.rms) + 1e-9))
        if not self.silent:
            self._heard_s += HOP_S
        fall_db = (_DOUBT_DB_PER_S if self._heard_s < _DOUBT_S else _REFERENCE_DB_PER_S) * HOP_S
        full = 0.0
        for band, power in zip(self.bands, features.band_power.tolist(), strict=True):
            full += band.hear(power, 0.0 if self.silent else fall_db)
        measured = full / len(self.bands) * (1 - _PUNCH_SHARE * (1 - self._punch(features)))
        self.fast = 0.0 if self.silent else min(1.0, measured / _FULL) ** _CONTRAST
        self.section_2s += (self.fast - self.section_2s) * (HOP_S / (SECTION_S[0] / 3))
        self.section_16s += (self.fast - self.section_16s) * (HOP_S / (SECTION_S[1] / 3))

    def _punch(self, features: Features) -> float:
        low_db, _, high_db, _ = features.flux.tolist()
        newness_db = (max(low_db - _STEADY_DB[0], 0) + max(high_db - _STEADY_DB[1], 0)) / 2
        self._punch_db += (newness_db - self._punch_db) * (HOP_S / _PUNCH_S)
        above_db = self._punch_db - self.reference_punch_db
        faded_db = self.reference_punch_db * (1 - _PUNCH_FALL_PER_S * HOP_S)
        self.reference_punch_db = max(faded_db + max(above_db, 0) * (HOP_S / 2), _LEAST_PUNCH_DB)
        return min(1.0, self._punch_db / self.reference_punch_db)

    def _hear_silence(self, level_db: float) -> None:
        ends_above_db = SILENT_BELOW_DB + (_LOUDER_BY_DB if self.silent else 0.0)
        self._quiet_s = 0.0 if level_db > ends_above_db else self._quiet_s + HOP_S
        self.silent = self._quiet_s >= _SILENT_AFTER_S


@dataclass(slots=True)
class BandMeter:
    """How loud one band is, beside its own loud passages."""

    reference_db: float
    least_reference_db: float
    _power: float = 0.0
    _long_power: float = 0.0

    def hear(self, power: float, fall_db: float) -> float:
        """One hop passes; the reference may fall by so much, 0: it stays. Returns how full the band is, 0 to 1."""
        self._power += (power - self._power) * (HOP_S / (FAST_S / 2))
        self._long_power += (power - self._long_power) * (HOP_S / _REFERENCE_S)
        if fall_db:
            self._move_reference(fall_db)
        return min(max(1 + self.above_db(self._power) / _RANGE_DB, 0.0), 1.0)

    def above_db(self, power: float) -> float:
        """How far this lies above the reference."""
        return 10 * log10(power + _FAINT) - self.reference_db

    def _move_reference(self, fall_db: float) -> None:
        above_db = self.above_db(self._long_power)
        if above_db > 0:
            rise_db = _REFERENCE_DB_PER_S * _PERCENTILE / (1 - _PERCENTILE) * HOP_S
            self.reference_db += rise_db + max(above_db - _CATCH_UP_DB, 0) * (HOP_S / 0.3)
        else:
            self.reference_db -= fall_db
        self.reference_db = max(self.reference_db, self.least_reference_db)
