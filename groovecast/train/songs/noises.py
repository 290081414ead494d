"""What is heard when there is no music: talk, crowds, applause, weather, traffic, rooms and things that fall."""

import numpy as np
from jaxtyping import Float32

from groovecast.audio.features import SAMPLE_RATE_HZ
from groovecast.train.songs.kit import banded, between, fast_size, hiss
from groovecast.train.songs.mix import add
from groovecast.train.songs.talk import spoken

Mono = Float32[np.ndarray, " samples"]
Random = np.random.Generator


def drawn_noise(random: Random) -> tuple[str, Mono]:
    """A kind of noise and 20 to 40 seconds of it; a fifth are two kinds at once."""
    samples = int(random.uniform(200, 400)) * SAMPLE_RATE_HZ // 10
    kind, sound = _one(samples, random)
    if random.random() < 0.2:
        other, more = _one(samples, random)
        if "silence" not in (kind, other):
            kind, sound = (
                f"{kind} and {other}",
                sound + more * np.float32(10 ** (random.uniform(-20, 0) / 20)),
            )
    if random.random() < 0.3:
        sound = _in_a_room(sound, random)
    if kind != "silence":
        sound = sound * np.float32(10 ** (random.uniform(-45, -12) / 20))
    return kind, sound.astype(np.float32)


def _one(samples: int, random: Random) -> tuple[str, Mono]:
    makers = {
        "speech": (0.28, spoken), "babble": (0.1, _babble), "applause": (0.17, _applause),
        "clapping": (0.04, _clapping), "cheering": (0.06, _cheering), "noise": (0.1, _coloured), "hum": (0.05, _hum),
        "impacts": (0.1, _impacts), "phones": (0.03, _phones), "crackle": (0.04, _crackle), "silence": (0.03, _silence),
    }  # fmt: skip
    chances = np.array([chance for chance, _ in makers.values()])
    kind = str(random.choice(list(makers), p=chances / chances.sum()))
    sound = makers[kind][1](samples, random)
    loud = float(np.sqrt(np.mean(sound**2)))
    return kind, sound / np.float32(loud) if loud > 1e-6 and kind != "silence" else sound


def _in_a_room(sound: Mono, random: Random) -> Mono:
    samples = int(between(0.15, 2.0, random) * SAMPLE_RATE_HZ)
    answer = hiss(samples, random) * np.exp(-6.9 * np.arange(samples, dtype=np.float32) / samples)
    answer[0] = between(3, 30, random)
    answer /= np.sqrt(np.sum(answer**2))
    size = fast_size(len(sound) + samples)
    return np.fft.irfft(np.fft.rfft(sound, size) * np.fft.rfft(answer, size), size)[: len(sound)].astype(
        np.float32
    )


def _babble(samples: int, random: Random) -> Mono:
    """A room full of people: a few recordings of talk, each heard many times from other places."""
    out = np.zeros(samples, np.float32)
    for voice in [spoken(samples, random) for _ in range(int(random.integers(3, 8)))]:
        for _ in range(int(random.integers(1, 9))):
            out += np.roll(voice, int(random.integers(samples))) * np.float32(between(0.1, 1, random))
    return banded(out, 100, between(1500, 9000, random))


def _applause(samples: int, random: Random) -> Mono:
    """From two people to a hall; it may rise and die away."""
    people, seconds = int(between(2, 400, random)), samples / SAMPLE_RATE_HZ
    claps = [_hand_clap(random) for _ in range(24)]
    out = np.zeros(samples, np.float32)
    for _ in range(people):
        rate_hz, level, unsteady = (
            random.uniform(2.2, 5.2),
            between(0.1, 1, random),
            random.uniform(0.05, 0.3),
        )
        count = int(seconds * rate_hz) + 1
        gaps = np.maximum(0.08, random.normal(1 / rate_hz, unsteady / rate_hz, count))
        places = ((np.cumsum(gaps) + random.uniform(-1, 2)) * SAMPLE_RATE_HZ).astype(int)
        clap = claps[random.integers(len(claps))] * np.float32(level)
        for at in places:
            add(out, clap, int(at), random.uniform(0.5, 1.1))
    if random.random() < 0.6:
        peak_s, width_s = random.uniform(0, seconds), between(4, 30, random)
        t = np.arange(samples, dtype=np.float32) / SAMPLE_RATE_HZ
        out *= 0.03 + np.exp(-(((t - peak_s) / width_s) ** 2))
    if random.random() < 0.4:
        out += _cheering(samples, random) * np.float32(0.3 * float(np.sqrt(np.mean(out**2))))
    return out


def _clapping(samples: int, random: Random) -> Mono:
    """Single claps and finger snaps at no regular time."""
    out = hiss(samples, random) * np.float32(1e-4)
    rate_hz, at_s = between(0.5, 4, random), 0.0
    while at_s < samples / SAMPLE_RATE_HZ:
        at_s += random.exponential(1 / rate_hz) + 0.1
        add(out, _hand_clap(random), int(at_s * SAMPLE_RATE_HZ), between(0.2, 1, random))
    return out


def _hand_clap(random: Random) -> Mono:
    t = np.arange(int(0.06 * SAMPLE_RATE_HZ), dtype=np.float32) / SAMPLE_RATE_HZ
    noise = hiss(len(t), random) * np.exp(-t / between(0.002, 0.015, random))
    return banded(noise, between(300, 1500, random), between(2500, 9000, random))


def _swell(samples: int, slow_s: float, depth: float, random: Random) -> Mono:
    points = max(2, int(samples / SAMPLE_RATE_HZ / slow_s))
    levels = np.exp(random.normal(0, depth, points))
    return np.interp(np.linspace(0, points - 1, samples), np.arange(points), levels).astype(np.float32)


def _cheering(samples: int, random: Random) -> Mono:
    """Many throats: noise through a mouth, each voice coming and going."""
    out = np.zeros(samples, np.float32)
    for _ in range(int(random.integers(3, 9))):
        middle_hz = between(500, 2500, random)
        voices = banded(hiss(samples, random), middle_hz / 1.3, middle_hz * 1.3)
        out += voices * _swell(samples, between(0.3, 3, random), 0.8, random)
    return out / np.float32(np.sqrt(np.mean(out**2)))


def _coloured(samples: int, random: Random) -> Mono:
    """White, pink, brown or between; sometimes swelling as wind and traffic do."""
    spectrum = np.fft.rfft(hiss(samples, random))
    hz = np.fft.rfftfreq(samples, 1 / SAMPLE_RATE_HZ) + 20
    sound = np.fft.irfft(spectrum * hz ** -random.choice([0, 0.5, 1, 1.5]), samples).astype(np.float32)
    if random.random() < 0.5:
        sound *= _swell(samples, between(0.3, 5, random), 0.7, random)
    if random.random() < 0.3:
        sound = banded(sound, between(20, 500, random), between(800, 8000, random))
    return sound


def _hum(samples: int, random: Random) -> Mono:
    """Mains, fans and motors."""
    t = np.arange(samples) / SAMPLE_RATE_HZ
    hz = random.choice([50, 60, 100, 120, between(20, 400, random)]) * random.uniform(0.98, 1.02)
    tones = sum(np.sin(2 * np.pi * hz * n * t) * random.exponential(1 / n) for n in range(1, 12))
    return np.asarray(tones + hiss(samples, random) * between(0.01, 0.5, random), np.float32)


def _impacts(samples: int, random: Random) -> Mono:
    """Doors, steps and dishes at no regular time, over a quiet room."""
    out = banded(hiss(samples, random), 50, 1500) * np.float32(between(0.001, 0.05, random))
    rate_hz, at_s = between(0.3, 5, random), 0.0
    while at_s < samples / SAMPLE_RATE_HZ:
        at_s += random.exponential(1 / rate_hz)
        t = np.arange(int(0.4 * SAMPLE_RATE_HZ), dtype=np.float32) / SAMPLE_RATE_HZ
        tone = np.sin(2 * np.pi * between(60, 4000, random) * t) + hiss(len(t), random) * random.uniform(0, 2)
        thud = np.asarray(tone * np.exp(-t / between(0.005, 0.12, random)), np.float32)
        add(out, thud, int(at_s * SAMPLE_RATE_HZ), between(0.05, 1, random))
    return out


def _phones(samples: int, random: Random) -> Mono:
    """Ringing for a second or two, then a pause of another length."""
    t = np.arange(samples) / SAMPLE_RATE_HZ
    low_hz, high_hz = between(380, 1500, random), between(400, 2500, random)
    tone = np.sin(2 * np.pi * low_hz * t) + np.sin(2 * np.pi * high_hz * t)
    tone *= np.sin(2 * np.pi * between(8, 30, random) * t) > 0
    edges_s = np.cumsum(random.uniform(0.4, 4.0, 80))
    ringing = np.searchsorted(edges_s, t) % 2 == 1
    return np.asarray(tone * ringing + hiss(samples, random) * 0.01, np.float32)


def _crackle(samples: int, random: Random) -> Mono:
    """The end of a record: dust and rumble."""
    out = banded(hiss(samples, random), 20, 200) * np.float32(between(0.01, 0.3, random))
    ticks = random.integers(0, samples, int(samples / SAMPLE_RATE_HZ * between(2, 60, random)))
    out[ticks] += random.exponential(0.6, len(ticks)).astype(np.float32)
    return banded(out, 20, between(3000, 11000, random))


def _silence(samples: int, random: Random) -> Mono:
    """Nothing, or next to nothing."""
    return hiss(samples, random) * np.float32(10 ** random.uniform(-6, -3) * (random.random() < 0.6))
