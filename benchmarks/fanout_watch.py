"""Many clients in a process of their own: they read the stream and say how old each pose is when it comes.

python -m benchmarks.fanout_watch PORT CLIENTS SECONDS [--stuck N] [--due]

They are bare sockets under one selector and split the stream with a few lines, so that what is measured is the server.
"""

import argparse
import gc
import json
import selectors
import socket
import struct
import sys
from array import array
from dataclasses import dataclass, field
from time import monotonic, process_time

import numpy as np

from benchmarks.record import percentiles
from groovecast.wire.messages import BINARY_SUBPROTOCOL
from realtime.server import ServerSettings

# The first second, in which the clients find each other, is not judged.
WARM_UP_S = 1.0
_SEQ, _TIMES = struct.Struct("<I"), struct.Struct("<dd")  # at 8; t_capture and t_present at 16
_BINARY, _TEXT = 0x82, 0x81
_READ_BYTES = 1 << 16
_OPENING = (
    "GET /ws HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
    f"Sec-WebSocket-Protocol: {BINARY_SUBPROTOCOL}\r\n\r\n"
).encode()


@dataclass
class Line:
    """One client: its socket, what has come of the next message, and what it got."""

    plug: socket.socket
    rest: bytes = b""
    first_seq: int = -1
    last_seq: int = -1
    frames: int = 0
    states: list[bytes] = field(default_factory=list)

    @property
    def dropped(self) -> int:
        """What the server told that all its clients lost from the first state to the last."""
        totals = [json.loads(state)["dropped"] for state in self.states]
        return int(totals[-1] - totals[0]) if totals else 0

    @property
    def lost(self) -> int:
        """The frames that it saw leave and not come."""
        return self.last_seq - self.first_seq + 1 - self.frames if self.frames else 0


@dataclass
class Watched:
    """How old the poses of all clients were when they came, in seconds, by the server's stamp."""

    by_due: bool  # against when they were due to leave, not when they left
    ages_s: "array[float]" = field(default_factory=lambda: array("d"))

    def read(self, line: Line, judged: bool) -> bool:
        """Take what has come on a line; whether it is still open."""
        try:
            came = line.plug.recv(_READ_BYTES)
        except ConnectionError:
            return False
        now_s = monotonic()
        content, at = line.rest + came, 0
        while len(content) - at >= 2:
            length, begin = content[at + 1], at + 2
            if length == 126:
                length, begin = int.from_bytes(content[at + 2 : at + 4], "big"), at + 4
            if len(content) < begin + length or (begin == at + 4 and len(content) < at + 4):
                break
            if content[at] == _BINARY:
                if judged:
                    self._frame(line, content, begin, now_s)
            elif content[at] == _TEXT and judged and content.startswith(b'{"type":"state"', begin):
                line.states = [*line.states[:1], content[begin : begin + length]]
            at = begin + length
        line.rest = content[at:]
        return bool(came)

    def _frame(self, line: Line, content: bytes, at: int, now_s: float) -> None:
        (seq,), (captured_s, shown_s) = (
            _SEQ.unpack_from(content, at + 8),
            _TIMES.unpack_from(content, at + 16),
        )
        if content[at + 5]:  # it was planned anew: it has been counted
            return
        line.first_seq = seq if line.first_seq < 0 else line.first_seq
        line.last_seq = seq
        line.frames += 1
        self.ages_s.append(now_s - (shown_s - ServerSettings.look_ahead_s if self.by_due else captured_s))


def opened(port: int, receive_bytes: int | None = None) -> Line:
    """A client to whom the server has begun to speak."""
    plug = socket.socket()
    if receive_bytes is not None:
        plug.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
    plug.settimeout(10)
    plug.connect(("127.0.0.1", port))
    plug.sendall(_OPENING)
    answer = b""
    while b"\r\n\r\n" not in answer:
        came = plug.recv(4096 if receive_bytes is None else 1)
        if not came:
            raise ConnectionError(f"asked for the stream at port {port}, it was closed: {answer!r}")
        answer += came
    head, _, rest = answer.partition(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 101"):
        raise ConnectionError(f"asked for the stream at port {port}, found {head.splitlines()[0]!r}")
    return Line(plug, rest)


def watched(port: int, clients: int, seconds: float, stuck: int, by_due: bool) -> dict[str, object]:
    """Ages of the poses in ms, what was lost on the way, and what reading took."""
    all_of_them, selector = Watched(by_due), selectors.DefaultSelector()
    lines = [opened(port) for _ in range(clients)]
    silent = [opened(port, receive_bytes=4096) for _ in range(stuck)]  # never read
    for line in lines:
        selector.register(line.plug, selectors.EVENT_READ, line)
    print("ready", flush=True)
    gc.disable()  # the sockets' bytes are freed without it
    judged_s = monotonic() + WARM_UP_S
    end_s, begun_cpu_s, ended = judged_s + seconds, -1.0, 0
    while (now_s := monotonic()) < end_s and ended < clients:
        judged = now_s >= judged_s
        if judged and begun_cpu_s < 0:
            begun_cpu_s = process_time()
        for key, _ in selector.select(timeout=0.1):
            if not all_of_them.read(key.data, judged):
                selector.unregister(key.fileobj)
                ended += 1
    took_s = process_time() - begun_cpu_s
    if not all_of_them.ages_s:
        raise ValueError(f"asked to watch for {seconds} s, no pose came: watch longer")
    for line in (*lines, *silent):
        line.plug.close()
    return {
        "latency_ms": percentiles(1000 * np.array(all_of_them.ages_s)),
        "frames": len(all_of_them.ages_s),
        "poses_per_s": round(len(all_of_them.ages_s) / clients / seconds, 2),
        "lost": sum(line.lost for line in lines),
        "dropped": lines[0].dropped,
        "watcher_cpu_percent": round(100 * took_s / seconds, 1),
    }


def main() -> None:
    """Watch, and print what was seen as JSON."""
    arguments = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    arguments.add_argument("port", type=int)
    arguments.add_argument("clients", type=int)
    arguments.add_argument("seconds", type=float)
    arguments.add_argument("--stuck", type=int, default=0, help="so many more that never read")
    arguments.add_argument("--due", action="store_true", help="from when a pose was due to leave (of a show)")
    asked = arguments.parse_args()
    seen = watched(asked.port, asked.clients, asked.seconds, asked.stuck, asked.due)
    json.dump(seen, sys.stdout)


if __name__ == "__main__":
    main()
