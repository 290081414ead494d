"""The next beat, bar and four bars are where the beat clock has them, never before now."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from groovecast.audio.beat_clock import BeatClock
from realtime.desk.quantise import next_line_s


def clock(
    tempo_bpm: float = 120.0, downbeat: int = 1, beats_per_bar: int = 4, confidence: float = 1.0
) -> BeatClock:
    """Beat 0 falls at 10 s; the first bar begins with `downbeat`."""
    return BeatClock(
        knots_s=np.array([10.0]),
        knots_beat=np.array([0.0]),
        tempo_bpm=tempo_bpm,
        confidence=confidence,
        downbeat=downbeat,
        beats_per_bar=beats_per_bar,
    )


@pytest.mark.parametrize(
    ("when", "line_s"), [("now", 20.1), ("beat", 20.5), ("bar", 20.5), ("four bars", 26.5)]
)
def test_lines_are_counted_from_the_downbeat(when: str, line_s: float) -> None:
    assert next_line_s(clock(), 20.1, when) == pytest.approx(line_s)


def test_a_waltz_has_bars_of_three() -> None:
    assert next_line_s(clock(downbeat=0, beats_per_bar=3), 10.1, "bar") == pytest.approx(11.5)


def test_without_a_beat_there_is_nothing_to_wait_for() -> None:
    assert next_line_s(clock(confidence=0.0), 20.1, "bar") is None
    assert next_line_s(clock(confidence=0.0), 20.1, "now") == 20.1


@given(
    st.floats(10, 1000), st.sampled_from(["beat", "bar", "four bars"]), st.floats(60, 200), st.integers(0, 3)
)
def test_a_line_is_the_first_after_now_and_on_the_beat(
    now_s: float, when: str, bpm: float, downbeat: int
) -> None:
    beats = clock(bpm, downbeat)
    line_s = next_line_s(beats, now_s, when)
    step = {"beat": 1, "bar": 4, "four bars": 16}[when]
    assert line_s is not None and now_s <= line_s <= now_s + step * 60 / bpm + 1e-6
    count = (float(beats.beat_at(line_s)) - downbeat) / step
    assert count == pytest.approx(round(count), abs=1e-5) or line_s == now_s
