"""The calibration wizard in a real browser: clicks and flashes come when asked for, and taps are stamped truly."""

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from fake_desk import FakeDesk
from watched import OpenPage, Watched

pytestmark = pytest.mark.browser

BEAT_S, BEATS = 0.4, 8
LAPTOP, PHONE = (1280, 800), (360, 740)
_READY = "window.groovecast && groovecast.controls().length > 50"
# what is handed to the sound card: how long until it is heard, and when that was said
_LISTEN = """(() => {
  window.played = [];
  const start = AudioBufferSourceNode.prototype.start;
  AudioBufferSourceNode.prototype.start = function (at) {
    const { contextTime, performanceTime } = this.context.getOutputTimestamp();
    window.played.push({ localS: performanceTime / 1000 + at - contextTime, seconds: this.buffer.duration });
    return start.call(this, at);
  };
})()"""
# a person without a reaction time: presses a key in the picture in which the disc is lit
_TAP_AT_ONCE = """
  new MutationObserver(() => {
    const lit = document.querySelector(".wizard-disc").classList.contains("lit");
    if (lit && !window.wasLit) dispatchEvent(new KeyboardEvent("keydown", { key: "x", cancelable: true }));
    window.wasLit = lit;
  }).observe(document.querySelector(".wizard-disc"), { attributes: true });
"""


@pytest.fixture
def desk() -> Iterator[FakeDesk]:
    fake = FakeDesk()
    fake.start()
    yield fake
    fake.stop()


class Wizard:
    """The wizard on a page, and the server that leads it."""

    def __init__(self, desk: FakeDesk, page: Watched) -> None:
        self.desk, self.page = desk, page
        self.page.wait_for(_READY)
        self.page.page.evaluate("document.getElementById('tab-timing').click()")

    def tell(self, stage: str, **more: object) -> None:
        told = {
            "text": "",
            "at_s": [],
            "offset_ms": None,
            "spread_ms": None,
            "heard": 0,
            "target": "offset_ms",
        }
        self.desk.tell({"type": "calibration", "stage": stage} | told | more)

    def begin(self, stage: str) -> list[float]:
        """The server says when."""
        at_s = [self.desk.now_s + 1 + BEAT_S * beat for beat in range(BEATS)]
        self.tell(stage, at_s=at_s)
        self.page.wait_for(f"document.querySelector('.wizard').dataset.stage === {stage!r}")
        return at_s

    def asked(self, what: str) -> list[dict[str, object]]:
        """What the page asked of the wizard."""
        return [message for message in self.desk.told("calibrate") if message["do"] == what]

    def press(self, words: str) -> None:
        self.page.page.get_by_role("button", name=words, exact=True).click()

    def wait(self, seconds: float) -> None:
        self.page.page.wait_for_timeout(1000 * seconds)


@pytest.fixture
def wizard(desk: FakeDesk, open_page: OpenPage) -> Wizard:
    """On a laptop, begun."""
    watched = open_page(f"{desk.address}desk?figure=off", LAPTOP)
    found = Wizard(desk, watched)
    watched.page.evaluate(_LISTEN)
    found.press("Calibrate by tapping")
    return found


def test_clicks_sound_and_flashes_light_when_asked_and_taps_are_stamped_with_the_server_s_time(
    wizard: Wizard, shots: Path
) -> None:
    [start] = wizard.asked("start")
    assert start["target"] == "offset_ms"
    at_s = wizard.begin("click")
    wizard.wait(1 + BEAT_S * BEATS)
    played = wizard.page.page.evaluate("played")
    assert len(played) == BEATS and all(one["seconds"] == pytest.approx(0.03, abs=0.001) for one in played)
    apart_s = np.diff([one["localS"] for one in played])
    assert np.abs(apart_s - BEAT_S).max() < 0.02, apart_s
    wizard.page.page.screenshot(path=shots / "calibrate_click.png")
    wizard.page.page.evaluate(_TAP_AT_ONCE)
    at_s = wizard.begin("flash")
    wizard.page.wait_for("document.querySelector('.wizard-disc').classList.contains('lit')")
    wizard.page.page.screenshot(path=shots / "calibrate_flash.png")
    wizard.wait(1 + BEAT_S * BEATS)
    taps_s = np.array([message["at_s"] for message in wizard.asked("taps")], float).ravel()
    late_s = np.array([tap_s - min(at_s, key=lambda one: abs(one - tap_s)) for tap_s in taps_s])
    assert len(taps_s) >= BEATS - 1
    assert -0.02 < np.median(late_s) < 0.05, late_s  # a picture without a graphics card takes its time
    assert not wizard.page.complaints


def test_what_would_be_set_is_shown_and_kept_only_by_a_press(wizard: Wizard, shots: Path) -> None:
    text = "The picture is seen 47 ms later than the click is heard."
    wizard.tell("result", text=text, offset_ms=-47.3, spread_ms=11.6)
    wizard.page.wait_for("document.querySelector('.wizard-number').textContent === '−47 ms (± 12)'")
    wizard.page.page.screenshot(path=shots / "calibrate_result.png")
    assert text in wizard.page.page.inner_text(".wizard") and not wizard.asked("keep")
    wizard.page.page.keyboard.press("Enter")  # the button that keeps it is in focus
    wizard.page.wait_for("true")
    wizard.wait(0.3)
    assert len(wizard.asked("keep")) == 1
    assert not [said for said in wizard.desk.told("set") if said["name"] in ("resume", "panic", "posture")]
    wizard.tell("idle")
    wizard.page.wait_for("document.querySelector('.wizard').hidden")


def test_escape_leaves_the_wizard_and_panics_only_when_it_is_gone(wizard: Wizard) -> None:
    wizard.begin("click")
    wizard.page.page.keyboard.press("Escape")
    wizard.page.wait_for("document.querySelector('.wizard').hidden")
    assert len(wizard.asked("stop")) == 1 and "panic" not in json.dumps(wizard.desk.heard)
    wizard.page.page.keyboard.press("Escape")
    wizard.wait(0.3)
    assert "panic" in json.dumps(wizard.desk.heard)


def test_a_desk_that_did_not_begin_it_neither_clicks_nor_covers_itself(
    desk: FakeDesk, open_page: OpenPage
) -> None:
    other = Wizard(desk, open_page(f"{desk.address}desk?figure=off", LAPTOP))
    other.tell("click", at_s=[desk.now_s + 5])
    other.page.wait_for("document.body.textContent.includes('Another desk is calibrating.')")
    assert other.page.page.locator(".wizard").is_hidden()


def test_by_microphone_chirps_are_played_and_a_refusal_can_be_tried_again(
    wizard: Wizard, shots: Path
) -> None:
    wizard.tell("idle")
    wizard.page.wait_for("document.querySelector('.wizard').hidden")
    wizard.press("Measure by microphone")
    wizard.wait(0.2)
    assert len(wizard.asked("loopback")) == 1
    wizard.begin("loopback")
    wizard.wait(1 + BEAT_S * BEATS)
    played = wizard.page.page.evaluate("played")
    assert len(played) == BEATS and all(one["seconds"] == pytest.approx(0.02, abs=0.001) for one in played)
    wizard.tell("refused", text="0 of 10 clicks were heard: play them louder.")
    wizard.page.wait_for("document.querySelector('.wizard').dataset.stage === 'refused'")
    wizard.page.page.screenshot(path=shots / "calibrate_refused.png")
    wizard.press("Once more")
    wizard.wait(0.2)
    assert len(wizard.asked("loopback")) == 2


def test_it_fits_on_a_phone_and_is_tapped_anywhere(desk: FakeDesk, open_page: OpenPage, shots: Path) -> None:
    watched = open_page(f"{desk.address}desk?figure=off", PHONE)
    wizard = Wizard(desk, watched)
    wizard.press("Calibrate by tapping")
    wizard.begin("click")
    watched.page.mouse.click(180, 400)
    watched.page.mouse.click(60, 300)
    wizard.wait(0.3)
    assert len(wizard.asked("taps")) == 2
    watched.page.screenshot(path=shots / "calibrate_phone.png")
    box = watched.page.locator(".wizard-buttons").bounding_box()
    assert box is not None and box["y"] + box["height"] <= PHONE[1] and box["x"] >= 0
