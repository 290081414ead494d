"""The show on real threads and real sockets: poses leave on time whatever the generator does, and it ends cleanly."""

import asyncio
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
import numpy as np
import pytest
from audience import Watcher, on_stage, our_threads, watching
from command import Stage, club, song_file
from hopper import Hopper
from websockets.asyncio.client import ClientConnection
from websockets.sync.client import connect as connect_at_once

from groovecast.audio.decode import Audio
from groovecast.model.imagined import Imagined, imagined
from groovecast.takes.bvh import motion_from_bvh, read_bvh
from groovecast.wire.messages import Song, encode_text
from groovecast.wire.song import SONG_MAGIC
from realtime.clock import MonotonicClock
from realtime.input_desk import Track
from realtime.live import LOOK_AHEAD_S, Show
from realtime.outlets.recorder import TakeRecorder
from realtime.outlets.sink import Sink
from realtime.outlets.vmc import VmcSink, VmcWish
from realtime.server import ServerSettings
from realtime.sources import FileSource, Hear, Source

RATE_HZ = 24000
FPS = 60


@pytest.fixture
def page_dir(tmp_path: Path) -> Path:
    folder = tmp_path / "web"
    folder.mkdir()
    (folder / "index.html").write_text("<title>dance</title>")
    return folder


@pytest.fixture
def hopping(page_dir: Path) -> Callable[..., Show]:
    """A show of a Hopper, on any free port."""

    def made(
        generator: Hopper | None = None,
        *sinks: Sink,
        sound: np.ndarray | None = None,
        source: Source | None = None,
    ) -> Show:
        clock = MonotonicClock()
        audio = Audio((club(60, RATE_HZ) if sound is None else sound)[:, None], RATE_HZ)
        source = source or FileSource(audio, clock, title="club")
        return Show(
            generator or Hopper(), source, clock, model="hopper", engine="fake", sinks=sinks,
            server=ServerSettings(port=0), page_dir=page_dir, track=Track("club"),
        )  # fmt: skip

    return made


# -- (a) what goes out --------------------------------------------------------------------------------------


def test_sixty_poses_a_second_reach_page_vmc_and_take(hopping: Callable[..., Show], tmp_path: Path) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
        receiver.bind(("127.0.0.1", 0))
        receiver.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 21)
        receiver.setblocking(False)
        take = TakeRecorder(tmp_path / "take.bvh")
        show = hopping(None, VmcSink(VmcWish(*receiver.getsockname())), take)
        watcher = on_stage(show, watching(3))
        datagrams = 0
        while datagrams < 10**5:
            try:
                assert receiver.recv(65536).startswith(b"#bundle\0")
            except BlockingIOError:
                break
            datagrams += 1
    times_s = np.array([frame.pose.time_s for frame in watcher.frames])
    steps = np.diff(times_s) * FPS
    assert (steps > 0.5).all()
    assert np.abs(steps - np.round(steps)).max() < 1e-3, "poses lie on one grid of a sixtieth of a second"
    assert len(times_s) >= 0.9 * FPS * np.ptp(times_s)
    assert np.ptp(times_s) > 2.5
    early_s = times_s - np.array(watcher.came_s)
    assert np.median(early_s) == pytest.approx(LOOK_AHEAD_S, abs=0.02), "and come before they are to be seen"
    assert datagrams >= 4 * 0.8 * FPS * 2.5
    assert show.sinks[0].dropped <= 2
    assert take.path.is_file() and not list(tmp_path.glob("*.part*"))
    motion = motion_from_bvh(read_bvh(take.path))
    assert motion.frames == pytest.approx(30 * show.frames / FPS, abs=show.late_frames + 3)
    state, transport = watcher.last("state"), watcher.last("transport")
    assert {"tempo_bpm", "confidence", "energy", "silent", "misses", "latency_ms"} <= set(state)
    assert (state["model"], state["engine"], state["fps"], state["clients"]) == ("hopper", "fake", 60.0, 1)
    assert (transport["playing"], transport["title"], transport["duration_s"]) == (True, "club", 60.0)
    assert 8 <= sum(text["type"] == "state" for text in watcher.texts) <= 14


# -- (b) a generator that misbehaves ------------------------------------------------------------------------


class Staller(Hopper):
    """Dances, then thinks for three seconds, then dances on."""

    def plan(self, *given: np.ndarray) -> Imagined:
        if self.calls == 5:
            time.sleep(3)
        return super().plan(*given)


class Breaker(Hopper):
    """Dances, then by turns raises and answers with what is no number, for good."""

    def plan(self, *given: np.ndarray) -> Imagined:
        plan = super().plan(*given)
        if self.calls < 5:
            return plan
        if self.calls % 2:
            raise RuntimeError("the engine is gone")
        return imagined(plan.numbers * np.nan, self.config.fps)


def timed(show: Show, monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long each call of `hear` takes, from now on, in seconds."""
    took_s: list[float] = []
    hear = show.dancer.hear

    def heard(samples: np.ndarray, time_s: float) -> None:
        begin_s = time.monotonic()
        hear(samples, time_s)
        took_s.append(time.monotonic() - begin_s)

    monkeypatch.setattr(show.dancer, "hear", heard)
    return took_s


def test_a_generator_that_stalls_freezes_neither_the_figure_nor_the_sound(
    hopping: Callable[..., Show], monkeypatch: pytest.MonkeyPatch
) -> None:
    show = hopping(Staller())
    took_s = timed(show, monkeypatch)
    watcher = on_stage(show, watching(5))
    assert watcher.longest_gap_s < 0.5
    assert len(watcher.frames) > 0.85 * FPS * 4.5
    assert watcher.stillness_s() < 0.5, "it dances its plan to the end, and then it breathes"
    assert show.dancer.counts.misses > 0
    assert show.dancer.counts.updates > 6, "it dances on afterwards"
    assert np.percentile(took_s, 99) < 0.01
    assert show.source.blocks >= 0.95 * 100 * 4.5
    assert show.dancer.lost_samples == 0


def test_a_plan_that_fails_is_counted_and_told_and_the_figure_moves_on(hopping: Callable[..., Show]) -> None:
    show = hopping(Breaker())
    watcher = on_stage(show, watching(3))
    assert watcher.longest_gap_s < 0.5
    assert watcher.stillness_s() < 0.5
    assert all(np.isfinite(frame.pose.local_quat_wxyz).all() for frame in watcher.frames)
    assert show.dancer.counts.rejected > 3
    said = " ".join(str(text["text"]) for text in watcher.texts if text["type"] == "notice")
    assert "plans were refused" in said
    assert "engine is gone" in said and "not finite" in said


# -- (c) what a client can do -------------------------------------------------------------------------------


def test_a_client_pauses_resumes_and_moves_the_song(hopping: Callable[..., Show]) -> None:
    async def play(_show: Show, line: ClientConnection, watcher: Watcher) -> None:
        async def turned(name: str, value: object) -> dict[str, object]:
            await line.send(msgspec.json.encode({"type": "set", "name": name, "value": value}).decode())
            await watcher.watch(line, 0.3)
            return watcher.last("transport")

        await watcher.watch(line, 0.3)
        paused = await turned("playing", False)
        assert paused["playing"] is False and 0 < float(str(paused["position_s"])) < 5
        moved = await turned("position_s", 30)
        assert (moved["playing"], moved["position_s"]) == (False, 30)
        resumed = await turned("playing", True)
        assert (resumed["playing"], resumed["position_s"]) == (True, 30)
        now_s = asyncio.get_running_loop().time()
        assert now_s - 1 < float(str(resumed["at_s"])) <= now_s
        before = resumed
        for name, value in (("playing", "loud"), ("position_s", "here"), ("wings", 2), ("style", "polka")):
            assert await turned(name, value) == before
            assert f"asked to set {name}" in str(watcher.last("notice")["text"])
        assert (await turned("style", "salsa"), await turned("intensity", 0.5)) == (before, before)

    show = hopping()
    on_stage(show, play)
    assert (show.desk.value("style"), show.desk.value("intensity")) == ("salsa", 0.5)


async def send_song(line: ClientConnection, samples: np.ndarray, rate_hz: int) -> None:
    """Announce a song and send its sound, as the page does."""
    pcm = (samples * 32767).astype("<i2")
    await line.send(encode_text(Song(title="mine", sample_rate_hz=rate_hz, samples=len(pcm))))
    for first in range(0, len(pcm), 32768):
        part = pcm[first : first + 32768]
        await line.send(SONG_MAGIC + first.to_bytes(4, "little") + part.tobytes())


def test_a_client_has_its_own_song_danced_to(hopping: Callable[..., Show]) -> None:
    async def play(show: Show, line: ClientConnection, watcher: Watcher) -> None:
        await watcher.watch(line, 0.3)
        assert watcher.last("transport")["local"] is False
        await send_song(line, club(10, RATE_HZ, bpm=132), RATE_HZ)
        for _ in range(20):
            await watcher.watch(line, 0.5)
            state = watcher.last("state")
            sure = float(str(state["confidence"])) > 0.5
            if sure and abs(float(str(state["tempo_bpm"])) - 132) < 2:  # the first guess is a little off
                break

    show = hopping(sound=np.zeros(60 * RATE_HZ, np.float32))
    watcher = on_stage(show, play)
    transport = watcher.last("transport")
    assert (transport["title"], transport["local"], transport["track"]) == ("mine", True, None)
    assert (transport["playing"], transport["duration_s"]) == (True, 10)
    assert watcher.longest_gap_s < 0.5
    assert show.dancer.clock.tempo_bpm == pytest.approx(132, abs=3), "it hears the song that was sent"


def test_a_long_song_at_another_rate_does_not_hold_up_the_poses(hopping: Callable[..., Show]) -> None:
    async def play(show: Show, line: ClientConnection, watcher: Watcher) -> None:
        await watcher.watch(line, 0.2)
        await send_song(line, np.tile(club(10, 16000), 8), 16000)
        while show.source.title != "mine":
            await watcher.watch(line, 0.1)
        await watcher.watch(line, 0.2)

    show = hopping()
    watcher = on_stage(show, play)
    assert watcher.last("transport")["duration_s"] == pytest.approx(80, abs=0.01)
    assert watcher.longest_gap_s < 0.25


# -- (d) the end --------------------------------------------------------------------------------------------


def test_a_song_that_is_over_ends_the_show_by_itself(hopping: Callable[..., Show]) -> None:
    show = hopping(sound=club(0.5, RATE_HZ))
    asyncio.run(asyncio.wait_for(show.run(), 20))
    assert 0.5 * FPS < show.frames + show.late_frames < 3 * FPS
    assert not our_threads()


def test_a_generator_that_hangs_does_not_keep_the_show_from_ending(hopping: Callable[..., Show]) -> None:
    release = threading.Event()

    class Hanger(Hopper):
        def plan(self, *given: np.ndarray) -> Imagined:
            release.wait(10)
            return super().plan(*given)

    begin_s = time.monotonic()
    asyncio.run(hopping(Hanger()).run(0.5))
    assert time.monotonic() - begin_s < 3
    release.set()


@pytest.mark.parametrize("hangs", [True, False])
def test_a_show_says_whether_its_dance_is_over(hopping: Callable[..., Show], hangs: bool) -> None:
    release = threading.Event()

    class Hanger(Hopper):
        def plan(self, *given: np.ndarray) -> Imagined:
            if hangs:
                release.wait(10)
            return super().plan(*given)

    show = hopping(Hanger())
    asyncio.run(show.run(0.3))
    assert show.dance_ended is not hangs
    release.set()


class Mixer:
    """A device that is there without a sound card."""

    def __init__(self) -> None:
        self.sample_rate_hz, self.title, self.connected, self.trouble = RATE_HZ, "Mixer", True, ""
        self.blocks = self.overruns = 0

    def start(self, hear: Hear) -> None:
        """Hear nothing."""

    def stop(self) -> None:
        """Nothing to close."""


def notices(watcher: Watcher) -> list[object]:
    return [text["text"] for text in watcher.texts if text["type"] == "notice"]


def test_a_device_that_goes_away_and_returns_is_told_once_each(hopping: Callable[..., Show]) -> None:
    mixer = Mixer()

    async def play(show: Show, line: ClientConnection, watcher: Watcher) -> None:
        while show.frames <= 60:  # in its first second a show says so elsewhere
            await watcher.watch(line, 0.1)
        for connected, trouble in ((False, "Mixer is gone"), (True, "")):
            mixer.connected, mixer.trouble = connected, trouble
            told, tenths = len(notices(watcher)), 0
            while len(notices(watcher)) == told and (tenths := tenths + 1) < 50:
                await watcher.watch(line, 0.1)
        await watcher.watch(line, 0.6)  # and not again

    show = hopping(source=mixer)
    watcher = on_stage(show, play)
    assert notices(watcher) == ["Mixer is gone", "Mixer is heard"]
    assert watcher.longest_gap_s < 0.5


def test_a_fault_in_the_dance_thread_ends_the_show_and_is_told(
    hopping: Callable[..., Show], monkeypatch: pytest.MonkeyPatch
) -> None:
    show = hopping()

    def broken(_now_s: float) -> bool:
        raise ZeroDivisionError("a fault of ours")

    monkeypatch.setattr(show.dancer, "imagine", broken)
    with pytest.raises(ZeroDivisionError, match="a fault of ours"):
        asyncio.run(asyncio.wait_for(show.run(), 20))
    assert not our_threads()


def test_a_fault_that_passes_is_told_and_the_dance_goes_on(
    hopping: Callable[..., Show], monkeypatch: pytest.MonkeyPatch
) -> None:
    show, rounds = hopping(), 0
    imagine = show.dancer.imagine

    def broken_for_a_while(now_s: float) -> bool:
        nonlocal rounds
        rounds += 1
        if 20 < rounds < 25:
            raise ZeroDivisionError("a beat without a length")
        return imagine(now_s)

    monkeypatch.setattr(show.dancer, "imagine", broken_for_a_while)
    watcher = on_stage(show, watching(3))
    notices = [str(text["text"]) for text in watcher.texts if text["type"] == "notice"]
    assert [said for said in notices if "a beat without a length" in said] == notices[:1], "told once"
    assert rounds > 30 and watcher.longest_gap_s < 0.5


@pytest.mark.skipif(sys.platform == "win32", reason="needs a script as browser")
def test_a_browser_that_returns_late_does_not_hold_up_the_show(tmp_path: Path) -> None:
    browser = tmp_path / "browser"
    browser.write_text("#!/bin/sh\nexec sleep 8 >/dev/null 2>&1\n")
    browser.chmod(0o755)
    song, env = song_file(tmp_path / "song.wav", club(30)), {**os.environ, "BROWSER": f"{browser} %s"}
    with Stage("play", str(song), "--seconds", "2", "--json", env=env, browser=True) as stage:
        done = stage.end(15)
    assert done.status == 0
    assert msgspec.json.decode(done.out)["late_frames"] < 60


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no signals to send to one process")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_command_within_two_seconds_and_the_take_is_whole(
    tmp_path: Path, number: signal.Signals
) -> None:
    song, take = song_file(tmp_path / "song.wav", club(30)), tmp_path / "take.bvh"
    with Stage("play", str(song), "--record", str(take), "--json") as stage:
        with connect_at_once(f"ws://127.0.0.1:{stage.port}/ws", proxy=None) as line:
            end_s = time.monotonic() + 1
            while time.monotonic() < end_s:
                line.recv(timeout=10)
            begin_s = time.monotonic()
            stage.signal(number)
            done = stage.end()
        took_s = time.monotonic() - begin_s
    assert done.status == 0, done
    assert took_s < 2
    report = msgspec.json.decode(done.out)
    assert report["recorded"] == str(take)
    assert motion_from_bvh(read_bvh(take)).frames == pytest.approx(report["frames"] / 2, abs=10)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["song.wav", "take.bvh"]
