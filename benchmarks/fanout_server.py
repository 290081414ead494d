"""A real server of poses in a process of its own, fed by a figure that moves all its joints, without a model.

python -m benchmarks.fanout_server

It says where it serves as the show does, and ends when its input does. A pose's t_capture is when it was sent.
"""

import asyncio
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from time import monotonic
from typing import Literal

import numpy as np
from jaxtyping import Float32

from benchmarks.wire import moving_frames
from groovecast.wire.desk_messages import CalibrateWish, CueWish, LearnWish, ToDesk, Value
from groovecast.wire.live_sound import LiveSound
from groovecast.wire.messages import Percentiles, State
from groovecast.wire.moment import Moment
from realtime.server import PoseServer, ServerSettings

_FPS = 60
_STATES_EVERY = 15  # frames
_FIGURES = 600
_MOST_CLIENTS = 4096


class Nobody:
    """Answers what clients ask of a show: there is none."""

    def set(self, name: str, value: Value, by: str = "") -> None:
        """Nothing can be turned."""
        raise ValueError(f"asked to set {name}: this server only sends poses")

    def tap(self, at_s: float) -> None:
        """Nobody listens."""

    def greeting(self) -> Iterable[ToDesk]:
        """There is no desk."""
        return ()

    def hear_desk(self, said: CueWish | LearnWish | CalibrateWish, by: str) -> None:
        """There is no desk."""

    async def song(
        self, client: object, title: str, samples: Float32[np.ndarray, " samples"], sample_rate_hz: int
    ) -> None:
        """Nobody dances."""

    def take_input(self, client: object, kind: Literal["microphone", "tab"], label: str) -> None:
        """Nobody listens."""

    def leave_input(self, client: object) -> None:
        """Nobody sends."""

    def hear_input(self, client: object, sound: LiveSound) -> None:
        """Nobody listens."""


async def serve() -> None:
    """Send sixty poses a second until the input ends."""
    figures = [frame.pose for frame in moving_frames(_FIGURES)]
    ended = asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    settings = ServerSettings(port=0, fps=_FPS, max_clients=_MOST_CLIENTS)
    with tempfile.TemporaryDirectory() as page:
        async with PoseServer(settings, Path(page), Nobody(), monotonic) as server:
            print(server.url, file=sys.stderr, flush=True)
            begin_s, tick = monotonic(), 0
            while not ended.done():
                due_s = begin_s + tick / _FPS
                wait_s = due_s - monotonic()
                await asyncio.sleep(max(wait_s, 0))
                tick += max(1, int(-wait_s * _FPS))
                figure = figures[tick % _FIGURES]
                pose = type(figure)(
                    due_s + settings.look_ahead_s, figure.root_m, figure.local_quat_wxyz, figure.contacts
                )
                server.send(Moment(pose, due_s * 2, 120.0, 0.5, t_capture_s=monotonic(), confidence=1.0))
                if tick % _STATES_EVERY == 0:
                    server.publish(_STATE)


_STATE = State(
    tempo_bpm=120.0,
    confidence=1.0,
    energy=0.5,
    silent=False,
    model="",
    engine="",
    fps=_FPS,
    misses=0,
    latency_ms=Percentiles(),
)

if __name__ == "__main__":
    asyncio.run(serve())
