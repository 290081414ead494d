"""The desk: values are clamped and named, glide instead of jumping, come at their time, and are told to all."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime.dance_settings import DanceSettings
from realtime.desk.control import Control
from realtime.desk.controls import crew_controls, cue_controls, dance_controls, show_controls
from realtime.desk.desk import Change, Desk

STYLES = ("salsa", "street", "idle")


class Night:
    """A desk at a time that the test sets, and what it said and told."""

    def __init__(self) -> None:
        self.now_s = 100.0
        controls = [*dance_controls(STYLES, DanceSettings()), *show_controls(), *cue_controls()]
        self.desk = Desk([*controls, *crew_controls(STYLES, 1)], lambda: self.now_s)
        self.told: list[Change] = []
        self.said: list[str] = []
        self.desk.listen(self.told.append)
        self.desk.on_say(self.said.append)

    def tick(self, seconds: float = 0.0) -> None:
        """Time goes on, and the desk with it."""
        self.now_s += seconds
        self.desk.tick(self.now_s)


def test_a_value_too_large_is_clamped_and_named() -> None:
    night = Night()
    assert night.desk.turn("intensity", 5, "page 1") == 2
    night.tick()
    assert night.said == ["asked to set intensity to 5: it takes 0 to 2, it is 2"]
    assert night.told == [Change("intensity", 2.0, "page 1")]


@pytest.mark.parametrize("value", [math.nan, math.inf, "loud", True, None, [1], 10**400])
def test_what_is_no_number_is_refused_and_changes_nothing(value: object) -> None:
    night = Night()
    with pytest.raises(ValueError, match=r"asked to set intensity to .*: give a number from 0 to 2"):
        night.desk.turn("intensity", value, "page 1")
    night.tick()
    assert night.desk.value("intensity") == 1 and not night.told


def test_a_turn_takes_its_time_and_a_blend_sums_to_one() -> None:
    night = Night()
    night.desk.turn("style", "salsa", "page 1")
    middle = night.desk.board.shares("style", night.now_s + 0.5)
    assert middle == pytest.approx({"auto": 0.5, "salsa": 0.5})
    night.tick(0.5)
    night.desk.turn("style", "street", "page 1")
    assert night.desk.board.shares("style", night.now_s) == pytest.approx(middle), (
        "it goes on from where it was"
    )
    night.tick(2.0)
    assert night.desk.board.shares("style", night.now_s) == {"street": 1.0}
    assert night.desk.board.glides == {}


def test_what_is_to_come_is_known_before_and_counts_when_its_time_comes() -> None:
    night = Night()
    night.desk.bring({"intensity": 2, "mirror": True}, night.now_s + 3, 0.0, "cue drop")
    assert night.desk.value("intensity") == 1
    assert night.desk.board.number("intensity", night.now_s + 2.9) == 1
    assert night.desk.board.number("intensity", night.now_s + 3.5) == 2
    assert night.desk.board.switch("mirror", night.now_s + 3)
    night.tick(2.9)
    assert not night.told
    night.tick(0.2)
    assert {change.name for change in night.told} == {"intensity", "mirror"}
    assert night.desk.value("intensity") == 2


def test_what_is_to_come_can_be_moved_and_called_off() -> None:
    night = Night()
    night.desk.bring({"intensity": 2}, night.now_s + 3, 0.0, "cue drop")
    night.desk.move(["intensity"], night.now_s + 4)
    assert night.desk.board.number("intensity", night.now_s + 3.9) == 1
    night.desk.drop(["intensity"])
    night.tick(6)
    assert night.desk.value("intensity") == 1 and not night.told


def test_a_thousand_posts_are_one_turn_and_bad_ones_one_line() -> None:
    night = Night()
    for step in range(1000):
        night.desk.post("intensity", step / 999, "osc")
        night.desk.post("groove", math.nan, "osc")
        night.desk.post("wings", 0.5, "osc")
    night.tick()
    assert night.told == [Change("intensity", 2.0, "osc")]
    assert len(night.said) == 1 and night.desk.refused == 2
    assert night.desk.value("groove") == 1


def test_a_button_is_pressed_as_often_as_it_was_posted_up_to_a_limit() -> None:
    night, pressed = Night(), list[float]()
    night.desk.on_press("panic", pressed.append)
    for _ in range(3):
        night.desk.post("panic", 1, "osc")
        night.desk.post("panic", 0, "osc")
    night.tick()
    assert len(pressed) == 3
    for _ in range(1000):
        night.desk.post("panic", 1, "osc")
    night.tick()
    assert len(pressed) == 11


def test_who_refuses_a_turn_keeps_the_control_where_it_is() -> None:
    night = Night()

    def never(value: object, by: str) -> None:
        raise ValueError("asked for freeze: not tonight")

    night.desk.on_turn("freeze", never)
    with pytest.raises(ValueError, match="not tonight"):
        night.desk.turn("freeze", True, "page 1")
    assert night.desk.value("freeze") is False


def test_more_choices_keep_the_value_and_tell_the_desks() -> None:
    night, told = Night(), list[bool]()
    night.desk.on_list(lambda: told.append(True))
    cue = Control(name="cue", kind="choice", group="cues", says="Go", choices=("a", "b"), start="a")
    night.desk.add([cue])
    night.desk.turn("cue", "b", "page 1")
    night.desk.add([cue])
    assert night.desk.value("cue") == "b" and told == [True, True]


@given(st.floats(allow_nan=False, allow_infinity=False), st.sampled_from([0.0, 1.0, 0.25]))
def test_a_number_is_always_within_its_range_and_on_its_step(value: float, step: float) -> None:
    control = Control(name="n", kind="number", group="g", says="", least=-3, most=4, step=step)
    read = control.read(value)
    assert isinstance(read, int | float) and -3 <= read <= 4
    assert not step or ((read + 3) / step) == pytest.approx(round((read + 3) / step))
    assert control.read(control.from_share(control.share_of(read))) == pytest.approx(read, abs=1e-9)


@given(
    st.one_of(
        st.none(), st.booleans(), st.text(), st.floats(), st.integers(), st.binary(), st.lists(st.none())
    )
)
def test_whatever_is_posted_the_desk_stands(value: object) -> None:
    night = Night()
    before = dict(night.desk.board.values)
    for control in night.desk.controls:
        night.desk.post(control.name, value, "osc")
        night.desk.post_value(control.name, value, "osc")
    night.tick(0.1)
    for control in night.desk.controls:
        value_now = night.desk.value(control.name)
        assert value_now == before[control.name] or control.read(value_now) == value_now
