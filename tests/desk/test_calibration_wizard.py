"""The wizard: people who tap early, late, twice or not at all give the offset, or are told that it is none."""

import numpy as np
import pytest
from cue_stage import AtOnce
from hypothesis import given
from hypothesis import strategies as st

from groovecast.wire.desk_messages import CalibrateWish, Calibration
from realtime.calibrate import chirp
from realtime.calibration import BEAT_S, BEATS, WARM_UP, Calibrator, tapped
from realtime.desk.controls import outlet_control, show_controls
from realtime.desk.desk import Desk

BEATS_S = tuple(50 + BEAT_S * beat for beat in range(BEATS))
RATE_HZ = 48000


class Person:
    """Somebody who taps along: `late_s` on average, no two taps alike."""

    def __init__(self, seed: int, jitter_s: float = 0.025) -> None:
        self._dice, self._jitter_s = np.random.default_rng(seed), jitter_s

    def taps(self, beats_s: tuple[float, ...], late_s: float, slips: bool = False) -> list[float]:
        """One tap a beat; with slips one in twelve is left out, is doubled, or goes wide."""
        found = []
        for beat_s in beats_s:
            tap_s = beat_s + late_s + self._jitter_s * self._dice.normal()
            fate = self._dice.integers(12) if slips else 3
            if fate == 1:
                found.append(tap_s + self._dice.uniform(0.01, 0.1))
            if fate == 2:
                tap_s += self._dice.choice([-1, 1]) * self._dice.uniform(0.12, 0.28)
            if fate:
                found.append(tap_s)
        return sorted(found)


class Wizard:
    """The wizard at a desk, at a time that the test sets."""

    def __init__(self) -> None:
        self.now_s = 100.0
        self.desk = Desk([*show_controls(), outlet_control(1, "VMC", 0.0)], lambda: self.now_s)
        self.wizard = Calibrator(self.desk, lambda: self.now_s, AtOnce())
        self.told: list[Calibration] = []
        self.wizard.listen(self.told.append)

    def ask(self, do: str, **more: object) -> None:
        self.wizard.ask(CalibrateWish(do=do, **more))  # type: ignore[arg-type]

    def round(self, person: Person, late_s: float, slips: bool = False) -> None:
        """Somebody taps along to what is told, to its end."""
        beats_s = self.told[-1].at_s
        assert len(beats_s) == BEATS and beats_s[0] > self.now_s + 1
        for tap_s in person.taps(beats_s, late_s, slips):
            self.now_s = tap_s
            assert self.wizard.take_tap(tap_s)
            self.wizard.tick(tap_s)
        self.now_s = beats_s[-1] + 0.7
        self.wizard.tick(self.now_s)

    @property
    def last(self) -> Calibration:
        return self.told[-1]


@pytest.mark.parametrize("late_ms", [-60.0, 0.0, 35.0, 120.0])
def test_a_picture_that_is_late_is_shown_earlier_by_as_much(late_ms: float) -> None:
    errors_ms, within = [], 0
    for seed in range(40):
        wizard, person = Wizard(), Person(seed)
        wizard.ask("start")
        wizard.round(person, -0.03, slips=True)  # people tap before a click
        assert wizard.last.stage == "flash", wizard.last.text
        wizard.round(person, -0.03 + late_ms / 1000, slips=True)
        assert wizard.last.stage == "result" and wizard.last.offset_ms is not None
        errors_ms.append(wizard.last.offset_ms + late_ms)
        within += abs(errors_ms[-1]) <= (wizard.last.spread_ms or 0.0)
        assert wizard.desk.value("offset_ms") == 0, "nothing is set before it is kept"
    assert abs(np.mean(errors_ms)) < 6 and np.percentile(np.abs(errors_ms), 90) < 25
    assert within >= 32, "and how far off it may be is said truly"


def test_keep_sets_the_offset_and_ends_the_wizard() -> None:
    wizard = Wizard()
    wizard.ask("start", target="out1_offset_ms")
    wizard.round(Person(1), 0.0)
    wizard.round(Person(2), 0.1)
    offered_ms = wizard.last.offset_ms
    assert wizard.last.target == "out1_offset_ms" and "later than the click" in wizard.last.text
    wizard.ask("keep")
    assert wizard.desk.value("out1_offset_ms") == offered_ms and wizard.desk.value("offset_ms") == 0
    assert wizard.last.stage == "idle"
    with pytest.raises(ValueError, match="nothing has been"):
        wizard.ask("keep")


def test_who_taps_at_random_gets_no_result() -> None:
    for seed in range(30):
        wizard, dice = Wizard(), np.random.default_rng(seed)
        wizard.ask("start")
        beats_s = wizard.last.at_s
        for tap_s in sorted(dice.uniform(beats_s[0], beats_s[-1], 30)):
            wizard.wizard.take_tap(float(tap_s))
        wizard.now_s = beats_s[-1] + 0.7
        wizard.wizard.tick(wizard.now_s)
        assert wizard.last.stage == "refused" and wizard.last.offset_ms is None


def test_who_does_not_tap_is_told_so_and_can_begin_again() -> None:
    wizard = Wizard()
    wizard.ask("start")
    wizard.now_s += 30
    wizard.wizard.tick(wizard.now_s)
    assert wizard.last.text == "0 taps could be used, 10 are needed: tap along to every beat."
    wizard.ask("start")
    assert wizard.last.stage == "click"


def test_a_result_beyond_half_a_beat_is_none() -> None:
    wizard = Wizard()
    wizard.ask("start")
    wizard.round(Person(1), -0.14)
    wizard.round(Person(2), 0.15)
    assert wizard.last.stage == "refused" and "no result" in wizard.last.text


def test_taps_are_the_beat_s_again_when_the_wizard_is_left() -> None:
    wizard = Wizard()
    assert not wizard.wizard.take_tap(100.0)
    wizard.ask("start")
    assert wizard.wizard.take_tap(101.0)
    wizard.ask("taps", at_s=(102.0, 102.6))
    assert wizard.last.heard == 2, "the first came long before the first beat"
    wizard.ask("stop")
    assert not wizard.wizard.take_tap(103.0) and wizard.last == Calibration(stage="idle")


@pytest.mark.parametrize("target", ["intensity", "out9_offset_ms", "out1_offset_ms; rm"])
def test_what_is_no_offset_cannot_be_calibrated(target: str) -> None:
    with pytest.raises(ValueError, match="asked to"):
        Wizard().ask("start", target=target)


@given(st.lists(st.floats(0, 1e6), max_size=60))
def test_whatever_is_tapped_is_a_result_within_a_beat_or_a_sentence(taps_s: list[float]) -> None:
    try:
        found = tapped(taps_s, BEATS_S)
    except ValueError as why:
        assert "\n" not in str(why)
    else:
        assert abs(found.late_s) <= BEAT_S / 2 and found.taps <= BEATS - WARM_UP


# -- by microphone ------------------------------------------------------------------------------------------


def room(wizard: Wizard, late_s: float | None, noise: float = 0.01, jitter_s: float = 0.0) -> None:
    """Chirps are played as asked and heard that much later, in noise; None: they are not heard."""
    played_s, dice = wizard.last.at_s, np.random.default_rng(4)
    begin_s, seconds = wizard.now_s, played_s[-1] + 1.5 - wizard.now_s
    sound = (noise * dice.normal(size=int(seconds * RATE_HZ))).astype(np.float32)
    for at_s in played_s:
        if late_s is not None:
            first = round((at_s + late_s + jitter_s * dice.normal() - begin_s) * RATE_HZ)
            one = 0.3 * chirp(RATE_HZ)
            sound[first : first + len(one)] += one
    for first in range(0, len(sound), 960):
        wizard.wizard.hear(sound[first : first + 960], begin_s + first / RATE_HZ)
    wizard.now_s = played_s[-1] + 0.7
    wizard.wizard.tick(wizard.now_s)
    wizard.wizard.tick(wizard.now_s)


def test_the_microphone_says_how_late_a_click_comes_in_and_the_taps_are_counted_in() -> None:
    wizard = Wizard()
    wizard.wizard.rate_hz = lambda: RATE_HZ
    wizard.ask("loopback")
    assert wizard.last.stage == "loopback" and len(wizard.last.at_s) == 10
    room(wizard, 0.087)
    assert wizard.last.stage == "result" and wizard.last.offset_ms == pytest.approx(-87, abs=1)
    wizard.ask("start")
    wizard.round(Person(1, 0.005), 0.0)
    wizard.round(Person(2, 0.005), 0.04)
    assert wizard.last.offset_ms == pytest.approx(-127, abs=8)
    assert "87 ms after it is played" in wizard.last.text
    wizard.wizard.rate_hz = lambda: None
    wizard.ask("start")
    wizard.round(Person(1, 0.005), 0.0)
    wizard.round(Person(2, 0.005), 0.04)
    assert wizard.last.offset_ms == pytest.approx(-40, abs=8), "a song comes by no microphone"


@pytest.mark.parametrize(
    ("late_s", "jitter_s", "said"), [(None, 0.0, "0 of 10 clicks were heard"), (0.1, 0.08, "apart")]
)
def test_what_is_not_heard_or_not_steady_is_no_result(
    late_s: float | None, jitter_s: float, said: str
) -> None:
    wizard = Wizard()
    wizard.wizard.rate_hz = lambda: RATE_HZ
    wizard.ask("loopback")
    room(wizard, late_s, jitter_s=jitter_s)
    assert wizard.last.stage == "refused" and said in wizard.last.text and wizard.last.offset_ms is None


def test_without_live_sound_there_is_nothing_to_listen_with() -> None:
    with pytest.raises(ValueError, match="a song is danced to and nothing is heard"):
        Wizard().ask("loopback")


def test_nothing_is_kept_of_the_sound_before_and_after() -> None:
    wizard = Wizard()
    wizard.wizard.hear(np.zeros(480, np.float32), 100.0)
    assert not wizard.wizard._blocks
