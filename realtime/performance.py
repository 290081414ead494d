"""A dance without waiting: the same loop on a fake clock, as fast as it goes, with the same result as live."""

from collections.abc import Iterator

from groovecast.audio.beat_clock import CONFIDENT
from groovecast.audio.decode import Audio
from groovecast.wire.moment import Moment
from realtime.clock import Clock, FakeClock
from realtime.dance import Dancer
from realtime.dance_settings import DanceSettings
from realtime.desk.dance_wishes import settings_at
from realtime.desk_room import desk_for
from realtime.ensemble import Ensemble
from realtime.generator import Generator
from realtime.sources import FileSource


class Performance:
    """One song danced from beginning to end."""

    def __init__(
        self, audio: Audio, generator: Generator, settings: DanceSettings | None = None, fps: float = 60.0
    ) -> None:
        self.fps = fps
        self._clock = FakeClock(0.0)
        self._source = FileSource(audio, self._clock)
        self._source.cue(0.0)
        self.dancer = Dancer(generator, audio.sample_rate_hz, 0.0, settings)
        self._crew = _crew_of(self.dancer, self._clock) if self.dancer.settings.dancers > 1 else None
        self.duration_s = audio.duration_s

    @property
    def frames(self) -> int:
        """How many frames the whole song is."""
        return max(1, round(self.duration_s * self.fps))

    def moments(self) -> Iterator[Moment]:
        """Every shown frame, in order; of several dancers, each one's."""
        for number in range(self.frames):
            self._clock.sleep_until_s(number / self.fps)
            now_s = self._clock.now_s()
            for block, first_s in self._source.blocks_until(now_s):
                self.dancer.hear(block, first_s)
            while self.dancer.imagine(now_s):
                pass
            if self._crew is not None:
                yield from self._crew.moments(now_s)
                continue
            beats = self.dancer.clock
            known = beats.confidence >= CONFIDENT
            yield Moment(
                pose=self.dancer.show(now_s),
                beat=float(beats.beat_at(now_s)) - beats.downbeat if known else None,
                tempo_bpm=beats.tempo_bpm,
                energy=self.dancer.mood.energy,
                t_capture_s=self.dancer.heard_until_s,
                beats_per_bar=beats.beats_per_bar,
                confidence=beats.confidence,
            )


def _crew_of(dancer: Dancer, clock: Clock) -> Ensemble:
    """All who dance, as a desk that nobody turns has them stand."""
    board, start = desk_for(dancer, (), 0.0, clock.now_s).board, dancer.settings
    dancer.wishes = lambda at_s: settings_at(board, at_s, start)
    return Ensemble(dancer, lambda: board)
