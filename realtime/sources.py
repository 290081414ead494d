"""Where sound comes from: what any source is, and the one that plays a song in real time."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float32

from groovecast.audio.decode import Audio, mono
from realtime.clock import Clock

# hear(mono block, time at which its first sample was captured): called on the source's own thread.
Hear = Callable[[Float32[np.ndarray, " samples"], float], None]


@runtime_checkable
class Source(Protocol):
    """Sound that arrives in blocks, each stamped with the time of its first sample."""

    sample_rate_hz: int
    title: str
    blocks: int  # delivered so far
    overruns: int  # times that sound was lost, or came so late that it counts as lost

    @property
    def connected(self) -> bool:
        """Sound comes, or would if there were any."""
        ...

    @property
    def trouble(self) -> str:
        """What keeps sound from coming, in words for the person; "" while nothing does."""
        ...

    def start(self, hear: Hear) -> None:
        """Deliver blocks from now on, from a thread of its own."""
        ...

    def stop(self) -> None:
        """Deliver no more; returns when the last block is through."""
        ...


_BLOCKS_PER_S = 100  # 10 ms: the ears' hop
_LATE_S = 0.05  # a song's block later than this is an overrun: half of what the ears look back on


@dataclass(frozen=True)
class Transport:
    """Where a song stands: while playing, media position p is heard at `at_s + (p - position_s)`."""

    playing: bool
    position_s: float
    at_s: float
    duration_s: float
    ended: bool


@dataclass(frozen=True)
class _Cue:
    """From stream sample `from_sample` on, the song stands at `position` and plays or not."""

    playing: bool
    position: int
    from_sample: int
    origin_s: float


class FileSource:
    """A decoded song, paced as a sound card would deliver it: a block comes when its last sample is past.

    Audio time never stops: paused, or after the end, it delivers silence. Target times are counted from the
    start, so pacing never drifts. `start` runs it on a thread; `cue` and `blocks_until` give the very same
    blocks without one.
    """

    def __init__(
        self,
        audio: Audio,
        clock: Clock,
        block_samples: int | None = None,
        *,
        title: str = "",
        loop: bool = False,
    ) -> None:
        if not len(audio.samples):
            raise ValueError("asked to play a song, found 0 samples: choose a file that holds sound")
        self.sample_rate_hz = audio.sample_rate_hz
        self.title = title
        self.blocks = 0
        self.overruns = 0
        self._samples = mono(audio.samples)
        self._clock = clock
        self._block_samples = block_samples or max(1, audio.sample_rate_hz // _BLOCKS_PER_S)
        self.connected = True
        self.trouble = ""
        self._loop = loop
        self._next = 0  # the stream sample that the next block begins with
        self._cue = _Cue(True, 0, 0, clock.now_s())
        self._turn = threading.Lock()  # one command or one block at a time; readers take `_cue` as it is
        self._running = False
        self._cued = False
        self._thread: threading.Thread | None = None

    @property
    def duration_s(self) -> float:
        """How long the song is."""
        return len(self._samples) / self.sample_rate_hz

    def cue(self, start_s: float) -> None:
        """Set the time at which the stream begins; without it, `start` begins at once."""
        with self._turn:
            self._cued = True
            self._next = 0
            self._cue = replace(self._cue, from_sample=0, origin_s=start_s)

    def start(self, hear: Hear) -> None:
        """Deliver blocks from now on, from a thread of its own."""
        if self._running:
            raise ValueError(f"asked to start {self.title!r}, it runs already: stop it first")
        if not self._cued:
            self.cue(self._clock.now_s())
        self._running = True
        self._thread = threading.Thread(target=self._pace, args=(hear,), name="groovecast-song", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Deliver no more; returns when the last block is through."""
        self._running = False
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join()
        self._thread = None

    def blocks_until(self, now_s: float) -> Iterator[tuple[Float32[np.ndarray, " samples"], float]]:
        """The blocks that are complete by `now_s` and were not asked for before, each with its time."""
        while self._due_s() <= now_s + 1e-9:  # a nanosecond: 0.01 * 3 is not 0.03
            yield self._block()

    def pause(self) -> None:
        """Any thread. Silence from the next block on."""
        self._command(playing=False)

    def resume(self) -> None:
        """Any thread. Play on; from the beginning when the song was over."""
        self._command(playing=True)

    def seek(self, position_s: float) -> None:
        """Any thread. Go to that place, clipped to the song; a paused song stays paused."""
        self._command(position=round(position_s * self.sample_rate_hz))

    def transport(self) -> Transport:
        """Any thread. Where the song stands; the same value until something changes."""
        cue, song, rate = self._cue, len(self._samples), self.sample_rate_hz
        reached = self._place(cue, self._next)
        ended = reached >= song and not self._loop
        position, from_sample = cue.position, cue.from_sample
        if ended:
            position, from_sample = song, from_sample + song - position
        elif reached >= song:  # a loop: count from the beginning of this pass
            whole = reached // song * song
            position, from_sample = 0, from_sample + whole - position
        at_s = cue.origin_s + from_sample / rate
        return Transport(cue.playing and not ended, position / rate, at_s, song / rate, ended)

    def _command(self, playing: bool | None = None, position: int | None = None) -> None:
        song = len(self._samples)
        with self._turn:
            cue = self._cue
            reached = self._place(cue, self._next)
            reached = reached % song if self._loop else min(reached, song)
            if playing and position is None and reached == song:
                reached = 0
            place = reached if position is None else min(max(position, 0), song)
            self._cue = replace(
                cue,
                playing=cue.playing if playing is None else playing,
                position=place,
                from_sample=self._next,
            )

    @staticmethod
    def _place(cue: _Cue, stream_sample: int) -> int:
        return cue.position + (stream_sample - cue.from_sample if cue.playing else 0)

    def _due_s(self) -> float:
        return self._cue.origin_s + (self._next + self._block_samples) / self.sample_rate_hz

    def _block(self) -> tuple[Float32[np.ndarray, " samples"], float]:
        with self._turn:
            cue, count = self._cue, self._block_samples
            time_s = cue.origin_s + self._next / self.sample_rate_hz
            place = self._place(cue, self._next)
            self._next += count
            self.blocks += 1
        if not cue.playing:
            return np.zeros(count, np.float32), time_s
        if self._loop:
            return self._samples.take(np.arange(place, place + count), mode="wrap"), time_s
        block = np.zeros(count, np.float32)
        heard = self._samples[place : place + count]
        block[: len(heard)] = heard
        return block, time_s

    def _pace(self, hear: Hear) -> None:
        while self._running:
            due_s = self._due_s()
            self._clock.sleep_until_s(due_s)
            if not self._running:
                return
            self.overruns += self._clock.now_s() - due_s > _LATE_S
            hear(*self._block())
