"""Who watches a show in the tests: a client on a real socket that keeps all it gets, and a stage that ends cleanly."""

import asyncio
import socket
import sys
import threading
from collections.abc import Callable, Coroutine
from itertools import pairwise

import msgspec
import numpy as np
import pytest
from websockets.asyncio.client import ClientConnection, connect

from groovecast.wire.frame import Frame, decode_frame
from groovecast.wire.messages import BINARY_SUBPROTOCOL
from realtime.live import Show

OURS = "groovecast-"  # how our threads' names begin
_LAST_PLAN_S = 10.0


class Watcher:
    """A client that keeps every pose, with the time at which it came, and every text."""

    def __init__(self) -> None:
        self.frames: list[Frame] = []
        self.came_s: list[float] = []
        self.texts: list[dict[str, object]] = []

    async def watch(self, line: ClientConnection, seconds: float) -> None:
        """Read what comes for so long."""
        loop = asyncio.get_running_loop()
        end_s = loop.time() + seconds
        while (left_s := end_s - loop.time()) > 0:
            try:
                said = await asyncio.wait_for(line.recv(), left_s)
            except TimeoutError:
                return
            if isinstance(said, str):
                self.texts.append(msgspec.json.decode(said))
            else:
                frame = decode_frame(said)
                self.frames.append(frame)
                self.came_s.append(loop.time())

    def last(self, kind: str) -> dict[str, object]:
        """The newest text of that type."""
        return next(text for text in reversed(self.texts) if text["type"] == kind)

    @property
    def longest_gap_s(self) -> float:
        """The longest time in which no pose came."""
        return max(later - sooner for sooner, later in pairwise(self.came_s))

    def stillness_s(self, within: float = 1e-6) -> float:
        """The longest time for which no joint moved."""
        longest = still_s = 0.0
        for before, after in pairwise(self.frames):
            turned = np.abs(after.pose.local_quat_wxyz - before.pose.local_quat_wxyz).max()
            still_s = still_s + after.pose.time_s - before.pose.time_s if turned < within else 0.0
            longest = max(longest, still_s)
        return longest


Play = Callable[[Show, ClientConnection, Watcher], Coroutine[None, None, None]]


def on_stage(show: Show, play: Play) -> Watcher:
    """Run a show, watch it over a real socket while `play` goes, end it, and make sure that nothing is left."""
    watcher = Watcher()

    async def run() -> None:
        ready = asyncio.Event()
        running = asyncio.create_task(show.run(None, ready))
        first, _ = await asyncio.wait(
            (running, asyncio.create_task(ready.wait())), return_when=asyncio.FIRST_COMPLETED
        )
        assert running not in first, running.exception()
        url = f"ws://127.0.0.1:{show.server.port}/ws"
        async with connect(url, subprotocols=[BINARY_SUBPROTOCOL], proxy=None, compression=None) as line:  # type: ignore[list-item]
            await play(show, line, watcher)
        running.cancel()
        await asyncio.wait((running,), timeout=5)
        assert running.done()

    interval_s = sys.getswitchinterval()
    asyncio.run(run())
    for thread in threading.enumerate():  # on a busy machine a plan may outlast the show by seconds
        if thread.name.startswith(OURS):
            thread.join(_LAST_PLAN_S)
    assert not our_threads(), our_threads()
    with pytest.raises(OSError), socket.create_connection(("127.0.0.1", show.server.port), timeout=1):
        pass
    assert sys.getswitchinterval() == interval_s
    return watcher


def watching(seconds: float) -> Play:
    async def play(_show: Show, line: ClientConnection, watcher: Watcher) -> None:
        await watcher.watch(line, seconds)

    return play


def our_threads() -> list[str]:
    """The threads of a show that still run."""
    return [thread.name for thread in threading.enumerate() if thread.name.startswith(OURS)]
