"""The verbs that put a dancer on stage: demo, play and live, from a wish to what is printed at the end."""

import asyncio
import io
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np
import soundfile
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

import groovecast.demo
from groovecast.audio.decode import Audio, load_audio
from groovecast.model.manifest import read_manifest
from groovecast.share import shared_path
from realtime.addresses import desk_address
from realtime.clock import Clock, MonotonicClock
from realtime.clocks.asked import OutsideBeats, beat_sources
from realtime.controllers.opened import opened as opened_controllers
from realtime.controllers.wishes import ControllerWishes
from realtime.dance import Dancer
from realtime.dance_settings import DanceSettings
from realtime.desk.controls import MOST_DANCERS
from realtime.desk.remembered import Asked
from realtime.engine import ModelGenerator, opened_for_crew
from realtime.input_desk import Track
from realtime.inputs import opened_input
from realtime.live import Show, open_page
from realtime.memory import memory_file
from realtime.outlets.opened import sinks_of
from realtime.outlets.sink import Sink
from realtime.performance import Performance
from realtime.server import ServerSettings
from realtime.settings import DanceWishes, ShowWishes, SoundWishes
from realtime.sources import FileSource, Source

_told = Console(stderr=True, highlight=False)


class PlayReport(msgspec.Struct, frozen=True):
    """What `play`, `demo` and `live` print with --json."""

    duration_s: float
    frames: int
    fps: float
    realtime_factor: float
    tempo_bpm: float
    model: str
    engine: str
    engine_device: str
    precision: str
    misses: int
    recorded: str | None
    updates: int
    rejected: int
    unheard: int
    late_frames: int
    audio_overruns: int
    lost_samples: int
    vmc_dropped: int
    outlets_dropped: int
    """What other receivers over UDP lost: OSC, Live Link, VRChat."""
    takes: tuple[str, ...]
    """Every recording; `recorded` is the first."""


@dataclass(frozen=True)
class Tally:
    """What a show came to besides what the dancer counts."""

    frames: int
    fps: float
    danced_s: float
    took_s: float
    tempo_bpm: float
    late_frames: int = 0
    audio_overruns: int = 0


@dataclass(frozen=True)
class Company:
    """A model that is ready to dance, and how it was asked to."""

    engine: ModelGenerator
    settings: DanceSettings
    midi_clock: str | None = None

    def beats(self, clock: Clock, hands: ControllerWishes) -> list[OutsideBeats]:
        """The clocks that were asked for. Raises ValueError or OSError with the mend."""
        return beat_sources(hands, clock, self.midi_clock)

    @staticmethod
    def gathered(wishes: DanceWishes) -> "Company":
        """The model that was asked for. Raises ValueError, FileNotFoundError or EngineError, each with the mend."""
        folder = model_folder(wishes.model)
        styles = ("auto", *read_manifest(folder).config.styles)
        if wishes.style not in styles:
            raise ValueError(
                f"asked for style {wishes.style!r}, the model knows {', '.join(styles)}: choose one"
            )
        if not 0 <= wishes.intensity <= 2:
            raise ValueError(f"asked for intensity {wishes.intensity}: give 0 to 2, 1 is as the music asks")
        if wishes.seed < 0:
            raise ValueError(f"asked for seed {wishes.seed}: give 0 or more")
        if not 0 <= wishes.groove <= 2:
            raise ValueError(f"asked for groove {wishes.groove}: give 0 to 2, 0 is none")
        if not 1 <= wishes.dancers <= MOST_DANCERS:
            raise ValueError(f"asked for {wishes.dancers} dancers: give 1 to {MOST_DANCERS}")
        settings = DanceSettings(
            style=wishes.style,
            seed=wishes.seed,
            intensity=wishes.intensity,
            groove=wishes.groove,
            dancers=wishes.dancers,
        )
        return Company(opened_for_crew(folder, wishes, wishes.dancers, _say), settings, wishes.midi_clock)


def model_folder(asked: str) -> Path:
    """The folder of a bundled model, or the folder that was named. Raises FileNotFoundError with the mend."""
    named = Path(asked)
    if named.is_dir():
        return named
    try:
        return shared_path("models", asked)
    except FileNotFoundError:
        known = ", ".join(sorted(path.name for path in shared_path("models").iterdir() if path.is_dir()))
        raise FileNotFoundError(
            f"asked for model {asked!r}, bundled are {known}: name one, or a model folder"
        ) from None


def demo(dance: DanceWishes, show: ShowWishes, hands: ControllerWishes) -> PlayReport:
    """The bundled model dances to the bundled track, round and round."""
    return play(
        Path(groovecast.demo.__path__[0]) / "club.ogg", dance, show, hands, title="Groovecast demo", loop=True
    )


def play(
    song: Path,
    dance: DanceWishes,
    show: ShowWishes,
    hands: ControllerWishes,
    *,
    title: str | None = None,
    loop: bool = False,
) -> PlayReport:
    """A song danced to in real time; the page plays it."""
    audio = load_audio(song)
    company, clock = Company.gathered(dance), MonotonicClock()
    source = FileSource(audio, clock, title=title or song.stem, loop=loop)
    return _staged(company, source, Track(source.title, wav_bytes(audio)), clock, show, hands)


def live(sound: SoundWishes, dance: DanceWishes, show: ShowWishes, hands: ControllerWishes) -> PlayReport:
    """What a device, a pipe or a page hears, danced to until it is told to stop."""
    company, clock = Company.gathered(dance), MonotonicClock()
    source = opened_input(sound, clock)
    return _staged(company, source, Track(source.title), clock, show, hands)


def play_offline(song: Path, dance: DanceWishes, show: ShowWishes) -> PlayReport:
    """A song danced to as fast as this machine can, with the same result as in real time."""
    if show.vmc or show.token or show.offset_ms:
        raise ValueError(
            "asked for --vmc, --token or --offset-ms with --offline, which has no viewers: leave them away"
        )
    if show.osc or show.livelink or show.vrchat:
        raise ValueError(
            "asked for --osc, --livelink or --vrchat with --offline, which has no viewers: leave them away"
        )
    if dance.midi_clock is not None:
        raise ValueError("asked for --midi-clock with --offline, where no clock runs: leave one away")
    audio = shortened(load_audio(song), show.seconds)
    company, clock = Company.gathered(dance), MonotonicClock()
    sinks = sinks_of(show, dance.dancers, in_real_time=False)
    _say(company.engine.announcement)
    performance = Performance(audio, company.engine, company.settings)
    tempos: list[float] = []
    begin_s = clock.now_s()
    try:
        with _progress() as progress:
            bar = progress.add_task("dancing", total=performance.frames)
            number = 0
            for moment in performance.moments():
                for sink in sinks:
                    sink.send(moment)
                if moment.dancer:
                    continue
                if moment.beat is not None:
                    tempos.append(moment.tempo_bpm)
                if number % 30 == 0:
                    progress.update(bar, completed=number)
                number += 1
            progress.update(bar, completed=performance.frames)
    finally:
        for sink in sinks:
            sink.close()
        company.engine.close()
    tempo_bpm = float(np.median(tempos)) if tempos else 0.0
    took_s = clock.now_s() - begin_s
    tally = Tally(performance.frames, performance.fps, performance.duration_s, took_s, tempo_bpm)
    return _report(company, performance.dancer, sinks, tally)


def shortened(audio: Audio, seconds: float | None) -> Audio:
    """The sound, or its first `seconds`."""
    if seconds is None:
        return audio
    return Audio(audio.samples[: max(1, int(seconds * audio.sample_rate_hz))], audio.sample_rate_hz)


def wav_bytes(audio: Audio) -> bytes:
    """The sound as a 16-bit WAV file, which every browser plays and which keeps exact time with what was heard."""
    file = io.BytesIO()
    soundfile.write(file, audio.samples[:, :2], audio.sample_rate_hz, subtype="PCM_16", format="WAV")
    return file.getvalue()


def _staged(
    company: Company, source: Source, track: Track, clock: Clock, wishes: ShowWishes, hands: ControllerWishes
) -> PlayReport:
    server = ServerSettings(host=wishes.host, port=wishes.port, token=wishes.token)
    page_dir = shared_path("web")
    sinks = sinks_of(wishes, company.settings.dancers)
    try:
        show = Show(
            company.engine,
            source,
            clock,
            model=company.engine.manifest.name,
            engine=company.engine.name,
            server=server,
            page_dir=page_dir,
            sinks=sinks,
            settings=company.settings,
            track=track,
            offset_s=wishes.offset_ms / 1000,
            beats=company.beats(clock, hands),
            own_folder=memory_file().parent,
            asked=Asked.by(sys.argv[1:], wishes.fresh),
        )
        show.controllers = opened_controllers(hands, show.desk, sinks)
        if hands.midi or show.beats:
            from realtime.controllers.peers import Guests

            show.room.invite(Guests(show.controllers, show.beats))
    except BaseException:  # a wish that cannot be: nothing is left open
        for sink in sinks:
            sink.close()
        company.engine.close()
        raise
    begin_s = clock.now_s()

    def begun() -> None:
        _say(company.engine.announcement)
        _told.print(
            f"[bold]{source.title}[/bold] is danced at {show.server.url}  (Ctrl-C ends)", soft_wrap=True
        )
        _say(f"its desk is {desk_address(show.server.url)}")
        if show.controllers:
            _say(f"turned by {', '.join(one.name for one in show.controllers if not one.trouble)}")
        if wishes.browser:
            open_page(show.server.url)

    try:
        asyncio.run(_until_stopped(show, wishes.seconds, begun))
    finally:
        if show.dance_ended:  # never under a thread that still asks it
            company.engine.close()
    tally = Tally(
        show.frames,
        server.fps,
        show.frames / server.fps,
        clock.now_s() - begin_s,
        show.tempo_bpm,
        show.late_frames,
        show.source.overruns,
    )
    return _report(company, show.dancer, sinks, tally)


async def _until_stopped(show: Show, seconds: float | None, begun: Callable[[], None]) -> None:
    """Run the show; Ctrl-C and SIGTERM end it in good order, takes written."""
    ready = asyncio.Event()
    running = asyncio.create_task(show.run(seconds, ready))
    loop = asyncio.get_running_loop()
    with suppress(NotImplementedError):  # Windows: Ctrl-C comes as KeyboardInterrupt, which cancels too
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, running.cancel)
    waiting = asyncio.create_task(ready.wait())
    await asyncio.wait((running, waiting), return_when=asyncio.FIRST_COMPLETED)
    if waiting.done():
        begun()
    waiting.cancel()
    with suppress(asyncio.CancelledError):
        await running


def _report(company: Company, dancer: Dancer, sinks: list[Sink], tally: Tally) -> PlayReport:
    """The report of a show that is over. Raises OSError when the take could not be written."""
    # not at the top: a show is not to wait for outlets that nobody asked for
    from realtime.outlets.crew_takes import CrewTakes
    from realtime.outlets.udp import UdpSink
    from realtime.outlets.vmc_crew import VmcCrew

    recorders = [sink for sink in sinks if isinstance(sink, CrewTakes)]
    if problems := [recorder.problem for recorder in recorders if recorder.problem is not None]:
        raise OSError("; ".join(problems))
    return PlayReport(
        duration_s=round(tally.danced_s, 3),
        frames=tally.frames,
        fps=tally.fps,
        realtime_factor=round(tally.danced_s / max(tally.took_s, 1e-9), 2),
        tempo_bpm=round(tally.tempo_bpm, 2),
        model=company.engine.manifest.name,
        engine=company.engine.name,
        engine_device=company.engine.device,
        precision=company.engine.precision,
        misses=dancer.counts.misses,
        recorded=str(recorders[0].paths[0]) if recorders else None,
        takes=tuple(str(path) for recorder in recorders for path in recorder.paths),
        updates=dancer.counts.updates,
        rejected=dancer.counts.rejected,
        unheard=dancer.counts.unheard,
        late_frames=tally.late_frames,
        audio_overruns=tally.audio_overruns,
        lost_samples=dancer.lost_samples,
        vmc_dropped=sum(sink.dropped for sink in sinks if isinstance(sink, VmcCrew)),
        outlets_dropped=sum(sink.dropped for sink in sinks if isinstance(sink, UdpSink)),
    )


def _say(line: str) -> None:
    _told.print(line, soft_wrap=True, markup=False)


def _progress() -> Progress:
    return Progress(
        TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:>3.0f} %"), TimeRemainingColumn(),
        console=_told, transient=True, disable=not _told.is_terminal,
    )  # fmt: skip
