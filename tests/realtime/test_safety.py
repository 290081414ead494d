"""A wild controller changes nothing it should not and slows nobody; desks see each other; on real sockets."""

import asyncio
import json
import math
import random
import threading
import tracemalloc
from collections.abc import Awaitable, Callable
from pathlib import Path

import numpy as np
import pytest
from audience import Watcher, on_stage
from command import club
from hopper import Hopper
from server_stage import stuck_client
from websockets.asyncio.client import ClientConnection, connect

from groovecast.audio.decode import Audio
from groovecast.wire.messages import BINARY_SUBPROTOCOL
from realtime.clock import MonotonicClock
from realtime.desk.controls import DANCE, STANDING, T_POSE
from realtime.input_desk import Track
from realtime.live import Show
from realtime.server import ServerSettings
from realtime.sources import FileSource

RATE_HZ, FPS = 24000, 60
TURNED = ("intensity", "place_x_m", "heading_deg", "mirror", "style", "hands", "seed")
HONEST = ("place_x_m", "heading_deg", "hands", "intensity")

NONSENSE = [
    '{"type":"set","name":"intensity","value":NaN}',
    '{"type":"set","name":"intensity","value":1e999}',
    '{"type":"set","name":"intensity","value":"loud"}',
    '{"type":"set","name":"intensity","value":true}',
    '{"type":"set","name":"intensity","value":null}',
    '{"type":"set","name":"intensity","value":{"a":[1]}}',
    '{"type":"set","name":"intensity"}',
    '{"type":"set","name":"mirror","value":"yes"}',
    '{"type":"set","name":"style","value":"waltz"}',
    '{"type":"set","name":"style","value":99}',
    '{"type":"set","name":"wings","value":1}',
    '{"type":"set","name":"%s","value":1}' % ("w" * 9000),
    '{"type":"set","name":"style","value":"%s"}' % ("w" * 9000),
    '{"type":"set","name":"seed","value":%s}' % ("9" * 5000),
    '{"type":"set","name":["seed"],"value":1}',
    '{"type":"set","name":"intensity","value":%s}' % ("[" * 8000),
    "[" * 16000,
    "x" * 16384,
    "x" * 20000,
    "{",
    "",
    "[]",
    "null",
    '{"type":"fly"}',
    '{"type":"cue","do":"recall","name":"never kept"}',
    '{"type":"calibrate","do":"keep","target":"wings"}',
]


@pytest.fixture
def stage(tmp_path: Path) -> Callable[[], Show]:
    """A show of a Hopper, on any free port."""
    (tmp_path / "index.html").write_text("<title>dance</title>")

    def made() -> Show:
        clock = MonotonicClock()
        source = FileSource(Audio(club(60, RATE_HZ)[:, None], RATE_HZ), clock, title="club")
        return Show(
            Hopper(), source, clock, model="hopper", engine="fake",
            server=ServerSettings(port=0), page_dir=tmp_path, track=Track("club"),
        )  # fmt: skip

    return made


def standing_values(show: Show) -> dict[str, object]:
    return {
        control.name: show.desk.value(control.name)
        for control in show.desk.controls
        if control.kind != "button"
    }


async def set_to(line: ClientConnection, name: str, value: object) -> None:
    await line.send(json.dumps({"type": "set", "name": name, "value": value}))


async def until(watcher: Watcher, line: ClientConnection, known: Callable[[], bool]) -> None:
    """Read on until that is so."""
    for _ in range(100):
        if known():
            return
        await watcher.watch(line, 0.05)
    raise AssertionError("it never came")


def another(show: Show) -> "Awaitable[ClientConnection]":
    url = f"ws://127.0.0.1:{show.server.port}/ws"
    return connect(url, subprotocols=[BINARY_SUBPROTOCOL], proxy=None, compression=None, max_queue=None)  # type: ignore[list-item, return-value]


def test_nonsense_changes_nothing_and_each_is_answered_in_one_line(stage: Callable[[], Show]) -> None:
    async def play(show: Show, line: ClientConnection, watcher: Watcher) -> None:
        before = standing_values(show)
        for said in NONSENSE:
            told = len(watcher.texts)

            def answered(told: int = told) -> bool:
                return any(text["type"] == "notice" for text in watcher.texts[told:])

            await line.send(said)
            await until(watcher, line, answered)
        # numbers beyond what a control takes are taken as far as it goes, and that is said as well
        for value, taken in ((1e300, 2.0), (-7, 0.0)):
            await set_to(line, "intensity", value)
            await until(watcher, line, lambda taken=taken: show.desk.value("intensity") == taken)  # type: ignore[misc]
        await until(
            watcher, line, lambda: any("it takes 0 to 2" in str(text.get("text")) for text in watcher.texts)
        )
        assert standing_values(show) == before | {"intensity": 0.0}

    watcher = on_stage(stage(), play)
    notices = [str(text["text"]) for text in watcher.texts if text["type"] == "notice"]
    assert len(notices) >= len(NONSENSE)
    assert all("\n" not in notice and len(notice) < 300 for notice in notices)
    assert all(np.isfinite(frame.pose.local_quat_wxyz).all() for frame in watcher.frames)
    assert watcher.longest_gap_s < 1, "and poses came all the while"


def test_a_thousand_messages_a_second_on_every_way_in_hold_up_no_pose_of_the_others(
    stage: Callable[[], Show],
) -> None:
    chance = random.Random(1)
    posted = threading.Event()

    def shout(show: Show) -> None:
        for number in range(20_000):
            if posted.is_set():
                return
            show.desk.post(chance.choice(HONEST), chance.choice([0.5, math.nan, "x", None, 1e308]), "osc")
            show.desk.post_value(f"wings{number}", number, "osc")
            if number % 20 == 0:
                posted.wait(0.01)

    async def rage(line: ClientConnection, seconds: float) -> int:
        loop, sent = asyncio.get_running_loop(), 0
        begin_s = loop.time()
        while loop.time() < begin_s + seconds:
            if sent % 2:
                await line.send(NONSENSE[sent // 2 % len(NONSENSE)])
            else:
                await set_to(line, HONEST[sent // 2 % len(HONEST)], sent % 5 - 1)
            sent += 1
            await asyncio.sleep(max(0.0, begin_s + sent / 1000 - loop.time()))
        return sent

    async def play(show: Show, line: ClientConnection, watcher: Watcher) -> None:
        thread = threading.Thread(target=shout, args=(show,))
        async with await another(show) as wild:
            await watcher.watch(line, 0.5)
            tracemalloc.start()
            thread.start()
            raging = asyncio.create_task(rage(wild, 3))
            await watcher.watch(line, 1)
            early = tracemalloc.get_traced_memory()[0]
            kept = len(watcher.frames)
            await watcher.watch(line, 2)
            grown = tracemalloc.get_traced_memory()[0] - early
            tracemalloc.stop()
            assert await raging > 300
            posted.set()
            thread.join()
            # what the watcher itself keeps is some 4 KB a frame
            assert grown < 8192 * (len(watcher.frames) - kept) + 2_000_000
        assert show.desk.refused > 10
        await watcher.watch(line, 0.5)
        await set_to(line, "hands", 0.25)  # and who turns in earnest is heard
        await until(watcher, line, lambda: show.desk.value("hands") == 0.25)
        for name in HONEST:
            control = show.desk.control(name)
            assert control.least <= float(show.desk.value(name)) <= control.most
        depth, glide = 0, show.desk.board.glides.get("hands")
        while glide is not None and hasattr(glide, "before"):
            depth, glide = depth + 1, getattr(glide, "before", None)  # type: ignore[assignment]
        assert depth < 10

    watcher = on_stage(stage(), play)
    assert watcher.longest_gap_s < 1
    times_s = np.array([frame.pose.time_s for frame in watcher.frames])
    assert len(times_s) > 0.6 * FPS * np.ptp(times_s), "on a machine that does much else as well"
    steps = np.diff(times_s) * FPS
    assert np.abs(steps - np.round(steps)).max() < 1e-3
    assert all(np.isfinite(frame.pose.root_m).all() for frame in watcher.frames)


def test_who_says_more_than_hands_can_turn_is_read_later_and_nobody_else_is(
    stage: Callable[[], Show],
) -> None:
    async def play(show: Show, line: ClientConnection, watcher: Watcher) -> None:
        loop = asyncio.get_running_loop()
        async with await another(show) as wild:
            for number in range(600):
                await set_to(wild, "seed", number)
            began_s = loop.time()
            await set_to(line, "hands", 0.25)
            await until(watcher, line, lambda: show.desk.value("hands") == 0.25)
            assert show.desk.value("seed") != 599
            await until(watcher, line, lambda: show.desk.value("seed") == 599)
            assert loop.time() - began_s > 0.3, "600 texts are half a second's worth"

    on_stage(stage(), play)


def test_two_desks_see_each_other_and_end_with_the_same_values(stage: Callable[[], Show]) -> None:
    chance = random.Random(2)

    def value(name: str) -> object:
        return {
            "mirror": chance.random() < 0.5, "style": chance.choice(["auto", "salsa", "street"]),
            "seed": chance.randrange(9999),
        }.get(name, chance.uniform(-6, 6))  # fmt: skip

    def seen(watcher: Watcher) -> dict[object, object]:
        return {text["name"]: text["value"] for text in watcher.texts if text["type"] == "control"}

    async def play(show: Show, line: ClientConnection, watcher: Watcher) -> None:
        async with await another(show) as other:
            second = Watcher()
            for one in (line, other):
                await one.send('{"type":"desk"}')
            await until(watcher, line, lambda: show.server.desks == 2)
            for _ in range(60):
                for one in (line, other):
                    name = chance.choice(TURNED)
                    await set_to(one, name, value(name))
                await asyncio.gather(watcher.watch(line, 0.005), second.watch(other, 0.005))
            for _ in range(20):
                await asyncio.gather(watcher.watch(line, 0.05), second.watch(other, 0.05))
            stands = standing_values(show)
            for eyes in (watcher, second):
                assert len(seen(eyes)) >= 5
                assert {name: stands[str(name)] for name in seen(eyes)} == seen(eyes)
            authors = {str(text["by"]) for text in second.texts if text["type"] == "control"}
            assert len(authors) == 2, "each is told who it was"

    on_stage(stage(), play)


def test_a_desk_that_never_reads_costs_the_others_nothing(stage: Callable[[], Show]) -> None:
    async def play(show: Show, line: ClientConnection, watcher: Watcher) -> None:
        stuck = stuck_client(show.server.port, '{"type":"desk"}')
        await until(watcher, line, lambda: show.server.desks == 1)
        [deaf] = (client for client in show.server._clients if client.desk)
        for number in range(150):
            await set_to(line, "intensity", number % 20 / 10)
            await set_to(line, "place_x_m", number % 3)
            await watcher.watch(line, 0.02)
        assert deaf._connection.transport.get_write_buffer_size() < 300_000
        assert len(deaf._waiting) < 20, "of each kind, and of each control, the newest alone"
        stuck.close()

    watcher = on_stage(stage(), play)
    assert watcher.longest_gap_s < 1


def test_panic_stands_and_once_more_is_a_t_pose_and_resume_dances_even_after_a_freeze(
    stage: Callable[[], Show],
) -> None:
    async def play(show: Show, line: ClientConnection, watcher: Watcher) -> None:
        for button, posture in (("panic", STANDING), ("panic", T_POSE), ("panic", T_POSE), ("resume", DANCE)):
            await set_to(line, "freeze", True)
            await set_to(line, button, True)
            await until(watcher, line, lambda posture=posture: show.desk.value("posture") == posture)  # type: ignore[misc]
        assert show.desk.value("freeze") is False
        for button in ("panic", "resume"):  # a release is no press
            await set_to(line, button, False)
        await watcher.watch(line, 1.5)
        assert show.desk.value("posture") == DANCE
        still = Watcher()
        await still.watch(line, 0.6)
        assert still.stillness_s() < 0.3
        await set_to(line, "panic", True)
        await set_to(line, "panic", True)
        await watcher.watch(line, 1.5)

    watcher = on_stage(stage(), play)
    last = watcher.frames[-1].pose.local_quat_wxyz
    np.testing.assert_allclose(last[1:], np.tile([1, 0, 0, 0], (len(last) - 1, 1)), atol=1e-3)
