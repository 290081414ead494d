"""What is going on in the sound: silence, speech or noise, music, a breakdown, the drop after it.

One hop after the other, from what other meters have made of it. Two more things are told beside the scene: that the
tempo has just changed, and that two tempi are heard at once, as when one record is blended into another.
"""

from dataclasses import dataclass
from enum import StrEnum
from math import inf

from groovecast.audio.beat_clock import CONFIDENT
from groovecast.audio.energy import EnergyMeter
from groovecast.audio.features import HOP_S, Features
from groovecast.audio.tempo_pair import TempoPair

_MUSICAL = 0.5  # tones that last so surely are music
_MUSIC_LOST_S = 3.0  # with neither tones nor beat for so long it is music no more
_LOUD_FORGOTTEN_S = 60.0
_LEAST_LOUD = 0.35  # a song that never was energetic has no breakdown
_LOW = 0.6  # of the energy before: a breakdown
_LOW_S = 0.6  # for so long
# In dB above the meter's reference of the bass: kicks reach the first, a breakdown not even the second.
_BASS_THERE_DB, _BASS_GONE_DB = -6.0, -8.0
_BASS_REST_S = 1.2  # longer than between the kicks of slow music
_BASS_USUAL_S, _BASS_USUAL = 6.0, 0.7  # there for this share of so long: it is missed when it goes
_LONGEST_BREAKDOWN_S = 60.0  # what lasts longer is the song
_BACK_S = 1.0  # with bass and energy: the breakdown is over, without a drop
# A drop: all three bands together this full at once, the bass with them.
_BAND_RANGE_DB, _FULL_BANDS, _FULL_BASS_DB = 20.0, 0.8, -3.0
_DROP_LASTS_S = 2.0
_CALM_S = 0.8  # of breakdown or silence must have been before it
_GAP_S = 4.0  # a silence as short as this before a drop belongs to the breakdown
_NEW_TEMPO, _TEMPO_TOLD_S = 0.03, 4.0
_CAUGHT_ONCE_S = 0.5  # the tempo is new when it has been for so long


class Scene(StrEnum):
    """What is going on."""

    SILENCE = "silence"
    SPEECH_OR_NOISE = "speech or noise"
    MUSIC = "music"
    BREAKDOWN = "breakdown"
    DROP = "drop"


@dataclass(frozen=True)
class Section:
    """What part of the music this is, as one value."""

    scene: Scene = Scene.SILENCE
    energy_2s: float = 0.0  # 0 to 1
    energy_16s: float = 0.0
    tempo_changed: bool = False  # in the last seconds
    blended: bool = False  # two tempi are heard at once


@dataclass(frozen=True)
class Pulse:
    """What is known of the beat at a hop."""

    tempo_bpm: float
    confidence: float


class SceneWatch:
    """Watches hop by hop; `scene`, `tempo_changed` and `blended` are as of the last one."""

    def __init__(self) -> None:
        self.scene = Scene.SILENCE
        self.tempo_changed = False
        self.blended = False
        self._loud = 0.0  # the energy of this song's energetic parts
        self._low_s = self._back_s = self._lost_s = self._silent_s = 0.0
        self._bass_gone_s = inf
        self._bass_share = 0.0
        self._bass_usual = False
        self._since_s = 0.0  # in this scene
        self._calm_s = 0.0  # in breakdown and silence
        self._quiet_part = False  # before the present silence there was music, so that a drop may follow
        self._tempo_bpm = 0.0
        self._other_s = 0.0
        self._tempo_told_s = inf
        self._pair = TempoPair()

    def hear(self, features: Features, meter: EnergyMeter, musical: float, pulse: Pulse) -> Scene:
        """One hop, which `meter` has heard already; `musical` says how surely its tones last, 0 to 1."""
        powers = features.band_power.tolist()
        above_db = [band.above_db(power) for band, power in zip(meter.bands, powers, strict=True)]
        self._follow_bass(above_db[0])
        self._follow_energy(meter)
        self._follow_tempo(features, meter.silent, pulse)
        scene = self._next(meter.silent, musical, pulse.confidence, _full(above_db))
        self._since_s = self._since_s + HOP_S if scene is self.scene else 0.0
        self._calm_s = self._calm_s + HOP_S if scene in (Scene.BREAKDOWN, Scene.SILENCE) else 0.0
        self.scene = scene
        return scene

    def _next(self, silent: bool, musical: float, confidence: float, full: bool) -> Scene:
        before = self.scene
        known = confidence >= CONFIDENT or musical >= _MUSICAL
        self._lost_s = 0.0 if known else self._lost_s + HOP_S
        if silent:
            self._silent_s += HOP_S
            if before is not Scene.SILENCE:
                self._quiet_part = before is not Scene.SPEECH_OR_NOISE
            return Scene.SILENCE
        gap_s, self._silent_s = self._silent_s, 0.0
        after_gap = before is Scene.SILENCE and self._quiet_part and gap_s <= _GAP_S
        calm = self._calm_s >= _CALM_S
        if full and calm and (before is Scene.BREAKDOWN or after_gap):
            return Scene.DROP
        if before is Scene.DROP and self._since_s < _DROP_LASTS_S:
            return Scene.DROP
        if before in (Scene.SILENCE, Scene.SPEECH_OR_NOISE):
            if after_gap:
                return Scene.BREAKDOWN if calm else Scene.MUSIC
            return Scene.MUSIC if known else Scene.SPEECH_OR_NOISE
        if self._lost_s >= _MUSIC_LOST_S:
            return Scene.SPEECH_OR_NOISE
        if before is Scene.BREAKDOWN:
            back = self._back_s >= _BACK_S or self._since_s >= _LONGEST_BREAKDOWN_S
            return Scene.MUSIC if back else Scene.BREAKDOWN
        bass_missed = self._bass_usual and self._bass_gone_s >= _BASS_REST_S
        return Scene.BREAKDOWN if bass_missed or self._low_s >= _LOW_S else Scene.MUSIC

    def _follow_bass(self, bass_db: float) -> None:
        self._bass_gone_s = 0.0 if bass_db > _BASS_GONE_DB else self._bass_gone_s + HOP_S
        there = bass_db > _BASS_THERE_DB or self._bass_gone_s < _BASS_REST_S / 2
        self._bass_share += (there - self._bass_share) * (HOP_S / (_BASS_USUAL_S / 3))
        if self._bass_share > _BASS_USUAL:
            self._bass_usual = True
        elif self._bass_gone_s > _LONGEST_BREAKDOWN_S:
            self._bass_usual = False

    def _follow_energy(self, meter: EnergyMeter) -> None:
        self._loud = max(self._loud * (1 - HOP_S / _LOUD_FORGOTTEN_S), meter.section_16s)
        least = _LOW * self._loud
        low = self._loud > _LEAST_LOUD and meter.fast < least and meter.section_2s < least
        self._low_s = self._low_s + HOP_S if low else 0.0
        bass_back = not self._bass_usual or self._bass_gone_s < _BASS_REST_S
        back = bass_back and meter.section_2s >= least
        self._back_s = self._back_s + HOP_S if back else 0.0

    def _follow_tempo(self, features: Features, silent: bool, pulse: Pulse) -> None:
        self._pair.hear(features.flux, silent)
        self.blended = self._pair.blended
        self._tempo_told_s += HOP_S
        if pulse.confidence < CONFIDENT:
            self._other_s = 0.0
        elif self._tempo_bpm == 0 or abs(pulse.tempo_bpm / self._tempo_bpm - 1) < _NEW_TEMPO:
            self._tempo_bpm = pulse.tempo_bpm
            self._other_s = 0.0
        else:
            self._other_s += HOP_S
            if self._other_s >= _CAUGHT_ONCE_S:
                self._tempo_bpm, self._tempo_told_s = pulse.tempo_bpm, 0.0
        self.tempo_changed = self._tempo_told_s < _TEMPO_TOLD_S


def _full(above_db: list[float]) -> bool:
    if above_db[0] <= _FULL_BASS_DB:
        return False
    bands = [min(max(1 + band_db / _BAND_RANGE_DB, 0.0), 1.0) for band_db in above_db]
    return sum(bands) / len(bands) > _FULL_BANDS
