"""The instruments of the bundled track: every sound made of sines, saws and noise."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float64

RATE_HZ = 44100

Mono = Float64[np.ndarray, " samples"]
Stereo = Float64[np.ndarray, "samples 2"]


def time_of(samples: int) -> Mono:
    """Seconds from the beginning, for each sample."""
    return np.arange(samples) / RATE_HZ


def decay(samples: int, tau_s: float) -> Mono:
    """From 1 down, to a third in `tau_s`, with the last 10 ms faded out."""
    fade = min(samples, RATE_HZ // 100)
    shape = np.exp(-time_of(samples) / tau_s)
    shape[samples - fade :] *= np.linspace(1, 0, fade)
    return shape


def gate(samples: int, attack_s: float, release_s: float) -> Mono:
    """Up, held and down again, in straight lines."""
    t = time_of(samples)
    return np.clip(np.minimum(t / attack_s, (samples / RATE_HZ - t) / release_s), 0, 1)


def banded(signal: Mono, low_hz: float, high_hz: float) -> Mono:
    """The part of a signal between two frequencies, edges of 12 dB an octave."""
    spectrum = np.fft.rfft(signal)
    hz = np.fft.rfftfreq(len(signal), 1 / RATE_HZ) + 1e-9
    spectrum *= 1 / np.sqrt((1 + (low_hz / hz) ** 4) * (1 + (hz / high_hz) ** 4))
    return np.fft.irfft(spectrum, len(signal))


def pitch_hz(midi: float) -> float:
    """The frequency of a MIDI note."""
    return float(440 * 2 ** ((midi - 69) / 12))


def kick() -> Mono:
    """A sine that falls to 53 Hz, a click before it."""
    samples = int(0.40 * RATE_HZ)
    t = time_of(samples)
    hz = 53 + 135 * np.exp(-t / 0.030) + 1200 * np.exp(-t / 0.003)
    body = np.sin(2 * np.pi * np.cumsum(hz) / RATE_HZ) * np.exp(-((t / 0.19) ** 1.5))
    click = banded(np.random.default_rng(1).normal(0, 1, samples), 2500, 9000) * decay(samples, 0.0025)
    return np.asarray(np.tanh(2.2 * body) * gate(samples, 1e-5, 0.02) + 0.5 * click)


def clap(random: np.random.Generator) -> Stereo:
    """Three hands a hundredth apart, and the room."""
    samples = int(0.32 * RATE_HZ)
    t = time_of(samples)
    bursts = sum(np.where(t >= at, np.exp(-(t - at) / 0.004), 0) for at in (0.0, 0.011, 0.021))
    tail = np.where(t >= 0.028, np.exp(-(t - 0.028) / 0.07), 0)
    shape = (bursts + 0.75 * tail) * gate(samples, 1e-5, 0.03)
    sides = [banded(random.normal(0, 1, samples), 950, 5500) for _ in range(3)]
    return np.asarray(
        np.stack((sides[0] + 0.5 * sides[1], sides[0] + 0.5 * sides[2]), axis=1) * shape[:, None] * 0.6
    )


def snare(random: np.random.Generator) -> Mono:
    """A drum of 190 Hz with wires."""
    samples = int(0.22 * RATE_HZ)
    t = time_of(samples)
    drum = np.sin(2 * np.pi * (190 * t + 3 * (1 - np.exp(-t / 0.012)))) * decay(samples, 0.055)
    return np.asarray(
        0.6 * drum + banded(random.normal(0, 1, samples), 1400, 9000) * decay(samples, 0.075) * 0.55
    )


_METAL_HZ = (2050, 3070, 3690, 4440, 5370, 6210)  # no ratio of two is simple: that is what sounds like metal


def cymbal(random: np.random.Generator, length_s: float, tau_s: float, low_hz: float) -> Stereo:
    """A hat, a ride or a crash: metal and noise above `low_hz`."""
    samples = int(length_s * RATE_HZ)
    t = time_of(samples)
    metal = sum(np.sign(np.sin(2 * np.pi * 1.37 * hz * t)) for hz in _METAL_HZ) / 6
    noise = random.normal(0, 0.5, (2, samples))
    sides = [banded(side + 0.7 * metal, low_hz, 13000) for side in noise]
    return np.asarray(np.stack(sides, axis=1) * (decay(samples, tau_s) * gate(samples, 5e-4, 5e-3))[:, None])


def conga(hz: float) -> Mono:
    """A small hand drum."""
    samples = int(0.16 * RATE_HZ)
    t = time_of(samples)
    return np.asarray(np.sin(2 * np.pi * hz * (t + 0.004 * (1 - np.exp(-t / 0.01)))) * decay(samples, 0.045))


def saw(hz: float | Mono, samples: int, phase: float) -> Mono:
    """A sawtooth without audible aliasing (polynomial band-limited steps)."""
    step = np.broadcast_to(np.asarray(hz) / RATE_HZ, samples)
    place = (np.cumsum(step) + phase) % 1.0
    wave = 2 * place - 1
    rise, fall = place / step, (place - 1) / step
    wave -= np.where(place < step, 2 * rise - rise**2 - 1, 0)
    wave -= np.where(place > 1 - step, fall**2 + 2 * fall + 1, 0)
    return wave


_DETUNE_CENTS = (-13, -8, -3, 3, 8, 13)


def choir_of_saws(notes: Sequence[float], samples: int, random: np.random.Generator) -> Stereo:
    """A chord of slightly detuned saws, spread from left to right."""
    out = np.zeros((samples, 2))
    for note in notes:
        for voice, cents in enumerate(_DETUNE_CENTS):
            wave = saw(pitch_hz(note + cents / 100), samples, random.random())
            pan = voice / (len(_DETUNE_CENTS) - 1) if voice % 2 else 1 - voice / (len(_DETUNE_CENTS) - 1)
            out += wave[:, None] * [np.sqrt(1 - pan), np.sqrt(pan)]
    return np.asarray(out / np.sqrt(len(notes) * len(_DETUNE_CENTS)))


def bass(note: float, samples: int) -> Mono:
    """A round bass whose overtones close quickly."""
    t, hz = time_of(samples), pitch_hz(note)
    cutoff_hz = 170 + 1500 * np.exp(-t / 0.075)
    wave = np.zeros(samples)
    for overtone in range(1, 25):
        wave += (
            np.sin(2 * np.pi * overtone * hz * t) / overtone / np.sqrt(1 + (overtone * hz / cutoff_hz) ** 4)
        )
    return np.asarray(np.tanh(1.6 * wave) * gate(samples, 0.003, 0.02))


def pluck(note: float, bright: float = 1.0) -> Mono:
    """A plucked string: the higher the overtone, the sooner it is gone."""
    samples = int(0.5 * RATE_HZ)
    t, hz = time_of(samples), pitch_hz(note)
    wave = np.zeros(samples)
    for overtone in range(1, 17):
        if overtone * hz < 15000:
            fall = np.exp(-t * (6 + 2.4 * overtone / bright))
            wave += np.sin(2 * np.pi * overtone * hz * t + overtone) / overtone**0.8 * fall
    return np.asarray(wave * gate(samples, 0.002, 0.05) * 0.5)


def lead(note: float, samples: int, random: np.random.Generator) -> Stereo:
    """The hook's voice: saws and their octave, with a bite at the start."""
    wave = choir_of_saws((note, note + 12), samples, random)
    shape = gate(samples, 0.004, 0.05) * (0.6 + 0.4 * np.exp(-time_of(samples) / 0.12))
    return wave * shape[:, None]


def boom() -> Mono:
    """A fall into the cellar, for the first beat of a drop."""
    samples = int(1.8 * RATE_HZ)
    t = time_of(samples)
    hz = 32 + 50 * np.exp(-t / 0.25)
    return np.asarray(
        np.sin(2 * np.pi * np.cumsum(hz) / RATE_HZ) * decay(samples, 0.55) * gate(samples, 0.003, 0.05)
    )
