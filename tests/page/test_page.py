"""The page in a real browser, fed by the server of sine waves."""

import io
import json
import struct
import wave
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import pytest
from fake_server import DIST, TRACK_S, FakeServer, dancing_pose, rest_pose
from PIL import Image
from playwright.sync_api import Browser
from watched import CHROMIUM, CLICK_FIRST, FLAGS, PATIENCE_MS, SMALL, OpenPage, Watched

pytestmark = pytest.mark.browser

MANNEQUIN = DIST / "mannequin.vrm"


def bright_share(picture: bytes) -> float:
    """The share of bright pixels in a picture's middle third: the shell is bright, the stage dark."""
    grey = np.asarray(Image.open(io.BytesIO(picture)).convert("L"))
    width = grey.shape[1]
    return float((grey[:, width // 3 : 2 * width // 3] > 130).mean())


def vrm0_of(vrm1: bytes) -> bytes:
    """Our mannequin as a VRM 0: turned to face -Z, with the old extension, without its textures."""
    size = struct.unpack_from("<I", vrm1, 12)[0]
    document = json.loads(vrm1[20 : 20 + size])
    binary = bytearray(vrm1[28 + size :])
    mesh = document["meshes"][0]["primitives"][0]["attributes"]
    matrices = document["skins"][0]["inverseBindMatrices"]
    for accessor, columns, turned in (
        (mesh["POSITION"], 3, (0, 2)),
        (mesh["NORMAL"], 3, (0, 2)),
        (matrices, 16, (12, 14)),
    ):
        about = document["accessors"][accessor]
        start = document["bufferViews"][about["bufferView"]]["byteOffset"]
        rows = np.frombuffer(binary, "<f4", about["count"] * columns, start).reshape(-1, columns)
        rows[:, turned] *= -1
    low_high = document["accessors"][mesh["POSITION"]]
    low, high = low_high["min"], low_high["max"]
    low_high["min"], low_high["max"] = [-high[0], low[1], -high[2]], [-low[0], high[1], -low[2]]
    bones = []
    for index, node in enumerate(document["nodes"]):
        if "translation" in node:
            x, y, z = node["translation"]
            node["translation"] = [-x, y, -z]
            bones.append({"bone": node["name"], "node": index, "useDefaultValues": True})
    meta = {"title": "old mannequin", "version": "1", "author": "us"}
    document["extensionsUsed"] = ["VRM"]
    document["extensions"] = {"VRM": {"specVersion": "0.0", "meta": meta, "humanoid": {"humanBones": bones}}}
    document["materials"] = [{"name": "plain"}]
    for key in ("textures", "images", "samplers"):
        del document[key]
    text = json.dumps(document).encode()
    text += b" " * (-len(text) % 4)
    head = struct.pack("<4sII", b"glTF", 2, 28 + len(text) + len(binary))
    return (
        head
        + struct.pack("<I4s", len(text), b"JSON")
        + text
        + struct.pack("<I4s", len(binary), b"BIN\0")
        + binary
    )


def choose(watched: Watched, kind: str, name: str, content: bytes) -> None:
    """Pick a file as a person does, by the button of that kind."""
    watched.page.set_input_files(f"#{kind}-file", {"name": name, "mimeType": "", "buffer": content})


def drop(watched: Watched, name: str, address: str) -> None:
    """Drop a file of that name on the page; its bytes come from the server."""
    watched.page.evaluate(
        """async ([name, address]) => {
            const bytes = await (await fetch(address)).arrayBuffer();
            const dataTransfer = new DataTransfer();
            dataTransfer.items.add(new File([bytes], name));
            window.dispatchEvent(new DragEvent("drop", { dataTransfer }));
        }""",
        [name, address],
    )


def beep(seconds: float, rate_hz: int = 48000) -> bytes:
    """A stereo WAV of a quiet tone."""
    tone = 0.25 * np.sin(2 * np.pi * 330 * np.arange(int(seconds * rate_hz)) / rate_hz)
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(rate_hz)
        file.writeframes((np.stack([tone, tone], axis=1) * 32767).astype("<i2").tobytes())
    return out.getvalue()


def test_the_figure_dances_in_step_with_the_sound_and_nothing_complains(
    server: FakeServer, open_page: OpenPage
) -> None:
    watched = open_page(server.address)
    watched.wait_for_poses(10)
    watched.wait_for("groovecast.counters.beatsSeen >= 4 && groovecast.counters.downbeatsSeen >= 1")
    watched.wait_for("Math.abs(groovecast.sound.driftMs ?? 1000) < 20")
    pulses = set()
    for _ in range(4):
        watched.wait_for_poses(3)
        pulses.add(watched.page.evaluate("document.getElementById('beat').style.getPropertyValue('--pulse')"))
    assert len(pulses) > 2
    assert watched.complaints == []
    assert watched.hosts - {""} == {urlsplit(server.address).netloc}
    assert watched.page.evaluate("groovecast.clock.synced")
    assert watched.page.evaluate("groovecast.counters.rejected") == 0
    assert watched.page.inner_text("#tempo") == "120.0 BPM"
    assert watched.page.inner_text("#status") == "live"


PICTURES = [  # name, size, groovecast.view(...)
    ("front", (1280, 720), None),
    ("phone", (390, 844), None),
    ("side", (640, 480), "1.45, 0.06, 4.3"),
    ("feet", (480, 360), "0.6, 0.3, 0.8, 0.08, 0.05"),
    ("hand", (480, 360), "0.3, 1.0, 0.45, 1.42, 0.78"),
]


def test_the_mannequin_is_drawn_whole_and_close_on_screens_of_any_shape(
    open_page: OpenPage, server: FakeServer, shots: Path
) -> None:
    watched = open_page(server.address, (1280, 720))
    watched.wait_for_poses(3)
    for name, (width, height), view in PICTURES:
        server.pose_at = rest_pose if name == "hand" else dancing_pose
        watched.page.set_viewport_size({"width": width, "height": height})
        if view:
            watched.page.evaluate(f"groovecast.view({view})")
        watched.wait_for(
            "new Promise((done) => setTimeout(() => done(true), 300))"
        )  # the look-ahead, and more
        watched.wait_for_poses(2)
        picture = watched.page.screenshot(path=shots / f"page-{name}.png", timeout=PATIENCE_MS)
        assert 0.03 < bright_share(picture) < 0.7, name
        assert watched.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), name
    wrist, tip = (
        np.array(watched.page.evaluate(f"groovecast.place('left{b}')")) for b in ("Hand", "IndexDistal")
    )
    assert np.allclose(wrist, [0.69, 1.42, 0], atol=1e-3)
    assert 0.1 < np.linalg.norm(tip - wrist) < 0.2


def test_the_space_bar_stops_and_starts_the_music(server: FakeServer, open_page: OpenPage) -> None:
    watched = open_page(server.address)
    watched.wait_for_poses(2)
    watched.page.keyboard.press("Space")
    watched.wait_for("groovecast.transport.playing === false && groovecast.sound.driftMs === null")
    watched.wait_for("document.getElementById('tempo').textContent === '– BPM'")
    watched.page.keyboard.press("Space")
    watched.wait_for("groovecast.transport.playing === true")
    said = [(m["name"], m["value"]) for m in server.heard if m["type"] == "set"]
    assert said == [("playing", False), ("playing", True)]


def test_the_keys_tap_the_beat_when_they_go_down_and_count_it_otherwise(
    server: FakeServer, open_page: OpenPage
) -> None:
    watched = open_page(server.address)
    watched.wait_for_poses(2)
    watched.wait_for("groovecast.clock.synced")
    for key in ("t", "t", "t", "]", "["):
        watched.page.keyboard.press(key)
    watched.page.wait_for_timeout(300)
    taps_s = [float(str(said["at_s"])) for said in server.heard if said["type"] == "tap"]
    assert len(taps_s) == 3
    assert taps_s == sorted(taps_s)
    said = [(m["name"], m["value"]) for m in server.heard if m["type"] == "set"]
    assert said == [("beat_octave", 2), ("beat_octave", 0.5)]


def test_a_click_on_the_bar_moves_the_music(server: FakeServer, open_page: OpenPage) -> None:
    watched = open_page(server.address)
    watched.wait_for_poses(2)
    box = watched.page.locator("#progress").bounding_box()
    assert box is not None
    watched.page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    watched.wait_for(f"groovecast.transport.position_s > {TRACK_S * 0.45}")


def test_dropped_avatars_of_both_versions_dance_alike(server: FakeServer, open_page: OpenPage) -> None:
    still = dancing_pose(1.3)
    server.pose_at = lambda time_s: replace(still, time_s=time_s)
    watched = open_page(server.address)
    watched.wait_for_poses(3)
    bones = ("leftHand", "rightFoot", "head", "rightIndexDistal")
    before = [watched.page.evaluate(f"groovecast.place('{bone}')") for bone in bones]

    drop(watched, "mine.vrm", f"{server.address}mannequin.vrm")
    watched.wait_for_words("Groovecast mannequin is dancing")
    watched.wait_for_poses(2)
    again = [watched.page.evaluate(f"groovecast.place('{bone}')") for bone in bones]
    assert np.allclose(before, again, atol=1e-4)

    choose(watched, "avatar", "old.vrm", vrm0_of(MANNEQUIN.read_bytes()))
    watched.wait_for_words("old mannequin is dancing")
    watched.wait_for_poses(2)
    assert watched.page.evaluate("groovecast.avatar.metaVersion") == "0"
    old = [watched.page.evaluate(f"groovecast.place('{bone}')") for bone in bones]
    assert np.allclose(before, old, atol=1e-4)
    assert watched.hosts - {""} == {urlsplit(server.address).netloc}


def test_a_persons_own_song_reaches_the_dancer_whole(server: FakeServer, open_page: OpenPage) -> None:
    watched = open_page(server.address)
    watched.wait_for_poses(2)
    choose(watched, "song", "my song.wav", beep(seconds=4.0))
    watched.wait_for("groovecast.transport.local === true")
    song = next(m for m in server.heard if m["type"] == "song")
    assert song == {"type": "song", "title": "my song", "sample_rate_hz": 24000, "samples": 96000}
    samples = np.frombuffer(bytes(server.song), "<i2") / 32767
    assert len(samples) == 96000
    assert 0.24 < np.abs(samples).max() < 0.27
    watched.wait_for("groovecast.sound.driftMs !== null")


def test_of_two_songs_chosen_one_after_the_other_the_second_is_danced_to(
    server: FakeServer, open_page: OpenPage
) -> None:
    watched = open_page(server.address)
    watched.wait_for_poses(2)
    choose(watched, "song", "long.wav", beep(seconds=30.0))
    choose(watched, "song", "short.wav", beep(seconds=4.0))
    watched.wait_for("groovecast.transport.local && groovecast.transport.title === 'short'")
    watched.wait_for("groovecast.sound.driftMs !== null")
    assert len(server.song) == 2 * 96000
    assert "out of order" not in watched.page.inner_text("#notice")


def test_files_that_are_neither_are_refused_in_plain_words_and_the_dance_goes_on(
    server: FakeServer, open_page: OpenPage
) -> None:
    watched = open_page(server.address)
    watched.wait_for_poses(2)
    choose(watched, "song", "text.wav", b"this is no sound")
    watched.wait_for_words("this browser cannot read text.wav: try")
    choose(watched, "avatar", "text.vrm", b"this is no avatar")
    watched.wait_for_words("text.vrm cannot be shown")
    drop(watched, "page.html", server.address)
    watched.wait_for_words("page.html is neither a sound nor a .vrm avatar")
    watched.wait_for_poses(5)


def test_the_page_finds_the_server_again(open_page: OpenPage) -> None:
    first = FakeServer()
    first.start()
    watched = open_page(first.address)
    watched.wait_for_poses(2)
    first.stop()
    watched.wait_for("document.getElementById('status').textContent.startsWith('no server')")
    second = FakeServer(port=first.port, track="/track/another.wav")
    second.start()
    watched.wait_for("document.getElementById('status').textContent === 'live'")
    watched.wait_for_poses(5)
    assert watched.page.evaluate("groovecast.counters.connects") == 2
    watched.wait_for("Math.abs(groovecast.sound.driftMs ?? 1000) < 20")
    assert first.asked.count("/track/clicks.wav") == second.asked.count("/track/another.wav") == 1
    assert "/track/clicks.wav" not in second.asked, "the song before is over"
    second.stop()


def test_a_browser_that_wants_a_click_before_sound_is_given_one(server: FakeServer, browser: Browser) -> None:
    strict = browser.browser_type.launch(executable_path=CHROMIUM, args=[*FLAGS, CLICK_FIRST])
    page = strict.new_page(viewport={"width": SMALL[0], "height": SMALL[1]})
    page.goto(server.address, timeout=PATIENCE_MS)
    page.click("#sound-gate", timeout=PATIENCE_MS)
    page.wait_for_function("groovecast.sound.driftMs !== null", timeout=PATIENCE_MS)
    assert not page.is_visible("#sound-gate")
    strict.close()
