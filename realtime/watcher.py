"""One client of the stream: what it asked for, what it has room for, and what it lost."""

import math
import socket
from contextlib import suppress
from dataclasses import dataclass, field

from websockets.asyncio.server import ServerConnection, broadcast

from groovecast.wire.errors import WireError
from groovecast.wire.frame import Frame, encode_frame
from groovecast.wire.messages import (
    BINARY_SUBPROTOCOL,
    Encoding,
    FromServer,
    Subscribe,
    Subscribed,
    encode_text,
    pose_text,
)
from groovecast.wire.song import ComingSong, song_samples

# What the system may hold back for a client, and what may wait here on top of it before frames are dropped:
# together about half a second of poses, so that a slow client is late by no more.
_SYSTEM_BUFFER_BYTES = 32 * 1024
_WAITING_BYTES = 2 * 1024


@dataclass
class Shown:
    """A frame on its way, each of its messages made once, when the first client needs it."""

    frame: Frame
    _messages: dict[tuple[Encoding, int], str | bytes] = field(default_factory=dict)

    def message(self, encoding: Encoding, joints: int) -> str | bytes:
        key = encoding, joints
        if key not in self._messages:
            if encoding == "json":
                self._messages[key] = encode_text(pose_text(self.frame, joints))
            else:
                self._messages[key] = encode_frame(self.frame, encoding, joints)
        return self._messages[key]


class Watcher:
    """One that watches: what it asked for, and what it has room for."""

    def __init__(self, connection: ServerConnection, fps: float, look_ahead_s: float) -> None:
        binary = connection.subprotocol == BINARY_SUBPROTOCOL
        self._connection = connection
        self._server_fps = fps
        self._most_ahead_s = look_ahead_s
        self._waiting: dict[type[FromServer], str] = {}
        self._every = 1
        self._look_ahead_s = look_ahead_s if binary else 0.0
        self.encoding: Encoding = "f32" if binary else "json"
        self.joints = 52
        self.next_seq = 0
        self.dropped = 0
        self.song: ComingSong | None = None
        with suppress(OSError):  # it may be gone already
            plug: socket.socket = connection.transport.get_extra_info("socket")
            plug.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SYSTEM_BUFFER_BYTES)

    def subscribe(self, wish: Subscribe) -> None:
        """Take over what is wished for, as far as it can be had."""
        ahead_s = self._look_ahead_s if wish.look_ahead_s is None else wish.look_ahead_s
        if not (math.isfinite(ahead_s) and ahead_s >= 0):
            raise ValueError(f"asked for look_ahead_s {ahead_s}: give 0 or more")
        self._look_ahead_s = min(ahead_s, self._most_ahead_s)
        if wish.fps is not None:
            self._every = max(1, round(self._server_fps / wish.fps))
        self.encoding = wish.encoding or self.encoding
        self.joints = wish.joints or self.joints

    def subscribed(self) -> Subscribed:
        """What it gets."""
        fps = self._server_fps / self._every
        return Subscribed(
            fps=fps, look_ahead_s=self._look_ahead_s, encoding=self.encoding, joints=self.joints
        )

    def wants(self, frame: Frame, now_s: float) -> bool:
        """It is due here: not had yet, of its rate, and soon enough to be seen."""
        soon = frame.pose.time_s <= now_s + self._look_ahead_s
        return soon and frame.seq >= self.next_seq and frame.seq % self._every == 0

    def has_room(self) -> bool:
        """What it was sent is nearly gone; then what waited is sent first."""
        if self._connection.transport.get_write_buffer_size() > _WAITING_BYTES:
            return False
        waiting, self._waiting = self._waiting, {}
        for text in waiting.values():
            self.write(text)
        return True

    def tell(self, message: FromServer) -> None:
        """Say it now, or, without room, the newest of its kind as soon as there is."""
        text = encode_text(message)
        if self.has_room():
            self.write(text)
        else:
            self._waiting[type(message)] = text

    def write(self, message: str | bytes) -> None:
        """Pass it to the system; never waits."""
        broadcast((self._connection,), message)

    def hear_song(self, message: bytes) -> ComingSong | None:
        """Take some of the announced song's sound; the song, when that was the last of it."""
        first, pcm = song_samples(message)
        if self.song is None:
            raise WireError(
                "asked with the sound of a song that was not announced: send the song message first"
            )
        try:
            complete = self.song.take(first, pcm)
        except WireError:
            self.song = None
            raise
        if not complete:
            return None
        song, self.song = self.song, None
        return song
