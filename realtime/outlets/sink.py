"""What every outlet looks like to the frame loop: it is handed moments and never waits."""

from typing import Protocol, runtime_checkable

from groovecast.wire.moment import Moment


@runtime_checkable
class Sink(Protocol):
    """An outlet for what is shown. What it cannot pass on at once is dropped and counted."""

    @property
    def name(self) -> str:
        """What it is and where it goes, for the person: "VMC to 127.0.0.1:39539"."""
        ...

    @property
    def dropped(self) -> int:
        """How many moments were lost here."""
        ...

    @property
    def problem(self) -> str | None:
        """One line on why it passes nothing on for good; None while it does."""
        ...

    def send(self, moment: Moment) -> None:
        """Frame loop. Pass on what is to be seen at `moment.pose.time_s`."""

    def close(self) -> None:
        """Let go of files and sockets."""


@runtime_checkable
class OffsetSink(Sink, Protocol):
    """An outlet that shows everything at another time than the others."""

    @property
    def offset_s(self) -> float:
        """So much later; negative is earlier."""
        ...
