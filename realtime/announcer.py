"""What the person is told while a show goes on: how it is doing, several times a second, and each trouble once."""

import sys
from collections import deque
from collections.abc import Sequence
from typing import Protocol

import numpy as np

from groovecast.wire.messages import Notice, Percentiles, State
from realtime.capture import DeviceSource
from realtime.clocks.source import BeatInput
from realtime.controllers.controller import Controller
from realtime.dance import Dancer
from realtime.meter import Meter
from realtime.outlets.sink import Sink
from realtime.server import PoseServer
from realtime.sources import FileSource, Source


class Announced(Protocol):
    """A show, as far as it is told of."""

    dancer: Dancer
    server: PoseServer
    sinks: Sequence[Sink]
    meter: Meter
    frames: int
    tempo_bpm: float
    stumbled: str
    update_ms: deque[float]
    beats: Sequence[BeatInput]
    controllers: Sequence[Controller]

    @property
    def source(self) -> Source:
        """What is heard now."""
        ...

    @property
    def fps(self) -> float:
        """Pictures a second."""
        ...


class Announcer:
    """All of it belongs to the frame loop."""

    def __init__(self, show: Announced, model: str, engine: str) -> None:
        self._show, self._model, self._engine = show, model, engine
        self._told_rejections = 0
        self._told_problems: set[str] = set()
        self._told_trouble = self._told_stumble = ""
        self._told_lines: dict[str, str] = {}  # the trouble of each line from outside

    def tell(self) -> None:
        """Tell the clients how it is going; what is wrong, once, where the command was typed as well."""
        show = self._show
        heard, counts = show.dancer.heard, show.dancer.counts
        if heard.mood.trust > 0:
            show.tempo_bpm = heard.clock.tempo_bpm
        show.server.publish(
            State(
                tempo_bpm=heard.clock.tempo_bpm if heard.mood.trust > 0 else 0.0,
                confidence=heard.clock.confidence,
                energy=heard.mood.energy,
                silent=heard.silent,
                model=self._model,
                engine=self._engine,
                fps=show.fps,
                misses=counts.misses,
                latency_ms=percentiles(show.update_ms),
                beat_source=heard.leader,
                beats_per_bar=heard.clock.beats_per_bar,
                section=heard.section,
                input_db=None if isinstance(show.source, FileSource) else round(show.meter.read().rms_db, 1),
                input_latency_ms=self._claimed_ms(),
            )
        )
        if counts.rejected > self._told_rejections and counts.reasons:
            self._told_rejections = counts.rejected
            show.server.publish(Notice(text=f"{counts.rejected} plans were refused: {counts.reasons[-1]}"))
        for problem in [sink.problem for sink in show.sinks if sink.problem]:
            if problem not in self._told_problems:
                self._told_problems.add(problem)
                self.say(problem)
        if show.stumbled != self._told_stumble:
            self._told_stumble = show.stumbled
            self.say(f"the dance stumbled ({show.stumbled}): it goes on; please report this")
        trouble, before = show.source.trouble, self._told_trouble
        if trouble != before and show.frames > show.fps:  # a show says first where it is seen
            self._told_trouble = trouble
            self.say(trouble or f"{show.source.title} is heard")
        lines: list[BeatInput | Controller] = [*show.beats, *show.controllers]
        for line in lines:
            if line.trouble != self._told_lines.get(line.name, ""):
                self._told_lines[line.name] = line.trouble
                self.say(line.trouble or f"{line.name} is back")

    def say(self, text: str) -> None:
        """Tell the person, on the page and where the command was typed."""
        self._show.server.publish(Notice(text=text))
        print(f"groovecast: {text}", file=sys.stderr)

    def _claimed_ms(self) -> float | None:
        source = self._show.source
        return round(source.latency.stream_ms, 1) if isinstance(source, DeviceSource) else None


def percentiles(values_ms: Sequence[float] | deque[float]) -> Percentiles:
    """p50, p95, p99 and the largest of some milliseconds; zeros when there are none."""
    values = list(values_ms)
    if not values:
        return Percentiles()
    p50, p95, p99 = (round(float(value), 3) for value in np.percentile(values, (50, 95, 99)))
    return Percentiles(p50, p95, p99, round(max(values), 3))
