"""The devices that can be heard: listed, and found by a part of their name."""

import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from realtime.pulse import DEFAULT_MONITOR, PULSE_PCM, pulse_sources


@dataclass(frozen=True)
class Device:
    """Something that can be listened to."""

    index: int
    name: str
    host_api: str
    channels: int
    default_rate_hz: int
    default: bool
    loopback: bool  # carries what the machine itself plays
    pulse_source: str | None = None  # the sound service's name, where it is reached through its plugin

    @property
    def full_name(self) -> str:
        """Name and host API: what a device is remembered by."""
        return f"{self.name}, {self.host_api}"


# What systems and virtual cables call a device that carries the machine's own sound.
_LOOPBACK = re.compile("monitor|loopback|stereo mix|what u hear|blackhole|soundflower|cable output", re.I)
# One device under several names: the first of these is meant. MME cuts names at 31 letters; what PulseAudio hears is
# mostly closed to ALSA.
_HOST_APIS = ("ASIO", "WASAPI", "Core Audio", "JACK", "PulseAudio", "ALSA", "DirectSound", "MME")
_OWN_SOUND = "what this machine plays"
_GET_LOOPBACK = {
    "win32": 'pip install "groovecast[loopback]", or switch on Stereo Mix',
    "darwin": "install BlackHole and play into it, docs/sound.md says how",
}
_GET_LOOPBACK_ON_LINUX = "install libasound2-plugins, and pulseaudio-utils to choose among outputs"


def devices() -> list[Device]:
    """All devices that sound can be captured from. Raises OSError with the mend when PortAudio cannot say."""
    sounds = portaudio()
    try:
        apis, entries = sounds.query_hostapis(), sounds.query_devices()
        default = sounds.default.device[0]
    except sounds.PortAudioError as error:
        raise mute(error) from error
    found = [
        Device(
            index=index,
            name=entry["name"],
            host_api=apis[entry["hostapi"]]["name"],
            channels=entry["max_input_channels"],
            default_rate_hz=int(entry["default_samplerate"]),
            default=index == default,
            loopback=_LOOPBACK.search(entry["name"]) is not None,
        )
        for index, entry in enumerate(entries)
        if entry["max_input_channels"] > 0
    ]
    plugin = next((device for device in found if (device.name, device.host_api) == (PULSE_PCM, "ALSA")), None)
    return found if plugin is None else [*found, *_of_the_service(plugin.index)]


def _of_the_service(plugin: int) -> list[Device]:
    """Each thing that the sound service hears; PortAudio shows its plugin only."""
    sources = pulse_sources()
    if not sources:
        return []
    own = Device(plugin, _OWN_SOUND, "PulseAudio", 2, 48000, True, True, DEFAULT_MONITOR)
    each = (
        Device(plugin, one.name, "PulseAudio", one.channels, one.rate_hz, False, one.monitor, one.name)
        for one in sources
    )
    return [own, *each]


def find_device(asked: str | None, found: Sequence[Device], *, loopback: bool = False) -> Device:
    """The one device whose name (or "name, host API") holds `asked`, in any case; None: the default one.

    `loopback` looks only among those that carry the machine's own sound. Raises ValueError naming what was
    asked, what there is and the mend.
    """
    wish = f"device {asked!r}" if asked is not None else "the default device"
    wish += " with the machine's own sound" if loopback else ""
    names = ", ".join(sorted({device.name for device in found})) or "none"
    some = [device for device in found if device.loopback or not loopback]
    if asked is not None:
        word = asked.lower()
        whole = [device for device in some if word in (device.name.lower(), device.full_name.lower())]
        some = whole or [device for device in some if word in device.full_name.lower()]
    elif loopback:
        some = [device for device in some if device.default] or some
    else:
        some = [device for device in some if device.default and device.pulse_source is None] or some[:1]
    if not some:
        mend = "`groovecast devices` lists what can be heard"
        if loopback and asked is None:
            mend += "; " + _GET_LOOPBACK.get(sys.platform, _GET_LOOPBACK_ON_LINUX)
        raise ValueError(f"asked for {wish}, devices found: {names}; {mend}")
    best = min(_rank(device) for device in some)
    preferred = [device for device in some if _rank(device) == best]
    if len(preferred) > 1:
        candidates = ", ".join(repr(device.full_name) for device in preferred)
        raise ValueError(f"asked for {wish}, {len(preferred)} fit: {candidates}; give more of the name")
    return preferred[0]


def found_again(lost: Device, found: Sequence[Device]) -> Device | None:
    """The lost device where it is there again, by its whole name alone: others may have that name within theirs.

    Raises ValueError with the mend when there are several of that name.
    """
    same = [one for one in found if (one.full_name, one.loopback) == (lost.full_name, lost.loopback)]
    some = same if len(same) < 2 else [one for one in same if one.default and lost.default]
    if same and len(some) != 1:
        raise ValueError(f"asked for {lost.full_name!r} again, {len(same)} have that name: unplug the others")
    return some[0] if some else None


def _rank(device: Device) -> int:
    places = (place for place, api in enumerate(_HOST_APIS) if api in device.host_api)
    return next(places, len(_HOST_APIS))


def portaudio() -> Any:
    """The sounddevice module (untyped), loaded only when a device is wanted."""
    try:
        import sounddevice
    except OSError as error:
        mend = "`sudo apt install libportaudio2` on Debian or Ubuntu, `brew install portaudio` on macOS"
        raise OSError(f"asked for a sound device, the PortAudio library was not found: {mend}") from error
    except Exception as error:  # its PortAudioError, which has no better base and no name before it is loaded
        if type(error).__name__ != "PortAudioError":
            raise
        raise mute(error) from error
    return sounddevice


def begin_anew() -> None:
    """Look again at what is plugged in, which PortAudio does at its start only; no stream may be open.

    Raises OSError with the mend when it cannot.
    """
    sounds = portaudio()
    try:
        while sounds._initialized:  # sounddevice has no public name for this
            sounds._terminate()
        sounds._initialize()
    except sounds.PortAudioError as error:
        raise mute(error) from error


def mute(error: Exception) -> OSError:
    """PortAudio's complaint, with the mend."""
    reason = " ".join(str(error).split())
    mend = "check that the system's sound service runs, or play a file instead"
    return OSError(f"asked for the sound devices, PortAudio says {reason}: {mend}")
