"""The performer's desk in a real browser, against a server of sine waves that speaks the desk's messages."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from fake_desk import FakeDesk, all_controls
from fake_server import TEMPO_BPM
from watched import OpenPage, Watched

pytestmark = pytest.mark.browser

LAPTOP = (1280, 800)
PHONE = (360, 740)
NASTY = '<img src=x onerror="window.stolen=1"><b>'
_READY = "window.groovecast && groovecast.controls().length > 50"
OpenDesk = Callable[..., Watched]


@pytest.fixture
def desk() -> Iterator[FakeDesk]:
    """A server with a desk, and two cues in its set list."""
    fake = FakeDesk(cues=[cue("Intro"), cue(NASTY)])
    fake.start()
    yield fake
    fake.stop()


@pytest.fixture
def open_desk(desk: FakeDesk, open_page: OpenPage) -> OpenDesk:
    """Opens the desk's page and waits for its controls."""

    def open_it(size: tuple[int, int] = LAPTOP, query: str = "?figure=off") -> Watched:
        watched = open_page(f"{desk.address}desk{query}", size)
        watched.wait_for(_READY)
        return watched

    return open_it


def cue(name: str) -> dict[str, object]:
    """A cue as the server lists it."""
    return {"name": name, "fade_s": 2.0, "when": "bar", "keyframe": False}


def sets(desk: FakeDesk, name: str) -> list[object]:
    """The values that a control was set to."""
    return [said["value"] for said in desk.told("set") if said["name"] == name]


def heard_by(desk: FakeDesk, watched: Watched, enough: Callable[[], object]) -> None:
    """Until the server has heard so much."""
    for _ in range(300):
        if enough():
            return
        watched.page.wait_for_timeout(50)
    raise TimeoutError(f"the server has heard {desk.heard[-5:]}")


def real_complaints(watched: Watched) -> list[str]:
    """What the page complained about, without what software graphics and broken lines say of themselves."""
    known = ("GPU stall", "GL Driver", "WebSocket connection")
    return [line for line in watched.complaints if not any(word in line for word in known)]


def test_every_control_that_the_server_lists_is_on_the_desk_and_can_be_reached_by_key(
    desk: FakeDesk, open_desk: OpenDesk
) -> None:
    watched = open_desk()
    pads = {"cue", "cue_next", "cue_previous", "posture"}  # pads, arrows and the panic button are these
    listed = {control.name for control in all_controls()} - pads
    placed = watched.page.evaluate(
        "[...document.querySelectorAll('[data-control]')].map(e => e.dataset.control)"
    )
    assert listed <= set(placed)
    assert len(placed) == len(set(placed)), "each in one place"
    unreachable = watched.page.evaluate(
        """[...document.querySelectorAll('[data-control]')].filter(e => e.dataset.control !== 'position_s')
        .filter(e => ![e, ...e.querySelectorAll('*')].some(x => x.tabIndex >= 0)).map(e => e.dataset.control)"""
    )
    assert unreachable == []
    assert watched.hosts - {""} == {urlsplit(desk.address).netloc}, "nobody else is asked for anything"
    assert not real_complaints(watched)


def test_a_drag_turns_a_control_and_what_comes_back_does_not_fight_the_finger(
    desk: FakeDesk, open_desk: OpenDesk
) -> None:
    watched = open_desk()
    box = watched.page.locator("[data-control=intensity] .track").bounding_box()
    assert box is not None
    middle_y = box["y"] + box["height"] / 2
    mouse = watched.page.mouse
    mouse.move(box["x"] + box["width"] * 0.5, middle_y)
    mouse.down()
    mouse.move(box["x"] + box["width"] * 0.75, middle_y, steps=12)
    heard_by(desk, watched, lambda: abs(float(str(sets(desk, "intensity")[-1])) - 1.5) < 0.02)
    watched.page.wait_for_timeout(200)  # its own way has come back by now
    desk.turn("intensity", 0.1)
    desk.turn("smoothness", 0.7)
    watched.wait_for("groovecast.value('smoothness') === 0.7")
    assert abs(watched.page.evaluate("groovecast.value('intensity')") - 1.5) < 0.02
    mouse.up()
    desk.turn("intensity", 0.4)
    watched.wait_for("groovecast.value('intensity') === 0.4")
    assert "40 %" in watched.page.inner_text("[data-control=intensity]")


def test_two_taps_set_a_slider_back_and_one_tap_goes_there(desk: FakeDesk, open_desk: OpenDesk) -> None:
    watched = open_desk()
    desk.turn("smoothness", 0.5)
    watched.wait_for("groovecast.value('smoothness') === 0.5")
    track = watched.page.locator("[data-control=smoothness] .track")
    track.dblclick()
    watched.wait_for("groovecast.value('smoothness') === 0")
    assert all(value == 0 for value in sets(desk, "smoothness")), "it does not jump on its way back"
    box = track.bounding_box()
    assert box is not None
    track.click(position={"x": box["width"] * 0.8, "y": 20})
    heard_by(desk, watched, lambda: len(sets(desk, "smoothness")) == 2)
    assert abs(float(str(sets(desk, "smoothness")[-1])) - 0.8) < 0.02


def test_the_keyboard_does_everything_that_a_hurry_needs(desk: FakeDesk, open_desk: OpenDesk) -> None:
    watched = open_desk()
    keys = watched.page.keyboard
    for key, name in (("b", "blackout"), ("f", "freeze"), ("m", "mirror")):
        keys.press(key)
        watched.wait_for(f"groovecast.value('{name}') === true")
    pressed = {
        "[": "nudge_earlier",
        "]": "nudge_later",
        ",": "half",
        ".": "double",
        "d": "resync",
        "k": "keyframe",
        "ArrowRight": "cue_next",
        "ArrowLeft": "cue_previous",
    }
    for key, name in pressed.items():
        keys.press(key)
        heard_by(desk, watched, lambda name=name: sets(desk, name) == [True])
    keys.press("Space")
    heard_by(desk, watched, lambda: desk.told("tap"))
    keys.press("2")
    heard_by(desk, watched, lambda: [said["name"] for said in desk.told("cue")] == [NASTY])
    for level, face in ((1, "T-POSE"), (2, "T-POSE IS ON")):
        keys.press("Escape")
        watched.wait_for(f"groovecast.panicLevel === {level}")
        assert watched.page.inner_text("[data-control=panic]") == face
    keys.press("Enter")
    watched.wait_for("groovecast.panicLevel === 0")


def test_no_key_fires_while_somebody_types_a_name(desk: FakeDesk, open_desk: OpenDesk) -> None:
    watched = open_desk()
    watched.wait_for("document.querySelectorAll('.pad').length === 2")
    watched.page.get_by_role("button", name="Edit").click()
    field = watched.page.locator(".pad.editor input").first
    field.fill("")
    field.type("bf1 r?")
    watched.page.keyboard.press("Enter")
    heard_by(desk, watched, lambda: [said["do"] for said in desk.told("cue")] == ["rename"])
    assert desk.told("cue")[0]["to"] == "bf1 r?"
    assert not desk.told("set") and not desk.told("tap")


def test_cues_are_kept_renamed_moved_and_removed_after_one_question(
    desk: FakeDesk, open_desk: OpenDesk
) -> None:
    watched = open_desk()
    page = watched.page
    watched.wait_for("document.querySelectorAll('.pad').length === 2")
    page.get_by_role("button", name="Keep", exact=True).click()
    watched.wait_for("document.querySelectorAll('.pad').length === 3")
    page.get_by_role("button", name="Edit").click()
    page.get_by_role("button", name="Move earlier: Cue 3").click()
    watched.wait_for("[...document.querySelectorAll('.editor input')].map(e => e.value)[1] === 'Cue 3'")
    remove = page.get_by_role("button", name="Remove: Intro")
    remove.click()
    page.wait_for_timeout(200)
    assert len(desk.cues) == 3 and remove.inner_text() == "Sure?"
    remove.click()
    watched.wait_for("document.querySelectorAll('.pad').length === 2")
    assert [said["name"] for said in desk.cues] == ["Cue 3", NASTY]


def test_a_cue_that_waits_counts_down_to_its_beat(desk: FakeDesk, open_desk: OpenDesk) -> None:
    watched = open_desk()
    watched.wait_for("document.querySelectorAll('.pad').length === 2")
    watched.page.get_by_role("radio", name="4 bars").click()
    heard_by(desk, watched, lambda: sets(desk, "quantise") == ["four bars"])
    watched.page.locator(".pad").first.click()
    heard_by(desk, watched, lambda: [said["do"] for said in desk.told("cue")] == ["recall"])
    waiting = {"type": "cues", "cues": desk.cues, "current": None, "pending": "Intro"}
    desk.tell({**waiting, "pending_at_s": desk.now_s + 40 * 60 / TEMPO_BPM})
    watched.wait_for(
        "/^(3[0-9]|40) beats$/.test(document.querySelector('[data-at=pending] .count')?.textContent)"
    )
    desk.tell({**waiting, "pending_at_s": desk.now_s + 0.4})
    watched.wait_for("/^[01] beats?$/.test(document.querySelector('[data-at=pending] .count')?.textContent)")
    desk.tell({**waiting, "current": "Intro", "pending": None, "pending_at_s": None})
    watched.wait_for("document.querySelector('.pad[data-at=current] .count')?.textContent === ''")


def test_a_name_is_text_whatever_is_in_it(desk: FakeDesk, open_desk: OpenDesk) -> None:
    watched = open_desk()
    desk.tell({"type": "notice", "text": NASTY})
    outlet = {"fps": 60, "latency_ms": 1, "dropped": 0, "offset_ms": 0}
    desk.chatty = False
    desk.tell({"type": "outputs", "outputs": [{"name": NASTY, "problem": NASTY, **outlet}]})
    desk.tell({"type": "peers", "midi": [NASTY], "link": 1, "prodj": None, "learned": {"intensity": NASTY}})
    watched.wait_for("document.querySelector('.log span')?.textContent.includes('onerror')")
    watched.wait_for("document.querySelector('.output strong')?.textContent.includes('onerror')")
    assert watched.page.locator(".pad .name").last.text_content() == NASTY
    assert watched.page.evaluate("document.querySelectorAll('img').length") == 0
    assert watched.page.evaluate("window.stolen === undefined")


def test_a_lost_line_cannot_be_overlooked_and_what_is_turned_meanwhile_is_told_to_be_lost(
    open_page: OpenPage,
) -> None:
    first = FakeDesk()
    first.start()
    watched = open_page(f"{first.address}desk?figure=off", LAPTOP)
    watched.wait_for(_READY)
    first.stop()
    watched.wait_for("document.body.dataset.line === 'lost'")
    assert "lost" in watched.page.inner_text("#alarm")
    watched.page.keyboard.press("b")
    watched.wait_for("document.getElementById('toast').textContent.includes('Blackout was not turned')")
    second = FakeDesk(port=first.port)
    second.start()
    watched.wait_for("document.body.dataset.line === 'live'")
    watched.page.wait_for_timeout(300)
    assert sets(second, "blackout") == [], "nothing comes late"
    assert watched.page.evaluate("groovecast.value('blackout')") is False
    assert second.told("desk"), "it is a desk again"
    second.stop()


def test_two_desks_see_each_others_turns(desk: FakeDesk, open_desk: OpenDesk) -> None:
    one, other = open_desk(), open_desk(PHONE)
    one.page.keyboard.press("f")
    other.wait_for("groovecast.value('freeze') === true")
    other.page.get_by_role("switch", name="FREEZE").click()
    one.wait_for("groovecast.value('freeze') === false")
    other.page.get_by_role("button", name="PANIC").click()
    one.wait_for("groovecast.panicLevel === 1")


def test_a_locked_desk_hears_no_touch_but_panic_and_blackout(desk: FakeDesk, open_desk: OpenDesk) -> None:
    watched = open_desk()
    page = watched.page
    watched.wait_for("document.querySelectorAll('.pad').length === 2")
    padlock = page.locator(".tool.lock")
    padlock.click()
    page.locator(".pad").first.click(force=True)
    page.locator("[data-control=intensity] .track").dblclick(force=True)
    page.locator("[data-control=freeze]").click(force=True)
    page.locator("[data-control=tap]").click(force=True)
    padlock.click()
    page.locator("[data-control=blackout]").click()
    watched.wait_for("groovecast.value('blackout') === true")
    page.locator("[data-control=panic]").click()
    watched.wait_for("groovecast.panicLevel === 1")
    assert {said["name"] for said in desk.told("set")} == {"blackout", "panic"}
    assert not desk.told("cue") and not desk.told("tap")
    padlock.click(delay=1000)
    page.locator("[data-control=freeze]").click()
    watched.wait_for("groovecast.value('freeze') === true")


def test_the_crew_is_seen_in_its_size_and_gone_in_a_blackout(desk: FakeDesk, open_desk: OpenDesk) -> None:
    watched = open_desk((640, 480), "")
    watched.wait_for("groovecast.figures.seen === 1")
    desk.turn("dancers", 3)
    desk.turn("size", 2.0)
    watched.wait_for("groovecast.figures.seen === 3")
    watched.wait_for("groovecast.sizeOf(2) === 2")
    rows = "[...document.querySelectorAll('.member')].filter(e => !e.hidden).length"
    assert watched.page.evaluate(rows) == 2, "the first is the desk's own"
    desk.turn("blackout", True)
    watched.wait_for("groovecast.figures.seen === 0")
    assert "BLACKOUT" in watched.page.inner_text("#veil")
    desk.turn("blackout", False)
    desk.turn("dancers", 1)
    watched.wait_for("groovecast.figures.seen === 1")


def test_warnings_are_listed_newest_first_and_repeated_ones_counted(
    desk: FakeDesk, open_desk: OpenDesk
) -> None:
    watched = open_desk()
    for text in ("the input is silent", "VMC: nobody listens", "the input is silent"):
        desk.tell({"type": "notice", "text": text})
        watched.wait_for(f"document.querySelector('.log li span')?.textContent === '{text}'")
    lines = watched.page.evaluate("[...document.querySelectorAll('.log li')].map(e => e.textContent)")
    assert len(lines) == 2 and lines[0].endswith("the input is silent× 2")
    assert watched.page.get_attribute("#tab-log", "data-badge") == "3"


def test_a_midi_knob_is_taught_by_a_tap_on_the_control(desk: FakeDesk, open_desk: OpenDesk) -> None:
    watched = open_desk()
    desk.tell({"type": "peers", "midi": ["nanoKONTROL2"], "link": None, "prodj": None, "learning": None})
    watched.page.click("#tab-show")
    watched.page.get_by_role("button", name="Learn a MIDI knob").click()
    watched.page.locator("[data-control=idle_on_silence] button").click()
    heard_by(desk, watched, lambda: desk.told("learn"))
    assert desk.told("learn") == [{"type": "learn", "name": "idle_on_silence"}]
    assert not desk.told("set"), "it was pointed at, not turned"
    learned = {"idle_on_silence": "CC 7 on nanoKONTROL2"}
    desk.tell({"type": "peers", "midi": ["nanoKONTROL2"], "learning": None, "learned": learned})
    watched.wait_for("document.querySelector('[data-learned=\"CC 7 on nanoKONTROL2\"]')")


def test_the_phone_gets_a_code_only_with_a_token_and_an_address_that_it_can_reach(
    desk: FakeDesk, open_desk: OpenDesk
) -> None:
    watched = open_desk(LAPTOP, "?figure=off&token=hunter2")
    watched.page.get_by_role("button", name="phone").click()
    assert watched.page.locator(".qr").count() == 0
    assert "--token" in watched.page.inner_text("#sheet-phone")
    desk.tell({"type": "hello", "addresses": ["http://192.168.1.20:8765/"]})
    watched.wait_for("document.querySelector('.qr')")
    assert "http://192.168.1.20:8765/desk?token=hunter2" in watched.page.inner_text("#sheet-phone")
    watched.page.keyboard.press("Escape")
    assert watched.page.locator("#sheet-phone").is_hidden()
    assert not desk.told("set"), "Escape closed the sheet and was no panic"


_SMALL_TARGETS = """[...document.querySelectorAll('button, select, summary, [role=slider], input, a')].filter(e => {
  const box = e.getBoundingClientRect();
  return box.width > 0 && (box.width < 43.5 || box.height < 43.5);
}).map(e => `${e.tagName} ${e.textContent.slice(0, 20)} ${JSON.stringify(e.getBoundingClientRect())}`)"""
_CUT_OFF = """[...document.querySelectorAll('button, h2, p, .label, .value')].filter(e => e.offsetWidth > 2
  && e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).display !== 'inline').map(e => e.textContent)"""
_HARD_TO_READ = """(() => {
  const linear = v => v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4;
  const light = ([r, g, b]) => [r, g, b].map(v => linear(v / 255))
    .reduce((sum, v, k) => sum + v * [.2126, .7152, .0722][k], 0);
  const parts = colour => (colour.match(/[\\d.]+/g) ?? []).map(Number);
  const ground = e => {
    for (; e; e = e.parentElement) {
      const c = parts(getComputedStyle(e).backgroundColor);
      if (c.length === 3 || c[3] === 1) return c;
    }
    return [0, 0, 0];
  };
  const bad = [];
  for (const e of document.querySelectorAll('body *')) {
    if (![...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim())) continue;
    if (e.offsetWidth < 3 || e.disabled) continue;
    const [a, b] = [light(parts(getComputedStyle(e).color)), light(ground(e))].sort((x, y) => y - x);
    const contrast = (a + .05) / (b + .05);
    if (contrast < 7) bad.push(`${e.className || e.tagName} "${e.textContent.slice(0, 20)}" ${contrast.toFixed(1)}`);
  }
  return bad;
})()"""


@pytest.mark.parametrize("size", [LAPTOP, (1920, 1080), PHONE], ids=["laptop", "large", "phone"])
def test_everything_can_be_read_and_hit_on_every_screen(
    size: tuple[int, int], open_desk: OpenDesk, shots: Path
) -> None:
    watched = open_desk(size, "")
    page = watched.page
    watched.wait_for("document.querySelectorAll('.pad').length === 2 && groovecast.figures.seen === 1")
    found: dict[str, list[str]] = {}
    for tab in page.evaluate("[...document.querySelectorAll('.tab')].map(e => e.id)"):
        page.evaluate(f"document.getElementById('{tab}').click()")
        for what, script in (("small", _SMALL_TARGETS), ("cut", _CUT_OFF), ("faint", _HARD_TO_READ)):
            found.setdefault(what, []).extend(page.evaluate(script))
        width = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
        assert width[0] <= width[1], "nothing sticks out at the side"
    assert not any(found.values()), json.dumps(found, indent=1)
    panic = page.locator("[data-control=panic]").bounding_box()
    assert panic is not None and panic["y"] < 130 and panic["x"] + panic["width"] > size[0] - 30
    page.evaluate("window.scrollTo(0, 9999)")
    assert page.locator("[data-control=panic]").bounding_box() == panic, "always in sight"
    page.evaluate("window.scrollTo(0, 0)")
    page.screenshot(path=shots / f"desk_{size[0]}.png")


def test_the_first_page_leads_to_the_desk_with_its_token_and_back(
    desk: FakeDesk, open_page: OpenPage
) -> None:
    watched = open_page(f"{desk.address}?token=a%20b")
    watched.wait_for("document.getElementById('desk-page').href")
    watched.page.click("#desk-page")
    watched.wait_for(_READY)
    assert watched.page.url == f"{desk.address}desk?token=a%20b"
    assert watched.page.get_attribute("#first-page", "href") == "./?token=a%20b"
