"""What desks are told while a show goes on is what is so: the outlets' rates, the sound's bands, the speed to come."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from audience import Watcher, on_stage
from hopper import Hopper
from websockets.asyncio.client import ClientConnection

from groovecast.audio.decode import Audio
from groovecast.wire.desk_messages import Mark
from groovecast.wire.moment import Moment
from realtime.clock import MonotonicClock
from realtime.input_desk import Track
from realtime.live import Show
from realtime.server import ServerSettings
from realtime.sources import FileSource

RATE_HZ = 24000


class Half:
    """An outlet that passes on every second moment and loses the others."""

    name, problem = "half", "the cable is loose"

    def __init__(self) -> None:
        self.sent = self.dropped = 0

    def send(self, moment: Moment) -> None:
        self.sent, self.dropped = (
            self.sent + (self.sent == self.dropped),
            self.dropped + (self.sent != self.dropped),
        )

    def close(self) -> None:
        """Nothing is open."""


Stage = Callable[[float], Show]


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    (tmp_path / "index.html").write_text("<title>dance</title>")

    def made(pitch_hz: float) -> Show:
        clock = MonotonicClock()
        tone = (0.3 * np.sin(2 * np.pi * pitch_hz * np.arange(20 * RATE_HZ) / RATE_HZ)).astype(np.float32)
        return Show(
            Hopper(), FileSource(Audio(tone[:, None], RATE_HZ), clock), clock, model="hopper", engine="fake",
            sinks=[Half()], server=ServerSettings(port=0), page_dir=tmp_path, track=Track("tone"),
        )  # fmt: skip

    return made


def told_at_a_desk(show: Show, seconds: float, desk: bool = True) -> Watcher:
    async def play(show: Show, line: ClientConnection, watcher: Watcher) -> None:
        show.news.marks.append(lambda: [Mark(at_s=show.clock.now_s() + 1, what="cue", name="drop")])
        await asyncio.sleep(1)
        if desk:
            await line.send(json.dumps({"type": "desk"}))
        await watcher.watch(line, seconds)

    return on_stage(show, play)


def test_a_desk_is_told_of_every_outlet_the_sound_and_the_plan_and_others_are_not(stage: Stage) -> None:
    watcher = told_at_a_desk(stage(440), 3)
    count = {
        kind: sum(text["type"] == kind for text in watcher.texts) for kind in ("outputs", "hearing", "plan")
    }
    assert 2 <= count["outputs"] <= 5 and 20 < count["hearing"] <= 65 and 12 < count["plan"] <= 35, count
    stream, half = watcher.last("outputs")["outputs"]  # type: ignore[misc]
    assert (stream["name"], half["name"], half["problem"]) == ("stream", "half", "the cable is loose")
    assert half["fps"] == pytest.approx(stream["fps"] / 2, rel=0.1) and half["dropped"] > 30
    assert 30 < stream["fps"] <= 63 and 0 <= stream["latency_ms"] < 200
    plan = watcher.last("plan")
    assert plan["marks"][0]["name"] == "drop"  # type: ignore[index]
    assert 0 <= plan["now_s"] - plan["first_s"] < 0.1  # type: ignore[operator]
    assert plan["committed_s"] < plan["first_s"] + len(plan["speed"]) / plan["fps"]  # type: ignore[arg-type, operator]
    nobody = told_at_a_desk(stage(440), 1.5, desk=False)
    assert not {"outputs", "hearing", "plan", "control"} & {text["type"] for text in nobody.texts}


def test_a_higher_tone_is_seen_in_a_higher_band(stage: Stage) -> None:
    loudest = []
    for pitch_hz in (110.0, 880.0, 5000.0):
        hearing = told_at_a_desk(stage(pitch_hz), 1.5).last("hearing")
        bands = hearing["bands"]
        assert len(bands) == 32 and all(0 <= band <= 1 for band in bands)  # type: ignore[arg-type, union-attr]
        assert hearing["level_db"] == pytest.approx(20 * np.log10(0.3 / np.sqrt(2)), abs=1)
        loudest.append(int(np.argmax(bands)))  # type: ignore[arg-type]
        assert max(bands) > 0.5  # type: ignore[type-var]
    assert loudest == sorted(set(loudest))


def test_the_speed_that_is_told_is_the_speed_that_is_danced(stage: Stage) -> None:
    from groovecast.motion.kinematics import world_from_local
    from groovecast.motion.skeleton import groovecast_skeleton

    watcher = told_at_a_desk(stage(440), 2.5)
    skeleton = groovecast_skeleton()
    times_s = np.array([frame.pose.time_s for frame in watcher.frames])
    root = np.stack([frame.pose.root_m for frame in watcher.frames]).astype(np.float64)
    quat = np.stack([frame.pose.local_quat_wxyz[:22] for frame in watcher.frames]).astype(np.float64)
    place, _ = world_from_local(root, quat, skeleton.rest_offset_m.astype(np.float64), skeleton.parents)
    moved = np.linalg.norm(np.diff(place, axis=0), axis=-1).mean(axis=-1) / np.diff(times_s)
    checked, off = 0, []
    for plan in (text for text in watcher.texts if text["type"] == "plan"):
        first_s, fps = float(plan["first_s"]), float(plan["fps"])  # type: ignore[arg-type]
        for number, speed in enumerate(plan["speed"]):  # type: ignore[arg-type, var-annotated]
            at_s = first_s + number / fps
            if at_s < float(plan["committed_s"]):  # type: ignore[arg-type]
                during = moved[(times_s[1:] > at_s - 1 / fps) & (times_s[1:] <= at_s + 1e-6)]
                if len(during) == 2:
                    checked += 1
                    off.append(abs(speed - during.mean()))
    assert checked > 20
    assert np.median(off) < 0.02 and np.median(moved) > 0.02
