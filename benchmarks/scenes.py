"""How soon the ears say what is going on: silence, breakdown and drop of the bundled track, speech and noise.

python -m benchmarks.scenes [--no-keep]

The bundled track is cut to a minute round its breakdown and drop, with nothing before and after it, and heard live by
the whole listener at three input levels; noise and a robot's voice, as loud, are heard beside it.
"""

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import groovecast.demo
from benchmarks.record import keep, origin
from groovecast.audio.beat_clock import CONFIDENT
from groovecast.audio.decode import load_audio, mono
from groovecast.audio.energy import EnergyMeter
from groovecast.audio.features import HOP_S, HOP_SAMPLES, SAMPLE_RATE_HZ, FeatureState, step
from groovecast.audio.gain import Leveller
from groovecast.audio.resample import Resampler
from groovecast.audio.scene import Pulse, Scene, SceneWatch
from groovecast.demo.render_club import BAR, LEAD_IN, RATE_HZ
from realtime.listener import Listener

GAINS_DB = 0, -12, -24
_NOTHING_S = 3.0
# Bars of the track: heard from, breakdown, drop, heard until
_FROM, _BREAK, _DROP, _UNTIL = 16, 32, 48, 56


@dataclass(frozen=True)
class Heard:
    """Each hop's scene and trust in the beat."""

    scenes: list[Scene]
    confidence: np.ndarray
    tempo_bpm: np.ndarray

    def first_s(self, scene: Scene, after_s: float) -> float:
        """How long after that time the scene was told; NaN: never."""
        for hop in range(round(after_s / HOP_S), len(self.scenes)):
            if self.scenes[hop] is scene:
                return round((hop + 1) * HOP_S - after_s, 3)
        return float("nan")


def heard(samples: np.ndarray) -> Heard:
    """Hop by hop through the listener and the watch, as if live."""
    listener, watch = Listener(SAMPLE_RATE_HZ), SceneWatch()
    leveller, meter, state = Leveller(SAMPLE_RATE_HZ), EnergyMeter(), FeatureState.start()
    scenes, pulses = [], []
    for number, hop in enumerate(
        samples[: len(samples) // HOP_SAMPLES * HOP_SAMPLES].reshape(-1, HOP_SAMPLES)
    ):
        listener.listen(hop, number * HOP_S)
        features, state = step(leveller.push(hop), state)
        meter.hear(features)
        clock = listener.clock
        pulse = Pulse(clock.tempo_bpm, clock.confidence)
        scenes.append(watch.hear(features, meter, listener.musical, pulse))
        pulses.append((pulse.confidence, pulse.tempo_bpm))
    confidence, tempo_bpm = np.array(pulses).T
    return Heard(scenes, confidence, tempo_bpm)


def club() -> np.ndarray:
    """The minute round the drop, with nothing before and after."""
    audio = load_audio(Path(groovecast.demo.__path__[0]) / "club.ogg")
    assert audio.sample_rate_hz == RATE_HZ
    part = mono(audio.samples)[LEAD_IN + _FROM * BAR : LEAD_IN + _UNTIL * BAR]
    nothing = np.zeros(round(_NOTHING_S * RATE_HZ), np.float32)
    return Resampler(RATE_HZ).whole(np.concatenate((nothing, part, nothing)))


def at_s(bar: int) -> float:
    """When a bar of the track begins in what is heard."""
    return _NOTHING_S + (bar - _FROM) * BAR / RATE_HZ


def voice(seconds: float) -> np.ndarray:
    """A robot's babble: a buzz through resonances that move from syllable to syllable."""
    rng, t = np.random.default_rng(5), np.arange(round(seconds * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ
    out, at = np.zeros(len(t)), 0
    while at < len(t):
        length = int(rng.uniform(0.09, 0.28) * SAMPLE_RATE_HZ)
        span = t[at : at + length]
        pitch_hz = rng.uniform(90, 160) * (1 + 0.1 * np.sin(2 * np.pi * 3 * span))
        phase = 2 * np.pi * np.cumsum(pitch_hz) / SAMPLE_RATE_HZ
        formants = rng.uniform((250, 800, 2200), (800, 2200, 3200))
        for harmonic in range(1, 26):
            nearness = np.exp(-np.abs(harmonic * 125 - formants) / 150).sum()
            out[at : at + length] += nearness * np.sin(harmonic * phase) * np.hanning(len(span))
        at += length + int(rng.choice([0.02, 0.05, 0.3], p=[0.6, 0.3, 0.1]) * SAMPLE_RATE_HZ)
    return (0.2 * out / np.abs(out).max()).astype(np.float32)


def measured() -> dict[str, object]:
    """What the line holds, seconds after the sound."""
    figures: dict[str, object] = {}
    for gain_db in GAINS_DB:
        told = heard(club() * np.float32(10 ** (gain_db / 20)))
        calm = slice(round((at_s(_BREAK) + 4) / HOP_S), round((at_s(_DROP) - 20) / HOP_S))
        figures[f"club_{gain_db}_db"] = {
            "music_s": told.first_s(Scene.MUSIC, at_s(_FROM)),
            "breakdown_s": told.first_s(Scene.BREAKDOWN, at_s(_BREAK)),
            "drop_s": told.first_s(Scene.DROP, at_s(_DROP)),
            "silence_s": told.first_s(Scene.SILENCE, at_s(_UNTIL)),
            "confidence_before_breakdown": round(float(told.confidence[calm.start - 450]), 2),
            "confidence_in_breakdown": round(float(np.median(told.confidence[calm])), 2),
            "tempo_kept_within": round(float(np.abs(told.tempo_bpm[calm] / 126 - 1).max()), 4),
        }
    noise = (0.1 * np.random.default_rng(0).standard_normal(20 * SAMPLE_RATE_HZ)).astype(np.float32)
    for name, sound in (("noise", noise), ("voice", voice(20))):
        told = heard(sound)
        figures[name] = {
            "speech_or_noise_share": round(
                float(np.mean([s is Scene.SPEECH_OR_NOISE for s in told.scenes])), 3
            ),
            "unlocked_share": round(float(np.mean(told.confidence < CONFIDENT)), 3),
        }
    return figures


def main() -> None:
    """Measure, print and keep."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--no-keep", action="store_true")
    keeps = not parser.parse_args().no_keep
    figures = measured()
    for name, row in figures.items():
        print(f"{name:14} {row}")
    if keeps:
        keep("scenes", {**origin("scenes"), **figures})


if __name__ == "__main__":
    main()
