"""Clocks from outside are made as they were asked for, told of in one message, and refused with the mend."""

import os
from pathlib import Path

import pytest
from controllers.desk_stage import DeskStage
from fakes.midi_hands import Hands

from groovecast.wire.desk_messages import Peers
from realtime.clock import FakeClock
from realtime.clocks.asked import OutsideBeats, beat_sources
from realtime.clocks.link import Link
from realtime.clocks.pro_dj_link import ProDjLink
from realtime.conductor import Conductor
from realtime.controllers.midi_desk import MidiDesk
from realtime.controllers.midi_plugs import among
from realtime.controllers.peers import peers_of, share_ports
from realtime.controllers.wishes import ControllerWishes


def test_nothing_is_made_that_nobody_asked_for() -> None:
    assert beat_sources(ControllerWishes(), FakeClock()) == []


@pytest.mark.skipif(os.name != "posix", reason="a named pipe is POSIX's")
def test_all_that_was_asked_for_is_made_and_the_conductor_takes_it(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "clock")
    wishes = ControllerWishes(link=True, prodj=True, prodj_player=3)
    made = beat_sources(wishes, FakeClock(), str(tmp_path / "clock"))
    assert [source.name for source in made] == ["prodj", "link", "midi"]
    assert all(isinstance(source, OutsideBeats) for source in made)

    class Tracker:
        clock = None

    conductor = Conductor(Tracker(), made)  # type: ignore[arg-type]
    conductor.wish("prodj")


def test_a_midi_clock_on_a_port_of_the_desk_comes_by_way_of_it(tmp_path: Path) -> None:
    midi = MidiDesk(DeskStage().desk, ["nano"], tmp_path / "midi.json", Hands(["nano 20:0"]))
    (clock,) = beat_sources(ControllerWishes(midi=("nano",)), FakeClock(), "nano")
    clock.start()
    midi._plugs.look()
    assert not clock.connected and "not among --midi's" in clock.trouble
    share_ports([midi], [clock])
    assert clock.connected and clock.trouble == "" and clock.peers == 1


@pytest.mark.parametrize(
    ("wishes", "part", "shared"),
    [
        (("nano",), "nano", True),
        (("nano",), "nanoKONTROL", True),
        (("nanoKONTROL",), "nano", True),
        (("nano",), "drums", False),
        (("all",), "drums", True),
        (("all",), "/dev/snd/midiC1D0", False),
        (("/dev/snd/midiC1D0",), "/dev/snd/midiC1D0", True),
        ((), "nano", False),
    ],
)
def test_a_clocks_port_is_the_desks_when_either_name_holds_the_other(
    wishes: tuple[str, ...], part: str, shared: bool
) -> None:
    assert among(wishes, part) is shared


def test_pages_are_told_of_ports_peers_and_players_in_one_message(tmp_path: Path) -> None:
    midi = MidiDesk(DeskStage().desk, ["nano"], tmp_path / "midi.json", Hands(["nano 20:0"]))
    midi._plugs.look()
    midi.learn("intensity")
    link, players = Link(FakeClock()), ProDjLink(FakeClock())
    assert peers_of([midi], [link, players]) == Peers(midi=("nano",), link=0, prodj=0, learning="intensity")
    link.peers, players.connected, players.players = 3, True, (1, 2)
    assert peers_of([midi], [link, players]) == Peers(midi=("nano",), link=3, prodj=2, learning="intensity")
    assert peers_of([], []) == Peers()


@pytest.mark.parametrize("address", ["17000", "here:", "here:0", "here:99999", "here:x"])
def test_an_address_that_is_none_is_refused_with_the_mend(address: str) -> None:
    with pytest.raises(ValueError, match=r"asked for --carabiner .*: give HOST:PORT"):
        beat_sources(ControllerWishes(link=True, carabiner=address), FakeClock())


def test_wishes_that_miss_their_other_half_are_refused_with_the_mend() -> None:
    with pytest.raises(ValueError, match="add --midi and a port's name"):
        ControllerWishes(midi_pickup=True)
    with pytest.raises(ValueError, match="asked for --prodj-player without --prodj: add it"):
        ControllerWishes(prodj_player=2)
