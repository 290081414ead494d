"""Films the demo's page for the README: `python docs/make_gif.py` writes docs/dance.gif (needs Chromium)."""

import argparse
import base64
import io
import re
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

_FLAGS = (
    "--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--ignore-gpu-blocklist",
    "--autoplay-policy=no-user-gesture-required", "--hide-scrollbars",
)  # fmt: skip
_SIZE = (640, 480)
_COLOURS = 128


def film(after_s: float, seconds: float) -> list[tuple[float, Image.Image]]:
    """The page from `after_s` after its first pose, as (time, picture), as fast as this machine draws."""
    demo = subprocess.Popen(
        [sys.executable, "-m", "realtime.cli", "demo", "--no-browser", "--port", "0"],
        stderr=subprocess.PIPE,
        text=True,
    )
    assert demo.stderr is not None
    address = re.search(r"http://\S+", demo.stderr.readline() + demo.stderr.readline())  # engine, address
    assert address is not None
    taken: list[tuple[float, Image.Image]] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=list(_FLAGS))
        page = browser.new_page(viewport={"width": _SIZE[0], "height": _SIZE[1]})
        page.goto(address[0])
        while not page.evaluate("Boolean(window.groovecast && groovecast.counters.posesShown > 10)"):
            page.wait_for_timeout(100)
        page.evaluate("groovecast.keepSharp && groovecast.keepSharp()")
        page.wait_for_timeout(1000 * after_s)
        camera = page.context.new_cdp_session(page)

        def keep(event: dict[str, object]) -> None:
            picture = Image.open(io.BytesIO(base64.b64decode(str(event["data"]))))
            taken.append((event["metadata"]["timestamp"], picture.convert("RGB")))  # type: ignore[index]
            camera.send("Page.screencastFrameAck", {"sessionId": event["sessionId"]})

        camera.on("Page.screencastFrame", keep)
        camera.send("Page.startScreencast", {"format": "jpeg", "quality": 92})
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            page.wait_for_timeout(50)
        camera.send("Page.stopScreencast")
        browser.close()
    demo.terminate()
    demo.wait(10)
    return taken


def main() -> None:
    """Film and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--after", type=float, default=32.0, help="seconds into the dance")
    parser.add_argument("--seconds", type=float, default=7.0)
    parser.add_argument("--out", type=Path, default=Path(__file__).with_name("dance.gif"))
    asked = parser.parse_args()
    taken = film(asked.after, asked.seconds)
    pictures, times = [picture for _, picture in taken], [stamp for stamp, _ in taken]
    palette = pictures[len(pictures) // 2].quantize(_COLOURS)
    frames = [picture.quantize(palette=palette, dither=Image.Dither.FLOYDSTEINBERG) for picture in pictures]
    gaps = [max(20, round(1000 * (b - a))) for a, b in pairwise(times)]
    frames[0].save(
        asked.out, save_all=True, append_images=frames[1:], duration=[*gaps, gaps[-1]], loop=0, optimize=True
    )
    print(f"{asked.out}: {len(frames)} pictures, {asked.out.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
