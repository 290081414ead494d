"""Sound that a page sends: a microphone or another tab, from one client at a time."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float32

from groovecast.audio.resample import Resampler
from groovecast.wire.errors import InputRefused
from groovecast.wire.live_sound import LiveSound
from realtime.in_order import InOrder
from realtime.sample_clock import SampleClock
from realtime.sources import Hear

InputKind = Literal["microphone", "tab"]
RATE_HZ = 24000  # the ears'

_MOST_AHEAD_S = 2.0  # a client that sends more than this beyond real time sends no live sound
_MOST_BEHIND_S = 10.0  # what a client did not send longer ago than this it cannot make up for
_LEAST_BLOCK_S = 0.002  # a shorter block costs as much work, and counts as much
_OLDEST_S = 2.0
_FUTURE_S = 0.02  # the pings know a clock to some milliseconds
_GAP_S = 0.08  # a jump of capture times: sound was lost in between
_QUIET_AFTER_S = 0.3
_NEAR_S = 0.05  # silence is heard up to so long ago: a block may be on its way
_LONGEST_SILENCE_S = 0.5  # at once; the listener makes up for a longer one by itself
_LONGEST_LABEL = 200


@dataclass
class _Sender:
    """Who sends, and how its samples became ours."""

    client: object
    kind: InputKind
    label: str
    seq: int = 0
    rate_hz: int = 0
    resampler: Resampler | None = None
    clock: SampleClock | None = None
    taken: int = 0  # samples since the last gap, at its rate
    given: int = 0  # and at ours


@dataclass
class _Account:
    """How far ahead of real time a client is, however often it begins anew."""

    at_s: float
    ahead_s: float = 0.0

    def ahead_at(self, now_s: float) -> float:
        """Seconds of sound beyond real time by then; below zero, what it may still make up for."""
        return max(self.ahead_s - (now_s - self.at_s), -_MOST_BEHIND_S)


class PageSource:
    """What clients send, on the thread of the frame loop; silence while nobody sends.

    All but the reading of its numbers belongs to the frame loop's thread.
    """

    def __init__(self, now_s: Callable[[], float], sample_rate_hz: int = RATE_HZ) -> None:
        self.sample_rate_hz = sample_rate_hz
        self.title = "a page's sound"
        self.blocks = self.overruns = 0
        self._now_s = now_s
        self._hear: Hear | None = None
        self._sender: _Sender | None = None
        self._accounts: dict[object, _Account] = {}
        self._resamplers: dict[int, Resampler] = {}  # of each rate; making one takes a while
        self._sounded_s = now_s()
        self._in_order = InOrder(sample_rate_hz, self._sounded_s)

    @property
    def connected(self) -> bool:
        """A client sends."""
        return self._sender is not None

    @property
    def trouble(self) -> str:
        """That nobody sends, in words for the person."""
        return "" if self._sender else "no page sends sound: press Microphone or Tab sound on the page"

    @property
    def sender(self) -> tuple[object, InputKind, str] | None:
        """The client that sends, what it sends, and its label."""
        one = self._sender
        return None if one is None else (one.client, one.kind, one.label)

    def start(self, hear: Hear) -> None:
        """Deliver what is sent from now on."""
        if self._hear is not None:
            raise ValueError(f"asked to start {self.title!r}, it runs already: stop it first")
        self._hear = hear
        self._sounded_s = self._now_s()
        self._in_order = InOrder(self.sample_rate_hz, self._sounded_s)  # before, a song may have been heard

    def stop(self) -> None:
        """Deliver no more."""
        self._hear = self._sender = None

    def take(self, client: object, kind: InputKind, label: str) -> None:
        """A client begins to send. Raises InputRefused while another one does."""
        if self._sender is not None and self._sender.client is not client:
            other = self._sender.label or self._sender.kind
            raise InputRefused("input_taken", f"asked to send sound, {other!r} is heard: end that first")
        now_s = self._now_s()
        # an account that is even is as good as none
        self._accounts = {who: one for who, one in self._accounts.items() if one.ahead_at(now_s) > 0}
        self._accounts.setdefault(client, _Account(now_s))
        self._sender = _Sender(client, kind, label[:_LONGEST_LABEL])

    def leave(self, client: object) -> bool:
        """A client sends no more; whether it was the one that did."""
        if self._sender is None or self._sender.client is not client:
            return False
        self._sender = None
        return True

    def hear(self, client: object, sound: LiveSound) -> None:
        """A block has come; one of a client that does not hold the input is ignored.

        Raises InputRefused, and ends the input, when a client sends more than real time or changes its rate.
        """
        sender, now_s = self._sender, self._now_s()
        if sender is None or sender.client is not client or self._hear is None:
            return
        count, rate_hz = len(sound.samples), sound.sample_rate_hz
        account = self._accounts[client]
        ahead_s = account.ahead_at(now_s) + max(count / rate_hz, _LEAST_BLOCK_S)
        if ahead_s > _MOST_AHEAD_S:
            self._sender = None
            most = f"{_MOST_AHEAD_S:g} s ahead of real time"
            raise InputRefused(
                "input_limit", f"asked to hear sound that came more than {most}: send it as it sounds"
            )
        account.at_s, account.ahead_s = now_s, ahead_s
        if sender.resampler is None or sender.clock is None:
            sender.rate_hz, sender.clock = rate_hz, SampleClock(rate_hz)
            if rate_hz not in self._resamplers:
                self._resamplers[rate_hz] = Resampler(rate_hz, self.sample_rate_hz)
            sender.resampler = self._resamplers[rate_hz]
            sender.resampler.reset()
        elif rate_hz != sender.rate_hz:
            self._sender = None
            asked = f"asked to hear {rate_hz} Hz, this input began with {sender.rate_hz} Hz"
            raise InputRefused("input_limit", f"{asked}: ask to send again")
        lost = (sound.seq - sender.seq) % (1 << 32)
        self.overruns += lost > 0
        sender.seq = (sound.seq + 1) % (1 << 32)
        self._sounded_s = now_s
        arrived_s = sender.clock.stamp(count, now_s)
        told_s = sound.first_sample_time_s
        believed = -_FUTURE_S < now_s - (told_s + count / rate_hz) < _OLDEST_S
        self._deliver(sender, sound.samples, told_s if believed else arrived_s, self._hear)

    def _deliver(
        self, sender: _Sender, samples: Float32[np.ndarray, "samples channels"], first_s: float, hear: Hear
    ) -> None:
        assert sender.resampler is not None
        begin_s = first_s - sender.taken / sender.rate_hz  # of what came without a gap
        ours_s = begin_s + sender.given / self.sample_rate_hz
        if sender.taken and abs(ours_s - self._in_order.until_s) > _GAP_S:
            sender.resampler.reset()
            sender.taken = sender.given = 0
            ours_s = first_s
        block = sender.resampler.push(samples.mean(axis=1, dtype=np.float32))
        sender.taken += len(samples)
        sender.given += len(block)
        self.blocks += 1
        block, ours_s = self._in_order.next(block, ours_s)  # after a stall, silence stands where it belongs
        if len(block):
            hear(block, ours_s)

    def keep_silence(self, now_s: float) -> None:
        """Be silent where nothing has come for a while; called every frame."""
        if self._hear is None or now_s - self._sounded_s < _QUIET_AFTER_S:
            return
        until_s = now_s - _NEAR_S
        begin_s = max(self._in_order.until_s, until_s - _LONGEST_SILENCE_S)
        count = int((until_s - begin_s) * self.sample_rate_hz)
        if count > 0:
            self._hear(*self._in_order.next(np.zeros(count, np.float32), begin_s))
