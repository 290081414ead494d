"""The baseline that a model has to beat: the training clip that fits best, played at the music's tempo.

Nearest by tempo, place in the bar and energy, of the style that is asked for, chosen anew every eight beats from the
five nearest, and cross-faded. It stands where a model stands, fed by the same live ears and followed by the same stage,
seam spring and foot lock, so that figures differ by what is danced and by nothing else.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
import numpy as np
from jaxtyping import Float, Float32

from groovecast.model.config import ModelConfig
from groovecast.model.imagined import Imagined, imagined
from groovecast.motion.energy import energy_from_speed, limb_speeds
from groovecast.motion.kinematics import world_from_local
from groovecast.motion.pose import Motion
from groovecast.motion.representation import numbers_from_motion
from groovecast.motion.resampled import frames_at
from groovecast.motion.skeleton import groovecast_skeleton
from groovecast.motion.soles import contacts_of, soles_of
from groovecast.takes.take_cache import CachedTake

_HELD_BEATS = 8.0
_NEAREST = 5
_FADE_FRAMES = 8
_STRIDE_FRAMES, _SOON_FRAMES = 8, 16  # kept of a plan; and those that a fade would still need
_LEAST_TRUST = 0.05
_OCTAVES = (0.5, 1.0, 2.0)  # beats of the take in one of the music
# What a difference of an octave of tempo, of a beat's place in the bar and of the whole range of energy weighs.
_TEMPO_WEIGHT, _PLACE_WEIGHT, _ENERGY_WEIGHT = 4.0, 0.3, 2.0
_MOST_STRETCH = 1.5
_SLOW_BEATS = 4


@dataclass(frozen=True)
class _Clip:
    """A take that can be entered on any of its beats."""

    style: str
    motion: Motion
    contacts: Float[np.ndarray, "frames 4"]
    beat_frames: Float[np.ndarray, " beats"]
    energy: Float[np.ndarray, " beats"]  # over the beats that follow

    @property
    def tempo_bpm(self) -> float:
        gap = (self.beat_frames[-1] - self.beat_frames[0]) / (len(self.beat_frames) - 1)
        return float(60 * self.motion.fps / gap)

    def frame_at(self, beat: Float[np.ndarray, " frames"]) -> Float[np.ndarray, " frames"]:
        inside = np.interp(beat, np.arange(len(self.beat_frames)), self.beat_frames)
        gap = 60 * self.motion.fps / self.tempo_bpm
        beyond = np.minimum(beat, 0) + np.maximum(beat - (len(self.beat_frames) - 1), 0)
        return np.asarray(np.clip(inside + gap * beyond, 0, self.motion.frames - 1))


@dataclass(frozen=True)
class _Playing:
    """What is played: beat `beat` of a clip when the music stands at `music_beat`."""

    clip: _Clip
    beat: float
    music_beat: float
    octave: float
    began: float

    def at(self, music_beat: Float[np.ndarray, " frames"]) -> Float[np.ndarray, " frames"]:
        return np.asarray(self.beat + self.octave * (music_beat - self.music_beat))


class Retrieval:
    """A generator that has learned nothing: it looks up."""

    def __init__(self, takes: Sequence[CachedTake], config: ModelConfig, seed: int = 1) -> None:
        self.config = msgspec.structs.replace(config, warm=False)  # it begins from nothing
        self._rng = np.random.default_rng(seed)
        clips = [_clip(take, config) for take in takes if not take.held_out]
        self._clips = [clip for clip in clips if len(clip.beat_frames) > _HELD_BEATS]
        if not self._clips:
            raise ValueError("asked for a retrieval baseline, the cache has no training take: give another")
        self._playing: _Playing | None = None
        self._music_beat = 0.0

    def plan(
        self,
        history: Float32[np.ndarray, "history 141"],
        music: Float32[np.ndarray, "window 10"],
        style: Float32[np.ndarray, " styles"],
        noise: Float32[np.ndarray, "plan 141"],
    ) -> Imagined:
        """The next frames of what is played, or of what fits better now."""
        coming = music[self.config.history_frames :]
        named = (*self.config.styles, self.config.styles[0])[int(np.argmax(style))]
        before = self._playing
        beats = self._music_beats(coming, before)
        if before is None or self._worn_out(before, beats, named):
            self._playing = self._nearest(coming, beats, named)
        assert self._playing is not None
        numbers = self._numbers(self._playing, beats)
        if before is not None and before is not self._playing:
            share = ((np.arange(_FADE_FRAMES) + 1) / (_FADE_FRAMES + 1))[:, None]
            old = self._numbers(before, beats)[:_FADE_FRAMES]
            numbers[:_FADE_FRAMES] = share * numbers[:_FADE_FRAMES] + (1 - share) * old
        self._music_beat = float(np.interp(_STRIDE_FRAMES, np.arange(len(beats)), beats))
        return imagined(numbers.astype(np.float32), self.config.fps)

    def _music_beats(
        self, coming: Float32[np.ndarray, "plan 10"], playing: _Playing | None
    ) -> Float[np.ndarray, " plan"]:
        """A running count of the music's beats over the plan, going on from the plan before."""
        frames = len(coming)
        if coming[0, 5] < _LEAST_TRUST:  # nobody knows the beat: the clip goes on at its own tempo
            tempo = 100.0 if playing is None else playing.clip.tempo_bpm / playing.octave
            return np.asarray(self._music_beat + np.arange(frames) * tempo / 60 / self.config.fps)
        phase = np.unwrap(np.arctan2(coming[:, 0], coming[:, 1])) / (2 * np.pi)
        bar = float(np.arctan2(coming[0, 2], coming[0, 3])) / (2 * np.pi) % 1.0 * 4
        start = phase[0] % 1.0
        # the same count goes on, mended to the beat that is heard now
        mended = self._music_beat + (start - self._music_beat + 0.5) % 1.0 - 0.5
        begun = bar if playing is None else mended
        return np.asarray(begun + phase - phase[0])

    def _worn_out(self, playing: _Playing, beats: Float[np.ndarray, " plan"], style: str) -> bool:
        ends = playing.at(beats[_SOON_FRAMES:])[0] >= len(playing.clip.beat_frames) - 1
        return bool(ends or beats[0] - playing.began >= _HELD_BEATS or playing.clip.style != style)

    def _nearest(
        self, coming: Float32[np.ndarray, "plan 10"], beats: Float[np.ndarray, " plan"], style: str
    ) -> _Playing:
        tempo = 60 * self.config.fps * float(beats[-1] - beats[0]) / (len(beats) - 1)
        bar = float(np.arctan2(coming[0, 2], coming[0, 3])) / (2 * np.pi) % 1.0 * 4
        energy = float(coming[:, 8].mean())
        found: list[tuple[float, _Playing]] = []
        for clip in [clip for clip in self._clips if clip.style == style] or self._clips:
            for octave in _OCTAVES:
                stretch = abs(np.log2(tempo * octave / clip.tempo_bpm))
                if stretch > np.log2(_MOST_STRETCH) and octave != 1:
                    continue
                last = len(clip.beat_frames) - 1 - octave * _HELD_BEATS
                for entry in range(int(np.floor(last)) + 1 if last >= 0 else 1):
                    # enter where the part of the beat that is already over is over in the clip as well
                    beat = entry + octave * bar % 1.0
                    place = abs((beat / octave - bar + 2) % 4 - 2)
                    cost = (
                        _TEMPO_WEIGHT * stretch
                        + _PLACE_WEIGHT * place
                        + _ENERGY_WEIGHT * abs(clip.energy[min(entry, len(clip.energy) - 1)] - energy)
                    )
                    start = float(beats[0])
                    found.append((float(cost), _Playing(clip, float(beat), start, octave, start)))
        found.sort(key=lambda entry: entry[0])
        return found[int(self._rng.integers(min(_NEAREST, len(found))))][1]

    def _numbers(self, playing: _Playing, beats: Float[np.ndarray, " plan"]) -> Float[np.ndarray, "plan 141"]:
        step = beats[1] - beats[0]
        at = playing.clip.frame_at(playing.at(np.concatenate(([beats[0] - step], beats))))
        motion = frames_at(playing.clip.motion, at, self.config.fps)
        contacts = playing.clip.contacts[np.round(at).astype(int)]
        return np.asarray(numbers_from_motion(motion, contacts)[1:])


def _clip(take: CachedTake, config: ModelConfig) -> _Clip:
    """A take with its contacts and the energy of each stretch; without a pulse, one of 100 a minute is assumed."""
    skeleton = groovecast_skeleton()
    motion = take.motion
    place, world = world_from_local(
        motion.root_m, motion.local_quat_wxyz, skeleton.rest_offset_m, skeleton.parents
    )
    contacts = contacts_of(soles_of(place, world, skeleton), motion.fps).astype(np.float64)
    speed = limb_speeds(motion).sum(axis=-1)
    beats = take.beat_frames
    if len(beats) < 2:
        beats = np.arange(0.0, motion.frames, 0.6 * config.fps)
    spans = [
        speed[int(beats[k]) : int(beats[min(k + _SLOW_BEATS, len(beats) - 1)]) + 1] for k in range(len(beats))
    ]
    energy = energy_from_speed(np.array([float(span.mean()) if len(span) else 0.0 for span in spans]))
    return _Clip(take.style, motion, contacts, beats, energy)
