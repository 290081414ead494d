"""A crew in a real show: clients are told who is there and see them all, a desk calls more, and each has its take."""

import json
from pathlib import Path

import numpy as np
import pytest
from audience import Watcher, on_stage
from command import club, song_file, told
from hopper import Hopper
from websockets.asyncio.client import ClientConnection

from groovecast.audio.decode import Audio
from groovecast.takes.bvh import motion_from_bvh, read_bvh
from realtime.clock import MonotonicClock
from realtime.crew_budget import CrewBudget, measured
from realtime.dance_settings import DanceSettings
from realtime.live import Show
from realtime.server import ServerSettings
from realtime.sources import FileSource

RATE_HZ = 24000


@pytest.fixture
def show(tmp_path: Path) -> Show:
    (tmp_path / "index.html").write_text("<title>dance</title>")
    clock = MonotonicClock()
    source = FileSource(Audio(club(60, RATE_HZ)[:, None], RATE_HZ), clock, title="club")
    return Show(
        Hopper(), source, clock, model="hopper", engine="fake", server=ServerSettings(port=0),
        page_dir=tmp_path, settings=DanceSettings(dancers=3),
    )  # fmt: skip


def test_a_client_sees_all_who_dance_and_those_who_are_called(show: Show) -> None:
    async def play(show: Show, line: ClientConnection, watcher: Watcher) -> None:
        await watcher.watch(line, 1.0)
        assert {frame.dancer for frame in watcher.frames} == {0, 1, 2}
        assert [one["name"] for one in watcher.last("crew")["dancers"]] == [
            "dancer 1",
            "dancer 2",
            "dancer 3",
        ]  # type: ignore[union-attr, index]
        for name, value in (("dancers", 5), ("unison", False), ("formation", "wedge")):
            await line.send(json.dumps({"type": "set", "name": name, "value": value}))
        await watcher.watch(line, 2.5)

    watcher = on_stage(show, play)
    last = {frame.dancer: frame for frame in watcher.frames}
    assert sorted(last) == [0, 1, 2, 3, 4]
    crew = watcher.last("crew")["dancers"]
    assert len(crew) == 5 and len({one["seed"] for one in crew}) == 5  # type: ignore[arg-type, index]
    for one in crew:  # type: ignore[attr-defined]
        away_m = np.array(one["place_m"])[[0, 2]] - last[one["dancer"]].pose.root_m[[0, 2]]
        assert np.abs(away_m).max() < 0.3, "they are where clients are told that they stand"
    assert len(show.dancer.settings.voices) == 5


def test_offline_there_is_a_take_for_everybody(tmp_path: Path) -> None:
    song = song_file(tmp_path / "club.wav", club(3, RATE_HZ), RATE_HZ)
    done = told(
        "play", str(song), "--offline", "--record", str(tmp_path / "take.bvh"), "--dancers", "2", "--json"
    )
    assert done.status == 0, done.err
    report = json.loads(done.out)
    assert [Path(take).name for take in report["takes"]] == ["take.bvh", "take-2.bvh"]
    first, second = (motion_from_bvh(read_bvh(Path(take))) for take in report["takes"])
    assert first.frames == second.frames == pytest.approx(90, abs=2)
    assert np.abs(second.root_m[:, 0] - first.root_m[:, 0]) == pytest.approx(1.5, abs=1e-3), "in a line"
    assert np.abs(second.root_m[:, 1] - first.root_m[:, 1]).max() < 1e-4, "in unison"


@pytest.mark.parametrize("dancers", ["0", "17"])
def test_a_crew_that_there_cannot_be_is_refused_in_one_line(dancers: str) -> None:
    done = told("demo", "--dancers", dancers)
    assert done.status != 0 and f"asked for {dancers} dancers: give 1 to 16" in done.err


def test_what_a_machine_can_plan_is_measured_once_and_by_the_clock() -> None:
    class Slow(Hopper):
        batch, now_s = 4, 0.0

        def warm(self) -> None:
            self.now_s += 0.04

        def plan_all(self, asks):  # type: ignore[no-untyped-def]
            raise AssertionError("nobody dances yet")

    slow = Slow()
    budget = measured(slow, lambda: slow.now_s)
    assert budget.dance_s == pytest.approx(0.01), "a call for four is 40 ms"
    assert (budget.at_once(), budget.own) == (7, 14)
    assert budget.at_once(0.06) == 3, "with less look-ahead fewer fit into a plan"
    assert measured(Hopper(), lambda: 0.0) == CrewBudget() and CrewBudget().own == 16
    assert CrewBudget(10.0).own == 2, "two take turns wherever one can be planned"
