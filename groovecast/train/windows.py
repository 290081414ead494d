"""What a step of training sees: windows of takes, mirrored and stretched, with the music their beats would have."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, Int64

from groovecast.audio.beat import BEATS_PER_BAR
from groovecast.model.conditions import MusicFrames, channels_from_music
from groovecast.model.config import ModelConfig
from groovecast.motion.energy import energy_from_speed, limb_speeds
from groovecast.motion.idle import standing
from groovecast.motion.kinematics import world_from_local
from groovecast.motion.pose import Motion
from groovecast.motion.representation import numbers_from_motion
from groovecast.motion.skeleton import groovecast_skeleton
from groovecast.motion.soles import contacts_of, soles_of
from groovecast.motion.stretch import STRETCHES, mirrored, stretched
from groovecast.train.ground import smoothed
from groovecast.train.heard import stretched_music
from groovecast.train.takes import Take

# How often each style is drawn, so that twenty minutes of salsa do not drown the rest.
STYLE_SHARE = {
    "salsa": 0.44, "street": 0.17, "modern": 0.08, "indian": 0.08, "break": 0.06, "martial": 0.05,
    "idle": 0.07, "move": 0.05,
}  # fmt: skip
# How often a window begins out of standing at ease, and how often it ends in it: no take shows either.
_STARTS_SHARE, _STOPS_SHARE = 0.05, 0.04

# How often the arms of one take are drawn over the legs of another, and in which stretches.
_RECOMBINED_SHARE, _RECOMBINED_STRETCHES = 0.15, (0.8, 1.0, 1.25)

# How often a history is off the beat, and by how much at most. A history that always agrees with the beat teaches a
# network to follow its own steps and not the music.
_OFF_BEAT_SHARE, _OFF_FRAMES = 0.4, 8

# How far beyond the present the music may be known, in frames: live, through buffers of 100 to 500 ms, or a whole file.
LOOK_AHEAD_FRAMES = (0, 3, 8, 15, 50)
# Live, that much of the end of a history is danced before its music has been heard.
_HEARD_LATE_FRAMES = 6
_LOOK_AHEAD_SHARE = (0.6, 0.1, 0.1, 0.1, 0.1)
_BEATS_UNKNOWN_SHARE, _OTHER_OCTAVE_SHARE, _OTHER_BEAT_SHARE = 0.2, 0.05, 0.15
_SLOW_READING_SHARE = 0.6
_PHASE_S, _TEMPO_SPREAD = 0.025, 0.015  # how far a tracker is off

Numbers = Float32[np.ndarray, "frames 141"]


@dataclass(frozen=True)
class Reel:
    """One take in one stretch, seen straight or in a mirror, as the model's numbers."""

    numbers: Float32[np.ndarray, "frames 141"]
    beat: Float32[np.ndarray, " frames"] | None
    tempo_bpm: float
    energy: Float32[np.ndarray, " frames"]
    energy_slow: Float32[np.ndarray, " frames"]
    style: int
    music: MusicFrames | None = None  # what the ears made of the song that was danced to, if there was one


def reel_of(take: Take, factor: float, mirror: bool, config: ModelConfig) -> Reel:
    """A take, stretched and perhaps mirrored; contacts and energy are found anew."""
    skeleton = groovecast_skeleton()
    motion = stretched(mirrored(take.motion) if mirror else take.motion, factor)
    place, world = world_from_local(
        motion.root_m, motion.local_quat_wxyz, skeleton.rest_offset_m.astype(np.float64), skeleton.parents
    )
    contacts = contacts_of(soles_of(place, world, skeleton), motion.fps)
    speed = limb_speeds(motion).sum(axis=-1)
    beat = None
    if take.pulse is not None:
        beat = take.pulse.beat_at(np.arange(motion.frames) / factor).astype(np.float32)
    return Reel(
        numbers=numbers_from_motion(motion, contacts.astype(np.float64)),
        beat=beat,
        tempo_bpm=take.pulse.tempo_bpm / factor if take.pulse else 0.0,
        energy=energy_from_speed(smoothed(speed, motion.fps, 1.5)).astype(np.float32),
        energy_slow=energy_from_speed(smoothed(speed, motion.fps, 0.25)).astype(np.float32),
        style=config.styles.index(take.casting.style),
        music=None if take.music is None else stretched_music(take.music, factor, motion.frames),
    )


def ease_numbers(fps: float, seconds: float = 20.0) -> Numbers:
    """Standing at ease, as the model's numbers."""
    skeleton = groovecast_skeleton()
    home = np.zeros((skeleton.body_joints, 4))
    home[:, 0] = 1
    poses = [standing(np.zeros(3), home, row / fps) for row in range(int(seconds * fps))]
    motion = Motion(fps, np.stack([root for root, _ in poses]), np.stack([quat for _, quat in poses]))
    return numbers_from_motion(motion, np.ones((motion.frames, 4)))


@dataclass(frozen=True)
class Batch:
    """Windows ready for the network; motion is not yet normalised."""

    motion: Float32[np.ndarray, "batch frames 141"]
    music: Float32[np.ndarray, "batch frames 10"]
    style: Int64[np.ndarray, " batch"]
    look_ahead: Float32[np.ndarray, " batch"]  # share of the plan whose music is known


class WindowStore:
    """All reels of a split, drawn from by style, reel length and place.

    `recombined` takes, if given, make up a fixed share of the draws, whatever their style.
    """

    def __init__(
        self,
        takes: list[Take],
        config: ModelConfig,
        stretches: tuple[float, ...] = STRETCHES,
        recombined: Sequence[Take] = (),
    ) -> None:
        self.config = config
        self.reels = [
            reel_of(take, factor, mirror, config)
            for take in takes
            for factor in stretches
            for mirror in (False, True)
        ]
        self.reels = [reel for reel in self.reels if len(reel.numbers) >= config.window_frames + 2]
        share = np.array([len(reel.numbers) for reel in self.reels], np.float64)
        styles = np.array([reel.style for reel in self.reels])
        for number, style in enumerate(config.styles):
            of_style = styles == number
            if of_style.any():
                share[of_style] *= STYLE_SHARE[style] / share[of_style].sum()
        self.share = share / share.sum()
        self.recombined = [
            reel_of(take, factor, mirror, config)
            for take in recombined
            for factor in _RECOMBINED_STRETCHES
            for mirror in (False, True)
        ]
        self.ease = ease_numbers(config.fps)

    def statistics(self) -> tuple[Float32[np.ndarray, " 141"], Float32[np.ndarray, " 141"]]:
        """Mean and spread of each number over the takes as they are, spread never below a hundredth of a turn."""
        joined = np.concatenate([reel.numbers for reel in self.reels[::5]])
        std = np.maximum(joined.std(axis=0), 0.05)
        mean = joined.mean(axis=0)
        mean[-4:], std[-4:] = 0.5, 0.5
        return mean.astype(np.float32), std.astype(np.float32)

    def draw(self, rng: np.random.Generator, size: int, extra_frames: int = 0) -> Batch:
        """Random windows under simulated live conditions; `extra_frames` longer ones begin so much earlier."""
        motion: list[Numbers] = []
        music: list[Float32[np.ndarray, "frames 10"]] = []
        style: list[int] = []
        ahead: list[float] = []
        frames = self.config.window_frames + extra_frames
        while len(motion) < size:
            reel = self._any_reel(rng)
            if len(reel.numbers) < frames + 1:
                continue
            first = int(rng.integers(1, len(reel.numbers) - frames + 1))
            known = int(rng.choice(LOOK_AHEAD_FRAMES, p=_LOOK_AHEAD_SHARE))
            window, told = reel.numbers[first : first + frames], self._music(reel, first, frames, known, rng)
            ahead.append(known / LOOK_AHEAD_FRAMES[-1])
            label = reel.style if rng.random() > 0.1 else len(self.config.styles)
            chance = rng.random()
            if reel.beat is not None and rng.random() < _OFF_BEAT_SHARE:
                window = self._off_beat(reel, first, window, rng)
            if chance < _STARTS_SHARE:
                window = self._from_standing(window, rng)
            elif chance < _STARTS_SHARE + _STOPS_SHARE:
                window, told = self._to_standing(window, told, extra_frames, rng)
                label = self.config.styles.index("idle")
            motion.append(window)
            music.append(told)
            style.append(label)
        return Batch(
            np.stack(motion), np.stack(music), np.array(style, np.int64), np.array(ahead, np.float32)
        )

    def _any_reel(self, rng: np.random.Generator) -> Reel:
        if self.recombined and rng.random() < _RECOMBINED_SHARE:
            return self.recombined[int(rng.integers(len(self.recombined)))]
        return self.reels[int(rng.choice(len(self.reels), p=self.share))]

    def _off_beat(self, reel: Reel, first: int, window: Numbers, rng: np.random.Generator) -> Numbers:
        """The same dance, with a history that is up to a quarter of a second off the beat it should be on."""
        off = int(
            np.clip(rng.integers(-_OFF_FRAMES, _OFF_FRAMES + 1), 1 - first, len(reel.numbers) - first - 60)
        )
        danced = self.config.history_frames
        return np.concatenate((reel.numbers[first + off : first + off + danced], window[danced:]))

    def _from_standing(self, window: Numbers, rng: np.random.Generator) -> Numbers:
        """The same dance, begun out of standing at ease."""
        first = int(rng.integers(0, len(self.ease) - self.config.history_frames))
        return np.concatenate(
            (self.ease[first : first + self.config.history_frames], window[self.config.history_frames :])
        )

    def _to_standing(
        self,
        window: Numbers,
        told: Float32[np.ndarray, "frames 10"],
        extra_frames: int,
        rng: np.random.Generator,
    ) -> tuple[Numbers, Float32[np.ndarray, "frames 10"]]:
        """The same dance, left for standing at ease, because the music has gone."""
        danced = self.config.history_frames
        first = int(rng.integers(0, len(self.ease) - len(window)))
        gone = told.copy()
        gone[:, :6] = 0
        gone[danced - 10 :, 6:9] = 0
        return np.concatenate((window[:danced], self.ease[first : first + len(window) - danced])), gone

    def _music(
        self, reel: Reel, first: int, frames: int, ahead: int, rng: np.random.Generator
    ) -> Float32[np.ndarray, "frames 10"]:
        """The ears' view of a window: tracker errors, unknown beats, a future heard `ahead` frames far."""
        use = slice(first, first + frames)
        count, tempo, trust = np.zeros(frames), 120.0, 0.0
        if reel.beat is not None:
            count, tempo = reel.beat[use].astype(np.float64), reel.tempo_bpm
            # a bar of fast beats is mostly heard as half as many slow ones: salsa comes to rest on one and three
            if tempo > 140 and rng.random() < _SLOW_READING_SHARE:
                count, tempo = count / 2, tempo / 2
            elif rng.random() < _OTHER_OCTAVE_SHARE:
                octave = 2.0 if tempo < 110 else 0.5
                count, tempo = count * octave, tempo * octave
            seconds = (np.arange(frames) - frames / 2) / self.config.fps
            wrong = _PHASE_S * rng.standard_normal() + _TEMPO_SPREAD * rng.standard_normal() * seconds
            count = count + wrong * tempo / 60
            if rng.random() < _OTHER_BEAT_SHARE:
                count = count + rng.integers(1, BEATS_PER_BAR)
            unknown = rng.random() < _BEATS_UNKNOWN_SHARE
            trust = 0.0 if unknown else float(1 - 0.4 * rng.random() ** 2)
        full = ahead == LOOK_AHEAD_FRAMES[-1]
        now = frames - self.config.plan_frames
        known = frames if full else now - _HEARD_LATE_FRAMES + ahead
        heard = np.arange(frames) < known
        song = reel.music
        slow = (reel.energy_slow if song is None else song.energy_slow)[use].astype(np.float64)
        slow = np.where(heard, slow, slow[min(known, frames) - 1]) if rng.random() < 0.5 else slow
        gain = np.clip(1 + 0.1 * rng.standard_normal(), 0.7, 1.3)
        pulse = (
            np.exp(-((count % 1.0) * 60 / max(tempo, 40) / 0.08)) * (0.3 + 0.7 * rng.random()) * (trust > 0)
        )
        onset = np.clip(pulse + 0.15 * np.abs(rng.standard_normal(frames)), 0, 1)
        energy, trusts = reel.energy[use], np.full(frames, trust)
        if song is not None:  # the song itself, as the ears heard it
            onset, energy, trusts = song.onset[use], song.energy[use], trust * song.trust[use]
        if rng.random() < 0.15:
            onset, heard = np.zeros(frames), np.zeros(frames, bool)
        return channels_from_music(
            MusicFrames(
                beat=count,
                bar=count / BEATS_PER_BAR,
                tempo_bpm=np.full(frames, tempo),
                trust=trusts,
                onset=onset,
                energy=np.clip(energy * gain, 0, 1),
                energy_slow=np.clip(slow * gain, 0, 1),
                heard=heard,
            )
        )
