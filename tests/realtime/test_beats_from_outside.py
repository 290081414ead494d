"""Beats from outside reach the dance: taps over the stream, a MIDI clock over a pipe; nothing when nobody says any."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec
import numpy as np
import pytest
from audience import Watcher, on_stage
from command import Stage, club
from hopper import Hopper
from websockets.asyncio.client import ClientConnection
from websockets.sync.client import connect

from groovecast.audio.decode import Audio
from groovecast.wire.messages import JSON_SUBPROTOCOL, Set, Tap, encode_text
from realtime.clock import MonotonicClock
from realtime.dance import Dancer
from realtime.input_desk import Track
from realtime.live import Show
from realtime.server import ServerSettings
from realtime.settings import DanceWishes, ShowWishes
from realtime.shows import play_offline
from realtime.sources import FileSource

RATE_HZ = 24000
START_S = 500.0
TAP_BPM = 97.0


def danced(every_s: float, taps_s: list[float]) -> tuple[Dancer, list[np.ndarray], list[str]]:
    """Ten seconds of a beat at 126, asked for a plan each `every_s`, with taps; the model's music and who led."""
    sound = club(10, RATE_HZ)
    hopper = Hopper()
    dancer, leaders, given = Dancer(hopper, RATE_HZ, START_S), [], 0
    for tap_s in taps_s:
        dancer.taps.post(START_S + tap_s)
    for now_s in START_S + np.arange(0, 10, every_s):
        while START_S + (given + 240) / RATE_HZ <= now_s + 1e-9:
            dancer.hear(sound[given : given + 240], START_S + given / RATE_HZ)
            given += 240
        while dancer.imagine(float(now_s)):
            leaders.append(dancer.heard.leader)
    return dancer, hopper.music, leaders


TAPS_S = [2.0 + number * 60 / TAP_BPM for number in range(10)]


def test_taps_lead_the_dance_from_the_third_on() -> None:
    dancer, _, leaders = danced(1 / 60, TAPS_S)
    assert leaders[0] == "tracker"
    assert leaders[-1] == "tap"
    assert dancer.clock.tempo_bpm == pytest.approx(TAP_BPM, rel=1e-3)
    phase = dancer.clock.phase_at(START_S + TAPS_S[-1] + 1e-4)
    assert min(phase, 1 - phase) < 0.05


def test_the_same_taps_give_the_same_dance_however_often_it_is_asked_for() -> None:
    for one, other in zip(danced(1 / 60, TAPS_S)[1], danced(1 / 20, TAPS_S)[1], strict=False):
        np.testing.assert_array_equal(one, other)


@pytest.fixture
def show(tmp_path: Path) -> Show:
    """A show of a Hopper to a beat, on any free port."""
    (tmp_path / "index.html").write_text("<title>dance</title>")
    clock = MonotonicClock()
    source = FileSource(Audio(club(60, RATE_HZ)[:, None], RATE_HZ), clock, title="club")
    return Show(
        Hopper(), source, clock, model="hopper", engine="fake",
        server=ServerSettings(port=0), page_dir=tmp_path, track=Track("club"),
    )  # fmt: skip


def test_a_client_taps_and_turns_and_is_told_who_beats_time(show: Show) -> None:
    posted: list[float] = []
    post = show.dancer.taps.post
    show.dancer.taps.post = lambda time_s: (posted.append(time_s), post(time_s))[1]  # type: ignore[method-assign]

    async def play(show: Show, line: ClientConnection, watcher: Watcher) -> None:
        now_s = show.clock.now_s()
        for tap_s in (now_s - 1.8, now_s - 1.2, now_s - 0.6):
            await line.send(encode_text(Tap(at_s=tap_s)))
        await line.send(encode_text(Tap(at_s=now_s + 60)))  # not believed
        await line.send(encode_text(Set(name="beat_source", value="tap")))
        await watcher.watch(line, 1.2)
        assert posted[:3] == [now_s - 1.8, now_s - 1.2, now_s - 0.6]
        assert now_s <= posted[3] < now_s + 1
        assert watcher.last("state")["beat_source"] == "tap"
        await line.send(encode_text(Set(name="beat_octave", value=2)))
        await watcher.watch(line, 0.8)
        assert show.dancer.clock.tempo_bpm == pytest.approx(200, rel=0.02)
        await line.send(encode_text(Set(name="beat_source", value="orchestra")))
        await watcher.watch(line, 0.3)
        assert "give one of auto, tracker, tap" in str(watcher.last("notice")["text"])

    on_stage(show, play)


_SEQUENCER = """
import os, sys, time
line, start_s = os.open(sys.argv[1], os.O_WRONLY), time.monotonic()
os.write(line, b"\\xfa")
for tick in range(24 * 60):
    time.sleep(max(0, start_s + tick * 60 / 150 / 24 - time.monotonic()))
    os.write(line, b"\\xf8")
"""


@pytest.mark.skipif(os.name != "posix", reason="named pipes are POSIX's")
def test_the_command_follows_a_midi_clock_of_another_process_and_goes_back_to_its_ears(
    tmp_path: Path,
) -> None:
    pipe = tmp_path / "clock"
    os.mkfifo(pipe)
    with Stage("demo", "--midi-clock", str(pipe), "--seconds", "40") as stage:
        url = f"ws://127.0.0.1:{stage.port}/ws"
        with connect(url, subprotocols=[JSON_SUBPROTOCOL], proxy=None, compression=None) as line:  # type: ignore[list-item]

            def wait_for(true: Callable[[dict[str, object]], bool]) -> dict[str, object]:
                while True:  # ends with the command at the latest
                    said = msgspec.json.decode(line.recv(timeout=20))
                    if said["type"] == "state" and true(said):
                        return dict(said)

            wait_for(lambda state: state["beat_source"] == "tracker" and not state["silent"])
            sequencer = subprocess.Popen([sys.executable, "-c", _SEQUENCER, str(pipe)])
            try:
                state = wait_for(lambda state: state["beat_source"] == "midi" and state["confidence"] > 0.9)
                assert state["tempo_bpm"] == pytest.approx(150, rel=0.02)
            finally:
                sequencer.kill()
                sequencer.wait()
            wait_for(lambda state: state["beat_source"] == "tracker")


def test_without_a_clock_that_runs_the_offline_dance_refuses_one() -> None:
    with pytest.raises(ValueError, match="leave one away"):
        play_offline(Path("song.wav"), DanceWishes(midi_clock="drum"), ShowWishes())
