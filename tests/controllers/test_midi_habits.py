"""What real devices do beside what their hands do: motor faders, pads that darken themselves, halves, floods."""

from pathlib import Path

import pytest
from booth import Booth
from fakes.midi_hands import fader, fine_fader

from groovecast.wire.midi import ControlChange, Note, PitchBend, touch_bytes


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "config" / "midi.json"


def test_the_finer_half_alone_turns_on_from_the_coarse_one_that_came_before(file: Path) -> None:
    """MIDI 1.0: of a fader that moves by little the coarse half need not be said again."""
    booth = Booth(file)
    booth.map(control="place_x_m", kind="cc14", number=3)
    booth.move(*fine_fader([8192]), *fader([1, 2, 9], number=35))
    assert booth.value("place_x_m") == pytest.approx(-5 + 10 * 8201 / 16383)


def test_a_fader_that_is_pushed_up_presses_a_button_once(file: Path) -> None:
    booth = Booth(file)
    booth.map(control="panic")
    booth.move(*fader([40, 60, 63, 64, 70, 90, 127, 110, 80, 50, 80]))
    assert booth.stage.pressed == ["panic", "panic"]
    booth.move(*fader([127, 127, 127]))  # a pad that never says that it was let go; the fader was up already
    assert len(booth.stage.pressed) == 4


def test_a_motor_fader_is_told_where_it_stands_when_the_hand_rests(file: Path) -> None:
    """As Mackie Control wants it: what is not sent back runs back when the hand lets go."""
    booth = Booth(file)
    booth.map(control="style_blend", kind="bend", number=0)
    booth.move(PitchBend(0, 4000), PitchBend(0, 8000))
    assert booth.hands.lights("nano") == []
    booth.frame(8)
    assert booth.hands.lights("nano") == [touch_bytes(PitchBend(0, 8000))]
    booth.frame(60)
    assert booth.hands.lights("nano") == []


def test_a_pad_that_darkens_itself_when_it_is_let_go_is_lit_again(file: Path) -> None:
    booth = Booth(file)
    booth.map(control="mirror", kind="note", number=37, way="toggle")
    booth.move(Note(0, 37, 100))
    booth.frame(3)
    assert booth.hands.lights("nano") == [b"\x90\x25\x7f"]
    booth.move(Note(0, 37, 0))
    booth.frame(3)
    assert booth.hands.lights("nano") == [b"\x90\x25\x7f"]


def test_bytes_that_never_end_are_taken_in_over_many_frames(file: Path) -> None:
    booth = Booth(file)
    booth.map(control="intensity")
    for _ in range(9):
        booth.hands.move("nano", touch_bytes(ControlChange(0, 7, 10)) * 1365)
    booth.hands.move("nano", *fader([127]))
    booth.frame(4)
    assert booth.value("intensity") == pytest.approx(20 / 127)
    booth.frame(8)
    assert booth.value("intensity") == 2.0
