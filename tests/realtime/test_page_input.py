"""Live sound from clients on real sockets: the first is heard, the others are told why not."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import msgspec
import numpy as np
import pytest
from audience import Watcher, on_stage
from command import club
from hopper import Hopper
from websockets.asyncio.client import ClientConnection, connect

from groovecast.audio.decode import Audio
from groovecast.wire.live_sound import LiveSound, encode_live_sound
from groovecast.wire.messages import BINARY_SUBPROTOCOL
from realtime.clock import Clock, MonotonicClock
from realtime.live import Show
from realtime.page_sound import PageSource
from realtime.server import ServerSettings
from realtime.sources import FileSource, Source

RATE_HZ = 48000
BLOCK = RATE_HZ // 50


class Deaf:
    """A device that hears nothing."""

    sample_rate_hz, title, blocks, overruns, connected, trouble = RATE_HZ, "Mixer", 0, 0, True, ""

    def start(self, hear: object) -> None:
        """Nothing comes."""

    def stop(self) -> None:
        """Nothing to close."""


def show(source: Callable[[Clock], Source], tmp_path: Path) -> Show:
    clock = MonotonicClock()
    page = tmp_path / "web"
    page.mkdir(exist_ok=True)
    (page / "index.html").write_text("<title>dance</title>")
    return Show(
        Hopper(), source(clock), clock, model="hopper", engine="none", server=ServerSettings(port=0),
        page_dir=page,
    )  # fmt: skip


def from_page(clock: Clock) -> PageSource:
    return PageSource(clock.now_s)


def song(clock: Clock) -> FileSource:
    return FileSource(Audio(club(20)[:, None], 44100), clock, title="club")


async def send(line: ClientConnection, sound: np.ndarray, seconds: float, watcher: Watcher) -> None:
    """Send so much of a sound as it would be heard, and watch meanwhile."""
    loop = asyncio.get_running_loop()
    begin_s = loop.time()
    for seq in range(int(seconds * RATE_HZ / BLOCK)):
        first_s = begin_s + seq * BLOCK / RATE_HZ
        part = sound[seq * BLOCK : (seq + 1) * BLOCK, None]
        await watcher.watch(line, first_s + BLOCK / RATE_HZ - loop.time())
        await line.send(encode_live_sound(LiveSound(seq, first_s, RATE_HZ, part)))


async def say(line: ClientConnection, kind: str, label: str = "") -> None:
    await line.send(msgspec.json.encode({"type": "input", "kind": kind, "label": label}).decode())


def inputs(watcher: Watcher) -> list[tuple[bool, object, bool]]:
    """What was told of the input: wanted, kind, yours."""
    told = (text for text in watcher.texts if text["type"] == "input")
    return [(bool(text["wanted"]), text["kind"], bool(text["yours"])) for text in told]


def test_a_client_that_sends_live_sound_is_danced_to(tmp_path: Path) -> None:
    music = club(9, RATE_HZ, bpm=126)

    async def play(_show: Show, line: ClientConnection, watcher: Watcher) -> None:
        await say(line, "microphone", "desk")
        await send(line, music, 9, watcher)
        await say(line, "off")
        await watcher.watch(line, 1.5)

    watcher = on_stage(show(from_page, tmp_path), play)
    states = [text for text in watcher.texts if text["type"] == "state"]
    assert max(float(str(state["input_db"])) for state in states) > -30
    assert any(float(str(state["tempo_bpm"])) == pytest.approx(126, abs=3) for state in states)
    assert states[-1]["input_db"] == -120
    assert inputs(watcher) == [(True, None, False), (True, "microphone", True), (True, None, False)]


def test_the_second_client_is_refused_by_name_until_the_first_has_left(tmp_path: Path) -> None:
    async def play(one: Show, line: ClientConnection, watcher: Watcher) -> None:
        url = f"ws://127.0.0.1:{one.server.port}/ws"
        async with connect(url, subprotocols=[BINARY_SUBPROTOCOL], proxy=None) as first:  # type: ignore[list-item]
            await say(first, "tab", "radio")
            await watcher.watch(line, 0.3)
            await say(line, "microphone")
            await line.send(encode_live_sound(LiveSound(0, 0.0, RATE_HZ, np.ones((BLOCK, 1), np.float32))))
            await watcher.watch(line, 0.3)
        await watcher.watch(line, 0.5)
        await say(line, "microphone")
        await watcher.watch(line, 0.3)

    watcher = on_stage(show(from_page, tmp_path), play)
    (refusal,) = (text for text in watcher.texts if text["type"] == "notice" and text["code"])
    assert refusal["code"] == "input_taken" and "'radio' is heard" in str(refusal["text"])
    assert inputs(watcher) == [
        (True, None, False), (True, "tab", False), (True, None, False), (True, "microphone", True),
    ]  # fmt: skip


def test_a_show_that_hears_a_device_refuses_and_says_what_to_start(tmp_path: Path) -> None:
    async def play(_show: Show, line: ClientConnection, watcher: Watcher) -> None:
        await say(line, "tab")
        await watcher.watch(line, 0.3)

    watcher = on_stage(show(lambda _clock: Deaf(), tmp_path), play)
    refusal = watcher.last("notice")
    assert refusal["code"] == "input_refused" and "`groovecast live --from-page`" in str(refusal["text"])
    assert inputs(watcher) == [(False, None, False)]


@pytest.mark.parametrize(
    "broken", [b"GCLS", encode_live_sound(LiveSound(0, 0.0, 44100, np.zeros((1, 1), "f4")))[:-1]]
)
def test_sound_that_cannot_be_read_ends_the_input(tmp_path: Path, broken: bytes) -> None:
    async def play(_show: Show, line: ClientConnection, watcher: Watcher) -> None:
        await line.send(broken)  # of somebody who does not hold the input: ignored
        await say(line, "tab")
        await watcher.watch(line, 0.2)
        await line.send(broken)
        await line.send(broken)
        await watcher.watch(line, 0.3)

    watcher = on_stage(show(from_page, tmp_path), play)
    (refusal,) = (text for text in watcher.texts if text["type"] == "notice" and text["code"])
    assert refusal["code"] == "input_limit"
    assert inputs(watcher)[-1] == (True, None, False)


@pytest.mark.parametrize("rate_hz", [47999, 191999])
def test_an_unusual_rate_ends_the_input_at_once(tmp_path: Path, rate_hz: int) -> None:
    async def play(_show: Show, line: ClientConnection, watcher: Watcher) -> None:
        await say(line, "tab")
        await watcher.watch(line, 0.3)
        await line.send(encode_live_sound(LiveSound(0, 0.0, rate_hz, np.zeros((960, 1), np.float32))))
        await watcher.watch(line, 0.5)

    watcher = on_stage(show(from_page, tmp_path), play)
    (refusal,) = (text for text in watcher.texts if text["type"] == "notice" and text["code"])
    assert refusal["code"] == "input_limit" and f"found {rate_hz}" in str(refusal["text"])
    assert watcher.longest_gap_s < 0.4


async def send_song(line: ClientConnection) -> None:
    samples = (8000 * club(0.5, 24000)).astype("<i2")
    announced = {"type": "song", "title": "mine", "sample_rate_hz": 24000, "samples": len(samples)}
    await line.send(msgspec.json.encode(announced).decode())
    await line.send(b"GCPC" + bytes(4) + samples.tobytes())


@pytest.mark.parametrize("playing", [True, False])
def test_when_the_sender_leaves_the_song_goes_on_where_it_stood(tmp_path: Path, playing: bool) -> None:
    async def play(one: Show, line: ClientConnection, watcher: Watcher) -> None:
        await watcher.watch(line, 0.3)
        one.room.set("position_s", 7.0)
        one.room.set("playing", playing)
        before = one.source
        for _ in range(2):
            await say(line, "microphone")
            await send(line, club(0.4, RATE_HZ), 0.4, watcher)
            assert isinstance(one.source, PageSource)
            await say(line, "off")
            await watcher.watch(line, 0.2)
            assert one.source is before

    watcher = on_stage(show(song, tmp_path), play)
    back = watcher.last("transport")
    assert (back["title"], back["playing"]) == ("club", playing)
    assert 7 <= float(str(back["position_s"])) < 8
    assert inputs(watcher)[-1] == (True, None, False)
    if not playing:
        assert back["position_s"] == 7


def test_a_song_does_not_end_the_sound_of_another_client(tmp_path: Path) -> None:
    async def play(one: Show, line: ClientConnection, watcher: Watcher) -> None:
        url = f"ws://127.0.0.1:{one.server.port}/ws"
        async with connect(url, subprotocols=[BINARY_SUBPROTOCOL], proxy=None) as first:  # type: ignore[list-item]
            await say(first, "tab", "radio")
            await watcher.watch(line, 0.3)
            await send_song(line)
            await watcher.watch(line, 0.5)
            assert isinstance(one.source, PageSource) and one.source.connected
        await watcher.watch(line, 0.3)
        assert one.source.title == "club", "and without a word of farewell the song returns"

    watcher = on_stage(show(song, tmp_path), play)
    (refusal,) = (text for text in watcher.texts if text["type"] == "notice" and text["code"])
    assert refusal["code"] == "input_taken" and "'radio' is heard" in str(refusal["text"])


def test_a_song_makes_room_for_live_sound_and_live_sound_for_a_song(tmp_path: Path) -> None:
    async def play(one: Show, line: ClientConnection, watcher: Watcher) -> None:
        await watcher.watch(line, 0.3)
        await say(line, "microphone", "desk")
        await send(line, club(1, RATE_HZ), 1, watcher)
        assert isinstance(one.source, PageSource) and one.source.sample_rate_hz == 44100
        await send_song(line)
        await watcher.watch(line, 0.5)
        assert isinstance(one.source, FileSource)

    watcher = on_stage(show(song, tmp_path), play)
    transports = [(text["title"], text["local"]) for text in watcher.texts if text["type"] == "transport"]
    assert transports == [("club", False), ("a page's sound", False), ("mine", True)]
    assert watcher.longest_gap_s < 1
