"""How smooth a client's picture is through a bad network: its joints' speeds beside the source's.

python -m benchmarks.rough_network [--seconds 60] [--delay-ms 40] [--jitter-ms 30] [--loss 0.02] [--seed 1] [--no-keep]

A real show dances in a second process and the network is a third (tests/clients/rough_network.py, so this runs in a
checkout). Here the Python client draws sixty times a second: on loopback, through that network, and through it as TCP
would be, where nothing is lost but late. The source is what the server sent last for each moment.
"""

import argparse
import asyncio
import re
import subprocess
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.loop import begun
from benchmarks.record import Metronome, Neighbours, keep, origin
from groovecast.motion.kinematics import world_from_local
from groovecast.motion.skeleton import groovecast_skeleton

if TYPE_CHECKING:
    from groovecast_client import Client, Frame, Pose

FPS = 60
LIMIT = 1.2  # of the source's p99.9: a faster step is seen as a jump
_SHARES = {"p50": 50.0, "p95": 95.0, "p99": 99.0, "p999": 99.9, "max": 100.0}
_WARM_UP_S, _MARGIN_S = 3.0, 12.0
_NETWORK = Path(__file__).resolve().parents[1] / "tests" / "clients" / "rough_network.py"


def joints_m(poses: "Sequence[Frame | Pose]") -> np.ndarray:
    """Where all joints are in each pose."""
    bones = groovecast_skeleton()
    root_m = np.stack([pose.root_m for pose in poses]).astype(np.float64)
    quat = np.stack([pose.local_quat_wxyz for pose in poses]).astype(np.float64)
    return world_from_local(root_m, quat, bones.rest_offset_m.astype(np.float64), bones.parents)[0]


def step_speeds(poses: "Sequence[Frame | Pose]", time_s: Sequence[float]) -> np.ndarray:
    """How fast each joint goes from one picture to the next, m/s; steps of another length are left out."""
    step_s = np.diff(time_s)
    speeds: np.ndarray = np.linalg.norm(np.diff(joints_m(poses), axis=0), axis=-1) / step_s[:, None]
    return speeds[np.abs(step_s - 1 / FPS) < 2e-3]


def shares(speeds: np.ndarray) -> dict[str, float]:
    """Percentiles in m/s."""
    return {name: round(float(np.percentile(speeds, share)), 3) for name, share in _SHARES.items()}


async def drawn(client: "Client", seconds: float) -> tuple[list["Pose"], list[float], float]:
    """The poses of so many pictures, their times, and how late the latest was drawn."""
    while client.pose_at() is None:
        await asyncio.sleep(0.01)
    poses, times, latest_s = [], [], 0.0
    begin_s = monotonic() + _WARM_UP_S
    for tick in range(round(seconds * FPS)):
        due_s = begin_s + tick / FPS
        await asyncio.sleep(max(0.0, due_s - monotonic()))
        latest_s = max(latest_s, monotonic() - due_s)
        if (pose := client.pose_at(due_s)) is not None:
            poses.append(pose)
            times.append(due_s)
    return poses, times, latest_s


async def sent(client: "Client", frames: "dict[int, Frame]") -> None:
    """Keep what the server sent last for each moment, until cancelled."""
    async for frame in client.frames():
        moment = round(frame.t_present_s * 1e6)
        known = frames.get(moment)
        if known is None or frame.revision >= known.revision:
            frames[moment] = frame


async def measured(
    ports: dict[str, int], seconds: float
) -> tuple[dict[str, dict[str, float]], dict[str, object]]:
    """Speeds of the source and of each way, and what else each client told."""
    from groovecast_client import connect

    frames: dict[int, Frame] = {}
    async with connect(f"127.0.0.1:{ports['loopback']}") as source:
        keeping = asyncio.create_task(sent(source, frames))
        clients = {name: connect(f"127.0.0.1:{port}") for name, port in ports.items()}
        try:
            for client in clients.values():
                await client.__aenter__()
            seen = await asyncio.gather(*(drawn(client, seconds) for client in clients.values()))
        finally:
            keeping.cancel()
            for client in clients.values():
                await client.close()
    line = sorted(frames.values(), key=lambda frame: frame.t_present_s)
    from_source = step_speeds(line, [frame.t_present_s for frame in line])
    limit = LIMIT * float(np.percentile(from_source, 99.9))
    speeds = {"source": shares(from_source)}
    told: dict[str, object] = {
        "source": {"frames": len(line), "steps_over": int((from_source > limit).any(axis=1).sum())}
    }
    for (name, client), (poses, times, latest_s) in zip(clients.items(), seen, strict=True):
        steps, counts = step_speeds(poses, times), client.counts
        speeds[name] = shares(steps)
        told[name] = {
            "p999_of_source": round(speeds[name]["p999"] / speeds["source"]["p999"], 3),
            "pictures": len(poses),
            "pictures_held": sum(pose.held for pose in poses),
            "steps_over": int((steps > limit).any(axis=1).sum()),
            "received": counts.received,
            "revised": counts.revised,
            "late": counts.late,
            "starved": counts.starved,
            "dropped_here": counts.dropped_here,
            "added_delay_ms": round(1000 * counts.delay_s, 1),
            "latest_picture_ms": round(1000 * latest_s, 1),
        }
    return speeds, told


def networked(stack: ExitStack, port: int, words: Sequence[str]) -> int:
    """A bad network before that port, until the stack is left; the port where it listens."""
    command = [sys.executable, str(_NETWORK), f"127.0.0.1:{port}", *words]
    process = stack.enter_context(subprocess.Popen(command, stdout=subprocess.PIPE, text=True))
    stack.callback(process.terminate)
    assert process.stdout is not None
    found = re.search(r"http://127\.0\.0\.1:(\d+)/", process.stdout.readline())
    if found is None:
        raise RuntimeError(f"asked for a rough network, {_NETWORK.name} ended")
    return int(found[1])


def main(words: list[str] | None = None) -> None:
    """Measure, print a table, and append the line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seconds", type=float, default=60.0)
    for name, value in (("--delay-ms", 40.0), ("--jitter-ms", 30.0), ("--loss", 0.02), ("--seed", 1)):
        parser.add_argument(name, type=type(value), default=value)
    parser.add_argument("--note", help="what a reader of the line should know")
    parser.add_argument("--no-keep", action="store_true", help="do not append the line to the results")
    asked = parser.parse_args(words)
    try:
        import groovecast_client  # noqa: F401
    except ImportError:
        sys.exit("asked for the Python client, it is not installed: pip install ./clients/python")
    if not _NETWORK.exists():
        sys.exit(f"asked for {_NETWORK.name}, which only a checkout has: run this there")
    rough = [
        "--delay-ms", str(asked.delay_ms), "--jitter-ms", str(asked.jitter_ms), "--loss", str(asked.loss),
        "--seed", str(asked.seed),
    ]  # fmt: skip
    with ExitStack() as stack:
        server, port = begun(["demo", "--fresh", "--seconds", str(asked.seconds + _MARGIN_S)], None)
        stack.callback(server.communicate)
        stack.callback(server.terminate)
        ports = {
            "loopback": port,
            "rough": networked(stack, port, rough),
            "rough_in_order": networked(stack, port, [*rough, "--in-order"]),
        }
        neighbours = Neighbours()
        with Metronome() as metronome:
            speeds, told = asyncio.run(measured(ports, asked.seconds))
        around = {**neighbours.figures(), "control_late_ms": metronome.late_ms()}
    names = dict.fromkeys(_SHARES)
    print(f"{'m/s':16}" + "".join(f"{name:>9}" for name in names))
    for name, row in speeds.items():
        print(f"{name:16}" + "".join(f"{row[share]:9.3f}" for share in names))
    for name, figures in told.items():
        print(name, figures)
    line = origin("rough_network") | {
        "seconds": asked.seconds,
        "delay_ms": asked.delay_ms,
        "jitter_ms": asked.jitter_ms,
        "loss": asked.loss,
        "seed": asked.seed,
        "joint_speed_m_s": speeds,
        "clients": told,
        **around,
        "note": asked.note,
    }
    if not asked.no_keep:
        keep("clients", line)


if __name__ == "__main__":
    main()
