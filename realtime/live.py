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
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path

import numpy as np
from jaxtyping import Float32

from groovecast.wire.messages import Input, Transport
from groovecast.wire.moment import Moment
from realtime.announcer import Announcer
from realtime.clock import Clock
from realtime.clocks.source import BeatInput
from realtime.controllers.controller import Controller
from realtime.crew_budget import CrewBudget, measured
from realtime.crew_call import CrewCall
from realtime.dance import Dancer
from realtime.dance_settings import DanceSettings
from realtime.desk.dance_wishes import OFFSET, earliest_s, outlet_offset, settings_at
from realtime.desk.remembered import NOTHING_ASKED, Asked
from realtime.desk_book import DeskBook, Keeping
from realtime.desk_news import DeskNews
from realtime.desk_room import DeskRoom, desk_for
from realtime.device_desk import DeviceDesk
from realtime.ensemble import Ensemble
from realtime.foresight import Foresight
from realtime.generator import Generator
from realtime.hold_desk import HoldDesk
from realtime.input_desk import InputDesk, Music, Track
from realtime.meter import Meter
from realtime.outlets.sink import Sink
from realtime.page_sound import PageSource
from realtime.pipe import PipeSource
from realtime.rehearsal import Rehearsal
from realtime.server import PoseServer, ServerSettings
from realtime.song_desk import SongDesk
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
        beats: Sequence[BeatInput] = (),
        own_folder: Path | None = None,  # where the person's poses, cues and values are kept; None: nowhere
        asked: Asked = NOTHING_ASKED,  # what of these values is not to be brought back
    ) -> None:
        self.clock = clock
        self.sinks = sinks
        settings = settings or DanceSettings()
        self.dancer = Dancer(generator, source.sample_rate_hz, clock.now_s(), settings, beats)
        self.desk = desk_for(self.dancer, sinks, offset_s, clock.now_s, LOOK_AHEAD_S)
        self.budget = CrewBudget()
        self.dancer.wishes = lambda at_s: settings_at(self.desk.board, at_s, settings, self.budget)
        self.frames = 0
        self.late_frames = 0
        self.dance_ended = True  # False for good when the generator hung at the end: it is still at work
        self.tempo_bpm = 0.0  # the last that was trusted; 0 before there was one
        self.update_ms: deque[float] = deque(maxlen=_UPDATES_KEPT)
        self._generator, self._fps = generator, server.fps
        music = Music(source, track or Track(source.title))
        self._inputs = InputDesk(music, clock, self._start_source, self._tell_song, self._tell_input)
        self._song = SongDesk(self._inputs, clock, self._tell_transport)
        self._devices = DeviceDesk(self.desk, self._inputs, clock)
        self.holds = HoldDesk(self.desk, self.dancer, own_folder and own_folder / "poses", clock.now_s)
        self.room = DeskRoom(self.desk, self.dancer, self._inputs, self._song, clock)
        self.server = PoseServer(replace(server, look_ahead_s=LOOK_AHEAD_S), page_dir, self.room, clock.now_s)
        self.room.open(self.server)
        keeping = Keeping(own_folder, tuple(sink.name for sink in sinks), asked)
        self.book = DeskBook(self.desk, self.dancer, self.holds, keeping, clock.now_s)
        self.book.calibrator.rate_hz = self._heard_rate_hz
        self.room.keep(self.book)
        self.dancer.settings = self.dancer.wishes(clock.now_s())
        self._announcer = Announcer(self, model, engine)
        self.beats = beats
        self.controllers: Sequence[Controller] = ()  # others than the pages; set before it runs
        self._ensemble = Ensemble(self.dancer, lambda: self.desk.board, lambda: self.budget.own)
        self._crew_call = CrewCall(self.desk, lambda: self.budget, self.server.publish_crew)
        self._foresight = Foresight(self._ensemble, server.fps, LOOK_AHEAD_S)
        self.news = DeskNews(self.dancer, self.server, sinks, lambda: self.desk.board)
        self.news.marks.append(lambda: self.holds.marks)
        self.news.marks.append(lambda: self.book.cues.marks)
        self._running = threading.Event()
        self._fault: Exception | None = None
        self.stumbled = ""  # the last fault in the dance thread
        self.meter = Meter()

    @property
    def fps(self) -> float:
        """Pictures a second."""
        return self._fps

    @property
    def music(self) -> Music:
        """What is danced to now."""
        return self._inputs.music

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
        rehearsal = Rehearsal(self._generator, self._measure)
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
                    self._song.track_path = self.server.serve_track(name, self._inputs.music.track.wav)
                async with AsyncExitStack() as listening:
                    for controller in self.controllers:
                        listening.push_async_callback(controller.stop)
                        await controller.start()
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
                for beats in self.beats:
                    beats.stop()
            finally:
                if dancing.is_alive():
                    dancing.join(_PATIENCE_S)  # a generator that hangs is left behind
                self.dance_ended = not dancing.is_alive()
                self.book.close()
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
        for beats in self.beats:
            beats.start()
        self._inputs.tell()

    def _hear(self, block: Float32[np.ndarray, " samples"], first_sample_time_s: float) -> None:
        """Audio thread. Measure a block and pass it on."""
        self.meter.hear(block)
        self.news.meter.hear(block)
        self.book.calibrator.hear(block, first_sample_time_s)
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
            self._song.tell()
            tick += 1
            if due_s - told_s >= 1 / _STATES_PER_S:
                told_s = due_s
                self._announcer.tell()

    def _show(self, due_s: float) -> None:
        """Send the poses of this tick to everyone: the stream's ahead of their time, the others' on time."""
        for controller in self.controllers:
            controller.tick(due_s)
        self.room.tick(due_s)
        self.holds.tick(due_s)
        if self.server.desks:
            self._devices.look()
        self._crew_call.tick(due_s, self.dancer.clock.tempo_bpm)
        board = self.desk.board
        offset_s = board.number(OFFSET, due_s) / 1000
        self.server.send(*self._foresight.tick(due_s, self.server.look_aheads_s, offset_s))
        self.news.left(0, due_s, self.clock.now_s())
        made: dict[float, tuple[Moment, ...]] = {}
        for number, sink in enumerate(self.sinks, 1):
            later_s = offset_s + board.number(outlet_offset(number), due_s) / 1000
            if later_s not in made:
                made[later_s] = self._ensemble.moments(due_s, later_s)
            for moment in made[later_s]:
                sink.send(moment)
            self.news.left(number, due_s, self.clock.now_s())
        self.news.tick(due_s)
        self.frames += 1

    def _tell_transport(self, message: Transport) -> None:
        self.server.publish(message)

    def _tell_input(self, message: Input, client: object) -> None:
        self.server.publish_input(message, client)

    def _song_is_over(self, now_s: float) -> bool:
        if isinstance(self.source, PipeSource):
            return self.source.ended_s is not None and now_s > self.source.ended_s + _AFTERGLOW_S
        if not isinstance(self.source, FileSource) or self._inputs.music.local:
            return False
        transport = self.source.transport()
        return transport.ended and now_s > transport.at_s + _AFTERGLOW_S

    def _heard_rate_hz(self) -> int | None:
        """Of live sound; None while a song is danced to, or nothing comes."""
        source = self.source
        heard = not isinstance(source, FileSource) and not (
            isinstance(source, PageSource) and not source.sender
        )
        return source.sample_rate_hz if heard else None

    def _start_source(self, source: Source) -> None:
        source.start(self._hear)

    def _tell_song(self) -> None:
        self._song.tell()

    # -- dance thread ---------------------------------------------------------------------------------------

    def _measure(self) -> None:
        """Dance thread. Before the show: how many dances of their own there can be."""
        self.budget = measured(self._generator, self.clock.now_s)

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
                self.stumbled = f"{type(fault).__name__}: {fault}"
                self.clock.sleep_until_s(self.clock.now_s() + _STUMBLE_S)

    def _dance_on(self) -> None:
        """Dance thread. Listen, and plan if it is time; else wait a little."""
        now_s, due_s = self.clock.now_s(), self.dancer.due_s
        if self.dancer.imagine(now_s):
            done_s = self.clock.now_s()
            self.update_ms.append(1000 * (done_s - now_s))
            sent_s = self.dancer.planned_from_s - LOOK_AHEAD_S + earliest_s(self.desk.board, now_s)
            self.dancer.counts.misses += done_s > sent_s
            return
        wake_s = due_s if due_s > now_s else now_s + _RETRY_S
        self.clock.sleep_until_s(min(wake_s, now_s + _LISTEN_EVERY_S))


def open_page(url: str) -> None:
    """Open a browser there; some block for as long as they are open, so it has a thread of its own."""
    threading.Thread(target=webbrowser.open, args=(url,), name="groovecast-browser", daemon=True).start()
