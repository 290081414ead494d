"""All that a client knows of one show: clock, dancers and texts. Messages go in, poses come out; no socket, no time."""

import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from threading import RLock

from groovecast_client.frame import Frame, WireError, decode_frame
from groovecast_client.jitter_buffer import JitterBuffer, Pose
from groovecast_client.messages import Hello, Notice, Pong, State, Subscribed, Text, Transport, read_text
from groovecast_client.server_clock import ServerClock
from groovecast_client.skeleton import Skeleton

_SETTLING_S = 0.3  # after a wish is granted frames come in a bunch: that says nothing about the network
_UNMEASURED_S = 1.0  # so long a first ping is waited for before the server's own word for the time must do


@dataclass(frozen=True)
class Wish:
    """What to ask the server for; None: as the server has it. What it gives is in `Show.gets`."""

    fps: int | None = 60  # 30, 60, 90 or 120
    look_ahead_s: float | None = 0.25  # rides out the jitter of almost any network; adds no delay
    encoding: str | None = "f32"  # "i16" halves the bytes, with an error below 0.01 degrees
    joints: int | None = 52  # 22: without fingers
    blocks: tuple[str, ...] | None = ("beat", "contacts")

    def text(self) -> str:
        """The `subscribe` message."""
        asked = {
            "fps": self.fps,
            "look_ahead_s": self.look_ahead_s,
            "encoding": self.encoding,
            "joints": self.joints,
        }
        blocks = {"blocks": list(self.blocks)} if self.blocks is not None else {}
        told = {name: value for name, value in asked.items() if value is not None}
        return json.dumps({"type": "subscribe", **told, **blocks})


@dataclass(frozen=True)
class Counts:
    """How well the show arrives."""

    received: int = 0  # frames, of all dancers
    late: int = 0  # came after their moment was shown
    revised: int = 0  # took the place of one that was planned before
    starved: int = 0  # times that a figure had to wait
    rejected: int = 0  # messages that were none
    dropped_here: int = 0  # frames that the server could not send to us, as it says
    delay_s: float = 0.0  # by how much the first dancer is shown later than its time
    round_trip_s: float | None = None


class Show:
    """The state of a show. Any thread may ask for poses while another one lets it hear."""

    def __init__(self, delay_s: float = 0.0, on_text: Callable[[Text], None] | None = None) -> None:
        self.skeleton: Skeleton | None = None
        self.transport: Transport | None = None
        self.state: State | None = None
        self.notice: Notice | None = None  # the latest
        self.gets: Subscribed | None = None
        self.clock = ServerClock()
        self._on_text = on_text
        self._delay_s = delay_s
        self._session = ""
        self._dancers: dict[int, JitterBuffer] = {}
        self._rejected = 0
        self._greeted_s = self._settled_s = math.inf
        self._lock = RLock()

    def hear(self, message: str | bytes, now_s: float) -> Frame | Text | None:
        """A message came at that time; what it was. What cannot be read is counted and passed over."""
        try:
            heard = read_text(message) if isinstance(message, str) else decode_frame(message)
        except WireError:
            with self._lock:
                self._rejected += 1
            return None
        with self._lock:
            if isinstance(heard, Frame):
                buffer = self._dancers.get(heard.dancer)
                if buffer is None:
                    buffer = self._dancers[heard.dancer] = JitterBuffer(self._delay_s)
                settled = self.clock.synced and now_s > self._settled_s
                buffer.push(heard, self.clock.measured(now_s) if settled else None)
                return heard
            self._note(heard, now_s)
        if heard is not None and self._on_text is not None:
            self._on_text(heard)
        return heard

    def pose_at(self, now_s: float, dancer: int = 0) -> Pose | None:
        """How that dancer stands at a time of this machine's clock; None before the dance and the clock are known."""
        with self._lock:
            buffer = self._dancers.get(dancer)
            if buffer is None or not (self.clock.synced or now_s > self._greeted_s + _UNMEASURED_S):
                return None
            server_s = self.clock.at(now_s)
            return None if server_s is None else buffer.pose_at(server_s, self.clock.jumps)

    @property
    def dancers(self) -> tuple[int, ...]:
        """The numbers of those who have been seen."""
        with self._lock:
            return tuple(sorted(self._dancers))

    @property
    def counts(self) -> Counts:
        """How well the show arrives."""
        with self._lock:
            each = [buffer.counts for buffer in self._dancers.values()]
            first = min(self._dancers, default=None)
            return Counts(
                received=sum(one.received for one in each),
                late=sum(one.late for one in each),
                revised=sum(one.revised for one in each),
                starved=sum(one.starved for one in each),
                rejected=self._rejected,
                dropped_here=self.state.dropped_here if self.state else 0,
                delay_s=0.0 if first is None else self._dancers[first].delay_s,
                round_trip_s=self.clock.round_trip_s,
            )

    def _note(self, heard: Text | None, now_s: float) -> None:
        if isinstance(heard, Hello):
            if heard.session != self._session:
                # another server, another clock; who danced stands still until it tells
                self._session = heard.session
                self.clock.reset()
                for buffer in self._dancers.values():
                    buffer.forget()
            self.clock.guess(heard.now_s, now_s)
            self.gets, self._greeted_s, self._settled_s = heard.gets, now_s, now_s + _UNMEASURED_S
        elif isinstance(heard, Pong):
            self.clock.pong(heard.t0, heard.t1, heard.t2, now_s)
        elif isinstance(heard, Subscribed):
            self.gets, self._settled_s = heard, now_s + _SETTLING_S
        elif isinstance(heard, Skeleton):
            self.skeleton = heard
        elif isinstance(heard, Transport):
            self.transport = heard
        elif isinstance(heard, State):
            self.state = heard
        elif isinstance(heard, Notice):
            self.notice = heard
