"""The bar: found from downbeats that the ear is half sure of, and kept through a beat that it misses."""

import numpy as np
import pytest

from groovecast.audio.bar_finder import METRES, BarFinder


def found(beats_per_bar: int, beats: int, sure: float = 0.6, first: int = 0) -> BarFinder:
    bars, rng = BarFinder(), np.random.default_rng(1)
    for beat in range(beats):
        downbeat = (beat + first) % beats_per_bar == 0
        bars.hear(float(np.clip((sure if downbeat else 0.15) + rng.normal(0, 0.1), 0.01, 0.9)), 0.9)
    return bars


@pytest.mark.parametrize("beats_per_bar", METRES)
@pytest.mark.parametrize("first", [0, 1])
def test_metre_and_place_are_found_within_some_bars(beats_per_bar: int, first: int) -> None:
    bar = found(beats_per_bar, 32, first=first).bar
    assert bar.beats == beats_per_bar
    assert bar.place == (31 + first) % beats_per_bar
    assert bar.share > 0.8


def test_what_is_heard_without_downbeats_is_counted_in_fours() -> None:
    bars = BarFinder()
    for _ in range(40):
        bars.hear(0.2, 0.8)
    assert bars.bar.beats == 4


def test_one_odd_beat_does_not_move_the_bar_and_a_new_bar_line_does() -> None:
    bars = found(4, 32)
    bars.hear(0.02, 0.9)  # a downbeat that is not heard
    assert bars.bar.place == 0
    bars = found(4, 30)  # two beats are missing: a bar begins early
    for beat in range(16):
        bars.hear(0.8 if beat % 4 == 0 else 0.05, 0.9)
    assert bars.bar.place == 15 % 4


def test_after_a_slip_the_length_of_the_bar_is_remembered_and_its_beginning_is_not() -> None:
    bars = found(3, 32)
    bars.slip()
    assert bars.belief.sum() == pytest.approx(1)
    metre = np.add.reduceat(bars.belief, np.cumsum((0, *METRES[:-1])))
    assert METRES[int(np.argmax(metre))] == 3
    assert np.ptp(bars.belief[METRES[0] : METRES[0] + 3]) == pytest.approx(0)
