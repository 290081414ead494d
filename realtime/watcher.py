"""One client of the stream: what it asked for, what it has room for, and what it lost."""

import math
import socket
from collections.abc import Sequence
from contextlib import suppress
from typing import get_args

from websockets.asyncio.server import ServerConnection, broadcast
from websockets.protocol import State as Stage

from groovecast.wire.desk_messages import ControlTurned
from groovecast.wire.errors import WireError
from groovecast.wire.messages import (
    BINARY_SUBPROTOCOL,
    BlockName,
    Encoding,
    FromServer,
    Subscribe,
    Subscribed,
    encode_text,
)
from groovecast.wire.song import ComingSong, song_samples
from realtime.timeline import Delivery, Shown, View

# What the system may hold back for a client of each dancer, and what may wait here on top of it before frames are
# dropped: together about half a second of poses, so that a slow client is late by no more.
_SYSTEM_BUFFER_BYTES = 32 * 1024
_WAITING_BYTES = 2 * 1024
MOST_LOOK_AHEAD_S = 0.5
# More than hands turn: 1200 texts a second. Who says more is read later, and its own line fills up.
_MOST_SAID, _SAID_WITHIN_S = 60, 0.05


class Watcher:
    """One that watches: what it asked for, and what it has room for."""

    def __init__(
        self, connection: ServerConnection, fps: float, look_ahead_s: float, next_seq: int, changes: int
    ) -> None:
        binary = connection.subprotocol == BINARY_SUBPROTOCOL
        self._connection = connection
        self._server_fps = fps
        self._waiting: dict[tuple[type[FromServer], str], str] = {}
        self.desk = False  # whether it wants to know of every control
        self.number = 0  # which of all that came
        self._every = 1
        self.look_ahead_s = look_ahead_s if binary else 0.0
        self._encoding: Encoding = "f32" if binary else "json"
        self._joints = 52
        self._blocks: tuple[BlockName, ...] = ()
        self._next_seq, self._changes = next_seq, changes
        self.dropped = 0
        self.song: ComingSong | None = None
        self._said, self._said_since_s = 0, -math.inf
        self.expect(1)

    def expect(self, dancers: int) -> None:
        """So many are on their way to it from now on."""
        with suppress(OSError):  # it may be gone already
            plug: socket.socket = self._connection.transport.get_extra_info("socket")
            plug.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, dancers * _SYSTEM_BUFFER_BYTES)

    def wait_s(self, now_s: float) -> float:
        """It says something: how long it has to wait until that is heard; 0 unless it says more than hands can turn."""
        if now_s - self._said_since_s >= _SAID_WITHIN_S:
            self._said, self._said_since_s = 0, now_s
        self._said += 1
        return self._said_since_s + _SAID_WITHIN_S - now_s if self._said > _MOST_SAID else 0.0

    def subscribe(self, wish: Subscribe) -> None:
        """Take over what is wished for, as far as it can be had."""
        ahead_s = self.look_ahead_s if wish.look_ahead_s is None else wish.look_ahead_s
        if not (math.isfinite(ahead_s) and ahead_s >= 0):
            raise ValueError(f"asked for look_ahead_s {ahead_s}: give 0 or more")
        self.look_ahead_s = min(ahead_s, MOST_LOOK_AHEAD_S)
        if wish.fps is not None:
            self._every = max(1, round(self._server_fps / wish.fps))
        self._encoding = wish.encoding or self._encoding
        self._joints = wish.joints or self._joints
        if wish.blocks is not None:
            self._blocks = tuple(name for name in get_args(BlockName) if name in wish.blocks)

    def subscribed(self) -> Subscribed:
        """What it gets."""
        return Subscribed(
            fps=self._server_fps / self._every,
            look_ahead_s=self.look_ahead_s,
            encoding=self._encoding,
            joints=self._joints,
            blocks=self._blocks,
        )

    @property
    def view(self) -> View:
        """What it wants of the timeline, and has had."""
        form = self._encoding, self._joints, self._blocks
        return View(form, self.look_ahead_s, self._every, self._next_seq, self._changes)

    def take(self, delivery: Delivery) -> None:
        """Pass on what there is room for; the rest stays due for as long as it is not over."""
        transport = self._connection.transport
        for content, next_seq in delivery.pieces:
            if not self.has_room():
                return
            # whole frames, made once for all: the library would make them again for each connection
            if self._connection.protocol.state is Stage.OPEN and not transport.is_closing():
                transport.write(content)
            self._next_seq = next_seq
        self._changes = delivery.changes

    def lose(self, over: Sequence[Shown]) -> int:
        """These frames are over. How many of its own it had not had by then; they are counted."""
        if not over or self._next_seq > over[-1].seq:
            return 0
        lost = sum(shown.seq >= self._next_seq and shown.number % self._every == 0 for shown in over)
        self._next_seq = over[-1].seq + 1
        self.dropped += lost
        return lost

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
            # of a control, too, only the newest: but of each
            self._waiting[type(message), message.name if isinstance(message, ControlTurned) else ""] = text

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
