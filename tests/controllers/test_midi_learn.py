"""MIDI learn: from the first messages of a fader, encoder or pad to what it is."""

import pytest
from fakes.midi_hands import Encoder, fader, fine_fader
from hypothesis import given
from hypothesis import strategies as st

from groovecast.wire.midi import ControlChange, MidiTouch, Note, PitchBend
from realtime.controllers.midi_learn import Learner
from realtime.controllers.midi_map import Mapping
from realtime.desk.control import Control

NUMBER = Control(name="intensity", kind="number", group="dance", says="How hard", most=2.0, start=1.0)
SWITCH = Control(name="mirror", kind="switch", group="dance", says="Left is right")
BUTTON = Control(name="panic", kind="button", group="show", says="Stand")
WAYS = ["two's complement", "signed bit", "binary offset"]


def learned(
    control: Control, moved: list[MidiTouch], then_s: float = 0.0, every_s: float = 0.02
) -> tuple[Mapping | None, int, Learner]:
    """What was learned, after how many messages, when nothing comes for a while afterwards."""
    learner, now_s = Learner(control), 100.0
    for count, touch in enumerate(moved, 1):
        now_s += every_s
        if found := learner.hear("nano", touch, now_s):
            return found, count, learner
        assert learner.tick(now_s + every_s / 2) is None
    for _ in range(round(then_s / 0.1)):
        now_s += 0.1
        if found := learner.tick(now_s):
            return found, len(moved), learner
    return None, len(moved), learner


@given(st.integers(0, 100), st.integers(1, 5), st.booleans(), st.integers(0, 127))
def test_a_fader_that_sweeps_is_absolute(start: int, step: int, down: bool, number: int) -> None:
    values = [start + step * each for each in range(6) if start + step * each <= 127]
    values = [127 - value for value in values] if down else values
    found, _, _ = learned(NUMBER, list(fader(values, number)), then_s=6)
    assert found is not None
    assert (found.kind, found.number, found.way, found.control) == ("cc", number, "absolute", "intensity")


@pytest.mark.parametrize("way", WAYS)
@given(
    st.lists(st.integers(1, 4), min_size=3, max_size=9), st.lists(st.integers(1, 4), min_size=3, max_size=9)
)
def test_an_encoder_turned_both_ways_is_known_by_its_kind(
    way: str, forward: list[int], back: list[int]
) -> None:
    clicks = [1, 1, *forward, 1, 1, *(-click for click in back), -1, -1]
    found, _, _ = learned(NUMBER, list(Encoder(way).turned(*clicks)), then_s=6)
    assert found is not None and found.kind == "cc"
    assert found.way == way


@pytest.mark.parametrize("way", WAYS)
def test_an_encoder_turned_one_way_asks_for_the_other_and_settles_for_the_usual(way: str) -> None:
    found, _, learner = learned(NUMBER, list(Encoder(way).turned(1, 1, 1, 1)), then_s=1.5)
    assert found is None
    assert learner.hint == "turn it back the other way too, to learn intensity"
    found, _, _ = learned(NUMBER, list(Encoder(way).turned(1, 1, 1, 1)), then_s=6)
    assert found is not None
    assert found.way == ("binary offset" if way == "binary offset" else "two's complement")


def test_a_fader_of_14_bits_is_one_control_and_no_encoder() -> None:
    found, count, learner = learned(NUMBER, list(fine_fader(range(8000, 8400, 30))), then_s=6)
    assert found is not None and count <= 6 and learner.hint == ""
    assert (found.kind, found.number, found.way) == ("cc14", 3, "absolute")


def test_a_pad_is_learned_when_it_is_pressed_and_not_when_it_is_let_go() -> None:
    found, count, _ = learned(BUTTON, [Note(9, 36, 0), Note(9, 36, 90)])
    assert found is not None and count == 2
    assert (found.kind, found.channel, found.number, found.way) == ("note", 9, 36, "absolute")
    found, _, _ = learned(SWITCH, [Note(9, 36, 90)])
    assert found is not None and found.way == "toggle"


def test_the_hand_that_a_motor_fader_feels_is_not_the_fader() -> None:
    """Mackie Control and its kin say by a note that a fader is touched, and only then how it moves."""
    found, _, _ = learned(NUMBER, [Note(0, 104, 127), PitchBend(0, 9000)])
    assert found is not None and found.kind == "bend"
    found, _, _ = learned(NUMBER, [Note(0, 104, 127), *fader([40, 42, 45, 47, 50, 53]), Note(0, 104, 0)])
    assert found is not None and (found.kind, found.number) == ("cc", 7)


def test_a_pad_for_a_number_is_learned_when_it_is_let_go_or_held_for_long() -> None:
    found, count, _ = learned(NUMBER, [Note(9, 36, 90), Note(9, 36, 0)])
    assert found is not None and count == 2 and (found.kind, found.number) == ("note", 36)
    found, _, _ = learned(NUMBER, [Note(9, 36, 90)], then_s=6)
    assert found is not None and found.kind == "note"


def test_a_wheel_is_learned_at_once() -> None:
    found, _, _ = learned(NUMBER, [PitchBend(2, 9000)])
    assert found is not None and (found.kind, found.channel) == ("bend", 2)


def test_a_button_that_says_when_it_is_let_go_toggles_a_switch_and_one_that_latches_sets_it() -> None:
    found, count, _ = learned(SWITCH, [*fader([127, 0])], every_s=0.2)
    assert found is not None and count == 2 and found.way == "toggle"
    found, _, _ = learned(SWITCH, [*fader([127])], then_s=1)
    assert found is not None and found.way == "absolute"
    found, _, _ = learned(SWITCH, [*fader([0])], then_s=2)
    assert found is None


def test_a_trembling_neighbour_does_not_take_the_place_of_what_is_moved() -> None:
    moved = [ControlChange(0, 99, 64), *fader([40, 42, 45, 47, 50, 53])]
    found, _, _ = learned(NUMBER, moved, then_s=2)
    assert found is not None and found.number == 7


@pytest.mark.parametrize("number", [40, 72])
def test_two_knobs_that_are_32_apart_are_one_fader_only_where_midi_says_so(number: int) -> None:
    other = {40: 72, 72: 40}[number]
    moved = [ControlChange(0, other, 64), *fader(range(80, 90), number), ControlChange(0, other, 63)]
    found, _, _ = learned(NUMBER, moved, then_s=2)
    assert found is not None and (found.kind, found.number) == ("cc", number)


@pytest.mark.parametrize("values", [[5, 6, 7, 8, 9], [125, 124, 121, 119, 117], [60, 59, 57, 55, 54]])
def test_a_fader_near_what_encoders_say_is_known_by_its_sweep_at_once(values: list[int]) -> None:
    found, _, learner = learned(NUMBER, list(fader(values)))
    assert found is not None and found.way == "absolute"
    assert learner.hint == ""


def test_an_encoder_that_is_turned_faster_and_faster_is_no_fader() -> None:
    clicks = (1, 2, 3, 4, 4, 3, 1, -1, -2, -2, -1)
    found, _, _ = learned(NUMBER, list(Encoder("two's complement").turned(*clicks)))
    assert found is not None and found.way == "two's complement"


@given(
    st.sampled_from([NUMBER, SWITCH, BUTTON]),
    st.lists(st.tuples(st.integers(0, 127), st.integers(0, 127)), max_size=30),
)
def test_whatever_moves_learning_raises_nothing(control: Control, moved: list[tuple[int, int]]) -> None:
    learned(control, [ControlChange(0, number, value) for number, value in moved], then_s=6)
