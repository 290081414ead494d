"""The plugs of a MIDI desk: each port asked for is opened when it comes, let go when it leaves, heard and lit."""

import os
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from realtime.clocks.midi_input import FileLine
from realtime.controllers.midi_ports import Hear, Lit, Opened, Ports, bare

ALL = "all"

_LOOK_EVERY_S = 1.0
_OWN = ("midi through", "rtmidi")  # nobody's hands, where all are asked for

HearPort = Callable[[str, bytes], None]


@dataclass
class _Plug:
    """A port that is open: how to hear it and how to light it."""

    heard: Opened
    lit: Lit | None = None


@dataclass
class ClockLine:
    """The clock that comes on the same ports as the hands: those whose name holds `part`."""

    part: str
    plugs: "Plugs | None" = field(default=None, init=False)  # until they are opened, nothing is heard
    hears: Hear | None = field(default=None, init=False)

    @property
    def connected(self) -> bool:
        """Whether such a port is there."""
        return self.plugs is not None and any(self.fits(name) for name in self.plugs.connected)

    @property
    def trouble(self) -> str:
        """Why nothing is heard, and the mend."""
        if self.connected:
            return ""
        return f"the MIDI clock's port {self.part!r} is not among --midi's: plug it in, it is looked for every second"

    def fits(self, port: str) -> bool:
        """Whether that port's clock is meant."""
        return self.part.lower() in port.lower()

    def start(self, hear: Hear) -> None:
        """Call `hear` with what comes, on the port's own thread."""
        self.hears = hear

    def stop(self) -> None:
        """Call no more."""
        self.hears = None


class Plugs:
    """Ports by parts of their names, and paths. One thread looks for them and tells them what to light."""

    def __init__(self, wishes: Sequence[str], ports: Ports | None, hear: HearPort) -> None:
        self._wishes = [wish for wish in wishes if not is_path(wish)]
        paths = [Path(wish) for wish in wishes if is_path(wish)]
        self._lines = {str(path): FileLine(path, "a MIDI port") for path in paths}
        self._ports, self._hear = ports, hear
        self._plugs: dict[str, _Plug] = {}  # by the system's name
        self._files: dict[str, int] = {}  # paths to light
        self._clock_lines: list[ClockLine] = []
        self._lights: deque[tuple[str, bytes]] = deque(maxlen=1024)
        self._came: deque[str] = deque(maxlen=64)
        self._woken, self._ended = threading.Event(), False
        self._thread: threading.Thread | None = None
        self._trouble = ""
        self.unlit = 0  # lights that could not be told

    @property
    def connected(self) -> tuple[str, ...]:
        """Any thread. The ports that are there, without the numbers that the system adds."""
        paths = (path for path, line in self._lines.items() if line.connected)
        return tuple(dict.fromkeys([*map(bare, list(self._plugs)), *paths]))

    @property
    def trouble(self) -> str:
        """Any thread. What was asked for and is not there; "" while all is."""
        lines = [line.trouble for line in self._lines.values() if line.trouble]
        return "; ".join([self._trouble, *lines] if self._trouble else lines)

    def carry(self, line: ClockLine) -> None:
        """Before the start. Hand the clock on these ports to that line, too."""
        line.plugs = self
        self._clock_lines.append(line)

    def start(self) -> None:
        """Look, listen and light from now on."""
        self._ended = False
        for path, line in self._lines.items():
            line.start(lambda received, path=path: self._heard(path, received))  # type: ignore[misc]
        self._thread = threading.Thread(target=self._run, name="groovecast-midi-ports", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """No more; returns when everything is let go."""
        self._ended = True
        self._woken.set()
        if self._thread is not None:
            self._thread.join()
        self._thread = None
        for line in self._lines.values():
            line.stop()
        for name in list(self._plugs):
            self._let_go(name)
        for number in self._files.values():
            os.close(number)
        self._files = {}

    def light(self, port: str, data: bytes) -> None:
        """Frame loop. Tell a port one message, soon; never waits."""
        self._lights.append((port, data))
        self._woken.set()

    def newcomers(self) -> list[str]:
        """Frame loop. Ports that came since last asked, to be lit anew."""
        came = [self._came.popleft() for _ in range(len(self._came))]
        return list(dict.fromkeys(came))

    # -- own thread -----------------------------------------------------------------------------------------

    def _run(self) -> None:
        self.look()
        while not self._ended:
            if self._woken.wait(_LOOK_EVERY_S):
                self._woken.clear()
                self._tell()
            else:
                self.look()

    def look(self) -> None:
        """Own thread. Open what has come, let go of what has left."""
        for path in self._lines:
            self._look_at(path)
        if self._ports is None or not self._wishes:
            return
        try:
            inputs, outputs = self._ports.inputs(), self._ports.outputs()
        except OSError as why:
            self._trouble = f"this system's MIDI does not answer ({why}): see to its driver, or give a path"
            return
        for name in [name for name in self._plugs if name not in inputs]:
            self._let_go(name)
        problems = [self._open(name, outputs) for name in inputs if self._wanted(name)]
        missing = [wish for wish in self._wishes if not any(_fits(wish, name) for name in inputs)]
        if missing:
            asked = f"asked for the MIDI port {', '.join(map(repr, missing))}"
            found = ", ".join(inputs) or "none"
            problems.append(f"{asked}, found {found}: plug it in, it is looked for every second")
        self._trouble = "; ".join(filter(None, problems))

    def _wanted(self, name: str) -> bool:
        return name not in self._plugs and any(_fits(wish, name) for wish in self._wishes)

    def _open(self, name: str, outputs: list[str]) -> str:
        assert self._ports is not None
        port = bare(name)
        try:
            plug = _Plug(self._ports.open_input(name, lambda received: self._heard(port, received)))
        except OSError as why:
            return f"the MIDI port {name!r} does not open ({why}): close what else uses it"
        with suppress(OSError, StopIteration):  # one without lights, or whose lights somebody else has
            plug.lit = self._ports.open_output(next(self._lights_of(name, outputs)))
        self._plugs[name] = plug
        self._came.append(port)
        return ""

    def _lights_of(self, name: str, outputs: list[str]) -> Iterator[str]:
        """The outputs of the same device, the likeliest first."""
        yield from (output for output in outputs if bare(output) == bare(name))
        wishes = [wish for wish in self._wishes if wish != ALL and _fits(wish, name)]
        yield from (output for output in outputs if any(_fits(wish, output) for wish in wishes))

    def _let_go(self, name: str) -> None:
        plug = self._plugs.pop(name)
        for port in (plug.heard, plug.lit):
            if port is not None:
                with suppress(Exception):  # what was pulled out need not be closed
                    port.close()

    def _look_at(self, path: str) -> None:
        """A device file is lit through a handle of its own; a pipe would hear itself."""
        there = self._lines[path].connected
        if there and path not in self._files and Path(path).is_char_device():
            with suppress(OSError):
                self._files[path] = os.open(path, os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY)
                self._came.append(path)
        elif not there and path in self._files:
            os.close(self._files.pop(path))

    def _tell(self) -> None:
        for _ in range(len(self._lights)):
            port, data = self._lights.popleft()
            try:
                if port in self._files:
                    os.write(self._files[port], data)
                for name, plug in self._plugs.items():
                    if plug.lit is not None and bare(name) == port:
                        plug.lit.send(data)
            except OSError:
                self.unlit += 1

    # -- the ports' own threads -----------------------------------------------------------------------------

    def _heard(self, port: str, received: bytes) -> None:
        for line in self._clock_lines:
            if line.hears is not None and line.fits(port):
                line.hears(received)
        self._hear(port, received)


def among(wishes: Sequence[str], part: str) -> bool:
    """Whether a port of that name is among those asked for: either's name holds the other's."""
    if is_path(part):
        return part in wishes
    named = [wish for wish in wishes if not is_path(wish)]
    return any(_fits(wish, part) or part.lower() in wish.lower() for wish in named)


def is_path(wish: str) -> bool:
    """Whether a path is meant, and no port's name."""
    return "/" in wish or Path(wish).exists()


def _fits(wish: str, name: str) -> bool:
    if wish == ALL:
        return not any(own in name.lower() for own in _OWN)
    return wish.lower() in name.lower()
