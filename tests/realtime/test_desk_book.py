"""A real show with a desk over its socket: cues come on the beat, where it stood comes back, and taps calibrate it."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path

import msgspec
import numpy as np
from audience import Watcher, on_stage
from command import club
from hopper import Hopper
from websockets.asyncio.client import ClientConnection

from groovecast.audio.decode import Audio
from realtime.clock import MonotonicClock
from realtime.desk.remembered import NOTHING_ASKED, Asked
from realtime.input_desk import Track
from realtime.live import Show
from realtime.server import ServerSettings
from realtime.sources import FileSource

RATE_HZ = 24000


def show_of(folder: Path, asked: Asked = NOTHING_ASKED) -> Show:
    """A show that keeps what is the person's there."""
    clock = MonotonicClock()
    source = FileSource(Audio(club(60, RATE_HZ)[:, None], RATE_HZ), clock, title="club")
    return Show(
        Hopper(), source, clock, model="hopper", engine="fake", server=ServerSettings(port=0), page_dir=folder,
        track=Track("club"), own_folder=folder / "own", asked=asked,
    )  # fmt: skip


async def say(line: ClientConnection, kind: str, **more: object) -> None:
    """As a desk says it."""
    await line.send(msgspec.json.encode({"type": kind} | more).decode())


async def until(watcher: Watcher, line: ClientConnection, seen: Callable[[], object]) -> None:
    """Watch until that is true."""
    for _ in range(100):
        if seen():
            return
        await watcher.watch(line, 0.1)
    raise AssertionError("waited 10 s for it")


def test_a_desk_keeps_and_recalls_cues_and_the_next_show_begins_where_it_stood(tmp_path: Path) -> None:
    async def evening(show: Show, line: ClientConnection, watcher: Watcher) -> None:
        await say(line, "desk")
        await say(line, "set", name="intensity", value=1.7)
        await say(line, "set", name="place_x_m", value=2.0)
        await say(line, "cue", do="keep", name="left")
        await say(line, "set", name="place_x_m", value=0.0)
        await say(line, "cue", do="recall", name="nobody")
        await say(line, "cue", do="recall", name="left", when="now")
        await until(watcher, line, lambda: show.desk.value("place_x_m") == 2.0)
        await watcher.watch(line, 0.3)

    watcher = on_stage(show_of(tmp_path), evening)
    assert watcher.last("cues") == {
        "type": "cues", "cues": [{"name": "left", "fade_s": None, "when": None, "keyframe": False}],
        "current": "left", "pending": None, "pending_at_s": None,
    }  # fmt: skip
    turned = [text for text in watcher.texts if text["type"] == "control" and text["name"] == "place_x_m"]
    assert turned[-1]["by"] == "cue left"
    assert any(
        "asked for cue 'nobody', the set list has left" in str(text.get("text")) for text in watcher.texts
    )
    [cue] = json.loads((tmp_path / "own" / "setlist.json").read_text())["cues"]
    assert cue["values"]["place_x_m"] == 2

    async def looked(show: Show, line: ClientConnection, watcher: Watcher) -> None:
        await say(line, "desk")
        await until(watcher, line, lambda: any(text["type"] == "cues" for text in watcher.texts))

    next_day = show_of(tmp_path)
    assert next_day.dancer.settings.intensity == 1.7, "from the first plan on"
    watcher = on_stage(next_day, looked)
    stands = {control["name"]: control["value"] for control in watcher.last("controls")["controls"]}  # type: ignore[union-attr,index]
    assert (stands["intensity"], stands["place_x_m"]) == (1.7, 2.0)
    assert watcher.last("cues")["cues"][0]["name"] == "left"  # type: ignore[index]
    fresh = show_of(tmp_path, Asked(fresh=True))
    assert fresh.desk.value("intensity") == 1 and fresh.book.cues.message.cues
    fresh.book.close()


def test_taps_go_to_the_wizard_while_it_listens_and_what_it_finds_is_kept(tmp_path: Path) -> None:
    async def calibrate(show: Show, line: ClientConnection, watcher: Watcher) -> None:
        dice, wizard = np.random.default_rng(5), show.book.calibrator
        await say(line, "desk")
        await say(line, "calibrate", do="start")
        for stage, late_s in (("click", 0.0), ("flash", 0.08)):
            await until(watcher, line, lambda stage=stage: wizard.message.stage == stage)
            for at_s in wizard.message.at_s:  # all at once: nobody waits for them here
                await say(line, "calibrate", do="taps", at_s=[at_s + late_s + 0.01 * dice.normal()])
            await until(watcher, line, lambda: wizard.message.heard == 24)
            show.desk.turn("tap", True, "midi pads")
            wizard.tick(wizard.message.at_s[-1] + 1)
        await until(watcher, line, lambda: wizard.message.stage == "result")
        await say(line, "calibrate", do="keep")
        await until(watcher, line, lambda: show.desk.value("offset_ms"))

    show = show_of(tmp_path)
    watcher = on_stage(show, calibrate)
    assert -95 < float(show.desk.value("offset_ms")) < -65
    assert show.dancer.taps.heard_until_s == -np.inf
    told = [text["stage"] for text in watcher.texts if text["type"] == "calibration"]
    assert list(dict.fromkeys(told)) == ["idle", "click", "flash", "result"]
    assert json.loads((tmp_path / "own" / "desk.json").read_text())["values"]["offset_ms"] < -65


def test_without_a_folder_a_show_leaves_nothing_behind(tmp_path: Path, settings_folder: Path) -> None:
    async def evening(show: Show, line: ClientConnection, watcher: Watcher) -> None:
        await say(line, "cue", do="keep", name="left")
        await say(line, "set", name="intensity", value=1.7)
        await until(watcher, line, lambda: show.desk.value("intensity") == 1.7)
        await asyncio.sleep(0)

    clock = MonotonicClock()
    source = FileSource(Audio(club(20, RATE_HZ)[:, None], RATE_HZ), clock, title="club")
    show = Show(
        Hopper(),
        source,
        clock,
        model="hopper",
        engine="fake",
        server=ServerSettings(port=0),
        page_dir=tmp_path,
    )
    on_stage(show, evening)
    assert show.book.cues.message.cues and not (settings_folder / "groovecast" / "setlist.json").exists()
    assert list(tmp_path.iterdir()) == []
