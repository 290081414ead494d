"""The text messages between server and desks, one struct each, as `protocol/PROTOCOL.md` lists them."""

from typing import Literal

import msgspec

Value = bool | int | float | str
Kind = Literal["number", "switch", "choice", "button"]
When = Literal["now", "beat", "bar", "four bars"]


# -- from the server ----------------------------------------------------------------------------------------


class ControlOnDesk(msgspec.Struct, frozen=True, kw_only=True):
    """A control and what it stands at."""

    name: str
    kind: Kind
    group: str
    says: str
    least: float
    most: float
    step: float
    unit: str
    choices: tuple[str, ...]
    in_cues: bool
    start: Value
    value: Value


class Controls(msgspec.Struct, frozen=True, kw_only=True, tag="controls"):
    """Everything that can be turned."""

    controls: tuple[ControlOnDesk, ...]


class ControlTurned(msgspec.Struct, frozen=True, kw_only=True, tag="control"):
    """A control stands at something else now, and who turned it."""

    name: str
    value: Value
    by: str


class CueOnDesk(msgspec.Struct, frozen=True, kw_only=True):
    """A cue of the set list; what it says nothing of is as the desk's own controls stand when it is recalled."""

    name: str
    fade_s: float | None
    when: When | None
    keyframe: bool


class Cues(msgspec.Struct, frozen=True, kw_only=True, tag="cues"):
    """The set list, which cue stands, and which is to come when."""

    cues: tuple[CueOnDesk, ...] = ()
    current: str | None = None
    pending: str | None = None
    pending_at_s: float | None = None


class OutletOnDesk(msgspec.Struct, frozen=True, kw_only=True):
    """How an outlet is doing."""

    name: str
    fps: float
    latency_ms: float | None
    dropped: int
    offset_ms: float
    problem: str | None


class Outlets(msgspec.Struct, frozen=True, kw_only=True, tag="outputs"):
    """All outlets, the stream to pages and engines first."""

    outputs: tuple[OutletOnDesk, ...]


class HearingNow(msgspec.Struct, frozen=True, kw_only=True, tag="hearing"):
    """What is heard: bands from low to high, energy and onset, each 0 to 1, and the level."""

    t_s: float
    bands: tuple[float, ...]
    energy: float
    onset: float
    level_db: float


class Mark(msgspec.Struct, frozen=True, kw_only=True):
    """Something that is to come."""

    at_s: float
    what: Literal["cue", "keyframe", "pin"]
    name: str


class PlanAhead(msgspec.Struct, frozen=True, kw_only=True, tag="plan"):
    """How fast the body is going to be, frame by frame from `first_s`; what is before `committed_s` will not change."""

    now_s: float
    first_s: float
    committed_s: float
    fps: float
    speed: tuple[float, ...]
    marks: tuple[Mark, ...] = ()


class DancerOnStage(msgspec.Struct, frozen=True, kw_only=True):
    """One of the crew: how large it is drawn about its place on the floor, and what it dances."""

    dancer: int
    name: str
    size: float = 1.0
    place_m: tuple[float, float, float] = (0.0, 0.0, 0.0)
    heading_deg: float = 0.0
    style: str = ""
    seed: int = 0
    canon_beats: float = 0.0
    hidden: bool = False
    avatar: str = ""


class Crew(msgspec.Struct, frozen=True, kw_only=True, tag="crew"):
    """Everybody on the stage; every client is told."""

    dancers: tuple[DancerOnStage, ...]


class Peers(msgspec.Struct, frozen=True, kw_only=True, tag="peers"):
    """Who is connected besides the pages: MIDI ports, Link's peers, players; and what is learned."""

    midi: tuple[str, ...] = ()
    link: int | None = None
    prodj: int | None = None
    learning: str | None = None
    learned: dict[str, str] = {}


class Calibration(msgspec.Struct, frozen=True, kw_only=True, tag="calibration"):
    """Where the wizard stands, in words, and what it has measured."""

    stage: str
    text: str = ""
    at_s: tuple[float, ...] = ()
    offset_ms: float | None = None  # what `keep` sets the target to
    spread_ms: float | None = None  # how far off that may be
    heard: int = 0  # taps, of this round
    target: str = "offset_ms"


ToDesk = Controls | ControlTurned | Cues | Outlets | HearingNow | PlanAhead | Crew | Peers | Calibration


# -- from a client ------------------------------------------------------------------------------------------


class DeskWish(msgspec.Struct, frozen=True, kw_only=True, tag="desk"):
    """A client is a desk: it wants to know of every control."""


class CueWish(msgspec.Struct, frozen=True, kw_only=True, tag="cue"):
    """A desk does something with a cue; `to` is its new name, or its new place; "time" gives it `when` and `fade_s`."""

    do: Literal["keep", "recall", "remove", "rename", "move", "time"]
    name: str
    to: str | int | None = None
    when: When | None = None
    fade_s: float | None = None
    keyframe: bool = False


class LearnWish(msgspec.Struct, frozen=True, kw_only=True, tag="learn"):
    """The next MIDI control that moves turns this one; None: learn nothing."""

    name: str | None = None


class CalibrateWish(msgspec.Struct, frozen=True, kw_only=True, tag="calibrate"):
    """A desk goes on with the wizard: `at_s` are taps on the server's clock."""

    do: Literal["start", "stop", "taps", "loopback", "keep"]
    at_s: tuple[float, ...] = ()
    target: str = "offset_ms"  # the offset to be set, of the start; an outlet's own: "out1_offset_ms"


FromDesk = DeskWish | CueWish | LearnWish | CalibrateWish
