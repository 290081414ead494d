"""What a person can ask of controllers on the command line: who may turn the desk from outside."""

from dataclasses import dataclass
from typing import Annotated

from cyclopts import Parameter


@Parameter(name="*")
@dataclass(frozen=True)
class ControllerWishes:
    """Who turns the controls besides the page."""

    osc_in: str | None = None
    """[HOST:]PORT to hear OSC on, such as 8000: /groovecast/<control> with 0 to 1. This machine only, unless a HOST is
    named: OSC knows no password."""
    osc_feedback: tuple[str, ...] = ()
    """HOST:PORT that is sent what the controls stand at, such as a TouchOSC; may be given again for more. A PORT alone:
    that port of whoever sends."""
    oscquery: int | None = None
    """The port at which OSCQuery tells programs what can be turned; without it the one after --osc-in's; 0: none."""
    vmc_in: str | None = None
    """[HOST:]PORT to hear VMC's control messages on, such as 39540."""
    midi: tuple[str, ...] = ()
    """Part of the name of a MIDI port whose knobs and pads turn the controls, a path, or all; may be given again."""
    midi_pickup: Annotated[bool, Parameter(negative=())] = False
    """Learn faders so that one that stands elsewhere does nothing until it passes the value."""
    link: Annotated[bool, Parameter(negative=())] = False
    """Follow the beat of an Ableton Link session, through a Carabiner that runs on this machine."""
    carabiner: str = "127.0.0.1:17000"
    """HOST:PORT of that Carabiner."""
    prodj: Annotated[bool, Parameter(negative=())] = False
    """Follow the beat of DJ players on the network (Pro DJ Link): the one that is heard."""
    prodj_player: int | None = None
    """Only that player's beat; 33 is the mixer's own."""

    def __post_init__(self) -> None:
        if self.midi_pickup and not self.midi:
            raise ValueError("asked for --midi-pickup without --midi: add --midi and a port's name, or all")
        if self.prodj_player is not None and not self.prodj:
            raise ValueError("asked for --prodj-player without --prodj: add it")
        if self.osc_in is None and (self.osc_feedback or self.oscquery):
            raise ValueError("asked for --osc-feedback or --oscquery without --osc-in: add --osc-in 8000")
        if self.oscquery is not None and not 0 <= self.oscquery <= 65535:
            raise ValueError(
                f"asked for --oscquery {self.oscquery}: give a port from 1 to 65535, or 0 for none"
            )
