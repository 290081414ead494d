"""What a wild OSC controller costs the frame loop: messages a second, by what they say, and each frame's share.

python -m benchmarks.controllers [--seconds 2] [--rate 1000] [--no-keep]

A desk with the show's own controls ticks 60 times a second; a second process sends over UDP on loopback, evenly.
Percent are of one core, measured by the process's own time, less what the desk costs with nobody sending.
"""

import argparse
import asyncio
import subprocess
import sys
from collections.abc import Sequence
from time import monotonic, process_time, sleep

from benchmarks.record import Neighbours, Stopwatch, keep, origin, percentiles, print_table
from realtime.controllers.listening import Address
from realtime.controllers.osc_in import OscIn
from realtime.dance_settings import DanceSettings
from realtime.desk.controls import beat_controls, crew_controls, cue_controls, dance_controls, show_controls
from realtime.desk.desk import Desk

_FPS = 60
_STYLES = ("salsa", "street", "modern", "indian", "break", "martial")
# what is sent, in words of Python, n counting the messages
_KINDS = {
    "one fader": "('intensity', n % 100 / 100)",
    "every control": "(names[n % len(names)], n % 2 * 1.0)",
    "nothing that can be": "(('intensity', float('nan')), ('none', 1.0), ('style', 'waltz'), ('mirror', 'x'))[n % 4]",
    "patterns, each another": "('*' + str(n % 1000) + '*', 1.0)",
}  # fmt: skip
_SENDER = """
import sys, time
from pythonosc.udp_client import SimpleUDPClient
port, rate, seconds, names = int(sys.argv[1]), float(sys.argv[2]), float(sys.argv[3]), sys.argv[4].split(',')
client = SimpleUDPClient('127.0.0.1', port)
input()
begin, n = time.monotonic(), 0
while n < rate * seconds:
    name, value = {kind}
    client.send_message('/groovecast/' + name, value)
    n += 1
    ahead = begin + n / rate - time.monotonic()
    if ahead > 0.002:
        time.sleep(ahead)
"""


def run_of(kind: str | None, rate: float, seconds: float) -> dict[str, object]:
    """What a frame costs while these messages come; None: while none come."""
    controls = (
        *dance_controls(_STYLES, DanceSettings()),
        *show_controls(),
        *beat_controls(("auto", "tracker", "tap")),
        *cue_controls(),
        *crew_controls(_STYLES, 1),
    )
    desk = Desk(controls, monotonic)
    osc = OscIn(desk, Address("127.0.0.1", 0))
    asyncio.run(osc.start())
    names = ",".join(control.name for control in controls)
    program = _SENDER.format(kind=_KINDS[kind or "one fader"])
    words = [sys.executable, "-c", program, str(osc.port), str(rate), str(seconds), names]
    frames = Stopwatch()
    with subprocess.Popen(words, stdin=subprocess.PIPE, text=True) as sender:
        assert sender.stdin is not None
        sleep(0.5)
        if kind is not None:
            sender.stdin.write("go\n")
            sender.stdin.flush()
        begin_s, core_s = monotonic(), process_time()
        for frame in range(round(seconds * _FPS)):
            with frames:
                osc.tick(monotonic())
                desk.tick(monotonic())
            sleep(max(0.0, begin_s + (frame + 1) / _FPS - monotonic()))
        took_s, core_s = monotonic() - begin_s, process_time() - core_s
        sender.kill()
    asyncio.run(osc.stop())
    return {
        "kind": kind or "nobody",
        "core_percent": round(100 * core_s / took_s, 2),
        "heard_per_s": round(osc.hands.heard / took_s),
        "refused_per_s": round(osc.hands.refused / took_s),
        "frame_ms": percentiles(frames.took_ms),
    }


def main(words: Sequence[str] | None = None) -> None:
    """Measure, print a table, and append the line."""
    arguments = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    arguments.add_argument("--seconds", type=float, default=2)
    arguments.add_argument("--rate", type=float, default=1000, help="messages a second")
    arguments.add_argument("--no-keep", action="store_true", help="do not append the line to the results")
    asked = arguments.parse_args(words)
    line: dict[str, object] = origin("controllers") | {"rate_per_s": asked.rate, "seconds": asked.seconds}
    neighbours = Neighbours()
    runs = [run_of(kind, asked.rate, asked.seconds) for kind in (None, *_KINDS)]
    line |= {"runs": runs, **neighbours.figures()}
    print_table("a frame, ms", {str(run["kind"]): run["frame_ms"] for run in runs})  # type: ignore[misc]
    for name in ("core_percent", "heard_per_s", "refused_per_s"):
        print(f"{name:24}" + "  ".join(str(run[name]) for run in runs))
    if not asked.no_keep:
        keep("controllers", line)


if __name__ == "__main__":
    main()
