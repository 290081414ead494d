"""What a crew costs: a batch of plans, a whole update for many dances, a picture of all who dance, and their stream.

python -m benchmarks.crew [--seconds 20] [--dancers 1,2,4,8,16] [--show-dances 4] [--note TEXT] [--no-keep] [--json]

Appends one line of JSON to the results. `fit` is what a show would measure before it begins, and what it would allow.
"""

import argparse
import asyncio
import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from time import perf_counter

import numpy as np
from websockets.asyncio.client import connect

import groovecast.demo
from benchmarks.record import Neighbours, artefact, keep, nameless_line, origin, percentiles, print_table
from groovecast.audio.decode import Audio, load_audio
from groovecast.share import shared_path
from groovecast.wire.messages import BINARY_SUBPROTOCOL
from groovecast.wire.moment import Moment
from realtime.clock import MonotonicClock
from realtime.crew_budget import measured
from realtime.dance_settings import DanceSettings, Voice
from realtime.engine import ModelGenerator, opened
from realtime.engines.warm_up import example_inputs
from realtime.input_desk import Track
from realtime.live import Show
from realtime.performance import Performance
from realtime.server import ServerSettings
from realtime.settings import BUNDLED_MODEL, DanceWishes
from realtime.shows import model_folder
from realtime.sources import FileSource

FROM_S = 40.0  # the part of the track that is danced to: its first drop
_CALLS, _UNCOUNTED = 40, 3
_PICTURES = 300
_WATCHERS = (1, 4, 16)

Row = dict[str, float]


def batches_ms(folder: Path, counts: Sequence[int]) -> dict[str, Row]:
    """One call of an engine that was opened for so many dancers."""
    rows = {}
    for count in counts:
        generator = opened(folder, DanceWishes(), count)
        given, took_ms = example_inputs(generator.engine.graph, count), []
        for _ in range(_CALLS + _UNCOUNTED):
            begin_s = perf_counter()
            generator.engine.run(given)
            took_ms.append(1000 * (perf_counter() - begin_s))
        generator.close()
        rows[str(count)] = percentiles(took_ms[_UNCOUNTED:])
    return rows


def voices(count: int) -> tuple[Voice, ...]:
    """So many dances beside the first, each of its own."""
    words = ("street", "salsa", "modern")
    return tuple(Voice(((words[number % 3], 1.0),), 10_000 * number) for number in range(1, count))


def updates_ms(generator: ModelGenerator, audio: Audio, count: int, seconds: float) -> Row:
    """Whole updates for so many dances: ears, plans one after the other, seams and feet."""
    first, rate_hz = int(FROM_S * audio.sample_rate_hz), audio.sample_rate_hz
    part = Audio(audio.samples[first : first + int(seconds * rate_hz)], rate_hz)
    performance = Performance(part, generator, DanceSettings(others=voices(count), kept_s=19.0))
    took_ms: list[float] = []
    imagine = performance.dancer.imagine

    def timed(now_s: float) -> bool:
        begin_s = perf_counter()
        planned = imagine(now_s)
        if planned:
            took_ms.append(1000 * (perf_counter() - begin_s))
        return planned

    performance.dancer.imagine = timed  # type: ignore[method-assign]
    for _ in performance.moments():
        pass
    return percentiles(took_ms[_UNCOUNTED:])


def pictures(generator: ModelGenerator, audio: Audio, count: int) -> tuple[Row, list[tuple[Moment, ...]]]:
    """How long it takes to see what all show at a moment, half a beat after one another; and what they showed."""
    clock = MonotonicClock()
    source = FileSource(audio, clock)
    start = DanceSettings(dancers=count)
    show = Show(
        generator, source, clock, model="", engine="", server=ServerSettings(port=0),
        page_dir=shared_path("web"), settings=start,
    )  # fmt: skip
    show.desk.turn("canon_beats", 0.5, "bench")
    now_s = clock.now_s()
    show.desk.tick(now_s + 5)
    took_ms, seen = [], []
    for number in range(_PICTURES):
        begin_s = perf_counter()
        seen.append(show._ensemble.moments(now_s + number / 60))
        took_ms.append(1000 * (perf_counter() - begin_s))
    return percentiles(took_ms[_UNCOUNTED:]), seen


async def stream(count: int, watchers: int, seen: list[tuple[Moment, ...]]) -> dict[str, object]:
    """What handing on the pictures of so many dancers to so many clients costs the frame loop, and the network."""
    show = _stream_show(count)
    took_ms, came = [], [0] * watchers
    async with show.server as server:
        lines = [
            await connect(
                f"ws://127.0.0.1:{server.port}/ws",
                subprotocols=[BINARY_SUBPROTOCOL],  # type: ignore[list-item]
                proxy=None,
                compression=None,
            )
            for _ in range(watchers)
        ]

        async def read(number: int) -> None:
            async for said in lines[number]:
                came[number] += len(said) if isinstance(said, bytes) else 0

        readers = [asyncio.create_task(read(number)) for number in range(watchers)]
        show.room.tick(show.clock.now_s())
        show.desk.turn("dancers", count, "bench")
        show._crew_call.tick(show.clock.now_s() + 5, 120.0)
        begun_s = show.clock.now_s()
        for number, moments in enumerate(seen):
            due_s = begun_s + number / 60
            await asyncio.sleep(max(0.0, due_s - show.clock.now_s()))
            shown = [replace(one, pose=replace(one.pose, time_s=due_s + 0.08)) for one in moments]
            begin_s = perf_counter()
            server.send(*shown)
            took_ms.append(1000 * (perf_counter() - begin_s))
        await asyncio.sleep(0.2)
        seconds = len(seen) / 60
        for reader in readers:
            reader.cancel()
        for line in lines:
            await line.close()
        return {
            "send_ms": percentiles(took_ms[_UNCOUNTED:]),
            "kb_per_s_each": round(sum(came) / watchers / seconds / 1000, 1),
            "dropped": server.dropped,
        }


def _stream_show(count: int) -> Show:
    from tests.realtime.hopper import Hopper  # plans nothing that is measured here

    clock = MonotonicClock()
    silence = Audio(np.zeros((24000, 1), np.float32), 24000)
    return Show(
        Hopper(), FileSource(silence, clock), clock, model="", engine="", server=ServerSettings(port=0),
        page_dir=shared_path("web"), settings=DanceSettings(dancers=count),
    )  # fmt: skip


async def in_the_show(
    generator: ModelGenerator, audio: Audio, count: int, seconds: float
) -> dict[str, object]:
    """A show in real time in which so many have a dance of their own: updates, and how many came too late."""
    clock = MonotonicClock()
    source = FileSource(audio, clock, title="club", loop=True)
    show = Show(
        generator, source, clock, model="", engine="", server=ServerSettings(port=0),
        page_dir=shared_path("web"), track=Track("club"), settings=DanceSettings(dancers=count),
    )  # fmt: skip
    show.desk.turn("unison", False, "bench")
    await show.run(seconds)
    return {
        "dances": len(show.dancer.settings.voices),
        "at_once": show.dancer.settings.at_once,
        "update_ms": percentiles(list(show.update_ms)),
        "updates": show.dancer.counts.updates,
        "misses": show.dancer.counts.misses,
        "late_frames": show.late_frames,
    }


def main(words: list[str] | None = None) -> None:
    """Measure, print tables, and append the line."""
    arguments = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    arguments.add_argument("--seconds", type=float, default=20, help="of music danced to for each figure")
    arguments.add_argument("--dancers", default="1,2,4,8,16")
    arguments.add_argument("--show-dances", type=int, default=4, help="with own dances in a show; 0: no show")
    arguments.add_argument("--note", default="", help="what else the machine was doing")
    arguments.add_argument("--no-keep", action="store_true", help="do not append the line to the results")
    arguments.add_argument("--json", action="store_true", help="print the line, and nothing else")
    asked = arguments.parse_args(words)
    counts = [int(word) for word in asked.dancers.split(",")]
    audio, folder = load_audio(Path(groovecast.demo.__path__[0]) / "club.ogg"), model_folder(BUNDLED_MODEL)
    line, neighbours = origin("crew"), Neighbours()
    line["batch_ms"] = batches_ms(folder, counts)
    generator = opened(folder, DanceWishes())
    line |= {"model": BUNDLED_MODEL, "engine": generator.name, "precision": generator.precision}
    line["artefact"] = artefact(folder, generator.precision)
    budget = measured(generator, perf_counter)
    line["fit"] = {
        "dance_ms": round(1000 * budget.dance_s, 2),
        "at_once": budget.at_once(),
        "own": budget.own,
    }
    line["update_ms"] = {str(count): updates_ms(generator, audio, count, asked.seconds) for count in counts}
    line["picture_ms"], line["stream"] = {}, {}
    for count in counts:
        took, seen = pictures(generator, audio, count)
        line["picture_ms"][str(count)] = took
        line["stream"][str(count)] = {
            str(watchers): asyncio.run(stream(count, watchers, seen)) for watchers in _WATCHERS
        }
    if asked.show_dances:
        line["show"] = asyncio.run(in_the_show(generator, audio, asked.show_dances, asked.seconds))
    generator.close()
    line |= {**neighbours.figures(), "note": asked.note}
    if asked.json:
        print(json.dumps(nameless_line(line)))
    else:
        _show(line)
    if not asked.no_keep:
        keep("crew", line)


def _show(line: dict[str, object]) -> None:
    for name in ("batch_ms", "update_ms", "picture_ms"):
        print_table(name, line[name])  # type: ignore[arg-type]
        print()
    for name in ("fit", "show", "neighbours_cores", "load"):
        print(f"{name:22}{line.get(name)}")
    for dancers, rows in line["stream"].items():  # type: ignore[attr-defined]
        for watchers, row in rows.items():
            send = row["send_ms"]
            print(
                f"{dancers} dancers to {watchers}: send {send['p50']:.2f} p99 {send['p99']:.2f} ms, "
                f"{row['kb_per_s_each']} kB/s each, {row['dropped']} dropped"
            )


if __name__ == "__main__":
    main(sys.argv[1:])
