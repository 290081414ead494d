"""The song's own controls, and where the music is: play, pause, another place, and what the clients are told of it."""

from collections.abc import Callable

from groovecast.wire.desk_messages import Value
from groovecast.wire.messages import Transport
from realtime.clock import Clock
from realtime.input_desk import InputDesk
from realtime.sources import FileSource


class SongDesk:
    """All of it belongs to the frame loop."""

    def __init__(self, inputs: InputDesk, clock: Clock, publish: Callable[[Transport], None]) -> None:
        self._inputs, self._clock, self._publish = inputs, clock, publish
        self._told: Transport | None = None
        self.track_path: str | None = None  # where the page gets the show's own song

    def play(self, playing: Value, by: str = "") -> None:
        """Go on, or pause. Raises ValueError while the sound is live."""
        song = self._song("playing")
        (song.resume if playing else song.pause)()
        self.tell()

    def seek(self, position_s: Value, by: str = "") -> None:
        """Go on from there. Raises ValueError while the sound is live."""
        self._song("position_s").seek(float(position_s))
        self.tell()

    def tell(self) -> None:
        """Tell the clients where the music is, if they do not know."""
        music = self._inputs.music
        if isinstance(music.source, FileSource):
            now = music.source.transport()
            message = Transport(
                playing=now.playing,
                title=music.track.title,
                track=None if music.local else self.track_path,
                local=music.local,
                position_s=now.position_s,
                at_s=now.at_s,
                duration_s=now.duration_s,
            )
        else:
            message = Transport(
                playing=True,
                title=music.track.title,
                position_s=0.0,
                at_s=self._clock.now_s(),
                duration_s=0.0,
            )
            if self._told is not None and self._told.title == message.title:
                return
        if message != self._told:
            self._told = message
            self._publish(message)

    def _song(self, name: str) -> FileSource:
        source = self._inputs.music.source
        if not isinstance(source, FileSource):
            raise ValueError(f"asked to set {name}, the sound is live: only a song can be paused or moved")
        return source
