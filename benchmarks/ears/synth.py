"""Instruments of our own: drums from sines and noise, tones from partials, each seed another kit."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from jaxtyping import Float32
from numpy.typing import NDArray

from benchmarks.ears.note import DRUMS, Piece

Sound = Float32[np.ndarray, " samples"]

_NAMES = {number: name for name, number in DRUMS.items()}
_CYMBALS = 0.22  # beside the other drums: a mix in which the hats lead has its beat between the beats
_LEVELS = {"drums": 0.8, "bass": 0.34, "comp": 0.085, "pad": 0.05, "lead": 0.12}


def own_sound(piece: Piece, rate_hz: int, rng: np.random.Generator) -> Sound:
    """The piece on a kit and on tones that this seed has made, mono."""
    out = np.zeros(round(piece.seconds * rate_hz) + rate_hz, np.float32)
    drums = np.zeros_like(out)
    kit = _Kit(rate_hz, rng)
    voices = {part: _voice(part, rng) for part in ("bass", "comp", "pad", "lead")}
    made: dict[tuple[str, int, int], Sound] = {}
    for note in piece.notes:
        first = round(note.at_s * rate_hz)
        if note.part == "drums":
            _add(drums, kit.struck(note.pitch) * np.float32(note.loud**1.3), first)
            continue
        key = (note.part, note.pitch, round(note.length_s * 50))
        if key not in made:
            made[key] = voices[note.part].tone(note.pitch, max(1, key[2]) / 50, rate_hz)
        _add(out, made[key] * np.float32(note.loud), first)
    if piece.pumping:
        out *= _duck(piece, rate_hz, len(out))
    mixed = (out + _LEVELS["drums"] * drums)[: round(piece.seconds * rate_hz)]
    loudest = float(np.abs(mixed).max()) or 1.0
    # what a master limiter does: the peaks are rounded, the rest comes forward
    mastered: Sound = np.tanh(mixed / loudest * rng.uniform(1.0, 2.5)).astype(np.float32)
    return mastered


def _add(out: Sound, sound: Sound, first: int) -> None:
    length = max(0, min(len(sound), len(out) - first))
    out[first : first + length] += sound[:length]


def _duck(piece: Piece, rate_hz: int, count: int) -> Sound:
    gain = np.ones(count, np.float32)
    dip_s = 0.22
    dip = (0.35 + 0.65 * np.linspace(0, 1, round(dip_s * rate_hz)) ** 0.8).astype(np.float32)
    for note in piece.notes:
        if note.part == "drums" and note.pitch == DRUMS["kick"]:
            first = round(note.at_s * rate_hz)
            length = min(len(dip), count - first)
            gain[first : first + length] = np.minimum(gain[first : first + length], dip[:length])
    return gain


@dataclass(frozen=True)
class _Voice:
    """A tone of partials that fade, the high ones sooner; detuned and slow where it is a pad."""

    level: float
    partials: int
    tilt: float
    odd_only: bool
    attack_s: float
    decay_hz: float
    detune: float
    vibrato: float

    def tone(self, pitch: int, length_s: float, rate_hz: int) -> Sound:
        """A note of this length; it ends in 40 ms."""
        hz = 440 * 2 ** ((pitch - 69) / 12)
        time_s = np.arange(round((length_s + 0.04) * rate_hz)) / rate_hz
        turn = 2 * np.pi * hz * time_s + self.vibrato * np.sin(2 * np.pi * 5.3 * time_s) * np.minimum(
            1, time_s * 3
        )
        wave: NDArray[np.float64] = np.zeros_like(time_s)
        for k in range(1, self.partials + 1, 2 if self.odd_only else 1):
            if hz * k > 0.45 * rate_hz:
                break
            fading = np.exp(-self.decay_hz * (0.5 + 0.25 * k) * time_s)
            for detune in (1 - self.detune, 1 + self.detune) if self.detune else (1.0,):
                wave += np.sin(k * detune * turn + 0.7 * k) * fading / k**self.tilt
        shape = np.minimum(1, time_s / self.attack_s) * np.clip((length_s + 0.04 - time_s) / 0.04, 0, 1)
        made: Sound = (self.level * wave * shape).astype(np.float32)
        return made


def _voice(part: str, rng: np.random.Generator) -> _Voice:
    level = _LEVELS[part] * rng.uniform(0.7, 1.3)
    if part == "bass":
        return _Voice(
            level, int(rng.integers(3, 9)), rng.uniform(1.0, 2.0), False, 0.006, rng.uniform(0.3, 4), 0, 0
        )
    if part == "pad":
        return _Voice(level, 6, 1.4, False, rng.uniform(0.08, 0.5), 0.02, rng.uniform(0.001, 0.004), 0)
    if part == "lead":
        attack_s, vibrato = rng.uniform(0.008, 0.06), rng.uniform(0, 2)
        return _Voice(level, 9, rng.uniform(0.9, 1.8), bool(rng.random() < 0.4), attack_s, 0.3, 0, vibrato)
    detune = rng.choice((0.0, 0.003))
    return _Voice(
        level, 10, rng.uniform(0.9, 1.7), False, rng.uniform(0.002, 0.02), rng.uniform(0.5, 6), detune, 0
    )


class _Kit:
    """One drum set; each drum is made once and differs a little from stroke to stroke."""

    _TAKES = 3

    def __init__(self, rate_hz: int, rng: np.random.Generator) -> None:
        self._rate_hz, self._rng = rate_hz, rng
        self._sounds: dict[int, list[Sound]] = {}
        self._size = rng.uniform(0.8, 1.25)
        self._dry = rng.uniform(0.7, 1.6)

    def struck(self, number: int) -> Sound:
        """One stroke on the drum of this General MIDI number."""
        if number not in self._sounds:
            make = self._maker(_NAMES[number])
            self._sounds[number] = [make() for _ in range(self._TAKES)]
        return self._sounds[number][int(self._rng.integers(self._TAKES))]

    def _maker(self, name: str) -> Callable[[], Sound]:
        rng = self._rng
        if name in ("kick", "kick2"):
            return partial(self._kick, rng.uniform(40, 62), rng.uniform(50, 260), rng.uniform(7, 18))
        if name in ("snare", "snare2"):
            return partial(self._snare, rng.uniform(150, 240), rng.uniform(12, 28), rng.uniform(0.3, 0.7))
        if name == "clap":
            return partial(self._clap, rng.uniform(10, 22))
        metal: dict[str, tuple[float, float]] = {
            "hat": (60, 0.24),
            "pedal": (80, 0.2),
            "open": (11, 0.24),
            "ride": (7, 0.16),
            "bell": (5, 0.2),
        }
        metal |= {"crash": (2.5, 0.35), "tambourine": (28, 0.2), "maracas": (55, 0.16), "guiro": (25, 0.14)}
        if name in metal:
            decay_hz, level = metal[name]
            return partial(
                self._metal, decay_hz * rng.uniform(0.7, 1.4), level, name in ("bell", "ride", "crash")
            )
        skins = {"tom_high": 190, "tom_mid": 145, "tom_low": 110, "tom_floor": 82, "conga_high": 330}
        skins |= {"conga_mute": 350, "conga_low": 240, "bongo_high": 480, "bongo_low": 380, "timbale": 420}
        if name in skins:
            return partial(self._skin, skins[name] * self._size, 22.0 if "mute" in name else 10.0)
        woods = {"claves": (2500, 45, 0.4), "cowbell": (560, 22, 0.3), "rim": (1700, 90, 0.4)}
        return partial(self._wood, *woods[name])

    def _time(self, seconds: float) -> NDArray[np.float64]:
        return np.arange(round(seconds * self._rate_hz)) / self._rate_hz

    def _noise(self, count: int) -> NDArray[np.float64]:
        return self._rng.standard_normal(count)

    def _kick(self, hz: float, drop_hz: float, decay_hz: float) -> Sound:
        t = self._time(0.45)
        body = np.sin(2 * np.pi * (hz * t + drop_hz / 35 * (1 - np.exp(-35 * t)))) * np.exp(-t * decay_hz)
        beater = np.diff(self._noise(len(t)), prepend=0) * np.exp(-t * 220)
        return (1.1 * body + 0.3 * beater).astype(np.float32)

    def _snare(self, hz: float, decay_hz: float, noisy: float) -> Sound:
        t = self._time(0.3)
        body = (np.sin(2 * np.pi * hz * t) + 0.6 * np.sin(2 * np.pi * 1.6 * hz * t)) * np.exp(-t * 28)
        noise = self._noise(len(t))
        noise = noise - 0.6 * np.roll(noise, 1)
        return (0.4 * body + noisy * noise * np.exp(-t * decay_hz * self._dry)).astype(np.float32)

    def _clap(self, decay_hz: float) -> Sound:
        t = self._time(0.3)
        hands = sum(np.exp(-(t - late) * 160) * (t >= late) for late in (0.0, 0.009, 0.019))
        noise = self._noise(len(t))
        tail = np.exp(-(t - 0.024) * decay_hz) * (t >= 0.024)
        return (0.4 * (noise - np.roll(noise, 3)) * (0.6 * hands + tail)).astype(np.float32)

    def _metal(self, decay_hz: float, level: float, rings: bool) -> Sound:
        t = self._time(min(1.2, 4 / decay_hz))
        noise = np.diff(self._noise(len(t) + 2), n=2)
        if rings:
            partials = (2100, 3370, 4720, 5980, 7310)
            noise = 0.5 * noise + sum(np.sin(2 * np.pi * hz * self._size * t + hz) for hz in partials) / 3
        return (_CYMBALS * level * noise * np.exp(-t * decay_hz)).astype(np.float32)

    def _skin(self, hz: float, decay_hz: float) -> Sound:
        t = self._time(0.4)
        body = np.sin(2 * np.pi * hz * (t + 0.012 * (1 - np.exp(-30 * t)))) * np.exp(-t * decay_hz)
        return (0.55 * body + 0.15 * self._noise(len(t)) * np.exp(-t * 140)).astype(np.float32)

    def _wood(self, hz: float, decay_hz: float, level: float) -> Sound:
        t = self._time(0.2)
        body = np.sin(2 * np.pi * hz * t) + 0.6 * np.sin(2 * np.pi * 1.48 * hz * t)
        return (level * body * np.exp(-t * decay_hz) + 0.05 * self._noise(len(t)) * np.exp(-t * 400)).astype(
            np.float32
        )
