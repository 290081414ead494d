"""How well the ears hear the beat: seeded music with exact beats, all figures from one run, one line of JSON.

python -m benchmarks.ears [--seconds 40] [--seed 1] [--song FILE ...] [--plot out.png]
"""

import argparse
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from resource import RUSAGE_SELF, getrusage
from timeit import repeat

import numpy as np
from jaxtyping import Float, Float32
from numpy.typing import NDArray

from benchmarks.record import keep, origin
from groovecast.audio.beat_clock import CONFIDENT
from groovecast.audio.decode import Audio, load_audio
from groovecast.audio.features import FeatureState, step
from groovecast.audio.resample import Resampler
from realtime.listener import BeatReport, Listener, beats_of

RATE_HZ = 44100
HIT_S = 0.07

Samples = Float32[np.ndarray, " samples"]


@dataclass(frozen=True)
class Style:
    """A groove: one sixteenth a letter, louder in capitals, and what plays over it."""

    kick: str
    snare: str
    hat: str
    chords: bool = True
    swing: float = 0.0  # how late every second sixteenth is, in sixteenths
    steps: int = 16


STYLES = {
    "house": Style("X...X...X...X...", "....X.......X...", "..x...x...x...x."),
    "techno": Style("X...X...X...X...", "................", "x.X.x.X.x.X.x.Xx", chords=False),
    "disco": Style("X...X...X...X...", "....X.......X...", "x.Xxx.Xxx.Xxx.Xx"),
    "rock": Style("X.......X.x.....", "....X.......X...", "x.x.x.x.x.x.x.x."),
    "breaks": Style("X.........X.....", "....X..x.x..X...", "x.x.x.x.x.x.x.xx"),
    "hiphop": Style("X......xX.......", "....X.......X...", "x.x.x.x.x.x.x.x.", swing=0.3),
    "reggaeton": Style("X...X...X...X...", "...x..x....x..x.", "x.x.x.x.x.x.x.x."),
    "funk": Style("X..x......x..x..", "....X..x.x..X..x", "xxxxxxxxxxxxxxxx", swing=0.15),
}


@dataclass(frozen=True)
class Song:
    """Sound and the truth about it."""

    name: str
    samples: Samples
    beats_s: Float[np.ndarray, " beats"]
    downbeats_s: Float[np.ndarray, " downbeats"]


def beat_times(
    tempo_bpm: float, seconds: float, jump: float = 1.0, drift: float = 0.0
) -> NDArray[np.float64]:
    """When the beats are: a steady tempo, `jump` times as fast from the middle on, or drifting slowly."""
    times = [0.35]
    while times[-1] < seconds:
        bent = tempo_bpm * (1 + drift * np.sin(2 * np.pi * times[-1] / 20))
        times.append(times[-1] + 60 / (bent * (jump if times[-1] > seconds / 2 else 1.0)))
    return np.array(times)


def render(name: str, style: Style, beats_s: NDArray[np.float64], rng: np.random.Generator) -> Song:
    """A song in this style on these beats: drums, bass and chords, none quite like the last song's."""
    out = np.zeros(int((beats_s[-1] + 1) * RATE_HZ), np.float32)
    drums = {part: _drum(part, rng) for part in ("kick", "snare", "hat")}
    beats_a_bar = style.steps // 4
    root_hz = 55 * 2 ** (rng.integers(0, 12) / 12)
    for beat, (at_s, next_s) in enumerate(pairwise(beats_s)):
        place = beat % beats_a_bar
        for sixteenth in range(4):
            late = style.swing if sixteenth % 2 else 0.0
            when_s = at_s + (next_s - at_s) * (sixteenth + late) / 4
            letter = 4 * place + sixteenth
            for part, pattern in (("kick", style.kick), ("snare", style.snare), ("hat", style.hat)):
                if pattern[letter] != ".":
                    loud = (1.0 if pattern[letter] == "X" else 0.5) * rng.uniform(0.85, 1)
                    _add(out, drums[part] * np.float32(loud), when_s)
        if style.chords:
            chord = root_hz * 2 ** (np.array([0, 5, 7, 3])[beat // beats_a_bar % 4] / 12)
            bass_s = at_s + (next_s - at_s) * (0.5 if rng.random() < 0.5 else 0.0)
            _add(out, _tone(chord, (next_s - at_s) * 0.5, 0.004, 0.25), bass_s)
            if place == 0:
                bar_s = (next_s - at_s) * beats_a_bar
                for interval in (4, 7, 12, 16):
                    _add(out, _tone(chord * 2 ** (1 + interval / 12), bar_s, 0.03, 0.07), at_s)
    return Song(name, np.tanh(out * 0.7).astype(np.float32), beats_s, beats_s[::beats_a_bar])


def _add(out: Samples, sound: Samples, when_s: float) -> None:
    first = round(when_s * RATE_HZ)
    length = max(0, min(len(sound), len(out) - first))
    out[first : first + length] += sound[:length]


def _drum(part: str, rng: np.random.Generator) -> Samples:
    t = np.arange(int(0.25 * RATE_HZ)) / RATE_HZ
    noise = rng.standard_normal(len(t))
    if part == "kick":
        low_hz, drop = rng.uniform(42, 60), rng.uniform(60, 200)
        body = np.sin(2 * np.pi * (low_hz * t + drop / 40 * (1 - np.exp(-40 * t)))) * np.exp(
            -t * rng.uniform(10, 20)
        )
        return (0.9 * body + 0.1 * noise * np.exp(-t * 300)).astype(np.float32)
    if part == "snare":
        body = np.sin(2 * np.pi * rng.uniform(160, 230) * t) * np.exp(-t * 30)
        return (0.3 * body + 0.3 * noise * np.exp(-t * rng.uniform(14, 30))).astype(np.float32)
    return (0.2 * np.diff(noise, prepend=0) * np.exp(-t * rng.uniform(40, 90))).astype(np.float32)


def _tone(hz: float, length_s: float, attack_s: float, loud: float) -> Samples:
    t = np.arange(int(length_s * RATE_HZ)) / RATE_HZ
    wave = sum(np.sin(2 * np.pi * hz * k * t) / k for k in range(1, 7))
    return (loud * wave * np.minimum(1, t / attack_s) * np.minimum(1, (length_s - t) / 0.02)).astype(
        np.float32
    )


def songs(seconds: float, seed: int) -> Iterator[Song]:
    """The measuring set: every style at three tempi, tempo jumps and drift, noise over it."""
    rng = np.random.default_rng(seed)
    ranges = {"house": (118, 132), "techno": (125, 150), "disco": (105, 128), "rock": (95, 150)}
    ranges |= {"breaks": (130, 175), "hiphop": (85, 105), "reggaeton": (88, 105), "funk": (92, 118)}
    for name, style in STYLES.items():
        for tempo_bpm in np.linspace(*ranges[name], 3):
            tempo_bpm += rng.uniform(-0.9, 0.9)
            yield render(f"{name} {tempo_bpm:.1f}", style, beat_times(tempo_bpm, seconds), rng)
    house, rock = STYLES["house"], STYLES["rock"]
    for tempo_bpm, jump in ((120.0, 1.17), (140.0, 0.84), (128.0, 1.06)):
        yield render(f"jump {tempo_bpm:.0f}", house, beat_times(tempo_bpm, seconds, jump), rng)
    for tempo_bpm in (101.0, 133.0):
        yield render(f"drift {tempo_bpm:.0f}", rock, beat_times(tempo_bpm, seconds, drift=0.03), rng)
    for level in (0.05, 0.2):
        song = render(f"noisy {level}", house, beat_times(124.3, seconds), rng)
        noise = rng.standard_normal(len(song.samples)) * level
        yield replace(song, samples=(song.samples + noise).astype(np.float32))


def hits(
    found_s: NDArray[np.float64], true_s: NDArray[np.float64], within_s: float = HIT_S
) -> NDArray[np.float64]:
    """Found minus true, for each true beat that has a found one within reach; each is used once."""
    errors, first = [], 0
    for beat_s in true_s:
        while first < len(found_s) and found_s[first] < beat_s - within_s:
            first += 1
        if first < len(found_s) and found_s[first] <= beat_s + within_s:
            errors.append(found_s[first] - beat_s)
            first += 1
    return np.array(errors)


def score(report: BeatReport, song: Song, from_s: float = 5.0) -> dict[str, float]:
    """F-measure, bias and prediction from 5 s on."""
    true_s = song.beats_s[(song.beats_s > from_s) & (song.beats_s < song.beats_s[-1] - 0.5)]
    figures = {}
    for key, found, truth in (
        ("f", report.beats, song.beats_s),
        ("downbeat_f", report.downbeats, song.downbeats_s),
    ):
        found_s = np.array([x for x in found if true_s[0] - HIT_S < x < true_s[-1] + HIT_S])
        truth = truth[(truth >= true_s[0]) & (truth <= true_s[-1])]
        figures[key] = 2 * len(hits(found_s, truth)) / max(1, len(found_s) + len(truth))
    beats_s = np.array([x for x in report.beats if x > from_s])
    errors = hits(beats_s, true_s)
    figures["bias_ms"] = float(np.median(errors) * 1000) if len(errors) else float("nan")
    ahead_s = np.array(
        [beat for at, beat in report.predicted if true_s[0] - HIT_S < beat < true_s[-1] + HIT_S]
    )
    for within_ms in (35, 70):
        figures[f"ahead_{within_ms}"] = len(hits(ahead_s, true_s, within_ms / 1000)) / max(
            len(true_s), len(ahead_s)
        )
    figures["lock_s"] = report.locked_after_s if report.locked_after_s is not None else float("nan")
    return figures


def cost_percent() -> dict[str, dict[str, float]]:
    """Per cent of one core at 100 hops a second: one hop's features, and 10 ms of 48 kHz through the whole ears."""
    rng = np.random.default_rng(0)
    hop, block = (rng.standard_normal(count).astype(np.float32) for count in (240, 480))
    state, resampler, listener = FeatureState.start(), Resampler(48000), Listener(48000)
    times = iter(np.arange(10**6) * 0.01)
    parts = {
        "features": lambda: step(hop, state),
        "resample_48k": lambda: resampler.push(block),
        "listener_48k": lambda: listener.listen(block, next(times)),
    }
    costs = {}
    for name, part in parts.items():
        percent = np.array(repeat(part, number=1, repeat=2000)) * 1e4
        costs[name] = {f"p{p}": round(float(np.percentile(percent, p)), 3) for p in (50, 95, 99)}
    return costs


def plot(audio: Audio, report: BeatReport, path: Path) -> None:
    """Onsets, energy, beats and confidence of a song, to look at."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    listener = Listener(audio.sample_rate_hz)
    block = audio.sample_rate_hz // 100
    rows = []
    for first in range(0, len(audio.samples) - block, block):
        samples = audio.samples[first : first + block].mean(axis=1)
        listener.listen(samples, first / audio.sample_rate_hz)
        now = np.array([listener.heard_until_s - 0.005])
        clock = listener.clock
        rows.append(
            (now[0], *listener.onset_at(now), *listener.energy_at(now), clock.confidence, clock.tempo_bpm)
        )
    time_s, onset, energy, confidence, tempo = np.array(rows).T
    figure, (top, middle, bottom) = pyplot.subplots(3, 1, figsize=(16, 9))
    shown = time_s < 20
    top.plot(time_s[shown], onset[shown], lw=0.7)
    top.vlines([x for x in report.beats if x < 20], 0, 1, "r", lw=0.6)
    top.vlines([x for x in report.downbeats if x < 20], 0, 1.1, "k", lw=1)
    middle.plot(time_s, energy, lw=0.5, label="energy")
    middle.plot(time_s, confidence, label="confidence")
    middle.legend()
    bottom.plot(time_s, tempo)
    figure.savefig(path)


def click_bias_ms(seed: int) -> dict[str, float]:
    """Median announced minus exact beat, in ms, over nine tempi, for three bare patterns."""
    rng = np.random.default_rng(seed)
    quarters, rests, eighths = "X...X...X...X...", "." * 16, "..x...x...x...x."
    patterns = {
        "kick": (quarters, rests, rests),
        "hat": (rests, rests, quarters),
        "mix": (quarters, rests, eighths),
    }
    biases = {}
    for name, (kick, snare, hat) in patterns.items():
        errors: list[float] = []
        for tempo_bpm in (85, 97.3, 105, 112, 121.7, 128, 134.6, 141.4, 155):
            style = Style(kick, snare, hat, chords=name == "mix")
            song = render(name, style, beat_times(tempo_bpm, 14), rng)
            report = beats_of(Audio(song.samples[:, None], RATE_HZ))
            late = np.array([beat for beat in report.beats if beat > 5])
            errors += list(hits(late, song.beats_s[song.beats_s > 5]) * 1000)
        biases[name] = round(float(np.median(errors)), 2)
    return biases


def locked_share(seed: int) -> dict[str, float]:
    """The share of time with confidence over the threshold, for sound that has no beat."""
    rng, count = np.random.default_rng(seed), 30 * RATE_HZ
    claps = np.zeros(count)
    for first in rng.integers(0, count - 8000, 100):
        claps[first : first + 8000] += 0.2 * rng.standard_normal(8000) * np.exp(-np.arange(8000) / 900)
    sounds = {"noise": 0.1 * rng.standard_normal(count), "claps": claps, "silence": np.zeros(count)}
    shares = {}
    for name, sound in sounds.items():
        listener, sure = Listener(RATE_HZ), []
        for first in range(0, count, RATE_HZ // 100):
            block = sound[first : first + RATE_HZ // 100].astype(np.float32)
            listener.listen(block, first / RATE_HZ)
            sure.append(listener.clock.confidence >= CONFIDENT)
        shares[name] = round(float(np.mean(sure)), 4)
    return shares


def describe(path: Path, plot_to: Path | None) -> None:
    """What is heard in a song of which no truth is known."""
    audio = load_audio(path)
    report = beats_of(audio)
    gaps = np.diff(report.beats)
    steady = float(np.mean(np.abs(gaps / np.median(gaps) - 1) < 0.05)) if len(gaps) else 0.0
    share = len(report.beats) * 60 / max(report.tempo_bpm, 1) / audio.duration_s
    print(
        f"{path.name}: {report.tempo_bpm:.1f} bpm, locked after {report.locked_after_s} s, {share:.0%} of the time"
    )
    print(f"    {steady:.0%} of the beats come within 5 % of the usual interval")
    if plot_to:
        plot(audio, report, plot_to)


def measure(seconds: float, seed: int) -> dict[str, object]:
    """Every figure of one run, printed song by song."""
    rows, busy_s = [], 0.0
    for song in songs(seconds, seed):
        before_s = getrusage(RUSAGE_SELF).ru_utime
        report = beats_of(Audio(song.samples[:, None], RATE_HZ))
        busy_s += getrusage(RUSAGE_SELF).ru_utime - before_s
        rows.append(score(report, song))
        print(f"{song.name:16}" + "  ".join(f"{key} {value:7.3f}" for key, value in rows[-1].items()))
    figures: dict[str, object] = {"songs": len(rows), "seconds": seconds, "seed": seed}
    for key in rows[0]:
        values = np.array([row[key] for row in rows])
        low, median = np.nanpercentile(values, 10), np.nanmedian(values)
        mean = np.nanmean(values)
        figures[key] = {"mean": round(mean, 4), "median": round(median, 4), "p10": round(low, 4)}
    figures["lock_p90_s"] = round(float(np.nanpercentile([row["lock_s"] for row in rows], 90)), 2)
    figures["never_locked"] = int(np.isnan([row["lock_s"] for row in rows]).sum())
    figures |= {"click_bias_ms": click_bias_ms(seed), "locked_share": locked_share(seed)}
    return figures | {
        "cpu_percent": round(100 * busy_s / (seconds * len(rows)), 3),
        "cost_percent": cost_percent(),
    }


def main() -> None:
    """Measure, print, and append the line if it is to be kept."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    arguments.add_argument("--seconds", type=float, default=30, help="of each song")
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument(
        "--song", type=Path, action="append", default=[], help="describe this file instead"
    )
    arguments.add_argument("--plot", type=Path, help="picture of what was heard in --song")
    arguments.add_argument("--keep", action="store_true", help="append the line to the results")
    asked = arguments.parse_args()
    for path in asked.song:
        describe(path, asked.plot)
    if asked.song:
        return
    line = origin("ears") | measure(asked.seconds, asked.seed)
    print(json.dumps(line))
    if asked.keep:
        keep("ears", line)


if __name__ == "__main__":
    main()
