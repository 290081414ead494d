"""The pulse of a silent take: a beat grid found from the dancer's own accents.

An accent is where the limbs come to rest: viewers hear a movement on the beat when its end point falls there
(Takehana et al. 2019). The tempo is the one whose harmonics stand out of the limb-speed spectrum; the beats are
then placed on the accents by dynamic programming (Ellis 2007, "Beat Tracking by Dynamic Programming").
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64

from groovecast.audio.beat import BEATS_PER_BAR
from groovecast.motion.energy import limb_speeds
from groovecast.motion.pose import Motion

# How much a beat may leave its regular place for an accent; Ellis uses 100 for sound, dancers are freer.
_TIGHTNESS = 60.0
_ANY_BPM = np.arange(70.0, 200.0, 0.5)


@dataclass(frozen=True)
class Pulse:
    """Beat times of a take, in frames, regular enough to dance to, and how far the tempo stands out."""

    beat_frames: Float64[np.ndarray, " beats"]
    tempo_bpm: float
    salience: float

    def beat_at(self, frames: Float64[np.ndarray, " n"]) -> Float64[np.ndarray, " n"]:
        """The running beat number at each frame; whole numbers on the beats, multiples of 4 on the ones."""
        count = np.arange(len(self.beat_frames), dtype=np.float64)
        period = (self.beat_frames[-1] - self.beat_frames[0]) / (len(self.beat_frames) - 1)
        inside = np.interp(frames, self.beat_frames, count)
        before = (frames - self.beat_frames[0]) / period
        after = count[-1] + (frames - self.beat_frames[-1]) / period
        known = np.where(frames > self.beat_frames[-1], after, inside)
        return np.asarray(np.where(frames < self.beat_frames[0], before, known))

    def within(self, start: int, stop: int) -> "Pulse":
        """The pulse of a part of the take, which begins at frame `start`; its first beat is still a one."""
        ones = self.beat_frames[::BEATS_PER_BAR]
        first = BEATS_PER_BAR * max(int(np.searchsorted(ones, start, side="right")) - 1, 0)
        last = max(int(np.searchsorted(self.beat_frames, stop)) + 1, first + BEATS_PER_BAR)
        first = min(first, BEATS_PER_BAR * ((len(self.beat_frames) - 2) // BEATS_PER_BAR))
        return Pulse(self.beat_frames[first:last] - start, self.tempo_bpm, self.salience)


def _salience(
    motions: list[Motion], tempo_bpm: Float64[np.ndarray, " tempi"]
) -> Float64[np.ndarray, " tempi"]:
    """How far each tempo's harmonics stand out of the limb-speed spectra, summed over partners of one take."""
    total = np.zeros(len(tempo_bpm))
    for motion in motions:
        speeds = limb_speeds(motion)
        speeds = (speeds - speeds.mean(axis=0)) / (speeds.std(axis=0) + 1e-6)
        size = 1 << int(np.ceil(np.log2(len(speeds) * 8)))
        power = (np.abs(np.fft.rfft(speeds * np.hanning(len(speeds))[:, None], size, axis=0)) ** 2).sum(
            axis=1
        )
        hertz = np.fft.rfftfreq(size, 1 / motion.fps)
        half = max(int(0.5 / hertz[1]), 1)
        centres = np.arange(0, len(power), max(half // 8, 1))
        floor = np.interp(
            np.arange(len(power)), centres, [np.median(power[max(c - half, 0) : c + half]) for c in centres]
        )
        peaks = np.clip(np.log(power / (floor + 1e-9) + 1e-9), 0, None)
        for beats, weight in ((1.0, 1.0), (2.0, 1.0), (4.0, 1.0), (0.5, 0.5), (4 / 3, 0.5)):
            total += weight * np.interp(tempo_bpm / 60 / beats, hertz, peaks)
    return total / len(motions)


def tempo_of(motions: list[Motion], low_bpm: float, high_bpm: float) -> tuple[float, float]:
    """The tempo between those bounds that partners share, and how far it stands out of all that is danced to."""
    tempi = np.arange(low_bpm, high_bpm, 0.1)
    salience = _salience(motions, tempi)
    best = int(np.argmax(salience))
    return float(tempi[best]), float(salience[best] - np.median(_salience(motions, _ANY_BPM)))


def pulse_of(motion: Motion, tempo_bpm: float, salience: float) -> Pulse:
    """Beats on a take's accents near that tempo; bars begin where the landings say."""
    speeds = limb_speeds(motion)
    rest = -((speeds - speeds.mean(axis=0)) / (speeds.std(axis=0) + 1e-6)) @ np.array([1.0, 1.0, 0.5, 0.5])
    period = 60 / tempo_bpm * motion.fps
    score, previous = rest.copy(), np.full(len(rest), -1)
    gaps = np.arange(round(period * 0.7), round(period * 1.4) + 1)
    cost = -_TIGHTNESS * np.log(gaps / period) ** 2
    for frame in range(int(gaps[0]), len(rest)):
        use = gaps[gaps <= frame]
        options = score[frame - use] + cost[: len(use)]
        best = int(np.argmax(options))
        score[frame] += options[best]
        previous[frame] = frame - use[best]
    beats = [int(np.argmax(score[-int(period) - 1 :])) + len(score) - min(int(period) + 1, len(score))]
    while previous[beats[-1]] >= 0:
        beats.append(int(previous[beats[-1]]))
    grid = _evened(np.array(beats[::-1], np.float64))
    return Pulse(_from_the_one(grid, speeds), tempo_bpm, salience)


def _evened(beats: Float64[np.ndarray, " beats"], span: int = 4) -> Float64[np.ndarray, " beats"]:
    """Beats moved to the line through their neighbours: music is steadier than limbs."""
    if len(beats) < 3:
        return beats
    out = beats.copy()
    for index in range(len(beats)):
        near = np.arange(max(index - span, 0), min(index + span + 1, len(beats)))
        slope, offset = np.polyfit(near, beats[near], 1)
        out[index] = slope * index + offset
    return np.maximum.accumulate(out + 1e-6 * np.arange(len(out)))


def _from_the_one(
    beats: Float64[np.ndarray, " beats"], speeds: Float64[np.ndarray, "frames 4"]
) -> Float64[np.ndarray, " beats"]:
    """The grid cut so that its first beat is a one: the beat after the quietest step (salsa pauses on four)."""
    near = np.clip(np.round(beats - 3).astype(int), 0, len(speeds) - 1)
    moved = speeds[near, :2].sum(axis=-1)
    by_place = [
        moved[place::BEATS_PER_BAR].mean() if len(moved[place::BEATS_PER_BAR]) else np.inf
        for place in range(4)
    ]
    quiet = int(np.argmin(by_place))
    first = (quiet + 1) % BEATS_PER_BAR
    return beats[first:] if len(beats) - first >= 2 else beats
