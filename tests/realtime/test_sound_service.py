"""What a Linux desktop can hear is listed by its own names, and one of them is opened."""

import os
import sys
from pathlib import Path

import pytest
from fakes.sounds import World

from realtime import devices as listing
from realtime.devices import Device, find_device
from realtime.pulse import (
    DEFAULT_MONITOR,
    PulseSource,
    heard_by_plugin,
    settings_without_shared_memory,
    sources_from_list,
)

_TOLD = """\
0\talsa_output.pci-0000_00_1f.3.analog-stereo.monitor\tmodule-alsa-card.c\ts16le 2ch 44100Hz\tSUSPENDED
1\talsa_input.usb-Mixer-00.multichannel-input\tmodule-alsa-card.c\ts24le 18ch 48000Hz\tRUNNING
2\tbluez_input.AA_BB\tmodule-bluez5-device.c\tfloat32le 1ch 16000Hz\tIDLE
53\talsa_output.hdmi.monitor\tPipeWire\ts32le 8ch 192000Hz\tIDLE
broken line
"""


def test_the_list_of_the_sound_service_is_read() -> None:
    found = sources_from_list(_TOLD)
    assert [(one.channels, one.rate_hz, one.monitor) for one in found] == [
        (2, 44100, True), (18, 48000, False), (1, 16000, False), (8, 192000, True),
    ]  # fmt: skip
    assert found[1] == PulseSource("alsa_input.usb-Mixer-00.multichannel-input", 18, 48000)


def test_the_plugin_is_told_what_to_hear_for_a_while_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PULSE_SOURCE", "before")
    with heard_by_plugin("desk.monitor"):
        assert os.environ["PULSE_SOURCE"] == "desk.monitor"
    assert os.environ["PULSE_SOURCE"] == "before"
    with heard_by_plugin(None):
        assert os.environ["PULSE_SOURCE"] == "before"
    monkeypatch.delenv("PULSE_SOURCE")
    with pytest.raises(KeyError), heard_by_plugin("x"):
        raise KeyError
    assert "PULSE_SOURCE" not in os.environ


@pytest.mark.skipif(sys.platform != "linux", reason="PulseAudio is heard on Linux")
def test_the_plugin_shares_no_memory_with_a_service_that_may_die(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PULSE_CLIENTCONFIG", raising=False)
    with heard_by_plugin(None):
        settings = Path(os.environ["PULSE_CLIENTCONFIG"])
        assert settings.read_text().splitlines()[-1] == "enable-shm = no"
    assert "PULSE_CLIENTCONFIG" not in os.environ and not settings.exists()


def test_the_persons_own_settings_of_the_sound_service_stay(tmp_path: Path) -> None:
    own = tmp_path / ".config" / "pulse" / "client.conf"
    more = own.parent / "client.conf.d" / "far.conf"
    more.parent.mkdir(parents=True)
    own.touch()
    more.touch()
    kept = f".include {own}\n.include {more}\nenable-shm = no\n"
    assert settings_without_shared_memory({}, tmp_path) == kept
    assert (
        settings_without_shared_memory({"XDG_CONFIG_HOME": f"{tmp_path}/.config"}, Path("/nowhere")) == kept
    )
    assert settings_without_shared_memory({"PULSE_HOME": str(own.parent)}, Path("/nowhere")) == kept
    named = {"PULSE_CLIENTCONFIG": str(more)}
    assert settings_without_shared_memory(named, tmp_path) == f".include {more}\nenable-shm = no\n"


def of_a_desktop(monkeypatch: pytest.MonkeyPatch, told: str) -> list[Device]:
    """All devices of a desktop whose PortAudio shows the hardware, the plugin and the default."""
    fake = World().module()
    names = ("USB Mixer: Audio (hw:1,0)", "pulse", "default")
    vars(fake).update(
        query_hostapis=lambda: [{"name": "ALSA"}],
        query_devices=lambda: [
            {"name": name, "hostapi": 0, "max_input_channels": 32, "default_samplerate": 44100.0}
            for name in names
        ],
    )
    fake.default.device = (2, 2)
    monkeypatch.setitem(__import__("sys").modules, "sounddevice", fake)
    monkeypatch.setattr(listing, "pulse_sources", lambda: sources_from_list(told))
    return listing.devices()


def test_every_monitor_can_be_asked_for_and_loopback_means_the_chosen_output(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = of_a_desktop(monkeypatch, _TOLD)
    loopback = find_device(None, found, loopback=True)
    assert (loopback.pulse_source, loopback.index, loopback.channels) == (DEFAULT_MONITOR, 1, 2)
    hdmi = find_device("hdmi", found, loopback=True)
    assert (hdmi.name, hdmi.index, hdmi.default_rate_hz) == ("alsa_output.hdmi.monitor", 1, 192000)
    assert find_device(None, found).name == "default"
    assert find_device("mixer", found).host_api == "PulseAudio"  # ALSA's own is held by the service
    assert find_device("usb mixer: audio (hw:1,0), alsa", found).index == 0


def test_without_the_sound_service_there_are_the_devices_of_alsa(monkeypatch: pytest.MonkeyPatch) -> None:
    found = of_a_desktop(monkeypatch, "")
    assert [device.host_api for device in found] == ["ALSA"] * 3
    with pytest.raises(ValueError, match=r"with the machine's own sound, devices found: .*; ") as caught:
        find_device(None, found, loopback=True)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("platform", "mend"),
    [
        ("linux", "install libasound2-plugins"),
        ("darwin", "install BlackHole and play into it, docs/sound.md says how"),
        ("win32", 'pip install "groovecast[loopback]"'),
    ],
)
def test_a_machine_whose_own_sound_cannot_be_heard_is_told_the_mend(
    monkeypatch: pytest.MonkeyPatch, platform: str, mend: str
) -> None:
    monkeypatch.setattr(listing.sys, "platform", platform)
    with pytest.raises(ValueError) as caught:
        find_device(None, [Device(0, "Built-in", "Core Audio", 1, 44100, True, False)], loopback=True)
    assert mend in str(caught.value)
