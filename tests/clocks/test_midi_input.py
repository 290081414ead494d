"""MIDI in from another process: real bytes over a pipe and a terminal, with jitter and drop-outs, and lost lines."""

import os
import subprocess
import sys
import types
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from groovecast.audio.beat_clock import BeatClock
from realtime.clock import FakeClock, MonotonicClock
from realtime.clocks.midi_input import MidiInput, PortLine, midi_input
from realtime.conductor import Conductor

posix = pytest.mark.skipif(os.name != "posix", reason="raw MIDI files are POSIX's")

# The peer: argv is path, tempo, beats, jitter in ms, first and last tick that are lost. It speaks of when its first
# tick was on the machine's clock.
_PEER = """
import os, random, sys, time
path, bpm, beats, jitter_ms, lost, found = sys.argv[1], *map(float, sys.argv[2:])
line = os.open(path, os.O_WRONLY | os.O_NOCTTY)
rng, start_s = random.Random(1), time.monotonic() + 0.05
print(start_s, flush=True)
os.write(line, bytes([0xFE, 0xF0, 1, 2, 0xF7, 0x90, 60, 100, 62, 100, 0xFA]))
for tick in range(int(beats * 24)):
    due_s = start_s + tick * 60 / bpm / 24 + rng.uniform(0, jitter_ms / 1000)
    time.sleep(max(0, due_s - time.monotonic()))
    if not lost <= tick < found:
        os.write(line, bytes([0xF8] + [0xFE, 0x80, 60, 0] * (tick % 5 == 0)))
"""


class Tracker:
    """Hears nothing but a slow beat, and doubts that."""

    clock = BeatClock(np.zeros(1), np.zeros(1), 60.0, 0.1, 0)


@pytest.fixture
def started() -> Iterator[Callable[[str], MidiInput]]:
    """A function from a path to an input that listens."""
    inputs: list[MidiInput] = []

    def start(path: str) -> MidiInput:
        inputs.append(midi_input(path, MonotonicClock()))
        inputs[-1].start()
        return inputs[-1]

    yield start
    for each in inputs:
        each.stop()


def played(
    path: str, *, tempo_bpm: float, beats: float, jitter_ms: float = 3, lost: tuple[int, int] = (0, 0)
) -> float:
    """Play to the end in another process; when its first beat was."""
    words = [tempo_bpm, beats, jitter_ms, *lost]
    peer = [sys.executable, "-c", _PEER, path, *map(str, words)]
    return float(subprocess.run(peer, capture_output=True, text=True, check=True, timeout=30).stdout)


def off_s(clock: BeatClock, tempo_bpm: float, start_s: float, beat: float) -> float:
    return float(clock.time_at(beat)) - (start_s + beat * 60 / tempo_bpm)


@posix
@pytest.mark.parametrize("lost", [(0, 0), (60, 72)], ids=["all arrive", "half a beat is lost"])
def test_another_process_beats_time_over_a_pipe(
    tmp_path: Path, started: Callable[[str], MidiInput], lost: tuple[int, int]
) -> None:
    path = str(tmp_path / "clock")
    os.mkfifo(path)
    midi, tempo_bpm = started(path), 180.0
    conductor = Conductor(Tracker(), [midi])
    start_s = played(path, tempo_bpm=tempo_bpm, beats=5, lost=lost)
    conductor.follow(start_s + 5 * 60 / tempo_bpm)
    known = midi.clock(start_s + 5 * 60 / tempo_bpm)
    assert midi.connected
    assert conductor.leader == "midi"
    assert known is not None
    assert known.tempo_bpm == pytest.approx(tempo_bpm, rel=0.02)
    assert off_s(known, tempo_bpm, start_s, 5) == pytest.approx(0.0015, abs=0.03)


@posix
def test_a_terminal_that_is_unplugged_is_told_and_another_process_is_heard_on_a_pipe_again(
    tmp_path: Path, started: Callable[[str], MidiInput]
) -> None:
    keeper, peer = os.openpty()
    link, clock = tmp_path / "line", MonotonicClock()
    link.symlink_to(os.ttyname(peer))
    midi = started(str(link))
    _until(lambda: midi.connected)
    os.write(keeper, bytes([0xFA, 0xF8, 0xF8]))
    _until(lambda: _heard(midi, clock) > 0)
    link.unlink()
    os.close(keeper)  # unplugged
    os.close(peer)
    _until(lambda: not midi.connected)
    _until(lambda: "plug it in again" in midi.trouble)
    os.mkfifo(link)
    _until(lambda: midi.connected)
    assert midi.trouble == ""
    start_s = played(str(link), tempo_bpm=200, beats=2)
    midi.listen(clock.now_s(), 0.0)
    known = midi.clock(start_s + 0.6)
    assert known is not None
    assert known.tempo_bpm == pytest.approx(200, rel=0.05)


def test_a_path_that_is_not_there_is_told_with_the_mend(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="give a device such as"):
        midi_input(str(tmp_path / "nothing"), FakeClock())


@posix
def test_a_midi_song_file_beats_no_time_and_is_refused_with_the_mend(tmp_path: Path) -> None:
    song = tmp_path / "song.mid"
    song.write_bytes(b"MThd")
    for path in (song, tmp_path):
        with pytest.raises(OSError, match=r"no device or pipe.*: give a device such as") as told:
            midi_input(str(path), FakeClock())
        assert "\n" not in str(told.value)


@posix
def test_a_line_that_ends_at_once_is_not_looked_for_in_haste(
    started: Callable[[str], MidiInput], monkeypatch: pytest.MonkeyPatch
) -> None:
    opens: list[float] = []
    clock, really = MonotonicClock(), os.open

    def counted(path: os.PathLike[str], flags: int, *more: int) -> int:
        if os.fspath(path) == os.devnull:
            opens.append(clock.now_s())
        return really(path, flags, *more)

    monkeypatch.setattr(os, "open", counted)
    midi = started(os.devnull)
    _until(lambda: "plug it in again" in midi.trouble)
    _until(lambda: len(opens) >= 3)  # seen to be there, read, read again
    assert opens[2] - opens[1] >= 0.4


@posix
def test_a_terminal_that_cannot_be_set_up_is_looked_for_again(
    started: Callable[[str], MidiInput], monkeypatch: pytest.MonkeyPatch
) -> None:
    import termios  # know no Windows
    import tty

    keeper, peer = os.openpty()
    refused = [False, True, True]  # it is opened to see whether it is there, then to be read

    def hang_up(_terminal: int, _really: Callable[[int], object] = tty.setraw) -> None:
        if refused and refused.pop(0):
            raise termios.error(5, "Input/output error")
        _really(_terminal)

    monkeypatch.setattr(tty, "setraw", hang_up)
    midi = started(os.ttyname(peer))
    _until(lambda: "Input/output error" in midi.trouble)
    assert not midi.connected
    _until(lambda: midi.connected)
    assert midi.trouble == ""
    monkeypatch.setattr(tty, "setraw", lambda _terminal: hang_up(refused.append(True) or _terminal))
    with pytest.raises(OSError, match=r"Input/output error\): give a device"):
        midi_input(os.ttyname(peer), FakeClock())
    os.close(keeper)
    os.close(peer)


class RtMidiError(Exception):
    """python-rtmidi's own: no OSError."""


class FakePort:
    """python-rtmidi's MidiIn as its documentation has it."""

    ports: tuple[str, ...] = ("Midi Through 14:0", "Drum machine 20:0")
    held = False  # another program has the port

    def __init__(self) -> None:
        self.calls: list[object] = []
        self.callback: Callable[[tuple[list[int], float], object], None] | None = None
        opened.append(self)

    def get_ports(self) -> list[str]:
        if not self.ports:
            raise RtMidiError("the sequencer does not answer")
        return list(self.ports)

    def ignore_types(self, sysex: bool, timing: bool, active_sense: bool) -> None:
        self.calls.append((sysex, timing, active_sense))

    def set_callback(self, callback: Callable[[tuple[list[int], float], object], None]) -> None:
        self.callback = callback

    def open_port(self, number: int) -> None:
        if self.held:
            raise RtMidiError("error opening the port")
        self.calls.append(number)

    def cancel_callback(self) -> None:
        self.callback = None

    def close_port(self) -> None:
        self.calls.append("closed")


opened: list[FakePort] = []


@pytest.fixture
def ports(monkeypatch: pytest.MonkeyPatch) -> type[FakePort]:
    """A python-rtmidi of this test's own, whose ports come and go."""

    class Ports(FakePort):
        pass

    fake = types.SimpleNamespace(MidiIn=Ports, RtMidiError=RtMidiError)
    monkeypatch.setitem(sys.modules, "rtmidi", fake)
    return Ports


def test_a_port_is_chosen_by_a_part_of_its_name_and_its_ticks_are_heard(ports: type[FakePort]) -> None:
    time = FakeClock()
    midi = midi_input("drum", time)
    midi.start()
    port = opened[-1]
    assert port.calls == [(True, False, True), 1]
    assert port.callback is not None
    port.callback(([0xFA], 0.0), None)
    for _ in range(48):
        port.callback(([0xF8], 0.02), None)
        time.advance(0.02)
    midi.listen(time.now_s(), 0.0)
    known = midi.clock(time.now_s())
    assert known is not None
    assert known.tempo_bpm == pytest.approx(125)
    midi.stop()
    assert port.calls[-1] == "closed"
    assert not midi.connected


@pytest.fixture
def line(ports: type[FakePort]) -> Iterator[PortLine]:
    """A line that listens to the drum machine; the test looks in its place."""
    made = PortLine("drum")
    made.open(lambda _received: None)
    yield made
    made.stop()


@pytest.mark.parametrize(
    "back", [("Drum machine 20:0", "Midi Through 14:0"), ("Drum machine 24:0",)], ids=["same", "new number"]
)
def test_a_port_that_is_pulled_out_is_told_and_opened_again_when_its_name_is_back(
    ports: type[FakePort], line: PortLine, back: tuple[str, ...]
) -> None:
    line.look()
    assert (line.connected, line.trouble) == (True, "")
    ports.ports = ("Midi Through 14:0", "Another drum machine 28:0")
    line.look()
    assert not line.connected
    assert line.trouble == (
        "Drum machine 20:0, the MIDI clock's port, is gone: plug it in again, it is looked for every second"
    )
    ports.ports = ("Midi Through 14:0", *back)
    line.look()
    assert (line.connected, line.trouble) == (True, "")
    number = 1 + back.index(next(port for port in back if port.startswith("Drum")))
    assert opened[-1].calls[1:] == [1, "closed", number]


def test_a_port_that_is_back_but_held_is_told_until_it_opens(ports: type[FakePort], line: PortLine) -> None:
    ports.ports, there = (), ports.ports
    line.look()
    assert not line.connected and "the sequencer does not answer" in line.trouble
    ports.ports, ports.held = there, True
    line.look()
    assert not line.connected and "error opening the port" in line.trouble
    assert "close what else uses it" in line.trouble and "\n" not in line.trouble
    ports.held = False
    line.look()
    assert (line.connected, line.trouble) == (True, "")


def test_a_port_is_looked_for_on_a_thread_of_its_own(
    ports: type[FakePort], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("realtime.clocks.midi_input._LOOK_EVERY_S", 0.01)
    midi, there = midi_input("drum", FakeClock()), ports.ports
    midi.start()
    assert midi.connected
    ports.ports = there[:1]
    _until(lambda: not midi.connected and "is gone" in midi.trouble)
    ports.ports = there
    _until(lambda: midi.connected and midi.trouble == "")
    midi.stop()
    assert not midi.connected


@pytest.mark.parametrize(("there", "held", "told"), [
    (FakePort.ports, True, "error opening the port"),
    (("Midi Through 14:0",), False, "found Midi Through 14:0"),
    ((), False, "the sequencer does not answer"),
])  # fmt: skip
def test_a_port_that_cannot_be_opened_is_one_line_with_the_mend(
    ports: type[FakePort], there: tuple[str, ...], held: bool, told: str
) -> None:
    midi = midi_input("drum", FakeClock())
    ports.ports, ports.held = there, held
    with pytest.raises(OSError, match="asked for the MIDI port 'drum'.*" + told + ".*: ") as why:
        midi.start()
    assert "\n" not in str(why.value)
    assert not midi.connected
    midi.stop()


def test_midi_that_does_not_answer_is_one_line_with_the_mend(ports: type[FakePort]) -> None:
    ports.ports = ()
    with pytest.raises(OSError, match=r"the sequencer does not answer.*: give a path"):
        midi_input("drum", FakeClock())


@pytest.mark.usefixtures("ports")
@pytest.mark.parametrize("name", ["synth", ":0"])
def test_a_name_that_fits_no_port_or_several_is_told_which_there_are(name: str) -> None:
    with pytest.raises(ValueError, match="Midi Through"):
        midi_input(name, FakeClock())


def test_without_the_extra_a_port_is_refused_with_the_mend(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "rtmidi", None)
    with pytest.raises(ValueError, match=r"groovecast\[midi\]"):
        midi_input("drum machine", FakeClock())


def _heard(midi: MidiInput, clock: MonotonicClock) -> float:
    midi.listen(clock.now_s(), 0.0)
    return midi.heard_until_s


def _until(true: Callable[[], bool], within_s: float = 5.0) -> None:
    clock = MonotonicClock()
    end_s = clock.now_s() + within_s
    while not true():
        assert clock.now_s() < end_s, "it did not happen in time"
        clock.sleep_until_s(clock.now_s() + 0.005)  # a thread of its own is what is tested
