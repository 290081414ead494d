"""A drawing loop without asyncio: the dancer from the front as letters in a terminal. python samples/render_loop.py"""

import sys
import threading
from contextlib import suppress

import numpy as np

from groovecast_client import Skeleton, watch

WIDE, HIGH = 48, 22  # letters
METRES_WIDE, METRES_HIGH = 2.6, 2.1


def drawn(joints_m: np.ndarray, skeleton: Skeleton) -> str:
    """The body's bones seen from the front; its left hand is on the right."""
    page = [[" "] * WIDE for _ in range(HIGH)]
    middle_m = joints_m[0, 0]
    for joint, parent in enumerate(skeleton.parents[:22]):
        for share in np.linspace(0, 1, 8) if parent >= 0 else ():
            x, y, _ = joints_m[parent] * (1 - share) + joints_m[joint] * share
            column = int((0.5 + (x - middle_m) / METRES_WIDE) * WIDE)
            row = int((1 - y / METRES_HIGH) * HIGH)
            if 0 <= row < HIGH and 0 <= column < WIDE:
                page[row][column] = "o" if share == 1 else "."
    return "\n".join("".join(line).rstrip() for line in page)


def main(address: str) -> None:
    """Thirty pictures a second, until Ctrl-C."""
    pause = threading.Event()
    with watch(address) as show:
        while not pause.wait(1 / 30):
            pose, skeleton = show.pose_at(), show.skeleton
            if pose is not None and skeleton is not None:
                picture = drawn(skeleton.joints_m(pose.root_m, pose.local_quat_wxyz), skeleton)
                print(f"\x1b[2J\x1b[H{picture}\n{pose.tempo_bpm:.0f} bpm", flush=True)


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        main(sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1:8765")
