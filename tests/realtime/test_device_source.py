"""A device is heard by its name, missed when it goes away, and heard again when it returns."""

import gc
import sys
import tracemalloc

import numpy as np
import pytest
from fakes.sounds import BLOCK_S, World

from realtime.capture import DeviceSource
from realtime.sources import Source


class Ear:
    """Keeps the level of each block, its time and its length."""

    def __init__(self) -> None:
        self.blocks: list[tuple[float, float, float]] = []

    def __call__(self, block: np.ndarray, time_s: float) -> None:
        self.blocks.append((time_s - 100, len(block) / 48000, float(block.mean())))

    def silent_s(self) -> float:
        return sum(length_s for _, length_s, level in self.blocks if level == 0)

    def holes_s(self) -> list[float]:
        """How much is missing between blocks, or heard twice."""
        return [
            later[0] - (sooner[0] + sooner[1])
            for sooner, later in zip(self.blocks, self.blocks[1:], strict=False)
        ]


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    made = World()
    monkeypatch.setitem(sys.modules, "sounddevice", made.module())
    return made


def run(world: World, seconds: float, source: DeviceSource, ear: Ear) -> DeviceSource:
    """Hear until the world has gone on for so long; its time passes in the source's own thread."""

    def end() -> None:
        source._running = False

    world.plan = {**world.plan, seconds: end}
    source.start(ear)
    thread = source._thread
    assert thread is not None
    thread.join(20)
    assert not thread.is_alive()
    return source


def test_a_device_is_heard_whole_and_in_time(world: World) -> None:
    ear = Ear()
    source = run(world, 3, DeviceSource("desk", world), ear)
    assert isinstance(source, Source)
    assert np.allclose([level for _, _, level in ear.blocks], 0.15)
    assert np.abs(ear.holes_s()).max() < 1e-6
    assert (source.losses, source.trouble, source.overruns) == (0, "", 0)
    assert (source.latency.stream_ms, source.latency.callback_ms) == (12, pytest.approx(10))
    source.stop()
    assert not world.streams


@pytest.mark.parametrize(
    ("asked", "level"), [(None, 0.15), ("1", 0.1), ("3-4", 0.35), ("1,4", 0.25), ("4", 0.25)]
)
def test_the_channels_that_were_asked_for_count_alike(world: World, asked: str | None, level: float) -> None:
    world.channels = 4
    ear = Ear()
    run(world, 0.5, DeviceSource("desk", world, channels=asked), ear).stop()
    assert np.allclose([heard for _, _, heard in ear.blocks], level)


def test_the_measured_latency_is_taken_off_the_time_of_each_sample(world: World) -> None:
    ear, early = Ear(), Ear()
    run(world, 0.5, DeviceSource("desk", world), ear).stop()
    world.plan, world.reached_s, world.now_at_s = {}, 100.0, 100.0
    run(world, 0.5, DeviceSource("desk", world, input_latency_s=0.07), early).stop()
    assert ear.blocks[0][0] - early.blocks[0][0] == pytest.approx(0.07)


def test_a_device_that_is_pulled_out_is_silence_until_it_returns(world: World) -> None:
    world.plan = {
        2.0: lambda: setattr(world, "plugged", False),
        5.0: lambda: setattr(world, "plugged", True),
    }
    ear, troubles = Ear(), []
    source = DeviceSource("desk", world)
    world.plan = {**world.plan, 3.0: lambda: troubles.append(source.trouble)}
    run(world, 9, source, ear)
    assert troubles == ["Desk is gone: plug it in again, it is looked for every second"]
    assert (source.losses, source.connected, source.trouble, world.opened) == (1, True, "", 2)
    assert 3 <= ear.silent_s() < 4.3
    assert np.abs(ear.holes_s()).max() < 0.06
    assert ear.blocks[-1][2] == pytest.approx(0.15)
    assert 3 <= world.begun <= 6  # PortAudio began anew for each look
    source.stop()


def test_a_device_whose_driver_never_lets_go_is_given_up_and_opened_again(world: World) -> None:
    """As PulseAudio's library does when its service dies while a block is being read."""
    world.plan = {
        2.0: lambda: (world.closes.clear(), setattr(world, "plugged", False)),
        3.0: lambda: setattr(world, "plugged", True),
    }
    ear = Ear()
    source = run(world, 9, DeviceSource("desk", world), ear)
    assert (source.losses, source.connected, source.trouble, world.opened) == (1, True, "", 2)
    assert 3 <= ear.silent_s() < 4.3
    assert np.abs(ear.holes_s()).max() < 0.06
    assert ear.blocks[-1][2] == pytest.approx(0.15)
    world.closes.set()
    source.stop()


def test_another_device_whose_name_holds_that_of_the_lost_one_is_not_heard_in_its_place(world: World) -> None:
    """A monitor's name holds that of its device."""
    world.plan = {
        1.0: lambda: (setattr(world, "name", "Monitor of Desk"), world.pull()),
        5.0: lambda: (setattr(world, "name", "Desk"), world.pull()),
    }
    source, troubles = DeviceSource("desk", world), []
    world.plan = {**world.plan, 4.0: lambda: troubles.append((source.trouble, world.opened))}
    run(world, 8, source, Ear())
    assert troubles == [("Desk is gone: plug it in again, it is looked for every second", 1)]
    assert (source.losses, source.connected, source.trouble, world.opened) == (1, True, "", 2)
    source.stop()


def test_a_device_that_returns_with_fewer_channels_is_heard_again(world: World) -> None:
    world.plan = {1.0: lambda: (setattr(world, "channels", 1), world.pull())}
    ear = Ear()
    source = run(world, 5, DeviceSource("desk", world), ear)
    assert (source.losses, source.connected, source.trouble, source.device.channels) == (1, True, "", 1)
    assert ear.blocks[-1][2] == pytest.approx(0.1)
    source.stop()


def test_a_device_that_returns_without_the_channels_asked_for_says_so(world: World) -> None:
    world.channels = 4
    world.plan = {1.0: lambda: (setattr(world, "channels", 2), world.pull())}
    source = run(world, 4, DeviceSource("desk", world, channels="3-4"), Ear())
    assert not source.connected
    assert "asked for --channels 3-4, the input has 2" in source.trouble
    source.stop()


def test_a_device_that_returns_at_another_rate_says_so_until_it_can_be_heard(world: World) -> None:
    world.fixed_rate = True
    world.plan = {
        1.0: lambda: (setattr(world, "rate_hz", 44100), world.pull()),
        5.0: lambda: setattr(world, "rate_hz", 48000),
    }
    source, troubles = DeviceSource("desk", world), []
    world.plan = {**world.plan, 4.0: lambda: troubles.append(source.trouble)}
    run(world, 8, source, Ear())
    (told,) = troubles
    assert "Invalid sample rate" in told and "\n" not in told
    assert "it has 44100 Hz now: set it to 48000 Hz, or start again" in told
    assert (source.losses, source.connected, source.trouble) == (1, True, "")
    source.stop()


def test_a_device_that_stays_but_falls_silent_for_a_second_is_opened_again(world: World) -> None:
    world.plan = {
        1.0: lambda: setattr(world, "flowing", False),
        2.5: lambda: setattr(world, "flowing", True),
    }
    source = run(world, 6, DeviceSource("desk", world), Ear())
    assert (source.losses, source.trouble, world.opened) == (1, "", 2)
    source.stop()


def test_a_device_that_comes_and_goes_is_counted_each_time(world: World) -> None:
    for start_s in (1.0, 5.0, 9.0):
        world.plan = {
            **world.plan,
            start_s: lambda: setattr(world, "plugged", False),
            start_s + 1.2: lambda: setattr(world, "plugged", True),
        }
    source = run(world, 13, DeviceSource("desk", world), Ear())
    assert (source.losses, source.connected) == (3, True)
    source.stop()


def test_a_device_can_be_stopped_while_it_is_away(world: World) -> None:
    world.plan = {0.5: lambda: setattr(world, "plugged", False)}
    source = run(world, 4, DeviceSource("desk", world), Ear())
    assert not source.connected and source.trouble
    source.stop()


def test_lost_sound_is_counted(world: World) -> None:
    world.plan = {
        0.5: lambda: setattr(world, "overflow", True),
        0.6: lambda: setattr(world, "overflow", False),
    }
    source = run(world, 1, DeviceSource("desk", world), Ear())
    assert source.overruns == pytest.approx(10, abs=1)
    source.stop()


def test_the_callback_keeps_no_memory_and_makes_no_array(world: World) -> None:
    """A block of 32 KiB, so that an array of its size could not hide; what floats need is given back at once."""
    source = DeviceSource("desk", world)
    source._open(source.device, lambda _block, _time_s: None)
    (stream,) = world.streams
    stream.heard = np.full((4096, 2), 0.25, np.float32)
    for _ in range(50):
        stream.deliver()
    gc.collect()
    gc.disable()
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        tracemalloc.reset_peak()
        for _ in range(500):
            stream.deliver()
        after, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
        gc.enable()
    assert after - before < 1024
    assert peak - before < 4096  # bytes: a block's samples would be 16 KiB
    source._close()


def test_the_callback_takes_no_lock(world: World) -> None:
    source = DeviceSource("desk", world)
    source._open(source.device, lambda _block, _time_s: None)
    names: set[str] = set()

    def profile(_frame: object, event: str, about: object) -> None:
        if event == "c_call":
            names.add(getattr(about, "__qualname__", ""))

    sys.setprofile(profile)
    try:
        world.streams[0].deliver()
    finally:
        sys.setprofile(None)
    assert names and not [name for name in names if "lock" in name.lower() or "acquire" in name]
    source._close()


def test_a_device_that_another_program_holds_is_one_line_with_the_mend(world: World) -> None:
    source = DeviceSource("desk", world)
    world.plugged = False
    with pytest.raises(OSError, match=r"asked to open 'Desk', PortAudio says .*; close what else uses it"):
        source.start(Ear())
    assert BLOCK_S and not world.streams
