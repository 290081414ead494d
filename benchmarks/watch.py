"""A client in a process of its own: it reads the stream and says how evenly the poses came.

python -m benchmarks.watch PORT SECONDS
"""

import json
import struct
import sys
from time import monotonic

import numpy as np
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from benchmarks.record import percentiles
from groovecast.wire.messages import BINARY_SUBPROTOCOL

# The first seconds, in which the model and the page are loaded, are not judged.
WARM_UP_S = 2.0
_T_PRESENT = struct.Struct("<8xIxxxx8xd")  # seq and t_present_s of a pose frame


def watched(port: int, seconds: float) -> dict[str, object]:
    """Poses a second, the jitter of their arrival in ms, and the last state that was told.

    Jitter is how far each pose came from its place on the grid of their own times (t_present), moved by the usual
    lead: the median, because the mean follows every single hitch.
    """
    rows: list[tuple[float, float]] = []
    state: dict[str, object] = {}
    url = f"ws://127.0.0.1:{port}/ws"
    with connect(url, subprotocols=[BINARY_SUBPROTOCOL], compression=None, proxy=None) as line:  # type: ignore[list-item]
        begin_s = monotonic()
        try:
            while (now_s := monotonic()) < begin_s + seconds:
                said = line.recv(timeout=10)
                if isinstance(said, str):
                    told = json.loads(said)
                    state = told if told["type"] == "state" else state
                elif now_s > begin_s + WARM_UP_S:
                    rows.append((monotonic(), _T_PRESENT.unpack_from(said)[1]))
        except ConnectionClosed:
            pass
    if len(rows) < 2:
        raise ValueError(f"asked to watch for {seconds} s, {len(rows)} poses came: watch longer")
    came_s, shown_s = np.array(rows).T
    lead_ms = 1000 * (shown_s - came_s)
    steps = np.diff(shown_s) * 60
    return {
        "poses": len(rows),
        "poses_per_s": round((len(rows) - 1) / (came_s[-1] - came_s[0]), 3),
        "left_out": int(np.round(steps).sum() - len(steps)),
        "jitter_ms": percentiles(np.abs(lead_ms - np.median(lead_ms))),
        "lead_ms": {"median": round(float(np.median(lead_ms)), 2), "least": round(float(lead_ms.min()), 2)},
        "longest_gap_ms": round(1000 * float(np.diff(came_s).max()), 2),
        "state": state,
    }


if __name__ == "__main__":
    print(json.dumps(watched(int(sys.argv[1]), float(sys.argv[2]))))
