"""What a Windows machine plays, through a PyAudioWPatch made from its documentation: never run on Windows by us."""

import sys
from itertools import pairwise
from types import ModuleType

import numpy as np
import pytest

from realtime.settings import SoundWishes
from realtime.sources import Source
from realtime.wasapi import LoopbackSource, wasapi_loopback_installed

RATE = 48000
BLOCK = RATE // 100


class Machine:
    """Windows with an output: its time passes while somebody sleeps, and sound waits to be read."""

    def __init__(self) -> None:
        self.time_s = self.written_s = 100.0
        self.playing = self.plugged = True
        self.rate_hz, self.channels = RATE, 2
        self.waiting = 0
        self.plan: dict[float, object] = {}
        self.opened: list[dict[str, object]] = []
        self.systems = 0

    def now_s(self) -> float:
        return self.time_s

    def sleep_until_s(self, wake_s: float) -> None:
        self.time_s = max(self.time_s, wake_s)
        for at_s in [at_s for at_s in self.plan if at_s <= self.time_s - 100]:
            self.plan.pop(at_s)()  # type: ignore[operator]
        while self.written_s + 0.01 <= self.time_s:
            self.written_s += 0.01
            self.waiting += self.rate_hz // 100 * (self.playing and self.plugged)  # silence gives nothing

    def is_another(self, *, rate_hz: int, channels: int) -> None:
        """An output is there, of another kind."""
        self.plugged, self.rate_hz, self.channels, self.waiting = True, rate_hz, channels, 0

    def module(self) -> ModuleType:
        machine = self

        class Stream:
            def get_read_available(self) -> int:
                if not machine.plugged:
                    raise OSError(-9988, "Stream closed")
                return machine.waiting

            def read(self, count: int, exception_on_overflow: bool = True) -> bytes:
                assert not exception_on_overflow
                machine.waiting -= count
                return np.tile(np.array([0.2, 0.4][: machine.channels], "<f4"), count).tobytes()

            def close(self) -> None:
                machine.waiting = 0

        class PyAudio:
            def __init__(self) -> None:
                machine.systems += 1

            def get_default_wasapi_loopback(self) -> dict[str, object]:
                if not machine.plugged:
                    raise LookupError("Loopback device not found")
                name = "Speakers (Realtek) [Loopback]"
                return {
                    "name": name, "index": 11, "defaultSampleRate": float(machine.rate_hz),
                    "maxInputChannels": machine.channels,
                    "isLoopbackDevice": True,
                }  # fmt: skip

            def open(self, **wishes: object) -> Stream:
                machine.opened.append(wishes)
                return Stream()

            def terminate(self) -> None:
                machine.systems -= 1

        fake = ModuleType("pyaudiowpatch")
        vars(fake).update(PyAudio=PyAudio, paFloat32=1)
        return fake


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    made = Machine()
    monkeypatch.setitem(sys.modules, "pyaudiowpatch", made.module())
    return made


def run(machine: Machine, seconds: float, source: LoopbackSource) -> list[tuple[float, int, float]]:
    """Start, length and level of each block within so many seconds."""
    heard: list[tuple[float, int, float]] = []
    machine.plan[seconds] = lambda: setattr(source, "_running", False)
    source.start(lambda block, at_s: heard.append((at_s - 100, len(block), float(block.mean()))))
    thread = source._thread
    assert thread is not None
    thread.join(20)
    assert not thread.is_alive()
    return heard


def seamless(heard: list[tuple[float, int, float]], within_s: float) -> None:
    for (start_s, count, _), (next_s, _, _) in pairwise(heard):
        assert next_s - start_s - count / RATE == pytest.approx(0, abs=within_s)


def test_what_is_played_is_heard_in_time(machine: Machine) -> None:
    source = LoopbackSource(machine)
    assert isinstance(source, Source)
    heard = run(machine, 2, source)
    assert (source.title, source.sample_rate_hz) == ("Speakers (Realtek) [Loopback]", RATE)
    assert machine.opened == [
        {"format": 1, "channels": 2, "rate": RATE, "input": True, "input_device_index": 11,
         "frames_per_buffer": BLOCK}
    ]  # fmt: skip
    assert np.allclose([level for _, _, level in heard], 0.3)
    seamless(heard, 0.006)
    source.stop()
    assert not source.connected


def test_nothing_played_is_silence_without_a_hole(machine: Machine) -> None:
    machine.plan = {1.0: lambda: setattr(machine, "playing", False)}
    machine.plan[3.0] = lambda: setattr(machine, "playing", True)
    source = LoopbackSource(machine)
    heard = run(machine, 5, source)
    seamless(heard, 0.05)
    silent_s = sum(count for _, count, level in heard if level == 0) / RATE
    assert silent_s == pytest.approx(2, abs=0.1)
    assert (source.losses, source.trouble) == (0, "")
    source.stop()


def test_an_output_that_goes_away_is_missed_and_found_again(machine: Machine) -> None:
    machine.plan = {1.0: lambda: setattr(machine, "plugged", False)}
    machine.plan[3.5] = lambda: setattr(machine, "plugged", True)
    source = LoopbackSource(machine)
    troubles: list[str] = []
    machine.plan[2.0] = lambda: troubles.append(source.trouble)
    heard = run(machine, 6, source)
    assert troubles == ["Speakers (Realtek) [Loopback] is gone: it is looked for every second"]
    assert (source.losses, source.connected, source.trouble) == (1, True, "")
    assert heard[-1][2] == pytest.approx(0.3)
    assert machine.systems == 1
    source.stop()


def test_an_output_that_returns_with_another_rate_and_other_channels_is_heard_in_time(
    machine: Machine,
) -> None:
    machine.plan = {1.0: lambda: setattr(machine, "plugged", False)}
    machine.plan[2.5] = lambda: machine.is_another(rate_hz=44100, channels=1)
    source = LoopbackSource(machine)
    heard = run(machine, 6, source)
    assert (source.losses, source.connected, source.trouble, source.sample_rate_hz) == (1, True, "", RATE)
    assert [(wishes["rate"], wishes["channels"]) for wishes in machine.opened] == [(RATE, 2), (44100, 1)]
    last_s = [(start_s, count, level) for start_s, count, level in heard if start_s > 4.5]
    assert np.allclose([level for _, _, level in last_s], 0.2, atol=0.01)
    assert sum(count for _, count, _ in last_s) == pytest.approx(1.5 * RATE, rel=0.02)
    seamless(last_s, 0.006)
    source.stop()


def test_an_output_that_is_back_but_cannot_be_opened_says_why(machine: Machine) -> None:
    machine.plan = {1.0: lambda: setattr(machine, "plugged", False)}
    machine.plan[1.5] = lambda: machine.is_another(rate_hz=768000, channels=2)
    source = LoopbackSource(machine)
    run(machine, 4, source)
    assert not source.connected
    assert "Speakers (Realtek) [Loopback] is looked for every second: " in source.trouble
    assert "768000 Hz: 8000 to 192000 can be heard" in source.trouble
    source.stop()


def test_a_machine_without_an_output_is_one_line_with_the_mend(machine: Machine) -> None:
    machine.plugged = False
    with pytest.raises(OSError, match="WASAPI says Loopback device not found: choose an output"):
        LoopbackSource(machine)


def test_it_is_for_windows_with_the_extra_only(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    assert wasapi_loopback_installed() == (sys.platform == "win32")
    monkeypatch.delitem(sys.modules, "pyaudiowpatch")
    monkeypatch.setattr(sys, "platform", "win32")
    assert not wasapi_loopback_installed()
    with pytest.raises(OSError, match=r"PyAudioWPatch is missing: pip install \"groovecast\[loopback\]\""):
        LoopbackSource(machine)


def test_sources_that_exclude_each_other_are_one_line() -> None:
    with pytest.raises(ValueError, match="asked for --from-page and --loopback or --device: choose one"):
        SoundWishes(loopback=True, from_page=True)
    with pytest.raises(ValueError, match="asked for --input-latency-ms -1: give 0 to 1000"):
        SoundWishes(input_latency_ms=-1)
