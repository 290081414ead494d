"""What a VMC assistant asks of a performer on its control port (39540), and the performer's answer about itself."""

from dataclasses import dataclass

from groovecast.wire.errors import WireError
from groovecast.wire.midi import ControlChange, Note
from groovecast.wire.osc import IMMEDIATE, osc_integers, osc_message, osc_text
from groovecast.wire.osc_packet import OscSaid, OscValue

_EXT = "/VMC/Ext/"
_THRU = "/VMC/Thru/"
# what it may tell of a body and its room: our figure follows the music
_OF_A_BODY = frozenset(("Hmd", "Con", "Tra", "Root", "Bone", "Blend", "Cam", "Light", "Key"))
_OF_ITSELF = frozenset(("OK", "T", "Rcv", "VRM", "Remote", "Opt", "Config", "Setting"))
_FOREIGN = ("Set/Eye", "Set/Res")
_MOST_PERIOD = 240
_SEVEN_BITS = 127
_MOST_CHANNEL = 15


@dataclass(frozen=True)
class Period:
    """Every how many frames the bones are wanted; what else it says is of things that we send with them or not."""

    bone_frames: int


@dataclass(frozen=True)
class Tell:
    """Tell at once who you are and how you are."""


@dataclass(frozen=True)
class GetReady:
    """A calibration is coming."""


@dataclass(frozen=True)
class Calibrate:
    """Stand in the T-pose."""

    mode: int


@dataclass(frozen=True)
class Config:
    """Load this file of settings."""

    path: str


@dataclass(frozen=True)
class Shortcut:
    """Do what has this name."""

    name: str


@dataclass(frozen=True)
class Foreign:
    """Something that VMC knows and a dancer has no use for."""


VmcAsked = Period | Tell | GetReady | Calibrate | Config | Shortcut | ControlChange | Note | Foreign


def vmc_asked(said: OscSaid) -> VmcAsked:
    """What a message asks; arguments beyond those that are known are left alone, as VMC wants it.

    Raises WireError when arguments are missing or wrong, and for an address that VMC does not know.
    """
    if said.address.startswith(_THRU):
        return Foreign()
    if not said.address.startswith(_EXT):
        raise WireError(f"asked by VMC for {said.address[:60]}: its addresses begin with {_EXT}")
    match said.address.removeprefix(_EXT), said.values:
        case "Set/Period", [int(_), int(_), int(bone), *_]:
            return Period(min(max(bone, 1), _MOST_PERIOD))
        case "Set/Req", _:
            return Tell()
        case "Set/Calib/Ready", _:
            return GetReady()
        case "Set/Calib/Exec", [int(mode), *_]:
            return Calibrate(mode)
        case "Set/Config", [str(path), *_]:
            return Config(path)
        case "Set/Shortcut", [str(name), *_]:
            return Shortcut(name)
        case "Midi/CC/Val", [int(number), float(value), *_]:
            return ControlChange(0, _of(number, _SEVEN_BITS), _seven_bits(value))
        case "Midi/CC/Bit", [int(number), int(on), *_]:
            return ControlChange(0, _of(number, _SEVEN_BITS), _SEVEN_BITS * (on != 0))
        case "Midi/Note", [int(on), int(channel), int(number), float(velocity), *_]:
            pressed = _seven_bits(velocity) if on else 0
            return Note(_of(channel, _MOST_CHANNEL), _of(number, _SEVEN_BITS), pressed)
        case kind, _ if kind in _FOREIGN or kind.partition("/")[0] in _OF_A_BODY | _OF_ITSELF:
            return Foreign()
        case kind, values:
            raise WireError(
                f"asked by VMC for {_EXT}{kind[:40]} with {_types(values)}: there is no such message"
            )


def vmc_state(running_s: float, port: int, title: str) -> bytes:
    """Who and how we are: loaded and calibrated, since when, where we listen, and what we are called."""
    return IMMEDIATE + b"".join(
        (
            osc_message(_EXT + "Opt", osc_text(title)),
            osc_integers(_EXT + "Rcv", (1, port)),
            osc_integers(_EXT + "OK", (1, 3, 0, 1)),  # loaded, calibrated, normal mode, tracking well
            osc_message(_EXT + "T", floats=(running_s,)),
        )
    )


def _of(number: int, most: int) -> int:
    if not 0 <= number <= most:
        raise WireError(f"asked by VMC for MIDI number {number}: give 0 to {most}")
    return number


def _seven_bits(share: float) -> int:
    if share != share:
        raise WireError("asked by VMC for a MIDI value that is no number: give 0 to 1")
    return round(min(max(share, 0.0), 1.0) * _SEVEN_BITS)


def _types(values: tuple[OscValue, ...]) -> str:
    return ", ".join(type(value).__name__ for value in values[:6]) or "nothing"
