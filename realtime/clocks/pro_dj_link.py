"""The beat as DJ players tell each other of it over the network: this only listens, and says nothing to them."""

import os
import socket
import threading
from dataclasses import dataclass

import numpy as np

from groovecast.audio.beat_clock import BeatClock
from groovecast.wire.errors import WireError
from groovecast.wire.pro_dj_link import BEAT_PORT, FIRST_MIXER, DjBeat, OnAir, read_datagram
from realtime.clock import Clock
from realtime.clocks.dj_deck import DjDeck
from realtime.clocks.mailbox import Mailbox
from realtime.clocks.source import PRO_DJ_LINK

_MOST_BYTES = 2048
_LOOK_EVERY_S = 0.5
_NOBODY_AFTER_S = 10.0  # a mixer says something all the time, a player while it plays
_ON_AIR_HOLDS_S = 5.0  # mixers say it again and again
_MOST_DECKS = 32


@dataclass(frozen=True)
class _Leader:
    device: int
    deck: DjDeck


class ProDjLink:
    """The player that is heard, or the one that was chosen, as a source of beats."""

    name = PRO_DJ_LINK

    def __init__(self, clock: Clock, player: int | None = None, port: int = BEAT_PORT) -> None:
        if player is not None and not 1 <= player <= 0xFF:
            raise ValueError(f"asked for player {player} of Pro DJ Link: give its number, 1 to 6 on most")
        self._time, self._player, self._port = clock, player, port
        self._said: Mailbox[DjBeat | OnAir] = Mailbox()
        self._decks: dict[int, DjDeck] = {}
        self._on_air: OnAir | None = None
        self._on_air_s = -np.inf
        self._leads: int | None = None
        self._thread: threading.Thread | None = None
        self._ended = threading.Event()
        self.heard_until_s = -np.inf
        self.connected = False
        self.trouble = ""
        self.strange = 0  # datagrams that no player sent whole
        self.players: tuple[int, ...] = ()  # that play

    # -- the network's thread -------------------------------------------------------------------------------

    def start(self) -> None:
        """Listen from now on; while that cannot be, `trouble` says why, and it is tried again."""
        self._ended.clear()
        self._thread = threading.Thread(target=self._run, name="groovecast-prodj", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Listen no more; returns when the thread has ended."""
        self._ended.set()
        if self._thread is not None:
            self._thread.join()
        self._thread = None

    def _run(self) -> None:
        while not self._ended.is_set():
            try:
                with self._opened() as line:
                    self._read(line)
            except OSError as why:
                reason = why.strerror or str(why)
                mend = "close what else listens to DJ players here, it is tried again"
                self.trouble = f"Pro DJ Link cannot be heard on UDP port {self._port} ({reason}): {mend}"
                self._ended.wait(_LOOK_EVERY_S)
            self.connected = False

    def _opened(self) -> socket.socket:
        line = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            # rekordbox or a light desk on this machine may listen as well: each gets every broadcast
            line.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if os.name == "posix" and hasattr(socket, "SO_REUSEPORT") and os.uname().sysname == "Darwin":
                line.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            line.bind(("", self._port))
            line.settimeout(_LOOK_EVERY_S)
        except OSError:
            line.close()
            raise
        return line

    def _read(self, line: socket.socket) -> None:
        heard_s, ever, self.trouble = self._time.now_s(), False, ""
        while not self._ended.is_set():
            try:
                data = line.recv(_MOST_BYTES)
            except TimeoutError:
                data = b""
            now_s = self._time.now_s()
            if data and self._kept(data, now_s):
                heard_s, ever, self.connected, self.trouble = now_s, True, True, ""
            elif now_s - heard_s > _NOBODY_AFTER_S:
                self.connected = False
                if not ever:  # who was heard and is silent now does not play
                    mend = (
                        f"put this machine on the players' own network, and let UDP port {self._port} through"
                    )
                    self.trouble = f"no DJ player is heard: {mend}"

    def _kept(self, data: bytes, now_s: float) -> bool:
        try:
            said = read_datagram(data)
        except WireError:
            self.strange += 1
            return False
        if said is not None:
            self._said.post(now_s, said)
        return True

    @property
    def peers(self) -> int:
        """Any thread. How many players play."""
        return len(self.players) if self.connected else 0

    # -- dance thread ---------------------------------------------------------------------------------------

    def listen(self, until_s: float, origin_s: float) -> None:
        """Dance thread. Take in the beats until then."""
        for time_s, said in self._said.until(until_s + origin_s):
            self.hear(said, time_s - origin_s)
        self.players = tuple(sorted(n for n, deck in self._decks.items() if deck.plays(until_s)))

    def hear(self, said: DjBeat | OnAir, time_s: float) -> None:
        """A beat or what is on air, heard of at that time; times never go back."""
        if isinstance(said, OnAir):
            self._on_air, self._on_air_s = said, time_s
            return
        if said.device not in self._decks and len(self._decks) >= _MOST_DECKS:
            return
        self._decks.setdefault(said.device, DjDeck()).hear(said, time_s)
        self.heard_until_s = time_s

    def clock(self, now_s: float) -> BeatClock | None:
        """The beat of the player that leads; None while none plays that anybody hears."""
        leader = self._leader(now_s)
        return None if leader is None else leader.deck.clock(now_s)

    def tempo_bpm(self, now_s: float) -> float | None:
        """Never without the beat."""
        return None

    @property
    def leads(self) -> int | None:
        """The player that led when last asked."""
        return self._leads

    def _leader(self, now_s: float) -> _Leader | None:
        """Who leads goes on leading while it plays and is heard; then the steadiest of the others."""
        playing = {number: deck for number, deck in self._decks.items() if deck.plays(now_s)}
        if self._player is not None:
            self._leads = self._player if self._player in playing else None
        else:
            heard = [number for number in playing if number < FIRST_MIXER and self._is_heard(number, now_s)]
            if self._leads not in heard:
                steadiest = sorted(heard, key=lambda n: (-playing[n].beats, playing[n].jitter_s(), n))
                self._leads = steadiest[0] if steadiest else None
        return None if self._leads is None else _Leader(self._leads, playing[self._leads])

    def _is_heard(self, number: int, now_s: float) -> bool:
        """Whether the mixer lets it through; where none says anything, everybody is heard."""
        on_air = self._on_air
        if on_air is None or now_s - self._on_air_s > _ON_AIR_HOLDS_S or number not in on_air.known:
            return True
        return number in on_air.heard
