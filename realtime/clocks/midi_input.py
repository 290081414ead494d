"""Where MIDI bytes come from: a device file, a pipe or a named port, read on a thread of its own and lost and found."""

import errno
import os
import re
import select
import stat
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from groovecast.audio.beat_clock import BeatClock
from groovecast.wire.midi import MidiParser
from realtime.clock import Clock
from realtime.clocks.mailbox import Mailbox
from realtime.clocks.midi_clock import MidiClock
from realtime.clocks.source import MIDI

_RETRY_S = 0.5  # how often a line that is gone is looked for
_READ_BYTES = 4096
_LOOK_EVERY_S = 1.0  # how often a port is looked for among the names
# What a system adds to a port's name, and gives anew when it returns: ALSA "20:0", Windows "0".
_NUMBERING = re.compile(r" \d+$" if sys.platform == "win32" else r" \d+:\d+$")

Hear = Callable[[bytes], None]


class Line(Protocol):
    """Something that bytes come from."""

    @property
    def trouble(self) -> str:
        """What is wrong with it, and the mend; empty: nothing."""
        ...

    @property
    def connected(self) -> bool:
        """Whether it is there."""
        ...

    def start(self, hear: Hear) -> None:
        """Call `hear` with what comes, as soon as it comes, on a thread of its own."""
        ...

    def stop(self) -> None:
        """Call no more."""
        ...


class MidiInput:
    """A sequencer's MIDI clock as a source of beats."""

    name = MIDI

    def __init__(self, line: Line, clock: Clock) -> None:
        self.line, self._time = line, clock
        self._said: Mailbox[bytes] = Mailbox()
        self._parser, self._beats = MidiParser(), MidiClock()

    def start(self) -> None:
        """Listen from now on."""
        self.line.start(lambda received: self._said.post(self._time.now_s(), received))

    def stop(self) -> None:
        """Listen no more."""
        self.line.stop()

    @property
    def connected(self) -> bool:
        """Whether there is a line to hear."""
        return self.line.connected

    @property
    def trouble(self) -> str:
        """Any thread. What is wrong with the line, and the mend; empty: nothing."""
        return self.line.trouble

    @property
    def peers(self) -> int:
        """Any thread. One line, or none."""
        return int(self.connected)

    @property
    def heard_until_s(self) -> float:
        """When the last tick came."""
        return self._beats.heard_until_s

    def listen(self, until_s: float, origin_s: float) -> None:
        """Dance thread. Take in what came until then."""
        for time_s, received in self._said.until(until_s + origin_s):
            for event in self._parser.feed(received):
                self._beats.hear(event, time_s - origin_s)

    def clock(self, now_s: float) -> BeatClock | None:
        """The beat; None while it is not known."""
        return self._beats.clock(now_s)

    def tempo_bpm(self, now_s: float) -> float | None:
        """The tempo; ticks tell it without a start too."""
        return self._beats.tempo_bpm(now_s)


class FileLine:
    """Raw bytes from a path: `/dev/snd/midiC1D0`, a named pipe, a terminal. It may go away and come back."""

    def __init__(self, path: Path, what: str = "the MIDI clock's line") -> None:
        self.connected = False
        self.trouble = ""
        self._path, self._what = path, what
        self._thread: threading.Thread | None = None
        self._wake: tuple[int, int] | None = None
        if os.name != "posix":
            raise ValueError(f"asked for MIDI from {path}: on this system give the name of a MIDI port")
        os.close(self._opened())  # so that a wrong path is told at once

    def start(self, hear: Hear) -> None:
        """Read from now on."""
        self._wake = os.pipe()
        self._thread = threading.Thread(target=self._read, args=(hear,), name="groovecast-midi", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Read no more; returns when the thread has ended."""
        if self._thread is None or self._wake is None:
            return
        os.write(self._wake[1], b"0")
        self._thread.join()
        for end in self._wake:
            os.close(end)
        self._thread = self._wake = None

    def _opened(self) -> int:
        mode = self._path.stat().st_mode
        pipe = stat.S_ISFIFO(mode)
        if not pipe and not stat.S_ISCHR(mode):  # a song's bytes come all at once and tell no time
            raise OSError(errno.ENODEV, "it is no device or pipe")
        # a pipe that is open for writing here too does not end when its writer goes
        found = os.open(self._path, (os.O_RDWR if pipe else os.O_RDONLY) | os.O_NONBLOCK | os.O_NOCTTY)
        if os.isatty(found):
            import termios  # know no Windows
            import tty

            try:
                tty.setraw(found)
            except termios.error as why:  # no OSError
                os.close(found)
                raise OSError(*why.args) from None
        return found

    def _read(self, hear: Hear) -> None:
        assert self._wake is not None
        wake, found = self._wake[0], -1
        gone = f"{self._path}, {self._what}, is gone: plug it in again"
        while True:
            if found < 0:
                try:
                    found = self._opened()
                    self.connected, self.trouble = True, ""
                except FileNotFoundError:
                    self.trouble = gone
                except OSError as why:
                    problem = f"{self._what}, cannot be read ({why.strerror})"
                    self.trouble = f"{self._path}, {problem}: plug it in again"
            ready, _, _ = select.select(
                [wake] if found < 0 else [wake, found], [], [], _RETRY_S if found < 0 else None
            )
            if wake in ready:
                break
            if found in ready and not self._passed_on(found, hear):
                os.close(found)
                found, self.connected, self.trouble = -1, False, gone
                if select.select([wake], [], [], _RETRY_S)[0]:  # what ends at once would be opened in haste
                    break
        if found >= 0:
            os.close(found)
        self.connected = False

    def _passed_on(self, found: int, hear: Hear) -> bool:
        """Hand on what is there; False: the line is dead."""
        try:
            received = os.read(found, _READ_BYTES)
        except BlockingIOError:
            return True
        except OSError:
            return False
        if received:
            hear(received)
        return bool(received)


class PortLine:
    """A MIDI port of this machine by a part of its name, through python-rtmidi. It may go away and come back."""

    def __init__(self, name: str) -> None:
        try:
            import rtmidi  # only where a port is asked for
        except ModuleNotFoundError:
            asked = f"asked for the MIDI port {name!r}, python-rtmidi is not installed"
            raise ValueError(f'{asked}: pip install "groovecast[midi]", or give a path') from None
        self.connected = False
        self.trouble = ""
        self._asked, self._error = name, rtmidi.RtMidiError
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None
        try:
            self._port = rtmidi.MidiIn()
            ports = self._port.get_ports()
        except self._error as why:
            asked = f"asked for the MIDI port {name!r}, this system's MIDI does not answer ({why})"
            raise OSError(f"{asked}: give a path, or see to its driver") from None
        fitting = [port for port in ports if name.lower() in port.lower()]
        if len(fitting) != 1:
            found = ", ".join(ports) or "none"
            raise ValueError(f"asked for the MIDI port {name!r}, found {found}: give a part of one's name")
        self._name: str = fitting[0]

    def start(self, hear: Hear) -> None:
        """Listen from now on, and look for the port while it is gone. Raises OSError with the mend."""
        self.open(hear)
        self._ended.clear()
        self._thread = threading.Thread(target=self._watch, name="groovecast-midi-port", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Listen no more; returns when the thread has ended."""
        self._ended.set()
        if self._thread is not None:
            self._thread.join()
        self._thread = None
        self._port.cancel_callback()
        self._close()

    def open(self, hear: Hear) -> None:
        """Listen; python-rtmidi has a thread of its own for that. Raises OSError with the mend."""
        self._port.ignore_types(sysex=True, timing=False, active_sense=True)
        self._port.set_callback(lambda event, _: hear(bytes(event[0])))
        try:
            ports = self._port.get_ports()
            if (number := self._place_among(ports)) is None:
                found = ", ".join(ports) or "none"
                raise OSError(f"asked for the MIDI port {self._asked!r}, found {found}: plug it in again")
            self._open(number, ports[number])
        except self._error as why:
            asked = f"asked for the MIDI port {self._asked!r}, it does not open ({why})"
            raise OSError(f"{asked}: close what else uses it, or give another") from None

    def look(self) -> None:
        """Own thread. See whether the port is still there, and open it when it is there again."""
        try:
            ports = self._port.get_ports()
            if self.connected and self._name in ports:
                return
            if self.connected:
                self._close()
            if (number := self._place_among(ports)) is None:
                mend = "plug it in again, it is looked for every second"
                self.trouble = f"{self._name}, the MIDI clock's port, is gone: {mend}"
            else:
                self._open(number, ports[number])
        except self._error as why:
            self._close()
            mend = "close what else uses it, or plug it in again"
            self.trouble = f"{self._name}, the MIDI clock's port, does not open ({why}): {mend}"

    def _watch(self) -> None:
        while not self._ended.wait(_LOOK_EVERY_S):
            self.look()

    def _place_among(self, ports: list[str]) -> int | None:
        """Where the port is: under its whole name, or under that name with another number."""
        if self._name in ports:
            return ports.index(self._name)
        bare = _NUMBERING.sub("", self._name)
        fitting = [number for number, port in enumerate(ports) if _NUMBERING.sub("", port) == bare]
        return fitting[0] if len(fitting) == 1 else None

    def _open(self, number: int, name: str) -> None:
        self._port.open_port(number)
        self._name, self.connected, self.trouble = name, True, ""

    def _close(self) -> None:
        self.connected = False
        with suppress(self._error):  # what is gone need not be closed
            self._port.close_port()


def midi_input(port_or_path: str, clock: Clock) -> MidiInput:
    """The input of that path, or else of the port of that name. Raises ValueError or OSError with the mend."""
    path = Path(port_or_path)
    if path.exists() or "/" in port_or_path:
        try:
            return MidiInput(FileLine(path), clock)
        except OSError as why:
            asked = f"asked for MIDI from {path}, which cannot be read ({why.strerror})"
            raise OSError(f"{asked}: give a device such as /dev/snd/midiC1D0, or a port's name") from None
    return MidiInput(PortLine(port_or_path), clock)
