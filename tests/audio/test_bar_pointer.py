"""The bar pointer: belief stays a probability, and goes where the beats are."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from groovecast.audio.bar_pointer import LEAST_TEMPO_BPM, MOST_TEMPO_BPM, BarPointer
from groovecast.audio.ear import TEMPO_BINS, bin_bpm
from groovecast.audio.features import HOP_S


def heard(pointer: BarPointer, interval: int, hops: int) -> BarPointer:
    for hop in range(hops):
        pointer.hear((0.25, 0.6, 0.25)[hop % interval] if hop % interval < 3 else 0.003)
    return pointer


@settings(max_examples=20, deadline=None)
@given(st.lists(st.floats(0, 1.5), max_size=60))
def test_belief_stays_a_probability_whatever_is_heard(chances: list[float]) -> None:
    pointer = BarPointer()
    for chance in chances:
        pointer.hear(chance)
    best = pointer.best()
    assert 60 / MOST_TEMPO_BPM - HOP_S <= best.period_s <= 60 / LEAST_TEMPO_BPM + HOP_S
    assert 0 <= best.phase < 1
    assert 0 < best.mass <= 1 + 1e-9
    assert 0 <= best.sharpness <= 1 + 1e-9


@pytest.mark.parametrize("interval", [34, 48, 75, 100])
def test_a_steady_beat_is_believed_in_at_its_tempo(interval: int) -> None:
    best = heard(BarPointer(), interval, 600).best()
    assert best.period_s == pytest.approx(interval * HOP_S, rel=0.02)
    assert best.mass * best.sharpness > 0.8


def test_the_ear_s_tempo_decides_between_octaves_that_the_beats_leave_open() -> None:
    for bpm in (70, 140):
        pointer = BarPointer()
        tempo = np.exp(-0.5 * (np.log2(bin_bpm() / bpm) / 0.1) ** 2).astype(np.float32)
        pointer.favour(tempo / tempo.sum())
        for hop in range(1200):  # every second beat is half as sure
            peak = 0.5 if hop % 86 < 3 else 0.1
            pointer.hear(peak * (0.4, 1, 0.4)[hop % 43] if hop % 43 < 3 else 0.0032)
        assert pointer.best().period_s == pytest.approx(60 / bpm, rel=0.03)


def test_who_is_told_a_tempo_keeps_to_it() -> None:
    pointer = heard(BarPointer(), 40, 400)
    pointer.guide(75.0)
    assert heard(pointer, 40, 1200).best().period_s == pytest.approx(0.8, rel=0.05)
    pointer.guide(None)
    assert heard(pointer, 40, 2400).best().period_s == pytest.approx(0.4, rel=0.05)


def test_a_tempo_guess_is_a_weight_for_every_bin() -> None:
    assert len(bin_bpm()) == TEMPO_BINS
    assert np.all(np.diff(bin_bpm()) > 0)
    assert bin_bpm()[0] < LEAST_TEMPO_BPM < MOST_TEMPO_BPM < bin_bpm()[-1]
