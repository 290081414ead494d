"""The whole way in a real browser: `groovecast demo` in a second process, its page, its music, its dance."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from fake_server import TRACK_S, clicks
from running_demo import running_demo
from watched import OpenPage

pytestmark = pytest.mark.browser

_BONES = ("leftHand", "rightHand", "leftFoot", "rightFoot", "head")


@pytest.fixture
def demo_address() -> Iterator[str]:
    """Where a running `groovecast demo` is seen."""
    with running_demo() as address:
        yield address


def test_the_demo_dances_in_a_browser_to_the_music_that_the_page_plays(
    demo_address: str, open_page: OpenPage, shots: Path
) -> None:
    watched = open_page(demo_address)
    watched.wait_for_poses(20)
    watched.wait_for("groovecast.clock.synced")
    watched.wait_for("groovecast.counters.beatsSeen >= 4")
    where = "JSON.stringify([{}].map(bone => groovecast.place(bone)))".format(
        ", ".join(repr(bone) for bone in _BONES)
    )
    before = watched.page.evaluate(where)
    watched.wait_for_poses(20)
    assert watched.page.evaluate(where) != before, "the figure moves"
    transport = watched.page.evaluate("groovecast.transport")
    assert transport["playing"] and transport["track"] and transport["duration_s"] > 110
    watched.wait_for("Number.isFinite(groovecast.sound.driftMs) && Math.abs(groovecast.sound.driftMs) < 40")
    asked = watched.hosts - {""}  # blob: addresses have no host
    assert asked == {urlsplit(demo_address).netloc}, "nobody else is asked for anything"
    assert not [line for line in watched.complaints if "GPU stall" not in line and "GL Driver" not in line]
    watched.page.screenshot(path=shots / "demo.png")


def test_the_demo_can_be_paused_from_the_page(demo_address: str, open_page: OpenPage) -> None:
    watched = open_page(demo_address)
    watched.wait_for_poses(5)
    watched.wait_for("groovecast.transport && groovecast.transport.playing")
    watched.page.keyboard.press("Space")
    watched.wait_for("!groovecast.transport.playing")
    watched.page.keyboard.press("Space")
    watched.wait_for("groovecast.transport.playing")


def test_the_demo_dances_to_a_song_of_the_persons_own(demo_address: str, open_page: OpenPage) -> None:
    watched = open_page(demo_address)
    watched.wait_for_poses(5)
    song = {"name": "my clicks.wav", "mimeType": "", "buffer": clicks()}
    watched.page.set_input_files("#song-file", song)
    watched.wait_for("groovecast.transport.local && groovecast.transport.playing")
    transport = watched.page.evaluate("groovecast.transport")
    assert transport["title"] == watched.page.inner_text("#title") == "my clicks"
    assert transport["track"] is None and abs(transport["duration_s"] - TRACK_S) < 0.01
    watched.wait_for_poses(20)
    watched.wait_for("groovecast.sound.driftMs !== null")
    assert not [line for line in watched.complaints if "GPU stall" not in line and "GL Driver" not in line]
