"""One engine at one precision, in a process of its own: cold, alone, in a running show, and for many dancers at once.

python -m benchmarks.engine_row ENGINE PRECISION [--model NAME] [--seconds 60] [--batches 1 2 4 8 16]

A process each keeps them apart: threads that one leaves behind, memory, and whatever one breaks.
"""

import argparse
import asyncio
import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from time import perf_counter

import numpy as np

import groovecast.demo
from benchmarks.opening import AskedEngine, cold_ms, opened_as
from benchmarks.per_second import on_card
from benchmarks.record import Stopwatch, percentiles
from groovecast.audio.decode import Audio, load_audio
from groovecast.model.config import ModelConfig
from groovecast.model.imagined import Imagined
from groovecast.share import shared_path
from realtime.clock import MonotonicClock
from realtime.dance_settings import DanceSettings
from realtime.engine import ModelGenerator
from realtime.engines.card import cards
from realtime.engines.warm_up import example_inputs
from realtime.generator import Generator
from realtime.input_desk import Track
from realtime.live import Show
from realtime.performance import Performance
from realtime.server import ServerSettings
from realtime.settings import BUNDLED_MODEL
from realtime.shows import model_folder
from realtime.sources import FileSource

FROM_S, ALONE_S = 40.0, 30.0  # the part of the track that is danced to alone: its first drop
_BATCH_S, _FEWEST = 3.0, 8  # how long a batch is timed at most, and how often at least
_UNCOUNTED = 2


class Timed:
    """A generator that notes how long each of its plans took."""

    def __init__(self, generator: ModelGenerator) -> None:
        self._generator = generator
        self.watch = Stopwatch()

    @property
    def config(self) -> ModelConfig:
        """The generator's."""
        return self._generator.config

    def plan(
        self,
        history: np.ndarray,
        music: np.ndarray,
        style: np.ndarray,
        noise: np.ndarray,
        before: np.ndarray | None = None,
    ) -> Imagined:
        """The generator's."""
        with self.watch:
            return self._generator.plan(history, music, style, noise, before)


def alone(generator: Generator, audio: Audio, seconds: float) -> Stopwatch:
    """Every update of a part of the song, with nothing else running: ears, plan, seam and feet."""
    first = int(FROM_S * audio.sample_rate_hz)
    part = Audio(audio.samples[first : first + int(seconds * audio.sample_rate_hz)], audio.sample_rate_hz)
    performance = Performance(part, generator)
    watch, imagine = Stopwatch(), performance.dancer.imagine

    def timed(now_s: float) -> bool:
        with Stopwatch() as one:
            planned = imagine(now_s)
        if planned:
            watch.add(one)
        return planned

    performance.dancer.imagine = timed  # type: ignore[method-assign]
    for _ in performance.moments():
        pass
    return watch


async def in_the_show_ms(generator: Generator, audio: Audio, seconds: float) -> tuple[list[float], Show]:
    """Every update of a show in real time, with a client that watches from another process."""
    clock = MonotonicClock()
    source = FileSource(audio, clock, title="club", loop=True)
    show = Show(
        generator, source, clock, model="", engine="", server=ServerSettings(port=0),
        page_dir=shared_path("web"), track=Track("club"),
    )  # fmt: skip
    ready = asyncio.Event()
    running = asyncio.create_task(show.run(seconds, ready))
    await ready.wait()
    watch = [sys.executable, "-m", "benchmarks.watch", str(show.server.port), str(seconds - 1)]
    client = subprocess.Popen(watch, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        await running
    finally:
        client.wait()
    return list(show.update_ms), show


def timed(call: Callable[[], object], seconds: float) -> Stopwatch:
    """Each call, for so long; the first ones are not counted."""
    watch, begin_s = Stopwatch(), perf_counter()
    while len(watch.took_ms) < _FEWEST + _UNCOUNTED or perf_counter() < begin_s + seconds:
        with watch:
            call()
    return watch.without(_UNCOUNTED)


def batch_ms(
    folder: Path, asked: AskedEngine, batches: Sequence[int], seconds: float
) -> dict[str, dict[str, float]]:
    """What one call costs that plans for so many dancers, the engine alone, each for so long."""
    rows = {}
    for batch in batches:
        engine = opened_as(folder, asked, batch).engine
        watch = timed(partial(engine.run, example_inputs(engine.graph, batch)), seconds)
        rows[str(batch)] = percentiles(watch.took_ms) | {
            "core_ms": watch.core_ms,
            "calls": len(watch.took_ms),
        }
        engine.close()
    return rows


def danced(generator: ModelGenerator, seconds: float) -> dict[str, object]:
    """What its updates cost alone, and in a show of so many seconds."""
    audio = load_audio(Path(groovecast.demo.__path__[0]) / "club.ogg")
    by_itself, in_show = Timed(generator), Timed(generator)
    updates_alone = alone(by_itself, audio, min(seconds, ALONE_S))
    update_ms, show = asyncio.run(in_the_show_ms(in_show, audio, seconds))
    stride = DanceSettings().stride_frames
    stride_ms = 1000 * stride / generator.config.fps
    return {
        "frames_per_update": stride,
        "stride_ms": round(stride_ms, 1),
        "engine_alone_ms": percentiles(by_itself.watch.took_ms),
        "engine_alone_core_ms": by_itself.watch.core_ms,
        "update_alone_ms": percentiles(updates_alone.took_ms),
        "update_alone_core_ms": updates_alone.core_ms,
        "engine_ms": percentiles(in_show.watch.took_ms),
        "update_ms": percentiles(update_ms),
        "update_mean_ms": round(float(np.mean(update_ms)), 3),
        "realtime_factor": round(stride_ms / float(np.mean(update_ms)), 2),
        "updates": len(update_ms),
        "misses": show.dancer.counts.misses,
        "rejected": show.dancer.counts.rejected,
    }


def measured(folder: Path, asked: AskedEngine, seconds: float, batches: Sequence[int]) -> dict[str, object]:
    """The whole row. Raises what the engine raises when it cannot start."""
    load_ms, first_plan_ms = cold_ms(folder, asked)
    generator = opened_as(folder, asked)
    row = {
        "engine": generator.name,
        "precision": generator.precision,
        "device": generator.device,
        "on_card": on_card(generator.name, len(cards())),
        "model": generator.manifest.name,
        "artefact": generator.engine.graph.sha256[:12],
        "parameters": generator.manifest.parameters,
        "steps": generator.config.steps,
        "threads": 1,
        "load_ms": round(load_ms, 1),
        "first_plan_ms": round(first_plan_ms, 1),
        **danced(generator, seconds),
    }
    generator.close()
    return row | {"batch_ms": batch_ms(folder, asked, batches, min(seconds / 8, _BATCH_S))}


def main() -> None:
    """Measure one engine, and print the row as JSON."""
    arguments = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    arguments.add_argument("engine")
    arguments.add_argument("precision")
    arguments.add_argument("--model", default=BUNDLED_MODEL)
    arguments.add_argument("--seconds", type=float, default=60)
    arguments.add_argument("--batches", type=int, nargs="*", default=[1, 2, 4, 8, 16])
    asked = arguments.parse_args()
    wanted = AskedEngine(asked.engine, asked.precision)
    print(json.dumps(measured(model_folder(asked.model), wanted, asked.seconds, asked.batches)))


if __name__ == "__main__":
    try:
        main()
    except (OSError, ValueError, ImportError, RuntimeError) as why:
        # the caller tells why the row is left out
        sys.exit(" ".join(str(why).split()))
