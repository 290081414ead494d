"""What the ears cost while they listen, part by part, and how late they are on bare clicks."""

from timeit import repeat

import numpy as np

from benchmarks.ears.compose import ALL, Section, compose
from benchmarks.ears.grid import Grid
from benchmarks.ears.score import FROM_S, matched_errors_s
from benchmarks.ears.style import Style
from benchmarks.ears.synth import own_sound
from groovecast.audio.decode import Audio
from groovecast.audio.features import FeatureState, step
from groovecast.audio.resample import Resampler
from realtime.listener import Listener, beats_of

_RATE_HZ = 44100
_SECONDS = 14.0


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


def click_bias_ms(seed: int) -> dict[str, float]:
    """Median announced minus exact beat, in ms, over nine tempi, for three bare patterns."""
    rng = np.random.default_rng(seed)
    quarters = "X...X...X...X..."
    patterns = {"kick": {"kick": quarters}, "hat": {"hat": quarters}}
    patterns["mix"] = {"kick": quarters, "hat": "..x...x...x...x."}
    biases = {}
    for name, pattern in patterns.items():
        style = Style((85, 155), (pattern,), ("R...R...R...R...",), ("L...............",))
        parts = ALL if name == "mix" else frozenset({"drums"})
        errors: list[float] = []
        for tempo_bpm in (85, 97.3, 105, 112, 121.7, 128, 134.6, 141.4, 155):
            grid = Grid(0.35 + np.arange(0, 60) * 60 / tempo_bpm, 4)
            piece = compose(style, grid, [Section(1, parts)] * 60, _SECONDS, rng)
            report = beats_of(Audio(own_sound(piece, _RATE_HZ, rng)[:, None], _RATE_HZ))
            late = np.array([beat for beat in report.beats if beat > FROM_S])
            errors += list(matched_errors_s(late, grid.beats_s[grid.beats_s > FROM_S]) * 1000)
        biases[name] = round(float(np.median(errors)), 2) if errors else float("nan")
    return biases
