"""The whole loop as a user has it: the real command in one process, a watching client in another, for minutes.

python -m benchmarks.loop [--minutes 5] [--device] [--model NAME] [--engine NAME] [--note TEXT] [--no-keep] [--json]
"""

import argparse
import json
import re
import resource
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

import soundfile

import groovecast.demo
from benchmarks.record import Metronome, Neighbours, artefact, keep, nameless_line, origin, print_table
from benchmarks.watch import WARM_UP_S
from realtime.settings import BUNDLED_MODEL
from realtime.shows import model_folder

# What the server needs to start and the client to connect before the measured time.
_START_S = 3.0


def begun(words: list[str], env: Mapping[str, str] | None) -> tuple[subprocess.Popen[str], int]:
    """The command in a second process, and the port it serves on. Raises RuntimeError with its words."""
    command = [sys.executable, "-m", "realtime.cli", *words, "--no-browser", "--port", "0", "--json"]
    server = subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert server.stderr is not None
    said = ""
    for line in server.stderr:
        said += line
        if found := re.search(r"http://127\.0\.0\.1:(\d+)/", line):
            return server, int(found[1])
    raise RuntimeError(f"asked for `groovecast {' '.join(words)}`, it ended: {said.strip()}")


def measured(
    seconds: float, model: Sequence[str], env: Mapping[str, str] | None, device: str | None, player: list[str]
) -> dict[str, object]:
    """One run: what the client saw, what the server reports, and what both cost."""
    verb = ["demo", "--fresh"] if device is None else ["live", "--fresh", "--device", device]
    server, port = begun([*verb, *model, "--seconds", str(seconds + WARM_UP_S + _START_S)], env)
    playing = subprocess.Popen(player, env=env) if player else None
    try:
        watch = [sys.executable, "-m", "benchmarks.watch", str(port), str(seconds + WARM_UP_S)]
        seen = json.loads(subprocess.run(watch, stdout=subprocess.PIPE, check=True, text=True).stdout)
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        out, _ = server.communicate(timeout=60)
    finally:
        for process in (playing, server):
            if process is not None and process.poll() is None:
                process.terminate()
                process.wait()
    told, after = json.loads(out), resource.getrusage(resource.RUSAGE_CHILDREN)
    used_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    state = seen.pop("state")
    return {
        "engine": told["engine"],
        "precision": told["precision"],
        **seen,
        "update_ms": state["latency_ms"],
        "dropped": state["dropped"],
        "misses": told["misses"],
        "rejected": told["rejected"],
        "updates": told["updates"],
        "frames": told["frames"],
        "late_frames": told["late_frames"],
        "callback_overruns": told["audio_overruns"],
        "tempo_bpm": told["tempo_bpm"],
        "cpu_percent": round(100 * used_s / told["duration_s"], 1),
        "rss_mb": round(after.ru_maxrss / 1024, 1),
    }


def main(words: list[str] | None = None) -> None:
    """Measure, print a table, and append the line."""
    arguments = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    arguments.add_argument("--minutes", type=float, default=5)
    arguments.add_argument(
        "--device", action="store_true", help="through a virtual sound card instead of from a file"
    )
    arguments.add_argument("--model", default=BUNDLED_MODEL)
    arguments.add_argument("--engine", default="auto")
    arguments.add_argument("--precision", default="auto")
    arguments.add_argument(
        "--json", action="store_true", help="print the line to standard output, and nothing else"
    )
    arguments.add_argument("--note", default="", help="what else the machine was doing")
    arguments.add_argument("--no-keep", action="store_true", help="do not append the line to the results")
    asked = arguments.parse_args(words)
    line = origin("loop") | {"minutes": asked.minutes, "source": "device" if asked.device else "file"}
    neighbours, seconds = Neighbours(), 60 * asked.minutes
    model = ["--model", asked.model, "--engine", asked.engine, "--precision", asked.precision]
    with ExitStack() as stack:
        env, device, player = None, None, []
        if asked.device:
            from tests.fakes.sound_card import virtual_card

            card = stack.enter_context(virtual_card())
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            env, device, player = card.env, card.input_name, card.command(_song_of(seconds + 30, folder))
        with Metronome() as metronome:
            line |= measured(seconds, model, env, device, player)
    line |= {"model": asked.model, "artefact": artefact(model_folder(asked.model), str(line["precision"]))}
    line |= {"control_late_ms": metronome.late_ms(), **neighbours.figures(), "note": asked.note}
    if asked.json:
        print(json.dumps(nameless_line(line)))
    else:
        _show(line)
    if not asked.no_keep:
        keep("loop", line)


def _show(line: dict[str, object]) -> None:
    """The line as a table."""
    print_table("ms", {name: line[name] for name in ("jitter_ms", "control_late_ms", "update_ms")})  # type: ignore[misc]
    names = ("poses_per_s", "left_out", "longest_gap_ms", "lead_ms", "misses", "rejected", "late_frames")
    for name in (
        *names,
        "callback_overruns",
        "dropped",
        "cpu_percent",
        "rss_mb",
        "neighbours_cores",
        "stolen_s",
        "load",
    ):
        print(f"{name:22}{line[name]}")


def _song_of(seconds: float, folder: Path) -> Path:
    """The demo's track, over and over, as one WAV file at least that long."""
    samples, rate_hz = soundfile.read(Path(groovecast.demo.__path__[0]) / "club.ogg", dtype="int16")
    path = folder / "club.wav"
    with soundfile.SoundFile(path, "w", rate_hz, samples.shape[1]) as file:
        while file.frames < seconds * rate_hz:
            file.write(samples)
    return path


if __name__ == "__main__":
    main()
