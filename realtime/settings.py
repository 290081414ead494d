"""What a person can ask of a show; the command line is made from these."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

BUNDLED_MODEL = "groovecast-small"
MOST_OFFSET_MS = 1000.0


@Parameter(name="*")
@dataclass(frozen=True)
class DanceWishes:
    """How to dance."""

    model: str = BUNDLED_MODEL
    """A bundled model's name, or a model folder."""
    engine: str = "auto"
    """rtx, tensorrt, cuda, directml, coreml, cpu, torch, torch-tensorrt, or auto: the best that starts here."""
    precision: Literal["auto", "fp32", "fp16", "int8"] = "auto"
    """What the engine reckons with; auto: what it is best at."""
    style: str = "auto"
    """salsa, street, modern, indian, break, martial, or auto: changes by the phrase."""
    seed: int = 1
    """Another seed, another dance."""
    dancers: int = 1
    """How many dance, 1 to 16; the desk can call more, send some away, and say who dances what where."""
    intensity: float = 1.0
    """How hard to dance; 1 is as the music asks."""
    groove: float = 1.0
    """How deep to sink into every beat; 0 leaves that to the model."""
    midi_clock: str | None = None
    """Follow a MIDI clock: part of a port's name, or a path such as /dev/snd/midiC1D0 or a named pipe."""


@Parameter(name="*")
@dataclass(frozen=True)
class ShowWishes:
    """Where the show is seen."""

    port: int = 8765
    """The port of page and stream; 0 takes any that is free."""
    host: str = "127.0.0.1"
    """The address to serve on; anything but this machine's own needs --token."""
    token: str | None = None
    """The word that whoever watches must know."""
    browser: bool = True
    """Open the page in a browser."""
    seconds: float | None = None
    """End by itself after so many seconds."""
    vmc: tuple[str, ...] = ()
    """HOST:PORT[:PRESET][,option=value...] of a VMC receiver; may be given again for more. Presets: generic, vseeface,
    warudo, vnyan, evmc4u, vmc4ue, vrm4u, vmclivelink, godot, blender. Options: docs/receivers.md."""
    avatar: tuple[Path, ...] = ()
    """The .vrm file that the VMC receivers show: they get the places of its bones, and its height. Given again, the
    second is the second dancer's, and so on."""
    osc: tuple[str, ...] = ()
    """HOST:PORT[:PROFILE][,option=value...] for OSC of joints and beat (docs/osc.md); may be given again for more."""
    livelink: tuple[str, ...] = ()
    """HOST:PORT[:SUBJECT] of an Unreal that has the JSONLiveLink plugin; may be given again for more."""
    vrchat: tuple[str, ...] = ()
    """HOST[:PORT][,height=METRES] of a VRChat, as OSC trackers; may be given again for more."""
    record: tuple[Path, ...] = ()
    """Record the dance to this new .bvh, .glb, .vrma or .npz file; may be given again for more."""
    offset_ms: float = 0.0
    """Show everything so much later; negative is earlier."""
    fresh: Annotated[bool, Parameter(negative=())] = False
    """Begin with all controls as at the first start, and not where the desk stood last."""
    json: Annotated[bool, Parameter(negative=())] = False
    """At the end print one JSON object, and nothing else, to standard output."""

    def __post_init__(self) -> None:
        if not abs(self.offset_ms) <= MOST_OFFSET_MS:
            most = f"-{MOST_OFFSET_MS:g} to {MOST_OFFSET_MS:g}"
            raise ValueError(f"asked for --offset-ms {self.offset_ms}: give {most}, negative is earlier")
        if self.seconds is not None and not 0 < self.seconds < float("inf"):
            raise ValueError(f"asked for --seconds {self.seconds}: give more than 0")


@Parameter(name="*")
@dataclass(frozen=True)
class SoundWishes:
    """What to hear."""

    device: str | None = None
    """Part of the name of an input that `groovecast devices` lists; without it the one chosen last, or the default."""
    loopback: Annotated[bool, Parameter(negative=())] = False
    """Hear what this machine plays: a monitor or loopback input."""
    stdin: Annotated[bool, Parameter(negative=())] = False
    """Hear standard input: a WAV stream, or raw samples as --rate, --channels and --format say."""
    from_page: Annotated[bool, Parameter(negative=())] = False
    """Hear what a page sends: a microphone, or another tab of that browser."""
    channels: str | None = None
    """How many channels (2: the first two), or which of a device (3-4, or 1,4); up to two without it."""
    rate: int = 48000
    """Samples a second of raw standard input."""
    format: Literal["s16le", "f32le"] = "s16le"
    """Samples of raw standard input: 16 bits, or 32-bit float."""
    input_latency_ms: float | None = None
    """How much later than the sound the device delivers it; without it what `devices --calibrate` has measured."""

    def __post_init__(self) -> None:
        chosen = [
            option
            for option, wanted in (
                ("--stdin", self.stdin),
                ("--from-page", self.from_page),
                ("--loopback or --device", self.loopback or self.device is not None),
            )
            if wanted
        ]
        if len(chosen) > 1:
            raise ValueError(f"asked for {' and '.join(chosen)}: choose one")
        latency_ms = self.input_latency_ms or 0.0
        if not 0 <= latency_ms <= MOST_OFFSET_MS:
            raise ValueError(f"asked for --input-latency-ms {latency_ms}: give 0 to {MOST_OFFSET_MS:g}")


@Parameter(name="*")
@dataclass(frozen=True)
class ListingWishes:
    """What to find out about the sound devices."""

    device: str | None = None
    """Only the input whose name holds this."""
    meter: Annotated[bool, Parameter(negative=())] = False
    """Show how loud each input is, until Ctrl-C."""
    seconds: float | None = None
    """End --meter by itself after so many seconds."""
    calibrate: Annotated[bool, Parameter(negative=())] = False
    """Play chirps on --output, hear them in --device, and measure how late they are."""
    output: str | None = None
    """Part of the name of an output for --calibrate; the system's default without it."""
    clicks: int = 12
    """How many chirps --calibrate plays."""
    json: Annotated[bool, Parameter(negative=())] = False
    """Print one JSON object, and nothing else, to standard output."""

    def __post_init__(self) -> None:
        if self.meter and self.calibrate:
            raise ValueError("asked for --meter and --calibrate: choose one")
        if self.output is not None and not self.calibrate:
            raise ValueError("asked for --output without --calibrate: add it, nothing else plays")
        if not 10 <= self.clicks <= 100:
            raise ValueError(f"asked for --clicks {self.clicks}: give 10 to 100")
        if self.seconds is not None and not 0 < self.seconds < float("inf"):
            raise ValueError(f"asked for --seconds {self.seconds}: give more than 0")
