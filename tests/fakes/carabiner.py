"""A Carabiner that is none: a Link session on paper, spoken of in Carabiner's own words, also over real TCP."""

import random
import select
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass
class Session:
    """A Link timeline. Its clock stands elsewhere than the machine's."""

    tempo_bpm: float = 120.0
    start_us: int = 73_743_731_220
    peers: int = 1

    def beat_at(self, link_us: float) -> float:
        return (link_us - self.start_us) * self.tempo_bpm / 60e6

    def set_tempo(self, tempo_bpm: float, link_us: float) -> None:
        """From that moment on; the beat then stays what it is."""
        beat = self.beat_at(link_us)
        self.tempo_bpm = tempo_bpm
        self.start_us = round(link_us - beat * 60e6 / tempo_bpm)

    def status(self, link_us: float) -> str:
        beat = self.beat_at(link_us)
        timeline = f":bpm {self.tempo_bpm:f} :start {self.start_us} :beat {beat:f}"
        return f"status {{ :peers {self.peers} {timeline} }}\n"

    def answers(self, asked: bytes, link_us: float) -> str:
        """To whole lines, as Carabiner 1.1 does: a status that is asked for comes last, with its next poll."""
        said, status = "", False
        for line in asked.decode().splitlines():
            match line.split():
                case ["status"]:
                    status = True
                case ["version"]:
                    said += 'version "1.1.6"\n'
                case ["phase-at-time", when, quantum]:
                    phase = self.beat_at(int(when)) % float(quantum)
                    said += f"phase-at-time {{ :when {when} :quantum {float(quantum):f} :phase {phase:f} }}\n"
                case [word, *_]:
                    said += f"unsupported {word}\n"
        return said + self.status(link_us) * status


@dataclass
class Carabiner:
    """The same behind a real port of this machine; every client is told of changes. It may be cut and come back."""

    now_s: Callable[[], float]
    session: Session = field(default_factory=Session)
    ahead_s: float = 70_000.0  # Link's clock, of the machine's
    late_s: float = 0.0  # answers come up to so much late
    port: int = 0
    greeting: bytes = b""  # before all else: garbage
    mute: bool = False

    def __post_init__(self) -> None:
        self._random = random.Random(1)
        self._clients: list[socket.socket] = []
        self.asked = b""
        self.open()

    def open(self) -> None:
        self._server = socket.create_server(("127.0.0.1", self.port))
        self.port = self._server.getsockname()[1]
        self._running = True
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Gone, in the middle of everything."""
        self._running = False
        self._thread.join()
        for each in (self._server, *self._clients):
            each.close()
        self._clients = []

    def link_us(self) -> float:
        return (self.now_s() + self.ahead_s) * 1e6

    def beat_s(self, beat: float) -> float:
        """When a beat truly is, on the machine's clock."""
        return (self.session.start_us + beat * 60e6 / self.session.tempo_bpm) / 1e6 - self.ahead_s

    def change(self, tempo_bpm: float | None = None, peers: int | None = None) -> None:
        """Somebody turns the tempo, joins or leaves; everybody is told."""
        if tempo_bpm is not None:
            self.session.set_tempo(tempo_bpm, self.link_us())
        if peers is not None:
            self.session.peers = peers
        for client in list(self._clients):
            client.sendall(self.session.status(self.link_us()).encode())

    def _serve(self) -> None:
        while self._running:
            for ready in select.select([self._server, *self._clients], [], [], 0.02)[0]:
                if ready is self._server:
                    client = self._server.accept()[0]
                    client.sendall(self.greeting + self.session.status(self.link_us()).encode())
                    self._clients.append(client)
                elif asked := ready.recv(4096):
                    self.asked += asked
                    self._answer(ready, asked)
                else:
                    self._clients.remove(ready)
                    ready.close()

    def _answer(self, client: socket.socket, asked: bytes) -> None:
        if self.mute:
            return
        said = self.session.answers(asked, self.link_us()).encode()
        if self.late_s:
            threading.Event().wait(self._random.uniform(0, self.late_s))
        cut = self._random.randrange(len(said))
        client.sendall(said[:cut])  # in two pieces, anywhere
        client.sendall(said[cut:])
