"""Before the show the dance thread makes the model's slow first call, and nobody sees a pose until it is over."""

import asyncio
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from command import club, song_file
from fakes.tiny_model import tiny_model
from hopper import Hopper

from groovecast.audio.decode import Audio
from groovecast.model.imagined import Imagined
from realtime.clock import MonotonicClock
from realtime.controllers.wishes import ControllerWishes
from realtime.dance_settings import DanceSettings
from realtime.engine import ModelGenerator, opened
from realtime.engines.engine import EngineError
from realtime.live import Show
from realtime.rehearsal import Rehearsing
from realtime.server import ServerSettings
from realtime.settings import DanceWishes, ShowWishes
from realtime.shows import Company, play
from realtime.sources import FileSource


class Rehearser(Hopper):
    """Writes down who called it, in which thread."""

    def __init__(self, fault: Exception | None = None) -> None:
        super().__init__()
        self.calls_of: list[tuple[str, str]] = []
        self._fault = fault

    def warm(self) -> None:
        """The slow call."""
        self.calls_of.append(("warm", threading.current_thread().name))
        if self._fault is not None:
            raise self._fault

    def plan(self, *given: np.ndarray) -> Imagined:
        """As the Hopper."""
        self.calls_of.append(("plan", threading.current_thread().name))
        return super().plan(*given)


@pytest.fixture
def staged(tmp_path: Path) -> Callable[[Hopper], Show]:
    """A show of this generator to a silent song."""

    def made(generator: Hopper) -> Show:
        clock = MonotonicClock()
        source = FileSource(Audio(np.zeros((24000 * 5, 1), np.float32), 24000), clock, title="silence")
        (tmp_path / "index.html").write_text("<title>dance</title>")
        return Show(
            generator, source, clock, model="hopper", engine="fake", server=ServerSettings(port=0),
            page_dir=tmp_path,
        )  # fmt: skip

    return made


def test_the_thread_that_dances_makes_the_first_call_before_the_show_is_ready(
    staged: Callable[[Hopper], Show],
) -> None:
    generator = Rehearser()
    at_ready: list[list[tuple[str, str]]] = []

    class Ready(asyncio.Event):
        def set(self) -> None:
            at_ready.append(list(generator.calls_of))
            super().set()

    async def danced() -> None:
        await staged(generator).run(0.3, Ready())

    asyncio.run(danced())
    assert {thread for _, thread in generator.calls_of} == {"groovecast-dance"}
    assert len(at_ready) == 1 and at_ready[0] and {what for what, _ in at_ready[0]} == {"warm"}
    assert {what for what, _ in generator.calls_of[len(at_ready[0]) :]} == {"plan"}


def test_a_generator_that_fails_its_rehearsal_ends_the_show_before_it_begins(
    staged: Callable[[Hopper], Show],
) -> None:
    generator = Rehearser(EngineError("asked for a plan, found smoke: open a window"))
    show = staged(generator)
    with pytest.raises(EngineError, match="found smoke: open a window"):
        asyncio.run(show.run(5))
    assert show.frames == 0 and show.dance_ended
    assert [what for what, _ in generator.calls_of] == ["warm"]


def test_a_show_can_be_left_while_it_is_rehearsed(staged: Callable[[Hopper], Show]) -> None:
    begun, release = threading.Event(), threading.Event()

    class Dawdler(Rehearser):
        def warm(self) -> None:
            begun.set()
            release.wait(10)

    show = staged(Dawdler())

    async def left() -> None:
        running = asyncio.create_task(show.run())
        await asyncio.to_thread(begun.wait, 10)
        running.cancel()
        await asyncio.wait((running,))
        assert running.cancelled()

    asyncio.run(left())
    assert show.frames == 0 and not show.dance_ended
    release.set()  # its loop is closed by now, which troubles nobody
    for thread in threading.enumerate():
        if thread.name == "groovecast-dance":
            thread.join(10)
            assert not thread.is_alive()


def test_a_model_on_an_engine_is_rehearsed_by_one_call(tmp_path: Path) -> None:
    tiny_model(tmp_path / "tiny", steps=10)
    generator = opened(tmp_path / "tiny", DanceWishes(engine="cpu"))
    assert isinstance(generator, Rehearsing)
    generator.warm()
    generator.close()
    with pytest.raises(EngineError, match="asked engine cpu for a first plan, it raised "):
        generator.warm()


@pytest.mark.parametrize("hangs", [True, False])
def test_an_engine_is_closed_only_when_nobody_asks_it_any_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hangs: bool
) -> None:
    tiny_model(tmp_path / "tiny")
    release, closed = threading.Event(), list[bool]()

    class Hanger(ModelGenerator):
        def plan_all(self, asks: object) -> list[Imagined]:
            release.wait(10 if hangs else 0)
            raise RuntimeError("the engine is gone")

        def close(self) -> None:
            closed.append(True)

    def gathered(wishes: DanceWishes) -> Company:
        real = opened(tmp_path / "tiny", wishes)
        return Company(Hanger(real.manifest, real.engine), DanceSettings())

    monkeypatch.setattr(Company, "gathered", staticmethod(gathered))
    song = song_file(tmp_path / "song.wav", club(1.0))
    play(song, DanceWishes(engine="cpu"), ShowWishes(port=0, browser=False, seconds=0.3), ControllerWishes())
    assert closed == ([] if hangs else [True])
    release.set()
