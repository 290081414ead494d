"""A browser without a window, a server that dances by sine waves, and a page between the two."""

import os
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from fake_server import FakeServer
from playwright.sync_api import Browser, BrowserContext, sync_playwright
from watched import CHROMIUM, FLAGS, PATIENCE_MS, SMALL, SOUND_AT_ONCE, OpenPage, Watched


@pytest.fixture(scope="module")  # Playwright's event loop must not run on into other rooms' tests
def browser() -> Iterator[Browser]:
    """Chromium, or a skip where there is none."""
    if not CHROMIUM.exists():
        pytest.skip(f"needs Chromium at {CHROMIUM}")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=[*FLAGS, SOUND_AT_ONCE])
        yield chromium
        chromium.close()


@pytest.fixture
def server() -> Iterator[FakeServer]:
    """A server of the page and the stream, with `address`."""
    fake = FakeServer()
    fake.start()
    yield fake
    fake.stop()


@pytest.fixture
def open_page(browser: Browser) -> Iterator[OpenPage]:
    """Opens pages and closes them; whatever a page complains about or asks for is kept."""
    contexts: list[BrowserContext] = []

    def open_it(address: str, size: tuple[int, int] = SMALL) -> Watched:
        # a context of its own, in which a test may open a second tab
        context = browser.new_context(viewport={"width": size[0], "height": size[1]})
        contexts.append(context)
        page = context.new_page()
        watched = Watched(page)
        page.on(
            "console", lambda m: watched.complaints.append(m.text) if m.type in ("error", "warning") else None
        )
        page.on("pageerror", lambda error: watched.complaints.append(str(error)))
        page.on("request", lambda request: watched.hosts.add(urlsplit(request.url).netloc))
        page.on("websocket", lambda socket: watched.hosts.add(urlsplit(socket.url).netloc))
        page.goto(address, timeout=PATIENCE_MS)
        return watched

    yield open_it
    for context in contexts:
        context.close()


@pytest.fixture
def shots(tmp_path: Path) -> Path:
    """Where screenshots go: the folder GROOVECAST_SHOTS names, or a temporary one."""
    folder = Path(os.environ.get("GROOVECAST_SHOTS", tmp_path))
    folder.mkdir(parents=True, exist_ok=True)
    return folder
