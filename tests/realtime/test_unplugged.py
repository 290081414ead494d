"""A real sound card pulled out of a running show, and a sound service that dies: the figure dances on."""

import threading
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import msgspec
import numpy as np
import pytest
from command import Stage, club, song_file
from fakes.sound_card import NoCard, SoundCard, virtual_card
from websockets.sync.client import ClientConnection, connect

from groovecast.wire.messages import BINARY_SUBPROTOCOL

PATIENCE_S = 60  # on a machine that does much else


@pytest.fixture
def card() -> Iterator[SoundCard]:
    """A card of its own, which may be broken."""
    try:
        with virtual_card() as made:
            yield made
    except NoCard as why:
        pytest.skip(str(why))


class Onlooker:
    """Watches until something is seen, and keeps when poses came and what was told."""

    def __init__(self, line: ClientConnection) -> None:
        self._line = line
        self.came_s: list[float] = []
        self.notices: list[str] = []
        self.level_db = -120.0

    def until(self, seen: Callable[[], bool]) -> None:
        """Watch until then."""
        end_s = time.monotonic() + PATIENCE_S
        while not seen():
            assert time.monotonic() < end_s, (self.level_db, self.notices)
            said = self._line.recv(timeout=10)
            if isinstance(said, bytes):
                self.came_s.append(time.monotonic())
                continue
            told = msgspec.json.decode(said)
            if told["type"] == "notice":
                self.notices.append(told["text"])
            elif told["type"] == "state":
                self.level_db = told["input_db"]

    def told(self, words: str) -> Callable[[], bool]:
        """A notice with these words has come."""
        return lambda: any(words in notice for notice in self.notices)


def unplugged(card: SoundCard) -> Callable[[], None]:
    card.unplug()
    return card.plug


def killed(card: SoundCard) -> Callable[[], None]:
    card.end_service()
    return card.start_service


@pytest.mark.sound
@pytest.mark.parametrize("go_away", [unplugged, killed])
def test_the_figure_dances_on_while_the_sound_is_away_and_to_it_when_it_returns(
    card: SoundCard, tmp_path: Path, go_away: Callable[[SoundCard], Callable[[], None]]
) -> None:
    song = song_file(tmp_path / "song.wav", club(40, bpm=126))
    words = ("live", "--device", "ci.monitor", "--json")
    with Stage(*words, env=card.env) as stage:
        url = f"ws://127.0.0.1:{stage.port}/ws"
        player = card.play(song)
        with connect(url, subprotocols=[BINARY_SUBPROTOCOL], proxy=None) as line:  # type: ignore[list-item]
            onlooker = Onlooker(line)
            onlooker.until(lambda: onlooker.level_db > -40)
            come_back = go_away(card)
            player.terminate()  # PulseAudio would move it to another sink
            player.wait(10)
            onlooker.until(onlooker.told("ci.monitor is gone"))
            onlooker.until(lambda: onlooker.level_db == -120)
            returning = threading.Thread(target=come_back)
            returning.start()
            onlooker.until(onlooker.told("ci.monitor is heard"))
            returning.join()
            player = card.play(song)
            onlooker.until(lambda: onlooker.level_db > -40)
        player.terminate()
        player.wait(10)
        stage.process.terminate()
        done = stage.end()
    assert done.status == 0, done
    assert onlooker.notices == [
        "ci.monitor is gone: plug it in again, it is looked for every second",
        "ci.monitor is heard",
    ]
    assert done.err.count("is gone") == done.err.count("is heard") == 1
    assert max(later - sooner for sooner, later in pairwise(onlooker.came_s)) < 1.0
    assert np.median(np.diff(onlooker.came_s)) < 0.025


@pytest.mark.sound
def test_loopback_hears_what_the_machine_plays_without_any_setting(card: SoundCard, tmp_path: Path) -> None:
    song = song_file(tmp_path / "song.wav", club(14, bpm=126))
    with Stage("live", "--loopback", "--seconds", "10", "--json", env=card.env) as stage:
        player = card.play(song)
        done = stage.end()
        player.terminate()
        player.wait(10)
    report = msgspec.json.decode(done.out)
    assert report["tempo_bpm"] == pytest.approx(126, abs=2)
    assert report["audio_overruns"] == 0


@pytest.mark.sound
def test_the_device_chosen_last_is_heard_again(card: SoundCard) -> None:
    for words in (("--device", "ci.monitor"), ()):
        with Stage("live", *words, "--seconds", "1", env=card.env) as stage:
            done = stage.end()
        assert done.status == 0, done
    with Stage("live", "--seconds", "1", "--json", env=card.env) as stage:
        assert stage.end().status == 0
    memory = Path(card.env["XDG_CONFIG_HOME"]) / "groovecast" / "sound.json"
    assert msgspec.json.decode(memory.read_bytes())["device"] == "ci.monitor, PulseAudio"
