"""A show without a model: a real server in a thread of its own that sends a dance known at every moment."""

import asyncio
import threading
import time
from contextlib import AsyncExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
from clients.rough_network import Roughness, RoughNetwork

from groovecast.motion.kinematics import world_from_local
from groovecast.motion.pose import Pose
from groovecast.motion.rotation import quat_from_axis_angle, quat_multiply
from groovecast.motion.skeleton import groovecast_skeleton
from groovecast.wire.moment import Moment
from realtime.server import PoseServer, ServerSettings

FPS = 60
AHEAD_S = 0.5
EPOCH_S = 5000.0  # the server's clock is not the client's


def dance(time_s: float) -> Pose:
    """A figure that sways and waves, all 52 joints, the same at the same time."""
    joints = groovecast_skeleton().joints
    phase = 2 * np.pi * 1.1 * time_s + 0.7 * np.arange(joints)
    size = np.where(np.arange(joints) < 22, 0.35, 0.15)
    turns = size[:, None] * np.stack((np.sin(phase), 0.6 * np.cos(1.3 * phase), np.sin(0.7 * phase)), axis=-1)
    quat = quat_from_axis_angle(turns)
    quat[0] = quat_multiply(np.array([np.cos(0.4 * time_s), 0, np.sin(0.4 * time_s), 0]), quat[0])
    root = np.array(
        [0.4 * np.sin(0.9 * time_s), 0.92 + 0.03 * np.sin(7 * time_s), 0.3 * np.cos(0.5 * time_s)]
    )
    contacts = np.array([np.sin(3 * time_s) > 0] * 2 + [np.sin(3 * time_s) <= 0] * 2)
    return Pose(time_s, root.astype(np.float32), quat.astype(np.float32), contacts)


def joints_of(root_m: np.ndarray, local_quat_wxyz: np.ndarray) -> np.ndarray:
    """Where the joints of such poses are, batch first."""
    skeleton, root, quat = (
        groovecast_skeleton(),
        np.asarray(root_m, float),
        np.asarray(local_quat_wxyz, float),
    )
    return world_from_local(root, quat, skeleton.rest_offset_m.astype(float), skeleton.parents)[0]


def speeds(times_s: np.ndarray, places_m: np.ndarray) -> np.ndarray:
    """Of every joint from frame to frame, metres a second."""
    return np.linalg.norm(np.diff(places_m, axis=0), axis=-1) / np.diff(times_s)[:, None]


def source_speed() -> float:
    """What 99.9 % of the dance's frames stay under."""
    times = np.arange(0, 30, 1 / FPS)
    poses = [dance(float(time_s)) for time_s in times]
    places = joints_of(np.stack([p.root_m for p in poses]), np.stack([p.local_quat_wxyz for p in poses]))
    return float(np.percentile(speeds(times, places), 99.9))


class _NoDesk:
    """Nothing can be turned here."""

    def __getattr__(self, name: str) -> object:
        raise ValueError(f"asked for {name}, this show has no controls")

    def leave_input(self, client: object) -> None:
        """Nobody sends."""


class LightShow:
    """`with LightShow() as show:` a client may connect to `show.port`, or to `show.rough_port` if it was asked for."""

    def __init__(
        self, page_dir: Path, port: int = 0, token: str | None = None, rough: Roughness | None = None
    ) -> None:
        self.port, self.rough_port = port, 0
        self.longest_gap_s = 0.0  # between two looks at what is due: the machine was busy with something else
        self._settings = ServerSettings(port=port, token=token)
        self._page_dir, self._rough = page_dir, rough
        self._ready, self._loop = threading.Event(), asyncio.new_event_loop()
        self._ended = asyncio.Event()
        self._fault: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="light show")

    def now_s(self) -> float:
        """The server's clock."""
        return time.monotonic() + EPOCH_S

    def __enter__(self) -> Self:
        self._thread.start()
        self._ready.wait()
        if self._fault is not None:
            raise self._fault
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._ended.set)
        self._thread.join()

    def _run(self) -> None:
        try:
            self._loop.run_until_complete(self._show())
        except BaseException as fault:
            self._fault = fault
            self._ready.set()
        finally:
            self._loop.close()

    async def _show(self) -> None:
        async with AsyncExitStack() as stack:
            server = await stack.enter_async_context(
                PoseServer(self._settings, self._page_dir, _NoDesk(), self.now_s)  # type: ignore[arg-type]
            )
            self.port = server.port
            if self._rough is not None:
                network = await stack.enter_async_context(RoughNetwork(server.port, self._rough))
                self.rough_port = network.port
            self._ready.set()
            tick, looked_s = int(self.now_s() * FPS), self.now_s()
            while not self._ended.is_set():
                self.longest_gap_s = max(self.longest_gap_s, self.now_s() - looked_s)
                looked_s = self.now_s()
                while tick / FPS <= self.now_s() + AHEAD_S:
                    server.send(Moment(dance(tick / FPS), tick / FPS * 2, 120.0, 0.5, tick / FPS - 0.2))
                    tick += 1
                await asyncio.sleep(1 / FPS)
