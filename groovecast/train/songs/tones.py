"""Instruments of our own for everything that has a pitch: strings that are plucked, oscillators, bells and voices."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32

from groovecast.audio.features import SAMPLE_RATE_HZ
from groovecast.train.songs.kit import banded, between, hiss
from groovecast.train.songs.mix import add
from groovecast.train.songs.score import Note

Mono = Float32[np.ndarray, " samples"]
Random = np.random.Generator
_GRAIN = 240  # lengths are rounded up to this, so that few different ones are made


@dataclass(frozen=True)
class Tone:
    """What is asked of an instrument: a note, and where the voice comes from."""

    hz: float
    from_hz: float
    length_s: float
    velocity: float


Instrument = Callable[[Tone], Mono]


@dataclass(frozen=True)
class Envelope:
    """Attack, decay to a level, release, in seconds."""

    attack_s: float
    decay_s: float
    sustain: float
    release_s: float

    def over(self, length_s: float) -> Mono:
        """From silence to silence; the release comes after the length."""
        samples = -(-int((length_s + self.release_s) * SAMPLE_RATE_HZ + 1) // _GRAIN) * _GRAIN
        t = np.arange(samples, dtype=np.float32) / np.float32(SAMPLE_RATE_HZ)
        shape = self.sustain + (1 - self.sustain) * np.exp(-np.maximum(t - self.attack_s, 0) / self.decay_s)
        shape *= np.minimum(1, t / max(self.attack_s, 1e-4))
        shape *= np.clip(1 - (t - length_s) / max(self.release_s, 1e-3), 0, 1) ** 2
        return np.asarray(shape, np.float32)


def play(notes: tuple[Note, ...], palette: str, bus: Mono, random: Random) -> None:
    """Sound a part into its bus with an instrument drawn for the palette."""
    instrument, sings = drawn_instrument(palette, random)
    known: dict[tuple[int, int], Mono] = {}
    before_hz = 0.0
    for note in notes:
        hz = 440 * 2 ** ((note.pitch - 69) / 12)
        key = (round(note.pitch), round(note.length * 25))
        sound = known.get(key)
        if sound is None or sings:
            tone = Tone(hz, before_hz or hz, min(note.length, 12.0), note.velocity)
            sound = instrument(tone)
            known[key] = sound
        before_hz = hz
        add(bus, sound, int(note.start * SAMPLE_RATE_HZ), note.velocity * 0.12)


def drawn_instrument(palette: str, random: Random) -> tuple[Instrument, bool]:
    """An instrument with its knobs set at random, and whether each of its notes is another."""
    makers = _PALETTES[palette]
    made = makers[random.integers(len(makers))](random)
    return made, made.__name__ == "sung"


def _time(shape: Mono) -> Mono:
    return np.arange(len(shape), dtype=np.float32) / np.float32(SAMPLE_RATE_HZ)


def _saw(phase: Mono, step: float) -> Mono:
    """A saw whose edge is rounded over a sample (polyBLEP), which takes most of the aliasing out."""
    phase = phase % 1
    start, end = phase < step, phase > 1 - step
    edge = np.where(start, 2 * phase / step - (phase / step) ** 2 - 1, 0)
    edge += np.where(end, ((phase - 1) / step) ** 2 + 2 * (phase - 1) / step + 1, 0)
    return np.asarray(2 * phase - 1 - edge, np.float32)


def _analog(
    random: Random, envelope: Envelope, voices: int, open_hz: tuple[float, float], wide: float = 1.0
) -> Instrument:
    """Saws or pulses beside each other through a filter that closes."""
    detune = 2 ** (random.normal(0, 0.12 * wide, voices) / 12)
    phases, pulse = random.random(voices), random.random() < 0.35
    duty, dark_hz = random.uniform(0.1, 0.5), between(*open_hz, random)
    bright, close_s = between(1.5, 8, random), between(0.03, 0.6, random)
    vibrato = random.uniform(0, 0.006) * (random.random() < 0.4)

    def analog(tone: Tone) -> Mono:
        shape = envelope.over(tone.length_s)
        t = _time(shape)
        sway = 1 + vibrato * np.sin(2 * np.pi * 5.5 * t) * np.minimum(1, t / 0.4) / (2 * np.pi * 5.5)
        sound = np.zeros_like(shape)
        for ratio, phase in zip(detune, phases, strict=True):
            hz = tone.hz * float(ratio)
            run = hz * t * sway + np.float32(phase)
            sound += _saw(run, hz / SAMPLE_RATE_HZ)
            if pulse:
                sound -= _saw(run + np.float32(duty), hz / SAMPLE_RATE_HZ)
        low_hz = max(dark_hz, tone.hz)
        dark, light = banded(sound, 20, low_hz), banded(sound, 20, min(11000.0, low_hz * bright))
        opened = np.exp(-t / close_s) * (0.4 + 0.6 * tone.velocity)
        return np.asarray((dark + opened * (light - dark)) * shape / np.sqrt(voices), np.float32)

    return analog


def _lead(random: Random) -> Instrument:
    envelope = Envelope(
        between(0.002, 0.05, random),
        between(0.1, 1, random),
        random.uniform(0.3, 1),
        between(0.03, 0.4, random),
    )
    return _analog(random, envelope, int(random.choice([1, 2, 5, 7])), (600, 5000))


def _stab(random: Random) -> Instrument:
    envelope = Envelope(0.003, between(0.05, 0.4, random), random.uniform(0, 0.5), between(0.03, 0.3, random))
    return _analog(random, envelope, int(random.choice([2, 3, 5])), (400, 4000))


def _pad(random: Random) -> Instrument:
    envelope = Envelope(between(0.04, 0.9, random), 1.0, random.uniform(0.7, 1), between(0.1, 1.2, random))
    return _analog(random, envelope, int(random.choice([2, 3, 5])), (300, 3500))


def _bowed(random: Random) -> Instrument:
    envelope = Envelope(between(0.03, 0.2, random), 0.5, random.uniform(0.6, 1), between(0.05, 0.4, random))
    return _analog(random, envelope, int(random.choice([1, 2, 4])), (900, 4000))


def _blown(random: Random) -> Instrument:
    envelope = Envelope(
        between(0.015, 0.09, random),
        between(0.1, 0.5, random),
        random.uniform(0.6, 1),
        between(0.03, 0.15, random),
    )
    return _analog(random, envelope, int(random.choice([1, 2])), (500, 2500))


def _synth_bass(random: Random) -> Instrument:
    envelope = Envelope(
        0.003, between(0.08, 0.8, random), random.uniform(0.1, 0.9), between(0.02, 0.1, random)
    )
    return _analog(random, envelope, int(random.choice([1, 2])), (80, 900), 0.5)


def _chip(random: Random) -> Instrument:
    duty, fade_s = float(random.choice([0.125, 0.25, 0.5])), between(0.1, 2, random)

    def chip(tone: Tone) -> Mono:
        shape = Envelope(0.001, fade_s, 0.2, 0.02).over(tone.length_s)
        run = tone.hz * _time(shape)
        step = tone.hz / SAMPLE_RATE_HZ
        return np.asarray((_saw(run, step) - _saw(run + np.float32(duty), step)) * shape, np.float32)

    return chip


def _plucked(random: Random) -> Instrument:
    """A string that loses its brightness as it rings (Karplus and Strong 1983)."""
    softness, ring_s = random.uniform(0.3, 1.0), between(0.2, 3, random)
    drive = between(2, 20, random) if random.random() < 0.15 else 0.0
    body = (between(60, 150, random), between(2500, 9000, random))

    def plucked(tone: Tone) -> Mono:
        samples = -(-int((min(tone.length_s, 4) + 0.15) * SAMPLE_RATE_HZ) // _GRAIN) * _GRAIN
        period = max(2, round(SAMPLE_RATE_HZ / tone.hz))
        turns = samples // period + 2
        ring = np.empty((turns, period), np.float32)
        ring[0] = (
            banded(hiss(period, random), 20, 2000 + 9000 * softness * tone.velocity, 1)
            if period > 8
            else hiss(period, random)
        )
        keep = np.float32(0.001 ** (1 / (ring_s * tone.hz)))
        blend = np.float32(0.5 * softness)
        for turn in range(1, turns):
            row = ring[turn - 1]
            ring[turn] = keep * ((1 - blend) * row + blend * np.roll(row, 1))
        # the string has a whole number of samples: read it at the speed that makes the pitch right
        places = np.arange(samples) * (period * tone.hz / SAMPLE_RATE_HZ)
        sound = np.interp(places, np.arange(ring.size), ring.ravel()).astype(np.float32)
        damp = np.clip(1 - (np.arange(samples) / SAMPLE_RATE_HZ - tone.length_s) / 0.12, 0, 1)
        sound = banded(sound * damp.astype(np.float32), *body, 1)
        sound /= max(1e-6, float(np.abs(sound).max()))
        return np.tanh(drive * sound).astype(np.float32) * np.float32(0.7) if drive else sound

    return plucked


def _plucked_bass(random: Random) -> Instrument:
    string = _plucked(random)

    def bass(tone: Tone) -> Mono:
        return banded(string(tone), 35, 1500, 1) * np.float32(2)

    return bass


def _distorted(random: Random) -> Instrument:
    string, drive = _plucked(random), between(8, 60, random)

    def distorted(tone: Tone) -> Mono:
        return banded(np.tanh(drive * string(tone)).astype(np.float32), 80, 4500) * np.float32(0.6)

    return distorted


def _modulated(random: Random) -> Instrument:
    """One sine bends another: electric pianos, bells, hollow basses (Chowning 1973)."""
    ratio = float(random.choice([0.5, 1, 1, 1, 2, 2, 3, 4, 5, 7, 1.41, 3.53, 14]))
    depth, dull_s = between(0.5, 8, random), between(0.05, 1.2, random)
    envelope = Envelope(0.002, between(0.15, 2, random), random.uniform(0, 0.4), between(0.05, 0.5, random))

    def modulated(tone: Tone) -> Mono:
        shape = envelope.over(tone.length_s)
        t = _time(shape)
        bend = depth * tone.velocity * np.exp(-t / dull_s) * np.sin(2 * np.pi * tone.hz * ratio * t)
        return np.asarray(np.sin(2 * np.pi * tone.hz * t + bend) * shape, np.float32)

    return modulated


def _bell(random: Random) -> Instrument:
    ratios = np.sort(random.uniform(1, 9, 6))
    ratios[0], fade_s, knock = 1, between(0.1, 2, random), random.uniform(0, 0.6)

    def bell(tone: Tone) -> Mono:
        shape = Envelope(0.001, 10, 1, 0.05).over(min(3.0, tone.length_s + 2 * fade_s))
        t = _time(shape)
        sound = np.zeros_like(shape)
        for ratio in ratios:
            if tone.hz * ratio < 11000:
                sound += np.sin(2 * np.pi * tone.hz * ratio * t) * np.exp(-t * ratio / fade_s) / ratio
        return np.asarray((sound + knock * hiss(len(t), random) * np.exp(-t / 0.006)) * shape, np.float32)

    return bell


def _organ(random: Random) -> Instrument:
    bars = random.random(9) ** 2
    ratios, shake = (0.5, 1.5, 1, 2, 3, 4, 5, 6, 8), random.uniform(0, 0.4)
    turn_hz = between(0.8, 7.5, random)

    def organ(tone: Tone) -> Mono:
        shape = Envelope(0.006, 1, 1, 0.04).over(tone.length_s)
        t = _time(shape)
        sound = np.zeros_like(shape)
        for bar, ratio in zip(bars, ratios, strict=True):
            if bar > 0.1 and tone.hz * ratio < 11000:
                sound += bar * np.sin(2 * np.pi * tone.hz * ratio * t)
        return np.asarray(sound * shape * (1 + shake * np.sin(2 * np.pi * turn_hz * t)) / 3, np.float32)

    return organ


def _eight(random: Random) -> Instrument:
    """The long sine bass of a drum machine."""
    drop, drop_s, drive, fade_s = (
        random.uniform(0, 2),
        between(0.01, 0.08, random),
        between(1, 6, random),
        between(0.3, 2, random),
    )

    def eight(tone: Tone) -> Mono:
        shape = Envelope(0.002, fade_s, 0.1, 0.05).over(tone.length_s)
        t = _time(shape)
        run = tone.hz * (t + drop * drop_s * (1 - np.exp(-t / drop_s)))
        return np.asarray(np.tanh(drive * np.sin(2 * np.pi * run)) * shape * 1.5, np.float32)

    return eight


def _acid(random: Random) -> Instrument:
    """A resonance that sweeps: a sine restarted with each period, fading within it (phase distortion)."""
    top_hz, fall_s, floor = between(800, 6000, random), between(0.05, 0.4, random), random.uniform(1.5, 5)

    def acid(tone: Tone) -> Mono:
        shape = Envelope(0.002, 0.4, 0.4, 0.02).over(tone.length_s)
        t = _time(shape)
        phase = (tone.hz * t) % 1
        cutoff = tone.hz * floor + top_hz * tone.velocity * np.exp(-t / fall_s)
        return np.asarray(
            ((1 - phase) * np.sin(2 * np.pi * phase * cutoff / tone.hz) + 0.4 * (phase - 0.5)) * shape,
            np.float32,
        )

    return acid


def _whistled(random: Random) -> Instrument:
    breath, vibrato, rise_s = between(0.01, 0.3, random), random.uniform(0, 0.02), between(0.02, 0.12, random)
    overtone = random.uniform(0, 0.5)

    def whistled(tone: Tone) -> Mono:
        shape = Envelope(rise_s, 1, 0.8, 0.08).over(tone.length_s)
        t = _time(shape)
        run = tone.hz * t + vibrato * tone.hz * np.sin(2 * np.pi * 5 * t) / (2 * np.pi * 5)
        sound = np.sin(2 * np.pi * run) + overtone * np.sin(6 * np.pi * run)
        air = banded(hiss(len(t), random), tone.hz * 0.8, min(10000.0, tone.hz * 4), 1)
        return np.asarray((sound + breath * air) * shape, np.float32)

    return whistled


_VOWELS = (
    (730, 1090, 2440),
    (270, 2290, 3010),
    (300, 870, 2240),
    (530, 1840, 2480),
    (570, 840, 2410),
    (640, 1190, 2390),
)


def _sung(random: Random) -> Instrument:
    """A voice: a buzz that slides to its note and trembles, shaped by vowels, with consonants before some."""
    size, slide_s, tremble = (
        between(0.9, 1.25, random),
        between(0.02, 0.15, random),
        random.uniform(0.002, 0.02),
    )
    rise_s, harsh = between(0.02, 0.09, random), random.uniform(0.2, 1)
    singers = int(random.choice([1, 1, 1, 2, 6]))

    def sung(tone: Tone) -> Mono:
        shape = Envelope(rise_s, 1, 0.85, between(0.04, 0.15, random)).over(max(0.08, tone.length_s))
        t = _time(shape)
        buzz = np.zeros_like(shape)
        for _ in range(singers):
            tune = 2 ** (random.normal(0, 0.08 if singers > 1 else 0.02) / 12)
            slide = (tone.from_hz / tone.hz) ** np.exp(-t / slide_s)
            waver = 1 + tremble * np.sin(
                2 * np.pi * random.uniform(4.5, 6.5) * t + random.uniform(0, 6)
            ) * np.minimum(1, t / 0.3)
            run = np.cumsum(tone.hz * tune * slide * waver / SAMPLE_RATE_HZ)
            buzz += _saw(np.asarray(run, np.float32), tone.hz / SAMPLE_RATE_HZ)
        formants = _VOWELS[random.integers(len(_VOWELS))]
        spectrum = np.fft.rfft(buzz)
        hz = np.fft.rfftfreq(len(buzz), 1 / SAMPLE_RATE_HZ)
        throat = sum(
            level / (1 + ((hz - f * size) / (70 + f * 0.05)) ** 2)
            for f, level in zip(formants, (1, 0.6, 0.4), strict=True)
        )
        sound = np.fft.irfft(spectrum * (throat + 0.03 * harsh), len(buzz)).astype(np.float32) * shape
        if random.random() < 0.45:
            hush = banded(
                hiss(len(t), random) * np.exp(-t / between(0.01, 0.05, random)),
                between(1500, 5000, random),
                10000,
            )
            sound += hush * np.float32(between(0.02, 0.3, random))
        return np.asarray(sound * 1.5 / np.sqrt(singers), np.float32)

    return sung


_Maker = Callable[[Random], Instrument]
_PALETTES: dict[str, tuple[_Maker, ...]] = {
    "synth bass": (_synth_bass, _synth_bass, _modulated, _acid, _eight, _chip),
    "acid": (_acid, _acid, _synth_bass), "808": (_eight, _eight, _synth_bass),
    "bass": (_plucked_bass, _plucked_bass, _modulated, _synth_bass),
    "upright bass": (_plucked_bass,), "pads": (_pad, _pad, _organ, _sung),
        "keys": (_modulated, _organ, _plucked, _stab, _bell),
    "piano": (_modulated, _plucked, _bell), "guitar": (_plucked,),
        "electric guitar": (_distorted, _plucked, _distorted),
    "strings": (_bowed, _pad), "cello": (_bowed,), "choir": (_sung,), "organ": (_organ,),
        "horns": (_blown, _whistled),
    "brass": (_blown, _stab), "winds": (_whistled, _blown), "vocal": (_sung, _sung, _sung, _whistled, _lead),
    "melody": (_whistled, _bowed, _plucked, _bell, _blown, _sung),
        "synth lead": (_lead, _lead, _stab, _modulated, _chip),
    "plucks": (_plucked, _bell, _modulated), "chip": (_chip,), "accordion": (_organ, _bowed),
        "banjo": (_plucked,),
}  # fmt: skip
