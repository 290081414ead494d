"""What anybody who knows the beat must answer, and whose word counts more."""

from typing import Protocol, runtime_checkable

from groovecast.audio.beat_clock import BeatClock

TRACKER, TAP, MIDI, LINK, PRO_DJ_LINK = "tracker", "tap", "midi", "link", "prodj"
# The most trusted first. A deck says which beat it plays; Link has all players agree, not the music itself; MIDI ticks
# come with jitter; a person taps with more; the tracker only listens.
TRUST = (PRO_DJ_LINK, LINK, MIDI, TAP, TRACKER)


@runtime_checkable
class BeatSource(Protocol):
    """One who may know the beat. All methods belong to the dance thread; all times are the dancer's."""

    @property
    def name(self) -> str:
        """One of `TRUST`."""
        ...

    @property
    def connected(self) -> bool:
        """Whether there is anybody to ask; a person who may tap is always there."""
        ...

    @property
    def heard_until_s(self) -> float:
        """When it last said something; minus infinity: never."""
        ...

    def listen(self, until_s: float, origin_s: float) -> None:
        """Take in what was said until then; the dancer's time 0 is `origin_s` on the machine's clock."""
        ...

    def clock(self, now_s: float) -> BeatClock | None:
        """Where the beat is as far as it knows, its confidence as of now; None: it does not know."""
        ...

    def tempo_bpm(self, now_s: float) -> float | None:
        """The tempo where that alone is known, and not the place of the beat."""
        ...


@runtime_checkable
class BeatInput(BeatSource, Protocol):
    """One that listens to somebody outside: a line to a sequencer, to Link, to players."""

    @property
    def trouble(self) -> str:
        """One line on why it hears nothing; empty while all is well."""
        ...

    def start(self) -> None:
        """Frame loop. Begin to listen, on a thread of its own."""

    def stop(self) -> None:
        """Frame loop. Let go of ports and threads."""


@runtime_checkable
class Guidable(Protocol):
    """A tracker that can be told what a person, or a clock without a phase, means."""

    def prefer_octave(self, factor: float) -> None:
        """Count twice as fast (2), or half (0.5)."""
        ...

    def prefer(self, tempo_bpm: float | None, beat_s: float | None) -> None:
        """The beat is meant to have about this tempo, and one falls there; None: as you find it."""
        ...
