"""The stream of a crew: whatever rate a client asks for, it gets every dancer at each of its moments."""

import asyncio
from dataclasses import replace
from itertools import pairwise

import pytest
from crew_stage import FPS, CrewNight, apart
from server_stage import BIN, On, Stage, frame, said, tell

from groovecast.wire.desk_messages import Crew, DancerOnStage
from groovecast.wire.moment import Moment
from realtime.foresight import Foresight
from realtime.timeline import Timeline, View

THREE = Crew(dancers=tuple(DancerOnStage(dancer=k, name=f"dancer {k + 1}") for k in range(3)))


@pytest.mark.parametrize("fps", [30, 60])
def test_a_client_of_any_rate_gets_every_dancer_at_each_of_its_moments(on: On, fps: int) -> None:
    async def play(stage: Stage) -> None:
        stage.server.publish_crew(THREE)
        async with stage.watch(BIN) as client:
            await said(client, "hello")
            await tell(client, "subscribe", fps=fps)
            assert (await said(client, "subscribed"))["fps"] == fps
            for _ in range(40):
                one = stage.moment(stage.clock.now_s + 0.08)
                stage.server.send(*(replace(one, dancer=dancer) for dancer in range(3)))
                stage.clock.now_s += 1 / 60
                await asyncio.sleep(0)
            due = 40 * fps // 60
            frames = [await asyncio.wait_for(frame(client), 5) for _ in range(3 * due)]
        at: dict[float, list[int]] = {}
        for one_frame in frames:
            at.setdefault(one_frame.pose.time_s, []).append(one_frame.dancer)
        assert all(dancers == [0, 1, 2] for dancers in at.values())
        times_s = sorted(at)
        steps = [later - sooner for sooner, later in pairwise(times_s)]
        assert steps == pytest.approx([1 / fps] * len(steps))
        assert stage.server.dropped == 0

    on(play)


def test_who_comes_late_knows_who_is_on_the_stage(on: On) -> None:
    async def play(stage: Stage) -> None:
        stage.server.publish_crew(THREE)
        async with stage.watch(BIN) as client:
            crew = await said(client, "crew")
            assert [dancer["dancer"] for dancer in crew["dancers"]] == [0, 1, 2]
            stage.server.publish_crew(Crew(dancers=THREE.dancers[:1]))
            assert len((await said(client, "crew"))["dancers"]) == 1

    on(play)


@pytest.mark.parametrize("every", [1, 2, 4])
def test_what_a_client_of_a_crew_had_no_room_for_is_counted_dancer_by_dancer(every: int) -> None:
    timeline, night = Timeline(), CrewNight(3)
    for _ in range(20):
        for moment in night.tick():
            timeline.put(moment)
    view = View(("f32", 22, ()), 0.5, every, 0, 0)
    due = timeline.due(view, night.now_s)
    assert len(due) == 3 * 20 // every and {shown.moment.dancer for shown in due} == {0, 1, 2}
    over = timeline.forget(night.now_s + 1)
    assert sum(shown.number % every == 0 for shown in over) == len(due)


@pytest.mark.parametrize("look_ahead_s", [0.08, 0.5])
def test_what_was_told_last_of_a_canon_is_what_is_seen_when_its_moment_comes(look_ahead_s: float) -> None:
    night = CrewNight(3)
    night.desk.turn("unison", False, "test")
    night.desk.turn("canon_beats", 1, "test")
    foresight = Foresight(night.ensemble, FPS, 0.08)
    told: dict[tuple[int, float], Moment] = {}
    checked = 0
    for tick in range(3 * FPS):
        night.tick()
        for moment in foresight.tick(night.now_s, {0.08, look_ahead_s}):
            told[moment.dancer, moment.pose.time_s] = moment
        if tick < 2 * FPS:  # fades that began ahead of their time are over
            continue
        for (dancer, time_s), moment in told.items():
            if night.now_s <= time_s < night.now_s + 1 / FPS - 1e-6:
                assert apart(moment, night.ensemble.moments(time_s)[dancer]) < 1e-6
                checked += 1
    assert checked == 3 * FPS
