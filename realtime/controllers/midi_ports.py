"""The MIDI ports that a system has, by name: to hear what hands do, and to light what they see."""

import re
import sys
from collections.abc import Callable
from typing import Protocol

# What a system adds to a port's name, and gives anew when it returns: ALSA "20:0", Windows "0".
_NUMBERING = re.compile(r" \d+$" if sys.platform == "win32" else r" \d+:\d+$")

Hear = Callable[[bytes], None]


class Opened(Protocol):
    """An open port."""

    def close(self) -> None:
        """Let it go."""


class Lit(Opened, Protocol):
    """An open port that can be told something."""

    def send(self, data: bytes) -> None:
        """Tell it one message."""


class Ports(Protocol):
    """The system's MIDI. Every method may raise OSError."""

    def inputs(self) -> list[str]:
        """The names of ports to hear."""
        ...

    def outputs(self) -> list[str]:
        """The names of ports to light."""
        ...

    def open_input(self, name: str, hear: Hear) -> Opened:
        """Call `hear` with each message, on a thread of the system's."""
        ...

    def open_output(self, name: str) -> Lit:
        """A port to light."""
        ...


def bare(name: str) -> str:
    """A port's name without the number that the system adds."""
    return _NUMBERING.sub("", name)


class MidoPorts:
    """Ports through mido, which asks python-rtmidi unless MIDO_BACKEND names another."""

    def __init__(self, backend: str | None = None) -> None:
        """Raises ValueError with the mend where mido or what it needs is not installed."""
        try:
            import mido  # only where MIDI is asked for

            self._backend = mido.Backend(backend, load=True) if backend else mido.backend
            self._backend.load()
        except ImportError as why:
            asked = f"asked for MIDI, {why.name or why} is not installed"
            raise ValueError(f'{asked}: pip install "groovecast[midi]", or give a path') from None
        self._message = mido.Message

    def inputs(self) -> list[str]:
        """The names of ports to hear."""
        return self._names(self._backend.get_input_names)

    def outputs(self) -> list[str]:
        """The names of ports to light."""
        return self._names(self._backend.get_output_names)

    def open_input(self, name: str, hear: Hear) -> Opened:
        """Call `hear` with each message, on a thread of the system's."""
        try:
            opened: Opened = self._backend.open_input(name, callback=lambda said: hear(bytes(said.bytes())))
        except Exception as why:  # each backend has errors of its own
            raise OSError(str(why)) from None
        return opened

    def open_output(self, name: str) -> "Lit":
        """A port to light."""
        try:
            return _MidoLit(self._backend.open_output(name), self._message.from_bytes)
        except Exception as why:
            raise OSError(str(why)) from None

    def _names(self, ask: Callable[[], list[str]]) -> list[str]:
        try:
            return list(dict.fromkeys(ask()))
        except Exception as why:
            raise OSError(str(why)) from None


class _MidoOutput(Protocol):
    def send(self, message: object) -> None: ...
    def close(self) -> None: ...


class _MidoLit:
    def __init__(self, port: _MidoOutput, message: Callable[[bytes], object]) -> None:
        self._port, self._message = port, message

    def send(self, data: bytes) -> None:
        try:
            self._port.send(self._message(data))
        except Exception as why:
            raise OSError(str(why)) from None

    def close(self) -> None:
        self._port.close()
