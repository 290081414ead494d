"""The beat of an Ableton Link session, heard through Carabiner: followed only, never led."""

import select
import socket
import threading
from collections import deque
from dataclasses import dataclass

import numpy as np

from groovecast.audio.beat_clock import CONFIDENT, BeatClock
from groovecast.wire.carabiner import ASK_STATUS, CarabinerParser, LinkPhase, LinkStatus, ask_phase
from realtime.clock import Clock
from realtime.clocks.mailbox import Mailbox
from realtime.clocks.source import LINK

CARABINER = ("127.0.0.1", 17000)
GONE_AFTER_S = 2.0  # without an answer

_ASK_EVERY_S = 0.25
_LATE_S = 0.75  # without an answer: no doubt before
_RETRY_S = 1.0
_CONNECT_S = 1.0
_ANSWER_S = 2.0
_ROUND_TRIPS = 16
_READ_BYTES = 4096
_BEATS_PER_BAR = 4


class LinkTime:
    """How Link's clock maps to this machine's: by the quickest of the last round trips, for it was delayed least."""

    def __init__(self) -> None:
        self._trips: deque[tuple[float, float]] = deque(maxlen=_ROUND_TRIPS)  # how long, and the offset then

    def hear(self, asked_s: float, answered_s: float, link_us: float) -> None:
        """Between being asked and answering, Link's clock was there."""
        self._trips.append((answered_s - asked_s, (asked_s + answered_s) / 2 - link_us / 1e6))

    def machine_s(self, link_us: float) -> float:
        """When that is on the machine's clock; at least one round trip was heard."""
        return link_us / 1e6 + min(self._trips)[1]


@dataclass(frozen=True)
class LinkBeat:
    """The session: at that moment of the machine's clock it is so far in a bar of four."""

    at_s: float
    phase: float
    tempo_bpm: float
    peers: int


class Conversation:
    """What is asked of Carabiner and what its answers mean; times are given, bytes go through."""

    def __init__(self) -> None:
        self._parser, self._time = CarabinerParser(), LinkTime()
        self._status: LinkStatus | None = None  # the last
        self._asked: tuple[int, float] | None = None  # about which moment of Link's, and when
        self._phase: LinkPhase | None = None  # the first half of the answer
        self._ask_at_s = -np.inf

    @property
    def strange(self) -> int:
        """Lines that no Carabiner says."""
        return self._parser.strange

    def unanswered_s(self, now_s: float) -> float:
        """For how long an answer has been due."""
        return 0.0 if self._asked is None else now_s - self._asked[1]

    def due_s(self) -> float:
        """When to ask next."""
        return self._ask_at_s if self._asked is None else np.inf

    def question(self, now_s: float) -> bytes:
        """What to send now."""
        self._ask_at_s = now_s + _ASK_EVERY_S
        # about the moment of the status before: no other question was about that
        link_us = 0 if self._status is None else round(self._status.link_us)
        self._asked, self._phase = (link_us, now_s), None
        # Carabiner keeps a status back until it has done all else (its next poll): asked in the order of the answers
        return ask_phase(link_us, _BEATS_PER_BAR) + ASK_STATUS

    def hear(self, received: bytes, now_s: float) -> list[LinkBeat]:
        """What is known with these bytes."""
        beats: list[LinkBeat] = []
        for said in self._parser.feed(received):
            if isinstance(said, LinkStatus):
                self._status = said
                if self._asked is None:  # the session has changed: ask at once
                    self._ask_at_s = now_s
                elif self._phase is not None:
                    # one that comes before the phase may have been under way for long
                    beats.append(self._beat(self._phase, self._asked[1], said, now_s))
                    self._asked = self._phase = None
            elif isinstance(said, LinkPhase) and self._asked is not None and said.link_us == self._asked[0]:
                self._phase = said if said.quantum == _BEATS_PER_BAR else None
        return beats

    def _beat(self, phase: LinkPhase, asked_s: float, status: LinkStatus, came_s: float) -> LinkBeat:
        """What the two halves of an answer tell together."""
        self._time.hear(asked_s, came_s, status.link_us)
        at_s = self._time.machine_s(phase.link_us)
        return LinkBeat(at_s, phase.phase, status.tempo_bpm, status.peers)


class Link:
    """The session's beat as a source of beats; with nobody else in it, it knows none."""

    name = LINK

    def __init__(self, clock: Clock, address: tuple[str, int] = CARABINER) -> None:
        self._time, self._address = clock, address
        self._said: Mailbox[LinkBeat] = Mailbox()
        self._now: LinkBeat | None = None
        self._thread: threading.Thread | None = None
        self._ended = threading.Event()
        self.heard_until_s = -np.inf
        self.connected = False
        self.trouble = ""
        self.peers = 0  # besides Carabiner itself
        self.strange = 0

    # -- the thread that talks to Carabiner -----------------------------------------------------------------

    def start(self) -> None:
        """Follow from now on; while Carabiner is not there, `trouble` says so, and it is looked for."""
        self._ended.clear()
        self._thread = threading.Thread(target=self._run, name="groovecast-link", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Follow no more; returns when the thread has ended."""
        self._ended.set()
        if self._thread is not None:
            self._thread.join()
        self._thread = None

    def _run(self) -> None:
        host, port = self._address
        while not self._ended.is_set():
            try:
                with socket.create_connection(self._address, _CONNECT_S) as line:
                    line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    problem = self._talk(line)
            except OSError as why:
                problem = f"does not answer ({why.strerror or why}): start it, it is looked for every second"
            if not self._ended.is_set():
                self.trouble = f"Carabiner, the way to Ableton Link, at {host}:{port} {problem}"
            self.connected, self.peers = False, 0
            self._ended.wait(_RETRY_S)

    def _talk(self, line: socket.socket) -> str:
        """Ask again and again; returns what went wrong."""
        talk, before = Conversation(), self.strange
        while not self._ended.is_set():
            now_s = self._time.now_s()
            if talk.due_s() <= now_s:
                line.sendall(talk.question(now_s))
            if talk.unanswered_s(now_s) > _ANSWER_S:
                return "does not answer as version 1.1 of it does: update it, or give the right --carabiner"
            wait_s = min(max(talk.due_s() - self._time.now_s(), 0), _ASK_EVERY_S)
            if not select.select([line], [], [], wait_s)[0]:
                continue
            received = line.recv(_READ_BYTES)
            now_s = self._time.now_s()
            if not received:
                return "is gone: start it again, it is looked for every second"
            for beat in talk.hear(received, now_s):
                self._said.post(now_s, beat)
                self.connected, self.peers, self.trouble = True, beat.peers, ""
            self.strange = before + talk.strange
        return ""

    # -- dance thread ---------------------------------------------------------------------------------------

    def listen(self, until_s: float, origin_s: float) -> None:
        """Dance thread. Take in what was said until then."""
        for time_s, beat in self._said.until(until_s + origin_s):
            self._now = LinkBeat(beat.at_s - origin_s, beat.phase, beat.tempo_bpm, beat.peers)
            self.heard_until_s = time_s - origin_s

    def clock(self, now_s: float) -> BeatClock | None:
        """The beat; None without Carabiner, and while nobody else is in the session."""
        beat, unheard_s = self._now, now_s - self.heard_until_s
        if beat is None or beat.peers == 0 or unheard_s >= GONE_AFTER_S:
            return None
        fading = min(max(unheard_s - _LATE_S, 0) / (GONE_AFTER_S - _LATE_S), 1)
        return BeatClock(
            knots_s=np.array([beat.at_s]),
            knots_beat=np.array([beat.phase]),
            tempo_bpm=beat.tempo_bpm,
            confidence=1 - (1 - CONFIDENT) * fading,
            downbeat=0,
            beats_per_bar=_BEATS_PER_BAR,
        )

    def tempo_bpm(self, now_s: float) -> float | None:
        """Never without the beat."""
        return None
