"""From what is heard to what the dancer is told: how sure the beat is, how hard to dance, in which style."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Float32

from groovecast.audio.beat import BEATS_PER_BAR
from groovecast.audio.beat_clock import BeatClock
from groovecast.audio.features import HOP_S
from groovecast.audio.scene import Scene
from groovecast.model.conditions import MusicFrames, channels_from_music
from realtime.dance_settings import DanceSettings, Voice
from realtime.listener import Listener
from realtime.occasion import Energy, Occasion, energy_told

# What changes by shares changes by them in so many frames.
_PACE_FRAMES = 8
# A drop is danced harder than its loudness says: the build before it is as loud. It wears off by this share.
_DROP_ENERGY, _DROP_WEARS_OFF = 0.75, 0.06
# What of missing energy is told on top to a dancer who dances with less than wanted; and the other way round.
_PUSH = 1.0
# Below this the dancer stands at ease.
_IDLE_ENERGY = 0.03
# How fast the mood follows: the share of the way that it goes.
_FOLLOW = 0.35
# "auto" dances these, by the phrase.
_AUTO_STYLES = ("street", "salsa", "street", "modern")
_PHRASE_BEATS = 32


class Styles(NamedTuple):
    """The weights of the styles: of what is danced, and of standing at ease."""

    danced: Float32[np.ndarray, " styles"]
    idle: Float32[np.ndarray, " styles"]


@dataclass(frozen=True)
class Mood:
    """What the dancer is told besides beat and onsets."""

    trust: float  # how sure the beat is
    energy: float  # how hard a dance the music asks for
    push: float  # what is told beside, to make up for what was danced
    lift: float  # 1 at a drop, wearing off
    dancing: float  # 0 at ease .. 1 dancing
    style: Float32[np.ndarray, " styles"]
    believed: float = 0.0  # the trust that the dancer is told
    asked: float = (
        0.0  # the least energy that is asked for, whatever is heard: what silence is danced through with
    )

    @property
    def told(self) -> float:
        """The energy that the dancer is told."""
        return float(np.clip(self.energy + self.push, 0, 1))

    @staticmethod
    def calm(styles: tuple[str, ...]) -> "Mood":
        """Standing at ease."""
        return Mood(0.0, 0.0, 0.0, 0.0, 0.0, _weights({"idle": 1.0}, styles))


def styles_of(voice: Voice, beat: float, styles: tuple[str, ...]) -> Styles:
    """What a voice dances at a running beat: "auto" is another style with each phrase."""
    automatic = _AUTO_STYLES[int(np.floor(beat / _PHRASE_BEATS)) % len(_AUTO_STYLES)]
    danced: dict[str, float] = {}
    for word, share in voice.blend:
        name = automatic if word == "auto" else word
        danced[name] = danced.get(name, 0.0) + share
    return Styles(_weights(danced, styles), _weights({"idle": 1.0}, styles))


def _weights(shares: Mapping[str, float], styles: tuple[str, ...]) -> Float32[np.ndarray, " styles"]:
    weights = np.zeros(len(styles) + 1, np.float32)
    for name, share in shares.items():
        weights[styles.index(name)] = share
    return weights


def _lifted(energy: Energy, lift: float) -> Energy:
    """The energy told at a drop: brought up by `lift`, 0 to 1, of what it lacks."""
    more: Energy = energy + lift * (np.maximum(energy, _DROP_ENERGY) - energy)
    return more


def mood_of(
    listener: Listener,
    occasion: Occasion,
    before: Mood,
    danced: float,
    settings: DanceSettings,
    styles: Styles,
) -> Mood:
    """The mood of the moment, moved from the one before.

    `danced` is the energy of what was danced of late: who falls behind what the music asks is pushed, who runs ahead
    is held back.
    """
    to, pace = occasion.danced(settings), settings.stride_frames / _PACE_FRAMES
    dancing = before.dancing + (to.wanted - before.dancing) * pace * (
        _FOLLOW if to.wanted > before.dancing else _FOLLOW / 3
    )
    dropped = listener.section.scene is Scene.DROP
    lift = 1.0 if dropped else before.lift * (1 - _DROP_WEARS_OFF * pace)
    asked = _lifted(to.asked, lift)
    energy = float(np.clip(asked * settings.intensity, 0, 1)) * dancing
    push = _PUSH * (energy - danced) * dancing
    believed = to.trust * settings.beat_trust
    if dancing < _IDLE_ENERGY:
        return Mood(to.trust, 0.0, 0.0, 0.0, dancing, styles.idle, believed)
    calm = 1 - float(np.clip(dancing / 0.35, 0, 1))
    style = (1 - calm) * styles.danced.astype(np.float64) + calm * styles.idle
    through = to.asked if to.through else 0.0
    return Mood(to.trust, energy, push, lift, dancing, style.astype(np.float32), believed, through)


def music_for(
    listener: Listener,
    clock: BeatClock,
    mood: Mood,
    times_s: Float[np.ndarray, " frames"],
    heard_until_s: float,
) -> Float32[np.ndarray, "frames 10"]:
    """The model's ten channels at those times, from what was heard until then and the beat beyond."""
    heard = times_s < heard_until_s - HOP_S / 2  # what sounds then is heard only when its hop is over
    share = np.maximum(_lifted(energy_told(listener.energy_at(times_s)), mood.lift), mood.asked)
    count, beat = len(times_s), np.asarray(clock.beat_at(times_s)) - clock.downbeat
    return channels_from_music(
        MusicFrames(
            beat=beat,
            bar=beat / (3 if clock.beats_per_bar == 3 else BEATS_PER_BAR),  # two bars of two are one
            tempo_bpm=np.full(count, max(clock.tempo_bpm, 1.0)),
            trust=np.full(count, mood.believed),
            onset=listener.onset_at(times_s),
            energy=np.clip(share * mood.dancing + mood.push, 0, 1),
            energy_slow=np.full(count, mood.told),
            heard=heard,
        )
    )
