"""How long after a control is turned the first pose that it has changed arrives: a whole show, and two that watch it.

python -m benchmarks.control [--turns 200] [--note TEXT] [--no-keep]

The show is the real command in a process of its own; a client turns a control, which is timed from before it is sent.
What is done on the way out (place, mirror, blackout) is turned while the figure is frozen: the first pose that is
another than the one before shows it. What goes into the plan (intensity, style) is seen in the first pose of a plan
that was made after the turn. Two clients watch: one as clients do by default (poses leave 80 ms before their time), one
that looks half a second ahead and so is told of a new plan as soon as it is made.
"""

import argparse
import asyncio
import json
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from time import monotonic

import numpy as np
from websockets.asyncio.client import ClientConnection, connect

from benchmarks.fanout import Server
from benchmarks.record import Metronome, Neighbours, keep, origin, percentiles, print_table
from groovecast.motion.buffer import REACH_FRAMES
from groovecast.wire.frame import Frame, decode_frame
from groovecast.wire.messages import BINARY_SUBPROTOCOL

_FPS, _PLAN_FPS = 60, 30
_STRIDE_S, _LOOK_AHEAD_S = 8 / _PLAN_FPS, 0.2
# The promise: what is shown is another within one update (of the frame loop, or of the plan) and so much.
_PROMISED_S = 0.05
_AHEAD_S = {"default": None, "half a second ahead": 0.5}
_ON_THE_WAY = {
    "place_x_m": (1.5, 0.0),
    "heading_deg": (40.0, 0.0),
    "mirror": (True, False),
    "blackout": (True, False),
}
_IN_THE_PLAN = {"intensity": (0.2, 1.8), "style": ("salsa", "street")}
_WARM_UP_S, _PATIENCE_S = 3.0, 5.0
_PAUSE_S = 0.9, 1.3  # longer than the longest glide, and at no fixed place in the show's own periods


@dataclass
class Watch:
    """A client, and every pose that came to it."""

    line: ClientConnection
    came: list[tuple[float, Frame]] = field(default_factory=list)

    async def read(self) -> None:
        """Until the show ends."""
        async for said in self.line:
            if isinstance(said, bytes):
                self.came.append((monotonic(), decode_frame(said)))
                del self.came[
                    : len(self.came) - 4 * _FPS
                ]  # a look-ahead sends many anew: seconds, in any case

    async def first_s(self, turned_s: float, in_plan: bool, before: Frame) -> float | None:
        """When the first pose came that the turn has changed; None when none did."""
        end_s = monotonic() + _PATIENCE_S
        looked_s = turned_s
        while monotonic() < end_s:
            for came_s, frame in [one for one in self.came if one[0] > looked_s]:
                looked_s = came_s
                if _planned_after(frame, turned_s) if in_plan else _differs(frame, before):
                    return came_s
            await asyncio.sleep(0.002)
        return None


def _differs(frame: Frame, before: Frame) -> bool:
    one, other = frame.pose, before.pose
    return not (
        np.array_equal(one.root_m, other.root_m)
        and np.array_equal(one.local_quat_wxyz, other.local_quat_wxyz)
    )


def _planned_after(frame: Frame, turned_s: float) -> bool:
    """Whether it is of a plan that was made after the turn: that plan's newest sound is so old as its first frame."""
    first_s = frame.t_capture_s + _LOOK_AHEAD_S - REACH_FRAMES / _PLAN_FPS
    return frame.t_capture_s > turned_s and frame.pose.time_s > first_s


async def _turned(port: int, turns: int, seed: int) -> dict[str, dict[str, list[float]]]:
    """Milliseconds from turn to arrival, by client and control."""
    chance = random.Random(seed)
    url = f"ws://127.0.0.1:{port}/ws"
    took: dict[str, dict[str, list[float]]] = {name: {} for name in _AHEAD_S}
    watches: dict[str, Watch] = {}
    for name, ahead_s in _AHEAD_S.items():
        line = await connect(url, subprotocols=[BINARY_SUBPROTOCOL], compression=None, proxy=None)  # type: ignore[list-item]
        if ahead_s is not None:
            await line.send(json.dumps({"type": "subscribe", "look_ahead_s": ahead_s}))
        watches[name] = Watch(line)
    desk = await connect(url, subprotocols=[BINARY_SUBPROTOCOL], compression=None, proxy=None)  # type: ignore[list-item]
    await desk.send(json.dumps({"type": "subscribe", "fps": 1}))
    reading = [asyncio.create_task(watch.read()) for watch in watches.values()]
    reading.append(asyncio.create_task(Watch(desk).read()))

    async def turn(control: str, value: object) -> float:
        turned_s = monotonic()
        await desk.send(json.dumps({"type": "set", "name": control, "value": value}))
        return turned_s

    await asyncio.sleep(_WARM_UP_S)
    for controls, in_plan in ((_ON_THE_WAY, False), (_IN_THE_PLAN, True)):
        await turn("freeze", not in_plan)
        await asyncio.sleep(_PAUSE_S[1])
        for number in range(turns * len(controls) // (len(_ON_THE_WAY) + len(_IN_THE_PLAN))):
            control = list(controls)[number % len(controls)]
            value = controls[control][number // len(controls) % 2]
            await asyncio.sleep(chance.uniform(*_PAUSE_S))
            before = {name: watch.came[-1][1] for name, watch in watches.items()}
            turned_s = await turn(control, value)
            waits = [watch.first_s(turned_s, in_plan, before[name]) for name, watch in watches.items()]
            for name, came_s in zip(watches, await asyncio.gather(*waits), strict=True):
                if came_s is None:
                    raise RuntimeError(f"turned {control} to {value}, no pose has changed in {_PATIENCE_S} s")
                took[name].setdefault(control, []).append(1000 * (came_s - turned_s))
    for task in reading:
        task.cancel()
    await asyncio.gather(*reading, return_exceptions=True)
    for line in (desk, *(watch.line for watch in watches.values())):
        await line.close()
    return took


def main(words: Sequence[str] | None = None) -> None:
    """Measure, print a table, and append the line."""
    arguments = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    arguments.add_argument("--turns", type=int, default=200)
    arguments.add_argument("--seed", type=int, default=1, help="another number, other moments")
    arguments.add_argument("--note", default="", help="kept with the line")
    arguments.add_argument("--no-keep", action="store_true", help="do not append the line to the results")
    asked = arguments.parse_args(words)
    line = origin("control") | {"turns": asked.turns, "note": asked.note}
    neighbours = Neighbours()
    with Server(show=True) as server, Metronome() as metronome:
        took = asyncio.run(_turned(server.port, asked.turns, asked.seed))
    line |= {"neighbours": neighbours.figures(), "sleeper_late_ms": metronome.late_ms()}
    for name, controls in took.items():
        rows = {control: percentiles(values) for control, values in controls.items()}
        for what, names, update_s in (
            ("on the way out", _ON_THE_WAY, 1 / _FPS),
            ("in the plan", _IN_THE_PLAN, _STRIDE_S),
        ):
            together = [value for control in names for value in controls[control]]
            rows[what] = percentiles(together)
            promised_ms = 1000 * (update_s + _PROMISED_S)
            kept = float(np.mean([value <= promised_ms for value in together]))
            line[f"{name}: {what}"] = rows[what] | {
                "promised_ms": round(promised_ms, 1),
                "kept": round(kept, 4),
            }
            print(f"{name}, {what}: {100 * kept:.1f} % within {promised_ms:.0f} ms")
        line[name] = rows
        print_table(f"{name}, ms", rows)
    if not asked.no_keep:
        keep("control", line)


if __name__ == "__main__":
    main()
