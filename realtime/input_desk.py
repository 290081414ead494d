"""Who is danced to: the song of the show, a song that a client sent, or one client's live sound, each in its turn."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32

from groovecast.audio.decode import Audio
from groovecast.audio.resample import Resampler
from groovecast.wire.errors import InputRefused
from groovecast.wire.live_sound import LiveSound
from groovecast.wire.messages import Input
from realtime.clock import Clock
from realtime.page_sound import InputKind, PageSource
from realtime.sources import FileSource, Source


@dataclass(frozen=True)
class Track:
    """What the page can play along: a song's name and its sound as a WAV file, or neither for live input."""

    title: str
    wav: bytes | None = None


@dataclass(frozen=True)
class Music:
    """What is danced to; `local`: the client that sent it plays its own copy."""

    source: Source
    track: Track
    local: bool = False


@dataclass(frozen=True)
class _Waiting:
    """A song that made room for live sound."""

    music: Music
    song: FileSource
    playing: bool


class InputDesk:
    """One client's sound at a time; the song that it stands in for goes on where it stood when that client leaves.

    All of it belongs to the frame loop. `start` begins to hear a source; `changed` is called when `music` is another
    and is heard; `say` with who sends.
    """

    def __init__(
        self,
        music: Music,
        clock: Clock,
        start: Callable[[Source], None],
        changed: Callable[[], None],
        say: Callable[[Input, object], None],
    ) -> None:
        self.music = music
        self._clock, self._start, self._changed, self._say = clock, start, changed, say
        self._page = music.source if isinstance(music.source, PageSource) else None
        self._waiting: _Waiting | None = None

    async def song(
        self, client: object, title: str, samples: Float32[np.ndarray, " samples"], sample_rate_hz: int
    ) -> None:
        """Dance to a song that a client sent; ValueError while a device is heard, InputRefused while another sends."""
        rate_hz = self._rate_for_a_song_of(client)
        if sample_rate_hz != rate_hz:
            samples = await asyncio.to_thread(Resampler(sample_rate_hz, rate_hz).whole, samples)
            self._rate_for_a_song_of(client)  # meanwhile somebody may have begun to send
        source = FileSource(Audio(samples[:, None], rate_hz), self._clock, title=title)
        self._waiting = None
        self._change(Music(source, Track(title), local=True))

    def _rate_for_a_song_of(self, client: object) -> int:
        source = self.music.source
        if not isinstance(source, FileSource | PageSource):
            raise ValueError("asked to dance to a song, the sound is live: start `groovecast demo` for songs")
        if isinstance(source, PageSource) and source.sender is not None and source.sender[0] is not client:
            other = source.sender[2] or source.sender[1]
            raise InputRefused("input_taken", f"asked to dance to a song, {other!r} is heard: end that first")
        return source.sample_rate_hz

    def take(self, client: object, kind: InputKind, label: str) -> None:
        """Dance to what that client sends from now on. Raises InputRefused."""
        source = self.music.source
        if isinstance(source, PageSource):
            source.take(client, kind, label)
            return self.tell()
        if not isinstance(source, FileSource):
            mend = "start `groovecast live --from-page` for the sound of a page"
            raise InputRefused("input_refused", f"asked to send sound, {source.title} is heard: {mend}")
        if self._page is None:  # one for the whole show: it knows who has sent how much
            self._page = PageSource(self._clock.now_s, source.sample_rate_hz)
        self._waiting = _Waiting(self.music, source, source.transport().playing)
        source.pause()
        self._page.take(client, kind, label)
        self._change(Music(self._page, Track(self._page.title)))

    async def device(self, source: Source) -> None:
        """Dance to a device from now on; a song waits for it to be left. Raises OSError when it cannot be heard.

        Devices open and close slowly, so that is done in another thread, and what was heard is heard again if it fails.
        """
        before = self.music
        song = before.source if isinstance(before.source, FileSource) else None
        playing = song is not None and song.transport().playing
        if song is not None:
            song.pause()
        await asyncio.to_thread(before.source.stop)
        try:
            await asyncio.to_thread(self._start, source)
        except BaseException:
            self._start(before.source)
            if song is not None and playing:
                song.resume()
            raise
        if song is not None:
            self._waiting = _Waiting(before, song, playing)
        self.music = Music(source, Track(source.title))
        self._changed()
        self.tell()

    async def leave_device(self) -> None:
        """Go on with the song that waits. Raises ValueError when there is none."""
        if self._waiting is None:
            raise ValueError("asked for the song, there is none: this show began with live sound")
        await asyncio.to_thread(self.music.source.stop)
        self._left()

    def leave(self, client: object) -> None:
        """That client sends no more, if it did."""
        source = self.music.source
        if isinstance(source, PageSource) and source.leave(client):
            self._left()

    def hear(self, client: object, sound: LiveSound) -> None:
        """Hear what that client sent, if it is the one. Raises InputRefused when it is too much, and ends it."""
        source = self.music.source
        if isinstance(source, PageSource):
            try:
                source.hear(client, sound)
            except InputRefused:
                self._left()
                raise

    def tell(self) -> None:
        """Tell everyone who sends live sound, and whether it is wanted at all."""
        source = self.music.source
        if isinstance(source, PageSource) and source.sender is not None:
            client, kind, label = source.sender
            self._say(Input(wanted=True, kind=kind, label=label), client)
        else:
            self._say(Input(wanted=isinstance(source, FileSource | PageSource)), None)

    def _left(self) -> None:
        waiting, self._waiting = self._waiting, None
        if waiting is None:
            return self.tell()
        waiting.song.cue(self._clock.now_s())
        if waiting.playing:
            waiting.song.resume()
        self._change(waiting.music)

    def _change(self, music: Music) -> None:
        self.music.source.stop()
        self.music = music
        self._start(music.source)
        self._changed()
        self.tell()
