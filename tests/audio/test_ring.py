"""The ring between the audio thread and the dance thread."""

import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from groovecast.audio.ring import SampleRing

RATE_HZ = 1000


def numbered(first: int, count: int) -> np.ndarray:
    return np.arange(first, first + count, dtype=np.float32)


@given(
    capacity=st.integers(1, 12),
    moves=st.lists(st.tuples(st.booleans(), st.integers(0, 30)), max_size=40),
)
def test_the_ring_is_a_list_that_forgets_its_oldest(capacity: int, moves: list[tuple[bool, int]]) -> None:
    ring, model, written, lost = SampleRing(capacity, RATE_HZ), list[float](), 0, 0
    for writes, count in moves:
        if writes:
            ring.write(numbered(written, count), written / RATE_HZ)
            model += [float(n) for n in range(written, written + count)]
            written += count
            lost_now = max(0, len(model) - capacity)
            lost, model = lost + lost_now, model[lost_now:]
        else:
            heard = ring.read(count)
            if heard is None:
                assert not model or count == 0
                continue
            assert heard.samples.tolist() == model[:count]
            assert heard.first_sample_time_s == pytest.approx(model[0] / RATE_HZ, abs=1e-9)
            model = model[count:]
    rest = ring.read()
    assert (rest.samples.tolist() if rest else []) == model
    assert ring.lost_samples == lost


def test_reading_nothing_gives_none() -> None:
    assert SampleRing(8, RATE_HZ).read() is None


def test_the_time_is_that_of_the_block_that_holds_the_sample() -> None:
    ring = SampleRing(100, RATE_HZ)
    ring.write(numbered(0, 10), 5.0)
    ring.write(numbered(10, 10), 7.0)  # the device was away for two seconds
    ring.read(14)
    heard = ring.read()
    assert heard is not None
    assert heard.first_sample_time_s == pytest.approx(7.004)


def test_what_was_read_is_not_overwritten_later() -> None:
    ring = SampleRing(4, RATE_HZ)
    ring.write(numbered(0, 4), 0.0)
    heard = ring.read()
    ring.write(numbered(4, 4), 0.004)
    assert heard is not None
    assert heard.samples.tolist() == [0, 1, 2, 3]


def test_a_ring_of_no_samples_is_refused() -> None:
    with pytest.raises(ValueError, match="both must be 1 or more"):
        SampleRing(0, RATE_HZ)


def test_two_threads_never_hear_a_torn_or_repeated_sample() -> None:
    ring, blocks, size = SampleRing(512, RATE_HZ), 3000, 64

    def write() -> None:
        for block in range(blocks):
            ring.write(numbered(block * size, size), block * size / RATE_HZ)

    writer = threading.Thread(target=write)
    writer.start()
    expected = heard = 0
    writing, stretch = True, None
    while writing or stretch is not None:
        writing = writer.is_alive()  # asked before the read, which then gets the last that was written
        stretch = ring.read()
        if stretch is None:
            continue
        first, count = int(stretch.samples[0]), len(stretch.samples)
        assert first >= expected
        assert np.array_equal(stretch.samples, numbered(first, count))
        expected = first + count
        heard += count
    writer.join()
    assert heard + ring.lost_samples == blocks * size
