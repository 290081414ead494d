"""Which knob turns which control: what MIDI learn found out, kept as a plain file that a person can read and mend."""

import os
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Literal

import msgspec
import platformdirs

from groovecast.wire.midi import ControlChange, MidiTouch, Note

Way = Literal["absolute", "two's complement", "signed bit", "binary offset", "toggle"]

Key = tuple[str, str, int, int]  # port, kind, channel, number


class Mapping(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What of a port turns a control, and how its values are meant."""

    control: str
    port: str  # its name, without the number that the system adds
    kind: Literal["cc", "cc14", "note", "bend"]
    channel: Annotated[int, msgspec.Meta(ge=0, le=15)]
    number: Annotated[int, msgspec.Meta(ge=0, le=127)] = 0
    way: Way = "absolute"
    pickup: bool = False  # a fader that stands elsewhere does nothing until it passes the value
    lights: bool = True  # send back what the control stands at

    @property
    def key(self) -> Key:
        """What tells it from others."""
        return self.port, "cc" if self.kind == "cc14" else self.kind, self.channel, self.number

    def __str__(self) -> str:
        """As a person reads it: "CC 7 on nanoKONTROL2"."""
        what = {"cc": f"CC {self.number}", "cc14": f"CC {self.number} (fine)", "note": f"note {self.number}"}
        channel = f", channel {self.channel + 1}" if self.channel else ""
        return f"{what.get(self.kind, 'pitch bend')} on {self.port}{channel}"


def key_of(port: str, touch: MidiTouch) -> Key:
    """The same of a touch."""
    match touch:
        case ControlChange(channel, number, _):
            return port, "cc", channel, number
        case Note(channel, number, _):
            return port, "note", channel, number
    return port, "bend", touch.channel, 0


def midi_file() -> Path:
    """Where it is kept: the folder that the system means for settings."""
    return Path(platformdirs.user_config_dir("groovecast", appauthor=False)) / "midi.json"


def read_mappings(file: Path) -> tuple[list[Mapping], str]:
    """What was learned, and in one line what is wrong with the file; "" when nothing is."""
    try:
        return msgspec.json.decode(file.read_bytes(), type=list[Mapping]), ""
    except FileNotFoundError:
        return [], ""
    except (OSError, msgspec.MsgspecError, UnicodeError) as why:
        reason = " ".join(str(why).split())
        then = f"mend it, or it becomes {_aside(file).name} when something is learned anew"
        return [], f"{file} cannot be read ({reason}), so no MIDI control is known: {then}"


def write_mappings(file: Path, mappings: list[Mapping]) -> str:
    """Replace the file as a whole, or not at all; the problem in one line, "" when it went well."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        number, part = tempfile.mkstemp(dir=file.parent, prefix=file.name, suffix=".part")
        try:
            with os.fdopen(number, "wb") as opened:
                opened.write(msgspec.json.format(msgspec.json.encode(mappings)) + b"\n")
            if read_mappings(file)[1]:  # a person may have written it, and can mend it
                file.replace(_aside(file))
            Path(part).replace(file)
        except OSError:
            with suppress(OSError):
                Path(part).unlink()
            raise
    except OSError as why:
        return f"{file} cannot be written ({why.strerror or why}), so what was learned is lost at the end"
    return ""


def _aside(file: Path) -> Path:
    return file.with_name(f"{file.name}.bad")
