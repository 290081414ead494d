"""A browser's microphone, another tab, and a stream of the page's own, danced to by `groovecast live --from-page`."""

import base64
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import soundfile
from playwright.sync_api import Browser, sync_playwright
from watched import CHROMIUM, FLAGS, PATIENCE_MS, SOUND_AT_ONCE, OpenPage, Watched

import groovecast.demo

pytestmark = pytest.mark.browser

TEMPO_BPM = 126.0
_SONG_TITLE = "Song in a tab"


@pytest.fixture(scope="module")
def music(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sixteen bars of the bundled track, which join their own beginning on the beat."""
    samples, rate_hz = soundfile.read(Path(groovecast.demo.__path__[0]) / "club.ogg", dtype="float32")
    beats = 64
    first, count = 40 * rate_hz, round(beats * 60 / TEMPO_BPM * rate_hz)
    path = tmp_path_factory.mktemp("music") / "excerpt.wav"
    soundfile.write(path, samples[first : first + count], rate_hz, subtype="PCM_16")
    return path


@pytest.fixture(scope="module")
def browser(music: Path) -> Iterator[Browser]:
    """Chromium that hears the music in its microphone, allows it, and shares the tab with the song when asked."""
    if not CHROMIUM.exists():
        pytest.skip(f"needs Chromium at {CHROMIUM}")
    hearing = [
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-audio-capture={music}",
        f"--auto-select-tab-capture-source-by-title={_SONG_TITLE}",
    ]
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=[*FLAGS, SOUND_AT_ONCE, *hearing],
            ignore_default_args=["--mute-audio"],
        )
        yield chromium
        chromium.close()


@pytest.fixture
def address() -> Iterator[str]:
    """Where a show that hears a page is seen."""
    command = [sys.executable, "-m", "realtime.cli", "live", "--from-page", "--no-browser", "--port", "0"]
    with subprocess.Popen([*command, "--seconds", "300"], stderr=subprocess.PIPE, text=True) as show:
        assert show.stderr is not None
        found = None
        while found is None and (line := show.stderr.readline()):
            found = re.search(r"http://\S+", line)
        assert found is not None
        yield found[0]
        show.terminate()
        show.wait(10)


def microphone(watched: Watched, _music: Path) -> None:
    watched.page.context.grant_permissions(["microphone"])
    watched.page.click("#hear-microphone")


def other_tab(watched: Watched, music: Path) -> None:
    """The song plays in another tab, which Chromium shares without asking, for it has that title."""
    tab = watched.page.context.new_page()
    tab.set_content(f"<title>{_SONG_TITLE}</title><audio id=song loop></audio>")
    sound = base64.b64encode(music.read_bytes()).decode()
    tab.evaluate("wav => { song.src = `data:audio/wav;base64,${wav}`; return song.play(); }", sound)
    watched.page.bring_to_front()
    watched.page.click("#hear-tab")


@pytest.mark.parametrize(("hear", "kind"), [(microphone, "microphone"), (other_tab, "tab")])
def test_what_a_browser_hears_is_danced_to(
    address: str, open_page: OpenPage, music: Path, hear: Callable[[Watched, Path], None], kind: str
) -> None:
    watched = open_page(address)
    watched.wait_for("window.groovecast && groovecast.input.wanted && groovecast.clock.synced")
    hear(watched, music)
    watched.wait_for("groovecast.input.yours && groovecast.input.sent > 50")
    watched.wait_for("groovecast.state.input_db > -30")
    tempo = f"Math.abs(groovecast.state.tempo_bpm - {TEMPO_BPM}) < 2"
    watched.wait_for(f"{tempo} && groovecast.state.confidence > 0.5")
    assert watched.page.evaluate("groovecast.input.kind") == kind
    assert watched.page.get_attribute(f"#hear-{kind}", "aria-pressed") == "true"
    assert watched.page.is_visible("#level")
    watched.page.click(f"#hear-{kind}")
    watched.wait_for("groovecast.input.kind === null && groovecast.state.input_db === -120")
    assert not [line for line in watched.complaints if "GPU stall" not in line and "GL Driver" not in line]


def test_a_second_page_is_told_who_is_heard(address: str, open_page: OpenPage, music: Path) -> None:
    first, second = open_page(address), open_page(address)
    for watched in (first, second):
        watched.wait_for("window.groovecast && groovecast.input.wanted && groovecast.clock.synced")
    first.page.bring_to_front()
    microphone(first, music)
    first.wait_for("groovecast.input.yours")
    second.wait_for("groovecast.input.kind === 'microphone' && !groovecast.input.yours")
    assert second.page.is_disabled("#hear-microphone") and second.page.is_disabled("#hear-tab")
    assert "another page sends sound" in str(second.page.get_attribute("#hear-tab", "title"))
    first.page.close()
    second.wait_for("groovecast.input.kind === null")
    assert second.page.is_enabled("#hear-microphone")


def test_a_microphone_that_is_not_allowed_is_told_in_words(address: str, open_page: OpenPage) -> None:
    watched = open_page(address)
    watched.wait_for("window.groovecast && groovecast.input.wanted")
    refusal = "() => Promise.reject(new DOMException('', 'NotAllowedError'))"
    watched.page.evaluate(f"() => {{ navigator.mediaDevices.getUserMedia = {refusal}; }}")
    watched.page.click("#hear-microphone")
    watched.wait_for_words("not allowed by you or the browser")
    assert watched.page.evaluate("groovecast.input.kind") is None


def test_sound_goes_on_after_the_line_was_lost(address: str, open_page: OpenPage, music: Path) -> None:
    watched = open_page(address)
    watched.page.add_init_script(
        "window.lines = []; const Plain = WebSocket; WebSocket = class extends Plain {"
        " constructor(...given) { super(...given); window.lines.push(this); } }; WebSocket.OPEN = Plain.OPEN;"
    )
    watched.page.goto(address, timeout=PATIENCE_MS)
    watched.wait_for("window.groovecast && groovecast.input.wanted && groovecast.clock.synced")
    microphone(watched, music)
    watched.wait_for("groovecast.input.yours && groovecast.input.sent > 20")
    watched.page.evaluate("lines.at(-1).close()")
    watched.wait_for("lines.length > 1 && groovecast.input.yours")
    sent = watched.page.evaluate("groovecast.input.sent")
    watched.wait_for(f"groovecast.input.sent > {sent + 20} && groovecast.state.input_db > -30")
