"""The show: one source, one dancer, and everyone who watches, on three threads that only this file starts.

The source's own thread hears, the dance thread imagines, the asyncio loop shows. They meet in the dancer's sample
ring and motion buffer and nowhere else.
"""

import asyncio
import sys
import threading
import webbrowser
import zlib
from collections import deque
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from jaxtyping import Float32

from groovecast.wire.live_sound import LiveSound
from groovecast.wire.messages import Notice, Percentiles, State, Transport, Value
from realtime.capture import DeviceSource
from realtime.clock import Clock
from realtime.clocks.midi_input import MidiInput
from realtime.dance import Dancer, DanceSettings, Generator
from realtime.foresight import Foresight, moment_of
from realtime.input_desk import InputDesk, Music, Track
from realtime.meter import Meter
from realtime.outlets.sink import Sink, by_offset
from realtime.page_sound import InputKind, PageSource
from realtime.pipe import PipeSource
from realtime.rehearsal import Rehearsal
from realtime.server import PoseServer, ServerSettings
from realtime.sources import FileSource, Source

# How far before its time a pose is handed to a client of the stream that does not ask for another.
LOOK_AHEAD_S = 0.08
_STATES_PER_S = 4.0
# How often the dance thread looks for new sound when no plan is due.
_LISTEN_EVERY_S = 0.02
_RETRY_S = 0.003
# Python hands its lock from thread to thread this often: the frame loop must not wait 5 ms for a feature.
_SWITCH_S = 0.0005
_UPDATES_KEPT = 512
# How long a song's dance is shown after its last sound.
_AFTERGLOW_S = 1.5
_PATIENCE_S = 1.0
_STUMBLE_S = 0.1  # between a fault in the dance thread and the next try


class Show:
    """One dancer on stage. `run` plays it to the end; everything before only prepares."""

    def __init__(
        self,
        generator: Generator,
        source: Source,
        clock: Clock,
        *,
        model: str,
        engine: str,
        server: ServerSettings,
        page_dir: Path,
        sinks: Sequence[Sink] = (),
        settings: DanceSettings | None = None,
        track: Track | None = None,
        offset_s: float = 0.0,
        midi: MidiInput | None = None,
    ) -> None:
        self.clock = clock
        self.sinks = sinks
        settings = settings or DanceSettings()
        self._groups = by_offset(sinks, offset_s)
        # what is shown earlier than now must be planned that much earlier
        self._earliest_s = min(0.0, offset_s, *(later_s for later_s, _ in self._groups))
        settings = replace(settings, lead_s=settings.lead_s - self._earliest_s)
        beats = () if midi is None else (midi,)
        self.dancer = Dancer(generator, source.sample_rate_hz, clock.now_s(), settings, beats)
        self.server = PoseServer(replace(server, look_ahead_s=LOOK_AHEAD_S), page_dir, self, clock.now_s)
        self.frames = 0
        self.late_frames = 0
        self.dance_ended = True  # False for good when the generator hung at the end: it is still at work
        self.tempo_bpm = 0.0  # the last that was trusted; 0 before there was one
        self.update_ms: deque[float] = deque(maxlen=_UPDATES_KEPT)
        self._generator, self._model, self._engine = generator, model, engine
        self._fps = server.fps
        music = Music(source, track or Track(source.title))
        self._inputs = InputDesk(music, clock, self._change_source, self.server.publish_input)
        self._track_path: str | None = None
        self._midi = midi
        self._told_midi = ""
        self._foresight = Foresight(self.dancer, server.fps, LOOK_AHEAD_S, offset_s)
        self._running = threading.Event()
        self._fault: Exception | None = None
        self._told: Transport | None = None
        self._told_rejections = 0
        self._told_problems: set[str] = set()
        self._told_trouble = ""
        self._stumbled = self._told_stumble = ""  # the last fault in the dance thread
        self._meter = Meter()

    @property
    def source(self) -> Source:
        """What is heard now."""
        return self._inputs.music.source

    # -- frame loop -----------------------------------------------------------------------------------------

    async def run(self, seconds: float | None = None, ready: "asyncio.Event | None" = None) -> None:
        """Frame loop. Dance until the song is over, `seconds` have passed, or the task is cancelled."""
        switch = sys.getswitchinterval()
        sys.setswitchinterval(_SWITCH_S)
        self._running.set()
        rehearsal = Rehearsal(self._generator)
        dancing = threading.Thread(
            target=self._dance, args=(rehearsal,), name="groovecast-dance", daemon=True
        )
        try:
            dancing.start()
            await rehearsal.held()  # before anybody can watch, or turn a control
            async with self.server:
                if self._inputs.music.track.wav is not None:
                    # named by its content: a page that was left open must not play the song before
                    name = f"{zlib.crc32(self._inputs.music.track.wav):08x}"
                    self._track_path = self.server.serve_track(name, self._inputs.music.track.wav)
                self._begin()
                rehearsal.raise_curtain()
                if ready is not None:
                    ready.set()
                await self._show_all(None if seconds is None else self.clock.now_s() + seconds)
        finally:
            self._running.clear()
            rehearsal.raise_curtain()
            try:
                self.source.stop()
                if self._midi is not None:
                    self._midi.stop()
            finally:
                if dancing.is_alive():
                    dancing.join(_PATIENCE_S)  # a generator that hangs is left behind
                self.dance_ended = not dancing.is_alive()
                for sink in self.sinks:
                    sink.close()
                sys.setswitchinterval(switch)
        if self._fault is not None:
            raise self._fault

    def _begin(self) -> None:
        """Song and dance start at one moment, so that they are together what they are offline."""
        start_s = self.clock.now_s()
        self.dancer.begin(start_s)
        if isinstance(self.source, FileSource):
            self.source.cue(start_s)
        self.source.start(self._hear)
        if self._midi is not None:
            self._midi.start()
        self._inputs.tell()

    def _hear(self, block: Float32[np.ndarray, " samples"], first_sample_time_s: float) -> None:
        """Audio thread. Measure a block and pass it on."""
        self._meter.hear(block)
        self.dancer.hear(block, first_sample_time_s)

    async def _show_all(self, end_s: float | None) -> None:
        period_s, begin_s = 1 / self._fps, self.clock.now_s()
        tick, told_s = 0, 0.0
        while self._fault is None:
            due_s = begin_s + tick * period_s
            wait_s = due_s - self.clock.now_s()
            if wait_s > 0:
                await asyncio.sleep(wait_s)
            else:
                await asyncio.sleep(0)
                late = int(-wait_s / period_s)
                if late:  # what could not be shown in time is left out, not made up for
                    self.late_frames += late
                    tick += late
                    due_s += late * period_s
            if (end_s is not None and due_s >= end_s) or self._song_is_over(due_s):
                return
            if isinstance(self.source, PageSource):
                self.source.keep_silence(due_s)
            self._show(due_s)
            self._tell_transport()
            tick += 1
            if due_s - told_s >= 1 / _STATES_PER_S:
                told_s = due_s
                self._tell()

    def _show(self, due_s: float) -> None:
        """Send the poses of this tick to everyone: the stream's ahead of their time, the others' on time."""
        self.server.send(*self._foresight.tick(due_s, self.server.look_aheads_s))
        for later_s, outlets in self._groups:
            moment = moment_of(self.dancer, due_s, later_s)
            for outlet in outlets:
                outlet.send(moment)
        self.frames += 1

    def _song_is_over(self, now_s: float) -> bool:
        if isinstance(self.source, PipeSource):
            return self.source.ended_s is not None and now_s > self.source.ended_s + _AFTERGLOW_S
        if not isinstance(self.source, FileSource) or self._inputs.music.local:
            return False
        transport = self.source.transport()
        return transport.ended and now_s > transport.at_s + _AFTERGLOW_S

    def _tell(self) -> None:
        heard, counts = self.dancer.heard, self.dancer.counts
        if heard.mood.trust > 0:
            self.tempo_bpm = heard.clock.tempo_bpm
        self.server.publish(
            State(
                tempo_bpm=heard.clock.tempo_bpm if heard.mood.trust > 0 else 0.0,
                confidence=heard.clock.confidence,
                energy=heard.mood.energy,
                silent=heard.silent,
                model=self._model,
                engine=self._engine,
                fps=self._fps,
                misses=counts.misses,
                latency_ms=percentiles(self.update_ms),
                beat_source=heard.leader,
                beats_per_bar=heard.clock.beats_per_bar,
                section=heard.section,
                input_db=None if isinstance(self.source, FileSource) else round(self._meter.read().rms_db, 1),
                input_latency_ms=self._claimed_ms(),
            )
        )
        if counts.rejected > self._told_rejections and counts.reasons:
            self._told_rejections = counts.rejected
            self.server.publish(Notice(text=f"{counts.rejected} plans were refused: {counts.reasons[-1]}"))
        problems = [sink.problem for sink in self.sinks if sink.problem]
        for problem in problems:
            if problem not in self._told_problems:
                self._told_problems.add(problem)
                self._say(problem)
        if self._stumbled != self._told_stumble:
            self._told_stumble = self._stumbled
            self._say(f"the dance stumbled ({self._stumbled}): it goes on; please report this")
        trouble, before = self.source.trouble, self._told_trouble
        if trouble != before and self.frames > self._fps:  # a show says first where it is seen
            self._told_trouble = trouble
            self._say(trouble or f"{self.source.title} is heard")
        if self._midi is not None and self._midi.trouble != self._told_midi:
            self._told_midi = self._midi.trouble
            self._say(self._told_midi or "the MIDI clock's line is back")

    def _say(self, text: str) -> None:
        """Tell the person, on the page and where the command was typed."""
        self.server.publish(Notice(text=text))
        print(f"groovecast: {text}", file=sys.stderr)

    def _claimed_ms(self) -> float | None:
        return round(self.source.latency.stream_ms, 1) if isinstance(self.source, DeviceSource) else None

    def _tell_transport(self) -> None:
        if isinstance(self.source, FileSource):
            now = self.source.transport()
            message = Transport(
                playing=now.playing,
                title=self._inputs.music.track.title,
                track=None if self._inputs.music.local else self._track_path,
                local=self._inputs.music.local,
                position_s=now.position_s,
                at_s=now.at_s,
                duration_s=now.duration_s,
            )
        else:
            message = Transport(
                playing=True,
                title=self._inputs.music.track.title,
                position_s=0.0,
                at_s=self.clock.now_s(),
                duration_s=0.0,
            )
            if self._told is not None and self._told.title == message.title:
                return
        if message != self._told:
            self._told = message
            self.server.publish(message)

    # -- what a client can turn (frame loop) ----------------------------------------------------------------

    def set(self, name: str, value: Value) -> None:
        """Frame loop. Turn a control. Raises ValueError, in words for the person, for what cannot be done."""
        if name in ("playing", "position_s"):
            if not isinstance(self.source, FileSource):
                raise ValueError(
                    f"asked to set {name}, the sound is live: only a song can be paused or moved"
                )
            if name == "playing" and isinstance(value, bool):
                (self.source.resume if value else self.source.pause)()
            elif name == "position_s" and isinstance(value, int | float) and np.isfinite(value):
                self.source.seek(float(value))
            else:
                raise ValueError(
                    f"asked to set {name} to {value!r}: playing is true or false, position_s a number"
                )
            self._tell_transport()
            return
        if name == "style" and isinstance(value, str):
            styles = ("auto", *self.dancer.config.styles)
            if value not in styles:
                raise ValueError(f"asked for style {value!r}: there are {', '.join(styles)}")
            self.dancer.settings = replace(self.dancer.settings, style=value)
            return
        if name in ("intensity", "groove") and isinstance(value, int | float) and 0 <= value <= 2:
            before, wanted = self.dancer.settings, float(value)
            intensity, groove = (wanted, before.groove) if name == "intensity" else (before.intensity, wanted)
            self.dancer.settings = replace(before, intensity=intensity, groove=groove)
            return
        if name == "beat_source" and isinstance(value, str):
            return self.dancer.conductor.wish(value)
        if name == "beat_octave" and isinstance(value, int | float):
            return self.dancer.conductor.count(float(value), self.clock.now_s())
        known = (
            "playing, position_s, style, beat_source, beat_octave, intensity and groove (0 to 2) can be set"
        )
        raise ValueError(f"asked to set {name} to {value!r}: {known}")

    def tap(self, at_s: float) -> None:
        """Frame loop. Somebody tapped a beat then."""
        self.dancer.taps.post(at_s)

    async def song(
        self, client: object, title: str, samples: Float32[np.ndarray, " samples"], sample_rate_hz: int
    ) -> None:
        """Frame loop. Dance to a song that a client sent and plays itself; ValueError while the sound is live."""
        await self._inputs.song(client, title, samples, sample_rate_hz)

    def take_input(self, client: object, kind: InputKind, label: str) -> None:
        """Frame loop. Dance to what that client sends from now on."""
        self._inputs.take(client, kind, label)

    def leave_input(self, client: object) -> None:
        """Frame loop. That client sends no more, if it did."""
        self._inputs.leave(client)

    def hear_input(self, client: object, sound: LiveSound) -> None:
        """Frame loop. Hear what that client sent, if it is the one."""
        self._inputs.hear(client, sound)

    def _change_source(self) -> None:
        self.source.start(self._hear)
        self._tell_transport()

    # -- dance thread ---------------------------------------------------------------------------------------

    def _dance(self, rehearsal: Rehearsal) -> None:
        """Dance thread. Listen and plan until the show is over."""
        rehearsal.hold()
        danced = False
        while self._running.is_set():
            try:
                self._dance_on()
                danced = True
            except Exception as fault:
                if not danced:  # told by `run`, in the thread that can end the show
                    self._fault = fault
                    return
                # it has danced before: whatever this sound has done to the ears, the figure stays on the stage
                self._stumbled = f"{type(fault).__name__}: {fault}"
                self.clock.sleep_until_s(self.clock.now_s() + _STUMBLE_S)

    def _dance_on(self) -> None:
        """Dance thread. Listen, and plan if it is time; else wait a little."""
        now_s, due_s = self.clock.now_s(), self.dancer.due_s
        if self.dancer.imagine(now_s):
            done_s = self.clock.now_s()
            self.update_ms.append(1000 * (done_s - now_s))
            sent_s = self.dancer.planned_from_s - LOOK_AHEAD_S + self._earliest_s
            self.dancer.counts.misses += done_s > sent_s
            return
        wake_s = due_s if due_s > now_s else now_s + _RETRY_S
        self.clock.sleep_until_s(min(wake_s, now_s + _LISTEN_EVERY_S))


def percentiles(values_ms: Sequence[float] | deque[float]) -> Percentiles:
    """p50, p95, p99 and the largest of some milliseconds; zeros when there are none."""
    values = list(values_ms)
    if not values:
        return Percentiles()
    p50, p95, p99 = (round(float(value), 3) for value in np.percentile(values, (50, 95, 99)))
    return Percentiles(p50, p95, p99, round(max(values), 3))


def open_page(url: str) -> None:
    """Open a browser there; some block for as long as they are open, so it has a thread of its own."""
    threading.Thread(target=webbrowser.open, args=(url,), name="groovecast-browser", daemon=True).start()
