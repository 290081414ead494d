"""Sound that a page sends: in step with its clock, from one client at a time, and never more than real time."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from groovecast.wire.errors import InputRefused
from groovecast.wire.live_sound import LiveSound
from realtime.clock import FakeClock
from realtime.page_sound import RATE_HZ, PageSource
from realtime.sources import Source

ANNA, BERT = object(), object()
BLOCK_S = 0.02
LISTENER_GAP_S = 0.08  # realtime/listener.py: what goes back further begins a new stream
LISTENER_TRUST_S = 5.0  # and what is less it follows within these


class Ear:
    """What it hears, laid out on the clock."""

    def __init__(self) -> None:
        self.heard: list[tuple[np.ndarray, float]] = []

    def __call__(self, block: np.ndarray, time_s: float) -> None:
        self.heard.append((block.copy(), time_s))

    def rising_s(self) -> list[float]:
        """When the sound rose above a half."""
        loud = np.concatenate([block for block, _ in self.heard]) > 0.5
        times_s = np.concatenate([time_s + np.arange(len(block)) / RATE_HZ for block, time_s in self.heard])
        return list(times_s[np.flatnonzero(loud & ~np.roll(loud, 1))])


def tick(number: int, rate_hz: int, channels: int = 1) -> np.ndarray:
    """A block of 20 ms; every 25th, so one each half second, is a loud tone that begins with it."""
    samples = np.zeros((round(BLOCK_S * rate_hz), channels), np.float32)
    samples[:] = 0.9 * (number % 25 == 0)
    return samples


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(100.0)


@pytest.fixture
def source(clock: FakeClock) -> PageSource:
    return PageSource(clock.now_s)


def send(
    source: PageSource, clock: FakeClock, blocks: range, rate_hz: int = 48000, *, late_s: float = 0.0,
    told: bool = True,
) -> None:  # fmt: skip
    """Anna sends these blocks, each as soon as it is over and the way has taken so long."""
    for number in blocks:
        first_s = 100 + number * BLOCK_S
        clock.sleep_until_s(first_s + BLOCK_S + late_s)
        source.hear(ANNA, LiveSound(number, first_s if told else 0.0, rate_hz, tick(number, rate_hz)))


@pytest.mark.parametrize("rate_hz", [8000, 44100, 48000, 96000])
@pytest.mark.parametrize("late_s", [0.0, 0.15])
def test_a_page_is_heard_when_it_heard_however_long_the_way(
    source: PageSource, clock: FakeClock, rate_hz: int, late_s: float
) -> None:
    assert isinstance(source, Source)
    ear = Ear()
    source.start(ear)
    source.take(ANNA, "microphone", "desk")
    send(source, clock, range(200), rate_hz, late_s=late_s)
    np.testing.assert_allclose(ear.rising_s()[1:], 100.5 + 0.5 * np.arange(7), atol=0.001)
    assert (source.blocks, source.overruns, source.connected, source.trouble) == (200, 0, True, "")


def test_a_page_whose_clock_is_not_known_is_heard_when_its_sound_comes(
    source: PageSource, clock: FakeClock
) -> None:
    ear = Ear()
    source.start(ear)
    source.take(ANNA, "tab", "")
    send(source, clock, range(200), late_s=0.1, told=False)
    np.testing.assert_allclose(ear.rising_s()[1:], 100.6 + 0.5 * np.arange(7), atol=0.001)


def test_lost_blocks_are_counted_and_do_not_move_what_follows(source: PageSource, clock: FakeClock) -> None:
    ear = Ear()
    source.start(ear)
    source.take(ANNA, "microphone", "")
    send(source, clock, range(60))
    send(source, clock, range(70, 160))
    assert source.overruns == 1
    np.testing.assert_allclose(ear.rising_s()[1:], [100.5, 101.0, 101.5, 102.0, 102.5, 103.0], atol=0.002)


def test_the_first_client_is_heard_until_it_leaves(source: PageSource, clock: FakeClock) -> None:
    ear = Ear()
    source.start(ear)
    source.take(ANNA, "microphone", "the desk")
    with pytest.raises(InputRefused, match="'the desk' is heard: end that first") as refusal:
        source.take(BERT, "tab", "")
    assert refusal.value.code == "input_taken"
    source.hear(BERT, LiveSound(0, 100.0, 48000, tick(0, 48000)))
    assert not ear.heard
    assert not source.leave(BERT)
    assert source.leave(ANNA)
    assert not source.connected and "no page sends sound" in source.trouble
    source.take(BERT, "tab", "")
    source.hear(BERT, LiveSound(0, 100.0, 48000, tick(0, 48000)))
    assert len(ear.heard) == 1


def test_more_than_real_time_ends_the_input(source: PageSource, clock: FakeClock) -> None:
    source.start(Ear())
    source.take(ANNA, "tab", "")
    send(source, clock, range(50))
    with pytest.raises(InputRefused, match="2 s ahead of real time") as refusal:
        for number in range(50, 300):
            source.hear(ANNA, LiveSound(number, clock.now_s(), 48000, tick(1, 48000)))
    assert refusal.value.code == "input_limit"
    assert not source.connected
    assert source.blocks == pytest.approx(150, abs=2)


@pytest.mark.parametrize("rate_hz", [44100, 96000])
def test_one_input_has_one_rate(source: PageSource, clock: FakeClock, rate_hz: int) -> None:
    source.start(Ear())
    source.take(ANNA, "tab", "")
    send(source, clock, range(3))
    with pytest.raises(InputRefused, match=f"asked to hear {rate_hz} Hz, this input began with 48000 Hz"):
        send(source, clock, range(3, 4), rate_hz)
    assert not source.connected
    source.take(ANNA, "tab", "")
    send(source, clock, range(4, 6), rate_hz)
    assert source.connected


def test_asking_again_and_again_gives_no_more_than_real_time(source: PageSource, clock: FakeClock) -> None:
    source.start(Ear())
    accepted = 0
    for _ in range(300):
        source.take(ANNA, "tab", "")
        try:
            for _ in range(50):
                source.hear(ANNA, LiveSound(0, clock.now_s(), 48000, tick(1, 48000)))
                accepted += 1
        except InputRefused:
            pass
        source.leave(ANNA)
    assert accepted * BLOCK_S <= 2 + BLOCK_S
    clock.advance(5)
    source.take(ANNA, "tab", "")
    source.hear(ANNA, LiveSound(0, clock.now_s(), 48000, tick(1, 48000)))
    assert source.connected, "and who has waited is heard again"


def test_a_client_that_was_still_for_an_hour_has_not_saved_an_hour(
    source: PageSource, clock: FakeClock
) -> None:
    source.start(Ear())
    source.take(ANNA, "tab", "")
    clock.advance(3600)
    with pytest.raises(InputRefused, match="ahead of real time"):
        for number in range(1000):
            source.hear(ANNA, LiveSound(number, clock.now_s(), 48000, tick(1, 48000)))


def test_very_many_very_short_blocks_end_the_input(source: PageSource, clock: FakeClock) -> None:
    source.start(Ear())
    source.take(ANNA, "tab", "")
    one = np.zeros((1, 1), np.float32)
    with pytest.raises(InputRefused, match="2 s ahead of real time"):
        for number in range(1200):
            source.hear(ANNA, LiveSound(number, clock.now_s(), 48000, one))
    assert 900 < source.blocks < 1100


@given(
    st.lists(st.tuples(st.integers(0, 100), st.floats(0.001, 2.0)), max_size=12),
    st.sampled_from([0.0, 0.06, 0.2]),
)
def test_whatever_comes_no_time_is_heard_twice_and_silence_fills_the_rest(
    steps: list[tuple[int, float]], way_s: float
) -> None:
    clock, ear = FakeClock(100.0), Ear()
    source = PageSource(clock.now_s)
    source.start(ear)
    source.take(ANNA, "microphone", "")
    seq = 0
    for blocks, wait_s in steps:
        for number in range(blocks):  # a burst of up to 2 s
            first_s = clock.now_s() - way_s - (blocks - number) * BLOCK_S
            try:
                source.hear(ANNA, LiveSound(seq, first_s, 48000, tick(1, 48000)))
            except InputRefused:
                source.take(ANNA, "microphone", "")
            seq += 1
        end_s = clock.now_s() + wait_s
        while clock.now_s() < end_s:
            clock.advance(1 / 60)
            source.keep_silence(clock.now_s())
    counted_s = told_s = 0.0  # the end of what was heard, by the count of samples, as the listener counts it
    for block, time_s in ear.heard:
        assert time_s >= max(counted_s, told_s) - LISTENER_GAP_S / 2 - 1e-3
        length_s, late_s = len(block) / RATE_HZ, time_s - counted_s
        counted_s += (
            late_s * (1 if late_s > LISTENER_GAP_S else min(1, length_s / LISTENER_TRUST_S)) + length_s
        )
        told_s = time_s + length_s
    if ear.heard:
        assert clock.now_s() - (ear.heard[-1][1] + len(ear.heard[-1][0]) / RATE_HZ) < 0.35 + way_s


def test_after_a_stall_the_sound_goes_on_where_the_silence_ended(
    source: PageSource, clock: FakeClock
) -> None:
    ear = Ear()
    source.start(ear)
    source.take(ANNA, "microphone", "")
    send(source, clock, range(100))
    while clock.now_s() < 103:
        clock.advance(1 / 60)
        source.keep_silence(clock.now_s())
    send(source, clock, range(100, 250))  # a second of it at once
    ends_s = [time_s + len(block) / RATE_HZ for block, time_s in ear.heard]
    starts_s = [time_s for _, time_s in ear.heard[1:]]
    np.testing.assert_allclose(starts_s, ends_s[:-1], atol=LISTENER_GAP_S / 2)
    np.testing.assert_allclose(
        ear.rising_s()[1:], [100.5, 101.0, 101.5, 103.0, 103.5, 104.0, 104.5], atol=0.06
    )


def test_nothing_is_heard_before_the_start_and_after_the_stop(source: PageSource, clock: FakeClock) -> None:
    ear = Ear()
    source.take(ANNA, "microphone", "")
    send(source, clock, range(3))
    source.start(ear)
    with pytest.raises(ValueError, match="runs already"):
        source.start(ear)
    source.stop()
    send(source, clock, range(3, 6))
    source.keep_silence(clock.now_s())
    assert not ear.heard
