"""What every controller looks like to the show: it is started, given time once a frame, and stopped."""

from collections.abc import Callable
from typing import Protocol, runtime_checkable

from groovecast.wire.desk_messages import Value
from realtime.desk.control import Control


@runtime_checkable
class Controller(Protocol):
    """A way by which somebody turns the desk from outside. All of it belongs to the frame loop."""

    @property
    def name(self) -> str:
        """What it is and where it listens, for the person: "OSC on 127.0.0.1:8000"."""
        ...

    @property
    def trouble(self) -> str:
        """One line on why it hears nothing now; "" while all is well."""
        ...

    async def start(self) -> None:
        """Begin to listen. Raises OSError or ValueError, with the mend, when that cannot be."""

    def tick(self, now_s: float) -> None:
        """Once a frame: hear what came, send what changed. Bounded work; never raises, never waits."""

    async def stop(self) -> None:
        """Let go of ports and threads; also when it never started."""


class Change(Protocol):
    """A control that stands at something else than before."""

    @property
    def name(self) -> str:
        """Which control."""
        ...

    @property
    def value(self) -> Value:
        """What it stands at now."""
        ...

    @property
    def by(self) -> str:
        """Who turned it: "page 3", "osc 127.0.0.1:50000", "midi nanoKONTROL"."""
        ...


class TurnedDesk(Protocol):
    """What a controller needs of the desk (`realtime/desk/desk.py`)."""

    @property
    def controls(self) -> tuple[Control, ...]:
        """All of them, in order."""
        ...

    def value(self, name: str) -> Value:
        """What a control stands at. Raises ValueError when there is none."""
        ...

    def post(self, name: str, share: object, by: str) -> None:
        """Any thread. Turn a control to a share of its way, 0 to 1, at the next tick; never raises, never waits."""

    def post_value(self, name: str, value: object, by: str) -> None:
        """Any thread. Turn a control at the next tick; never raises, never waits."""

    def listen(self, listener: Callable[[Change], None]) -> None:
        """Tell it of every control that changed, once a tick."""

    def on_list(self, listener: Callable[[], None]) -> None:
        """Tell it when there are other controls than before."""

    def say(self, text: str) -> None:
        """Tell the person, on every desk."""
