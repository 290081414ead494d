"""The line to a show, in a thread of its own: it connects again for as long as it is wanted."""

import json
import threading
from collections.abc import Callable

from .now import now_s
from .pose_buffer import Pose, PoseBuffer
from .server_clock import ServerClock
from .web_socket import Address, WebSocket, WebSocketError
from .wire import WireError, decode

LOOK_AHEAD_S = 0.25  # asked for: what a network may hold a pose up without anybody seeing it
_FIRST_PINGS, _FIRST_PING_S, _PING_S = 8, 0.1, 1.0
_FIRST_WAIT_S, _LONGEST_WAIT_S = 0.25, 5.0
_SILENT_S = 10.0  # a show says its state four times a second
_MOST_DANCERS = 16


class LiveStream:
    """Follows a show until it is stopped. `pose` is asked by the main thread, the rest goes on aside."""

    def __init__(self, address: Address, delay_s: float = 0.0, clock: Callable[[], float] = now_s) -> None:
        self.delay_s = delay_s
        self.status = "connecting"
        self.connected = False
        self.tempo_bpm = 0.0
        self.dropped_here = 0
        self.unreadable = 0
        self._address = address
        self._now = clock
        self._clock = ServerClock()
        self._buffers: dict[int, PoseBuffer] = {}
        self._session: str | None = None
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._follow, name="groovecast-stream", daemon=True)

    def start(self) -> None:
        """Main thread. Begin."""
        self._thread.start()

    def stop(self) -> None:
        """Main thread. End the line; comes back when it is down."""
        self._ended.set()
        if self._thread.is_alive():
            self._thread.join()

    def pose(self, dancer: int = 0) -> Pose | None:
        """Main thread. What that dancer shows now; None before the first pose."""
        buffer, server_s = self._buffers.get(dancer), self._clock.server_s(self._now())
        return None if buffer is None or server_s is None else buffer.at(server_s - self.delay_s)

    @property
    def buffers(self) -> dict[int, PoseBuffer]:
        """The poses of each dancer, and their counts."""
        return self._buffers

    def _follow(self) -> None:
        """Network thread. Connect, listen, and wait a little longer after each failure."""
        wait_s = _FIRST_WAIT_S
        while not self._ended.is_set():
            try:
                line = WebSocket(self._address)
            except WebSocketError as why:
                self.status = str(why)
            else:
                try:
                    self._listen(line)
                except WebSocketError as why:
                    self.status = f"{why}; connecting again"
                finally:
                    if self.connected:
                        wait_s = _FIRST_WAIT_S
                    self.connected = False
                    line.close()
            if self._ended.wait(wait_s):
                break
            wait_s = min(2 * wait_s, _LONGEST_WAIT_S)
        self.status = "not connected"

    def _listen(self, line: WebSocket) -> None:
        """Network thread. Take in what comes, until the end is wanted. Raises WebSocketError when the line ends."""
        ask = {"type": "subscribe", "fps": 60, "look_ahead_s": LOOK_AHEAD_S, "encoding": "f32", "joints": 52}
        line.send_text(json.dumps(ask))
        pings, due_s, heard_s = 0, self._now(), self._now()
        while not self._ended.is_set():
            now = self._now()
            if now >= due_s:
                line.send_text(json.dumps({"type": "ping", "t0": now}))
                pings += 1
                due_s = now + (_FIRST_PING_S if pings < _FIRST_PINGS else _PING_S)
            message = line.receive(min(due_s - now, 0.1))
            if message is None:
                if self._now() - heard_s > _SILENT_S:
                    raise WebSocketError("the server has fallen silent")
                continue
            heard_s = self._now()
            if isinstance(message, bytes):
                self._pose(message)
            else:
                self._text(message, heard_s)

    def _pose(self, message: bytes) -> None:
        try:
            frame = decode(message)
        except WireError:
            self.unreadable += 1
            return
        if frame.dancer not in self._buffers and len(self._buffers) < _MOST_DANCERS:
            self._buffers[frame.dancer] = PoseBuffer()
        if frame.dancer in self._buffers:
            self._buffers[frame.dancer].add(frame)

    def _text(self, message: str, now: float) -> None:
        """Network thread. Understand a text message, or leave it."""
        try:
            said = json.loads(message)
            kind = said.get("type")
            if kind == "pong":
                self._clock.heard(float(said["t0"]), float(said["t1"]), float(said["t2"]), now)
            elif kind == "state":
                self.tempo_bpm, self.dropped_here = float(said["tempo_bpm"]), int(said["dropped_here"])
            elif kind == "hello":
                self._greeted(str(said["session"]))
            elif kind == "notice":
                self.status = str(said["text"])
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            self.unreadable += 1

    def _greeted(self, session: str) -> None:
        if self._session not in (None, session):  # another show, with another clock
            self._clock.forget()
            for buffer in self._buffers.values():
                buffer.forget()
        self._session = session
        self.connected = True
        self.status = f"connected to {self._address.host}:{self._address.port}"
