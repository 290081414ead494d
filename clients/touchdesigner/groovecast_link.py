"""One connection to Groovecast as TouchDesigner's callbacks drive it: what came, what to say, what to show now."""

from __future__ import annotations

import json
from typing import Any

from groovecast_channels import Skeleton
from groovecast_player import Player, ServerClock, Shown
from groovecast_wire import Frame, WireError, decode_frame, frame_from_json

# what is asked of the server: ahead enough for a bad network, in bytes, and with the beat before it comes
WANTED = {
    "type": "subscribe", "fps": 60, "look_ahead_s": 0.25, "encoding": "f32", "joints": 52, "blocks": ["beat"],
}  # fmt: skip
STATUS = (
    "connected", "received", "late", "starved", "dropped_here", "refused", "waiting", "round_trip_ms", "dancers",
)  # fmt: skip
_MOST_DANCERS = 16
_FIRST_PINGS, _FIRST_PING_S, _PING_S = 8, 0.1, 1.0
_FIRST_WAIT_S, _LONGEST_WAIT_S = 0.25, 5.0


class Link:
    """All that is known of one show. It does no I/O: give it what comes, send the texts that it hands back."""

    def __init__(self) -> None:
        self.connected = False
        self.skeleton: Skeleton | None = None
        self.delay_s = 0.0  # show everything so much later
        self.last_error = ""  # of a message that was no message
        self.notice = ""  # the server's last words for people
        self._clock = ServerClock()
        self._players: dict[int, Player] = {}
        self._session: object = None
        self._dropped_here = self._refused = self._pings = 0
        self._ping_at_s = 0.0
        self._retry_at_s: float | None = None
        self._wait_s = _FIRST_WAIT_S

    def opened(self, now_s: float) -> list[str]:
        """The WebSocket is open: what to send first."""
        self.connected, self._clock = True, ServerClock()
        self._retry_at_s, self._wait_s = None, _FIRST_WAIT_S
        self._pings, self._ping_at_s = 0, now_s
        return [json.dumps(WANTED), *self.due(now_s)]

    def closed(self, now_s: float) -> None:
        """The WebSocket is closed. The figure goes on a little, holds, and blends in when frames come again."""
        if self.connected or self._retry_at_s is None:
            self._retry_at_s = now_s + self._wait_s
        self.connected = False

    def due(self, now_s: float) -> list[str]:
        """Once a frame: the pings that are due."""
        if not self.connected or now_s < self._ping_at_s:
            return []
        self._pings += 1
        self._ping_at_s = now_s + (_FIRST_PING_S if self._pings < _FIRST_PINGS else _PING_S)
        return [json.dumps({"type": "ping", "t0": now_s})]

    def retry_due(self, now_s: float) -> bool:
        """Once a frame: whether to open the WebSocket anew; waits 0.25 s, then twice as long each time, up to 5 s."""
        if self.connected:
            return False
        if self._retry_at_s is None:
            self._retry_at_s = now_s + self._wait_s
        if now_s < self._retry_at_s:
            return False
        self._wait_s = min(2 * self._wait_s, _LONGEST_WAIT_S)
        self._retry_at_s = now_s + self._wait_s
        return True

    def binary(self, message: bytes) -> None:
        """A binary message came. One that is no pose is counted and leaves things as they were."""
        try:
            self._push(decode_frame(message))
        except WireError as why:
            self._refuse(str(why))

    def text(self, message: str, now_s: float) -> None:
        """A text message came at `now_s`. What is not understood is counted and leaves things as they were."""
        try:
            said = json.loads(message)
            if not isinstance(said, dict):
                raise WireError(f"a text is a JSON object, found {type(said).__name__}")
            self._heed(said, now_s)
        except (ValueError, KeyError, TypeError, OverflowError, RecursionError) as why:
            self._refuse(str(why))

    def show(self, now_s: float, dancer: int = 0) -> Shown | None:
        """What a dancer shows at this moment; None before there is something to show."""
        player, server_s = self._players.get(dancer), self._clock.at(now_s)
        if player is None or server_s is None:
            return None
        return player.show(server_s - self.delay_s)

    def status(self) -> list[float]:
        """The values of the channels STATUS."""
        players = list(self._players.values())
        return [
            float(self.connected),
            float(sum(player.received for player in players)),
            float(sum(player.late for player in players)),
            float(sum(player.starved for player in players)),
            float(self._dropped_here),
            float(self._refused),
            float(sum(player.waiting for player in players)),
            1000 * (self._clock.round_trip_s or 0.0),
            float(len(players)),
        ]

    def _heed(self, said: dict[str, Any], now_s: float) -> None:
        kind = said.get("type")
        if kind == "pose":
            self._push(frame_from_json(said))
        elif kind == "pong":
            self._clock.pong(float(said["t0"]), float(said["t1"]), float(said["t2"]), now_s)
        elif kind == "hello":
            self._clock.guess(float(said["now_s"]), now_s)
            if said.get("session") != self._session:
                for player in self._players.values():
                    player.forget()
            self._session = said.get("session")
        elif kind == "skeleton":
            self.skeleton = Skeleton.from_message(said)
        elif kind == "state":
            self._dropped_here = int(said.get("dropped_here") or 0)
        elif kind == "notice":
            self.notice = str(said.get("text", ""))

    def _push(self, frame: Frame) -> None:
        if frame.dancer not in self._players and len(self._players) >= _MOST_DANCERS:
            raise WireError(f"this client shows {_MOST_DANCERS} dancers, found one more")
        self._players.setdefault(frame.dancer, Player()).push(frame)

    def _refuse(self, why: str) -> None:
        self._refused += 1
        self.last_error = why


# the one that the callbacks share; TouchDesigner gives every DAT that imports this module the same one
LINK = Link()
