"""Sound arrives complete, in order and on time, from a song or a device."""

import json
import subprocess
import sys
import threading
import wave
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from fakes.sound_card import SoundCard, sound_card
from hypothesis import given, settings
from hypothesis import strategies as st

from groovecast.audio.decode import Audio
from realtime.clock import Clock, FakeClock, MonotonicClock
from realtime.devices import Device, devices, find_device
from realtime.sample_clock import SampleClock
from realtime.sources import FileSource, Source

__all__ = ["sound_card"]  # a fixture
RATE = 8000


def song(samples: int = RATE) -> Audio:
    """A ramp, so that every sample tells where it came from."""
    ramp = np.arange(samples, dtype=np.float32)
    return Audio(np.stack((ramp, ramp), axis=1), RATE)


def heard(source: FileSource, until_s: float) -> np.ndarray:
    """What it delivers until then, in one piece."""
    return np.concatenate([np.zeros(0, np.float32), *(block for block, _ in source.blocks_until(until_s))])


def test_both_clocks_keep_the_contract() -> None:
    assert isinstance(MonotonicClock(), Clock)
    clock = FakeClock(5.0)
    clock.sleep_until_s(6.0)
    clock.sleep_until_s(2.0)
    clock.advance(0.5)
    assert clock.now_s() == 6.5
    with pytest.raises(ValueError, match="never goes back"):
        clock.advance(-1)


def test_the_machines_clock_never_wakes_early() -> None:
    clock = MonotonicClock()
    wake_s = clock.now_s() + 0.002
    clock.sleep_until_s(wake_s)
    assert clock.now_s() >= wake_s


@settings(deadline=None)
@given(st.lists(st.floats(0, 0.3), max_size=30), st.integers(1, 900))
def test_a_song_arrives_whole_and_in_order_whatever_the_asking(steps_s: list[float], block: int) -> None:
    source, now_s = FileSource(song(), FakeClock(), block), 0.0
    got: list[np.ndarray] = []
    for step_s in steps_s:
        now_s += step_s
        for samples, time_s in source.blocks_until(now_s):
            assert time_s == pytest.approx(sum(map(len, got)) / RATE, abs=1e-9)
            assert time_s + block / RATE <= now_s + 1e-8
            got.append(samples)
    whole = np.concatenate([np.zeros(0, np.float32), *got])
    expected = np.arange(len(whole)) * (np.arange(len(whole)) < RATE)
    assert np.array_equal(whole, expected)
    assert len(whole) > now_s * RATE - block - 1


def test_audio_time_goes_on_in_silence_while_paused_and_after_the_end() -> None:
    source = FileSource(song(400), FakeClock(), 80)
    first = heard(source, 0.02)
    source.pause()
    assert not source.transport().playing
    pause = heard(source, 0.05)
    source.resume()
    rest = heard(source, 0.10)
    assert np.array_equal(first, np.arange(160))
    assert np.array_equal(pause, np.zeros(240))
    assert np.array_equal(rest, np.concatenate((np.arange(160, 400), np.zeros(160))))
    assert source.transport().ended
    assert source.transport().position_s == source.transport().duration_s == 0.05


def test_the_transport_tells_when_each_position_is_heard() -> None:
    source = FileSource(song(), FakeClock(10.0), 80)
    heard(source, 10.5)
    source.seek(0.25)
    state = source.transport()
    assert (state.playing, state.position_s, state.at_s, state.ended) == (True, 0.25, 10.5, False)
    block, time_s = next(source.blocks_until(10.51))
    assert block[0] / RATE == pytest.approx(state.position_s + time_s - state.at_s)
    assert source.transport() == state


def test_a_seek_is_clipped_and_a_finished_song_plays_again_when_resumed() -> None:
    source = FileSource(song(400), FakeClock(), 80)
    source.seek(-3)
    assert heard(source, 0.01)[0] == 0
    source.seek(99)
    assert not heard(source, 0.02).any()
    assert source.transport().ended
    source.resume()
    assert source.transport().playing
    assert np.array_equal(heard(source, 0.03), np.arange(80))


def test_a_looping_song_begins_again_without_a_gap() -> None:
    source = FileSource(song(100), FakeClock(), 80, loop=True)
    assert np.array_equal(heard(source, 0.05), np.arange(400) % 100)
    state = source.transport()
    assert (state.playing, state.ended, state.position_s) == (True, False, 0)
    assert state.at_s == pytest.approx(0.05)


def test_a_started_song_delivers_on_its_own_thread_the_same_blocks_as_offline() -> None:
    clock = MonotonicClock()
    source, twin = FileSource(song(), clock), FileSource(song(), FakeClock())
    assert isinstance(source, Source)
    got: list[tuple[np.ndarray, float]] = []
    enough = threading.Event()

    def hear(block: np.ndarray, time_s: float) -> None:
        assert time_s + len(block) / RATE <= clock.now_s() + 1e-6
        got.append((block, time_s))
        if len(got) == 10:
            enough.set()

    source.start(hear)
    assert enough.wait(5)
    source.stop()
    count = len(got)
    assert source.blocks == count
    start_s = got[0][1]
    for (live, live_s), (offline, offline_s) in zip(got, twin.blocks_until(10), strict=False):
        assert np.array_equal(live, offline)
        assert live_s - start_s == pytest.approx(offline_s, abs=1e-9)
    source.start(lambda _block, _time_s: None)
    with pytest.raises(ValueError, match="runs already"):
        source.start(hear)
    source.stop()
    assert len(got) == count


def test_an_empty_song_is_refused() -> None:
    with pytest.raises(ValueError, match="found 0 samples"):
        FileSource(Audio(np.zeros((0, 2), np.float32), RATE), FakeClock())


def stamped(late_s: np.ndarray, rate_error: float = 0.0, block: int = 480, rate: int = 48000) -> np.ndarray:
    """How far the stamped times are from the truth, for blocks that late."""
    clock = SampleClock(rate)
    seconds = block / rate * (1 + rate_error)
    truth_s = 100 + np.arange(len(late_s)) * seconds
    return np.array([clock.stamp(block, t + seconds + d) - t for t, d in zip(truth_s, late_s, strict=True)])


def test_jitter_of_arrival_does_not_move_the_time_of_samples() -> None:
    late_s = np.random.default_rng(1).exponential(0.008, 3000)
    error_s = stamped(late_s)[100:]
    assert np.abs(error_s).max() < 0.001
    assert np.abs(np.diff(error_s)).max() <= 1.1e-5


def test_slow_drift_is_followed() -> None:
    late_s = np.random.default_rng(2).exponential(0.004, 6000)
    error_s = stamped(late_s, rate_error=2e-4)[200:]
    assert np.abs(error_s).max() < 0.0015


def test_lost_sound_moves_the_mapping_at_once_when_it_is_sure() -> None:
    late_s = np.where(np.arange(1000) < 500, 0.001, 0.301)
    error_s = stamped(late_s)
    assert abs(error_s[499] - 0.001) < 1e-9
    assert abs(error_s[-1] - 0.301) < 0.002


def device(name: str, api: str = "ALSA", *, default: bool = False) -> Device:
    return Device(0, name, api, 2, 48000, default, "monitor" in name.lower())


DESK = device("Mixer USB", default=True)
FOUND = [device("Built-in Mic"), DESK, device("Mixer USB 2"), device("Monitor of Mixer")]


def test_a_device_is_found_by_part_of_its_name() -> None:
    assert find_device("built", FOUND).name == "Built-in Mic"
    assert find_device("mixer usb", FOUND) is DESK  # the whole name wins over a part of another
    assert find_device(None, FOUND) is DESK
    assert find_device(None, FOUND, loopback=True).name == "Monitor of Mixer"


def test_one_device_under_several_host_apis_is_one_device() -> None:
    twins = [
        device("Line (Mixer)", "MME"),
        device("Line (Mixer)", "Windows WASAPI"),
        device("Line (Mixer)", "?"),
    ]
    assert find_device("line", twins).host_api == "Windows WASAPI"
    assert find_device("line (mixer), mme", twins).host_api == "MME"


@pytest.mark.parametrize(
    ("asked", "found", "says"),
    [
        ("phono", FOUND, r"asked for device 'phono', devices found: Built-in Mic, .*`groovecast devices`"),
        ("usb", FOUND, r"2 fit: 'Mixer USB, ALSA', 'Mixer USB 2, ALSA'; give more of the name"),
        (None, [], r"asked for the default device, devices found: none; `groovecast devices`"),
    ],
)
def test_a_wish_that_cannot_be_met_is_one_line_with_the_mend(
    asked: str, found: list[Device], says: str
) -> None:
    with pytest.raises(ValueError, match=says) as caught:
        find_device(asked, found)
    assert "\n" not in str(caught.value)


def test_a_machine_without_portaudio_is_told_the_mend(monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken:
        def find_spec(self, name: str, *_: object) -> None:
            if name == "sounddevice":
                raise OSError("PortAudio library not found")

    monkeypatch.delitem(sys.modules, "sounddevice", raising=False)
    monkeypatch.setattr(sys, "meta_path", [Broken(), *sys.meta_path])
    with pytest.raises(OSError, match="apt install libportaudio2"):
        devices()


class PortAudioError(Exception):
    """As sounddevice's own: no OSError."""


def test_a_portaudio_that_cannot_begin_is_told_with_the_mend(monkeypatch: pytest.MonkeyPatch) -> None:
    class Unwilling:
        def find_spec(self, name: str, *_: object) -> None:
            if name == "sounddevice":
                raise PortAudioError("Error initializing PortAudio:\nUnanticipated host error [-9999]")

    monkeypatch.delitem(sys.modules, "sounddevice", raising=False)
    monkeypatch.setattr(sys, "meta_path", [Unwilling(), *sys.meta_path])
    with pytest.raises(OSError, match=r"says Error initializing PortAudio: Unanticipated .*: check that"):
        devices()


def test_a_portaudio_that_cannot_name_its_devices_is_told_with_the_mend(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def unable() -> None:
        raise PortAudioError("Error querying host APIs")

    fake = ModuleType("sounddevice")
    vars(fake).update(PortAudioError=PortAudioError, query_hostapis=unable)
    monkeypatch.setitem(sys.modules, "sounddevice", fake)
    with pytest.raises(OSError, match="PortAudio says Error querying host APIs: check that"):
        devices()


def test_no_portaudio_is_loaded_before_a_device_is_wanted() -> None:
    code = "import sys, realtime.sources; sys.exit('sounddevice' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


# Listens until told (a line on stdin), then prints what it heard: click times, counters and block times.
_EAR = """
import json, sys, numpy as np
from realtime.clock import MonotonicClock
from realtime.capture import DeviceSource
source = DeviceSource(sys.argv[1], MonotonicClock())
parts, times = [], []
def hear(block, time_s):
    parts.append(block.copy()); times.append(time_s)
    if len(parts) == 1: print("ready", flush=True)
source.start(hear)
sys.stdin.readline()
connected = source.connected
source.stop()
x = np.concatenate(parts)
first = np.concatenate([t + np.arange(len(p)) / source.sample_rate_hz for t, p in zip(times, parts)])
loud = np.flatnonzero(np.abs(x) > 0.25)
clicks = loud[np.diff(loud, prepend=-10**6) > 4000]
print(json.dumps({"rate": source.sample_rate_hz, "samples": len(x), "clicks_s": first[clicks].tolist(),
  "index": clicks.tolist(), "blocks": source.blocks, "overruns": source.overruns, "connected": connected,
  "span_s": first[-1] - first[0]}))
"""


@pytest.mark.sound
def test_clicks_played_into_a_card_are_heard_with_their_spacing(
    sound_card: SoundCard, tmp_path: Path
) -> None:
    rate, clicks, spacing_s = 48000, 5, 0.4
    sound = np.zeros(int(rate * spacing_s * (clicks + 1)), np.int16)
    for k in range(clicks):
        start = int(rate * (0.2 + k * spacing_s))
        sound[start : start + 48] = 30000
    with wave.open(str(tmp_path / "clicks.wav"), "wb") as file:
        file.setparams((1, 2, rate, 0, "NONE", ""))
        file.writeframes(sound.tobytes())
    command = [sys.executable, "-c", _EAR, sound_card.input_name]
    ear = subprocess.Popen(
        command, env=sound_card.env, text=True, stdin=-1, stdout=-1, stderr=subprocess.DEVNULL
    )
    assert ear.stdout is not None
    assert ear.stdout.readline() == "ready\n"
    assert sound_card.play(tmp_path / "clicks.wav").wait(timeout=20) == 0
    out, _ = ear.communicate("done\n", timeout=20)
    told = json.loads(out)
    assert told["rate"] in (44100, 48000)
    assert told["overruns"] == 0
    assert told["connected"]
    assert len(told["clicks_s"]) == clicks
    assert np.abs(np.diff(told["clicks_s"]) - spacing_s).max() < 0.003
    assert np.abs(np.diff(told["index"]) / told["rate"] - spacing_s).max() < 0.001
    assert told["span_s"] == pytest.approx(told["samples"] / told["rate"], abs=0.05)
