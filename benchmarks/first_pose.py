"""How long a person waits: from `start.py demo`, installed, to the first pose drawn on the page in a browser.

python -m benchmarks.first_pose [--runs 3] [--no-keep]

Needs Chromium, which runs already when the command is given and draws in software.
"""

import argparse
import re
import subprocess
import sys
from pathlib import Path
from time import monotonic

from playwright.sync_api import sync_playwright

from benchmarks.record import keep, origin

_ROOT = Path(__file__).resolve().parents[1]
_FLAGS = ("--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--ignore-gpu-blocklist")
_SIZE = {"width": 900, "height": 600}


def main() -> None:
    """Measure, print, and append the line."""
    arguments = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    arguments.add_argument("--runs", type=int, default=3)
    arguments.add_argument("--no-keep", action="store_true", help="do not append the line to the results")
    asked = arguments.parse_args()
    command = [sys.executable, "start.py", "demo", "--fresh", "--no-browser", "--port", "0"]
    waits_s: list[float] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=list(_FLAGS))
        for run in range(asked.runs + 1):  # the first may have to install, and is not counted
            begin_s = monotonic()
            demo = subprocess.Popen(command, cwd=_ROOT, stderr=subprocess.PIPE, text=True)
            assert demo.stderr is not None
            address = next(found[0] for line in demo.stderr if (found := re.search(r"http://\S+", line)))
            page = browser.new_page(viewport=_SIZE)  # type: ignore[arg-type]
            page.goto(address)
            while not page.evaluate("Boolean(window.groovecast && groovecast.counters.posesShown)"):
                page.wait_for_timeout(20)
            if run:
                waits_s.append(round(monotonic() - begin_s, 2))
                print(f"first pose {waits_s[-1]} s after the command")
            page.close()
            demo.terminate()
            demo.wait(10)
        browser.close()
    if not asked.no_keep:
        keep("first_pose", origin("first_pose") | {"first_pose_s": waits_s})


if __name__ == "__main__":
    main()
