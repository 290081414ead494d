"""A show watched from farther ahead than it is planned: what changes in time comes again, and is what is danced."""

from pathlib import Path

import msgspec
import numpy as np
from audience import Watcher, on_stage
from command import club
from hopper import Hopper
from websockets.asyncio.client import ClientConnection

from groovecast.audio.decode import Audio
from groovecast.wire.frame import Frame
from realtime.clock import MonotonicClock
from realtime.input_desk import Track
from realtime.live import Show
from realtime.server import ServerSettings
from realtime.sources import FileSource

RATE_HZ, FPS, AHEAD_S = 24000, 60, 0.4


async def from_afar(_show: Show, line: ClientConnection, watcher: Watcher) -> None:
    wish = {"type": "subscribe", "look_ahead_s": AHEAD_S, "blocks": ["contacts", "beat"]}
    await line.send(msgspec.json.encode(wish).decode())
    await watcher.watch(line, 4)


def test_who_looks_far_ahead_gets_what_was_planned_anew_again_and_ends_with_one_smooth_dance(
    tmp_path: Path,
) -> None:
    clock = MonotonicClock()
    source = FileSource(Audio(club(60, RATE_HZ)[:, None], RATE_HZ), clock, title="club")
    show = Show(
        Hopper(), source, clock, model="hopper", engine="fake",
        server=ServerSettings(port=0), page_dir=tmp_path, track=Track("club"),
    )  # fmt: skip
    watcher = on_stage(show, from_afar)
    assert watcher.last("subscribed")["look_ahead_s"] == AHEAD_S
    had: dict[float, Frame] = {}
    revised = 0
    for frame in watcher.frames:
        before = had.get(frame.pose.time_s)
        assert before is None or frame.revision > before.revision
        assert before is None or (
            before.seq == frame.seq and np.abs(before.pose.root_m - frame.pose.root_m).max() < 0.2
        )
        revised += frame.revision > 0
        had[frame.pose.time_s] = frame
    assert revised > 20
    times_s = sorted(had)
    steps = np.diff(times_s) * FPS
    assert np.abs(steps - np.round(steps)).max() < 1e-3
    early_s = np.array([frame.pose.time_s for frame in watcher.frames]) - np.array(watcher.came_s)
    assert early_s.max() > AHEAD_S - 0.05
    asked = [frame for frame in watcher.frames if frame.blocks]
    assert len(asked) > 0.8 * len(watcher.frames)
    assert all(frame.contact_places_m is not None for frame in asked)
    assert any(frame.next_beat is not None for frame in asked)
    if show.dancer.counts.misses:
        return  # a plan that came after its first frame was due changes what has been seen already
    known_s = [time_s for time_s in times_s if _stands(show, time_s)]
    assert len(known_s) > 20
    for time_s in known_s:
        danced = show.dancer.show(time_s)
        np.testing.assert_allclose(had[time_s].pose.local_quat_wxyz, danced.local_quat_wxyz, atol=2e-5)


def _stands(show: Show, time_s: float) -> bool:
    """It lies in the plan that stands at the end, and was over before that was made."""
    return show.dancer.planned_from_s - 1.5 < time_s < show.dancer.planned_from_s - 0.2
