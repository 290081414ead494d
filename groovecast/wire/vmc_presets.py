"""What each receiver of VMC is sent, and why: one value a receiver, every field of which a person can override."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal, get_args

RootMode = Literal["hips", "root", "split"]
Bundling = Literal["split", "single", "none"]
RootForm = Literal["named", "nameless"]

# VSeeFace was seen to fall over above it, and SlimeVR, which sends more, stops there too
MOST_FPS = 200.0


@dataclass(frozen=True)
class VmcPreset:
    """How frames for one kind of receiver are made. Bones always have their true places: zeros collapse avatars."""

    name: str
    receiver: str
    # Who carries the way. hips: Root stays, for receivers that ignore it or move a stage by it. root: Root carries all
    # of it, for those that only turn the hips. split: the floor's way in Root, height in the hips.
    root: RootMode = "hips"
    # the figure looks the other way, about the world's origin
    yaw: Literal[0, 180] = 0
    # split: datagrams of 1200 bytes at most, which every path carries. single: one of 4.5 kB. none: one a message.
    bundle: Bundling = "split"
    # off leaves hands to another tracker
    fingers: bool = True
    # at most so many frames a second; the show makes 60
    fps: float = 60.0
    # named: as the protocol says ("root", then 7 numbers). nameless: the numbers alone.
    root_form: RootForm = "named"

    def with_options(self, options: Mapping[str, str]) -> "VmcPreset":
        """This preset with some values as they were typed. Raises ValueError in one line."""
        read = {name: _read(name, value) for name, value in options.items()}
        return replace(self, **read)  # type: ignore[arg-type]  # each is read by its field's name


PRESETS: dict[str, VmcPreset] = {
    preset.name: preset
    for preset in (
        # what the reference sender does, but for the root
        VmcPreset("generic", "any other"),
        # takes bundles, ignores Root's scale; more than 200 a second were said to crash it, 60 is what it draws
        VmcPreset("vseeface", "VSeeFace"),
        # Root moves the character from where it was put on the stage: ours leaves it there
        VmcPreset("warudo", "Warudo"),
        # as Warudo; its layers mix trackers, so hands can be left to another with fingers=off
        VmcPreset("vnyan", "VNyan"),
        # strict types; writes every place it gets; 30 packets of T a frame at most; keeps bones, so split frames do
        VmcPreset("evmc4u", "EVMC4U in Unity"),
        # uses places and turns of all bones, fingers that are not sent are crushed: they stay on
        VmcPreset("vmc4ue", "VMC4UE in Unreal"),
        # ignores Root unless told otherwise; needs OK in every frame, by hearsay: it is there
        VmcPreset("vrm4u", "VRM4U in Unreal"),
        # shows a frame on Blend/Apply, always takes the way from the hips; one version refuses a Root with a name, the
        # other takes both
        VmcPreset("vmclivelink", "VMCLiveLink in Unreal", root_form="nameless"),
        # poses the figure anew with every packet: only a frame in one packet is never half; ignores Root
        VmcPreset("godot", "the XR VMC tracker in Godot 4", bundle="single"),
        # the add-ons read in a timer of the window, at its rate: what comes faster than it draws piles up
        VmcPreset("blender", "VMC add-ons of Blender", fps=30.0),
    )
}
GENERIC = PRESETS["generic"]


def preset_named(name: str) -> VmcPreset:
    """The preset of that name. Raises ValueError naming those there are."""
    if name not in PRESETS:
        raise ValueError(f"asked for VMC preset {name!r}: there are {', '.join(PRESETS)}")
    return PRESETS[name]


_CHOICES: dict[str, tuple[str, ...]] = {
    "root": get_args(RootMode),
    "yaw": ("0", "180"),
    "bundle": get_args(Bundling),
    "fingers": ("on", "off"),
    "root_form": get_args(RootForm),
}
OPTIONS = (*_CHOICES, "fps")


def _read(name: str, value: str) -> str | int | float | bool:
    """An option's value from what was typed."""
    if name == "fps":
        return _fps(value)
    if value not in _CHOICES[name]:
        raise ValueError(f"asked for {name}={value}: give {' or '.join(_CHOICES[name])}")
    if name == "yaw":
        return int(value)
    return value == "on" if name == "fingers" else value


def _fps(value: str) -> float:
    try:
        fps = float(value)
    except ValueError:
        fps = math.nan
    if not 1 <= fps <= MOST_FPS:
        raise ValueError(f"asked for fps={value}: give 1 to {MOST_FPS:g}")
    return fps
