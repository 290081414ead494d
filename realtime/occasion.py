"""What there is to dance to at a moment: music and its beat, or for how long there has been nothing."""

from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from groovecast.audio.beat_clock import BeatClock
from realtime.dance_settings import DanceSettings
from realtime.listener import Listener

# Tracker confidence at which the beat begins to be told to the dancer, and at which it is told in full.
_DOUBT, _SURE = 0.25, 0.5
# The model knows energy as a dancer's own; a song's calm and peak are brought to these.
_CALM_ENERGY, _PEAK_ENERGY = 0.15, 0.7
# How much of a dance music without a sure beat gets.
_FREE = 0.8
# With less than this there is nothing to dance to: silence, speech, noise.
_SOMETHING = 0.2
# Who dances on through silence keeps the beat in mind so long, less and less.
_BEAT_KEPT_S = 8.0
# Who dances freely, whatever is heard, dances this hard at least.
_FREE_ENERGY = 0.35

Energy = TypeVar("Energy", float, NDArray[np.float64])


def trust_of(listener: Listener, clock: BeatClock) -> float:
    """How sure of the beat the dancer is told to be, 0 to 1."""
    return 0.0 if listener.silent else float(np.clip((clock.confidence - _DOUBT) / (_SURE - _DOUBT), 0, 1))


def energy_told(energy: Energy) -> Energy:
    """The energy of music as the dancer is told it: on the scale of a dancer's own."""
    told: Energy = _CALM_ENERGY + (_PEAK_ENERGY - _CALM_ENERGY) * energy
    return told


@dataclass(frozen=True)
class Occasion:
    """How much there is to dance to, with what beat and energy; and how it was when there was something last."""

    wanted: float = 0.0  # 0 nothing .. 1 music with a beat
    trust: float = 0.0  # how sure the beat is
    asked: float = 0.0  # the energy that the music asks for
    at_s: float = 0.0
    nothing_s: float = np.inf  # for how long there has been nothing
    before: "Occasion | None" = None  # the last with something
    through: bool = False  # danced to though there is nothing

    @property
    def something(self) -> bool:
        """Whether there is anything to dance to."""
        return self.wanted >= _SOMETHING

    def danced(self, settings: DanceSettings) -> "Occasion":
        """What is danced to: this, or in silence, as long as the settings say so, what was there before."""
        if self.something:
            return self
        free = not settings.idle_on_silence
        if not free and self.nothing_s >= settings.idle_after_s:
            return self
        before = self.before or Occasion()
        fading = max(0.0, 1 - self.nothing_s / _BEAT_KEPT_S)
        return replace(
            self,
            wanted=max(before.wanted, _FREE if free else 0.0),
            trust=max(self.trust, before.trust * fading),
            asked=max(before.asked, _FREE_ENERGY if free else 0.0),
            through=True,
        )


def occasion_of(listener: Listener, clock: BeatClock, at_s: float, before: Occasion) -> Occasion:
    """The occasion at a time, after the one before."""
    trust = trust_of(listener, clock)
    # music without a pulse is danced to as well, more freely; speech and noise are waited out
    wanted = 0.0 if listener.silent else max(trust, _FREE * listener.musical)
    now = Occasion(wanted, trust, energy_told(listener.energy_slow), at_s, 0.0)
    if now.something:
        return now
    last = before if before.something else before.before
    nothing_s = np.inf if last is None else max(0.0, at_s - last.at_s)
    return replace(now, nothing_s=nothing_s, before=last)
