"""What one update costs: eight frames planned, first time and warm, alone and with the whole show running.

python -m benchmarks.update [--seconds 60] [--model NAME] [--note TEXT] [--no-keep]
"""

import argparse
import asyncio
import subprocess
import sys
from pathlib import Path
from time import perf_counter

import numpy as np

import groovecast.demo
from benchmarks.record import Neighbours, artefact, keep, origin, percentiles, print_table
from groovecast.audio.decode import Audio, load_audio
from groovecast.model.config import ModelConfig
from groovecast.model.manifest import ONNX_FILE
from groovecast.share import shared_path
from realtime.clock import MonotonicClock
from realtime.dance import DanceSettings
from realtime.engine import CpuEngine
from realtime.live import Show, Track
from realtime.performance import Performance
from realtime.server import ServerSettings
from realtime.settings import BUNDLED_MODEL
from realtime.shows import model_folder
from realtime.sources import FileSource

FROM_S, ALONE_S = 40.0, 30.0  # the part of the track that is danced to alone: its first drop


class Timed:
    """An engine that notes how long each of its plans took."""

    def __init__(self, engine: CpuEngine) -> None:
        self._engine = engine
        self.took_ms: list[float] = []

    @property
    def config(self) -> ModelConfig:
        """The engine's."""
        return self._engine.config

    def plan(
        self,
        history: np.ndarray,
        music: np.ndarray,
        style: np.ndarray,
        noise: np.ndarray,
        before: np.ndarray | None = None,
    ) -> np.ndarray:
        """The engine's."""
        begin = perf_counter()
        plan = self._engine.plan(history, music, style, noise, before)
        self.took_ms.append(1000 * (perf_counter() - begin))
        return plan


def cold_ms(folder: Path) -> tuple[float, float]:
    """Loading the model with its hash checked, and its very first plan."""
    begin = perf_counter()
    engine = CpuEngine(folder)
    loaded = perf_counter()
    config = engine.config
    given = ((config.history_frames, config.numbers), (config.window_frames, config.music_channels))
    plan = (config.plan_frames, config.numbers)
    shapes = (*given, (len(config.styles) + 1,), *((plan, plan) if config.warm else (plan,)))
    engine.plan(*(np.zeros(shape, np.float32) for shape in shapes))
    return 1000 * (loaded - begin), 1000 * (perf_counter() - loaded)


def alone_ms(engine: Timed, audio: Audio) -> list[float]:
    """Every update of a part of the song, with nothing else running: ears, plan, seam and feet."""
    first = int(FROM_S * audio.sample_rate_hz)
    part = Audio(audio.samples[first : first + int(ALONE_S * audio.sample_rate_hz)], audio.sample_rate_hz)
    performance = Performance(part, engine)
    took_ms, imagine = [], performance.dancer.imagine

    def timed(now_s: float) -> bool:
        begin = perf_counter()
        planned = imagine(now_s)
        if planned:
            took_ms.append(1000 * (perf_counter() - begin))
        return planned

    performance.dancer.imagine = timed  # type: ignore[method-assign]
    for _ in performance.moments():
        pass
    return took_ms


async def in_the_show_ms(engine: Timed, audio: Audio, seconds: float) -> tuple[list[float], Show]:
    """Every update of a show in real time, with a client that watches from another process."""
    clock = MonotonicClock()
    source = FileSource(audio, clock, title="club", loop=True)
    show = Show(
        engine, source, clock, model="", engine="cpu", server=ServerSettings(port=0),
        page_dir=shared_path("web"), track=Track("club"),
    )  # fmt: skip
    ready = asyncio.Event()
    running = asyncio.create_task(show.run(seconds, ready))
    await ready.wait()
    watch = [sys.executable, "-m", "benchmarks.watch", str(show.server.port), str(seconds - 1)]
    client = subprocess.Popen(watch, stdout=subprocess.DEVNULL)
    try:
        await running
    finally:
        client.wait()
    return list(show.update_ms), show


def main() -> None:
    """Measure, print a table, and append the line."""
    arguments = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    arguments.add_argument("--seconds", type=float, default=60, help="how long the show runs")
    arguments.add_argument("--model", default=BUNDLED_MODEL)
    arguments.add_argument("--note", default="", help="what else the machine was doing")
    arguments.add_argument("--no-keep", action="store_true", help="do not append the line to the results")
    asked = arguments.parse_args()
    folder = model_folder(asked.model)
    line, neighbours = origin("update"), Neighbours()
    load_ms, first_ms = cold_ms(folder)
    engine = CpuEngine(folder)
    alone, in_show = Timed(engine), Timed(engine)
    audio = load_audio(Path(groovecast.demo.__path__[0]) / "club.ogg")
    update_alone_ms = alone_ms(alone, audio)
    update_ms, show = asyncio.run(in_the_show_ms(in_show, audio, asked.seconds))
    stride = DanceSettings().stride_frames
    rows = {
        "update_ms": percentiles(update_ms),
        "engine_ms": percentiles(in_show.took_ms),
        "update_alone_ms": percentiles(update_alone_ms),
        "engine_alone_ms": percentiles(alone.took_ms),
    }
    stride_ms = 1000 * stride / engine.config.fps
    line |= {
        **rows,
        "load_ms": round(load_ms, 1),
        "first_plan_ms": round(first_ms, 1),
        "steps": engine.config.steps,
        "engine": engine.name,
        "threads": 1,
        "model": engine.manifest.name,
        "artefact": artefact(folder / ONNX_FILE),
        "frames_per_update": stride,
        "realtime_factor": round(stride_ms / float(np.mean(update_ms)), 2),
        "updates": len(update_ms),
        "misses": show.dancer.counts.misses,
        "rejected": show.dancer.counts.rejected,
        **neighbours.figures(),
        "note": asked.note,
    }
    print_table("ms", rows)
    for name in ("load_ms", "first_plan_ms", "realtime_factor", "misses", "neighbours_cores", "load"):
        print(f"{name:22}{line[name]}")
    if not asked.no_keep:
        keep("update", line)


if __name__ == "__main__":
    main()
