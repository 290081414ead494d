"""A page in a browser without a window: what it complained about, whom it asked, and how to wait for it."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Page

CHROMIUM = Path("/usr/bin/chromium")
# WebGL 2 in software, and sound without a click.
FLAGS = ["--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--ignore-gpu-blocklist"]
SOUND_AT_ONCE = "--autoplay-policy=no-user-gesture-required"
CLICK_FIRST = "--autoplay-policy=document-user-activation-required"
SMALL = (420, 320)
_LOOK_EVERY_MS = 100
PATIENCE_MS = 60_000  # a picture without a graphics card on a busy machine


@dataclass
class Watched:
    """A page, what it complained about, and the hosts that it asked."""

    page: Page
    complaints: list[str] = field(default_factory=list)
    hosts: set[str] = field(default_factory=set)

    def wait_for(self, expression: str) -> None:
        """Until the expression is true in the page, whose policy forbids it to evaluate anything by itself."""
        end_s = time.monotonic() + PATIENCE_MS / 1000
        while time.monotonic() < end_s:
            if self.page.evaluate(f"Boolean({expression})"):
                return
            self.page.wait_for_timeout(_LOOK_EVERY_MS)
        raise TimeoutError(f"waited {PATIENCE_MS / 1000:g} s for {expression}")

    def wait_for_poses(self, count: int) -> None:
        """Until so many more poses were shown."""
        shown = self.page.evaluate("window.groovecast ? groovecast.counters.posesShown : 0")
        self.wait_for(f"window.groovecast && groovecast.counters.posesShown >= {shown + count}")

    def wait_for_words(self, words: str) -> None:
        """Until the page says them to the person."""
        self.wait_for(f"document.getElementById('notice').textContent.includes({words!r})")


OpenPage = Callable[..., Watched]
