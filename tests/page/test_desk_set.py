"""A performer's whole set on the desk's page, against the show as a person starts it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fakes.sound_card import SoundCard, sound_card
from running_demo import running_demo
from watched import OpenPage, Watched

__all__ = ["sound_card"]  # a fixture
pytestmark = pytest.mark.browser

_READY = "window.groovecast && groovecast.controls().length > 50 && groovecast.connected"
_SPAN = (
    "((l, r) => [Math.abs(l[1] - r[1]), Math.hypot(l[0] - r[0], l[2] - r[2])])"
    "(groovecast.place('leftHand'), groovecast.place('rightHand'))"
)
_T_POSE_M = 1.2  # between the wrists


@pytest.fixture
def show_address() -> Iterator[str]:
    """Where a running `groovecast demo` is seen."""
    with running_demo() as address:
        yield address


def press_pad(watched: Watched, name: str) -> None:
    """Press a cue's pad and wait until it stands there."""
    watched.page.locator(".pad", has_text=name).click()
    watched.wait_for(f"document.querySelector('.pad[data-at=current] .name')?.textContent === '{name}'")


def how_still(watched: Watched) -> float:
    """How far the left hand goes within half a second, metres."""
    where = "groovecast.place('leftHand')"
    before = watched.page.evaluate(where)
    watched.page.wait_for_timeout(500)
    after = watched.page.evaluate(where)
    return float(sum((a - b) ** 2 for a, b in zip(after, before, strict=True)) ** 0.5)


def test_a_set_is_played_from_the_desk_from_the_first_beat_to_panic_and_back(
    show_address: str, open_page: OpenPage, shots: Path
) -> None:
    watched = open_page(f"{show_address}desk", (1280, 800))
    page = watched.page
    watched.wait_for(_READY)
    watched.wait_for("groovecast.figures.seen === 1 && groovecast.counters.posesShown > 5")

    page.get_by_role("switch", name="Mirror").click()  # first cue: as in a mirror
    watched.wait_for("groovecast.value('mirror') === true")
    page.get_by_role("button", name="Keep", exact=True).click()
    watched.wait_for("document.querySelectorAll('.pad').length === 1")
    page.get_by_role("switch", name="Mirror").click()  # second cue: not
    watched.wait_for("groovecast.value('mirror') === false")
    page.get_by_role("button", name="Keep", exact=True).click()
    watched.wait_for("document.querySelectorAll('.pad').length === 2")
    page.screenshot(path=shots / "desk_set_kept.png")

    press_pad(watched, "Cue 1")  # on the next bar
    watched.wait_for("groovecast.value('mirror') === true")
    press_pad(watched, "Cue 2")
    watched.wait_for("groovecast.value('mirror') === false")
    page.screenshot(path=shots / "desk_set_cued.png")

    page.keyboard.press("Escape")
    watched.wait_for("groovecast.panicLevel === 1")
    page.keyboard.press("Escape")
    watched.wait_for("groovecast.panicLevel === 2")
    watched.wait_for(f"({_SPAN})[0] < 0.05 && ({_SPAN})[1] > {_T_POSE_M}")
    # the fade ends slowly, and pictures are few without a graphics card
    assert any(how_still(watched) < 0.05 for _ in range(10)), "a T-pose stands still"
    page.screenshot(path=shots / "desk_set_panic.png")
    page.keyboard.press("r")
    watched.wait_for("groovecast.panicLevel === 0")
    watched.wait_for(f"({_SPAN})[0] > 0.1 || ({_SPAN})[1] < {_T_POSE_M - 0.1}")

    page.keyboard.press("b")
    watched.wait_for("groovecast.figures.seen === 0")
    page.keyboard.press("b")
    watched.wait_for("groovecast.figures.seen === 1")
    page.keyboard.press("Space")
    page.click("#tab-sound")
    page.get_by_role("switch", name="Play").click()
    watched.wait_for("groovecast.value('playing') === false")
    page.screenshot(path=shots / "desk_set_paused.png")
    known = ("GPU stall", "GL Driver")
    assert not [line for line in watched.complaints if not any(word in line for word in known)]


@pytest.mark.sound
def test_the_sound_device_is_chosen_on_the_desk_and_the_song_comes_back(
    sound_card: SoundCard, open_page: OpenPage, shots: Path
) -> None:
    with running_demo(sound_card.env) as address:
        watched = open_page(f"{address}desk?figure=off", (1280, 800))
        page = watched.page
        watched.wait_for(f"{_READY} && groovecast.value('device') === 'the song'")
        page.click("#tab-sound")
        [name] = [
            one
            for one in page.get_by_label("Hear", exact=True).evaluate(
                "(element) => [...element.children].map((one) => one.textContent)"
            )
            if sound_card.input_name in one
        ]
        for wanted in (name, "the song"):
            devices = page.get_by_label("Hear", exact=True)
            if devices.evaluate("(element) => element.tagName") == "SELECT":
                devices.select_option(wanted)
            else:
                devices.get_by_role("radio", name=wanted).click()
            watched.wait_for(f"groovecast.value('device') === {wanted!r}")
            title = sound_card.input_name if wanted == name else "Groovecast demo"
            watched.wait_for(f"document.getElementById('song-title').textContent.includes({title!r})")
        page.screenshot(path=shots / "desk_set_device.png")
