"""When each beat of a piece comes: a machine's even tempo, a drummer's drift, ramps, rubato and jumps."""

import numpy as np
from jaxtyping import Float64


def drawn_tempo(bpm: tuple[float, float], random: np.random.Generator) -> float:
    """A tempo: mostly within the style's range, now and then well outside it."""
    low, high = bpm
    if random.random() < 0.2:
        low, high = low / 1.15, high * 1.15
    return float(np.clip(np.exp(random.uniform(np.log(low), np.log(high))), 50, 220))


def beat_times(
    beats: int, metre: int, tempo_bpm: float, steadiness: float, random: np.random.Generator
) -> Float64[np.ndarray, " times"]:
    """Seconds of `beats` + 1 beats from the first on."""
    relative = np.ones(beats)
    if random.random() > steadiness:
        kinds, weights = zip(*_KINDS.items(), strict=True)
        kind = kinds[random.choice(len(kinds), p=np.array(weights) / sum(weights))]
        relative = _relative(str(kind), beats, metre, tempo_bpm, random)
    if random.random() < 0.06:  # a record that turns unevenly
        seconds = np.arange(beats) * 60 / tempo_bpm
        period_s, depth = random.uniform(3, 30), random.uniform(0.004, 0.03)
        relative = relative * (1 + depth * np.sin(2 * np.pi * (seconds / period_s + random.random())))
    return np.concatenate(([0.0], np.cumsum(60 / (tempo_bpm * relative))))


_KINDS = {"drift": 0.6, "ramp": 0.13, "rubato": 0.12, "jump": 0.15}


def _relative(
    kind: str, beats: int, metre: int, tempo_bpm: float, random: np.random.Generator
) -> Float64[np.ndarray, " beats"]:
    at = np.arange(beats)
    if kind == "ramp":
        change = np.exp(random.choice([-1, 1]) * random.uniform(0.04, 0.3))
        start, end = np.sort(random.uniform(0, beats, 2))
        return np.asarray(change ** np.clip((at - start) / max(end - start, 4), 0, 1))
    if kind == "jump":
        after = random.integers(beats // 4, max(beats * 3 // 4, beats // 4 + 1)) // metre * metre
        return np.where(at < after, 1.0, np.exp(random.choice([-1, 1]) * random.uniform(0.06, 0.4)))
    wander = np.cumsum(random.normal(0, 1, beats))
    wander = (wander - np.linspace(wander[0], wander[-1], beats)) / max(1.0, float(np.sqrt(beats)))
    drift = np.exp(random.uniform(0.005, 0.035) * wander + random.normal(0, random.uniform(0, 0.008), beats))
    if kind == "rubato" and tempo_bpm < 130:
        phrase = metre * random.choice([2, 4])
        place = (at % phrase) / phrase
        depth = random.uniform(0.03, 0.14)
        slowing = np.where(place > 0.8, 1 - depth * random.uniform(0.5, 2) * (place - 0.8) / 0.2, 1)
        return np.asarray(drift * (1 + depth * np.sin(np.pi * place) - depth / 2) * slowing)
    return np.asarray(drift)
