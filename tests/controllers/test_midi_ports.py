"""MIDI through real things: mido's messages, a terminal in place of a device file, and ports of a real JACK server."""

import asyncio
import os
import select
import shutil
import subprocess
import sys
import types
from collections.abc import Callable, Iterator
from pathlib import Path

import mido
import pytest
from desk_stage import DeskStage

from realtime.clock import MonotonicClock
from realtime.controllers.midi_desk import MidiDesk, midi_desk_of
from realtime.controllers.midi_ports import MidoPorts, bare

TIME = MonotonicClock()
posix = pytest.mark.skipif(os.name != "posix", reason="raw MIDI files are POSIX's")


class Show:
    """A real desk whose frames go by in real time."""

    def __init__(self, midi: Callable[[DeskStage], MidiDesk]) -> None:
        self.stage = DeskStage()
        self.midi = midi(self.stage)
        asyncio.run(self.midi.start())

    def until(self, true: Callable[[], object], within_s: float = 5.0) -> None:
        end_s = TIME.now_s() + within_s
        while not true():
            assert TIME.now_s() < end_s, f"it did not happen in time: {self.midi.trouble}"
            self.stage.frame(1, [self.midi])
            TIME.sleep_until_s(TIME.now_s() + 0.005)

    def value(self, name: str) -> object:
        return self.stage.desk.value(name)

    def stop(self) -> None:
        asyncio.run(self.midi.stop())


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("realtime.controllers.midi_plugs._LOOK_EVERY_S", 0.05)
    monkeypatch.setattr("realtime.clocks.midi_input._RETRY_S", 0.05)


# -- a backend of mido's, as its documentation has it -------------------------------------------------------------


class Device:
    """What mido opens: it takes and gives mido's own messages."""

    opened: dict[str, "Device"] = {}  # noqa: RUF012

    def __init__(
        self, name: str, callback: Callable[[mido.Message], None] | None = None, **_: object
    ) -> None:
        if name == "held":
            raise OSError("device busy")
        self.name, self.callback, self.sent, self.closed = name, callback, list[mido.Message](), False
        Device.opened[f"{name} {'in' if callback else 'out'}"] = self

    def send(self, message: mido.Message) -> None:
        assert isinstance(message, mido.Message)
        self.sent.append(message)

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def backend(monkeypatch: pytest.MonkeyPatch) -> str:
    names = ["pads", "held"]
    devices = [{"name": name, "is_input": True, "is_output": True} for name in names]
    fake = types.SimpleNamespace(Input=Device, Output=Device, get_devices=lambda **_: devices)
    monkeypatch.setitem(sys.modules, "fake_midi_backend", fake)  # type: ignore[arg-type]
    return "fake_midi_backend"


def test_messages_of_mido_are_heard_as_bytes_and_bytes_are_sent_as_its_messages(backend: str) -> None:
    ports, heard = MidoPorts(backend), list[bytes]()
    assert ports.inputs() == ports.outputs() == ["pads", "held"]
    opened = ports.open_input("pads", heard.append)
    callback = Device.opened["pads in"].callback
    assert callback is not None
    for message in (
        mido.Message("control_change", channel=2, control=7, value=9),
        mido.Message("clock"),
        mido.Message("sysex", data=(1, 2)),
    ):
        callback(message)
    assert heard == [b"\xb2\x07\x09", b"\xf8", b"\xf0\x01\x02\xf7"]
    light = ports.open_output("pads")
    light.send(b"\x90\x24\x7f")
    assert Device.opened["pads out"].sent == [mido.Message("note_on", note=36, velocity=127)]
    with pytest.raises(OSError, match=r"data byte|expected"):
        light.send(b"\x90\x24\xff")
    for port in (opened, light):
        port.close()
    assert Device.opened["pads in"].closed and Device.opened["pads out"].closed
    for refuse in (lambda: ports.open_input("held", heard.append), lambda: ports.open_output("held")):
        with pytest.raises(OSError, match="device busy"):
            refuse()


def test_without_the_extra_midi_is_refused_with_the_mend_but_a_path_is_not(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "mido", None)
    with pytest.raises(ValueError, match=r'pip install "groovecast\[midi\]"') as told:
        midi_desk_of(DeskStage().desk, ["nano"], tmp_path / "midi.json")
    assert "\n" not in str(told.value)
    if os.name == "posix":
        os.mkfifo(tmp_path / "line")
        midi_desk_of(DeskStage().desk, [str(tmp_path / "line")], tmp_path / "midi.json")


@posix
def test_a_path_that_is_not_there_or_no_device_is_told_with_the_mend(tmp_path: Path) -> None:
    for path in (tmp_path / "nothing", tmp_path):
        with pytest.raises(OSError, match=r"asked for --midi .*: give a device such as") as told:
            midi_desk_of(DeskStage().desk, [str(path)], tmp_path / "midi.json")
        assert "\n" not in str(told.value)


def test_a_ports_name_is_known_without_the_number_that_the_system_adds() -> None:
    if sys.platform == "win32":
        assert bare("nanoKONTROL2 1") == "nanoKONTROL2"
    else:
        assert bare("nanoKONTROL2:nanoKONTROL2 MIDI 1 20:0") == "nanoKONTROL2:nanoKONTROL2 MIDI 1"


# -- a device file ------------------------------------------------------------------------------------------------


@posix
@pytest.mark.usefixtures("quick")
def test_a_device_file_is_learned_turned_lit_pulled_out_and_plugged_in_again(tmp_path: Path) -> None:
    hand, device = os.openpty()  # as a USB controller's /dev/snd/midiC1D0: bytes both ways
    link = tmp_path / "midiC1D0"
    link.symlink_to(os.ttyname(device))
    show = Show(lambda stage: midi_desk_of(stage.desk, [str(link)], tmp_path / "midi.json"))
    try:
        show.until(lambda: show.midi.peers().midi == (str(link),))
        show.midi.learn("intensity")
        for value in range(40, 60, 3):
            os.write(hand, bytes([0xB0, 7, value]))
        show.until(lambda: show.midi.peers().learning is None)
        os.write(hand, bytes([0xB0, 7, 127, 0xF8, 7, 126]))  # a clock's tick between, and running status
        show.until(lambda: show.value("intensity") == pytest.approx(2 * 126 / 127))
        show.stage.desk.turn("intensity", 0.0, "page 1")
        lit = bytearray()
        show.until(lambda: (lit.extend(_came(hand)), lit[-3:] == bytes([0xB0, 7, 0]))[1])
        os.close(hand)
        os.close(device)
        link.unlink()
        show.until(lambda: show.midi.peers().midi == ())
        assert "plug it in again" in show.midi.trouble and "clock" not in show.midi.trouble
        hand, device = os.openpty()
        link.symlink_to(os.ttyname(device))
        show.until(lambda: show.midi.trouble == "")
        os.write(hand, bytes([0xB0, 7, 127]))
        show.until(lambda: show.value("intensity") == 2.0)
    finally:
        show.stop()
        os.close(hand)
        os.close(device)


def _came(line: int) -> bytes:
    return os.read(line, 64) if select.select([line], [], [], 0)[0] else b""


# -- a real JACK server, and python-rtmidi --------------------------------------------------------------------------


@pytest.fixture
def jack(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """mido's backend on a JACK server of this test's own, that plays to nobody."""
    rtmidi = pytest.importorskip("rtmidi", reason="python-rtmidi is not installed")
    if shutil.which("jackd") is None:
        pytest.skip("no jackd to make virtual MIDI ports with: apt-get install jackd2")
    if rtmidi.API_UNIX_JACK not in rtmidi.get_compiled_api():
        pytest.skip("this python-rtmidi knows no JACK")
    name = f"groovecast-{os.getpid()}"
    monkeypatch.setenv("JACK_DEFAULT_SERVER", name)
    monkeypatch.setenv("JACK_NO_START_SERVER", "1")
    backend = ["-d", "dummy", "-r", "48000", "-p", "256"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    server = subprocess.Popen(["jackd", "-n", name, "--no-realtime", *backend], **quiet)

    def runs() -> bool:
        try:
            rtmidi.MidiOut(rtmidi.API_UNIX_JACK).delete()
        except rtmidi.SystemError:
            return False
        return True

    end_s = TIME.now_s() + 10
    while not runs():
        if server.poll() is not None or TIME.now_s() > end_s:
            server.kill()
            pytest.skip("jackd does not start here")
        TIME.sleep_until_s(TIME.now_s() + 0.05)
    yield "mido.backends.rtmidi/UNIX_JACK"
    server.terminate()
    server.wait(10)


@pytest.mark.usefixtures("quick")
def test_a_whole_learn_session_through_real_ports(jack: str, tmp_path: Path) -> None:
    real = mido.Backend(jack)
    hand = real.open_output("nano knobs", virtual=True)
    eye = real.open_input("nano knobs", virtual=True)
    names = [name for name in real.get_input_names() if "nano" in name]
    assert names, real.get_input_names()
    show = Show(lambda stage: MidiDesk(stage.desk, ["nano"], tmp_path / "midi.json", MidoPorts(jack)))

    def move(*values: int, control: int = 7) -> None:
        for value in values:
            hand.send(mido.Message("control_change", control=control, value=value))

    try:
        show.until(lambda: show.midi.peers().midi)
        TIME.sleep_until_s(TIME.now_s() + 0.1)  # until JACK has connected them
        show.midi.learn("intensity")
        move(30, 33, 36, 39)
        show.until(lambda: show.midi.peers().learning is None)
        move(127)
        show.until(lambda: show.value("intensity") == 2.0)
        show.midi.learn("place_x_m")
        move(1, 1, 2, 1, 127, 127, 126, 1, 1, 1, 1, control=16)
        show.until(lambda: show.midi.peers().learning is None)
        assert "two's complement" in (tmp_path / "midi.json").read_text()
        move(*[1] * 20, control=16)  # after -1, -2 and 4 that came when it was learned
        show.until(lambda: show.value("place_x_m") == pytest.approx(10 * 21 / 127))
        show.midi.learn("panic")
        hand.send(mido.Message("note_on", note=36, velocity=99))
        show.until(lambda: show.midi.peers().learning is None)
        hand.send(mido.Message("note_on", note=36, velocity=99))
        show.until(lambda: show.stage.pressed == ["panic"])
        list(eye.iter_pending())
        show.stage.desk.turn("intensity", 0.0, "page 1")
        lit = list[mido.Message]()
        show.until(lambda: lit.extend(eye.iter_pending()) or lit)
        assert lit[-1] == mido.Message("control_change", control=7, value=0)
        hand.close()
        show.until(lambda: not show.midi.peers().midi)
        hand = real.open_output("nano knobs", virtual=True)
        show.until(lambda: show.midi.peers().midi)
        TIME.sleep_until_s(TIME.now_s() + 0.1)
        move(64)
        show.until(lambda: show.value("intensity") == pytest.approx(2 * 64 / 127))
    finally:
        show.stop()
        for port in (hand, eye):
            port.close()
